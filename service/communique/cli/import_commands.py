"""The commands that record event datasets and large files of events in bulk."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from communique.cli.exits import CommandFailure, ExitCode
from communique.cli.options import LONG_RETRY, Output, Remote, option, unfolded
from communique.cli.screen import Bar, OutputFormat, console, progress_bar, write_object
from communique.cli.submit_commands import (
    EVENTS_MAX,
    REJECTIONS_SHOWN_MAX,
    InputFile,
    in_file,
)
from communique.client import ImportReport
from communique.domain.claims.event import Event
from communique.export import wording
from communique.importers import ImportFault, Report, gdelt, icews, jsonl, polecat
from communique.importers.acting_for import ActingFor

imports = typer.Typer(no_args_is_help=True, help="Record event datasets and large files of events.")
_COUNTS: Final = (
    "rows_read",
    "rows_merged",
    "rows_corroborating",
    "rows_skipped",
    "rows_rejected",
    "places_at_fault",
    "events",
)
_DATASET: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


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
            message = in_file(str(refusal.index), refusal.message, self.report)
            self.refused.append(message or f"event {refusal.index}: {refusal.message}")
        self.answer = answer
        line = f"{self.report.rows_read:,} rows, {answer.appended:,} events appended"
        bar.show(self.report.bytes_done, self.report.bytes_total or None, line)


Source = Callable[[Path, Report], Iterator[Event]]


def _first_day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day such as 2018-01-01") from None
    if day > _today():
        raise typer.BadParameter(f"{text} is still to come")
    return day


def _today() -> date:
    """Return the latest day that is today anywhere."""
    return date.today() + timedelta(days=1)  # noqa: DTZ011  a day of grace covers all zones


def _dataset(text: str) -> str:
    if text and not _DATASET.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is not a name such as icews14: a-z, 0-9, '.', '_', '-'")
    return text


Batch = Annotated[
    int, option("--batch-size", "How many events to send at once.", min=1, max=EVENTS_MAX)
]
Actors = Annotated[
    Path | None,
    option(
        "--actors",
        "Your own table of people, CSV with the columns name, code, organ, office, from and to. "
        "What it says of a name goes before the table that is shipped.",
        metavar="FILE",
        exists=True,
        dir_okay=False,
    ),
]


@dataclass(frozen=True)
class Sending:
    """The options of how events are sent, and of how the import is accounted for."""

    skipped: Annotated[
        Path | None,
        option(
            "--skipped",
            "Write the names that cost rows here, as CSV with reason and rows.",
            metavar="FILE",
            dir_okay=False,
        ),
    ] = None
    batch_size: Batch = 500
    output: Output = OutputFormat.TABLE


@imports.command("icews")
@unfolded
def import_icews(
    path: Annotated[
        Path,
        typer.Argument(exists=True, help="The folder of a graph, an event file, or a folder."),
    ],
    remote: Remote,
    sending: Sending,
    dataset: Annotated[
        str,
        option(
            "--dataset",
            "The data set's name, such as icews14, which goes into every event and its id. "
            "Required for a graph in numbers.",
            metavar="NAME",
            callback=_dataset,
        ),
    ] = "",
    first_day: Annotated[
        date | None,
        option(
            "--first-day",
            "The day of hour 0 of a graph in numbers, such as 2014-01-01 of icews14. Required for "
            "it, since its rows say hours alone.",
            metavar="YYYY-MM-DD",
            parser=_first_day,
        ),
    ] = None,
    actors: Actors = None,
) -> None:
    """ICEWS: event files of 20 columns, or a temporal graph in numbers or in names.

    The first row tells which it is; plain or gzip. A graph in numbers is a folder with train.txt,
    valid.txt or test.txt, entity2id.txt and relation2id.txt. All files are read whole before the
    first event is sent; importing them again records nothing twice, and resumes what was cut short.

    [bold]communique import icews icews14 --dataset icews14 --first-day 2014-01-01[/bold]
    """
    source = partial(
        icews.claims,
        dataset=dataset,
        first_day=first_day,
        last_day=_today(),
        acting_for=_acting_for(actors),
    )
    _import(source, path, remote, sending)


@imports.command("polecat")
@unfolded
def import_polecat(
    path: Annotated[Path, typer.Argument(exists=True, help="A file, or a folder of them.")],
    remote: Remote,
    sending: Sending,
    actors: Actors = None,
) -> None:
    """POLECAT: event files of 40 columns, coded by PLOVER; plain or gzip.

    All files are read whole before the first event is sent; importing them again records nothing
    twice, and resumes what was cut short.
    """
    source = partial(polecat.claims, acting_for=_acting_for(actors))
    _import(source, path, remote, sending)


@imports.command("gdelt")
@unfolded
def import_gdelt(
    path: Annotated[Path, typer.Argument(exists=True, help="An export, or a folder of them.")],
    remote: Remote,
    sending: Sending,
    mentions: Annotated[
        Path | None,
        option(
            "--mentions",
            "The mentions file of the export, or a folder with one for each: they say how many "
            "sources and articles told of an event, and since when.",
            metavar="PATH",
            exists=True,
        ),
    ] = None,
) -> None:
    """GDELT 2.0 event exports, one for every 15 minutes; plain or gzip.

    An event's figures are part of it, so choose at the first import: with --mentions or without.
    Importing again records nothing twice, and resumes what was cut short.
    """
    _import(partial(gdelt.claims, mentions=mentions), path, remote, sending)


@imports.command("jsonl")
@unfolded
def import_jsonl(
    path: InputFile, remote: Remote, batch_size: Batch = 500, output: Output = OutputFormat.TABLE
) -> None:
    """Events as JSON lines or YAML, such as [bold]communique replay[/bold] writes."""
    _import(jsonl.events, path, remote, Sending(None, batch_size, output))


def _acting_for(actors: Path | None) -> ActingFor:
    """Return the table of people that is shipped, below a desk's own."""
    shipped = ActingFor.shipped()
    if actors is None:
        return shipped
    try:
        return shipped.merged(ActingFor.read(actors))
    except ImportFault as fault:
        raise CommandFailure(str(fault)) from None


