"""What the service must reach; each target is judged by the figures of one run."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from bench.figures import Figure
from bench.subjects import BitemporalTable, Communique, Echo, Library, PostgreSql, UmaDb

GROWS_FROM: Final = 100_000
"""Growth is told from so many events on; in shorter runs from as many as there are."""


class Target(NamedTuple):
    """One row.

    Attributes:
        what: in words.
        workload, case, measure: which of our figures it is about; that of the most events counts,
            of the most that both have where there is another's.
        against: whose figure ours is divided by; or the number of events at which that was our own;
            or None for our figure itself.
        limit: what the quotient, or the figure, may be.
        at_least: whether more is better; else the limit is the most that it may be.
        events: how many events the figure must be of, no more and no less; 0 for any.
    """

    what: str
    workload: str
    case: str
    measure: str
    against: str | int | None
    limit: float
    at_least: bool = False
    events: int = 0


_RATE: Final = "events_per_second"
_CPU: Final = "server_cpu_us"
_QUIET, _BUSIEST = "quiet, all three random", "busiest, all three random"
_TAKEN_IN, _ANSWERED = "recorded", "and answered"
_SMALL: Final = 30_000

TARGETS: Final = (
    Target("taken in, batches of 500", "import", _TAKEN_IN, _RATE, UmaDb.name, 0.25, at_least=True),
    Target(
        "taken in until the views answer",
        *("import", _ANSWERED, _RATE, BitemporalTable.name, 0.7),
        at_least=True,
    ),
    Target(
        "taken in until the views answer",
        *("import", _ANSWERED, _RATE, Library.name, 12),
        at_least=True,
    ),
    Target("rebuild, CPU an event", "rebuild", "", _CPU, None, 50),
    Target("submit, one a call", "submit-one", _TAKEN_IN, _RATE, Echo.name, 0.6, at_least=True),
    Target("status of a quiet pair, p50", "status", _QUIET, "p50_ms", Echo.name, 1.5),
    Target(
        "status of the busiest pair, p99", "status", _BUSIEST, "p99_ms", None, 2.5, events=_SMALL
    ),
    Target(
        "the same with the largest log", "status", _BUSIEST, "p99_ms", PostgreSql.name, limit=0.1
    ),
    Target("size of the views", "space", "views", "event_bytes", None, 600),
    Target("growth: taken in", "growth", "submit", "event_us", GROWS_FROM, 1.4),
    Target("growth: answered", "growth", "answered", "event_us", GROWS_FROM, 1.4),
    Target("growth: read", "growth", "read", "event_us", GROWS_FROM, 1.4),
    Target("memory while importing", "memory", "while importing", "mebibytes", None, 300),
)


class Judged(NamedTuple):
    """What was found about a target.

    Attributes:
        ours: our figure.
        theirs: the one that it is divided by; None without one.
        events: how many events both are of, ours if they differ; 0 where nothing was found.
        base_events: how many the other one is of.
    """

    target: Target
    ours: float | None = None
    theirs: float | None = None
    events: int = 0
    base_events: int = 0

    @property
    def found(self) -> float | None:
        """What is held against the limit; None where nothing was measured."""
        if self.ours is None or self.target.against is None:
            return self.ours
        return self.ours / self.theirs if self.theirs else None

    @property
    def verdict(self) -> str:
        """In words."""
        if self.found is None:
            return "not measured"
        limit, at_least = self.target.limit, self.target.at_least
        is_met = self.found >= limit if at_least else self.found <= limit
        return "met" if is_met else "not met"


def judged(figures: Sequence[Figure]) -> list[Judged]:
    """Judge all targets by figures."""
    return [_judged(target, figures) for target in TARGETS]


def _judged(target: Target, figures: Sequence[Figure]) -> Judged:
    ours = _values(target, Communique.name, figures)
    theirs, pairs = ours, [(events, events) for events in ours]
    if isinstance(target.against, str):
        theirs = _values(target, target.against, figures)
        pairs = [pair for pair in pairs if pair[0] in theirs]
    elif target.against is not None:
        bases = [events for events in list(ours)[:-1] if events <= target.against]
        pairs = [(max(ours), bases[-1])] if bases else []
    if not pairs:
        return Judged(target)
    events, base_events = pairs[-1]
    base = None if target.against is None else theirs[base_events]
    return Judged(target, ours[events], base, events, base_events)


def _values(target: Target, subject: str, figures: Sequence[Figure]) -> dict[int, float]:
    """The values of a subject that a target is about by events, the most events last."""
    wanted = target.workload, target.case, subject
    values = {
        figure.events: figure.measures[target.measure].median
        for figure in figures
        if (figure.workload, figure.case, figure.subject) == wanted
        and target.measure in figure.measures
        and target.events in {0, figure.events}
    }
    return dict(sorted(values.items()))
