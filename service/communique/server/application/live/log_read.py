"""Reads of the log: frames of events, and checkpoints where a filter finds little."""

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from communique.codec.frames import checkpoint_frame, item_of, items_frame
from communique.domain.claims.event import Event
from communique.server.application.queries.filters import Filter
from communique.server.application.request_errors import InvalidRequest
from communique.server.log import Joined, Recorded
from communique.server.log.eventsourcing.contract_mapper import event_of
from communique.server.log.sqlite_store.log_reader import LogReader
from communique.server.runtime.limits import (
    CHECKPOINT_POSITIONS_MAX,
    EVENTS_PER_FRAME_MAX,
    FRAME_BYTES_MAX,
    READ_AT_ONCE_BYTES,
)
from communique.server.runtime.threads import Workers
from communique.v1 import record_service_pb2

Decode: TypeAlias = Callable[[str, bytes], Event | None]


@dataclass(frozen=True, slots=True)
class Span:
    """What a read goes through: the positions with `after` < position <= `until`.

    They are read from the low end up or, if it `is_backwards`, from the high end down. `limit` is
    how many events at most, None without a limit; `selection` which ones, None for all.
    """

    after: int
    until: int
    is_backwards: bool = False
    limit: int | None = None
    selection: Filter | None = None


class Read:
    """One read under way: which positions are left, and what was found and not yet sent.

    `event_count` says how many events were found, those of a few frames not yet given included.
    """

    def __init__(self, reader: LogReader, workers: Workers, span: Span) -> None:
        """Read what `span` says with `reader`, in the threads of `workers`."""
        self._reader = reader
        self._workers = workers
        self._span = span
        self._after, self._until = span.after, span.until
        self._looked_at = span.until + 1 if span.is_backwards else span.after
        self._sieve = Sieve(span.selection) if span.selection else None
        self._found: list[bytes] = []
        self._found_bytes = 0
        self._unsaid = 0
        self.event_count = 0

    async def frames(self) -> AsyncIterator[bytes]:
        """Yield frames, as bytes of `ReadResponse`; the last is a checkpoint."""
        while not self._is_over():
            for frame in await self._workers.run(self._read_on):
                yield frame
        yield checkpoint_frame(self._looked_at)

    def _read_on(self) -> list[bytes]:
        """Look at the next positions; return the frames that are due, if any."""
        if self._sieve is None:
            return self._next_frames()
        for row in self._next_rows():
            self._move_to(row.position)
            self._unsaid += 1
            if self._sieve.selects(row):
                self._found.append(item_of(row))
                self._found_bytes += len(row.state)
                self.event_count += 1
            if self._is_over():
                break
        return self._due_frames()

    def _next_frames(self) -> list[bytes]:
        """Copy what is recorded, without looking at it.

        The way to a thread and back takes 0.1 ms, a frame 0.2: so it is made for several.
        """
        frames: list[bytes] = []
        size = 0
        while size < READ_AT_ONCE_BYTES and not self._is_over():
            found = self._joined()
            if not found.event_count:
                self._after = self._until
                break
            self._move_to(found.position)
            self.event_count += found.event_count
            frames.append(items_frame([found.wire]))
            size += len(found.wire)
        return frames

    def _joined(self) -> Joined:
        count = EVENTS_PER_FRAME_MAX
        if self._span.limit is not None:
            count = min(count, self._span.limit - self.event_count)
        return self._reader.joined(
            self._after,
            self._until,
            count,
            descending=self._span.is_backwards,
            bytes_max=FRAME_BYTES_MAX,
        )

    def _next_rows(self) -> list[Recorded]:
        rows = self._reader.read(
            self._after,
            EVENTS_PER_FRAME_MAX,
            until=self._until,
            descending=self._span.is_backwards,
            bytes_max=FRAME_BYTES_MAX,
        )
        if not rows:
            self._after = self._until
        return rows

    def _move_to(self, position: int) -> None:
        self._looked_at = position
        if self._span.is_backwards:
            self._until = position - 1
        else:
            self._after = position

    def _is_over(self) -> bool:
        return self._after >= self._until or self.event_count == self._span.limit

    def _due_frames(self) -> list[bytes]:
        is_full = (
            len(self._found) >= EVENTS_PER_FRAME_MAX or self._found_bytes >= FRAME_BYTES_MAX // 2
        )
        is_late = self._unsaid >= CHECKPOINT_POSITIONS_MAX - EVENTS_PER_FRAME_MAX
        if not (is_full or is_late or self._is_over()):
            return []
        frames = [items_frame(self._found)] if self._found else []
        if is_late:
            frames.append(checkpoint_frame(self._looked_at))
        self._found, self._found_bytes, self._unsaid = [], 0, 0
        return frames


class Sieve:
    """A filter on rows of the log, which decodes few of those that it does not select.

    Type words are looked up in the topic. Codes, slugs and names lie in the stored bytes as they
    are, so that an event whose bytes hold none of those asked for needs no decoding. Not so the
    keys of subjects, which may be derived.
    """

    def __init__(self, selection: Filter, decode: Decode = event_of) -> None:
        """Look for what `selection` says; `decode` gives the event of a topic and a state."""
        self._selection = selection
        self._decode = decode
        dyad = selection.dyad
        asked: list[Iterable[str]] = [
            *([[dyad.first], [dyad.second]] if dyad else []),
            selection.parties,
            selection.issues,
            selection.outlets,
        ]
        self._needles = [[word.encode() for word in words] for words in asked if words]

    def selects(self, row: Recorded) -> bool:
        """Whether the filter selects the event of the row."""
        if self._selection.types and row.topic not in self._selection.types:
            return False
        if not all(any(word in row.state for word in words) for words in self._needles):
            return False
        event = self._decode(row.topic, row.state)
        return event is not None and self._selection.matches_recorded(event)


def is_backwards(direction: record_service_pb2.Direction.ValueType) -> bool:
    """Return which way a request goes; raise `InvalidRequest` for a value that is no direction."""
    if direction not in record_service_pb2.Direction.values():
        words = "FORWARDS or BACKWARDS"
        raise InvalidRequest.at("direction", f"unknown value {direction}: one of {words}")
    return direction == record_service_pb2.DIRECTION_BACKWARDS
