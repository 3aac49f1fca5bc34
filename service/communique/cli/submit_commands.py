"""The commands that send: single files of events, and imports in bulk."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from communique.cli.exits import ExitCode, Failure, lines_of
from communique.cli.options import MANY, Output, Remote, option, unfolded
from communique.cli.screen import (
    Bar,
    Format,
    console,
    progress_bar,
    write_list,
    write_object,
)
from communique.client import (
    Client,
    CommuniqueError,
    Conflict,
    ImportReport,
    InvalidRequest,
    NotFound,
    Receipt,
    Violation,
)
from communique.domain.claims.event import Event
from communique.export import wording as words
from communique.importers import ImportFault, Report, gdelt, icews, jsonl

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
Batch = Annotated[
    int, option("--batch-size", "How many events to send at once.", min=1, max=EVENTS_MAX)
]


def submit(file: InputFile, remote: Remote, output: Output = Format.TABLE) -> None:
    """Record the events of a file, all or none; up to 1,000."""
    report = Report()
    events = _read_whole(file, report)
    with remote.connect() as client:
        try:
            receipts = client.submit(events)
        except (InvalidRequest, Conflict, NotFound) as error:
            lines = lines_of([_located(one, report) for one in error.violations])
            raise Failure(
                "nothing was recorded",
                *(lines or [_placed(error, report)]),
                code=ExitCode.REJECTED,
            ) from None
    _show_receipts(receipts, output)


def _read_whole(file: Path, report: Report) -> list[Event]:
    events: list[Event] = []
    try:
        for event in jsonl.events(file, report):
            events.append(event)
            if len(events) > EVENTS_MAX:
                hint = f"communique import jsonl {file}"
                raise Failure(
                    f"{file} has more than {EVENTS_MAX:,} events, too many to record at once",
                    f"record them in batches instead: {hint}",
                    code=ExitCode.REJECTED,
                )
    except ImportFault as fault:
        raise Failure(str(fault)) from None
    if report.rows_rejected:
        at_fault = f"{report.rows_rejected} of {words.counted(report.rows_read, 'event')}"
        raise Failure(
            f"nothing was recorded: {at_fault} cannot be read",
            *map(str, report.rejections[:REJECTIONS_SHOWN_MAX]),
            code=ExitCode.REJECTED,
        )
    if not events:
        raise Failure(f"{file} has no events", code=ExitCode.REJECTED)
    return events


def _located(violation: Violation, report: Report) -> Violation:
    """Name the row of the file instead of the event's index in the request."""
    index, bracket, rest = violation.field.removeprefix("events[").partition("]")
    place = report.place_of(int(index)) if bracket and index.isdigit() else None
    if place is None:
        return violation
    return Violation(f"{place[0]}:{place[1]}: {rest.removeprefix('.')}", violation.description)


def _placed(error: CommuniqueError, report: Report) -> str:
    """Name the row of the event that the server refused, where it says which one."""
    index = error.metadata.get("index", "")
    place = report.place_of(int(index)) if index.isdigit() else None
    return _at(place, str(error)) if place else str(error)


def _at(place: tuple[str, int], message: str) -> str:
    """Name the row instead of the event's number in the request."""
    return f"{place[0]}:{place[1]}: {_NUMBERED.sub('', message)}"


def _show_receipts(receipts: Sequence[Receipt], output: Format) -> None:
    if output is not Format.TABLE:
        rows = [{name: getattr(one, name) for name in one.__slots__} for one in receipts]
        write_list(output, rows, rows)
        return
    new = [one.position for one in receipts if not one.duplicate]
    known = len(receipts) - len(new)
    told = "nothing new" if not new else f"{words.counted(len(new), 'event')} recorded, position "
    told += words.listed({f"{one:,}": None for one in (*new[:1], *new[-1:])}, " to ")
    console().print(told + (f": {known:,} had been recorded before" if known else ""))


imports = typer.Typer(no_args_is_help=True, help="Record event datasets and large files of events.")


@dataclass
class _Sent:
    """What became of an import: the importer's account, the server's, and the rows refused."""

    report: Report
    answer: ImportReport = field(default_factory=ImportReport)
    refused: list[str] = field(default_factory=list)
    fault: ImportFault | None = None

    def events(self, source: Iterator[Event]) -> Iterator[Event]:
        """Yield the events until their file cannot be read on."""
        try:
            yield from source
        except ImportFault as fault:
            self.fault = fault

    def progressed(self, answer: ImportReport, bar: Bar) -> None:
        """Note how far the import is, and where the events refused come from."""
        for one in answer.rejections[len(self.refused) :]:
            place = self.report.place_of(one.index)
            self.refused.append(
                _at(place, one.message) if place else f"event {one.index}: {one.message}"
            )
        self.answer = answer
        told = f"{self.report.rows_read:,} rows, {answer.appended:,} events appended"
        bar.show(self.report.bytes_done, self.report.bytes_total or None, told)


