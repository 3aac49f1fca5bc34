"""The file of one projection: one writer, many readers."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import apsw
from eventsourcing.persistence import Tracking

from communique.server.log.entries import LogRow
from communique.server.projections.batch import ReadStream, UnwrittenEvents
from communique.server.projections.durability import BackgroundCheckpointer, UnsyncedMark
from communique.server.projections.projection import ViewProjection
from communique.server.projections.snapshot import Snapshot
from communique.server.projections.tracking import TRACKING_TABLE, SQLiteTrackingRecorder
from communique.server.runtime import limits
from communique.server.sqlite.database_file import FileFormat, connect, transaction
from communique.server.sqlite.read_pool import ReadPool

LOG_NAME: Final = "log"

_APPLICATION_ID: Final = 0x434D5152  # "CMQR"
_COUNTS_TABLE: Final = """
    CREATE TABLE counts (name TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT, WITHOUT ROWID;
"""
_COUNT: Final = """
    INSERT INTO counts VALUES ('unknown types', ?)
    ON CONFLICT (name) DO UPDATE SET count = count + excluded.count
"""


def format_of(projection: type[ViewProjection]) -> FileFormat:
    """Return the format of a projection's file."""
    schema = f"{projection.schema}{TRACKING_TABLE}{_COUNTS_TABLE}"
    return FileFormat(_APPLICATION_ID, projection.version, schema)


class ProjectionReader:
    """The file of one projection, to be read only."""

    def __init__(self, path: Path, projection: type[ViewProjection]) -> None:
        self.path = path
        self._readers = ReadPool(path, format_of(projection), limits.READ_MODEL_CACHE_KIBIBYTES)

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Lend a connection on which everything is read from one state."""
        with self._readers.connection() as connection:
            connection.execute("BEGIN")
            try:
                reached = connection.execute("SELECT notification_id FROM tracking").get or 0
                yield Snapshot(connection, reached)
            finally:
                connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the connections; those in use when they come back."""
        self._readers.close()


class ProjectionFile(ProjectionReader):
    """The file of one projection, to be written and read.

    Attributes:
        position: the last position that is written.
        taken: the last position that was taken in.
    """

    def __init__(self, path: Path, projection: ViewProjection) -> None:
        """Open the file, or make it. Raises what `connect` raises."""
        super().__init__(path, type(projection))
        self.projection = projection
        # A power cut may cost the last transactions, never consistency.
        self._writer = connect(path, format_of(type(projection)), synchronous="NORMAL")
        self._checkpointer = BackgroundCheckpointer(self._writer)
        self._unsynced = UnsyncedMark(path)
        self.sync()
        self._writer.pragma("cache_size", -limits.READ_MODEL_CACHE_KIBIBYTES)
        self._tracking = SQLiteTrackingRecorder(self._writer, self._readers)
        self.position = self.taken = self._tracking.max_tracking_id(LOG_NAME) or 0
        self._unwritten = self._none_unwritten(self.position)

    def _none_unwritten(self, written: int) -> UnwrittenEvents:
        return UnwrittenEvents(self.projection, written)

    def stop_syncing(self) -> None:
        """Write without fsync from now on: a power cut may cost the whole file."""
        if not self._unsynced.is_set:
            self._checkpointer.wait()
            self._unsynced.set()
            self._writer.pragma("synchronous", "OFF")

    def sync(self) -> None:
        """Make durable what was written without fsync, and sync from now on."""
        if self._unsynced.is_set:
            self._checkpointer.wait()
            self._writer.pragma("synchronous", "NORMAL")
            self._unsynced.clear()

    def take_in(self, rows: Sequence[LogRow]) -> None:
        """Take in the events that follow `taken`, all or none, for `write`; ignore earlier ones."""
        new = [row for row in rows if row.position > self.taken]
        if new:
            self._unwritten.take_in(new)
            self.taken = new[-1].position

    def is_due(self, head: int) -> bool:
        """Tell whether to write: half way to the log's `head`, or at the limit.

        The more events are written at once, the more of them share each page of an index.
        """
        unwritten = self.taken - self.position
        return unwritten >= min(limits.UNWRITTEN_EVENTS_MAX, head - self.taken)

    def write(self, read_stream: ReadStream) -> None:
        """Write what was taken in, all or none; after a failure it is to be taken in again."""
        if self.taken == self.position:
            return
        self._checkpointer.wait()
        unwritten, self._unwritten = self._unwritten, self._none_unwritten(self.taken)
        try:
            changes = unwritten.changes(read_stream)
            with transaction(self._writer):
                self.projection.write(self._writer, changes)
                if unwritten.unknown_type_count:
                    self._writer.execute(_COUNT, (unwritten.unknown_type_count,))
                self._tracking.insert_tracking(Tracking(LOG_NAME, self.taken))
        except BaseException:
            self.projection.forget()
            self.taken = self.position
            self._unwritten = self._none_unwritten(self.position)
            raise
        self.position = self.taken
        self._checkpointer.begin_if_due()

    def apply(self, rows: Sequence[LogRow], read_stream: ReadStream) -> None:
        """Take in the events that follow `taken`, and write."""
        self.take_in(rows)
        self.write(read_stream)

    def close(self) -> None:
        """Empty the WAL into the file, and close."""
        super().close()
        self._checkpointer.close()
        # While somebody reads, the WAL can't be emptied; who opens the file next reads it as well.
        with suppress(apsw.BusyError):
            self._writer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        self.sync()
        self._writer.close()

    def retire(self) -> None:
        """Close a file that is not needed any more; its readers finish first."""
        super().close()
        self._checkpointer.close()
        self._writer.close()
