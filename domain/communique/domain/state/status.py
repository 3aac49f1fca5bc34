"""The bilateral status of a dyad, from the winning claim of each facet."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import chain
from typing import Any, Final, NamedTuple

from communique.domain.model import Model
from communique.domain.parties.party import Dyad
from communique.domain.state.element import Due, StatusElement
from communique.domain.state.facets import CAN_CHANGE, FacetKind, State
from communique.domain.state.pattern import NO_PATTERN, Pattern, PatternWindow, pattern_triggers
from communique.domain.state.posture import (
    Posture,
    PostureBasis,
    PostureTrigger,
    credible,
    held_rules,
    judged,
)
from communique.domain.state.resolved_as_of import ResolvedAsOf
from communique.domain.time.clocks import AsOf, last_of_day, passed


class BilateralStatus(Model):
    """How things stand between two parties as of a point; lists are sorted by facet."""

    dyad: str
    as_of: ResolvedAsOf
    posture: Posture
    posture_triggers: tuple[PostureTrigger, ...]
    relations: StatusElement | None = None
    last_meetings: tuple[StatusElement, ...] = ()
    upcoming_meetings: tuple[StatusElement, ...] = ()
    talks: tuple[StatusElement, ...] = ()
    stances: tuple[StatusElement, ...] = ()
    demands: tuple[StatusElement, ...] = ()
    proposals: tuple[StatusElement, ...] = ()
    commitments: tuple[StatusElement, ...] = ()
    measures: tuple[StatusElement, ...] = ()
    agreements: tuple[StatusElement, ...] = ()
    rulings: tuple[StatusElement, ...] = ()
    mediation: tuple[StatusElement, ...] = ()
    outlooks: tuple[StatusElement, ...] = ()
    reports: tuple[StatusElement, ...] = ()
    threats: tuple[StatusElement, ...] = ()
    accusations: tuple[StatusElement, ...] = ()
    expulsions: tuple[StatusElement, ...] = ()
    rules_version: int = 0
    posture_basis: PostureBasis = PostureBasis.NOTHING
    pattern: tuple[PatternWindow, ...] = ()

    @property
    def elements(self) -> tuple[StatusElement, ...]:
        """The elements of all facets, without the last certain elements below them."""
        lists = (getattr(self, name) for name in _LISTS.values())
        relations = (self.relations,) if self.relations else ()
        return (*relations, *chain.from_iterable(lists))


_LISTS: Final = {
    FacetKind.MEETING: "last_meetings",
    FacetKind.AGENDA: "upcoming_meetings",
    FacetKind.TALKS: "talks",
    FacetKind.STANCE: "stances",
    FacetKind.DEMAND: "demands",
    FacetKind.PROPOSAL: "proposals",
    FacetKind.COMMITMENT: "commitments",
    FacetKind.MEASURE: "measures",
    FacetKind.AGREEMENT: "agreements",
    FacetKind.RULING: "rulings",
    FacetKind.MEDIATION: "mediation",
    FacetKind.OUTLOOK: "outlooks",
    FacetKind.REPORT: "reports",
    FacetKind.THREAT: "threats",
    FacetKind.ACCUSATION: "accusations",
    FacetKind.EXPULSION: "expulsions",
}

_CLOSED: Final = frozenset({State.MET, State.ACCEPTED, State.LIFTED, State.ENDED, State.CANCELLED})
"""States that end a life cycle: their facets are no part of a status."""

UPCOMING_MAX: Final = timedelta(days=365)
"""How long after its date a plan of which nobody says what became stays among the upcoming."""
RULES_VERSION: Final = 4
"""Within one version the same question as of the same point is answered alike for ever."""


class FacetStanding(NamedTuple):
    """What a facet stands at, and what the curated claims alone make of it, if there are any."""

    element: StatusElement
    curated: StatusElement | None


def assemble(
    dyad: Dyad, as_of: AsOf, facets: Iterable[FacetStanding], pattern: Pattern = NO_PATTERN
) -> BilateralStatus:
    """Put the elements of a dyad's facets together as of a point, and judge the posture.

    Plans that are over may be left out. `pattern` is that of the coded reports of the dyad. This
    function decides everything else that depends on the valid time.
    """
    standing, stood, lasting = list[StatusElement](), list[StatusElement](), list[StatusElement]()
    reported = bool(pattern.windows)
    for element, curated in sorted(facets, key=lambda facet: facet.element.facet):
        is_plan = element.kind is FacetKind.AGENDA
        reported |= element.coded and not is_plan
        if shown := as_it_stands(element, as_of):
            standing.append(shown)
        if curated is None:
            continue
        # Most often the curated claims are all that there are.
        if still := shown if curated is element else as_it_stands(curated, as_of):
            stood.append(still)
        if not is_plan:
            lasting.append(curated)
    lists: dict[str, Any] = {}
    for element in standing:
        if name := _LISTS.get(element.kind):
            lists.setdefault(name, []).append(element)
    relations = (element for element in standing if element.kind is FacetKind.RELATIONS)
    rules = judged(
        held_rules(stood, as_of.valid),
        pattern_triggers(pattern),
        as_of.valid,
        is_recorded=any(map(credible, [*stood, *lasting])),
        is_reported=reported,
    )
    return BilateralStatus(
        dyad=str(dyad),
        as_of=ResolvedAsOf.of(as_of),
        posture=rules[0].posture,
        posture_triggers=rules,
        rules_version=RULES_VERSION,
        posture_basis=rules[0].basis,
        pattern=pattern.windows,
        relations=next(relations, None),
        **lists,
    )


def as_it_stands(winner: StatusElement, as_of: AsOf) -> StatusElement | None:
    """Return the winner as it stands at the valid time, or None where its life cycle is over.

    An end closes nothing that stands more surely, and an end that is contested is shown.
    """
    current = by_then(winner, as_of)
    is_over = all(_is_over(element, as_of) for element in (current, *current.surer_ones))
    return None if is_over else current


def by_then(winner: StatusElement, as_of: AsOf) -> StatusElement:
    """Return an element at the valid time: under way, or due.

    A date that has passed without a word of what happened changes no state: the element says what
    the state would be. The elements of surer claims below it are brought to the valid time, too.
    """
    changes: dict[str, object] = {}
    if _is_under_way(winner, as_of):
        changes["under_way"] = True
    if winner.scheduled is not None and winner.due is None and _is_due(winner):
        has_passed = passed(winner.scheduled, as_of)
        changes["due"] = Due.UNCONFIRMED if has_passed else Due.AHEAD
        changes["by_schedule"] = has_passed
    if winner.last_certain:
        changes["last_certain"] = by_then(winner.last_certain, as_of)
        changes["surer"] = tuple(by_then(element, as_of) for element in winner.surer)
    return winner.model_copy(update=changes) if changes else winner


def _is_due(element: StatusElement) -> bool:
    """Whether the date in an element is set for a change that its state still allows."""
    changed = CAN_CHANGE.get((element.kind, element.scheduled_state), frozenset[State]())
    return element.state is State.SCHEDULED or element.state in changed


def _is_under_way(element: StatusElement, as_of: AsOf) -> bool:
    """Whether an interval is running; a meeting with an open end only until its day was over.

    That is the day, in the zone of the meeting, on which the claim could be known.
    """
    occurred = element.occurred
    if not occurred.under_way_at(as_of.valid):
        return False
    if occurred.over is not None or element.kind is not FacetKind.MEETING:
        return True
    return as_of.valid <= last_of_day(element.known, occurred.zone)


def _is_over(element: StatusElement, as_of: AsOf) -> bool:
    """Whether a life cycle has ended, or the day of a planned meeting has long passed."""
    if element.kind is not FacetKind.AGENDA:
        return element.state in _CLOSED and not element.contested
    end = element.scheduled.over if element.scheduled else None
    is_open = element.state in {State.PLANNED, State.POSTPONED, State.SCHEDULED}
    return not is_open or (end is not None and end <= as_of.valid - UPCOMING_MAX)
