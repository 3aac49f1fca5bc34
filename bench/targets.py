"""What the service must reach and aims at; each target is judged by the figures of one run."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from bench.figures import Figure
from bench.subjects import Communique, DuckDb, Echo, Library, PostgreSql, UmaDb

MILLION: Final = 1_000_000
"""Ten of them is the size that the targets of scale are about."""


class Target(NamedTuple):
    """One row.

    Attributes:
        what: in words.
        workload, case, measure: which of our figures it is about; that of the most events counts.
        against: the rival or floor that ours is a multiple of, by how much better it is; or the
            number of events at which ours is compared with itself; or nothing.
        at_least: what it must reach; None where there is only an aim.
        aim: what it should reach. Both are limits below where `against` is a rival, else above.
        events: how many events the figure must be of; with fewer, the verdict says so.
    """

    what: str
    workload: str
    case: str
    measure: str
    against: str | int | None
    at_least: float | None
    aim: float
    events: int = 0


_RATE: Final = "events_per_second"
_FLAT: Final = 1.1
"""A ratio of costs that is not told apart from 1."""
_BUSIEST: Final = "busiest, all three random"

TARGETS: Final = (
    Target("submit, one event a call", "submit-one", "recorded", _RATE, Echo.name, 0.7, 0.9),
    Target("ingest, batches of 500", "import", "recorded", _RATE, UmaDb.name, 0.3, 1),
    Target("the same, call after call", "submit-batch", "recorded", _RATE, UmaDb.name, 0.3, 1),
    Target("ingest until answered", "import", "and answered", _RATE, Library.name, 3, 6),
    Target("read the whole log", "read", "", _RATE, UmaDb.name, 1, 2),
    Target("rebuild all read models", "rebuild", "", _RATE, Library.name, 3, 10),
    Target("status, busiest dyad", "status", _BUSIEST, "p99_ms", DuckDb.name, 10, 10),
    Target("status, busiest dyad", "status", _BUSIEST, "p99_ms", PostgreSql.name, 5, 5),
    Target("status, busiest dyad", "status", _BUSIEST, "p99_ms", None, None, 2),
    Target("status at full size", "status", _BUSIEST, "p99_ms", 10_000, 3, 1.5, 10 * MILLION),
    Target("start", "start", "after a stop", "seconds", None, 1, 0.3, 10 * MILLION),
    Target("memory", "memory", "while importing", "mebibytes", None, 300, 150, 10 * MILLION),
    Target("memory", "memory", "while answering", "mebibytes", None, 300, 150, 10 * MILLION),
    Target("1,000 subscribers", "subscribers", "1,000 events/s", "p99_ms", None, 100, 20),
    Target("growth: submit", "growth", "submit", "event_us", 100_000, 1.5, _FLAT, 10 * MILLION),
    Target("growth: project", "growth", "answered", "event_us", 100_000, 1.5, _FLAT, 10 * MILLION),
    Target("growth: read", "growth", "read", "event_us", 100_000, 1.5, _FLAT, 10 * MILLION),
)


class Found(NamedTuple):
    """What was found, and of how many events."""

    value: float
    events: int


class Judged(NamedTuple):
    """A target, what was found (None where nothing was), of how many events, and the verdict."""

    target: Target
    found: float | None
    events: int
    verdict: str


def judged(figures: Sequence[Figure]) -> list[Judged]:
    """Judge all targets by figures."""
    return [_judged(target, figures) for target in TARGETS]


def _judged(target: Target, figures: Sequence[Figure]) -> Judged:
    measured = _found(target, _figures(target, Communique.name, figures), figures)
    if measured is None:
        return Judged(target, None, 0, "not measured")
    verdict = _verdict(target, measured.value)
    if measured.events < target.events:
        verdict += f" at {measured.events:,} events"
    return Judged(target, measured.value, measured.events, verdict)


def _figures(target: Target, subject: str, figures: Sequence[Figure]) -> list[Figure]:
    """The figures of a subject that a target is about, those of the most events last."""
    wanted = target.workload, target.case, subject
    figures_of_target = [
        figure
        for figure in figures
        if (figure.workload, figure.case, figure.subject) == wanted
        and target.measure in figure.measures
    ]
    return sorted(figures_of_target, key=lambda figure: figure.events)


def _found(target: Target, ours: Sequence[Figure], figures: Sequence[Figure]) -> Found | None:
    """Return what is held against the target: a ratio, or our figure itself."""
    match target.against:
        case None:
            return Found(_value(target, ours[-1]), ours[-1].events) if ours else None
        case int(base):
            return _times_its_own(target, ours, base)
        case str(rival):
            return _times_as_good(target, ours, _figures(target, rival, figures))


def _times_its_own(target: Target, ours: Sequence[Figure], base_events: int) -> Found | None:
    """Compare the figure of the most events with that of about so many."""
    bases = [figure for figure in ours[:-1] if figure.events <= base_events]
    if not bases:
        return None
    return Found(_value(target, ours[-1]) / _value(target, bases[-1]), ours[-1].events)


def _times_as_good(
    target: Target, ours: Sequence[Figure], theirs: Sequence[Figure]
) -> Found | None:
    """Compare the figures of the most events that both have."""
    values = {figure.events: _value(target, figure) for figure in theirs}
    both = [(figure.events, _value(target, figure)) for figure in ours if figure.events in values]
    if not both:
        return None
    events, value = both[-1]
    their_value = values[events]
    return Found(value / their_value if target.measure == _RATE else their_value / value, events)


def _value(target: Target, figure: Figure) -> float:
    return figure.measures[target.measure].median


def _verdict(target: Target, value: float) -> str:
    if _holds(target, value, target.aim):
        return "aim met"
    is_met = target.at_least is not None and _holds(target, value, target.at_least)
    return "met" if is_met else "not met"


def _holds(target: Target, value: float, limit: float) -> bool:
    return value >= limit if isinstance(target.against, str) else value <= limit
