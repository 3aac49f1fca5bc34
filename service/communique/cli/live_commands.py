"""The commands that stay: what is recorded, and how two parties stand, as it happens."""

import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import StringIO
from itertools import islice
from typing import Annotated, Any, Final, TypeVar

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from communique.cli import comparison_view, event_view, status_view
from communique.cli.options import (
    MANY,
    Explain,
    Filters,
    OtherCode,
    Output,
    PartyCode,
    Remote,
    check_zone,
    dyad_of,
    option,
)
from communique.cli.query_commands import Parties, Zone, dyad_given
from communique.cli.rows import Row, print_rows
from communique.cli.screen import Format, console, note, write_list
from communique.client import Client, EventAsOf, Watch
from communique.domain.claims.event import Amendment, Claim, Recorded
from communique.domain.parties.party import Dyad
from communique.domain.state.comparison import BilateralComparison
from communique.domain.state.status import BilateralStatus
from communique.export import json_lines, timeline_files
from communique.export import wording as words

_Answer = TypeVar("_Answer")
_CHANGES_SHOWN: Final = 8


def watch(
    one: PartyCode,
    other: OtherCode,
    remote: Remote,
    zone: Zone = "UTC",
    limit: Annotated[
        int,
        option(
            "--limit",
            "End after so many changes; 0 goes on.",
            "-n",
            env="COMMUNIQUE_WATCH_LIMIT",
            min=0,
        ),
    ] = 0,
    output: Output = Format.TABLE,
) -> None:
    """How two parties stand, as it changes: [bold]watch KOR JPN[/bold]. Ctrl-C ends it.

    On a terminal it is drawn anew with each change; elsewhere each change is a line.
    """
    dyad = dyad_of(one, other)
    check_zone(zone)
    with _patient(remote) as client, client.watch(dyad.first, dyad.second) as watching:
        answers = _until(watching, limit)
        if output is Format.TABLE and console().is_terminal:
            _draw(client, answers, zone)
        else:
            _write_changes(answers, output, zone)


def follow(  # noqa: PLR0917  typer calls it by names
    remote: Remote,
    filters: Filters,
    parties: Parties = None,
    after: Annotated[
        int | None,
        option("--after", "Start behind this position. Default: what is recorded from now.", min=0),
    ] = None,
    limit: Annotated[
        int,
        option(
            "--limit",
            "End after so many events; 0 goes on.",
            "-n",
            env="COMMUNIQUE_FOLLOW_LIMIT",
            min=0,
        ),
    ] = 0,
    zone: Zone = "UTC",
    explain: Explain = False,
    output: Output = Format.TABLE,
) -> None:
    """What is reported, as it is recorded, amendments included. Ctrl-C ends it."""
    wanted = filters.wanted(dyad_given(parties), zone)
    with _patient(remote) as client, client.subscribe(after, filter=wanted) as subscription:
        events = islice(subscription, limit or None)
        match output:
            case Format.TABLE:
                for recorded in _flushed(events):
                    print_rows(console(), [_row(recorded, zone, explain=explain)])
            case Format.CSV:
                write_list(output, (), map(_flat, _flushed(events)))
            case _:  # an array has no end here
                for recorded in _flushed(events):
                    sys.stdout.write(json_lines.recorded_line(recorded) + "\n")


@contextmanager
def _patient(remote: Remote) -> Iterator[Client]:
    """Connect to a server that is there now, and outlive its restarts from then on."""
    with remote.connect() as client:
        client.head()
    with remote.connect(MANY) as client:
        yield client


def _flushed(answers: Iterable[_Answer]) -> Iterator[_Answer]:
    """Send each on its way before the next is waited for."""
    for one in answers:
        yield one
        sys.stdout.flush()


def _until(watching: Watch, limit: int) -> Iterator[BilateralStatus | BilateralComparison]:
    """Yield what a watch gives, up to so many comparisons; 0: without an end."""
    count = 0
    for answer in watching:
        yield answer
        count += isinstance(answer, BilateralComparison)
        if count == limit > 0:
            return


def _write_changes(
    answers: Iterable[BilateralStatus | BilateralComparison], output: Format, zone: str
) -> None:
    changes = _changes(answers)
    if output is Format.CSV:
        write_list(output, (), (row for one in changes for row in _rows(one)))
    elif output is Format.TABLE:
        for one in changes:
            for line in _lines(one, zone):
                console().print(line, soft_wrap=True)
    else:
        write_list(Format.JSONL, (line for one in changes for line in _plain(one)), ())


