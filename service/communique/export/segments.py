"""The log as Parquet files: segments of consecutive positions, each written whole or not at all."""

import re
from collections.abc import Callable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

from communique.domain.claims.event import Amendment, Claim, Event, EventCorrected, Recorded
from communique.export.columns import CLAIM_COLUMNS, Column, batches, event_json, parquet, schema_of
from communique.export.whole_file import ExportError, whole_file

SEGMENT_POSITIONS: Final = 100_000

_NAME: Final = "communique-log-{:012}.parquet"
_NAMED: Final = re.compile(r"communique-log-([0-9]{12})\.parquet")


def _of_event(name: str, kind: str, value: Any) -> Column:  # noqa: ANN401  any function of an event
    """A column of any event; nothing where its type is newer than this release."""
    return Column(name, kind, lambda it: None if it.event is None else value(it.event))


def _of_content(name: str, kind: str, value: Any) -> Column:  # noqa: ANN401  any function of a claim
    """A column of what a claim says, or the content that a correction puts in its place."""

    def found(it: Recorded) -> Any:  # noqa: ANN401  what the column holds
        content = _content(it.event)
        return None if content is None else value(content)

    return Column(name, kind, found)


def _content(event: Event | None) -> Claim | None:
    match event:
        case Claim():
            return event
        case Amendment(payload=EventCorrected(content=content)):
            return content
        case _:
            return None


SEGMENT_COLUMNS: Final = (
    Column("position", "integer", lambda it: it.position),
    Column("record_time", "instant", lambda it: it.record_time),
    Column("submitter", "text", lambda it: it.submitter),
    Column("revision", "integer", lambda it: it.revision),
    _of_event("event_id", "text", lambda event: str(event.event_id)),
    _of_event(
        "amends",
        "text",
        lambda event: str(event.payload.amends) if isinstance(event, Amendment) else None,
    ),
    _of_event("type", "text", lambda event: event.payload.type),
    _of_event("known", "instant", lambda event: event.known.instant if event.known else None),
    *(_of_content(*column) for column in CLAIM_COLUMNS),
    _of_event("gist", "text", lambda event: event.gist),
    _of_event("event", "text", event_json),
)
"""The columns of a segment; docs/export.md says what they mean."""


class Segment(NamedTuple):
    """A file that was written: its positions, from the first to the last."""

    path: Path
    first: int
    last: int


def last_position(folder: Path) -> int:
    """Return the last position that the segments of a folder hold; 0 where there is none."""
    names = sorted(path for path in folder.iterdir() if _NAMED.fullmatch(path.name))
    if not names:
        return 0
    try:
        rows: int = parquet().read_metadata(names[-1]).num_rows
    except (OSError, ValueError) as error:  # pyarrow's own errors are one or the other
        raise ExportError(f"{names[-1]} is no segment of the log: {error}") from None
    # Positions have no gaps.
    return int(names[-1].name[-20:-8]) + rows - 1


def write_segments(
    events: Iterator[Recorded], folder: Path, positions: int, on_batch: Callable[[int], None]
) -> Iterator[Segment]:
    """Write the events in files of so many positions, and yield each file once it is there.

    `on_batch` is called with the last position of each batch written, of at most 10,000 rows.
    """
    while (first := next(events, None)) is not None:
        path = folder / _NAME.format(first.position)
        last = first.position
        with whole_file(path) as target, _writer(target) as writer:
            for batch in batches(SEGMENT_COLUMNS, chain([first], islice(events, positions - 1))):
                writer.write_batch(batch)
                last = batch.column("position")[-1].as_py()
                on_batch(last)
        yield Segment(path, first.position, last)


def _writer(target: BinaryIO) -> Any:  # noqa: ANN401  a class without types
    return parquet().ParquetWriter(target, schema_of(SEGMENT_COLUMNS), compression="zstd")
