"""What the benchmark makes of its figures: tables, the verdict on each target, JSON, plots."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("bench", reason="the benchmark is not here")
pytest.importorskip("matplotlib", reason="the packages of the benchmark are not here")


from bench.figures import UNITS, Figure, Spread, ours_like
from bench.plots import drawn
from bench.report import Report, as_json, grids, markdown, write
from bench.targets import TARGETS, Judged, judged
from bench.workloads import WORKLOADS


def rate(subject: str, value: float, events: int = 5_000, case: str = "recorded") -> Figure:
    """A figure of `import` of so many events a second."""
    return Figure("import", subject, case, events, {"events_per_second": Spread.of([value])})


def cost(value: float, events: int) -> Figure:
    """What an event costs to submit at the end of so many."""
    return Figure("growth", "communique", "submit", events, {"event_us": Spread.of([value])})


OURS, RIVAL = rate("communique", 50.0), rate("umadb", 100.0)


def test_a_table_has_a_column_for_each_measure_that_occurs() -> None:
    """A table has a column for each measure that a figure of the workload has."""
    assert [*next(grids([OURS]))[1]] == [
        *("case", "events", "subject", "events/s", "±", "runs", "×")
    ]


def test_there_is_a_table_for_each_workload_and_one_of_the_targets() -> None:
    """A report has a table for each workload, in the figures' order, and one of targets."""
    titles = [grid.title for grid in grids([OURS, RIVAL, cost(9.0, 1_000)])]
    assert titles == ["import", "growth", "what it must reach"]


def test_a_rival_is_compared_with_ours_of_the_same_case_and_as_many_events() -> None:
    """A rival's row says how many times as good our figure of the same case is."""
    others = rate("communique", 7.0, events=90_000), rate("communique", 8.0, case="and answered")
    [table, _] = grids([*others, OURS, RIVAL])
    assert [row[-1] for row in table.rows] == ["", "", "", "0.5"]
    assert ours_like(RIVAL, others) is None


def test_less_time_is_better_and_more_events_a_second_are() -> None:
    """A ratio above 1 means that ours is better, for times and for rates."""
    slow, quick = (replace(OURS, measures={"p99_ms": Spread.of([ms])}) for ms in (8.0, 2.0))
    assert quick.times(slow) == 4.0
    assert RIVAL.times(OURS) == 2.0


@pytest.mark.parametrize(("ours", "verdict"), [(24.0, "not met"), (25.0, "met")])
def test_a_target_against_a_rival_is_reached_from_a_share_of_its_rate_on(
    ours: float, verdict: str
) -> None:
    """Taking in is held against UmaDB's rate, and met from a quarter of it on."""
    [taken_in] = _found([rate("communique", ours), RIVAL])
    assert (taken_in.found, taken_in.verdict) == (ours / 100, verdict)


def test_a_target_is_judged_by_the_most_events_that_both_have() -> None:
    """A rival that has no figure of the largest log is compared with ours of a smaller one."""
    ours = [rate("communique", 10.0, 1_000), rate("communique", 90.0, 2_000)]
    [taken_in] = _found([*ours, rate("umadb", 100.0, 1_000)])
    assert (taken_in.events, taken_in.found) == (1_000, 0.1)


@pytest.mark.parametrize(("events", "verdict"), [(10_000, ""), (30_000, "met"), (1_000_000, "")])
def test_a_target_of_one_size_is_judged_by_that_size_alone(events: int, verdict: str) -> None:
    """The status in milliseconds is a target with 30,000 events, neither fewer nor more."""
    measures = {"p99_ms": Spread.of([2.5])}
    found = _found([Figure("status", "communique", "busiest, all three random", events, measures)])
    assert [one.verdict for one in found] == ([verdict] if verdict else [])


def test_growth_is_told_from_a_hundred_thousand_events_or_fewer() -> None:
    """What an event costs is divided by what it costs with 100,000, or with what there is."""
    figures = [cost(5.0, 10_000), cost(10.0, 30_000)]
    [short] = _found(figures)
    assert (short.found, short.base_events, short.verdict) == (2.0, 10_000, "not met")
    [long] = _found([*figures, cost(10.0, 100_000), cost(12.0, 10_000_000)])
    assert (long.found, long.base_events, long.verdict) == (1.2, 100_000, "met")
    assert _found([cost(5.0, 10_000)]) == []


def test_what_was_not_measured_is_said_to_be_so() -> None:
    """A target without figures, or without its rival's, is not measured."""
    assert {result.verdict for result in judged([])} == {"not measured"}
    assert {result.verdict for result in judged([OURS])} == {"not measured"}


def test_each_target_says_what_was_measured_of_both_and_the_limit() -> None:
    """A row of the targets has both values with their unit, the quotient, limit and verdict."""
    [*_, table] = grids([OURS, RIVAL, cost(5.0, 10_000), cost(6.0, 30_000)])
    rows = [row for row in table.rows if row[-1] != "not measured"]
    assert [row[:5] for row in rows] == [
        ["taken in, batches of 500", "50 a second", "umadb", "100 a second", "5,000"],
        ["growth: taken in", "6 µs", "itself with 10,000", "5 µs", "30,000"],
    ]
    assert [row[5:] for row in rows] == [
        ["0.5 ×", "at least 0.25 ×", "met"],
        ["1.2 ×", "at most 1.4 ×", "met"],
    ]


def test_every_target_is_about_a_workload_and_a_measure() -> None:
    """A target names a workload that is measured, and a measure whose unit is known."""
    for target in TARGETS:
        assert target.workload in {*WORKLOADS, "memory"}
        assert target.measure in UNITS


def _found(figures: list[Figure]) -> list[Judged]:
    return [judgement for judgement in judged(figures) if judgement.found is not None]


def test_a_report_is_written_as_json_and_markdown(tmp_path: Path) -> None:
    """Both report files have every figure, the machine and what is missing."""
    about, missing = {"CPU": "a fast one"}, {"mariadb": "it is not installed"}
    report = Report("2026-01-01T00:00:00+00:00", about, {"runs": 1}, [OURS], missing=missing)
    json_path, markdown_path = write(report, tmp_path / "new" / "v1.2")
    assert (json_path.name, markdown_path.name) == ("v1.2.json", "v1.2.md")
    assert json_path.read_text(encoding="utf-8") == as_json(report)
    [plain] = json.loads(as_json(report))["figures"]
    assert plain["measures"]["events_per_second"]["median"] == 50.0
    for said in (
        "- CPU: a fast one",
        "| recorded | 5,000 | communique | 50 |  | 1 |  |",
        "- mariadb is missing: it is not installed",
    ):
        assert said in markdown(report)


def test_what_can_be_drawn_is_drawn(tmp_path: Path) -> None:
    """Plots are drawn where their figures exist, and the same figures give the same files."""
    figures = [OURS, RIVAL, cost(10.0, 1_000), cost(11.0, 2_000)]
    plots = drawn(figures, tmp_path / "one")
    assert [path.name for path in plots] == ["one-ratios.svg", "one-cost.svg"]
    again = drawn(figures, tmp_path / "other")
    assert [path.read_bytes() for path in plots] == [path.read_bytes() for path in again]
