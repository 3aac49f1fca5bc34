"""A projection: pure rows of each event's history, and the file that holds them.

What a projection keeps of an event is a function of the event's history alone (`rows`). A new
claim adds its rows; an amendment replaces the rows of the history before it by those of the
history after it. So what is kept depends neither on batches nor on restarts.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple
from uuid import UUID

import apsw
from eventsourcing.persistence import Tracking

from communique.domain.time.clocks import AsOf
from communique.server.projections.decoded_log import Step, Streams
from communique.server.projections.durability import Copying
from communique.server.projections.event_contents import Told, told
from communique.server.projections.progress import Question
from communique.server.projections.projection_errors import ReadModelBehind
from communique.server.projections.tracking import TRACKING_TABLE, SQLiteTrackingRecorder
from communique.server.projections.unsynced_mark import UnsyncedMark
from communique.server.sqlite.connection import Format, ReadPool, connect, transaction

LOG_NAME: Final = "log"

_APPLICATION_ID: Final = 0x434D5152  # "CMQR"
CACHE_KIBIBYTES: Final = 8_192
"""Of each connection. Writing, with twice as much an event misses 0.1 pages at 60,000 events,
instead of 1.0. Reading, with SQLite's own 2 MB a status of 63 elements misses 97 pages, instead of
10, and takes 2.7 ms, instead of 2.0."""
UNWRITTEN_EVENTS_MAX: Final = 10_240
"""So many are sorted and written at once by one that is far behind: they share pages of indexes.

