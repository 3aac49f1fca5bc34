"""The writer's ways: grouping, back-pressure, order, time, closing.

The clock is read once a commit, in the writer's thread, so a clock that waits holds the writer.
"""

import logging
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import StoredEvent

from communique.server.log.entries import ClaimEntry
from communique.server.log.eventsourcing.event_recorder import LogRecorder
from communique.server.log.log_errors import LogClosed, LogOverloaded, LogUnavailable
from communique.server.log.sqlite_store.sqlite_log import SQLiteEventLog
from communique.server.runtime.limits import LogLimits
from tests.support.claim_entries import claim_entry
from tests.support.held_clock import WAIT_SECONDS, HeldClock


@pytest.fixture
def clock() -> Iterator[HeldClock]:
    """A held clock, let go in the end whatever happens."""
    clock = HeldClock()
    yield clock
    clock.goes_on.set()


def open_log(folder: Path, clock: HeldClock, limits: LogLimits | None = None) -> SQLiteEventLog:
    """The log in that folder."""
    return SQLiteEventLog.open(folder / "log.db", clock, limits)


def test_what_waits_is_committed_together(tmp_path: Path, clock: HeldClock) -> None:
    """Requests that arrive during one commit share the next one, and its record time."""
    with open_log(tmp_path, clock) as log:
        clock.hold(log)
        answers = [log.append([claim_entry()]) for _ in range(50)]
        clock.goes_on.set()
        positions = [answer.result(WAIT_SECONDS)[0].position for answer in answers]
    assert positions == list(range(2, 52))
    assert clock.readings == 2


@pytest.mark.parametrize(
    "limits",
    [LogLimits(group_events_max=4), LogLimits(group_bytes_max=400)],
    ids=["events", "bytes"],
)
def test_a_group_is_bounded(tmp_path: Path, clock: HeldClock, limits: LogLimits) -> None:
    """A commit takes no more events than its limit, and the rest need a second commit."""
    with open_log(tmp_path, clock, limits) as log:
        clock.hold(log)
        for _ in range(3):
            log.append([claim_entry(100), claim_entry(100)])
        clock.goes_on.set()
    assert clock.readings == 3


@pytest.mark.parametrize(
    "limits",
    [
        LogLimits(queued_requests_max=1),
        LogLimits(queued_events_max=3),
        LogLimits(queued_bytes_max=300),
    ],
    ids=["requests", "events", "bytes"],
)
def test_a_full_queue_refuses(tmp_path: Path, clock: HeldClock, limits: LogLimits) -> None:
    """A log whose queue is full says at once that it is overloaded, and by how much."""
    with open_log(tmp_path, clock, limits) as log:
        clock.hold(log)
        waiting = log.append([claim_entry(100), claim_entry(100)])
        with pytest.raises(LogOverloaded) as caught:
            log.append([claim_entry(100), claim_entry(100)])
        clock.goes_on.set()
        waiting.result(WAIT_SECONDS)
        assert log.head()[0] == 3
    error = caught.value
    assert (error.requests, error.events, error.bytes_queued) == (1, 2, 200)


def test_a_large_request_passes_when_nothing_waits(tmp_path: Path, clock: HeldClock) -> None:
    """A request larger than the queue's limit is taken when nothing waits."""
    clock.goes_on.set()
    with open_log(tmp_path, clock, LogLimits(queued_bytes_max=10, group_bytes_max=10)) as log:
        assert log.append([claim_entry(100)]).result(WAIT_SECONDS)[0].position == 1


def test_a_waiting_request_can_be_cancelled(tmp_path: Path, clock: HeldClock) -> None:
    """A request that is cancelled before its turn is not recorded."""
    with open_log(tmp_path, clock) as log:
        clock.hold(log)
        cancelled, kept = log.append([claim_entry()]), log.append([claim_entry()])
        assert cancelled.cancel()
        clock.goes_on.set()
        assert kept.result(WAIT_SECONDS)[0].position == 2


def test_a_commit_in_flight_cannot_be_cancelled(tmp_path: Path, clock: HeldClock) -> None:
    """A request whose turn has come is recorded and answered despite a cancellation."""
    with open_log(tmp_path, clock) as log:
        answer = log.append([claim_entry()])
        assert clock.is_read.wait(WAIT_SECONDS)
        assert not answer.cancel()
        clock.goes_on.set()
        assert answer.result(WAIT_SECONDS)[0].position == 1


def test_answers_come_in_order(tmp_path: Path, clock: HeldClock) -> None:
    """The answers of a commit are given in the order of the calls."""
    order: list[int] = []

    def note(number: int, _answer: object) -> None:
        order.append(number)

    with open_log(tmp_path, clock) as log:
        clock.hold(log)
        for number in range(20):
            answer = log.append([claim_entry()])
            answer.add_done_callback(partial(note, number))
        clock.goes_on.set()
    assert order == list(range(20))


def test_closing_finishes_what_was_begun(tmp_path: Path, clock: HeldClock) -> None:
    """A request submitted before the log closes is durable and answered."""
    log = open_log(tmp_path, clock)
    clock.hold(log)
    answers = [log.append([claim_entry()]) for _ in range(20)]
    clock.goes_on.set()
    log.close()
    assert all(answer.done() for answer in answers)
    with open_log(tmp_path, clock) as log:
        assert log.head()[0] == 21


def test_a_closed_log_is_closed(tmp_path: Path, clock: HeldClock) -> None:
    """A closed log refuses appends, reads and waits, and can be closed again."""
    log = open_log(tmp_path, clock)
    log.close()
    log.close()
    assert not log.healthy
    uses: list[Callable[[], object]] = [
        lambda: log.append([claim_entry()]),
        log.head,
        lambda: log.tail.wait_beyond(0, WAIT_SECONDS),
    ]
    for use in uses:
        with pytest.raises(LogClosed, match="closed"):
            use()


