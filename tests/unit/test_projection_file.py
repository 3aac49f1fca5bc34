"""What a read model has taken in, and when it is written."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
import pytest

from communique.domain.claims.event import Recorded
from communique.server.log.sqlite_store.sqlite_log import SQLiteEventLog
from communique.server.projections.projection import RowChanges
from communique.server.projections.projection_file import ProjectionFile
from communique.server.projections.thread_follower import ThreadFollower, is_far_behind
from communique.server.runtime.limits import UNWRITTEN_EVENTS_MAX
from communique.server.views.read_model.read_model_projection import ReadModelProjection
from tests.support import given
from tests.support.real_log import real_log


class _FullDisk(ReadModelProjection):
    """Cannot write while the disk is full."""

    is_full = True

    def write(self, connection: apsw.Connection, changes: RowChanges) -> None:
        """Write, and fail at the end."""
        super().write(connection, changes)
        if self.is_full:
            raise apsw.FullError("database or disk is full")


@contextmanager
def log_of(event_count: int) -> Iterator[SQLiteEventLog]:
    """A log of events of a newer release, which projections merely count."""
    events = [Recorded(at, given.RECORDED, 1, None) for at in range(1, event_count + 1)]
    with real_log(events) as real:
        yield real.log


@pytest.fixture
def log() -> Iterator[SQLiteEventLog]:
    """A log of three events."""
    with log_of(3) as three:
        yield three


def test_what_is_taken_in_is_seen_once_it_is_written(tmp_path: Path, log: SQLiteEventLog) -> None:
    """Readers see the state before a batch until the batch is written."""
    file = ProjectionFile(tmp_path / "read-models.db", ReadModelProjection())
    for _ in range(3):
        file.take_in(log.read(file.taken, 1))
        assert state(file) == (0, 0)
    file.write(log.stream)
    assert state(file) == (3, 3)
    file.close()


def test_what_cannot_be_written_is_taken_in_again(tmp_path: Path, log: SQLiteEventLog) -> None:
    """A write that fails leaves the file as it was, and all its events still to come."""
    projection = _FullDisk()
    file = ProjectionFile(tmp_path / "read-models.db", projection)
    file.take_in(log.read(0, 9))
    with pytest.raises(apsw.FullError):
        file.write(log.stream)
    assert (file.taken, state(file)) == (0, (0, 0))
    projection.is_full = False
    file.apply(log.read(file.taken, 9), log.stream)
    assert state(file) == (3, 3)
    file.close()


def test_the_further_the_head_the_more_is_written_at_once(
    tmp_path: Path, log: SQLiteEventLog
) -> None:
    """A projection writes half way to the head, at the head, and at its limit."""
    file = ProjectionFile(tmp_path / "read-models.db", ReadModelProjection())
    file.take_in(log.read(0, 2))
    assert [file.is_due(head) for head in (2, 4, 5)] == [True, True, False]
    file.taken = UNWRITTEN_EVENTS_MAX
    assert file.is_due(10 * UNWRITTEN_EVENTS_MAX)
    file.retire()


def state(file: ProjectionFile) -> tuple[int, int]:
    """Return the position that readers see, and how many events of newer releases were counted."""
    with file.snapshot() as snapshot:
        return snapshot.reached, snapshot.unknown_type_count()


@pytest.mark.parametrize(
    ("event_count", "unsynced"), [(UNWRITTEN_EVENTS_MAX, False), (UNWRITTEN_EVENTS_MAX + 1, True)]
)
def test_one_that_is_far_behind_does_not_sync(
    tmp_path: Path, event_count: int, *, unsynced: bool
) -> None:
    """A projection writes without syncing only while it is far behind."""
    with log_of(event_count) as log:
        follower = ThreadFollower(tmp_path, ReadModelProjection, log)
        marked: list[bool] = []
        while follower.position < event_count:
            follower.advance()
            marked.append(any(tmp_path.glob("*-unsynced")))
        assert (marked[0], marked[-1]) == (unsynced, False)
        follower.close()


@pytest.mark.parametrize(
    ("position", "head", "far"),
    [
        (0, UNWRITTEN_EVENTS_MAX, False),
        (0, UNWRITTEN_EVENTS_MAX + 1, True),
        (1_000_000, 1_250_000, False),
        (1_000_000, 1_250_001, True),
    ],
)
def test_far_behind_is_a_quarter_of_what_there_is(position: int, head: int, *, far: bool) -> None:
    """A projection is far behind by a quarter of the log and more than one write."""
    assert is_far_behind(position, head) == far
