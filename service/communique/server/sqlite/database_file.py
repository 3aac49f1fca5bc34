"""Opening SQLite files: one writing connection a file, any number of reading ones."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, TypeAlias

import apsw
import apsw.bestpractice
import structlog

_logger: Final = structlog.get_logger(__name__)

Synchronous: TypeAlias = Literal["OFF", "NORMAL", "FULL", "EXTRA"]

BUSY_MS_MAX: Final = 5_000
"""How long a connection waits for a lock that another one holds."""

_READ_WRITE: Final = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE


@dataclass(eq=False)
class UnusableFile(Exception):
    """The file at `path` can't be opened as what it was asked to be."""

    path: Path


@dataclass(eq=False)
class ForeignFile(UnusableFile):
    """Another program's file, or no SQLite file at all; `found` is its application id, if any.

    The file was not changed.
    """

    found: int | None

    def __str__(self) -> str:
        kind = "no SQLite file" if self.found is None else f"application id {self.found:#x}"
        return f"{self.path} is not a file of this kind ({kind})"


@dataclass(eq=False)
class UnsupportedFormat(UnusableFile):
    """A file of this kind in a format that this version does not know: mostly a newer one's.

    The file was not changed.
    """

    found: int
    supported: int

    def __str__(self) -> str:
        return f"{self.path} has format {self.found}, this version reads format {self.supported}"


@dataclass(frozen=True, slots=True)
class FileFormat:
    """The format of a kind of files: `schema` is the SQL that makes one.

    The two numbers are written into the file's header. `upgrades` is the SQL that makes this
    version of an earlier one, by that one's number.
    """

    application_id: int
    version: int
    schema: str
    upgrades: Mapping[int, str] = field(default_factory=dict)


def sqlite_version() -> str:
    """Return the version of the SQLite library in use, such as `3.54.1`."""
    return apsw.sqlite_lib_version()


def may_corrupt_wal(version: str) -> bool:
    """Tell whether that SQLite version may corrupt a WAL that two connections write at once."""
    return (3, 7, 0) <= tuple(int(part) for part in version.split(".")) <= (3, 51, 2)


def connect(
    path: Path,
    kind: FileFormat,
    *,
    synchronous: Synchronous = "FULL",
    readonly: bool = False,
    vfs: str | None = None,
) -> apsw.Connection:
    """Open the file of that kind; if not `readonly`, make it first, or upgrade an earlier version.

    The connection is in WAL mode and never checkpoints by itself: its owner does. `vfs` names the
    file system, in SQLite's words: the system's own where it is None.

    Raises `ForeignFile` or `UnsupportedFormat`, with the file as it was; `apsw.Error` for what the
    disk refuses.
    """
    flags = apsw.SQLITE_OPEN_READONLY if readonly else _READ_WRITE
    connection = apsw.Connection(str(path), flags=flags, vfs=vfs)
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
    # A plan must not depend on bindings. Otherwise SQLite prepares a statement with `LIMIT ?` again
    # for each execution, which takes ten times as long as the facet search itself.
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    apsw.bestpractice.connection_dqs(connection)


def _is_new(connection: apsw.Connection, path: Path, kind: FileFormat, *, readonly: bool) -> bool:
    """Tell whether the file is to be made; raise if it is another program's."""
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


def _make(connection: apsw.Connection, kind: FileFormat, script: str) -> None:
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
