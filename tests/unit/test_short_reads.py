"""Short answers: on the event loop from memory, in a thread as soon as they are more."""

import asyncio
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from threading import current_thread

import apsw
import pytest

from communique.server.application.queries.query_runner import run_shortly
from communique.server.runtime.threads import WorkerPool
from communique.server.sqlite.database_file import FileFormat, connect, transaction
from communique.server.sqlite.read_pool import ReadPool
from communique.server.sqlite.short_reads import NotShort, shortly

NOTES = FileFormat(0x6E6F7465, 1, "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT);")
COUNT = 5_000
STEPS_MAX = 100_000

pytestmark = pytest.mark.skipif(not hasattr(os, "RWF_NOWAIT"), reason="the system has no such read")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of notes of half a page each, which the disk has."""
    path = tmp_path / "notes.db"
    connection = connect(path, NOTES)
    with transaction(connection):
        rows = ((number, f"{number:<2000}") for number in range(COUNT))
        connection.executemany("INSERT INTO notes VALUES (?, ?)", rows)
    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    connection.close()
    try:
        with path.open("rb") as file:
            os.preadv(file.fileno(), [bytearray(1)], 0, os.RWF_NOWAIT)
    except OSError:
        pytest.skip("the file system has no such read")
    return path


@pytest.fixture
def pool(path: Path) -> Iterator[ReadPool]:
    """A pool that has been asked for a short read before."""
    pool = ReadPool(path, NOTES)
    with pytest.raises(NotShort):
        shortly(partial(note, pool, 0), STEPS_MAX)
    note(pool, 0)
    yield pool
    pool.close()


def note(pool: ReadPool, number: int) -> tuple[str, str]:
    """Return a note, and the name of the thread that read it."""
    with pool.connection() as connection:
        text = connection.execute("SELECT text FROM notes WHERE id = ?", (number,)).get
    return text.strip(), current_thread().name


def all_notes(pool: ReadPool) -> tuple[int, str]:
    """Return how many notes there are, read one by one, and the name of the thread."""
    with pool.connection() as connection:
        count = sum(1 for _ in connection.execute("SELECT id FROM notes"))
    return count, current_thread().name


def forget(path: Path) -> None:
    """Have the system drop from its memory what it has of a file.

    To close it here costs the pool its locks, which nobody contests.
    """
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)


def on_a_loop(query: Callable[[], tuple[object, str]]) -> tuple[object, str]:
    """Return what a query answers on an event loop that hands over what is not short."""

    async def answer() -> tuple[object, str]:
        workers = WorkerPool("questions", 1, 1)
        try:
            return await run_shortly(workers, query)
        finally:
            workers.close()

    return asyncio.run(answer())


def test_what_is_in_memory_is_read_on_the_loop(pool: ReadPool) -> None:
    """A few rows that the system has in memory are read in the loop's own thread."""
    assert on_a_loop(lambda: note(pool, 7)) == ("7", "MainThread")
    assert note(pool, 7) == ("7", "MainThread")


def test_what_is_not_in_memory_is_read_in_a_thread(path: Path, pool: ReadPool) -> None:
    """A page that only the disk has is read by a thread, and then on the loop."""
    forget(path)
    with pytest.raises(NotShort):
        shortly(partial(note, pool, 4_321), STEPS_MAX)
    answer, thread = on_a_loop(lambda: note(pool, 4_321))
    assert answer == "4321"
    assert thread.startswith("questions")
    assert on_a_loop(lambda: note(pool, 4_321)) == ("4321", "MainThread")


def test_what_takes_many_steps_is_read_in_a_thread(pool: ReadPool) -> None:
    """A query of too many steps is stopped on the loop, and a thread answers it whole."""
    answer, thread = on_a_loop(lambda: all_notes(pool))
    assert answer == COUNT
    assert thread.startswith("questions")
    assert on_a_loop(lambda: note(pool, 9)) == ("9", "MainThread")


def test_what_was_written_since_is_read(path: Path, pool: ReadPool) -> None:
    """A short read sees what another connection has committed, out of the write-ahead log."""
    on_a_loop(lambda: note(pool, 7))
    connection = connect(path, NOTES)
    connection.execute("UPDATE notes SET text = 'new' WHERE id = 7")
    assert on_a_loop(lambda: note(pool, 7)) == ("new", "MainThread")
    connection.close()


def test_a_fault_is_the_threads_to_raise(pool: ReadPool) -> None:
    """What a short read raises is raised as if a thread had read in the first place."""

    def fail() -> tuple[object, str]:
        with pool.connection() as connection:
            return connection.execute("SELECT nothing FROM notes").get, ""

    with pytest.raises(apsw.SQLError, match="nothing"):
        on_a_loop(fail)


def test_nothing_stays_open(path: Path, pool: ReadPool) -> None:
    """A pool's own descriptors of the file outlive its last connection in use, and no longer."""

    def descriptors() -> int:
        return sum(name.resolve() == path for name in Path("/proc/self/fd").iterdir())

    on_a_loop(lambda: note(pool, 7))
    with pool.connection() as connection:
        pool.close()
        assert descriptors() >= 3
        assert connection.execute("SELECT count(*) FROM notes").get == COUNT
    assert descriptors() == 0


def test_a_read_that_was_stopped_holds_up_no_checkpoint(path: Path, pool: ReadPool) -> None:
    """However often short reads are stopped, their transactions end, so that the log shrinks."""

    def read_all_in_one_transaction() -> None:
        with pool.connection() as connection:
            connection.execute("BEGIN")
            try:
                connection.execute("SELECT count(*), sum(length(text)) FROM notes").get  # noqa: B018  read
            finally:
                connection.execute("ROLLBACK")

    for _ in range(600):
        with pytest.raises(NotShort):
            shortly(read_all_in_one_transaction, 1_000)
    connection = connect(path, NOTES)
    connection.execute("UPDATE notes SET text = 'new' WHERE id = 7")
    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    connection.close()
    assert on_a_loop(lambda: note(pool, 7)) == ("new", "MainThread")
