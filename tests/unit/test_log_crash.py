"""Killed at a random moment, the log has what it answered for; and it has one owner at a time."""

import os
import random
import subprocess
import sys
import threading
from pathlib import Path
from uuid import UUID

import pytest

from communique.server.log.entries import ClaimEntry
from communique.server.log.sqlite_store.sqlite_log import SQLiteEventLog
from communique.server.runtime.file_lock import FileInUse, FileLock, sign

ROUNDS = 3

WRITER = """
import sys
from pathlib import Path
from uuid import UUID, uuid4
from communique.server.log.entries import AmendmentEntry, ClaimEntry
from communique.server.runtime.limits import LogLimits
from communique.server.log.sqlite_store.sqlite_log import SQLiteEventLog

log = SQLiteEventLog.open(Path(sys.argv[1]), int, LogLimits(checkpoint_idle_pages=50))
print("open", flush=True)

def tell(answer):
    lines = [f"{each.event_id} {each.position}\\n" for each in answer.result()]
    sys.stdout.write("".join(lines))
    sys.stdout.flush()

while True:
    last = None
    for size in (1, 3, 20, 1, 1):
        claims = [ClaimEntry(uuid4(), "MeetingHeld", b"x" * 500) for _ in range(size)]
        target = claims[0].event_id
        last = log.append([*claims, AmendmentEntry(uuid4(), target, "EventCorrected", b"y")])
        last.add_done_callback(tell)
    last.result()
"""


def start(script: str, path: Path) -> subprocess.Popen[str]:
    """Run the script on the log at `path`, in a process of its own, until it has it open."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "open\n"
    return child


def kill_after(child: subprocess.Popen[str], receipts: int) -> list[tuple[UUID, int]]:
    """Kill the writer once it has given so many receipts; return all that it gave."""
    assert child.stdout is not None
    lines = [child.stdout.readline() for _ in range(receipts)]
    child.kill()
    lines += child.stdout.readlines()
    child.stdout.close()
    child.wait()
    whole = [line.split() for line in lines if line.endswith("\n")]
    return [(UUID(event_id), int(position)) for event_id, position in whole]


def test_what_was_answered_is_there(tmp_path: Path) -> None:
    """A killed log has every receipt's event at its position, once, at dense positions."""
    path = tmp_path / "log.db"
    acknowledged: dict[UUID, int] = {}
    for seed in range(ROUNDS):
        child = start(WRITER, path)
        acknowledged.update(kill_after(child, random.Random(seed).randrange(1, 1000)))
        with SQLiteEventLog.open(path, int) as log:
            recorded = log.read(0, 10**6)
            assert [row.position for row in recorded] == list(range(1, len(recorded) + 1))
            assert len({(row.event_id, row.revision) for row in recorded}) == len(recorded)
            assert {event_id: log.find(event_id) for event_id in acknowledged} == acknowledged


def test_a_log_has_one_owner(tmp_path: Path) -> None:
    """A log that is open can be opened by no other owner until it is closed."""
    path = tmp_path / "log.db"
    with SQLiteEventLog.open(path, int) as log:
        with pytest.raises(FileInUse) as caught:
            SQLiteEventLog.open(path, int)
        assert (caught.value.path, caught.value.holder) == (path, os.getpid())
        assert log.append([ClaimEntry(UUID(int=1), "MeetingHeld", b"")]).result()[0].position == 1
    with SQLiteEventLog.open(path, int) as log:
        assert log.head()[0] == 1


def test_a_lock_names_a_holder_while_another_signs_it(tmp_path: Path) -> None:
    """A refused lock names a process id even while the lock is being signed."""
    lock = FileLock(tmp_path / "lock", tmp_path)
    done = threading.Event()

    def sign_again() -> None:
        while not done.is_set():
            sign(lock.fileno())

    signing = threading.Thread(target=sign_again)
    signing.start()
    try:
        for _ in range(2_000):
            with pytest.raises(FileInUse) as caught:
                FileLock(tmp_path / "lock", tmp_path)
            assert caught.value.holder == os.getpid()
    finally:
        done.set()
        signing.join()
        lock.release()


def test_a_killed_owner_owns_nothing(tmp_path: Path) -> None:
    """A log is free once its owner, which the refusal names, is killed."""
    path = tmp_path / "log.db"
    child = start(WRITER, path)
    with pytest.raises(FileInUse, match=f"in use by process {child.pid}"):
        SQLiteEventLog.open(path, int)
    kill_after(child, 1)
    SQLiteEventLog.open(path, int).close()
