"""The log as Parquet files: segments of consecutive positions, each complete or absent."""

import re
from collections.abc import Callable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from communique.domain.claims.event import Amendment, Claim, Event, EventCorrected, Recorded
from communique.export.columns import (
    CLAIM_COLUMNS,
    Column,
    batches,
    event_json,
    of_event,
    parquet,
    schema_of,
)
from communique.export.whole_file import ExportError, whole_file

SEGMENT_POSITIONS: Final = 100_000

_NAME: Final = "communique-log-{:012}.parquet"
_NAME_PATTERN: Final = re.compile(r"communique-log-([0-9]{12})\.parquet")


def _of_content(name: str, kind: str, value: Callable[[Claim], Any]) -> Column:
    """Return a column of a claim, or of the content that a correction puts in its place."""

    def content_value(event: Event) -> Any:  # noqa: ANN401  what the column holds
        match event:
            case Claim():
                return value(event)
            case Amendment(payload=EventCorrected(content=content)):
                return value(content)
            case _:
                return None

    return of_event(name, kind, content_value)


SEGMENT_COLUMNS: Final = (
    Column("position", "integer", lambda recorded: recorded.position),
    Column("record_time", "instant", lambda recorded: recorded.record_time),
    Column("submitter", "text", lambda recorded: recorded.submitter),
    Column("revision", "integer", lambda recorded: recorded.revision),
    of_event("event_id", "text", lambda event: str(event.event_id)),
    of_event(
        "amends",
        "text",
        lambda event: str(event.payload.amends) if isinstance(event, Amendment) else None,
    ),
    of_event("type", "text", lambda event: event.payload.type),
    of_event("known", "instant", lambda event: event.known.instant if event.known else None),
    *(_of_content(*column) for column in CLAIM_COLUMNS),
    of_event("gist", "text", lambda event: event.gist),
    of_event("event", "text", event_json),
)
"""The columns of a segment; docs/export.md says what they mean."""


class Segment(NamedTuple):
    """A file of the log, with its first and last position."""

    path: Path
    first: int
    last: int


def last_position(folder: Path) -> int:
    """Return the last position that the segments of a folder hold; 0 where there is none."""
    paths = [path for path in folder.iterdir() if _NAME_PATTERN.fullmatch(path.name)]
    if not paths:
        return 0
    last = max(paths)
    try:
        rows: int = parquet().read_metadata(last).num_rows
    except (OSError, ValueError) as error:  # pyarrow's own errors are one or the other
        raise ExportError(f"{last} is no segment of the log: {error}") from None
    # Positions have no gaps.
    return int(last.name[-20:-8]) + rows - 1


def write_segments(
    events: Iterator[Recorded], folder: Path, positions: int, on_batch: Callable[[int], None]
) -> Iterator[Segment]:
    """Write the events in files of at most `positions` positions; yield each once it is complete.

    `on_batch` is called with the last position of each batch written, of at most 10,000 rows.
    """
    schema = schema_of(SEGMENT_COLUMNS)
    while (first := next(events, None)) is not None:
        path = folder / _NAME.format(first.position)
        last = first.position
        with (
            whole_file(path) as target,
            parquet().ParquetWriter(target, schema, compression="zstd") as writer,
        ):
            for batch in batches(SEGMENT_COLUMNS, chain([first], islice(events, positions - 1))):
                writer.write_batch(batch)
                last = batch.column("position")[-1].as_py()
                on_batch(last)
        yield Segment(path, first.position, last)
