"""The pattern of coded reports about two parties, from which a posture may be read.

A machine codes single rows wrongly, but not most of them. So a row says nothing by itself: what
counts is how many of the reports of some weeks that conflict or cooperate do which, and from a
number of events on a number of days on. The classes are the quad classes of PLOVER, without
consultations: enemies meet and call each other as friends do.

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
from communique.domain.model import Model, Word
from communique.domain.state.assertions import asserts_state
from communique.domain.state.posture import Posture, PostureBasis, PostureTrigger
from communique.domain.state.score_series import MILLIONTHS, Scale, millionths_of

WINDOWS: Final = (30, 90)
"""Days before the valid time over which reports are counted."""
EVENTS_NAMED_MAX: Final = 8


class Quad(IntEnum):
    """The class of a report."""

    MATERIAL_CONFLICT = -2
    VERBAL_CONFLICT = -1
    NEITHER = 0
    VERBAL_COOPERATION = 1
    MATERIAL_COOPERATION = 2
    CONSULTATION = 3


class PatternWindow(Model):
    """What was reported of two parties in the last `days` days: events, and days with any.

    Consultations are not counted as cooperation.
    """

    days: int
    event_count: int = 0
    day_count: int = 0
    cooperation_count: int = 0
    verbal_conflict_count: int = 0
    material_conflict_count: int = 0
    consultation_count: int = 0

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


class Counted(Word):
    """What of a window a rule counts, and of which events it asks for a share.

    Conflict is counted among what conflicts or cooperates, friendly reports among all events.
    """

    DEEDS = "conflict in deeds"
    CONFLICT = "any conflict"
    FRIENDLY = "cooperation and consultations"
    ANY = "any report"


class PatternRule(NamedTuple):
    """A rule holds where enough of the reports of a window say so.

    Attributes:
        name: of the rule.
        posture: what it speaks for.
        days: the window.
        counted: which events count.
        share_min: their least share.
        conflict_min: the least share of any conflict.
        events_min: the fewest events of the window.
        days_min: the fewest days on which there were any.
        counted_min: the fewest events that count.
    """

    name: str
    posture: Posture
    days: int
    counted: Counted
    share_min: float
    conflict_min: float
    events_min: int
    days_min: int
    counted_min: int


_P, _C = Posture, Counted
RULES: Final = (
    PatternRule("pattern-hostile", _P.CONFRONTATIONAL, 90, _C.DEEDS, 0.11, 0.45, 12, 5, 3),
    PatternRule("pattern-hostile-lately", _P.CONFRONTATIONAL, 30, _C.DEEDS, 0.3, 0.5, 8, 4, 5),
    PatternRule("pattern-tense", _P.STRAINED, 90, _C.CONFLICT, 0.4, 0.4, 5, 4, 3),
    PatternRule("pattern-tense-lately", _P.STRAINED, 30, _C.CONFLICT, 0.5, 0.5, 8, 4, 5),
    PatternRule("pattern-cooperative", _P.COOPERATIVE, 90, _C.FRIENDLY, 0.4, 0.0, 3, 3, 2),
    PatternRule("pattern-normal", _P.NORMAL, 90, _C.ANY, 0.0, 0.0, 3, 3, 0),
)
"""All rules, the strongest first; the last asks for enough reports alone."""

_QUADS: Final = {
    Counted.DEEDS: (Quad.MATERIAL_CONFLICT,),
    Counted.CONFLICT: (Quad.MATERIAL_CONFLICT, Quad.VERBAL_CONFLICT),
    Counted.FRIENDLY: (Quad.MATERIAL_COOPERATION, Quad.VERBAL_COOPERATION, Quad.CONSULTATION),
    Counted.ANY: tuple(Quad),
}
_CONSULT: Final = "CONSULT"
_CONSULT_ROOT: Final = "04"


def quad_of(claim: Claim) -> Quad | None:
    """Return the class of a claim as a report; None where it counts in no pattern.

    Only coded claims do that assert something.
    """
    if not claim.is_coded or not asserts_state(claim):
        return None
    row = claim.classification
    if row and (row.cameo_code[:2] == _CONSULT_ROOT or row.plover_code.upper() == _CONSULT):
        return Quad.CONSULTATION
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
        consultation_count=total(Quad.CONSULTATION),
    )


def pattern_triggers(pattern: Pattern) -> tuple[PostureTrigger, ...]:
    """Return the rules of conflict that hold, the strongest first, or else the strongest other.

    Each has its latest events.
    """
    windows = {window.days: window for window in pattern.windows}
    held = [rule for rule in RULES if rule.days in windows and _holds(rule, windows[rule.days])]
    conflicting = [rule for rule in held if rule.conflict_min]
    return tuple(
        PostureTrigger(
            rule=rule.name,
            posture=rule.posture,
            event_ids=tuple(
                event_id
                for quad in _QUADS[rule.counted]
                for event_id in pattern.latest.get(quad, ())
            )[:EVENTS_NAMED_MAX],
            basis=PostureBasis.CODED,
        )
        for rule in conflicting or held[:1]
    )


def _holds(rule: PatternRule, window: PatternWindow) -> bool:
    telling = window.conflict_count + window.cooperation_count
    counted, among = {
        Counted.DEEDS: (window.material_conflict_count, telling),
        Counted.CONFLICT: (window.conflict_count, telling),
        Counted.FRIENDLY: (
            window.cooperation_count + window.consultation_count,
            window.event_count,
        ),
        Counted.ANY: (window.event_count, window.event_count),
    }[rule.counted]
    return (
        window.event_count >= rule.events_min
        and window.day_count >= rule.days_min
        and counted >= max(rule.counted_min, rule.share_min * among)
        and window.conflict_count >= rule.conflict_min * telling
    )