def _import(source: Source, path: Path, remote: Remote, sending: Sending) -> None:
    result = _Import(Report())
    with remote.connect(LONG_RETRY) as client, progress_bar("importing") as bar:
        client.import_events(
            result.events(source(path, result.report)),
            batch_size=sending.batch_size,
            on_progress=lambda answer: result.progressed(answer, bar),
        )
    if sending.skipped:
        _write_skipped(result.report, sending.skipped)
    if sending.output is not OutputFormat.TABLE:
        row = _plain(result)
        flat = {key: value for key, value in row.items() if not isinstance(value, dict | list)}
        write_object(sending.output, row, [flat])
    elif result.report.rows_read or not result.fault:
        for line in _account(result):
            console().print(line, soft_wrap=True)
    _check(result)


def _write_skipped(report: Report, path: Path) -> None:
    try:
        report.write_skipped(path)
    except OSError as error:
        raise CommandFailure(f"{path} cannot be written: {error.strerror or error}") from None


def _account(result: _Import) -> Iterator[Text]:
    """Yield the lines that account for every row and every event."""
    report, answer = result.report, result.answer
    yield Text(wording.counted(report.rows_read, "row") + " read", "bold")
    yield _line(report.rows_merged, f"went into {wording.counted(report.events, 'event')}")
    if report.rows_corroborating:
        yield _line(report.rows_corroborating, "are mentions of these events")
    for reason, count in report.skipped.most_common():
        yield _line(count, f"skipped: {reason.value}")
    yield _line(report.rows_rejected, "rejected", "red")
    in_all = "in all" if report.adds_up() else "in all: the rows do not add up"
    yield _line(report.rows_accounted, in_all, "bold")
    if report.places_at_fault:
        yield _line(report.places_at_fault, "of them without their coordinates, which are none")
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
    return {
        **{name: getattr(report, name) for name in _COUNTS},
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
        shown = [*map(str, result.report.rejections), *result.refused][:REJECTIONS_SHOWN_MAX]
        more = [f"... and {count - len(shown):,} more"] if count > len(shown) else []
        rejected = wording.counted(count, "row or event", "rows or events")
        raise CommandFailure(
            f"{rejected} rejected, the rest is recorded", *shown, *more, code=ExitCode.REJECTED
        )
