"""The events that a projection has taken in and not written yet, and what they change."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias
from uuid import UUID

from communique.domain.claims.event import Recorded
from communique.server.log.decoding import recorded_of
from communique.server.log.entries import LogRow
from communique.server.projections.projection import RowChanges, ViewProjection

ReadStream: TypeAlias = Callable[[UUID], Sequence[LogRow]]
"""Returns the rows of an event's claim and amendments so far, in order."""


class UnwrittenEvents:
    """Consecutive events of the log that follow those that are written.

    Attributes:
        unknown_type_count: how many of them are not understood.
    """

    def __init__(self, projection: ViewProjection, written: int) -> None:
        self._projection = projection
        self._written = self._taken = written
        self._claims: dict[bytes, Any] = {}
        self._amendments: dict[bytes, dict[int, Recorded]] = {}
        self.unknown_type_count = 0

    def take_in(self, rows: Sequence[LogRow]) -> None:
        """Hold further events, all or none."""
        claims, amendments, unknown = dict[bytes, Any](), list[tuple[bytes, Recorded]](), 0
        for row in rows:
            if row.revision > 1:
                amendments.append((row.event_id, recorded := recorded_of(row)))
                unknown += recorded.event is None
            elif (given := self._projection.rows_of_claim(row)) is not None:
                claims[row.event_id] = given
            else:
                unknown += 1
        self._claims |= claims
        for event_id, recorded in amendments:
            self._amendments.setdefault(event_id, {})[recorded.position] = recorded
        self.unknown_type_count += unknown
        self._taken = rows[-1].position

    def changes(self, read_stream: ReadStream) -> RowChanges:
        """Return what they change: the rows of an amended event are replaced as a whole."""
        removed, inserted = list[Any](), list[Any]()
        for event_id, amendments in self._amendments.items():
            self._claims.pop(event_id, None)
            stream = [
                amendments.get(row.position) or recorded_of(row)
                for row in read_stream(UUID(bytes=event_id))
                if row.position <= self._taken
            ]
            before = [event for event in stream if event.position <= self._written]
            if before:
                removed.append(self._projection.rows(before))
            inserted.append(self._projection.rows(stream))
        return RowChanges(removed, [*self._claims.values(), *inserted], self._written)
