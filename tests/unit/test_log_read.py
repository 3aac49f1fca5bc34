"""Reads: how often a sparse one says how far it is, and what it need not decode."""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import count, pairwise
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communique import codec
from communique.codec.wire import checkpoint_frame, event_bytes, events_frame
from communique.domain.claims.event import Amendment, Claim
from communique.domain.claims.values import Certainty
from communique.domain.parties.party import Dyad
from communique.domain.state.event_filter import Filter
from communique.server.application.live.filter_index import FilterIndex
from communique.server.application.live.log_read import LogRead, ReadSpan
from communique.server.log.entries import ClaimEntry, LogRow
from communique.server.log.sqlite_store.sqlite_log import SQLiteEventLog
from communique.server.runtime.limits import (
    CHECKPOINT_POSITIONS_MAX,
    EVENTS_PER_FRAME_MAX,
    FRAME_BYTES_MAX,
)
from communique.server.runtime.threads import WorkerPool
from communique.v1.record_service_pb2 import ReadResponse
from tests.support.strategies import (
    CODES,
    DYADS,
    ISSUES,
    OUTLETS,
    PAYLOADS,
    SUBJECTS,
    VALID_TIMES,
    amendments,
    claims,
)

MOMENTS = sorted({time.earliest for time in VALID_TIMES})
TYPES = [*(payload.__name__ for payload in PAYLOADS), "EventCorrected", "EventDisputed"]


def subsets(words: Sequence[str]) -> st.SearchStrategy[frozenset[str]]:
    """Some of these words, most often none."""
    return st.just(frozenset[str]()) | st.frozensets(st.sampled_from(words), max_size=2)


FILTERS = st.builds(
    Filter,
    dyad=st.none() | st.sampled_from(DYADS),
    parties=subsets(CODES),
    issues=subsets(ISSUES),
    subjects=subsets(SUBJECTS),
    types=subsets(TYPES),
    certainties=st.just(frozenset()) | st.frozensets(st.sampled_from(Certainty)),
    outlets=subsets(OUTLETS),
    occurred_from=st.none() | st.sampled_from(MOMENTS),
    occurred_to=st.none() | st.sampled_from(MOMENTS),
)


def frames_of(event_log: SQLiteEventLog, span: ReadSpan) -> list[ReadResponse]:
    """Read to the end."""
    return list(map(ReadResponse.FromString, raw_frames_of(event_log, span)))


def raw_frames_of(event_log: SQLiteEventLog, span: ReadSpan) -> list[bytes]:
    """Read to the end, without decoding what comes."""

    async def read() -> list[bytes]:
        workers = WorkerPool("reads", 1, 10)
        try:
            return [frame async for frame in LogRead(event_log, workers, span).frames()]
        finally:
            workers.close()

    return asyncio.run(read())


@pytest.mark.parametrize("is_backwards", [False, True])
def test_a_sparse_filter_still_makes_progress(tmp_path: Path, *, is_backwards: bool) -> None:
    """A read with a sparse filter gets a checkpoint at least every 10,000 positions."""
    size = 25_000
    with SQLiteEventLog.open(tmp_path / "log.db", count(1).__next__) as event_log:
        entries = [
            ClaimEntry(UUID(int=number), "MeetingHeld", b"") for number in range(1, size + 1)
        ]
        event_log.append(entries).result()
        selection = Filter(types=frozenset({"TalksRefused"}))
        span = ReadSpan(0, size, is_backwards=is_backwards, selection=selection)
        checkpoints = [frame.checkpoint.position for frame in frames_of(event_log, span)]
    reached = [size + 1, *checkpoints] if is_backwards else [0, *checkpoints]
    steps = [abs(later - earlier) for earlier, later in pairwise(reached)]
    assert checkpoints[-1] == (1 if is_backwards else size)
    assert len(checkpoints) < 10
    assert all(0 < step <= CHECKPOINT_POSITIONS_MAX for step in steps)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SQLiteEventLog]:
    """A log of 3,000 small events with 40 large ones in their midst."""
    sizes = [10] * 2_000 + [60_000] * 40 + [300] * 1_000
    with SQLiteEventLog.open(tmp_path_factory.mktemp("log") / "log.db", count(1).__next__) as mixed:
        entries = [
            ClaimEntry(UUID(int=position), "MeetingHeld", bytes(size))
            for position, size in enumerate(sizes, 1)
        ]
        mixed.append(entries).result()
        yield mixed


