"""The questions of the benchmark: that each is one of the contract, and what they are about."""

from pathlib import Path

import pytest

pytest.importorskip("bench", reason="the benchmark is not here")


from bench import history
from bench.growth import window_ends, windows_before, windows_length
from bench.queries import QUERIES, elements, topics
from communique.v1 import record_service_pb2, timeline_service_pb2

METHODS = {
    f"/{service.full_name}/{method.name}"
    for file in (record_service_pb2, timeline_service_pb2)
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
    if method.name.startswith(("Get", "List", "Batch", "Compare"))
}


def test_every_question_of_the_contract_is_asked() -> None:
    """The benchmark asks every question of the contract but those about head and positions."""
    about_the_log = {f"/communique.v1.RecordService/Get{noun}" for noun in ("Head", "Position")}
    assert {query.path for query in QUERIES} == METHODS - about_the_log


def test_what_is_asked_about_occurs_in_the_history(tmp_path: Path) -> None:
    """The busy and the quiet topic are about the busiest and the quiet dyad."""
    drawn = history.written(tmp_path, 2_000)
    asked = topics(drawn)
    assert asked["busiest"].pair == drawn.busiest
    assert asked["quiet"].pair == drawn.quiet
    for topic in asked.values():
        assert topic.dyad == "-".join(sorted(topic.pair))
        assert len(set(topic.dyads)) == len(topic.dyads)
        assert topic.subject
        assert topic.event_id


def test_the_elements_of_an_answer_are_what_it_lists() -> None:
    """The elements of an answer are counted in the answer and in its one message."""
    listed = timeline_service_pb2.ListTimelineResponse()
    listed.events.add()
    listed.events.add()
    assert elements(listed) == 2
    single = timeline_service_pb2.GetScoreSeriesResponse()
    for _ in range(3):
        single.series.steps.add()
    assert elements(single) == 3


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (1_000, [1_000]),
        (10_000, [10_000]),
        (250_000, [10_000, 30_000, 100_000, 250_000]),
    ],
)
def test_windows_end_at_rising_lengths_and_at_the_end(size: int, expected: list[int]) -> None:
    """Windows end at rising lengths, and the last one at the end of the history."""
    assert list(window_ends(size)) == expected


@pytest.mark.parametrize(
    ("size", "expected"),
    [(1_000, 500), (10_000, 5_000), (30_000, 5_000), (100_000, 15_000), (10_000_000, 50_000)],
)
def test_windows_are_as_long_as_where_growth_is_told_from(size: int, expected: int) -> None:
    """All windows that are compared are of as many events, so that none has larger batches."""
    assert windows_length(size) == expected


@pytest.mark.parametrize("count", [1, 3, 100])
@pytest.mark.parametrize("end", [1_000, 10_000, 100_000, 10_000_000])
def test_windows_follow_each_other_up_to_the_end(end: int, count: int) -> None:
    """Windows are equally long and of the later half of the events, as many as are wanted."""
    windows = windows_before(end, count, 50_000)
    assert [window.stop for window in windows] == [*(window.start for window in windows[1:]), end]
    assert len(windows) == count
    assert len({len(window) for window in windows}) == 1
    assert windows[0].start >= max(end // 2, end - 50_000)
