"""Opening files: whose they are, who owns them, and which SQLite opens them."""

from pathlib import Path

import apsw
import pytest

from communique.server.log.sqlite_store.log_reader import SQLiteLogReader
from communique.server.log.sqlite_store.log_schema import LOG_FORMAT
from communique.server.log.sqlite_store.sqlite_log import SQLiteEventLog
from communique.server.sqlite.database_file import (
    FileFormat,
    ForeignFile,
    UnsupportedFormat,
    connect,
    may_corrupt_wal,
    sqlite_version,
    transaction,
)
from communique.server.sqlite.read_pool import ReadPool

NOTES = FileFormat(application_id=77, version=3, schema="CREATE TABLE notes (note TEXT) STRICT;")


@pytest.mark.parametrize(
    ("version", "defective"),
    [
        ("3.6.23", False),
        ("3.7.0", True),
        ("3.40.1", True),
        ("3.51.2", True),
        ("3.51.3", False),
        ("3.54.1", False),
        ("4.0.0", False),
    ],
)
def test_defective_versions_are_known(version: str, defective: bool) -> None:  # noqa: FBT001
    """SQLite 3.7.0 to 3.51.2 is known as defective, and other versions are not."""
    assert may_corrupt_wal(version) == defective


def test_the_version_in_use_is_sound() -> None:
    """The SQLite that this project brings is none of the defective ones."""
    assert not may_corrupt_wal(sqlite_version())


def test_a_new_file_is_durable_and_marked(tmp_path: Path) -> None:
    """A file is made in WAL mode, with full synchronisation, our mark and its format."""
    connection = connect(tmp_path / "notes.db", NOTES)
    names = ("journal_mode", "synchronous", "application_id", "user_version")
    assert [connection.pragma(name) for name in names] == ["wal", 2, 77, 3]
    connection.close()


def test_the_caller_chooses_the_durability(tmp_path: Path) -> None:
    """A database file is opened with the synchronisation that its caller asks for."""
    connection = connect(tmp_path / "notes.db", NOTES, synchronous="OFF")
    assert connection.pragma("synchronous") == 0
    connection.close()


def test_another_programs_file_is_left_alone(tmp_path: Path) -> None:
    """A database with another program's mark is refused and stays byte for byte."""
    path = tmp_path / "log.db"
    foreign = apsw.Connection(str(path))
    foreign.execute("CREATE TABLE theirs (x); PRAGMA application_id = 5")
    foreign.close()
    before = path.read_bytes()
    with pytest.raises(ForeignFile) as caught:
        SQLiteEventLog.open(path, int)
    assert (caught.value.path, caught.value.found) == (path, 5)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"these are no bytes of SQLite" * 100, b"short"])
def test_what_is_no_database_is_left_alone(tmp_path: Path, content: bytes) -> None:
    """A file that is no database is refused and stays as it was."""
    path = tmp_path / "log.db"
    path.write_bytes(content)
    with pytest.raises(ForeignFile, match="no SQLite file"):
        SQLiteEventLog.open(path, int)
    assert path.read_bytes() == content


def test_an_unmarked_database_is_left_alone(tmp_path: Path) -> None:
    """A database with tables and no mark is refused."""
    path = tmp_path / "log.db"
    foreign = apsw.Connection(str(path))
    foreign.execute("CREATE TABLE theirs (x)")
    foreign.close()
    with pytest.raises(ForeignFile):
        SQLiteEventLog.open(path, int)


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    """A log of a newer format is refused unchanged, with both formats named."""
    path = tmp_path / "log.db"
    SQLiteEventLog.open(path, int).close()
    newer = apsw.Connection(str(path))
    newer.pragma("user_version", LOG_FORMAT.version + 1)
    newer.close()
    with pytest.raises(UnsupportedFormat) as caught:
        SQLiteEventLog.open(path, int)
    error = caught.value
    assert (error.found, error.supported) == (LOG_FORMAT.version + 1, LOG_FORMAT.version)


def test_a_refused_log_is_not_locked(tmp_path: Path) -> None:
    """A log that is refused when opened leaves its lock free."""
    path = tmp_path / "log.db"
    path.write_bytes(b"no database at all")
    with pytest.raises(ForeignFile):
        SQLiteEventLog.open(path, int)
    path.unlink()
    SQLiteEventLog.open(path, int).close()


def test_a_reader_makes_nothing(tmp_path: Path) -> None:
    """A reader of an empty file fails and leaves the file empty."""
    path = tmp_path / "log.db"
    path.touch()
    reader = SQLiteLogReader(path)
    with pytest.raises(ForeignFile):
        reader.head()
    assert path.stat().st_size == 0


def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    """A transaction with an error inside takes back all that it wrote."""
    connection = connect(tmp_path / "notes.db", NOTES)
    with pytest.raises(apsw.SQLError), transaction(connection):
        connection.execute("INSERT INTO notes VALUES ('lost'); INSERT INTO nowhere VALUES (1)")
    with transaction(connection):
        connection.execute("INSERT INTO notes VALUES ('kept')")
    assert connection.execute("SELECT note FROM notes").get == "kept"
    connection.close()


def test_a_pool_lends_each_connection_once(tmp_path: Path) -> None:
    """A pool lends each connection to one borrower at a time, and lends it again."""
    connect(tmp_path / "notes.db", NOTES).close()
    pool = ReadPool(tmp_path / "notes.db", NOTES)
    with pool.connection() as first, pool.connection() as second:
        assert first is not second
    with pool.connection() as again:
        assert again in (first, second)
    pool.close()


def test_a_pool_cannot_write(tmp_path: Path) -> None:
    """A connection from a read pool cannot write."""
    connect(tmp_path / "notes.db", NOTES).close()
    pool = ReadPool(tmp_path / "notes.db", NOTES)
    with pool.connection() as connection, pytest.raises(apsw.ReadOnlyError):
        connection.execute("INSERT INTO notes VALUES ('x')")
    pool.close()


def test_a_closed_pool_takes_its_connections_back(tmp_path: Path) -> None:
    """A closed pool closes a lent connection when it comes back."""
    connect(tmp_path / "notes.db", NOTES).close()
    pool = ReadPool(tmp_path / "notes.db", NOTES)
    with pool.connection() as connection:
        pool.close()
        assert connection.execute("SELECT count(*) FROM notes").get == 0
    with pytest.raises(apsw.ConnectionClosedError):
        connection.execute("SELECT 1")
    with pytest.raises(apsw.ConnectionClosedError), pool.connection():
        pass
