"""Reading the log: any thread, at any time, without waiting for the writer."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final
from uuid import UUID

import apsw

from communique.server.log.entries import LogRow, WireBatch
from communique.server.log.event_log import LogReader
from communique.server.log.log_errors import LogClosed, LogUnavailable
from communique.server.log.sqlite_store.concatenation import concatenated
from communique.server.log.sqlite_store.log_schema import COLUMNS, END, LOG_FORMAT
from communique.server.log.tail import PolledTail, Tail
from communique.server.sqlite.read_pool import ReadPool

_POSITION_MAX: Final = 2**63 - 1

_EVENTS: Final = f"SELECT {COLUMNS} FROM events AS e WHERE {{}}"  # noqa: S608  our own names
_SPAN: Final = "position > ? AND position <= ? ORDER BY position {} LIMIT ?"
_ASCENDING: Final = _EVENTS.format(_SPAN.format("ASC"))
_DESCENDING: Final = _EVENTS.format(_SPAN.format("DESC"))
_STREAM: Final = f"""
    SELECT {COLUMNS} FROM versions AS v CROSS JOIN events AS e USING (position)
    WHERE v.originator_id = ? ORDER BY v.originator_version
"""  # noqa: S608  our own names
_BY_POSITION: Final = _EVENTS.format("position IN (SELECT value FROM json_each(?))")
_RECORD_MICROS: Final = "SELECT record_micros FROM events WHERE position = ?"
_FIND: Final = """
    SELECT position FROM versions WHERE originator_id = ?1 AND originator_version = 1
    UNION ALL SELECT position FROM amendments WHERE event_id = ?1
"""


class SQLiteLogReader(LogReader):
    """A log in a SQLite file that is only read, such as another process's.

    Without a `tail` its end is polled. Each method raises `UnusableFile` if the file is no log.
    """

    def __init__(self, path: Path, tail: Tail | None = None) -> None:
        self.path = path
        self.tail = PolledTail(lambda: self.head()[0]) if tail is None else tail
        self._pool = ReadPool(path, LOG_FORMAT)

    def head(self) -> tuple[int, int]:
        """See `LogReader.head`."""
        with self.connection() as connection:
            end: tuple[int, int] | None = connection.execute(END).get
        return end or (0, 0)

    def position_at(self, record_micros: int) -> int:
        """See `LogReader.position_at`."""
        positions = range(1, self.head()[0] + 1)
        with self.connection() as connection:
            return bisect_right(
                positions,
                record_micros,
                key=lambda position: connection.execute(_RECORD_MICROS, (position,)).get,
            )

    def record_micros(self, position: int) -> int:
        """See `LogReader.record_micros`."""
        with self.connection() as connection:
            micros: int | None = connection.execute(_RECORD_MICROS, (position,)).get
        return micros or 0

    def read(
        self,
        after: int,
        limit: int,
        *,
        until: int | None = None,
        descending: bool = False,
        bytes_max: int | None = None,
    ) -> list[LogRow]:
        """See `LogReader.read`."""
        query = _DESCENDING if descending else _ASCENDING
        bindings = (after, _POSITION_MAX if until is None else until, limit)
        with self.connection() as connection, closing(connection.cursor()) as cursor:
            rows = map(LogRow._make, cursor.execute(query, bindings))
            return list(rows if bytes_max is None else _within(rows, bytes_max))

    def read_wire(
        self, after: int, until: int, limit: int, *, descending: bool = False, bytes_max: int
    ) -> WireBatch:
        """See `LogReader.read_wire`."""
        with self.connection() as connection:
            return concatenated(
                connection, after, until, limit, descending=descending, bytes_max=bytes_max
            )

    def stream(self, event_id: UUID) -> list[LogRow]:
        """See `LogReader.stream`."""
        with self.connection() as connection:
            return list(map(LogRow._make, connection.execute(_STREAM, (event_id.bytes,))))

    def find(self, event_id: UUID) -> int | None:
        """See `LogReader.find`."""
        with self.connection() as connection:
            position: int | None = connection.execute(_FIND, (event_id.bytes,)).get
        return position

    def by_positions(self, positions: Sequence[int]) -> list[LogRow]:
        """See `LogReader.by_positions`."""
        with self.connection() as connection:
            rows = connection.execute(_BY_POSITION, (str(list(positions)),))
            by_position = {row.position: row for row in map(LogRow._make, rows)}
        return [by_position[position] for position in positions if position in by_position]

    def close(self) -> None:
        """See `LogReader.close`."""
        self.tail.close()
        self._pool.close()

    @contextmanager
    def connection(self) -> Iterator[apsw.Connection]:
        """Lend a read-only connection to the tables of `log_schema`."""
        try:
            with self._pool.connection() as connection:
                yield connection
        except apsw.ConnectionClosedError as error:
            raise LogClosed from error
        except apsw.Error as error:
            raise LogUnavailable from error


def _within(rows: Iterable[LogRow], bytes_max: int) -> Iterator[LogRow]:
    """Yield the first row, and those after it as long as their states fit into `bytes_max`."""
    size = 0
    for row in rows:
        size += len(row.state)
        if size > bytes_max and size > len(row.state):
            return
        yield row
