"""The log as the projections read it: decoded, in pages that are decoded once for all of them."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final
from uuid import UUID

from communique import codec
from communique.domain.clocks import from_micros
from communique.domain.event import Recorded
from communique.service import log

PAGE_EVENTS: Final = 512
_PAGES_CACHED: Final = 8


def decoded(row: log.Recorded) -> Recorded:
    """Return a row of the log as the domain has it; its event is None where the type is newer."""
    return Recorded(
        row.position,
        from_micros(row.record_micros),
        row.revision,
        codec.stored_bytes(row.state),
        row.submitter,
    )


class Step(tuple[UUID, Recorded]):
    """One event of the log with the id of its stream."""

    __slots__ = ()

    @property
    def event_id(self) -> UUID:
        """The claim's id, also of an amendment."""
        return self[0]

    @property
    def recorded(self) -> Recorded:
        """The event."""
        return self[1]


class History:
    """A log's events in order, and the streams they belong to. Safe to share between threads."""

    def __init__(self, reader: log.LogReader) -> None:
        """Read from `reader`, which stays the caller's to close."""
        self._reader = reader
        # A full page never changes. Two projections that follow the same log read the same pages.
        self._full_page: Callable[[int], Sequence[Step]] = lru_cache(_PAGES_CACHED)(self._page)

    def after(self, position: int) -> Sequence[Step]:
        """Return the next events after a position, to the end of their page; none at the head."""
        page, offset = divmod(position, PAGE_EVENTS)
        if self._reader.tail.position >= (page + 1) * PAGE_EVENTS:
            return self._full_page(page)[offset:]
        return self._steps(position, PAGE_EVENTS)

    def stream(self, event_id: UUID, until: int) -> list[Recorded]:
        """Return an event's claim and amendments in order, up to a position."""
        rows = self._reader.stream(event_id)
        return [decoded(row) for row in rows if row.position <= until]

    def _page(self, page: int) -> Sequence[Step]:
        return self._steps(page * PAGE_EVENTS, PAGE_EVENTS)

    def _steps(self, after: int, limit: int) -> Sequence[Step]:
        rows = self._reader.read(after, limit)
        return tuple([Step((UUID(bytes=row.event_id), decoded(row))) for row in rows])