def test_record_time_never_goes_back(tmp_path: Path, clock: HeldClock) -> None:
    """A record time is never before the last one, even after a restart."""
    clock.goes_on.set()
    with open_log(tmp_path, clock) as log:
        log.append([claim_entry()]).result(WAIT_SECONDS)
        clock.micros = 900
        assert log.append([claim_entry()]).result(WAIT_SECONDS)[0].record_micros == 1000
        LogRecorder(log).insert_events([StoredEvent(uuid4(), 1, "MeetingHeld", b"")])
        assert log.head() == (3, 1000)
    with open_log(tmp_path, clock) as log:
        assert log.append([claim_entry()]).result(WAIT_SECONDS)[0].record_micros == 1000
        clock.micros = 1100
        assert log.append([claim_entry()]).result(WAIT_SECONDS)[0].record_micros == 1100


def test_any_failure_is_answered(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An unforeseen error in a commit reaches the caller, and the writer goes on."""
    readings = iter([0, 5])

    def clock() -> int:
        return 5 // next(readings)

    with SQLiteEventLog.open(tmp_path / "log.db", clock) as log:
        error = log.append([claim_entry()]).exception(WAIT_SECONDS)
        assert isinstance(error, LogUnavailable)
        assert isinstance(error.__cause__, ZeroDivisionError)
        assert log.append([claim_entry()]).result(WAIT_SECONDS)[0].position == 1
    assert "commit failed" in caplog.text


def test_listeners_hear_before_the_answer(tmp_path: Path, clock: HeldClock) -> None:
    """Listeners and waiters hear of a commit before its caller has the receipt."""
    heard: list[int] = []
    heard_before_the_answer: list[int] = []
    with open_log(tmp_path, clock) as log:
        log.tail.add_listener(heard.append)
        answer = log.append([claim_entry(), claim_entry()])
        answer.add_done_callback(lambda _: heard_before_the_answer.extend(heard))
        clock.goes_on.set()
        answer.result(WAIT_SECONDS)
        assert log.tail.wait_beyond(0, WAIT_SECONDS) == 2
    assert heard_before_the_answer == [2]


def test_listening_can_end(tmp_path: Path, clock: HeldClock) -> None:
    """A listener that was taken off hears no more, and the others still do."""
    clock.goes_on.set()
    heard: list[int] = []
    with open_log(tmp_path, clock) as log:
        stop_listening = log.tail.add_listener(heard.append)
        log.tail.add_listener(lambda position: heard.append(-position))
        log.append([claim_entry()]).result(WAIT_SECONDS)
        stop_listening()
        log.append([claim_entry()]).result(WAIT_SECONDS)
    assert heard == [1, -1, -2]


def test_duplicates_are_no_news(tmp_path: Path, clock: HeldClock) -> None:
    """A commit that records nothing calls no listener."""
    clock.goes_on.set()
    heard: list[int] = []
    with open_log(tmp_path, clock) as log:
        log.tail.add_listener(heard.append)
        for _ in range(2):
            log.append([ClaimEntry(UUID(int=1), "MeetingHeld", b"")]).result(WAIT_SECONDS)
    assert heard == [1]


def test_a_listener_that_fails_harms_nobody(
    tmp_path: Path, clock: HeldClock, caplog: pytest.LogCaptureFixture
) -> None:
    """A failing listener is logged, and neither other listeners nor the caller notice."""
    clock.goes_on.set()
    heard: list[int] = []
    with open_log(tmp_path, clock) as log:
        log.tail.add_listener(lambda position: 1 // (position - position))
        log.tail.add_listener(heard.append)
        log.append([claim_entry()]).result(WAIT_SECONDS)
    assert heard == [1]
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_waiting_ends_with_an_append(tmp_path: Path, clock: HeldClock) -> None:
    """A thread that waits beyond a position goes on when something is recorded there."""
    clock.goes_on.set()
    seen: list[int] = []
    with open_log(tmp_path, clock) as log:
        waiter = Thread(target=lambda: seen.append(log.tail.wait_beyond(0, WAIT_SECONDS)))
        waiter.start()
        log.append([claim_entry()]).result(WAIT_SECONDS)
        waiter.join(WAIT_SECONDS)
    assert seen == [1]


def test_waiting_ends_with_time(tmp_path: Path, clock: HeldClock) -> None:
    """A wait that times out returns the last position."""
    with open_log(tmp_path, clock) as log:
        assert log.tail.wait_beyond(0, 0.01) == 0


def test_the_wal_is_copied_back_once_nothing_comes(tmp_path: Path, clock: HeldClock) -> None:
    """The WAL is copied back while the log is open and nobody appends."""
    clock.goes_on.set()
    with open_log(tmp_path, clock, LogLimits(checkpoint_idle_pages=1, idle_seconds=0.01)) as log:
        log.append([ClaimEntry(uuid4(), "MeetingHeld", b"copied back")]).result(WAIT_SECONDS)
        deadline = monotonic() + WAIT_SECONDS
        while b"copied back" not in (tmp_path / "log.db").read_bytes():
            assert monotonic() < deadline
            sleep(0.01)


def test_the_wal_is_left_alone_while_requests_come(tmp_path: Path, clock: HeldClock) -> None:
    """The WAL is not copied back for a few pages while requests come."""
    clock.goes_on.set()
    with open_log(tmp_path, clock, LogLimits(checkpoint_idle_pages=1, idle_seconds=3600)) as log:
        for _ in range(3):
            log.append([ClaimEntry(uuid4(), "MeetingHeld", b"copied back")]).result(WAIT_SECONDS)
        assert b"copied back" not in (tmp_path / "log.db").read_bytes()
