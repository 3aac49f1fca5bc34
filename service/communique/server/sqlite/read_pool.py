"""Reading connections, lent to one thread at a time."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Final

import apsw

from communique.server.sqlite import short_reads
from communique.server.sqlite.database_file import FileFormat, connect

DEFAULT_CACHE_KIBIBYTES: Final = 2_000
"""SQLite's own default."""


class ReadPool:
    """Read-only connections to one file, each lent to one thread at a time.

    There are as many as threads have read at the same time, and one for short reads after the
    first of these: see `short_reads`. Readers never wait for the writer.
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
        self._short: list[apsw.Connection] = []
        self._is_short_wanted = self._is_short_opened = False
        self._lent = 0
        self._is_closed = False

    @contextmanager
    def connection(self) -> Iterator[apsw.Connection]:
        """Lend a connection, whose cursors are to be finished or closed before the block ends.

        Raises what `connect` raises, and `apsw.ConnectionClosedError` after `close`; in a short
        read `NotShort` where the connection for those is not open yet.
        """
        idle = self._short if short_reads.is_short() else self._idle
        connection = self._take(idle)
        try:
            yield connection
        finally:
            with self._lock:
                self._lent -= 1
                idle.append(connection)
            if self._is_closed:
                self._close_idle()

    def close(self) -> None:
        """Close the idle connections now, and those in use when they come back."""
        with self._lock:
            self._is_closed = True
        self._close_idle()

    def _take(self, idle: list[apsw.Connection]) -> apsw.Connection:
        if idle is self._idle and self._is_short_wanted:
            self._open_short()
        with self._lock:
            if self._is_closed:
                raise apsw.ConnectionClosedError(str(self._path))
            if idle:
                self._lent += 1
                return idle.pop()
            if idle is self._short:
                self._is_short_wanted = not self._is_short_opened
                raise short_reads.give_up()
        connection = self._opened()
        with self._lock:
            self._lent += 1
        return connection

    def _open_short(self) -> None:
        """Open the connection for short reads, in a thread; without it no read is short."""
        with self._lock:
            if self._is_short_opened or self._is_closed:
                return
            self._is_short_opened, self._is_short_wanted = True, False
        with suppress(apsw.Error, OSError):
            connection = self._opened(short_reads.VFS_NAME)
            short_reads.make_short(connection)
            with self._lock:
                self._short.append(connection)

    def _opened(self, vfs: str | None = None) -> apsw.Connection:
        connection = connect(self._path, self._kind, readonly=True, vfs=vfs)
        connection.pragma("cache_size", -self._cache_kibibytes)
        return connection

    def _close_idle(self) -> None:
        """Close what is not lent; the connection for short reads last, as that one has to be."""
        with self._lock:
            idle = [*self._idle, *(() if self._lent else self._short)]
            self._idle.clear()
            if not self._lent:
                self._short.clear()
        for connection in idle:
            connection.close()
