"""The writing connection: how a group of requests becomes one transaction."""

from collections.abc import Iterable, Sequence
from itertools import count, repeat
from pathlib import Path
from typing import Any, Final

import apsw

from communique.codec.wire import prefix_of
from communique.server.log.entries import (
    AmendmentEntry,
    AppendRequest,
    EntryReceipt,
    LogRow,
    UncheckedEvent,
)
from communique.server.log.log_errors import AppendRejected, VersionTaken
from communique.server.log.rules import Ledger, Stream
from communique.server.log.sqlite_store.id_index import FIND_CLAIMS, StreamIndex
from communique.server.log.sqlite_store.log_schema import COLUMNS, END, LOG_FORMAT
from communique.server.runtime.limits import LOG_CACHE_KIBIBYTES, LogLimits
from communique.server.sqlite.database_file import connect, transaction

_CLAIMS: Final = f"""
    SELECT found.value, {COLUMNS} FROM ({FIND_CLAIMS}) AS found CROSS JOIN events AS e
    USING (position)
"""  # noqa: S608  our own names
_AMENDMENTS: Final = f"""
    SELECT a.event_id, {COLUMNS}
    FROM carray(?) AS named CROSS JOIN amendments AS a ON a.event_id = named.value
    JOIN events AS e USING (position)
"""  # noqa: S608  our own names
_STREAMS: Final = """
    SELECT v.originator_id, v.originator_version, ifnull(a.retracts, 0)
    FROM carray(?) AS named CROSS JOIN versions AS v ON v.originator_id = named.value
    LEFT JOIN amendments AS a USING (position)
"""
_TAKEN: Final = "SELECT 1 FROM versions WHERE originator_id = ? AND originator_version = ?"
_INSERT_EVENT: Final = "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT_AMENDMENT: Final = "INSERT INTO amendments VALUES (?, ?, ?)"


