"""Reading a projection's file that somebody else writes."""

from contextlib import AbstractContextManager
from pathlib import Path

from communique.server.projections.projection import (
    CACHE_KIBIBYTES,
    Projection,
    Snapshot,
    snapshot_of,
)
from communique.server.sqlite.connection import ReadPool


class ProjectionReader:
    """The file of one projection, to be read alone."""

    def __init__(self, path: Path, projection: type[Projection]) -> None:
        """Open nothing yet: the first reader does."""
        self.path = path
        self._pool = ReadPool(path, projection.format(), CACHE_KIBIBYTES)

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """Lend a connection on which everything is read from one state."""
        return snapshot_of(self._pool)

    def close(self) -> None:
        """Close the connections; those in use when they come back."""
        self._pool.close()
