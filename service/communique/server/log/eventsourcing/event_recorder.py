"""The log behind the `eventsourcing` library's interface, for what is built on that library."""

from collections.abc import Iterator, Sequence
from json import dumps
from typing import Any, Final
from uuid import UUID

from eventsourcing.persistence import (
    ApplicationRecorder,
    DataError,
    Notification,
    OperationalError,
    ProgrammingError,
    StoredEvent,
    Subscription,
)

from communique.server.log.log_errors import LogClosed, LogUnavailable
from communique.server.log.sqlite_store.log_reader import POSITION_MAX, LogReader
from communique.server.log.sqlite_store.log_writer import Writer

SELECT_LIMIT: Final = 500
"""How many notifications a subscription reads at a time."""

_VERSION_MIN: Final = -(2**63)
_STREAM: Final = """
    SELECT v.originator_version, topic, state
    FROM versions AS v CROSS JOIN events AS e USING (position)
    WHERE v.originator_id = ? AND v.originator_version > ? AND v.originator_version <= ?
    ORDER BY v.originator_version {} LIMIT ?
"""
_STREAM_ASCENDING: Final = _STREAM.format("ASC")
_STREAM_DESCENDING: Final = _STREAM.format("DESC")
_NOTIFICATIONS: Final = """
    SELECT position, originator_id, originator_version, topic, state FROM events
    WHERE position > ? AND position <= ? {} ORDER BY position LIMIT ?
"""
_NOTIFICATIONS_OF_ALL: Final = _NOTIFICATIONS.format("")
_NOTIFICATIONS_OF_SOME: Final = _NOTIFICATIONS.format(
    "AND topic IN (SELECT value FROM json_each(?))"
)


class SQLiteRecorder(ApplicationRecorder):
    """Stored events in, notifications out; notification ids are the log's positions.

    Originator ids are UUIDs. Failures are the library's own: `IntegrityError` for a version that
    is taken, `DataError` for another originator id, `OperationalError` if the log is unavailable.
    """

    def __init__(self, reader: LogReader, writer: Writer | None = None) -> None:
        """Read through `reader`; without a `writer` nothing can be inserted."""
        self._reader = reader
        self._writer = writer

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **_kwargs: object
    ) -> Sequence[int]:
        """Write stored events, all or none; return their positions once they are durable.

        They pass by the rules that `EventLog.append` keeps, and have no event ids of their own.
        """
        if self._writer is None:
            raise ProgrammingError("the log was opened to be read")
        try:
            return self._writer.insert(tuple(stored_events)).result()
        except LogUnavailable as error:
            raise OperationalError(str(error.__cause__)) from error

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Return one stream's events in order of version, those with `gt` < version <= `lte`."""
        if not isinstance(originator_id, UUID):
            raise DataError(f"originator id is no UUID: {originator_id!r}")
        query = _STREAM_DESCENDING if desc else _STREAM_ASCENDING
        bindings = (
            originator_id.bytes,
            _VERSION_MIN if gt is None else gt,
            POSITION_MAX if lte is None else lte,
            -1 if limit is None else limit,
        )
        with self._reader.connection() as connection:
            rows: list[Any] = connection.execute(query, bindings).fetchall()
        return [StoredEvent(originator_id, *row) for row in rows]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Return at most `limit` notifications from `start` to `stop`, of those topics if any."""
        after = 0 if start is None else start - inclusive_of_start
        until = POSITION_MAX if stop is None else stop
        query = _NOTIFICATIONS_OF_SOME if topics else _NOTIFICATIONS_OF_ALL
        bindings = (after, until, dumps(list(topics)), limit) if topics else (after, until, limit)
        with self._reader.connection() as connection:
            rows: list[Any] = connection.execute(query, bindings).fetchall()
        return [
            Notification(UUID(bytes=originator_id), version, topic, state, position)
            for position, originator_id, version, topic, state in rows
        ]

    def max_notification_id(self) -> int | None:
        """Return the last position, or None if nothing is recorded."""
        return self._reader.head()[0] or None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> "SQLiteSubscription":
        """Return the notifications after `gt` as they are and will be recorded."""
        return SQLiteSubscription(self, self._reader, gt=gt, topics=topics)


class SQLiteSubscription(Subscription[SQLiteRecorder]):
    """An endless iterator that waits in its caller's thread and needs none of its own.

    It ends when it is stopped, by any thread, or the log is closed.
    """

    def __init__(
        self,
        recorder: SQLiteRecorder,
        reader: LogReader,
        gt: int | None = None,
        topics: Sequence[str] = (),
    ) -> None:
        """Begin after position `gt`."""
        super().__init__(recorder, gt, topics)
        self._reader = reader
        self._position = gt or 0
        self._pulled: Iterator[Notification] = iter(())

    def stop(self) -> None:
        """End the iteration at once, also one that is waiting."""
        super().stop()
        self._reader.tail.wake()

    def __next__(self) -> Notification:
        """Return the next notification, once there is one."""
        while not self._has_been_stopped:
            for notification in self._pulled:
                return notification
            try:
                end = self._reader.wait_beyond(self._position, None, self._is_stopped)
                if not self._has_been_stopped:
                    self._pull(end)
            except LogClosed:
                break
        raise StopIteration

    def _pull(self, end: int) -> None:
        """Read on up to `end`: what lies before it has been looked at if less than a page came."""
        page = self._recorder.select_notifications(
            self._position, SELECT_LIMIT, end, self._topics, inclusive_of_start=False
        )
        self._position = page[-1].id if len(page) == SELECT_LIMIT else max(end, self._position)
        self._pulled = iter(page)

    def _is_stopped(self) -> bool:
        return self._has_been_stopped
