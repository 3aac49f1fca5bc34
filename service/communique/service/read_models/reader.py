"""Reading a projection's file that somebody else writes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from communique.service.log.sqlite import ReadPool
from communique.service.read_models.projection import Projection, Snapshot


class ProjectionReader:
    """The file of one projection, to be read alone."""

    def __init__(self, path: Path, projection: type[Projection]) -> None:
        """Open nothing yet: the first reader does."""
        self.path = path
        self._pool = ReadPool(path, projection.format())

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Lend a connection on which everything is read from one state."""
        with self._pool.connection() as connection:
            connection.execute("BEGIN")
            try:
                reached = connection.execute("SELECT notification_id FROM tracking").get or 0
                yield Snapshot(connection, reached)
            finally:
                connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the connections; those in use when they come back."""
        self._pool.close()
