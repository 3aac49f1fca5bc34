"""A log as a recorder of the `eventsourcing` library, for applications built on that library."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from eventsourcing.persistence import (
    ApplicationRecorder,
    DataError,
    IntegrityError,
    Notification,
    OperationalError,
    ProgrammingError,
    StoredEvent,
    Subscription,
)

from communique.server.log.entries import LogRow, UncheckedEvent
from communique.server.log.event_log import EventLog, LogReader
from communique.server.log.log_errors import LogClosed, LogUnavailable, VersionTaken
from communique.server.runtime.limits import NOTIFICATIONS_PER_READ


class LogRecorder(ApplicationRecorder):
    """Stored events in, notifications out; notification ids are the log's positions.

    Originator ids are UUIDs. Failures are the library's own: `IntegrityError` for a version that
    is taken, `DataError` for another originator id, `OperationalError` if the log is unavailable.
    """

    def __init__(self, log: LogReader) -> None:
        """Read from `log`; events can be inserted where it is an `EventLog`."""
        self._log = log

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **_kwargs: object
    ) -> Sequence[int]:
        """Write stored events as `EventLog.insert` does; return their positions once durable."""
        if not isinstance(self._log, EventLog):
            raise ProgrammingError("the log was opened to be read")
        try:
            events = [
                UncheckedEvent(
                    _stream_id(event.originator_id),
                    event.originator_version,
                    event.topic,
                    event.state,
                )
                for event in stored_events
            ]
            return self._log.insert(events).result()
        except VersionTaken as error:
            raise IntegrityError(str(error)) from error
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
        versions = [
            StoredEvent(originator_id, row.revision, row.topic, row.state)
            for row in self._log.stream(_stream_id(originator_id))
            if (gt is None or gt < row.revision) and (lte is None or row.revision <= lte)
        ]
        return (versions[::-1] if desc else versions)[:limit]

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
        read_size = NOTIFICATIONS_PER_READ if topics else limit
        selected: list[Notification] = []
        while len(selected) < limit:
            rows = self._log.read(after, read_size, until=stop)
            selected += [_notification(row) for row in rows if not topics or row.topic in topics]
            if len(rows) < read_size:
                break
            after = rows[-1].position
        return selected[:limit]

    def max_notification_id(self) -> int | None:
        """Return the last position, or None if nothing is recorded."""
        return self._log.head()[0] or None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> "LogSubscription":
        """Return the notifications after `gt` as they are and will be recorded."""
        return LogSubscription(self, self._log, gt=gt, topics=topics)


class LogSubscription(Subscription[LogRecorder]):
    """An endless iterator that waits in its caller's thread and needs none of its own.

    It ends when any thread stops it, or when the log is closed.
    """

    def __init__(
        self,
        recorder: LogRecorder,
        log: LogReader,
        gt: int | None = None,
        topics: Sequence[str] = (),
    ) -> None:
        """Begin after position `gt`."""
        super().__init__(recorder, gt, topics)
        self._log = log
        self._position = gt or 0
        self._page: Iterator[Notification] = iter(())

    def stop(self) -> None:
        """End the iteration at once, also one that is waiting."""
        super().stop()
        self._log.tail.wake()

    def __next__(self) -> Notification:
        while not self._has_been_stopped:
            for notification in self._page:
                return notification
            try:
                end = self._log.tail.wait_beyond(
                    self._position, None, lambda: self._has_been_stopped
                )
                if not self._has_been_stopped:
                    self._fetch_page(end)
            except LogClosed:
                break
        raise StopIteration

    def _fetch_page(self, end: int) -> None:
        """Fetch the next page up to `end`: a page that is not full has covered all before it."""
        page = self._recorder.select_notifications(
            self._position, NOTIFICATIONS_PER_READ, end, self._topics, inclusive_of_start=False
        )
        is_full = len(page) == NOTIFICATIONS_PER_READ
        self._position = page[-1].id if is_full else max(end, self._position)
        self._page = iter(page)


def _stream_id(originator_id: UUID | str) -> UUID:
    if not isinstance(originator_id, UUID):
        raise DataError(f"originator id is no UUID: {originator_id!r}")
    return originator_id


def _notification(row: LogRow) -> Notification:
    return Notification(UUID(bytes=row.event_id), row.revision, row.topic, row.state, row.position)
