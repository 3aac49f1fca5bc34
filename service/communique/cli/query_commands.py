"""The commands that ask: how things stand, what happened, and what the log holds."""

import json
from datetime import datetime
from itertools import islice
from typing import Annotated
from uuid import UUID

import typer
from rich.text import Text

from communique.cli import event_view, status_view
from communique.cli.options import (
    LIMIT,
    Explain,
    Filters,
    Limit,
    OtherCode,
    Output,
    PartyCode,
    Point,
    Remote,
    check_zone,
    dyad_of,
    option,
    party,
)
from communique.cli.screen import Format, console, note, write_list, write_object
from communique.client import EventAsOf, Listing
from communique.domain.parties.party import Dyad
from communique.export import json_lines, timeline_files
from communique.export import wording as words

Parties = Annotated[
    list[str] | None,
    typer.Argument(metavar="[PARTY OTHER]", help="Two parties, by code or name."),
]
Zone = Annotated[str, option("--zone", "The time zone to show hours in.")]


def status(
    one: PartyCode,
    other: OtherCode,
    remote: Remote,
    point: Point,
    explain: Explain = False,
    output: Output = Format.TABLE,
) -> None:
    """How things stand between two parties, as of any point: [bold]status KOR JPN[/bold]."""
    dyad, asked = dyad_of(one, other), point.asked()
    with remote.connect() as client:
        found = client.status(dyad.first, dyad.second, **asked)
    if output is Format.TABLE:
        status_view.print_status(console(), found, point.zone, explain=explain)
    else:
        plain = found.model_dump(mode="json", exclude_defaults=True)
        write_object(output, plain, status_view.flat(found))


def timeline(  # noqa: PLR0917  typer calls it by names
    remote: Remote,
    filters: Filters,
    point: Point,
    parties: Parties = None,
    latest_first: Annotated[
        bool, option("--latest-first", "From the latest to the earliest.")
    ] = False,
    limit: Limit = LIMIT,
    explain: Explain = False,
    output: Output = Format.TABLE,
) -> None:
    """What happened, in the order in which it happened: [bold]timeline KOR JPN[/bold]."""
    wanted, asked = filters.wanted(dyad_given(parties), point.zone), point.asked()
    with remote.connect() as client:
        listing = client.timeline(
            wanted, **asked, page_size=_page_size(limit), backwards=latest_first
        )
        _show(listing, limit, output, point.zone, explain=explain)


def events(
    remote: Remote,
    filters: Filters,
    point: Point,
    parties: Parties = None,
    limit: Limit = LIMIT,
    explain: Explain = False,
    output: Output = Format.TABLE,
) -> None:
    """What was reported, in the order in which the log got it."""
    wanted, asked = filters.wanted(dyad_given(parties), point.zone), point.asked()
    with remote.connect() as client:
        listing = client.events(wanted, **asked, page_size=_page_size(limit))
        _show(listing, limit, output, point.zone, explain=explain)


def event(
    event_id: Annotated[UUID, typer.Argument(metavar="ID", help="Its id, or an amendment's.")],
    remote: Remote,
    zone: Zone = "UTC",
    output: Output = Format.TABLE,
) -> None:
    """One event, with its corrections, retraction and disputes."""
    check_zone(zone)
    with remote.connect() as client:
        found = client.event(event_id)
    if output is Format.TABLE:
        event_view.print_history(console(), found, zone)
    else:
        lines = [
            json.loads(json_lines.recorded_line(it)) for it in (found.claim, *found.amendments)
        ]
        write_list(output, lines, lines)


def head(remote: Remote, zone: Zone = "UTC", output: Output = Format.TABLE) -> None:
    """The last position of the log, and when it was recorded."""
    check_zone(zone)
    with remote.connect() as client:
        found = client.head()
    if output is Format.TABLE:
        when = words.moment(found.record_time, zone) if found.record_time else ""
        told = f"position {found.position:,}, recorded {when}" if when else "the log is empty"
        console().print(told)
    else:
        row = {"position": found.position, "record_time": _iso(found.record_time)}
        write_object(output, row, [row])


def projections(remote: Remote, output: Output = Format.TABLE) -> None:
    """The read models: how far each is, and whether it is well."""
    with remote.connect() as client:
        found = client.projections()
    rows = [{name: getattr(one, name) for name in one.__slots__} for one in found]
    if output is not Format.TABLE:
        write_list(output, rows, rows)
        return
    for one in found:
        line = Text(f"{one.name} ", "bold").append(f"version {one.version}, ", "dim")
        line.append(one.state.lower(), "green" if one.state == "LIVE" else "yellow")
        line.append(f" at position {one.position:,}, {one.lag:,} behind")
        if one.unknown_type_count:
            line.append(f", {words.counted(one.unknown_type_count, 'event')} of newer types")
        console().print(line.append(f": {one.error}" if one.error else "", "red"), soft_wrap=True)


def dyad_given(parties: list[str] | None) -> Dyad | None:
    """Return the dyad of two parties, if any are given; `typer.BadParameter` for another number."""
    match parties or []:
        case []:
            return None
        case [one, other]:
            return dyad_of(party(one), party(other))
        case given:
            raise typer.BadParameter(
                f"give two parties or none, not {len(given)}; one alone: --party",
                param_hint="PARTY OTHER",
            )


def _page_size(limit: int) -> int:
    return min(limit + 1, 1_000) if limit else 1_000


def _show(
    listing: Listing[EventAsOf], limit: int, output: Format, zone: str, *, explain: bool
) -> None:
    shown = islice(listing, limit) if limit else listing
    if output is Format.TABLE:
        if not event_view.print_events(console(), shown, zone, explain=explain):
            note("no events")
    elif output is Format.CSV:
        write_list(output, (), map(timeline_files.flat_row, shown))
    else:
        write_list(output, map(json_lines.event_as_of_object, shown), ())
    if limit and next(listing, None) is not None:
        note(f"the first {limit} are shown: --limit 0 shows all")


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat().replace("+00:00", "Z") if instant else None
