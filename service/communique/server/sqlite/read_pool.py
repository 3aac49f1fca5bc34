"""Reading connections, lent to one thread at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Final

import apsw

from communique.server.sqlite.database_file import FileFormat, connect

DEFAULT_CACHE_KIBIBYTES: Final = 2_000
"""SQLite's own default."""


class ReadPool:
    """Read-only connections to one file, each lent to one thread at a time.

    There are as many as threads have read at the same time. Readers never wait for the writer.
    """

    def __init__(
        self, path: Path, kind: FileFormat, cache_kibibytes: int = DEFAULT_CACHE_KIBIBYTES
    ) -> None:
        """Open nothing yet; each connection may cache so much of the file in memory."""
        self._path = path
        self._kind = kind
        self._cache_kibibytes = cache_kibibytes
        self._lock = Lock()
        self._idle: list[apsw.Connection] = []
        self._is_closed = False

    @contextmanager
    def connection(self) -> Iterator[apsw.Connection]:
        """Lend a connection, whose cursors are to be finished or closed before the block ends.

        Raises what `connect` raises, and `apsw.ConnectionClosedError` after `close`.
        """
        connection = self._take()
        try:
            yield connection
        finally:
            self._give_back(connection)

    def close(self) -> None:
        """Close the idle connections now, and those in use when they come back."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self) -> apsw.Connection:
        with self._lock:
            if self._is_closed:
                raise apsw.ConnectionClosedError(str(self._path))
            if self._idle:
                return self._idle.pop()
        connection = connect(self._path, self._kind, readonly=True)
        connection.pragma("cache_size", -self._cache_kibibytes)
        return connection

    def _give_back(self, connection: apsw.Connection) -> None:
        with self._lock:
            if not self._is_closed:
                self._idle.append(connection)
                return
        connection.close()
