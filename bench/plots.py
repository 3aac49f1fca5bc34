"""The figures as pictures: how much better than the rivals, and what the history's length does."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Picture

from bench.figures import Figure, ours_like
from bench.subjects import Communique

_ROW_INCHES: Final = 0.28
_WIDTH_INCHES: Final = 9.0
_GOOD, _BAD = "#2a7f62", "#b5533c"
_LINES_OF_ONE_STYLE: Final = 10
_BUSIEST: Final = "busiest, all three random"
"""Of the many cases of questions, only these are drawn against the length of the history."""

Lines: TypeAlias = Mapping[str, Sequence[tuple[int, float]]]


def drawn(figures: Sequence[Figure], output: Path) -> list[Path]:
    """Write `output` with `-ratios.svg` and so on at its end; return what there was to draw."""
    pictures = {
        "ratios": _ratios(figures),
        "latency": _by_events("p99 ms", _lines(figures, "p99_ms", _BUSIEST)),
        "cost": _by_events("microseconds an event", _lines(figures, "event_us")),
    }
    paths = []
    # The same figures make the same file.
    with mpl.rc_context({"svg.hashsalt": "bench"}):
        for name, picture in pictures.items():
            if picture is not None:
                path = output.with_name(f"{output.name}-{name}.svg")
                picture.savefig(path, metadata={"Date": None}, bbox_inches="tight")
                paths.append(path)
    return paths


def _ratios(figures: Sequence[Figure]) -> Picture | None:
    """A bar for each figure of a rival: to the right of 1 where ours is better."""
    compared = [(figure, ours) for figure in figures if (ours := ours_like(figure, figures))]
    if not compared:
        return None
    names = [f"{_name(figure)}, {figure.events:,}: {figure.subject}" for figure, _ in compared]
    ratios = [ours.times(figure) for figure, ours in compared]
    picture, axes = _picture(len(ratios))
    colours = [_GOOD if ratio >= 1 else _BAD for ratio in ratios]
    # Bars that begin at 1, on a scale where twice and half are equally far from it.
    axes.barh(names, [ratio - 1 for ratio in ratios], left=1, color=colours)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set(xscale="log", xlabel="times as good ours is")
    axes.invert_yaxis()
    return picture


def _lines(figures: Sequence[Figure], measure: str, cases: str = "") -> Lines:
    """Return the values of a measure by the number of events, for each case with several."""
    lines: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for figure in figures:
        if figure.subject == Communique.name and figure.main == measure and cases in figure.case:
            lines[_name(figure)].append((figure.events, figure.measures[measure].median))
    return {name: sorted(line) for name, line in lines.items() if len(line) > 1}


def _by_events(label: str, lines: Lines) -> Picture | None:
    if not lines:
        return None
    picture, axes = _picture(len(lines))
    for number, (name, line) in enumerate(lines.items()):
        style = ("-", "--")[number // _LINES_OF_ONE_STYLE % 2]
        axes.plot(*zip(*line, strict=True), linestyle=style, marker="o", label=name)
    axes.set(xscale="log", yscale="log", xlabel="events in the log", ylabel=label)
    axes.legend(fontsize="small", loc="upper left", bbox_to_anchor=(1, 1))
    axes.grid(which="both", alpha=0.3)
    return picture


def _picture(rows: int) -> tuple[Picture, Axes]:
    picture = Picture(figsize=(_WIDTH_INCHES, max(3.0, rows * _ROW_INCHES)))
    return picture, picture.add_subplot()


def _name(figure: Figure) -> str:
    return f"{figure.workload} {figure.case}".strip()