@pytest.mark.parametrize("limit", [None, 1, 500, 1_200])
@pytest.mark.parametrize("is_backwards", [False, True])
@pytest.mark.parametrize(("after", "until"), [(0, 3_040), (1_700, 2_900), (5, 6), (7, 7)])
def test_frames_are_those_of_the_rows(
    mixed: SQLiteEventLog, after: int, until: int, limit: int | None, *, is_backwards: bool
) -> None:
    """Frames copied from the log are cut and filled as if each row had been looked at."""
    span = ReadSpan(after, until, is_backwards=is_backwards, limit=limit)
    assert raw_frames_of(mixed, span) == [*frames_by_rows(mixed, span)]


def frames_by_rows(event_log: SQLiteEventLog, span: ReadSpan) -> Iterator[bytes]:
    """Frames are at most 1,000 events and, but for the first, a mebibyte; last a checkpoint."""
    after, until, left = span.after, span.until, span.limit or span.until
    looked_at = until + 1 if span.is_backwards else after
    while rows := event_log.read(
        after,
        min(left, EVENTS_PER_FRAME_MAX),
        until=until,
        descending=span.is_backwards,
        bytes_max=FRAME_BYTES_MAX,
    ):
        yield events_frame(list(map(event_bytes, rows)))
        left, looked_at = left - len(rows), rows[-1].position
        after, until = (after, looked_at - 1) if span.is_backwards else (looked_at, until)
    yield checkpoint_frame(looked_at)


@given(st.lists(claims() | amendments(), min_size=1, max_size=5), FILTERS)
def test_a_read_finds_all_that_its_filter_selects(
    tmp_path_factory: pytest.TempPathFactory, events: list[Claim | Amendment], selection: Filter
) -> None:
    """A read passes over no event that its filter selects."""
    path = tmp_path_factory.mktemp("log") / "log.db"
    with SQLiteEventLog.open(path, count(1).__next__) as event_log:
        entries = [
            ClaimEntry(
                UUID(int=number), event.payload.type, codec.message_of(event).SerializeToString()
            )
            for number, event in enumerate(events, 1)
        ]
        event_log.append(entries).result()
        frames = frames_of(event_log, ReadSpan(0, len(events), selection=selection))
    positions = [event.position for frame in frames for event in frame.events.events]
    assert positions == [
        position for position, event in enumerate(events, 1) if selection.selects(event)
    ]


@given(st.lists(claims() | amendments(), min_size=1, max_size=4), st.lists(FILTERS, max_size=6))
def test_many_filters_at_once_select_what_each_selects(
    events: list[Claim | Amendment], selections: list[Filter]
) -> None:
    """An index of filters by their tags selects exactly what each filter selects."""
    rows = [
        LogRow(
            position,
            event.event_id.bytes,
            1,
            event.payload.type,
            codec.message_of(event).SerializeToString(),
            0,
            "",
        )
        for position, event in enumerate(events, 1)
    ]
    separate = {
        selection: [at for at, event in enumerate(events) if selection.selects(event)]
        for selection in selections
    }
    assert FilterIndex(selections).selected(rows) == {
        name: selected for name, selected in separate.items() if selected
    }


def test_filters_of_the_strategies_select_something() -> None:
    """The strategies draw filters that select events."""
    selection = Filter(dyad=Dyad.of("JPN", "KOR"))

    @given(claims())
    def selects(claim: Claim) -> None:
        seen.add(selection.selects(claim))

    seen: set[bool] = set()
    selects()
    assert seen == {True, False}
