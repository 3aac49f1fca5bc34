"""The figures as people and programs read them: tables, Markdown, JSON."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from bench.figures import MEASURES, UNITS, Figure, Spread, number, ours_like
from bench.targets import Judged, Target, judged

_NOTE = (
    "Each figure is the median of its runs; ± is half the distance from the lowest to the highest "
    "run. CPU is the server's, for each event or question, and so is what it had to read from the "
    "disk. × says how many times as good ours is: by the rate, else by the p99, the time, the "
    "memory or the size, of the same case and as many events."
)
_TEXTS = {"case", "subject", "target", "against", "must be", "verdict"}


@dataclass(frozen=True, slots=True)
class Report:
    """All that one benchmark found.

    `measured_at` is an RFC 3339 instant, `options` are those of the command line. `rivals` says of
    each subject what it is, `missing` why one was not measured.
    """

    measured_at: str
    machine: Mapping[str, str]
    options: Mapping[str, object]
    figures: Sequence[Figure]
    rivals: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)


class Grid(NamedTuple):
    """A table: of one workload, or of the targets."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def grids(figures: Sequence[Figure]) -> Iterator[Grid]:
    """Yield a table for each workload, in the order of the figures, and that of the targets."""
    for workload, group in groupby(figures, key=lambda figure: figure.workload):
        of_workload = list(group)
        names = {
            name: head
            for name, head in MEASURES.items()
            if any(name in figure.measures for figure in of_workload)
        }
        head = ["case", "events", "subject", *names.values(), "±", "runs", "×"]
        yield Grid(workload, head, [_row(figure, [*names], of_workload) for figure in of_workload])
    head = ["target", "ours", "against", "theirs", "events", "found", "must be", "verdict"]
    yield Grid(
        "what it must reach", head, [_target_row(judgement) for judgement in judged(figures)]
    )


def _row(figure: Figure, names: Sequence[str], figures: Sequence[Figure]) -> list[str]:
    medians = [
        number(figure.measures[name].median) if name in figure.measures else "" for name in names
    ]
    labels = [figure.case, f"{figure.events:,}", figure.subject]
    return [*labels, *medians, _spread(figure), str(figure.runs), _times(figure, figures)]


def _spread(figure: Figure) -> str:
    spread = figure.measures[figure.main]
    if spread.runs == 1:
        return ""
    return f"{(spread.high - spread.low) / 2 / spread.median:.0%}"


def _times(figure: Figure, figures: Sequence[Figure]) -> str:
    ours = ours_like(figure, figures)
    return number(ours.times(figure)) if ours else ""


def _target_row(judgement: Judged) -> list[str]:
    target, ours, theirs, events, _ = judgement
    sign = "at least" if target.at_least else "at most"
    return [
        target.what,
        "" if ours is None else _with_unit(target, ours),
        _against(judgement),
        "" if theirs is None else _with_unit(target, theirs),
        f"{events:,}" if events else "",
        "" if judgement.found is None else _held(target, judgement.found),
        f"{sign} {_held(target, target.limit)}",
        judgement.verdict,
    ]


def _against(judgement: Judged) -> str:
    match judgement.target.against:
        case int(events):
            return f"itself with {judgement.base_events or events:,}"
        case other:
            return other or ""


def _held(target: Target, value: float) -> str:
    return _with_unit(target, value) if target.against is None else f"{number(value)} ×"


def _with_unit(target: Target, value: float) -> str:
    return f"{number(value)} {UNITS[target.measure]}"


def show(report: Report, console: Console) -> None:
    """Print the tables, what the subjects are, and the machine."""
    for grid in grids(report.figures):
        table = Table(title=grid.title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
        for head in grid.head:
            table.add_column(head, justify="left" if head in _TEXTS else "right", overflow="fold")
        for row in grid.rows:
            table.add_row(*row)
        console.print(table)
    for line in (_NOTE, *_notes(report), "; ".join(_facts(report))):
        console.print(line, style="dim", highlight=False)


def _notes(report: Report) -> Iterator[str]:
    yield from (f"{name}: {about}" for name, about in report.rivals.items())
    yield from (f"{name} is missing: {reason}" for name, reason in report.missing.items())


def _facts(report: Report) -> Iterator[str]:
    yield f"measured: {report.measured_at}"
    yield from (f"{name}: {fact}" for name, fact in report.machine.items())
    yield "options: " + ", ".join(f"{name} {value}" for name, value in report.options.items())


def markdown(report: Report) -> str:
    """Return the report as Markdown."""
    lines = ["# Benchmark", "", *(f"- {fact}" for fact in _facts(report)), ""]
    for grid in grids(report.figures):
        lines += [f"## {grid.title}", "", _line(grid.head), _line(["---"] * len(grid.head))]
        lines += [*map(_line, grid.rows), ""]
    return "\n".join([*lines, _NOTE, "", *(f"- {note}" for note in _notes(report)), ""])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def as_json(report: Report) -> str:
    """Return the report with every spread in full."""
    whole = {
        "measured_at": report.measured_at,
        "machine": dict(report.machine),
        "options": dict(report.options),
        "rivals": dict(report.rivals),
        "missing": dict(report.missing),
        "targets": [_plain_target(judgement) for judgement in judged(report.figures)],
        "figures": [_plain(figure) for figure in report.figures],
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def _plain_target(judgement: Judged) -> dict[str, Any]:
    result = {
        "ours": judgement.ours,
        "theirs": judgement.theirs,
        "found": judgement.found,
        "found_events": judgement.events,
        "verdict": judgement.verdict,
    }
    return judgement.target._asdict() | result


def _plain(figure: Figure) -> dict[str, Any]:
    measures: dict[str, Any] = {
        name: Spread._asdict(spread) for name, spread in figure.measures.items()
    }
    return {
        "workload": figure.workload,
        "case": figure.case,
        "subject": figure.subject,
        "events": figure.events,
        "measures": measures,
    }


def write(report: Report, output: Path) -> list[Path]:
    """Write `output` with `.json` and `.md` at its end; return the paths."""
    output.parent.mkdir(parents=True, exist_ok=True)
    texts = {
        output.with_name(f"{output.name}.json"): as_json(report),
        output.with_name(f"{output.name}.md"): markdown(report),
    }
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    return list(texts)
