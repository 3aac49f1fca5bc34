"""Tracking a projection's progress in its own file and transaction."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import apsw
import pytest
from eventsourcing.persistence import IntegrityError, Tracking

from communique.server.projections.tracking import TRACKING_TABLE, SQLiteTrackingRecorder
from communique.server.sqlite.database_file import FileFormat, connect, transaction
from communique.server.sqlite.read_pool import ReadPool

MODEL = FileFormat(1, 1, f"CREATE TABLE meetings (id TEXT) STRICT; {TRACKING_TABLE}")


class Model(NamedTuple):
    """A read model with one table, and how far it has come."""

    connection: apsw.Connection
    tracking: SQLiteTrackingRecorder

    def project(self, statement: str, position: int) -> None:
        """Process an event: write what it means, and that it was processed."""
        with transaction(self.connection):
            self.tracking.insert_tracking(Tracking("status", position))
            self.connection.execute(statement)


@pytest.fixture
def model(tmp_path: Path) -> Iterator[Model]:
    """An empty read model."""
    connection = connect(tmp_path / "model.db", MODEL)
    readers = ReadPool(tmp_path / "model.db", MODEL)
    yield Model(connection, SQLiteTrackingRecorder(connection, readers))
    readers.close()
    connection.close()


def test_progress_and_result_are_one_transaction(model: Model) -> None:
    """What a projection writes and how far it got become visible together."""
    with transaction(model.connection):
        model.connection.execute("INSERT INTO meetings VALUES ('m1')")
        model.tracking.insert_tracking(Tracking("status", 1))
        assert model.tracking.max_tracking_id("status") is None
    assert model.tracking.max_tracking_id("status") == 1


def test_a_failed_projection_has_made_no_progress(model: Model) -> None:
    """A projection whose transaction fails has made no progress."""
    with pytest.raises(apsw.SQLError):
        model.project("INSERT INTO nowhere VALUES ('m1')", 1)
    assert model.tracking.max_tracking_id("status") is None


def test_processing_twice_writes_nothing(model: Model) -> None:
    """A transaction that processes a position again is refused."""
    model.project("INSERT INTO meetings VALUES ('m1')", 5)
    for position in (5, 4):
        with pytest.raises(IntegrityError):
            model.project("INSERT INTO meetings VALUES ('m2')", position)
    assert model.connection.execute("SELECT id FROM meetings").get == "m1"


def test_projections_in_one_file_are_apart(model: Model) -> None:
    """Each projection's progress is kept under its own name."""
    model.tracking.insert_tracking(Tracking("status", 5))
    model.tracking.insert_tracking(Tracking("subjects", 2))
    names = ("status", "subjects", "issues")
    assert [model.tracking.max_tracking_id(name) for name in names] == [5, 2, None]
