"""Reading: ranges, searches, streams, and many readers at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread
from time import monotonic
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from communique.server.log.entries import AmendmentEntry, ClaimEntry, EntryReceipt
from communique.server.log.sqlite_store.log_reader import SQLiteLogReader
from communique.server.log.sqlite_store.sqlite_log import SQLiteEventLog

RECORD_MICROS = [100, 100, 200, 300, 300, 300, 400]
"""The record times of positions 1 to 7."""


def event_id(number: int) -> UUID:
    """The id of the event at that position."""
    return UUID(int=number)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SQLiteEventLog]:
    """Seven claims of 10 bytes, one a commit."""
    path = tmp_path_factory.mktemp("log") / "log.db"
    with SQLiteEventLog.open(path, iter(RECORD_MICROS).__next__) as log:
        for number in range(1, 8):
            log.append([ClaimEntry(event_id(number), "MeetingHeld", b"0123456789")]).result()
        yield log


def positions(log: SQLiteLogReader, after: int, limit: int, **options: int | None) -> list[int]:
    """What `read` finds, by position."""
    descending = bool(options.pop("descending", False))
    rows = log.read(after, limit, descending=descending, **options)
    return [recorded.position for recorded in rows]


def test_an_empty_log_is_at_zero(tmp_path: Path) -> None:
    """An empty log has its head at position 0, and reads and searches find nothing."""
    with SQLiteEventLog.open(tmp_path / "log.db", int) as log:
        assert log.head() == (0, 0)
        assert log.position_at(10**18) == 0
        assert log.read(0, 10) == []
        assert log.stream(event_id(1)) == []
        assert log.find(event_id(1)) is None


def test_the_head_is_the_last_event(log: SQLiteEventLog) -> None:
    """The head tells the last position and its record time."""
    assert log.head() == (7, 400)


@pytest.mark.parametrize(
    ("after", "limit", "options", "expected"),
    [
        (0, 3, {}, [1, 2, 3]),
        (3, 3, {}, [4, 5, 6]),
        (3, 100, {}, [4, 5, 6, 7]),
        (3, 100, {"until": 5}, [4, 5]),
        (7, 100, {}, []),
        (5, 100, {"until": 5}, []),
        (0, 3, {"descending": 1}, [7, 6, 5]),
        (0, 3, {"descending": 1, "until": 4}, [4, 3, 2]),
        (2, 100, {"descending": 1, "until": 4}, [4, 3]),
        (0, 100, {"bytes_max": 35}, [1, 2, 3]),
        (0, 100, {"bytes_max": 30}, [1, 2, 3]),
        (0, 100, {"bytes_max": 1}, [1]),
        (0, 2, {"bytes_max": 35}, [1, 2]),
        (0, 100, {"bytes_max": 25, "descending": 1}, [7, 6]),
    ],
)
def test_ranges(
    log: SQLiteEventLog, after: int, limit: int, options: dict[str, int], expected: list[int]
) -> None:
    """A range of a log excludes `after`, includes `until`, and ends at its limits."""
    assert positions(log, after, limit, **options) == expected


@given(st.integers(0, 500))
@settings(deadline=None)
def test_positions_by_record_time(log: SQLiteEventLog, micros: int) -> None:
    """The position of a record time is the count of events recorded until then."""
    assert log.position_at(micros) == sum(recorded <= micros for recorded in RECORD_MICROS)


def test_record_times_by_position(log: SQLiteEventLog) -> None:
    """Each position has its record time; before the first and after the last there is none."""
    record_times = [log.record_micros(position) for position in range(len(RECORD_MICROS) + 2)]
    assert record_times == [0, *RECORD_MICROS, 0]


def test_events_by_position_come_as_asked(log: SQLiteEventLog) -> None:
    """Events by position come in the order asked for, repeated, without unused positions."""
    events = log.by_positions([5, 1, 99, 5])
    assert [recorded.position for recorded in events] == [5, 1, 5]
    assert log.by_positions([]) == []


def test_ids_are_found(tmp_path: Path) -> None:
    """Claims and amendments are found by their own ids; a stream only by its claim's."""
    claim = ClaimEntry(event_id(1), "MeetingHeld", b"")
    amendment = AmendmentEntry(event_id(2), event_id(1), "EventCorrected", b"")
    with SQLiteEventLog.open(tmp_path / "log.db", int) as log:
        log.append([claim, amendment]).result()
        assert [log.find(event_id(number)) for number in (1, 2, 3)] == [1, 2, None]
        assert [recorded.revision for recorded in log.stream(event_id(1))] == [1, 2]
        assert log.stream(event_id(2)) == []


def test_readers_see_whole_commits(tmp_path: Path) -> None:
    """While batches of ten are written, every reader at every moment sees a multiple of ten."""

    def write(log: SQLiteEventLog) -> list[EntryReceipt]:
        answers = [
            log.append([ClaimEntry(UUID(int=100 * n + k), "MeetingHeld", b"") for k in range(10)])
            for n in range(50)
        ]
        return answers[-1].result()

    def read(log: SQLiteEventLog) -> set[int]:
        return {len(log.read(0, 1000)) % 10 for _ in range(50)}

    with (
        SQLiteEventLog.open(tmp_path / "log.db", int) as log,
        ThreadPoolExecutor(5) as threads,
    ):
        reads = [threads.submit(read, log) for _ in range(4)]
        write(log)
        assert {remainder for read in reads for remainder in read.result()} == {0}


def test_another_process_can_follow(tmp_path: Path) -> None:
    """A reader without the writer's signals finds new events and can give up waiting."""
    path = tmp_path / "log.db"
    seen: list[int] = []
    with SQLiteEventLog.open(path, int) as log:
        reader = SQLiteLogReader(path)
        assert reader.tail.wait_beyond(0, 0.01) == 0
        waiter = Thread(target=lambda: seen.append(reader.tail.wait_beyond(0)))
        waiter.start()
        log.append([ClaimEntry(event_id(1), "MeetingHeld", b"")]).result()
        waiter.join(20)
        began = monotonic()
        assert reader.tail.wait_beyond(1, 10, lambda: True) == 1
        assert monotonic() - began < 5
        reader.close()
    assert seen == [1]
