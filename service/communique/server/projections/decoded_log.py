"""The log as the projections read it: decoded, once for all of them."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple, Self, TypeAlias
from uuid import UUID

from communique.domain.claims.event import Recorded
from communique.server import log
from communique.server.log.eventsourcing.contract_mapper import recorded_of
from communique.server.log.sqlite_store.log_reader import LogReader
from communique.server.projections.event_contents import Told, told

Streams: TypeAlias = Callable[[UUID, int], Sequence[Recorded]]
"""Returns an event's claim and amendments in order, up to a position."""

BATCH_EVENTS: Final = 1_024
"""So many are decoded at once. The last two batches are remembered, with 5 KB an event."""

_STREAMS_REMEMBERED: Final = 512


class Step(NamedTuple):
    """One event of the log.

    Attributes:
        event_id: the claim's id, also of an amendment.
        recorded: the event.
        alone: what it tells without others.
    """

    event_id: bytes
    recorded: Recorded
    alone: Told

    @classmethod
    def of(cls, event_id: bytes, recorded: Recorded) -> Self:
        """Return the step of an event."""
        return cls(event_id, recorded, told([recorded]))


class History:
    """A log's events in order, and the streams they belong to. Safe to share between threads."""

    def __init__(self, reader: LogReader) -> None:
        """Read from `reader`, which stays the caller's to close."""
        self._reader = reader
        # Projections that follow the same log at the same pace decode each event once between them.
        self._batches: tuple[tuple[int, Sequence[Step]], ...] = ()
        self.stream: Streams = lru_cache(_STREAMS_REMEMBERED)(self._stream)

    def after(self, position: int, limit: int = BATCH_EVENTS) -> Sequence[Step]:
        """Return the next events after a position, at most `limit`; none at the head."""
        for first, batch in self._batches:
            if first == position:
                return batch[:limit]
        batch = [_step_of(row) for row in self._reader.read(position, limit)]
        if batch:
            self._batches = (*self._batches[-1:], (position, batch))
        return batch

    def _stream(self, event_id: UUID, until: int) -> tuple[Recorded, ...]:
        rows = self._reader.stream(event_id)
        return tuple(recorded_of(row) for row in rows if row.position <= until)


def _step_of(row: log.Recorded) -> Step:
    return Step.of(row.event_id, recorded_of(row))
