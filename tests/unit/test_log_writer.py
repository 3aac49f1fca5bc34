"""The writer's ways: grouping, back-pressure, order, time, closing.

The clock is read once a commit, in the writer's thread, so a clock that waits holds the writer.
"""

import logging
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import StoredEvent

from communique.server.log.entries import ClaimEntry
from communique.server.log.eventsourcing.event_recorder import LogRecorder
from communique.server.log.log_errors import LogClosed, LogOverloaded, LogUnavailable
from communique.server.log.sqlite_store.sqlite_log import SQLiteEventLog
from communique.server.runtime.limits import LogLimits

WAIT_SECONDS = 20


class Clock:
    """Shows what it is set to, and stands still before each commit until it is let go."""

    def __init__(self) -> None:
        self.micros = 1000
        self.readings = 0
        self.is_read = Event()
        self.goes_on = Event()

    def __call__(self) -> int:
        """Let the test know, and wait for it."""
        self.readings += 1
        self.is_read.set()
        assert self.goes_on.wait(WAIT_SECONDS)
        return self.micros

    def hold(self, log: SQLiteEventLog) -> None:
        """Occupy the writer with a first commit."""
        log.append([claim()])
        assert self.is_read.wait(WAIT_SECONDS)


@pytest.fixture
def clock() -> Iterator[Clock]:
    """A held clock, let go in the end whatever happens."""
    clock = Clock()
    yield clock
    clock.goes_on.set()


def claim(size: int = 1) -> ClaimEntry:
    """A new event of that many bytes."""
    return ClaimEntry(uuid4(), "MeetingHeld", b"x" * size)


def open_log(folder: Path, clock: Clock, limits: LogLimits | None = None) -> SQLiteEventLog:
    """The log in that folder."""
    return SQLiteEventLog.open(folder / "log.db", clock, limits)


def test_what_waits_is_committed_together(tmp_path: Path, clock: Clock) -> None:
    """Requests that arrive during one commit share the next one, and its record time."""
    with open_log(tmp_path, clock) as log:
        clock.hold(log)
        answers = [log.append([claim()]) for _ in range(50)]
        clock.goes_on.set()
        positions = [answer.result(WAIT_SECONDS)[0].position for answer in answers]
    assert positions == list(range(2, 52))
    assert clock.readings == 2


@pytest.mark.parametrize(
    "limits",
    [LogLimits(group_events_max=4), LogLimits(group_bytes_max=400)],
    ids=["events", "bytes"],
)
def test_a_group_is_bounded(tmp_path: Path, clock: Clock, limits: LogLimits) -> None:
    """A commit takes no more than the limits say: three requests of two events need two."""
    with open_log(tmp_path, clock, limits) as log:
        clock.hold(log)
        for _ in range(3):
            log.append([claim(100), claim(100)])
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
def test_a_full_queue_refuses(tmp_path: Path, clock: Clock, limits: LogLimits) -> None:
    """Beyond its limits the log says at once that it is overloaded, and by how much."""
    with open_log(tmp_path, clock, limits) as log:
        clock.hold(log)
        waiting = log.append([claim(100), claim(100)])
        with pytest.raises(LogOverloaded) as caught:
            log.append([claim(100), claim(100)])
        clock.goes_on.set()
        waiting.result(WAIT_SECONDS)
        assert log.head()[0] == 3
    error = caught.value
    assert (error.requests, error.events, error.bytes_queued) == (1, 2, 200)


def test_a_large_request_passes_when_nothing_waits(tmp_path: Path, clock: Clock) -> None:
    """A limit of the queue is no limit of a request: alone it is always taken."""
    clock.goes_on.set()
    with open_log(tmp_path, clock, LogLimits(queued_bytes_max=10, group_bytes_max=10)) as log:
        assert log.append([claim(100)]).result(WAIT_SECONDS)[0].position == 1


