"""What happens when the disk fails, with a virtual file system in SQLite that fails on command."""

from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import apsw
import pytest

from communique.server.log.log_errors import LogUnavailable
from communique.server.log.sqlite_store.log_reader import SQLiteLogReader
from communique.server.log.sqlite_store.sqlite_log import SQLiteEventLog
from communique.server.runtime.limits import LogLimits
from tests.support.claim_entries import claim_entry

LARGE = 10_000  # bytes, more than a page
WAIT_SECONDS = 20
LIMITS = LogLimits(probe_seconds=0.02, checkpoint_idle_pages=10)


class FaultyDisk(apsw.VFS):
    """The system's files, whose writes to files with one suffix fail while `failure` is set."""

    def __init__(self) -> None:
        super().__init__("faulty", "unix", makedefault=True)
        self.suffix = ""
        self.failing_call = ""
        self.failure: type[Exception] | None = None
        self.unsynced_writes = 0

    def xOpen(  # noqa: N802
        self, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> apsw.VFSFile:
        """Open a file that asks this disk before it writes."""
        return FaultyFile(self, name, flags)

    def check(self, name: str, call: str) -> None:
        """Fail if this is the call that fails, and count what is not yet safe in the WAL."""
        if self.failure and call == self.failing_call and name.endswith(self.suffix):
            raise self.failure
        if name.endswith("-wal"):
            self.unsynced_writes = 0 if call == "sync" else self.unsynced_writes + 1

    def fail(self, failure: type[Exception], call: str, suffix: str) -> None:
        """From now on let those calls fail."""
        self.failure, self.failing_call, self.suffix = failure, call, suffix


class FaultyFile(apsw.VFSFile):
    """A file on the faulty disk."""

    def __init__(
        self, disk: FaultyDisk, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> None:
        super().__init__("unix", name, flags)
        self._disk = disk
        self._name = name.filename() if isinstance(name, apsw.URIFilename) else name or ""

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        """Write, or fail."""
        self._disk.check(self._name, "write")
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802
        """Bring to the disk, or fail."""
        self._disk.check(self._name, "sync")
        super().xSync(flags)


@pytest.fixture
def disk() -> Iterator[FaultyDisk]:
    """A faulty disk that SQLite uses for all files until the test is over."""
    disk = FaultyDisk()
    yield disk
    disk.failure = None
    disk.unregister()


@pytest.fixture
def log(tmp_path: Path, disk: FaultyDisk) -> Iterator[SQLiteEventLog]:
    """A log on the faulty disk with one event in it."""
    with SQLiteEventLog.open(tmp_path / "log.db", int, LIMITS) as log:
        log.append([claim_entry(LARGE)]).result(WAIT_SECONDS)
        yield log
        disk.failure = None


def wait_until_healthy(log: SQLiteEventLog) -> None:
    """Give the log the time to try again by itself."""
    deadline = monotonic() + WAIT_SECONDS
    while not log.healthy and monotonic() < deadline:
        sleep(0.01)
    assert log.healthy


FAILURES = [
    pytest.param(apsw.FullError, "write", id="the disk is full"),
    pytest.param(apsw.IOError, "write", id="a write fails"),
    pytest.param(apsw.IOError, "sync", id="the last step fails"),
]


@pytest.mark.parametrize(("failure", "call"), FAILURES)
def test_a_failed_commit_leaves_nothing_behind(
    log: SQLiteEventLog, disk: FaultyDisk, failure: type[Exception], call: str
) -> None:
    """A commit that the disk fails is unavailable, leaves nothing and can be sent again."""
    lost = claim_entry(LARGE)
    disk.fail(failure, call, "-wal")
    error = log.append([claim_entry(LARGE), lost]).exception(WAIT_SECONDS)
    assert isinstance(error, LogUnavailable)
    assert isinstance(error.__cause__, failure)
    assert not log.healthy
    assert log.head()[0] == 1
    assert log.find(lost.event_id) is None
    disk.failure = None
    receipt = log.append([lost]).result(WAIT_SECONDS)[0]
    assert (receipt.position, receipt.duplicate) == (2, False)
    assert log.healthy


@pytest.mark.parametrize(("failure", "call"), FAILURES)
def test_a_restart_after_a_failure_finds_a_whole_log(
    tmp_path: Path, disk: FaultyDisk, failure: type[Exception], call: str
) -> None:
    """A log reopened after a disk failure has all that was answered, at dense positions."""
    with SQLiteEventLog.open(tmp_path / "log.db", int, LIMITS) as log:
        kept = [log.append([claim_entry(LARGE)]).result(WAIT_SECONDS)[0] for _ in range(3)]
        disk.fail(failure, call, "-wal")
        assert log.append([claim_entry(LARGE)]).exception(WAIT_SECONDS)
        disk.failure = None
        kept += [log.append([claim_entry(LARGE)]).result(WAIT_SECONDS)[0] for _ in range(3)]
    with SQLiteEventLog.open(tmp_path / "log.db", int, LIMITS) as log:
        rows = [(row.position, row.event_id) for row in log.read(0, 100)]
    assert rows == [(receipt.position, receipt.event_id.bytes) for receipt in kept]
    assert [position for position, _ in rows] == list(range(1, 7))


@pytest.mark.parametrize(("failure", "call"), FAILURES)
def test_health_comes_back_by_itself(
    log: SQLiteEventLog, disk: FaultyDisk, failure: type[Exception], call: str
) -> None:
    """A log that nobody writes to learns on its own that the disk is well again."""
    disk.fail(failure, call, "-wal")
    assert log.append([claim_entry(LARGE)]).exception(WAIT_SECONDS)
    sleep(0.1)
    assert not log.healthy
    disk.failure = None
    wait_until_healthy(log)
    assert log.head()[0] == 1


def test_a_failed_checkpoint_loses_nothing(log: SQLiteEventLog, disk: FaultyDisk) -> None:
    """A failed copy of the WAL shows in the health, and commits still succeed."""
    disk.fail(apsw.IOError, "write", "log.db")
    receipts = log.append([claim_entry(LARGE) for _ in range(20)]).result(WAIT_SECONDS)
    assert receipts[-1].position == 21
    deadline = monotonic() + WAIT_SECONDS
    while log.healthy and monotonic() < deadline:
        sleep(0.001)
    assert not log.healthy
    disk.failure = None
    wait_until_healthy(log)
    assert log.head()[0] == 21


def test_an_answer_is_durable(log: SQLiteEventLog, disk: FaultyDisk) -> None:
    """A receipt is given only after the disk has confirmed all writes to the WAL."""
    unsynced: list[int] = []
    answers = []
    for _ in range(20):
        answer = log.append([claim_entry(LARGE)])
        answer.add_done_callback(lambda _: unsynced.append(disk.unsynced_writes))
        answers.append(answer)
    for answer in answers:
        answer.result(WAIT_SECONDS)
    assert set(unsynced) == {0}


def test_reading_says_that_the_disk_fails(tmp_path: Path) -> None:
    """A log that can't be opened for reading is unavailable."""
    with pytest.raises(LogUnavailable):
        SQLiteLogReader(tmp_path / "missing.db").head()


def test_a_folder_that_is_missing_stays_missing(tmp_path: Path) -> None:
    """Opening a log in a missing folder fails."""
    with pytest.raises(FileNotFoundError):
        SQLiteEventLog.open(tmp_path / "missing" / "log.db", int)
