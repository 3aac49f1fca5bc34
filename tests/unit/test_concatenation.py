"""Events in wire form, joined by SQLite or row by row: the same bytes, within the same limits."""

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communique.codec.wire import event_bytes
from communique.server.log.entries import ClaimEntry, WireBatch
from communique.server.log.sqlite_store.log_reader import SQLiteLogReader
from communique.server.log.sqlite_store.sqlite_log import SQLiteEventLog
from communique.server.runtime.limits import EVENTS_PER_FRAME_MAX, FRAME_BYTES_MAX

EVERY_BYTE = bytes(range(256))
STATES = [
    *(bytes([value]) for value in range(256)),
    *(bytes(size) for size in range(5)),
    *(EVERY_BYTE * times for times in range(5)),
    *(EVERY_BYTE[:size] for size in (49, 50, 51)),
    *(b"\x00\xff" * size for size in (1, 24, 25, 26)),
]
"""All bytes alone and together, empty ones, NULs, and sizes around the 200th part of 10,000."""


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SQLiteEventLog]:
    """A log of those states."""
    with SQLiteEventLog.open(tmp_path_factory.mktemp("log") / "log.db", count(1).__next__) as log:
        record(log, STATES)
        yield log


@pytest.fixture(scope="module")
def growing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SQLiteEventLog]:
    """An empty log, to which each example adds."""
    with SQLiteEventLog.open(tmp_path_factory.mktemp("log") / "log.db", count(1).__next__) as log:
        yield log


def record(log: SQLiteEventLog, states: Sequence[bytes]) -> None:
    """Record a claim of each state."""
    first = log.head()[0] + 1
    claims = [
        ClaimEntry(UUID(int=id_), "MeetingHeld", state) for id_, state in enumerate(states, first)
    ]
    log.append(claims, submitter="größer\x00").result()


def by_rows(
    log: SQLiteLogReader, after: int, until: int, limit: int, *, descending: bool, bytes_max: int
) -> WireBatch:
    """What is to come out: the rows that `read` finds, put together one by one."""
    rows = log.read(after, limit, until=until, descending=descending, bytes_max=bytes_max)
    return WireBatch(rows[-1].position if rows else 0, len(rows), b"".join(map(event_bytes, rows)))


@given(
    after=st.integers(0, len(STATES)),
    until=st.integers(0, len(STATES) + 5),
    limit=st.integers(1, len(STATES) + 5),
    descending=st.booleans(),
    bytes_max=st.sampled_from([1, 100, 5_000, 10_000, FRAME_BYTES_MAX]),
)
def test_any_span_comes_out_as_its_rows(
    log: SQLiteEventLog, after: int, until: int, limit: int, *, descending: bool, bytes_max: int
) -> None:
    """Events joined by SQLite are those of the rows, byte for byte, in order."""
    joined = log.read_wire(after, until, limit, descending=descending, bytes_max=bytes_max)
    rows = by_rows(log, after, until, limit, descending=descending, bytes_max=bytes_max)
    assert joined == rows


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=20))
def test_any_states_come_out_as_they_went_in(growing: SQLiteEventLog, states: list[bytes]) -> None:
    """SQLite joins states of any bytes without looking at them."""
    after, size = growing.head()[0], len(states)
    record(growing, states)
    span = after, after + size, size
    rows = by_rows(growing, *span, descending=False, bytes_max=FRAME_BYTES_MAX)
    assert growing.read_wire(*span, bytes_max=FRAME_BYTES_MAX) == rows
    assert rows.event_count == size


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([1_000] * 1_000, 1_000),
        ([1_048] * 1_000, 1_000),
        ([1_049] * 1_000, 999),
        ([1_000] * 990 + [5_242] * 10, 1_000),
        ([1_000] * 990 + [5_243] * 10, 1_000),
        ([1_000] * 990 + [5_857] * 10, 1_000),
        ([1_000] * 990 + [5_858] * 10, 999),
        ([10] * 499 + [65_536], 500),
        ([65_536] * 17, 16),
        ([FRAME_BYTES_MAX + 1, 10], 1),
    ],
)
def test_a_frame_ends_before_it_has_too_many_bytes(
    tmp_path: Path, sizes: list[int], expected: int
) -> None:
    """A frame holds events up to the last that fits, and always the first."""
    with SQLiteEventLog.open(tmp_path / "log.db", count(1).__next__) as log:
        record(log, [bytes(size) for size in sizes])
        span = 0, len(sizes), EVENTS_PER_FRAME_MAX
        joined = log.read_wire(*span, bytes_max=FRAME_BYTES_MAX)
        assert joined == by_rows(log, *span, descending=False, bytes_max=FRAME_BYTES_MAX)
        assert joined.event_count == expected
