"""The figures as people and programs read them: a table, Markdown, JSON."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from bench.figures import MEASURES, Figure, Spread
from bench.subjects import FLOORS

_NOTE = (
    "Each figure is the median of its runs; ± is half the distance from the lowest to the highest "
    "run. CPU is the server's, for each event or question. × says how many times the floor's "
    "figure it is."
)


@dataclass(frozen=True, slots=True)
class Report:
    """All that one benchmark found.

    `measured_at` is an RFC 3339 instant, `options` are those of the command line.
    """

    measured_at: str
    machine: Mapping[str, str]
    options: Mapping[str, object]
    figures: Sequence[Figure]


def header(figures: Sequence[Figure]) -> list[str]:
    """Return the heads of the columns; measures that no figure has get none."""
    floors = [f"× {name}" for name in FLOORS]
    measures = _measured(figures).values()
    return ["workload", "case", "subject", "events", *measures, "±", "runs", *floors]


def rows(figures: Sequence[Figure]) -> Iterator[list[str]]:
    """Yield a row of the table for each figure."""
    names = _measured(figures)
    for one in figures:
        what = [one.workload, one.case, one.subject, f"{one.events:,}"]
        found = [
            _number(one.measures[name].median) if name in one.measures else "" for name in names
        ]
        floors = [_times(one, floor, figures) for floor in FLOORS]
        yield [*what, *found, _spread(one), str(one.runs), *floors]


def show(report: Report, console: Console) -> None:
    """Print the table, with the workloads as headings."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for head in header(report.figures)[1:]:
        is_text = head in {"case", "subject"}
        table.add_column(head, justify="left" if is_text else "right", overflow="fold")
    workload = ""
    for row in rows(report.figures):
        if row[0] != workload:
            workload = row[0]
            table.add_section()
            table.add_row(f"[bold]{workload}[/bold]")
        table.add_row(*row[1:])
    console.print(table)
    console.print(_NOTE, style="dim")
    facts = "; ".join(f"{name}: {fact}" for name, fact in report.machine.items())
    console.print(f"{report.measured_at}; {facts}", style="dim", highlight=False)


def markdown(report: Report) -> str:
    """Return the report as Markdown."""
    facts = {"measured": report.measured_at} | dict(report.machine)
    facts["options"] = ", ".join(f"{name} {value}" for name, value in report.options.items())
    lines = ["# Benchmark", "", *(f"- {name}: {fact}" for name, fact in facts.items()), ""]
    head = header(report.figures)
    lines += [_line(head), _line(["---"] * len(head))]
    lines += [_line(row) for row in rows(report.figures)]
    return "\n".join([*lines, "", _NOTE, ""])


def as_json(report: Report) -> str:
    """Return the report with every spread in full."""
    figures = [_plain(one) for one in report.figures]
    whole = {
        "measured_at": report.measured_at,
        "machine": dict(report.machine),
        "options": dict(report.options),
        "figures": figures,
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def write(report: Report, output: Path) -> list[Path]:
    """Write `output` with `.json` and `.md` at its end; return the two paths."""
    output.parent.mkdir(parents=True, exist_ok=True)
    texts = {
        output.with_name(f"{output.name}.json"): as_json(report),
        output.with_name(f"{output.name}.md"): markdown(report),
    }
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    return [*texts]


def _measured(figures: Sequence[Figure]) -> dict[str, str]:
    occurring = {name for one in figures for name in one.measures}
    return {name: head for name, head in MEASURES.items() if name in occurring}


def _spread(one: Figure) -> str:
    spread = one.measures[one.main]
    if spread.runs == 1:
        return ""
    return f"{(spread.high - spread.low) / 2 / spread.median:.0%}"


def _number(value: float) -> str:
    """Return three digits or so, with thousands apart."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004  three digits


def _times(one: Figure, floor: str, figures: Sequence[Figure]) -> str:
    """Compare with the floor's figure of the same workload, and of as many events if there is."""
    floors = [
        it
        for it in figures
        if (it.workload, it.subject, it.main) == (one.workload, floor, one.main)
    ]
    if not floors or one.subject in FLOORS:
        return ""
    return _number(one.times(min(floors, key=lambda it: abs(it.events - one.events))))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(one: Figure) -> dict[str, Any]:
    measures: dict[str, Any] = {name: Spread._asdict(it) for name, it in one.measures.items()}
    return {
        "workload": one.workload,
        "case": one.case,
        "subject": one.subject,
        "events": one.events,
        "measures": measures,
    }
