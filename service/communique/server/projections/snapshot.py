"""One state of a projection's file, and the points that it is asked from."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

import apsw

from communique.domain.time.clocks import AsOf
from communique.server.projections.projection_errors import ReadModelBehind
from communique.server.sqlite.read_pool import ReadPool


class RequestedAsOf(NamedTuple):
    """The point asked from: instants aware UTC; no position means the latest reached."""

    valid: datetime
    known: datetime
    position: int | None = None

    @classmethod
    def pinned(cls, as_of: AsOf) -> "RequestedAsOf":
        """Return the request for the very point that an answer was true for."""
        return cls(as_of.valid, as_of.known, as_of.position)


class Snapshot(NamedTuple):
    """A reading connection that sees one state of a file, and the position of that state."""

    connection: apsw.Connection
    reached: int

    def as_of(self, name: str, asked: RequestedAsOf) -> AsOf:
        """Resolve the point asked from; raise `ReadModelBehind` where it lies ahead."""
        position = self.reached if asked.position is None else asked.position
        if position > self.reached:
            raise ReadModelBehind(name, position, self.reached)
        return AsOf(asked.valid, asked.known, position)

    def unknown_type_count(self) -> int:
        """Return how many events were kept without being understood."""
        return self.connection.execute("SELECT count FROM counts").get or 0


@contextmanager
def snapshot_of(readers: ReadPool) -> Iterator[Snapshot]:
    """Lend a connection to a projection's file on which everything is read from one state."""
    with readers.connection() as connection:
        connection.execute("BEGIN")
        try:
            reached = connection.execute("SELECT notification_id FROM tracking").get or 0
            yield Snapshot(connection, reached)
        finally:
            connection.execute("ROLLBACK")
