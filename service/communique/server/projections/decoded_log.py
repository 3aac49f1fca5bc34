"""The log as the projections read it: each event decoded once for all of them."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias
from uuid import UUID

from communique.domain.claims.event import Recorded
from communique.server.log.decoding import recorded_of
from communique.server.log.entries import LogRow
from communique.server.log.event_log import LogReader
from communique.server.projections.event_contents import EventContents, contents_of
from communique.server.runtime import limits

ReadStream: TypeAlias = Callable[[UUID, int], Sequence[Recorded]]
"""Returns an event's claim and amendments in order, up to a position."""


class DecodedEvent(NamedTuple):
    """One event of the log.

    Attributes:
        stream_id: the claim's id, also of an amendment.
        recorded: the event.
        contents: what it says without other versions of its stream.
    """

    stream_id: bytes
    recorded: Recorded
    contents: EventContents


class DecodedLog:
    """A log's events in order, and the streams they belong to. Safe to share between threads."""

    def __init__(self, log: LogReader) -> None:
        """Read from `log`, which stays the caller's to close."""
        self._log = log
        # Projections that follow the same log at the same pace decode each event once between them.
        self._batches: tuple[tuple[int, Sequence[DecodedEvent]], ...] = ()
        self.read_stream: ReadStream = lru_cache(limits.STREAMS_REMEMBERED_MAX)(self._read_stream)

    def after(
        self, position: int, limit: int = limits.DECODED_EVENTS_PER_BATCH
    ) -> Sequence[DecodedEvent]:
        """Return the next events after a position, at most `limit`; none at the head."""
        for first, batch in self._batches:
            if first == position:
                return batch[:limit]
        batch = [_decoded(row) for row in self._log.read(position, limit)]
        if batch:
            self._batches = (*self._batches[-1:], (position, batch))
        return batch

    def _read_stream(self, event_id: UUID, until: int) -> tuple[Recorded, ...]:
        rows = self._log.stream(event_id)
        return tuple(recorded_of(row) for row in rows if row.position <= until)


def _decoded(row: LogRow) -> DecodedEvent:
    recorded = recorded_of(row)
    return DecodedEvent(row.event_id, recorded, contents_of([recorded]))
