"""What the benchmark makes of its figures: tables, the verdict on each target, JSON, plots."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("bench", reason="the benchmark is not here")
pytest.importorskip("matplotlib", reason="the packages of the benchmark are not here")


from bench.figures import Figure, Spread, ours_like
from bench.plots import drawn
from bench.report import Report, as_json, grids, markdown, write
from bench.targets import judged


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


@pytest.mark.parametrize(
    ("ours", "verdict"), [(29.0, "not met"), (30.0, "met"), (100.0, "aim met")]
)
def test_a_target_against_a_rival_is_reached_from_a_ratio_on(ours: float, verdict: str) -> None:
    """The ingest target is met from 0.3 of UmaDB's rate on."""
    results = judged([rate("communique", ours), RIVAL])
    [ingest] = [result for result in results if result.target.workload == "import" and result.found]
    assert (ingest.found, ingest.verdict) == (ours / 100, verdict)


def test_what_was_not_measured_is_said_to_be_so() -> None:
    """A target without figures, or without its rival's, is not measured."""
    assert {result.verdict for result in judged([])} == {"not measured"}
    assert {result.verdict for result in judged([OURS])} == {"not measured"}


def test_a_verdict_on_fewer_events_than_a_target_is_about_names_them() -> None:
    """A verdict on a target of scale names the events that a short run had."""
    figures = [cost(5.0, 10_000), cost(10.0, 100_000), cost(12.0, 300_000)]
    [submit] = [result for result in judged(figures) if result.found]
    assert (submit.found, submit.verdict) == (1.2, "met at 300,000 events")
    [full] = [result for result in judged([*figures, cost(20.0, 10_000_000)]) if result.found]
    assert (full.found, full.verdict) == (2.0, "not met")


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