class WritingConnection:
    """The one connection that writes and checkpoints the log; used by one thread at a time."""

    def __init__(self, path: Path, limits: LogLimits) -> None:
        """Open the log at `path`, or make it. Raises what `connect` raises."""
        self._path = path
        self._limits = limits
        self._wal_pages = 0
        self._checkpoint_from = 0
        self._connection: apsw.Connection | None = self._connect()
        self.position = self._end()[0]

    def append(
        self, requests: Sequence[AppendRequest], now_micros: int
    ) -> list[list[EntryReceipt] | AppendRejected]:
        """Apply the requests in order in one transaction; return each one's outcome once durable.

        Raises `apsw.Error` if SQLite failed, and then nothing was written.
        """
        with transaction(self._writing()):
            ledger = self._ledger(requests, now_micros)
            outcomes = [_admit(ledger, request) for request in requests]
            self._insert(ledger)
        self.position = ledger.position
        return outcomes

    def insert(self, events: Sequence[UncheckedEvent], now_micros: int) -> list[int]:
        """Write versions of streams unchecked; return their positions once durable.

        Raises `VersionTaken` or `apsw.Error`, and then nothing was written.
        """
        connection = self._writing()
        try:
            with transaction(connection):
                last, last_micros = self._end()
                micros = repeat(max(last_micros, now_micros))
                rows = list(map(_row, events, count(last + 1), micros))
                self._check_versions(rows)
                if rows:
                    connection.executemany(_INSERT_EVENT, map(_with_prefix, rows))
                    self._index.enter(last, last + len(rows))
        except apsw.ConstraintError as error:
            raise VersionTaken from error
        self.position = last + len(rows)
        return [row.position for row in rows]

    def _check_versions(self, rows: Sequence[LogRow]) -> None:
        """Refuse a version in any level; the first level refuses one that comes twice in `rows`."""
        execute = self._writing().execute
        if any(execute(_TAKEN, (row.event_id, row.revision)).get for row in rows):
            raise VersionTaken

    def probe(self) -> None:
        """Write what is there already, to learn whether the disk takes it."""
        connection = self._writing()
        with transaction(connection):
            connection.pragma("user_version", LOG_FORMAT.version)

    def is_due(self, *, is_idle: bool) -> bool:
        """Tell whether the WAL has grown enough since the last checkpoint for another one."""
        limits = self._limits
        bound = limits.checkpoint_idle_pages if is_idle else limits.checkpoint_busy_pages
        return self._wal_pages - self._checkpoint_from >= bound

    def checkpoint_if_due(self, *, is_idle: bool) -> None:
        """Copy the WAL back into the file if it has grown enough since the last time."""
        if self.is_due(is_idle=is_idle):
            self._writing().wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
            self._checkpoint_from = self._wal_pages

    def recover(self) -> None:
        """After a failure drop a connection that could not roll back; the next use opens a new one.

        Others are kept: a new connection could replay a commit that had failed at its last step.
        """
        if self._connection is not None and self._connection.in_transaction:
            self._drop()

    def close(self) -> None:
        """Empty the WAL into the file, if no reader is in the way, and close."""
        try:
            self._writing().wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        finally:
            self._drop()

    def _connect(self) -> apsw.Connection:
        connection = connect(self._path, LOG_FORMAT)
        connection.pragma("cache_size", -LOG_CACHE_KIBIBYTES)
        connection.set_wal_hook(self._note_wal_pages)
        self._index = StreamIndex(connection, self._limits.level_sizes)
        return connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close(force=True)

    def _writing(self) -> apsw.Connection:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _note_wal_pages(self, _connection: apsw.Connection, _schema: str, pages: int) -> int:
        """Note how long the WAL is; it is shorter than before once it was restarted."""
        if pages < self._wal_pages:
            self._checkpoint_from = 0
        self._wal_pages = pages
        return apsw.SQLITE_OK

    def _end(self) -> tuple[int, int]:
        """Return the last position and its record time in microseconds: (0, 0) if empty."""
        end: tuple[int, int] | None = self._writing().execute(END).get
        return end or (0, 0)

    def _ledger(self, requests: Sequence[AppendRequest], now_micros: int) -> Ledger:
        """Read the end of the log and all that the requests name."""
        position, last_micros = self._end()
        entries = [entry for request in requests for entry in request.entries]
        targets = {entry.target.bytes for entry in entries if isinstance(entry, AmendmentEntry)}
        expected = {event_id.bytes for request in requests for event_id in request.expectations}
        in_streams = tuple(targets | expected)
        named = tuple({entry.event_id.bytes for entry in entries}.union(in_streams))
        return Ledger(
            position,
            max(last_micros, now_micros),
            self._limits.amendments_per_event_max,
            known={
                own_id: LogRow(*columns)
                for query in (_CLAIMS, _AMENDMENTS)
                for own_id, *columns in self._look_up(query, named)
            },
            streams={
                key: Stream(revision, bool(retracted))
                for key, revision, retracted in sorted(self._look_up(_STREAMS, in_streams))
            },
        )

    def _look_up(self, query: str, ids: tuple[bytes, ...]) -> Iterable[tuple[Any, ...]]:
        if not ids:
            return ()
        return self._writing().execute(query, (apsw.carray(ids),))

    def _insert(self, ledger: Ledger) -> None:
        connection = self._writing()
        if ledger.event_rows:
            connection.executemany(_INSERT_EVENT, map(_with_prefix, ledger.event_rows))
            self._index.enter(ledger.event_rows[0].position - 1, ledger.position)
        if ledger.amendment_rows:
            connection.executemany(_INSERT_AMENDMENT, ledger.amendment_rows)


def _admit(ledger: Ledger, request: AppendRequest) -> list[EntryReceipt] | AppendRejected:
    try:
        return ledger.admit(request)
    except AppendRejected as rejection:
        return rejection


def _with_prefix(row: LogRow) -> tuple[Any, ...]:
    return (*row, prefix_of(row))


def _row(event: UncheckedEvent, position: int, record_micros: int) -> LogRow:
    stream_id, version, topic, state = event
    return LogRow(position, stream_id.bytes, version, topic, state, record_micros, "")