Source = Callable[[Path, Report], Iterator[Event]]


@imports.command("icews")
@unfolded
def import_icews(
    path: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="The folder, such as icews14.")
    ],
    remote: Remote,
    batch_size: Batch = 500,
    output: Output = Format.TABLE,
) -> None:
    """ICEWS as a temporal graph: the folder with train.txt, entity2id.txt and relation2id.txt."""
    _import(icews.claims, path, remote, batch_size, output)


@imports.command("gdelt")
@unfolded
def import_gdelt(
    path: Annotated[Path, typer.Argument(exists=True, help="An export, or a folder of them.")],
    remote: Remote,
    batch_size: Batch = 500,
    output: Output = Format.TABLE,
) -> None:
    """GDELT 2.0 event exports, gzip or plain."""
    _import(gdelt.claims, path, remote, batch_size, output)


@imports.command("jsonl")
@unfolded
def import_jsonl(
    path: InputFile, remote: Remote, batch_size: Batch = 500, output: Output = Format.TABLE
) -> None:
    """Events as JSON lines or YAML, such as [bold]communique replay[/bold] writes."""
    _import(jsonl.events, path, remote, batch_size, output)


def _import(source: Source, path: Path, remote: Remote, batch_size: int, output: Format) -> None:
    sent = _Sent(Report())
    with remote.connect(MANY) as client, progress_bar("importing") as bar:
        _send(client, sent, source(path, sent.report), batch_size, bar)
    if output is Format.TABLE and (sent.report.rows_read or not sent.fault):
        for line in _account(sent):
            console().print(line, soft_wrap=True)
    elif output is not Format.TABLE:
        row = _plain(sent)
        write_object(
            output, row, [{k: v for k, v in row.items() if not isinstance(v, dict | list)}]
        )
    _end(sent)


def _send(client: Client, sent: _Sent, source: Iterator[Event], batch_size: int, bar: Bar) -> None:
    client.import_events(
        sent.events(source),
        batch_size=batch_size,
        on_progress=lambda answer: sent.progressed(answer, bar),
    )


def _account(sent: _Sent) -> Iterator[Text]:
    """Yield the sum, so that every row can be found in it."""
    report, answer = sent.report, sent.answer
    yield Text(words.counted(report.rows_read, "row") + " read", "bold")
    yield _line(report.rows_merged, f"went into {words.counted(report.events, 'event')}")
    for reason, count in report.skipped.most_common():
        yield _line(count, f"skipped: {reason.value}")
    yield _line(report.rows_rejected, "rejected", "red")
    total = report.rows_merged + report.rows_skipped + report.rows_rejected
    yield _line(total, "in all" if report.adds_up() else "in all: the rows do not add up", "bold")
    yield Text(words.counted(answer.received, "event") + " sent", "bold")
    yield _line(answer.appended, "appended")
    yield _line(answer.duplicates, "had been recorded before")
    for word, count in answer.rejected_by_reason.most_common():
        yield _line(count, f"refused: {words.spaced(word)}", "red")
    yield _line(answer.appended + answer.duplicates + answer.rejected, "in all", "bold")


def _line(count: int, what: str, style: str = "") -> Text:
    return Text(f"  {count:>9,}  {what}", style if count else "dim")


def _plain(sent: _Sent) -> dict[str, Any]:
    report, answer = sent.report, sent.answer
    return {
        "rows_read": report.rows_read,
        "rows_merged": report.rows_merged,
        "rows_skipped": report.rows_skipped,
        "rows_rejected": report.rows_rejected,
        "events": report.events,
        "appended": answer.appended,
        "duplicates": answer.duplicates,
        "refused": answer.rejected,
        "position": answer.position,
        "skipped": {reason.value: count for reason, count in report.skipped.items()},
        "refused_by_reason": dict(answer.rejected_by_reason),
        "rejections": [*map(str, report.rejections), *sent.refused],
        "broke_off": str(sent.fault) if sent.fault else None,
    }


def _end(sent: _Sent) -> None:
    """Name the rows at fault, and end with the exit code that the import has earned."""
    faults = [*map(str, sent.report.rejections), *sent.refused]
    count = sent.report.rows_rejected + sent.answer.rejected
    if sent.fault:
        told = "what was read before is recorded; run it again when the file is whole"
        raise Failure(str(sent.fault), *([told] if sent.answer.received else []))
    if count:
        shown = faults[:REJECTIONS_SHOWN_MAX]
        more = [f"... and {count - len(shown):,} more"] if count > len(shown) else []
        told = words.counted(count, "row or event", "rows or events")
        raise Failure(
            f"{told} rejected, the rest is recorded", *shown, *more, code=ExitCode.REJECTED
        )
