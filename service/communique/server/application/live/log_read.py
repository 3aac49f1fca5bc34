"""Reads of the log: frames of events, and checkpoints where a filter selects little."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from communique.codec.wire import checkpoint_frame, event_bytes, events_frame
from communique.domain.state.event_filter import Filter
from communique.server.application.request_errors import InvalidFields
from communique.server.log.decoding import event_of
from communique.server.log.entries import LogRow
from communique.server.log.event_log import LogReader
from communique.server.runtime import limits
from communique.server.runtime.threads import WorkerPool
from communique.v1 import record_service_pb2


@dataclass(frozen=True, slots=True)
class ReadSpan:
    """The positions that a read goes through: those with `after` < position <= `until`.

    They are read from the low end up or, if it `is_backwards`, from the high end down. `limit` is
    how many events at most, None without a limit; `selection` which ones, None for all.
    """

    after: int
    until: int
    is_backwards: bool = False
    limit: int | None = None
    selection: Filter | None = None


class LogRead:
    """A read under way: which positions are left, and which events are selected but not yet sent.

    `event_count` says how many events were selected, those of a few frames not yet given included.
    """

    def __init__(self, log: LogReader, workers: WorkerPool, span: ReadSpan) -> None:
        self._log = log
        self._workers = workers
        self._span = span
        self._after, self._until = span.after, span.until
        self._last_read = span.until + 1 if span.is_backwards else span.after
        self._filter = RowFilter(span.selection) if span.selection else None
        self._selected: list[bytes] = []
        self._selected_bytes = 0
        self._positions_since_frame = 0
        self.event_count = 0

    async def frames(self) -> AsyncIterator[bytes]:
        """Yield frames, as bytes of `ReadResponse`; the last is a checkpoint."""
        while not self._is_over():
            for frame in await self._workers.run(self._next_frames):
                yield frame
        yield checkpoint_frame(self._last_read)

    def _next_frames(self) -> list[bytes]:
        """Read the next positions; return the frames that are due, if any."""
        if self._filter is None:
            return self._copied_frames()
        rows = self._log.read(
            self._after,
            limits.EVENTS_PER_FRAME_MAX,
            until=self._until,
            descending=self._span.is_backwards,
            bytes_max=limits.FRAME_BYTES_MAX,
        )
        if not rows:
            self._after = self._until
        for row in rows:
            self._move_to(row.position)
            self._positions_since_frame += 1
            if self._filter.selects(row):
                self._selected.append(event_bytes(row))
                self._selected_bytes += len(row.state)
                self.event_count += 1
            if self._is_over():
                break
        return self._due_frames()

    def _copied_frames(self) -> list[bytes]:
        """Copy what is recorded into frames, without decoding it.

        The way to a thread and back takes half the time of a frame, so several are made at once.
        """
        frames: list[bytes] = []
        size, count = 0, limits.EVENTS_PER_FRAME_MAX
        while size < limits.READ_AT_ONCE_BYTES and not self._is_over():
            if self._span.limit is not None:
                count = min(count, self._span.limit - self.event_count)
            batch = self._log.read_wire(
                self._after,
                self._until,
                count,
                descending=self._span.is_backwards,
                bytes_max=limits.FRAME_BYTES_MAX,
            )
            if not batch.event_count:
                self._after = self._until
                break
            self._move_to(batch.position)
            self.event_count += batch.event_count
            frames.append(events_frame([batch.wire]))
            size += len(batch.wire)
        return frames

    def _move_to(self, position: int) -> None:
        self._last_read = position
        if self._span.is_backwards:
            self._until = position - 1
        else:
            self._after = position

    def _is_over(self) -> bool:
        return self._after >= self._until or self.event_count == self._span.limit

    def _due_frames(self) -> list[bytes]:
        is_full = (
            len(self._selected) >= limits.EVENTS_PER_FRAME_MAX
            or self._selected_bytes >= limits.FRAME_BYTES_MAX // 2
        )
        positions_max = limits.CHECKPOINT_POSITIONS_MAX - limits.EVENTS_PER_FRAME_MAX
        is_late = self._positions_since_frame >= positions_max
        if not (is_full or is_late or self._is_over()):
            return []
        frames = [events_frame(self._selected)] if self._selected else []
        if is_late:
            frames.append(checkpoint_frame(self._last_read))
        self._selected, self._selected_bytes, self._positions_since_frame = [], 0, 0
        return frames


class RowFilter:
    """A filter on rows of the log, with a pre-filter that spares decoding most of the others.

    Type words are looked up in the topic. Codes, slugs and names lie in the stored bytes as they
    are, so that an event whose bytes hold none of those asked for needs no decoding. The keys of
    subjects may be derived, so they are not looked for in the bytes.
    """

    def __init__(self, selection: Filter) -> None:
        self._selection = selection
        dyad = selection.dyad
        word_sets: list[Iterable[str]] = [
            *([[dyad.first], [dyad.second]] if dyad else []),
            selection.parties,
            selection.issues,
            selection.outlets,
        ]
        self._byte_sets = [[word.encode() for word in words] for words in word_sets if words]

    def selects(self, row: LogRow) -> bool:
        """Whether the filter selects the event of the row."""
        types = self._selection.types
        if (types and row.topic not in types) or not all(
            any(word in row.state for word in words) for words in self._byte_sets
        ):
            return False
        event = event_of(row.topic, row.state)
        return event is not None and self._selection.selects(event)


def is_backwards(direction: record_service_pb2.Direction.ValueType) -> bool:
    """Return which way a request goes; raise `InvalidFields` for a value that is no direction."""
    if direction not in record_service_pb2.Direction.values():
        allowed = "FORWARDS or BACKWARDS"
        raise InvalidFields.at("direction", f"unknown value {direction}: one of {allowed}")
    return direction == record_service_pb2.DIRECTION_BACKWARDS