def _changes(
    answers: Iterable[BilateralStatus | BilateralComparison],
) -> Iterator[BilateralComparison]:
    for answer in _flushed(answers):
        if isinstance(answer, BilateralComparison):
            yield answer
        else:
            posture, position = answer.posture.value.lower(), answer.as_of.position
            note(f"watching {answer.dyad}: {posture} at position {position:,}")


def _plain(found: BilateralComparison) -> Iterator[Mapping[str, Any]]:
    """Yield a line for each change; one that says nothing else, where the posture alone changed."""
    about = {
        "dyad": found.dyad,
        "as_of": found.after.model_dump(mode="json"),
        "posture": found.posture_after.value,
    }
    for one in found.changes:
        yield about | one.model_dump(mode="json", exclude_defaults=True)
    if not found.changes:
        yield about


def _rows(found: BilateralComparison) -> Iterator[Mapping[str, Any]]:
    for row in comparison_view.flat(found):
        yield {"valid": found.after.valid.isoformat(), "position": found.after.position, **row}


def _lines(found: BilateralComparison, zone: str) -> Iterator[Text]:
    when = words.moment(found.after.valid, zone)
    if found.posture_before is not found.posture_after:
        line = Text(f"{when}  ", "dim").append("posture ", "not dim")
        line.append(found.posture_before.value, status_view.POSTURE_STYLES[found.posture_before])
        line.append(" → ", "not dim")
        line.append(found.posture_after.value, status_view.POSTURE_STYLES[found.posture_after])
        yield line
    for one in found.changes:
        line = Text(f"{when}  ", "dim").append(f"{one.kind.value.lower()} {one.facet}", "not dim")
        sides = [words.spaced(it.state) for it in (one.before, one.after) if it]
        shown = dict.fromkeys(sides)
        yield line.append(f": {' → '.join(shown)}", "not dim")


def _draw(
    client: Client, answers: Iterable[BilateralStatus | BilateralComparison], zone: str
) -> None:
    """Draw how things stand and the last changes, anew with each."""
    screen, last = console(), deque[Text](maxlen=_CHANGES_SHOWN)
    with Live(console=screen, auto_refresh=False, vertical_overflow="crop") as live:
        for answer in answers:
            if isinstance(answer, BilateralComparison):
                dyad = Dyad.parse(answer.dyad)
                status = client.status(dyad.first, dyad.second, as_of=answer.after)
                last.extend(_lines(answer, zone))
            else:
                status = answer
            title = Text("\nChanges", "bold") if last else Text("\nnothing has changed yet", "dim")
            live.update(Group(_drawn(status, zone, screen), title, *last), refresh=True)


def _drawn(status: BilateralStatus, zone: str, screen: Console) -> Text:
    """A status as `status` prints it, as wide as the screen."""
    paper = Console(
        file=StringIO(),
        width=screen.width,
        force_terminal=True,
        color_system="truecolor" if screen.color_system else None,
        highlight=False,
        markup=False,
        emoji=False,
    )
    with paper.capture() as captured:
        status_view.print_status(paper, status, zone)
    return Text.from_ansi(captured.get())


def _row(recorded: Recorded, zone: str, *, explain: bool) -> Row:
    amendment = recorded.event
    if not isinstance(amendment, Amendment):
        return event_view.row_of(_as_recorded(recorded), zone, explain=explain)
    what = words.spaced(amendment.payload.type)
    cells = (Text(words.moment(recorded.record_time, zone)), Text(what))
    about = [Text(f"of {amendment.payload.amends}", "dim")]
    told = getattr(amendment.payload, "reason", "") or getattr(amendment.payload, "statement", "")
    return Row(cells, Text(), Text(), (Text(told), *about))


def _flat(recorded: Recorded) -> Mapping[str, Any]:
    flat = timeline_files.flat_row(_as_recorded(recorded))
    if isinstance(recorded.event, Amendment):
        event = recorded.event
        return {**flat, "event_id": str(event.event_id), "type": event.payload.type}
    return flat


def _as_recorded(recorded: Recorded) -> EventAsOf:
    """An event as it stood when it was recorded."""
    event = recorded.event
    known = event.known.instant if event and event.known else recorded.record_time
    return EventAsOf(
        recorded.position,
        recorded.record_time,
        recorded.submitter,
        known,
        event if isinstance(event, Claim) else None,
        None,
        (),
    )
