"""The commands `communique export timeline` and `communique export log`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from communique.cli.exits import CommandFailure
from communique.cli.options import (
    LONG_RETRY,
    AsOfOptions,
    Filters,
    OutputFile,
    Remote,
    option,
    unfolded,
)
from communique.cli.query_commands import Parties, dyad_given, limited
from communique.cli.screen import note, progress_bar
from communique.client import EventAsOf
from communique.export import segments, timeline_files, wording
from communique.export.columns import parquet
from communique.export.timeline_files import ExportFormat
from communique.export.whole_file import folder, whole_file

exports = typer.Typer(
    no_args_is_help=True, help="Write events for other programs: files, and timelines of web pages."
)

FileFormat = Annotated[
    ExportFormat,
    option(
        "--format",
        "JSON lines, CSV, Parquet (needs the extra 'export'), JSON for TimelineJS 3, or JSON for "
        "vis-timeline.",
        "-f",
        env="COMMUNIQUE_EXPORT_FORMAT",
    ),
]
OutputFolder = Annotated[
    Path,
    option(
        "--output",
        "The folder of the files; made if missing.",
        env="COMMUNIQUE_OUTPUT_FOLDER",
        metavar="DIR",
        file_okay=False,
    ),
]
After = Annotated[
    int | None,
    option(
        "--after",
        "Start behind this position. Default: behind the last one that the folder holds.",
        env="COMMUNIQUE_EXPORT_AFTER",
        min=0,
    ),
]
SegmentPositions = Annotated[
    int, option("--segment-positions", "How many positions a file holds at most.", min=1)
]


def timeline(
    remote: Remote,
    filters: Filters,
    point: AsOfOptions,
    parties: Parties = None,
    form: FileFormat = ExportFormat.JSONL,
    file: OutputFile = None,
    limit: Annotated[int, option("--limit", "How many at most; 0 is all.", "-n", min=0)] = 0,
) -> None:
    """A timeline as of any point: [bold]export timeline KOR JPN --format vis[/bold]."""
    timeline_files.check(form, has_file=file is not None)
    wanted, arguments = filters.event_filter(dyad_given(parties), point.zone), point.arguments()
    with remote.connect() as client, _target(file) as target:
        listing = client.timeline(wanted, **arguments, page_size=min(limit or 1_000, 1_000))
        count = 0

        def counted() -> Iterator[EventAsOf]:
            nonlocal count
            for event in limited(listing, limit):
                count += 1
                yield event

        timeline_files.write(form, listing.as_of, counted(), target)
    if file:
        note(f"{wording.counted(count, 'event')} written to {file}")


@contextmanager
def _target(file: Path | None) -> Iterator[BinaryIO]:
    if file is None:
        sys.stdout.flush()
        yield sys.stdout.buffer
        return
    with whole_file(file) as target:
        yield target


def log(
    remote: Remote,
    output: OutputFolder,
    after: After = None,
    positions: SegmentPositions = segments.SEGMENT_POSITIONS,
) -> None:
    """The log, amendments included, as Parquet files of so many positions each.

    Run again, it adds what was recorded since. The files are named by their first position; each
    has a row for each event as recorded: position, record_time, submitter, revision, event_id,
    amends, type, known, occurred (EDTF), occurred_zone, occurred_earliest, occurred_latest, actors,
    recipients, participants, issues, subject, certainty, polarity, outlet, title, url, gist, and in
    event the whole event as JSON of the contract's Event. Of a correction they are those of the
    corrected content; of an event of a newer type they are empty.
    """
    parquet()
    held = segments.last_position(folder(output))
    if after is not None and after < held:
        raise CommandFailure(
            f"{output} holds the log up to position {held:,} already",
            "leave --after out to go on from there, or name another folder",
        )
    start = held if after is None else after
    count = 0
    with remote.connect(LONG_RETRY) as client, progress_bar("exporting") as bar:
        head = client.head().position

        def on_batch(position: int) -> None:
            bar.show(position - start, max(head - start, 1), f"position {position:,}")

        for segment in segments.write_segments(client.read(start), output, positions, on_batch):
            count += 1
            note(f"positions {segment.first:,} to {segment.last:,}: {segment.path}")
    if not count:
        note(f"nothing new after position {start:,}")


for command in (timeline, log):
    exports.command()(unfolded(command))
