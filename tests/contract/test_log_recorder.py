"""The test cases that the eventsourcing library ships for recorders, run on ours.

The base classes are reached through their module, so that pytest doesn't collect them as well.
"""

import tempfile
from pathlib import Path
from time import time_ns

from eventsourcing.persistence import TrackingRecorder
from eventsourcing.tests import persistence

from communique.server.log.eventsourcing.event_recorder import LogRecorder
from communique.server.log.sqlite_store.sqlite_log import SQLiteEventLog
from communique.server.projections.tracking import TRACKING_TABLE, SQLiteTrackingRecorder
from communique.server.sqlite.database_file import FileFormat, connect
from communique.server.sqlite.read_pool import ReadPool


def micros() -> int:
    """The wall clock in microseconds."""
    return time_ns() // 1000


class LogCase(persistence.RecorderTestCase):
    """Gives each test a log of its own."""

    def create_recorder(self) -> LogRecorder:
        """A recorder on an empty log, which is closed after the test."""
        folder = self.enterContext(tempfile.TemporaryDirectory())
        return LogRecorder(self.enterContext(SQLiteEventLog.open(Path(folder, "log.db"), micros)))


class TestApplicationRecorder(LogCase, persistence.ApplicationRecorderTestCase[LogRecorder]):
    """What an application's recorder must do."""

    def test_insert_subscribe(self) -> None:
        """Subscriptions through the eventsourcing library catch up, follow, filter and stop."""
        self.optional_test_insert_subscribe()


class TestNonInterleaving(LogCase, persistence.NonInterleavingNotificationIDsBaseCase):
    """Two racing batches never share a stretch of positions."""


class TestTrackingRecorder(persistence.TrackingRecorderTestCase):
    """What a tracking recorder must do."""

    def create_recorder(self) -> TrackingRecorder:
        """A tracking recorder on an empty file."""
        path = Path(self.enterContext(tempfile.TemporaryDirectory()), "model.db")
        kind = FileFormat(application_id=7, version=1, schema=TRACKING_TABLE)
        connection, readers = connect(path, kind), ReadPool(path, kind)
        self.addCleanup(connection.close)
        self.addCleanup(readers.close)
        return SQLiteTrackingRecorder(connection, readers)
