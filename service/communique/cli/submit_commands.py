"""The command that records the events of one file, all or none."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from communique.cli.exits import CommandFailure, ExitCode, violation_lines
from communique.cli.options import Output, Remote
from communique.cli.screen import OutputFormat, console, write_list
from communique.client import (
    Conflict,
    InvalidRequest,
    NotFound,
    Receipt,
    Violation,
)
from communique.domain.claims.event import Event
from communique.export import wording
from communique.importers import ImportFault, Report, jsonl

EVENTS_MAX: Final = 1_000
REJECTIONS_SHOWN_MAX: Final = 20
_NUMBERED: Final = re.compile(r"^entry \d+: ")


def _readable(path: Path) -> Path:
    if str(path) == "-":
        return Path("/dev/stdin")
    if not path.exists() or path.is_dir():
        raise typer.BadParameter(f"{path} is {'a folder' if path.is_dir() else 'not there'}")
    return path


InputFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        callback=_readable,
        help="JSON lines, or YAML by its suffix .yaml; - reads JSON lines from a pipe.",
    ),
]


def submit(file: InputFile, remote: Remote, output: Output = OutputFormat.TABLE) -> None:
    """Record the events of a file, all or none; up to 1,000."""
    report = Report()
    events = _read_whole(file, report)
    with remote.connect() as client:
        try:
            receipts = client.submit(events)
        except (InvalidRequest, Conflict, NotFound) as error:
            violations = [_located(violation, report) for violation in error.violations]
            lines = violation_lines(violations) or [
                in_file(error.metadata.get("index", ""), str(error), report) or str(error)
            ]
            raise CommandFailure("nothing was recorded", *lines, code=ExitCode.REJECTED) from None
    _show_receipts(receipts, output)


def _read_whole(file: Path, report: Report) -> list[Event]:
    events: list[Event] = []
    try:
        for event in jsonl.events(file, report):
            events.append(event)
            if len(events) > EVENTS_MAX:
                raise CommandFailure(
                    f"{file} has more than {EVENTS_MAX:,} events, too many to record at once",
                    f"record them in batches instead: communique import jsonl {file}",
                    code=ExitCode.REJECTED,
                )
    except ImportFault as fault:
        raise CommandFailure(str(fault)) from None
    if report.rows_rejected:
        count = f"{report.rows_rejected} of {wording.counted(report.rows_read, 'event')}"
        raise CommandFailure(
            f"nothing was recorded: {count} cannot be read",
            *map(str, report.rejections[:REJECTIONS_SHOWN_MAX]),
            code=ExitCode.REJECTED,
        )
    if not events:
        raise CommandFailure(f"{file} has no events", code=ExitCode.REJECTED)
    return events


def _located(violation: Violation, report: Report) -> Violation:
    """Name the row of the file instead of the event's index in the request."""
    index, bracket, rest = violation.field.removeprefix("events[").partition("]")
    place = report.place_of(int(index)) if bracket and index.isdigit() else None
    if place is None:
        return violation
    return Violation(f"{place[0]}:{place[1]}: {rest.removeprefix('.')}", violation.description)


def in_file(index: str, message: str, report: Report) -> str:
    """Return the message with the row of the event instead of its index, empty where unknown."""
    place = report.place_of(int(index)) if index.isdigit() else None
    return f"{place[0]}:{place[1]}: {_NUMBERED.sub('', message)}" if place else ""


def _show_receipts(receipts: Sequence[Receipt], output: OutputFormat) -> None:
    if output is not OutputFormat.TABLE:
        rows = [
            {name: getattr(receipt, name) for name in receipt.__slots__} for receipt in receipts
        ]
        write_list(output, rows, rows)
        return
    new = [f"{receipt.position:,}" for receipt in receipts if not receipt.duplicate]
    line = f"{wording.counted(len(new), 'event')} recorded, position " if new else "nothing new"
    line += " to ".join(dict.fromkeys((*new[:1], *new[-1:])))
    duplicates = len(receipts) - len(new)
    console().print(line + (f": {duplicates:,} had been recorded before" if duplicates else ""))
