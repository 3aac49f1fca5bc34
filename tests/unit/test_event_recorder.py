"""Live subscriptions through the eventsourcing library's interface."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Timer
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import (
    DataError,
    IntegrityError,
    Notification,
    OperationalError,
    ProgrammingError,
    StoredEvent,
)

from communique.server.log.entries import ClaimEntry
from communique.server.log.eventsourcing.event_recorder import LogRecorder
from communique.server.log.sqlite_store.log_reader import SQLiteLogReader
from communique.server.log.sqlite_store.sqlite_log import SQLiteEventLog
from tests.support.claim_entries import claim_entry


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SQLiteEventLog]:
    """An empty log."""
    with SQLiteEventLog.open(tmp_path / "log.db", int) as log:
        yield log


def follow(recorder: LogRecorder, until: int) -> list[int]:
    """The ids that a new subscription yields, up to the last one wanted."""
    seen = []
    with recorder.subscribe() as subscription:
        for notification in subscription:
            seen.append(notification.id)
            if notification.id == until:
                break
    return seen


def test_no_wake_up_is_lost(log: SQLiteEventLog) -> None:
    """Subscriptions that start while events are written see all of them, in order."""
    total = 400
    with ThreadPoolExecutor(8) as threads:
        followers = []
        for number in range(total):
            if number % 50 == 0:
                followers.append(threads.submit(follow, LogRecorder(log), total))
            log.append([claim_entry()]).result()
        assert [follower.result(20) for follower in followers] == [list(range(1, total + 1))] * 8


def test_another_process_follows_too(log: SQLiteEventLog) -> None:
    """A recorder that only reads sees events of which no signal told."""
    reader = SQLiteLogReader(log.path)
    with ThreadPoolExecutor(1) as threads:
        follower = threads.submit(follow, LogRecorder(reader), 20)
        for _ in range(20):
            log.append([claim_entry()]).result()
        assert follower.result(20) == list(range(1, 21))
    reader.close()


def test_topics_are_filtered_without_a_standstill(log: SQLiteEventLog) -> None:
    """A subscription to a rare topic passes over all other events and goes on waiting."""
    log.append([claim_entry() for _ in range(1200)] + [claim_entry(topic="Rare")]).result()
    with LogRecorder(log).subscribe(topics=["Rare"]) as subscription:
        assert next(subscription).id == 1201
        log.append([claim_entry() for _ in range(600)]).result()
        log.append([claim_entry(topic="Rare")]).result()
        assert next(subscription).id == 1802


def test_a_wait_for_a_rare_topic_is_idle(log: SQLiteEventLog) -> None:
    """A waiting subscription does not read again the events that it passed over."""
    reads: list[int | None] = []

    class Counting(LogRecorder):
        def select_notifications(
            self,
            start: int | None,
            limit: int,
            stop: int | None = None,
            topics: Sequence[str] = (),
            *,
            inclusive_of_start: bool = True,
        ) -> Sequence[Notification]:
            reads.append(start)
            return super().select_notifications(
                start, limit, stop, topics, inclusive_of_start=inclusive_of_start
            )

    log.append([claim_entry() for _ in range(10)]).result()
    with Counting(log).subscribe(topics=["Rare"]) as subscription:
        Timer(0.1, subscription.stop).start()
        assert list(subscription) == []
    assert reads == [0]


def test_stopping_ends_a_wait(log: SQLiteEventLog) -> None:
    """A waiting subscription ends as soon as another thread stops it."""
    with LogRecorder(log).subscribe() as subscription:
        Timer(0.05, subscription.stop).start()
        assert list(subscription) == []


def test_closing_the_log_ends_a_wait(tmp_path: Path) -> None:
    """Subscriptions end when the log closes, with all that was recorded before."""
    log = SQLiteEventLog.open(tmp_path / "log.db", int)
    log.append([claim_entry()]).result()
    with LogRecorder(log).subscribe() as subscription:
        Timer(0.05, log.close).start()
        assert [notification.id for notification in subscription] == [1]


def test_notifications_carry_the_stored_event(log: SQLiteEventLog) -> None:
    """A notification has the stream's id and version, the topic and the bytes as submitted."""
    event = ClaimEntry(uuid4(), "MeetingHeld", b"state")
    log.append([event]).result()
    notification = LogRecorder(log).select_notifications(1, 10)[0]
    assert notification.originator_id == event.event_id
    assert (notification.originator_version, notification.topic, notification.state) == (
        1,
        "MeetingHeld",
        b"state",
    )


def test_originators_are_uuids(log: SQLiteEventLog) -> None:
    """An originator id that is no UUID is refused in the library's own way."""
    with pytest.raises(DataError):
        LogRecorder(log).insert_events([StoredEvent("meeting-1", 1, "MeetingHeld", b"")])
    with pytest.raises(DataError):
        LogRecorder(log).select_events("meeting-1")


def test_recorder_and_append_share_one_log(log: SQLiteEventLog) -> None:
    """The recorder and the log's own append see each other's events."""
    stored = StoredEvent(UUID(int=1), 1, "MeetingHeld", b"state")
    assert LogRecorder(log).insert_events([stored]) == [1]
    receipt = log.append([ClaimEntry(UUID(int=1), "MeetingHeld", b"state")]).result()[0]
    assert (receipt.position, receipt.duplicate) == (1, True)
    log.append([ClaimEntry(UUID(int=2), "MeetingHeld", b"state")]).result()
    with pytest.raises(IntegrityError):
        LogRecorder(log).insert_events([StoredEvent(UUID(int=2), 1, "MeetingHeld", b"state")])


def test_a_recorder_without_a_writer_only_reads(log: SQLiteEventLog) -> None:
    """Inserting through a recorder opened for reading is a programming error."""
    reader = SQLiteLogReader(log.path)
    with pytest.raises(ProgrammingError):
        LogRecorder(reader).insert_events([])
    reader.close()


def test_a_failing_log_is_an_operational_error(tmp_path: Path) -> None:
    """A failing log raises the library's OperationalError."""

    def clock() -> int:
        raise OSError("no clock")

    with (
        SQLiteEventLog.open(tmp_path / "log.db", clock) as log,
        pytest.raises(OperationalError, match="no clock"),
    ):
        LogRecorder(log).insert_events([StoredEvent(UUID(int=1), 1, "MeetingHeld", b"")])