With a million events in the files and 16,384 at once, an event writes 35 KB to all of them and
takes SQLite 160 microseconds; with 2,048 at once it was 81 KB and 270. Each takes 2.7 KB of
memory until then.
"""

Row = tuple[Any, ...]


class Projection(ABC):
    """What is kept of the log, under a name and the version of its rules."""

    name: ClassVar[str]
    version: ClassVar[int]
    schema: ClassVar[str]

    @classmethod
    def format(cls) -> Format:
        """The format of the file."""
        return Format(_APPLICATION_ID, cls.version, f"{cls.schema}{TRACKING_TABLE}{_COUNTS_TABLE}")

    @abstractmethod
    def rows(self, told: Told) -> Sequence[Row]:
        """Return what is kept of one event, of what it tells so far; pure."""

    @abstractmethod
    def forget(self) -> None:
        """Forget what was remembered of the file: the transaction that wrote it was rolled back."""

    @abstractmethod
    def write(
        self, connection: apsw.Connection, added: Sequence[Row], changes: "RowChanges"
    ) -> None:
        """Write: `added` are all rows added on the way, `changes` is what remains of them."""


class RowChanges(NamedTuple):
    """The rows to delete and to insert; none is in both."""

    removed: Sequence[Row]
    inserted: Sequence[Row]


class Unwritten:
    """What was taken in and is not written yet: the same as if it had been one batch.

    Most rows are of claims that nothing amends so soon: only of those amended it is remembered, row
    by row, what is added and what is removed.
    """

    def __init__(self) -> None:
        """Hold nothing yet."""
        self.added: list[Row] = []
        self.unknown_type_count = 0
        self._inserted: list[Row] = []
        self._amended: dict[Row, bool] = {}

    def take(self, taken: "Taken") -> None:
        """Hold a further batch."""
        self.added += taken.added
        self.unknown_type_count += taken.unknown_type_count
        self._inserted += taken.inserted
        for row, is_added in taken.amended.items():
            _note(self._amended, row, is_added=is_added)

    def changes(self) -> RowChanges:
        """Return what remains in the end."""
        removed = [row for row, is_added in self._amended.items() if not is_added]
        added = [row for row, is_added in self._amended.items() if is_added]
        undone = set(removed).intersection(self._inserted)
        return RowChanges(
            [row for row in removed if row not in undone],
            [*(row for row in self._inserted if row not in undone), *added],
        )


class Snapshot(NamedTuple):
    """A reading connection that sees one state of the file, and the position of that state."""

    connection: apsw.Connection
    reached: int

    def as_of(self, name: str, question: Question) -> AsOf:
        """Resolve the point asked from; raise `ReadModelBehind` where it lies ahead."""
        position = self.reached if question.position is None else question.position
        if position > self.reached:
            raise ReadModelBehind(name, position, self.reached)
        return AsOf(question.valid, question.known, position)

    def unknown_type_count(self) -> int:
        """Return how many events were kept without being understood."""
        return self.connection.execute("SELECT count FROM counts").get or 0


_COUNTS_TABLE: Final = """
    CREATE TABLE counts (name TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT, WITHOUT ROWID;
"""
_COUNT: Final = """
    INSERT INTO counts VALUES ('unknown types', ?)
    ON CONFLICT (name) DO UPDATE SET count = count + excluded.count
"""


@contextmanager
def snapshot_of(readers: ReadPool) -> Iterator[Snapshot]:
    """Lend a connection to a projection's file on which everything is read from one state."""
    with readers.connection() as connection:
        connection.execute("BEGIN")
        try:
            reached = connection.execute("SELECT notification_id FROM tracking").get or 0
            yield Snapshot(connection, reached)
        finally:
            connection.execute("ROLLBACK")


class ProjectionFile:
    """The file of one projection: one writer, many readers."""

    def __init__(self, path: Path, projection: Projection) -> None:
        """Open the file, or make it. Raises what `connect` raises."""
        self.path = path
        self.projection = projection
        # Derived and rebuilt by replay: a power cut may cost the last transactions, never
        # consistency.
        self._writer = connect(path, projection.format(), synchronous="NORMAL")
        self._copying = Copying(self._writer)
        self._unsynced = UnsyncedMark(path)
        self.sync()
        self._writer.pragma("cache_size", -CACHE_KIBIBYTES)
        self._readers = ReadPool(path, projection.format(), CACHE_KIBIBYTES)
        self._tracking = SQLiteTrackingRecorder(self._writer, self._readers)
        self._unwritten = Unwritten()
        self.position = self.taken = self._tracking.max_tracking_id(LOG_NAME) or 0

    def stop_syncing(self) -> None:
        """Do not wait for the disk from now on: a power cut may cost the whole file."""
        if not self._unsynced.is_set:
            self._copying.wait()
            self._unsynced.set()
            self._writer.pragma("synchronous", "OFF")

    def sync(self) -> None:
        """Make everything durable that was written without syncs, and sync again from now on."""
        if self._unsynced.is_set:
            self._copying.wait()
            self._writer.pragma("synchronous", "NORMAL")
            self._unsynced.clear()

    def take_in(self, steps: Sequence[Step], streams: Streams) -> None:
        """Take in the events that follow `taken`, all or none; earlier ones are passed over.

        They are written by `write`.
        """
        new = [step for step in steps if step.recorded.position > self.taken]
        if not new:
            return
        self._unwritten.take(taken_of(self.projection, new, streams))
        self.taken = new[-1].recorded.position

    def is_due(self, head: int) -> bool:
        """Tell whether to write, where the log goes on to `head`: half way there, or at the limit.

        The longer the way, the more events share each page of an index that is written; and nobody
        waits much longer for an event than it would have taken anyway.
        """
        return self.taken - self.position >= min(UNWRITTEN_EVENTS_MAX, head - self.taken)

    def write(self) -> None:
        """Write what was taken in, all or none; if it fails, that is still to be taken in."""
        if self.taken == self.position:
            return
        self._copying.wait()
        unwritten, self._unwritten = self._unwritten, Unwritten()
        try:
            with transaction(self._writer):
                self.projection.write(self._writer, unwritten.added, unwritten.changes())
                if unwritten.unknown_type_count:
                    self._writer.execute(_COUNT, (unwritten.unknown_type_count,))
                self._tracking.insert_tracking(Tracking(LOG_NAME, self.taken))
        except BaseException:
            self.projection.forget()
            self.taken = self.position
            raise
        self.position = self.taken
        self._copying.begin_if_due()

    def apply(self, steps: Sequence[Step], streams: Streams) -> None:
        """Take in the events that follow, and write."""
        self.take_in(steps, streams)
        self.write()

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """Lend a connection on which everything is read from one state."""
        return snapshot_of(self._readers)

    def close(self) -> None:
        """Empty the WAL into the file, and close."""
        self._readers.close()
        self._copying.close()
        # A reader that is still at it keeps the WAL from being emptied: the next to open the file
        # reads it.
        with suppress(apsw.BusyError):
            self._writer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        self.sync()
        self._writer.close()

    def retire(self) -> None:
        """Close a file that is not needed any more; its readers finish first."""
        self._readers.close()
        self._copying.close()
        self._writer.close()


class Taken(NamedTuple):
    """What a batch changes.

    Attributes:
        added: every row added on the way, in order.
        inserted: those of claims that the batch does not amend.
        amended: the other rows that remain added (True) or removed.
        unknown_type_count: how many events were not understood.
    """

    added: list[Row]
    inserted: list[Row]
    amended: dict[Row, bool]
    unknown_type_count: int


def taken_of(projection: Projection, steps: Sequence[Step], streams: Streams) -> Taken:
    """Return what a batch changes."""
    amended = {event_id for event_id, recorded, _ in steps if recorded.revision > 1}
    unknown = sum(step.recorded.event is None for step in steps)
    taken = Taken([], [], {}, unknown)
    for step in steps:
        if step.event_id not in amended:
            taken.inserted.extend(rows := projection.rows(step.alone))
            taken.added.extend(rows)
            continue
        before, after = _before_and_after(projection, step, streams)
        for row in before:
            if row not in after:
                _note(taken.amended, row, is_added=False)
        for row in after:
            if row not in before:
                taken.added.append(row)
                _note(taken.amended, row, is_added=True)
    return taken


def _before_and_after(
    projection: Projection, step: Step, streams: Streams
) -> tuple[dict[Row, None], dict[Row, None]]:
    """The rows of the event's history without this step, and with it."""
    rows = projection.rows
    if step.recorded.revision == 1:
        return {}, dict.fromkeys(rows(step.alone))
    history = streams(UUID(bytes=step.event_id), step.recorded.position)
    return dict.fromkeys(rows(told(history[:-1]))), dict.fromkeys(rows(told(history)))


def _note(pending: dict[Row, bool], row: Row, *, is_added: bool) -> None:
    """What is added and removed in one batch leaves nothing."""
    if pending.get(row) is (not is_added):
        del pending[row]
    else:
        pending[row] = is_added
