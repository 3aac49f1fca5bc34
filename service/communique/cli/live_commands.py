"""The commands that run on: they follow the log, or watch the status of two parties."""

import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import StringIO
from itertools import chain, islice
from typing import Annotated, Any, Final, TypeVar

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from communique.cli import comparison_view, event_view, status_view
from communique.cli.options import (
    LONG_RETRY,
    Explain,
    Filters,
    OtherCode,
    Output,
    PartyCode,
    Remote,
    check_zone,
    dyad_of,
    limit_option,
    option,
)
from communique.cli.query_commands import Parties, Zone, dyad_given
from communique.cli.rows import TableRow, print_rows
from communique.cli.screen import OutputFormat, console, note, write_list
from communique.client import Client, EventAsOf, Watch
from communique.domain.claims.event import Amendment, Claim, Recorded
from communique.domain.parties.party import Dyad
from communique.domain.state.comparison import BilateralComparison
from communique.domain.state.status import BilateralStatus
from communique.export import json_lines, timeline_files, wording

_Answer = TypeVar("_Answer")
_CHANGES_SHOWN: Final = 8


def watch(
    first: PartyCode,
    second: OtherCode,
    remote: Remote,
    zone: Zone = "UTC",
    limit: Annotated[int, limit_option("End after so many changes; 0 goes on.", "WATCH")] = 0,
    output: Output = OutputFormat.TABLE,
) -> None:
    """How two parties stand, as it changes: [bold]watch KOR JPN[/bold]. Ctrl-C ends it.

    On a terminal it is drawn anew with each change; elsewhere each change is a line.
    """
    dyad = dyad_of(first, second)
    check_zone(zone)
    with _patient(remote) as client, client.watch(dyad.first, dyad.second) as subscription:
        answers = _until(subscription, limit)
        if output is OutputFormat.TABLE and console().is_terminal:
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
    limit: Annotated[int, limit_option("End after so many events; 0 goes on.", "FOLLOW")] = 0,
    zone: Zone = "UTC",
    explain: Explain = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """What is reported, as it is recorded, amendments included. Ctrl-C ends it."""
    wanted = filters.event_filter(dyad_given(parties), zone)
    with _patient(remote) as client, client.subscribe(after, filter=wanted) as subscription:
        events = islice(subscription, limit or None)
        match output:
            case OutputFormat.TABLE:
                for recorded in _flushed(events):
                    print_rows(console(), [_row(recorded, zone, explain=explain)])
            case OutputFormat.CSV:
                write_list(output, (), map(_flat, _flushed(events)))
            case _:  # an array has no end here
                for recorded in _flushed(events):
                    sys.stdout.write(json_lines.recorded_line(recorded) + "\n")


@contextmanager
def _patient(remote: Remote) -> Iterator[Client]:
    """Fail at once where the server is absent now, but outlive its restarts later."""
    with remote.connect() as client:
        client.head()
    with remote.connect(LONG_RETRY) as client:
        yield client


def _flushed(answers: Iterable[_Answer]) -> Iterator[_Answer]:
    """Yield the answers, and flush standard output before waiting for the next."""
    for answer in answers:
        yield answer
        sys.stdout.flush()


def _until(subscription: Watch, limit: int) -> Iterator[BilateralStatus | BilateralComparison]:
    """Yield the answers of a watch up to a number of comparisons; 0 has no end."""
    count = 0
    for answer in subscription:
        yield answer
        count += isinstance(answer, BilateralComparison)
        if count == limit > 0:
            return


def _write_changes(
    answers: Iterable[BilateralStatus | BilateralComparison], output: OutputFormat, zone: str
) -> None:
    comparisons = _comparisons(answers)
    match output:
        case OutputFormat.TABLE:
            for comparison in comparisons:
                for line in _lines(comparison, zone):
                    console().print(line, soft_wrap=True)
        case OutputFormat.CSV:
            write_list(output, (), chain.from_iterable(map(_rows, comparisons)))
        case _:  # an array has no end here
            write_list(OutputFormat.JSONL, chain.from_iterable(map(_plain, comparisons)), ())


def _comparisons(
    answers: Iterable[BilateralStatus | BilateralComparison],
) -> Iterator[BilateralComparison]:
    """Yield the comparisons, and note the first status on standard error."""
    for answer in _flushed(answers):
        if isinstance(answer, BilateralComparison):
            yield answer
        else:
            posture, position = answer.posture.value.lower(), answer.as_of.position
            note(f"watching {answer.dyad}: {posture} at position {position:,}")


def _plain(comparison: BilateralComparison) -> Iterator[Mapping[str, Any]]:
    """Yield an object for each change, or one where only the posture changed."""
    about = {
        "dyad": comparison.dyad,
        "as_of": comparison.after.model_dump(mode="json"),
        "posture": comparison.posture_after.value,
    }
    for change in comparison.changes:
        yield about | change.model_dump(mode="json", exclude_defaults=True)
    if not comparison.changes:
        yield about


def _rows(comparison: BilateralComparison) -> Iterator[Mapping[str, Any]]:
    after = comparison.after
    for row in comparison_view.flat(comparison):
        yield {"valid": after.valid.isoformat(), "position": after.position, **row}


def _lines(comparison: BilateralComparison, zone: str) -> Iterator[Text]:
    when = Text(f"{wording.moment(comparison.after.valid, zone)}  ", "dim")
    before, after = comparison.posture_before, comparison.posture_after
    if before is not after:
        line = when.copy().append("posture ", "not dim")
        line.append(before.value, status_view.POSTURE_STYLES[before]).append(" → ", "not dim")
        yield line.append(after.value, status_view.POSTURE_STYLES[after])
    for change in comparison.changes:
        states = [wording.spaced(side.state) for side in (change.before, change.after) if side]
        shown = f"{change.kind.value.lower()} {change.facet}: {' → '.join(dict.fromkeys(states))}"
        yield when.copy().append(shown, "not dim")


def _draw(
    client: Client, answers: Iterable[BilateralStatus | BilateralComparison], zone: str
) -> None:
    """Draw the status and the last changes, again after each change."""
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
    """Return a status as the command `status` prints it, as wide as the screen."""
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


def _row(recorded: Recorded, zone: str, *, explain: bool) -> TableRow:
    amendment = recorded.event
    if not isinstance(amendment, Amendment):
        return event_view.row_of(_as_recorded(recorded), zone, explain=explain)
    payload = amendment.payload
    cells = (Text(wording.moment(recorded.record_time, zone)), Text(wording.spaced(payload.type)))
    statement = getattr(payload, "reason", "") or getattr(payload, "statement", "")
    details = (Text(statement), Text(f"of {payload.amends}", "dim"))
    return TableRow(cells, Text(), Text(), details)


def _flat(recorded: Recorded) -> Mapping[str, Any]:
    row, event = timeline_files.flat_row(_as_recorded(recorded)), recorded.event
    if isinstance(event, Amendment):
        return {**row, "event_id": str(event.event_id), "type": event.payload.type}
    return row


def _as_recorded(recorded: Recorded) -> EventAsOf:
    """Return an event as it was when it was recorded."""
    event = recorded.event
    known = event.known.instant if event and event.known else recorded.record_time
    claim = event if isinstance(event, Claim) else None
    place = (recorded.position, recorded.record_time, recorded.submitter)
    return EventAsOf(*place, known, claim, None, ())
