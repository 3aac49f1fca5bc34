"""The commands that record events: single files, and imports in bulk."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from communique.cli.exits import CommandFailure, ExitCode, violation_lines
from communique.cli.options import LONG_RETRY, Output, Remote, option, unfolded
from communique.cli.screen import Bar, OutputFormat, console, progress_bar, write_list, write_object
from communique.client import (
    Conflict,
    ImportReport,
    InvalidRequest,
    NotFound,
    Receipt,
    Violation,
)
from communique.domain.claims.event import Event
from communique.export import wording
from communique.importers import ImportFault, Report, gdelt, icews, jsonl

EVENTS_MAX: Final = 1_000
_REJECTIONS_SHOWN_MAX: Final = 20
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
Batch = Annotated[
    int, option("--batch-size", "How many events to send at once.", min=1, max=EVENTS_MAX)
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
                _in_file(error.metadata.get("index", ""), str(error), report) or str(error)
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
            *map(str, report.rejections[:_REJECTIONS_SHOWN_MAX]),
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


def _in_file(index: str, message: str, report: Report) -> str:
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


imports = typer.Typer(no_args_is_help=True, help="Record event datasets and large files of events.")


@dataclass
class _Import:
    """An import: the importer's report, the server's, and the events that the server refused."""

    report: Report
    answer: ImportReport = field(default_factory=ImportReport)
    refused: list[str] = field(default_factory=list)
    fault: ImportFault | None = None

    def events(self, source: Iterator[Event]) -> Iterator[Event]:
        """Yield the events of the source, and keep the fault that ends it."""
        try:
            yield from source
        except ImportFault as fault:
            self.fault = fault

    def progressed(self, answer: ImportReport, bar: Bar) -> None:
        """Keep the server's report and the rows of the events refused, and show both."""
        for refusal in answer.rejections[len(self.refused) :]:
            message = _in_file(str(refusal.index), refusal.message, self.report)
            self.refused.append(message or f"event {refusal.index}: {refusal.message}")
        self.answer = answer
        line = f"{self.report.rows_read:,} rows, {answer.appended:,} events appended"
        bar.show(self.report.bytes_done, self.report.bytes_total or None, line)


Source = Callable[[Path, Report], Iterator[Event]]


@imports.command("icews")
@unfolded
def import_icews(
    path: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="The folder, such as icews14.")
    ],
    remote: Remote,
    batch_size: Batch = 500,
    output: Output = OutputFormat.TABLE,
) -> None:
    """ICEWS as a temporal graph: the folder with train.txt, entity2id.txt and relation2id.txt."""
    _import(icews.claims, path, remote, batch_size, output)


@imports.command("gdelt")
@unfolded
def import_gdelt(
    path: Annotated[Path, typer.Argument(exists=True, help="An export, or a folder of them.")],
    remote: Remote,
    batch_size: Batch = 500,
    output: Output = OutputFormat.TABLE,
) -> None:
    """GDELT 2.0 event exports, gzip or plain."""
    _import(gdelt.claims, path, remote, batch_size, output)


@imports.command("jsonl")
@unfolded
def import_jsonl(
    path: InputFile, remote: Remote, batch_size: Batch = 500, output: Output = OutputFormat.TABLE
) -> None:
    """Events as JSON lines or YAML, such as [bold]communique replay[/bold] writes."""
    _import(jsonl.events, path, remote, batch_size, output)


def _import(
    source: Source, path: Path, remote: Remote, batch_size: int, output: OutputFormat
) -> None:
    result = _Import(Report())
    with remote.connect(LONG_RETRY) as client, progress_bar("importing") as bar:
        client.import_events(
            result.events(source(path, result.report)),
            batch_size=batch_size,
            on_progress=lambda answer: result.progressed(answer, bar),
        )
    if output is not OutputFormat.TABLE:
        row = _plain(result)
        flat = {key: value for key, value in row.items() if not isinstance(value, dict | list)}
        write_object(output, row, [flat])
    elif result.report.rows_read or not result.fault:
        for line in _account(result):
            console().print(line, soft_wrap=True)
    _check(result)


def _account(result: _Import) -> Iterator[Text]:
    """Yield the lines that account for every row and every event."""
    report, answer = result.report, result.answer
    yield Text(wording.counted(report.rows_read, "row") + " read", "bold")
    yield _line(report.rows_merged, f"went into {wording.counted(report.events, 'event')}")
    for reason, count in report.skipped.most_common():
        yield _line(count, f"skipped: {reason.value}")
    yield _line(report.rows_rejected, "rejected", "red")
    total = report.rows_merged + report.rows_skipped + report.rows_rejected
    yield _line(total, "in all" if report.adds_up() else "in all: the rows do not add up", "bold")
    yield Text(wording.counted(answer.received, "event") + " sent", "bold")
    yield _line(answer.appended, "appended")
    yield _line(answer.duplicates, "had been recorded before")
    for cause, count in answer.rejected_by_reason.most_common():
        yield _line(count, f"refused: {wording.spaced(cause)}", "red")
    yield _line(answer.appended + answer.duplicates + answer.rejected, "in all", "bold")


def _line(count: int, what: str, style: str = "") -> Text:
    return Text(f"  {count:>9,}  {what}", style if count else "dim")


def _plain(result: _Import) -> dict[str, Any]:
    report, answer = result.report, result.answer
    counts = ("rows_read", "rows_merged", "rows_skipped", "rows_rejected", "events")
    return {
        **{name: getattr(report, name) for name in counts},
        "appended": answer.appended,
        "duplicates": answer.duplicates,
        "refused": answer.rejected,
        "position": answer.position,
        "skipped": {reason.value: count for reason, count in report.skipped.items()},
        "refused_by_reason": dict(answer.rejected_by_reason),
        "rejections": [*map(str, report.rejections), *result.refused],
        "broke_off": str(result.fault) if result.fault else None,
    }


def _check(result: _Import) -> None:
    """Raise `CommandFailure` of an import that broke off or left rows or events out."""
    if result.fault:
        hint = "what was read before is recorded; run it again when the file is whole"
        raise CommandFailure(str(result.fault), *([hint] if result.answer.received else []))
    if count := result.report.rows_rejected + result.answer.rejected:
        shown = [*map(str, result.report.rejections), *result.refused][:_REJECTIONS_SHOWN_MAX]
        more = [f"... and {count - len(shown):,} more"] if count > len(shown) else []
        rejected = wording.counted(count, "row or event", "rows or events")
        raise CommandFailure(
            f"{rejected} rejected, the rest is recorded", *shown, *more, code=ExitCode.REJECTED
        )
