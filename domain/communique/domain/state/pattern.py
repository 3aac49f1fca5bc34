"""The pattern of coded reports about two parties, from which a posture may be read.

A machine codes single rows wrongly, but not most of them. So a row says nothing by itself: what
counts is how many of all that was reported of a dyad within some weeks conflicted or cooperated,
and from a number of events on a number of days on. Classes are the quad classes of PLOVER: verbal
and material cooperation, verbal and material conflict; other reports count in none of them.

`RULES` is calibrated on pairs of states whose relations of 2014 and 2018 are well known, with the
events of ICEWS: see `docs/posture.md`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from enum import IntEnum
from types import MappingProxyType
from typing import Final, NamedTuple
from uuid import UUID

from communique.domain.claims.event import Claim
from communique.domain.model import Model
from communique.domain.state.assertions import asserts_state
from communique.domain.state.posture import Posture, PostureBasis, PostureTrigger
from communique.domain.state.score_series import MILLIONTHS, Scale, millionths_of

WINDOWS: Final = (30, 90)
"""Days before the valid time over which reports are counted."""
EVENTS_NAMED_MAX: Final = 8


class Quad(IntEnum):
    """The quad class of a report."""

    MATERIAL_CONFLICT = -2
    VERBAL_CONFLICT = -1
    NEITHER = 0
    VERBAL_COOPERATION = 1
    MATERIAL_COOPERATION = 2


class PatternWindow(Model):
    """What was reported of two parties in the last `days` days: events, and days with any."""

    days: int
    event_count: int = 0
    day_count: int = 0
    cooperation_count: int = 0
    verbal_conflict_count: int = 0
    material_conflict_count: int = 0

    @property
    def conflict_count(self) -> int:
        """The events that conflict, in words or deeds."""
        return self.verbal_conflict_count + self.material_conflict_count


class DayCount(NamedTuple):
    """How many reports of one class there are of a day; both as numbers."""

    day: int
    quad: int
    age: timedelta
    event_count: int


class Pattern(NamedTuple):
    """The windows, the shortest first, and the latest reports of each class, at most eight."""

    windows: tuple[PatternWindow, ...] = ()
    latest: Mapping[int, tuple[UUID, ...]] = MappingProxyType({})


NO_PATTERN: Final[Pattern] = Pattern()


class PatternRule(NamedTuple):
    """A rule holds where enough of the reports of a window are of some classes.

    Attributes:
        name: of the rule.
        posture: what it speaks for.
        days: the window.
        quads: the classes that count.
        share_min: the least share of all events of the window.
        events_min: the fewest events of the window.
        days_min: the fewest days on which there were any.
        counted_min: the fewest events of these classes.
        outweighs: whether the events that conflict must outnumber those that cooperate.
    """

    name: str
    posture: Posture
    days: int
    quads: frozenset[Quad]
    share_min: float
    events_min: int
    days_min: int
    counted_min: int
    outweighs: bool = False


_MATERIAL: Final = frozenset({Quad.MATERIAL_CONFLICT})
_CONFLICT: Final = frozenset({Quad.MATERIAL_CONFLICT, Quad.VERBAL_CONFLICT})
_COOPERATION: Final = frozenset({Quad.VERBAL_COOPERATION, Quad.MATERIAL_COOPERATION})
_ANY: Final = frozenset(Quad)

RULES: Final = (
    PatternRule(
        "pattern-hostile", Posture.CONFRONTATIONAL, 90, _MATERIAL, 0.14, 12, 5, 5, outweighs=True
    ),
    PatternRule(
        "pattern-hostile-lately",
        Posture.CONFRONTATIONAL,
        30,
        _MATERIAL,
        0.3,
        8,
        4,
        5,
        outweighs=True,
    ),
    PatternRule("pattern-tense", Posture.STRAINED, 90, _CONFLICT, 0.22, 5, 4, 2),
    PatternRule("pattern-tense-lately", Posture.STRAINED, 30, _CONFLICT, 0.35, 5, 4, 3),
    PatternRule("pattern-cooperative", Posture.COOPERATIVE, 90, _COOPERATION, 0.5, 3, 3, 2),
    PatternRule("pattern-normal", Posture.NORMAL, 90, _ANY, 0.0, 3, 3, 0),
)
"""All rules, the strongest first; the last asks for enough reports alone."""


def quad_of(claim: Claim) -> Quad | None:
    """Return the class of a claim as a report; None where it counts in no pattern.

    Only coded claims do that assert something.
    """
    if not claim.is_coded or not asserts_state(claim):
        return None
    score = millionths_of(claim, Scale.PLOVER)
    return Quad.NEITHER if score is None else Quad(score // MILLIONTHS)


def windows_of(counts: Iterable[DayCount]) -> tuple[PatternWindow, ...]:
    """Return the windows of the counts of single days; none where nothing was reported."""
    counts = list(counts)
    if not counts:
        return ()
    return tuple(_window(days, counts) for days in WINDOWS)


def _window(days: int, counts: Sequence[DayCount]) -> PatternWindow:
    within = [count for count in counts if count.age < timedelta(days=days)]

    def total(*quads: Quad) -> int:
        return sum(count.event_count for count in within if count.quad in quads)

    return PatternWindow(
        days=days,
        event_count=total(*Quad),
        day_count=len({count.day for count in within}),
        cooperation_count=total(Quad.VERBAL_COOPERATION, Quad.MATERIAL_COOPERATION),
        verbal_conflict_count=total(Quad.VERBAL_CONFLICT),
        material_conflict_count=total(Quad.MATERIAL_CONFLICT),
    )


def pattern_triggers(pattern: Pattern) -> tuple[PostureTrigger, ...]:
    """Return the rules that hold, the strongest first, each with its latest events."""
    windows = {window.days: window for window in pattern.windows}
    return tuple(
        PostureTrigger(
            rule=rule.name,
            posture=rule.posture,
            event_ids=tuple(
                event_id for quad in sorted(rule.quads) for event_id in pattern.latest.get(quad, ())
            )[:EVENTS_NAMED_MAX],
            basis=PostureBasis.CODED,
        )
        for rule in RULES
        if rule.days in windows and _holds(rule, windows[rule.days])
    )


def _holds(rule: PatternRule, window: PatternWindow) -> bool:
    counted = _counted(rule.quads, window)
    if rule.outweighs and window.conflict_count <= window.cooperation_count:
        return False
    return (
        window.event_count >= rule.events_min
        and window.day_count >= rule.days_min
        and counted >= max(rule.counted_min, rule.share_min * window.event_count)
    )


def _counted(quads: frozenset[Quad], window: PatternWindow) -> int:
    if quads == _COOPERATION:
        return window.cooperation_count
    if quads == _MATERIAL:
        return window.material_conflict_count
    return window.conflict_count if quads == _CONFLICT else window.event_count
