"""What was measured: the median of several runs, and how far the runs lie apart."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import Final, NamedTuple, Self

from bench.subjects import Communique

MEASURES: Final = {
    "events_per_second": "events/s",
    "submitted_per_second": "sent/s",
    "p50_ms": "p50 ms",
    "p99_ms": "p99 ms",
    "max_ms": "max ms",
    "event_us": "µs/event",
    "disk_bytes": "disk B/event",
    "server_cpu_us": "CPU µs",
    "event_bytes": "B/event",
    "seconds": "s",
    "mebibytes": "MiB",
    "answer_bytes": "bytes",
    "answer_elements": "elements",
}
"""Every measure with the head of its column; CPU and what had to be read from the disk are the
server's, for each event or question."""

UNITS: Final = {
    "events_per_second": "a second",
    "p50_ms": "ms",
    "p99_ms": "ms",
    "event_us": "µs",
    "server_cpu_us": "µs",
    "event_bytes": "B",
    "mebibytes": "MiB",
}
"""How the values of targets are read."""

MAIN_MEASURES: Final = (
    *("events_per_second", "p99_ms", "seconds", "event_us", "mebibytes", "event_bytes"),
)
"""The first of these that a figure has is what it is compared by; of all but the rate, less is
better."""

Sample = dict[str, float]
"""The measures of one run."""


class Spread(NamedTuple):
    """A measure over several runs."""

    median: float
    low: float
    high: float
    runs: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Return the spread of at least one value."""
        return cls(median(values), min(values), max(values), len(values))


@dataclass(frozen=True, slots=True)
class Figure:
    """A row of the table.

    Attributes:
        workload: what was done.
        subject: to what.
        case: which of the workload's cases; empty where there is one, or for all of them.
        events: how many were sent, or how long the log was.
        measures: by the names of `MEASURES`.
    """

    workload: str
    subject: str
    case: str
    events: int
    measures: Mapping[str, Spread]

    @property
    def main(self) -> str:
        """The name of the measure that the figure is compared by."""
        return next(name for name in MAIN_MEASURES if name in self.measures)

    @property
    def runs(self) -> int:
        """How many runs the figure is the median of."""
        return self.measures[self.main].runs

    def times(self, other: "Figure") -> float:
        """Return how many times as good as the other it is, by the main measure: above 1, better.

        That is how many times as fast, or how many times less.
        """
        mine, its = self.measures[self.main].median, other.measures[self.main].median
        return mine / its if self.main == "events_per_second" else its / mine


def figure(
    workload: str, subject: str, case: str, events: int, samples: Sequence[Sample]
) -> Figure:
    """Return the figure of several runs, at least one, which all have the same measures."""
    measures = {
        name: Spread.of([sample[name] for sample in samples])
        for name in MEASURES
        if name in samples[0]
    }
    return Figure(workload, subject, case, events, measures)


def percentile(ascending: Sequence[float], share: float) -> float:
    """Return the smallest value that at least that share of the values does not exceed.

    For example, of 1, 2, ... 200 the percentile 0.99 is 198: two values in 200 are greater.
    """
    return ascending[max(0, ceil(share * len(ascending)) - 1)]


def latencies(seconds: Iterable[float]) -> dict[str, float]:
    """Return `p50_ms`, `p99_ms` and `max_ms` of at least one duration."""
    ascending = sorted(seconds)
    return {
        "p50_ms": 1e3 * percentile(ascending, 0.50),
        "p99_ms": 1e3 * percentile(ascending, 0.99),
        "max_ms": 1e3 * ascending[-1],
    }


def number(value: float) -> str:
    """Return three digits or so, with thousands apart."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004  three digits


def ours_like(rival: Figure, figures: Sequence[Figure]) -> Figure | None:
    """Return our figure that another subject's is compared with; None for our own."""
    like = rival.workload, rival.case, rival.events, rival.main
    ours = (
        own
        for own in figures
        if own.subject == Communique.name and (own.workload, own.case, own.events, own.main) == like
    )
    return None if rival.subject == Communique.name else next(ours, None)
