"""The posture of two parties by written rules, each with the events that make it hold.

The strongest rule that holds decides the posture; an answer has all rules that hold. They are for
curated claims alone: what machines coded is judged by its `pattern`. Only certain and probable
claims count, and so do the surer ones beneath them: the less sure takes nothing away.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Final, NamedTuple
from uuid import UUID

from communique.domain.claims.values import Certainty
from communique.domain.model import Model, Word
from communique.domain.state.element import StatusElement
from communique.domain.state.facets import FacetKind, State

_CREDIBLE: Final = frozenset({Certainty.CERTAIN, Certainty.PROBABLE})
RECENT_DAYS: Final = 365
"""While a rule holds by claims of so many days, curated claims decide the posture."""


class Posture(Word):
    """How two parties stand towards each other in one word, the weakest first."""

    UNKNOWN = "UNKNOWN"
    NORMAL = "NORMAL"
    COOPERATIVE = "COOPERATIVE"
    STRAINED = "STRAINED"
    CONFRONTATIONAL = "CONFRONTATIONAL"
    SEVERED = "SEVERED"


_STRENGTH: Final = {posture: number for number, posture in enumerate(Posture)}


class PostureBasis(Word):
    """What a posture rests on: curated claims, the pattern of coded ones, or nothing."""

    CURATED = "CURATED"
    CODED = "CODED"
    NOTHING = "NOTHING"


class PostureTrigger(Model):
    """A rule that holds, its posture, and the events that make it hold."""

    rule: str
    posture: Posture
    event_ids: tuple[UUID, ...] = ()
    basis: PostureBasis = PostureBasis.CURATED


class HeldRule(NamedTuple):
    """A rule that holds by curated claims, and when the last of them began."""

    trigger: PostureTrigger
    last_began: datetime


class Rule(NamedTuple):
    """A rule holds for elements of a kind in one of the states.

    With `days`, only elements that occurred at most so many days before the valid time count.
    """

    name: str
    posture: Posture
    kind: FacetKind
    states: frozenset[State]
    days: int | None = None


def _stands(kind: FacetKind, *states: State) -> tuple[FacetKind, frozenset[State]]:
    return kind, frozenset(states or set(State) - {State.SCHEDULED})


_K, _S, _P = FacetKind, State, Posture

RULES: Final = (
    Rule("relations-severed", _P.SEVERED, *_stands(_K.RELATIONS, _S.SEVERED)),
    Rule("ambassador-recalled", _P.CONFRONTATIONAL, *_stands(_K.RELATIONS, _S.AMBASSADOR_RECALLED)),
    Rule("relations-downgraded", _P.CONFRONTATIONAL, *_stands(_K.RELATIONS, _S.DOWNGRADED), 365),
    Rule("diplomats-expelled", _P.CONFRONTATIONAL, *_stands(_K.EXPULSION), 365),
    Rule("agreement-under-notice", _P.CONFRONTATIONAL, *_stands(_K.AGREEMENT, _S.UNDER_NOTICE)),
    Rule("talks-refused", _P.STRAINED, *_stands(_K.TALKS, _S.REFUSED)),
    Rule("talks-suspended", _P.STRAINED, *_stands(_K.TALKS, _S.SUSPENDED)),
    Rule("measure-announced", _P.STRAINED, *_stands(_K.MEASURE, _S.ANNOUNCED)),
    Rule("measure-in-force", _P.STRAINED, *_stands(_K.MEASURE, _S.IN_FORCE)),
    Rule("demand-rejected", _P.STRAINED, *_stands(_K.DEMAND, _S.REJECTED), 365),
    Rule("proposal-rejected", _P.STRAINED, *_stands(_K.PROPOSAL, _S.REJECTED), 365),
    Rule("threat-made", _P.STRAINED, *_stands(_K.THREAT), 90),
    Rule("accusation-made", _P.STRAINED, *_stands(_K.ACCUSATION), 30),
    Rule("outlook-negative", _P.STRAINED, *_stands(_K.OUTLOOK, _S.NEGATIVE), 90),
    Rule("talks-under-way", _P.COOPERATIVE, *_stands(_K.TALKS, _S.AGREED, _S.RESUMED)),
    Rule("meeting-held", _P.COOPERATIVE, *_stands(_K.MEETING), 90),
    Rule(
        "agreement-concluded", _P.COOPERATIVE, *_stands(_K.AGREEMENT, _S.SIGNED, _S.IN_FORCE), 365
    ),
    Rule("outlook-positive", _P.COOPERATIVE, *_stands(_K.OUTLOOK, _S.POSITIVE), 90),
)
"""All rules, the strongest first."""


def held_rules(standing: Iterable[StatusElement], valid: datetime) -> list[HeldRule]:
    """Return the rules that hold at a valid time (aware UTC), the strongest first."""
    by_kind: dict[FacetKind, list[StatusElement]] = {}
    for element in chain.from_iterable(map(_counted, standing)):
        by_kind.setdefault(element.kind, []).append(element)
    held: list[HeldRule] = []
    for rule in RULES:
        elements = [it for it in by_kind.get(rule.kind, ()) if _holds(rule, it, valid)]
        if elements:
            event_ids = tuple(dict.fromkeys(element.event_ids[0] for element in elements))
            trigger = PostureTrigger(rule=rule.name, posture=rule.posture, event_ids=event_ids)
            held.append(HeldRule(trigger, max(it.occurred.earliest for it in elements)))
    return held


def judged(
    held: Sequence[HeldRule],
    coded: Sequence[PostureTrigger],
    valid: datetime,
    *,
    is_recorded: bool,
    is_reported: bool,
) -> tuple[PostureTrigger, ...]:
    """Return the rules by which a posture is decided, then those of the other basis that are worse.

    While a rule holds by curated claims of the last year, these decide; or else the pattern of
    coded ones does. Where no rule holds, that is `nothing-strains` if `is_recorded` says that any
    credible curated claim stands or stood; `too-few-reports` if there are coded ones; or
    `nothing-recorded`.
    """
    curated = [rule.trigger for rule in held]
    is_recent = any(valid - it.last_began <= timedelta(days=RECENT_DAYS) for it in held)
    if curated and (is_recent or not coded):
        return (*curated, *_worse(coded, curated[0]))
    if coded:
        return (*coded, *_worse(curated, coded[0]))
    if is_recorded:
        return (PostureTrigger(rule="nothing-strains", posture=Posture.NORMAL),)
    rule = "too-few-reports" if is_reported else "nothing-recorded"
    nothing = PostureBasis.NOTHING
    return (PostureTrigger(rule=rule, posture=Posture.UNKNOWN, basis=nothing),)


def _worse(triggers: Iterable[PostureTrigger], than: PostureTrigger) -> list[PostureTrigger]:
    """Return what speaks for a posture that is strained or more, and stronger than another."""
    least = max(_STRENGTH[than.posture] + 1, _STRENGTH[Posture.STRAINED])
    return [it for it in triggers if _STRENGTH[it.posture] >= least]


def credible(element: StatusElement) -> bool:
    """Whether an element, or a surer one below it, is certain or probable."""
    return any(_counted(element))


def _counted(element: StatusElement) -> Iterator[StatusElement]:
    """Yield the credible ones of an element and of the surer ones below it: each only adds."""
    yield from (it for it in (element, *element.surer_ones) if it.certainty in _CREDIBLE)


def _holds(rule: Rule, element: StatusElement, valid: datetime) -> bool:
    if element.state not in rule.states or rule.days is None:
        return element.state in rule.states
    return valid - element.occurred.earliest <= timedelta(days=rule.days)
