"""The commands that ask for one status, for events, and for the state of the log."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Final, TypeVar
from uuid import UUID

import typer
from rich.text import Text

from communique.cli import event_view, status_view
from communique.cli.options import (
    LIMIT,
    AsOfOptions,
    Explain,
    Filters,
    Limit,
    OtherCode,
    Output,
    PartyCode,
    Remote,
    check_zone,
    dyad_of,
    option,
    party,
)
from communique.cli.screen import OutputFormat, console, note, write_list, write_object
from communique.client import EventAsOf, Listing
from communique.domain.parties.party import Dyad
from communique.export import json_lines, timeline_files, wording

Parties = Annotated[
    list[str] | None,
    typer.Argument(metavar="[PARTY OTHER]", help="Two parties, by code or name."),
]
Zone = Annotated[str, option("--zone", "The time zone to show hours in.")]
PAGE_SIZE_MAX: Final = 1_000
_Item = TypeVar("_Item")


def status(
    first: PartyCode,
    second: OtherCode,
    remote: Remote,
    point: AsOfOptions,
    explain: Explain = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """How things stand between two parties, as of any point: [bold]status KOR JPN[/bold]."""
    dyad, arguments = dyad_of(first, second), point.arguments()
    with remote.connect() as client:
        answer = client.status(dyad.first, dyad.second, **arguments)
    if output is OutputFormat.TABLE:
        status_view.print_status(console(), answer, point.zone, explain=explain)
    else:
        plain = answer.model_dump(mode="json", exclude_defaults=True)
        write_object(output, plain, status_view.flat(answer))


def timeline(  # noqa: PLR0917  typer calls it by names
    remote: Remote,
    filters: Filters,
    point: AsOfOptions,
    parties: Parties = None,
    latest_first: Annotated[
        bool, option("--latest-first", "From the latest to the earliest.")
    ] = False,
    limit: Limit = LIMIT,
    explain: Explain = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """What happened, in the order in which it happened: [bold]timeline KOR JPN[/bold]."""
    wanted, arguments = filters.event_filter(dyad_given(parties), point.zone), point.arguments()
    with remote.connect() as client:
        listing = client.timeline(
            wanted, **arguments, page_size=page_size(limit), backwards=latest_first
        )
        _show(listing, limit, output, point.zone, explain=explain)


def events(
    remote: Remote,
    filters: Filters,
    point: AsOfOptions,
    parties: Parties = None,
    limit: Limit = LIMIT,
    explain: Explain = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """What was reported, in the order in which the log got it."""
    wanted, arguments = filters.event_filter(dyad_given(parties), point.zone), point.arguments()
    with remote.connect() as client:
        listing = client.events(wanted, **arguments, page_size=page_size(limit))
        _show(listing, limit, output, point.zone, explain=explain)


def event(
    event_id: Annotated[UUID, typer.Argument(metavar="ID", help="Its id, or an amendment's.")],
    remote: Remote,
    zone: Zone = "UTC",
    output: Output = OutputFormat.TABLE,
) -> None:
    """One event, with its corrections, retraction and disputes."""
    check_zone(zone)
    with remote.connect() as client:
        history = client.event(event_id)
    if output is OutputFormat.TABLE:
        event_view.print_history(console(), history, zone)
    else:
        lines = map(json_lines.recorded_line, (history.claim, *history.amendments))
        rows = [json.loads(line) for line in lines]
        write_list(output, rows, rows)


def head(remote: Remote, zone: Zone = "UTC", output: Output = OutputFormat.TABLE) -> None:
    """The last position of the log, and when it was recorded."""
    check_zone(zone)
    with remote.connect() as client:
        last = client.head()
    instant = last.record_time
    if output is not OutputFormat.TABLE:
        record_time = instant.isoformat().replace("+00:00", "Z") if instant else None
        row = {"position": last.position, "record_time": record_time}
        write_object(output, row, [row])
    elif instant:
        console().print(f"position {last.position:,}, recorded {wording.moment(instant, zone)}")
    else:
        console().print("the log is empty")


def projections(remote: Remote, output: Output = OutputFormat.TABLE) -> None:
    """The read models: how far each is, and whether it is well."""
    with remote.connect() as client:
        answer = client.projections()
    if output is not OutputFormat.TABLE:
        rows = [{name: getattr(model, name) for name in model.__slots__} for model in answer]
        write_list(output, rows, rows)
        return
    for model in answer:
        line = Text(f"{model.name} ", "bold").append(f"version {model.version}, ", "dim")
        line.append(model.state.lower(), "green" if model.state == "LIVE" else "yellow")
        line.append(f" at position {model.position:,}, {model.lag:,} behind")
        if model.unknown_type_count:
            line.append(f", {wording.counted(model.unknown_type_count, 'event')} of newer types")
        line.append(f": {model.error}" if model.error else "", "red")
        console().print(line, soft_wrap=True)


def dyad_given(parties: list[str] | None) -> Dyad | None:
    """Return the dyad of two parties, or None; raise `typer.BadParameter` of another number."""
    match parties or []:
        case []:
            return None
        case [first, second]:
            return dyad_of(party(first), party(second))
        case given:
            raise typer.BadParameter(
                f"give two parties or none, not {len(given)}; one alone: --party",
                param_hint="PARTY OTHER",
            )


def page_size(limit: int) -> int:
    """Return the page size for a limit: one item more shows that the limit is exceeded."""
    return min(limit + 1, PAGE_SIZE_MAX) if limit else PAGE_SIZE_MAX


def limited(listing: Listing[_Item], limit: int) -> Iterator[_Item]:
    """Return the first items, or all for a limit of 0."""
    return islice(listing, limit or None)


def note_limit(listing: Listing[_Item], limit: int) -> None:
    """Note on standard error that a listing goes on after its limit, if it does."""
    if limit and next(listing, None) is not None:
        note(f"the first {limit} are shown: --limit 0 shows all")


def _show(
    listing: Listing[EventAsOf], limit: int, output: OutputFormat, zone: str, *, explain: bool
) -> None:
    shown = limited(listing, limit)
    if output is OutputFormat.TABLE:
        if not event_view.print_events(console(), shown, zone, explain=explain):
            note("no events")
    else:
        objects, rows = (
            map(json_lines.event_as_of_object, shown),
            map(timeline_files.flat_row, shown),
        )
        write_list(output, objects, rows)
    note_limit(listing, limit)
