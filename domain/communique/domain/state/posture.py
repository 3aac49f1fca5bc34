"""The posture of two parties by written rules, each with the events that make it hold.

The strongest rule that holds decides the posture; an answer has all rules that hold. Only certain
and probable claims count, and so do the surer ones beneath them: the less sure takes nothing away.
Reports are of CAMEO root codes: 03 to 08 cooperate, 10 to 17 conflict, 18 to 20 use force.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import chain
from typing import Final, NamedTuple
from uuid import UUID

from communique.domain.claims.values import Certainty
from communique.domain.model import Model, Word
from communique.domain.state.element import StatusElement
from communique.domain.state.facets import FacetKind, State

_CREDIBLE: Final = frozenset({Certainty.CERTAIN, Certainty.PROBABLE})
_FORCE: Final = frozenset({"18", "19", "20"})
_CONFLICT: Final = frozenset({"10", "11", "12", "13", "14", "15", "16", "17"})
_COOPERATION: Final = frozenset({"03", "04", "05", "06", "07", "08"})


class Posture(Word):
    """How two parties stand towards each other in one word, the weakest first."""

    UNKNOWN = "UNKNOWN"
    NORMAL = "NORMAL"
    COOPERATIVE = "COOPERATIVE"
    STRAINED = "STRAINED"
    CONFRONTATIONAL = "CONFRONTATIONAL"
    SEVERED = "SEVERED"


class PostureTrigger(Model):
    """A rule that holds, its posture, and the events that make it hold."""

    rule: str
    posture: Posture
    event_ids: tuple[UUID, ...] = ()


class Rule(NamedTuple):
    """A rule holds for elements of a kind whose state, or of a report the root code, is in `words`.

    With `days`, only elements that occurred at most so many days before the valid time count.
    """

    name: str
    posture: Posture
    kind: FacetKind
    words: frozenset[str]
    days: int | None = None


def _stands(kind: FacetKind, *states: State) -> tuple[FacetKind, frozenset[str]]:
    return kind, frozenset(states or set(State) - {State.SCHEDULED})


_K, _S, _P = FacetKind, State, Posture

RULES: Final = (
    Rule("relations-severed", _P.SEVERED, *_stands(_K.RELATIONS, _S.SEVERED)),
    Rule("ambassador-recalled", _P.CONFRONTATIONAL, *_stands(_K.RELATIONS, _S.AMBASSADOR_RECALLED)),
    Rule("relations-downgraded", _P.CONFRONTATIONAL, *_stands(_K.RELATIONS, _S.DOWNGRADED), 365),
    Rule("diplomats-expelled", _P.CONFRONTATIONAL, *_stands(_K.EXPULSION), 365),
    Rule("agreement-under-notice", _P.CONFRONTATIONAL, *_stands(_K.AGREEMENT, _S.UNDER_NOTICE)),
    Rule("force-reported", _P.CONFRONTATIONAL, _K.REPORT, _FORCE, 90),
    Rule("talks-refused", _P.STRAINED, *_stands(_K.TALKS, _S.REFUSED)),
    Rule("talks-suspended", _P.STRAINED, *_stands(_K.TALKS, _S.SUSPENDED)),
    Rule("measure-announced", _P.STRAINED, *_stands(_K.MEASURE, _S.ANNOUNCED)),
    Rule("measure-in-force", _P.STRAINED, *_stands(_K.MEASURE, _S.IN_FORCE)),
    Rule("demand-rejected", _P.STRAINED, *_stands(_K.DEMAND, _S.REJECTED), 365),
    Rule("proposal-rejected", _P.STRAINED, *_stands(_K.PROPOSAL, _S.REJECTED), 365),
    Rule("threat-made", _P.STRAINED, *_stands(_K.THREAT), 90),
    Rule("accusation-made", _P.STRAINED, *_stands(_K.ACCUSATION), 30),
    Rule("outlook-negative", _P.STRAINED, *_stands(_K.OUTLOOK, _S.NEGATIVE), 90),
    Rule("conflict-reported", _P.STRAINED, _K.REPORT, _CONFLICT, 30),
    Rule("talks-under-way", _P.COOPERATIVE, *_stands(_K.TALKS, _S.AGREED, _S.RESUMED)),
    Rule("meeting-held", _P.COOPERATIVE, *_stands(_K.MEETING), 90),
    Rule(
        "agreement-concluded", _P.COOPERATIVE, *_stands(_K.AGREEMENT, _S.SIGNED, _S.IN_FORCE), 365
    ),
    Rule("outlook-positive", _P.COOPERATIVE, *_stands(_K.OUTLOOK, _S.POSITIVE), 90),
    Rule("cooperation-reported", _P.COOPERATIVE, _K.REPORT, _COOPERATION, 30),
)
"""All rules, the strongest first."""


def triggers(
    standing: Iterable[StatusElement], valid: datetime, *, is_recorded: bool = False
) -> tuple[PostureTrigger, ...]:
    """Return the rules that hold at a valid time (aware UTC), the strongest first; at least one.

    Without a rule of `RULES`, that is `nothing-strains` if any credible element stands, or
    `is_recorded` says that one did, and `nothing-recorded` otherwise.
    """
    by_kind: dict[FacetKind, list[StatusElement]] = {}
    for element in chain.from_iterable(map(_counted, standing)):
        by_kind.setdefault(element.kind, []).append(element)
    held: list[PostureTrigger] = []
    for rule in RULES:
        elements = by_kind.get(rule.kind, ())
        ids = (element.event_ids[0] for element in elements if _holds(rule, element, valid))
        if event_ids := tuple(dict.fromkeys(ids)):
            trigger = PostureTrigger(rule=rule.name, posture=rule.posture, event_ids=event_ids)
            held.append(trigger)
    if held:
        return tuple(held)
    if by_kind or is_recorded:
        return (PostureTrigger(rule="nothing-strains", posture=Posture.NORMAL),)
    return (PostureTrigger(rule="nothing-recorded", posture=Posture.UNKNOWN),)


def credible(element: StatusElement) -> bool:
    """Whether an element, or a surer one below it, is certain or probable."""
    return any(_counted(element))


def _counted(element: StatusElement) -> Iterator[StatusElement]:
    """Yield the credible ones of an element and of the surer ones below it: each only adds."""
    yield from (it for it in (element, *element.surer_ones) if it.certainty in _CREDIBLE)


def _holds(rule: Rule, element: StatusElement, valid: datetime) -> bool:
    word = element.facet[-2:] if rule.kind is FacetKind.REPORT else element.state
    if word not in rule.words or rule.days is None:
        return word in rule.words
    return valid - element.occurred.earliest <= timedelta(days=rule.days)
