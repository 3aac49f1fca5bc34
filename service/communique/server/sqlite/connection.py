"""SQLite as this service uses it: one writing connection a file, any number of reading ones.

Nothing here knows the log: the read models open their files with the same functions.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Final, Literal, TypeAlias

import apsw
import apsw.bestpractice
import structlog

from communique.server.log.log_errors import ForeignFile, UnsupportedFormat

_logger: Final = structlog.get_logger(__name__)

Synchronous: TypeAlias = Literal["OFF", "NORMAL", "FULL", "EXTRA"]

BUSY_MS_MAX: Final = 5_000

_CACHE_KIBIBYTES: Final = 2_000
"""SQLite's own default."""

_READ_WRITE: Final = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE

_WAL_DEFECT_FIRST: Final = (3, 7, 0)
_WAL_DEFECT_LAST: Final = (3, 51, 2)


@dataclass(frozen=True, slots=True)
class Format:
    """What a file of one kind holds: `schema` is the SQL that makes it.

    The two numbers are written into the file's header, where `open` and file(1) look for them.
    `upgrades` is the SQL that makes this version of an earlier one, by that one's number.
    """

    application_id: int
    version: int
    schema: str
    upgrades: Mapping[int, str] = field(default_factory=dict)


def sqlite_version() -> str:
    """Return the version of the SQLite library in use, such as `3.54.1`."""
    return apsw.sqlite_lib_version()


def may_corrupt_wal(version: str) -> bool:
    """Tell whether that SQLite version may corrupt a WAL file when two connections write at once.

    Two that write or checkpoint at the same moment, in 3.7.0 to 3.51.2; one writer avoids it.
    """
    numbers = tuple(int(part) for part in version.split("."))
    return _WAL_DEFECT_FIRST <= numbers <= _WAL_DEFECT_LAST


def connect(
    path: Path, kind: Format, *, synchronous: Synchronous = "FULL", readonly: bool = False
) -> apsw.Connection:
    """Open the file of that kind; if not `readonly`, make it first, or upgrade an earlier version.

    The connection is in WAL mode and never checkpoints by itself: that is its owner's to do.

    Raises `ForeignFile` or `UnsupportedFormat`, with the file as it was; `apsw.Error` for what the
    disk refuses.
    """
    flags = apsw.SQLITE_OPEN_READONLY if readonly else _READ_WRITE
    connection = apsw.Connection(str(path), flags=flags)
    try:
        _configure(connection, readonly=readonly)
        is_new = _is_new(connection, path, kind, readonly=readonly)
        if not readonly:
            connection.pragma("journal_mode", "WAL")
            connection.pragma("synchronous", synchronous)
        version: int = connection.pragma("user_version")
        if is_new:
            _make(connection, kind, kind.schema)
        elif version in kind.upgrades:
            _logger.info("upgrading", path=str(path), version=version, to=kind.version)
            _make(connection, kind, kind.upgrades[version])
    except BaseException:
        connection.close()
        raise
    return connection


def _configure(connection: apsw.Connection, *, readonly: bool) -> None:
    connection.set_busy_timeout(BUSY_MS_MAX)
    connection.wal_autocheckpoint(0)
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, int(readonly))
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    connection.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
    # A plan may not depend on what is bound. Otherwise SQLite prepares a statement with `LIMIT ?`
    # anew for each execution: 150 microseconds for that of `seek`, which then takes 15.
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    apsw.bestpractice.connection_dqs(connection)


def _is_new(connection: apsw.Connection, path: Path, kind: Format, *, readonly: bool) -> bool:
    """Tell whether the file is still to be made; raise if it is somebody else's."""
    try:
        application_id: int = connection.pragma("application_id")
        version: int = connection.pragma("user_version")
        is_empty: bool = connection.pragma("schema_version") == 0
    except apsw.NotADBError as error:
        raise ForeignFile(path, None) from error
    if is_empty and application_id == 0 and not readonly:
        return True
    if application_id != kind.application_id:
        raise ForeignFile(path, application_id)
    if version != kind.version and (readonly or version not in kind.upgrades):
        raise UnsupportedFormat(path, version, kind.version)
    return False


def _make(connection: apsw.Connection, kind: Format, script: str) -> None:
    with transaction(connection):
        connection.execute(script)
        connection.pragma("application_id", kind.application_id)
        connection.pragma("user_version", kind.version)


@contextmanager
def transaction(connection: apsw.Connection) -> Iterator[None]:
    """Write inside one transaction: committed at the end, rolled back on any error."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


class ReadPool:
    """Read-only connections to one file, each in the hands of one thread at a time.

    There are as many as threads have read at the same moment. Readers never wait for the writer.
    """

    def __init__(self, path: Path, kind: Format, cache_kibibytes: int = _CACHE_KIBIBYTES) -> None:
        """Open nothing yet: the first reader does. Each may keep so much of the file in memory."""
        self._path = path
        self._kind = kind
        self._cache_kibibytes = cache_kibibytes
        self._lock = Lock()
        self._idle: list[apsw.Connection] = []
        self._is_closed = False

    @contextmanager
    def connection(self) -> Iterator[apsw.Connection]:
        """Lend a connection. Finish or close its cursors before it goes back.

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
