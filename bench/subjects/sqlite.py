"""The floor of durable appends and of reads: SQLite, in the process of whoever calls."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path
from typing import ClassVar, Final

import apsw

from bench.subject import Subject

_SCHEMA: Final = """
    CREATE TABLE IF NOT EXISTS events (position INTEGER PRIMARY KEY, state BLOB NOT NULL) STRICT
"""
_FRAME_EVENTS: Final = 500


class BareSqlite(Subject):
    """One table without any other index, and the durability of the service's log."""

    name: ClassVar[str] = "sqlite"
    path: Path
    _connection: apsw.Connection

    def start(self, folder: Path) -> None:
        """Keep the file in the folder."""
        self.path = folder / "bare.db"

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Open the file, or make it."""
        self._connection = apsw.Connection(str(self.path))
        self._connection.pragma("journal_mode", "WAL")
        self._connection.pragma("synchronous", "FULL")
        self._connection.execute(_SCHEMA)
        try:
            yield
        finally:
            self._connection.close()

    async def append_one(self, event: bytes) -> int:
        """Insert an event in a transaction of its own."""
        return await self.append_batch([event])

    async def append_batch(self, events: Sequence[bytes]) -> int:
        """Insert events in one transaction."""
        with self._connection:
            self._connection.executemany(
                "INSERT INTO events VALUES (NULL, ?)", ((event,) for event in events)
            )
        return self._connection.last_insert_rowid()

    async def read_all(self) -> AsyncIterator[bytes]:
        """Yield the states in the order of their positions, 500 joined to a frame."""
        cursor = self._connection.execute("SELECT state FROM events ORDER BY position")
        while states := [state for (state,) in islice(cursor, _FRAME_EVENTS)]:
            yield b"".join(states)