def test_a_waiting_request_can_be_cancelled(tmp_path: Path, clock: Clock) -> None:
    """One whose turn hasn't come is not recorded if it is cancelled."""
    with open_log(tmp_path, clock) as log:
        clock.hold(log)
        cancelled, kept = log.append([claim()]), log.append([claim()])
        assert cancelled.cancel()
        clock.goes_on.set()
        assert kept.result(WAIT_SECONDS)[0].position == 2


def test_a_commit_in_flight_cannot_be_cancelled(tmp_path: Path, clock: Clock) -> None:
    """One whose turn has come is recorded and answered."""
    with open_log(tmp_path, clock) as log:
        answer = log.append([claim()])
        assert clock.is_read.wait(WAIT_SECONDS)
        assert not answer.cancel()
        clock.goes_on.set()
        assert answer.result(WAIT_SECONDS)[0].position == 1


def test_answers_come_in_order(tmp_path: Path, clock: Clock) -> None:
    """The answers of a commit are given in the order of the calls."""
    order: list[int] = []

    def note(number: int, _answer: object) -> None:
        order.append(number)

    with open_log(tmp_path, clock) as log:
        clock.hold(log)
        for number in range(20):
            answer = log.append([claim()])
            answer.add_done_callback(partial(note, number))
        clock.goes_on.set()
    assert order == list(range(20))


def test_closing_finishes_what_was_begun(tmp_path: Path, clock: Clock) -> None:
    """Whatever was submitted before the log closes is durable and answered."""
    log = open_log(tmp_path, clock)
    clock.hold(log)
    answers = [log.append([claim()]) for _ in range(20)]
    clock.goes_on.set()
    log.close()
    assert all(answer.done() for answer in answers)
    with open_log(tmp_path, clock) as log:
        assert log.head()[0] == 21


def test_a_closed_log_is_closed(tmp_path: Path, clock: Clock) -> None:
    """After closing, appends and reads and waits say so, and closing again does no harm."""
    log = open_log(tmp_path, clock)
    log.close()
    log.close()
    assert not log.healthy
    uses: list[Callable[[], object]] = [
        lambda: log.append([claim()]),
        log.head,
        lambda: log.tail.wait_beyond(0, WAIT_SECONDS),
    ]
    for use in uses:
        with pytest.raises(LogClosed, match="closed"):
            use()


def test_record_time_never_goes_back(tmp_path: Path, clock: Clock) -> None:
    """A clock that is set back is held at the last record time, across restarts, too."""
    clock.goes_on.set()
    with open_log(tmp_path, clock) as log:
        log.append([claim()]).result(WAIT_SECONDS)
        clock.micros = 900
        assert log.append([claim()]).result(WAIT_SECONDS)[0].record_micros == 1000
        LogRecorder(log).insert_events([StoredEvent(uuid4(), 1, "MeetingHeld", b"")])
        assert log.head() == (3, 1000)
    with open_log(tmp_path, clock) as log:
        assert log.append([claim()]).result(WAIT_SECONDS)[0].record_micros == 1000
        clock.micros = 1100
        assert log.append([claim()]).result(WAIT_SECONDS)[0].record_micros == 1100


