"""One state of a projection's file, and the points as of which it is queried."""

from datetime import datetime
from typing import Final, NamedTuple

import apsw

from communique.domain.time.clocks import AsOf, CivilDay
from communique.server.projections.projection_errors import ReadModelBehind

_UNKNOWN: Final = "SELECT count FROM counts WHERE name = 'unknown types'"


class RequestedAsOf(NamedTuple):
    """The point of a query: instants aware UTC; no position means the latest reached.

    `day` is the day that the valid time was given as, if it was.
    """

    valid: datetime
    known: datetime
    position: int | None = None
    day: CivilDay | None = None

    @classmethod
    def pinned(cls, as_of: AsOf) -> "RequestedAsOf":
        """Return the request for the point of an earlier answer."""
        return cls(as_of.valid, as_of.known, as_of.position, as_of.day)


class Snapshot(NamedTuple):
    """A reading connection that sees one state of a file, and the position of that state."""

    connection: apsw.Connection
    reached: int

    def as_of(self, name: str, requested: RequestedAsOf) -> AsOf:
        """Resolve the point requested for; raise `ReadModelBehind` where it lies ahead."""
        position = self.reached if requested.position is None else requested.position
        if position > self.reached:
            raise ReadModelBehind(name, position, self.reached)
        return AsOf(requested.valid, requested.known, position, requested.day)

    def unknown_type_count(self) -> int:
        """Return how many events were not understood."""
        return self.connection.execute(_UNKNOWN).get or 0