def test_any_failure_is_answered(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Even an error that nobody foresaw reaches the caller, and the writer goes on."""
    readings = iter([0, 5])

    def clock() -> int:
        return 5 // next(readings)

    with SQLiteEventLog.open(tmp_path / "log.db", clock) as log:
        error = log.append([claim()]).exception(WAIT_SECONDS)
        assert isinstance(error, LogUnavailable)
        assert isinstance(error.__cause__, ZeroDivisionError)
        assert log.append([claim()]).result(WAIT_SECONDS)[0].position == 1
    assert "commit failed" in caplog.text


def test_listeners_hear_before_the_answer(tmp_path: Path, clock: Clock) -> None:
    """When a caller has its receipt, who listens has heard of it, and waiters don't wait."""
    heard: list[int] = []
    heard_before_the_answer: list[int] = []
    with open_log(tmp_path, clock) as log:
        log.tail.add_listener(heard.append)
        answer = log.append([claim(), claim()])
        answer.add_done_callback(lambda _: heard_before_the_answer.extend(heard))
        clock.goes_on.set()
        answer.result(WAIT_SECONDS)
        assert log.tail.wait_beyond(0, WAIT_SECONDS) == 2
    assert heard_before_the_answer == [2]


def test_listening_can_end(tmp_path: Path, clock: Clock) -> None:
    """A listener that was taken off hears no more, the others still do."""
    clock.goes_on.set()
    heard: list[int] = []
    with open_log(tmp_path, clock) as log:
        stop_listening = log.tail.add_listener(heard.append)
        log.tail.add_listener(lambda position: heard.append(-position))
        log.append([claim()]).result(WAIT_SECONDS)
        stop_listening()
        log.append([claim()]).result(WAIT_SECONDS)
    assert heard == [1, -1, -2]


def test_duplicates_are_no_news(tmp_path: Path, clock: Clock) -> None:
    """A commit that records nothing calls no listener."""
    clock.goes_on.set()
    heard: list[int] = []
    with open_log(tmp_path, clock) as log:
        log.tail.add_listener(heard.append)
        for _ in range(2):
            log.append([ClaimEntry(UUID(int=1), "MeetingHeld", b"")]).result(WAIT_SECONDS)
    assert heard == [1]


def test_a_listener_that_fails_harms_nobody(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """A listener's error is logged; the other listeners and the caller don't notice."""
    clock.goes_on.set()
    heard: list[int] = []
    with open_log(tmp_path, clock) as log:
        log.tail.add_listener(lambda position: 1 // (position - position))
        log.tail.add_listener(heard.append)
        log.append([claim()]).result(WAIT_SECONDS)
    assert heard == [1]
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_waiting_ends_with_an_append(tmp_path: Path, clock: Clock) -> None:
    """A thread that waits beyond a position goes on when something is recorded there."""
    clock.goes_on.set()
    seen: list[int] = []
    with open_log(tmp_path, clock) as log:
        waiter = Thread(target=lambda: seen.append(log.tail.wait_beyond(0, WAIT_SECONDS)))
        waiter.start()
        log.append([claim()]).result(WAIT_SECONDS)
        waiter.join(WAIT_SECONDS)
    assert seen == [1]


def test_waiting_ends_with_time(tmp_path: Path, clock: Clock) -> None:
    """A wait that is over without news returns the last position, as it was."""
    with open_log(tmp_path, clock) as log:
        assert log.tail.wait_beyond(0, 0.01) == 0


def test_the_wal_is_copied_back_once_nothing_comes(tmp_path: Path, clock: Clock) -> None:
    """What was recorded reaches the file itself while the log is open and nobody appends."""
    clock.goes_on.set()
    with open_log(tmp_path, clock, LogLimits(checkpoint_idle_pages=1, idle_seconds=0.01)) as log:
        log.append([ClaimEntry(uuid4(), "MeetingHeld", b"copied back")]).result(WAIT_SECONDS)
        deadline = monotonic() + WAIT_SECONDS
        while b"copied back" not in (tmp_path / "log.db").read_bytes():
            assert monotonic() < deadline
            sleep(0.01)


def test_the_wal_is_left_alone_while_requests_come(tmp_path: Path, clock: Clock) -> None:
    """A log that is hardly ever without a request copies nothing back for few pages."""
    clock.goes_on.set()
    with open_log(tmp_path, clock, LogLimits(checkpoint_idle_pages=1, idle_seconds=3600)) as log:
        for _ in range(3):
            log.append([ClaimEntry(uuid4(), "MeetingHeld", b"copied back")]).result(WAIT_SECONDS)
        assert b"copied back" not in (tmp_path / "log.db").read_bytes()
