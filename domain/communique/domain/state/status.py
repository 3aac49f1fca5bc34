"""The bilateral status of a dyad: elements put together from the winning claim of each facet."""

from collections.abc import Iterable
from datetime import datetime
from itertools import chain
from operator import attrgetter
from typing import Any, Final, Self

from communique.domain.claims.values import Certainty
from communique.domain.model import Model
from communique.domain.parties.party import Dyad
from communique.domain.state.element import StatusElement
from communique.domain.state.facets import FacetKind, State
from communique.domain.state.posture import Posture, PostureTrigger, credible, triggers
from communique.domain.time.clocks import AsOf, asserted
from communique.domain.time.edtf import ValidTime


class ResolvedAsOf(Model):
    """The point that an answer is true for: instants aware UTC, and the log's position."""

    valid: datetime
    known: datetime
    position: int

    @classmethod
    def of(cls, as_of: AsOf) -> Self:
        """Return the point of an answer."""
        return cls(valid=as_of.valid, known=as_of.known, position=as_of.position)


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

    @property
    def elements(self) -> tuple[StatusElement, ...]:
        """The elements of all facets, without the last certain ones below them."""
        lists: Iterable[tuple[StatusElement, ...]] = (getattr(self, it) for it in _LISTS.values())
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
}

_CLOSED: Final = frozenset({State.MET, State.ACCEPTED, State.LIFTED, State.ENDED, State.CANCELLED})
"""States that end a life cycle: their facets are no part of how things stand."""

_COMES_TO_PASS: Final = {State.ANNOUNCED: State.IN_FORCE, State.UNDER_NOTICE: State.ENDED}
"""States that turn into others when the time they are scheduled for has come."""

_AGENDA_OPEN: Final = frozenset({State.PLANNED, State.POSTPONED})


def assemble(dyad: Dyad, as_of: AsOf, winners: Iterable[StatusElement]) -> BilateralStatus:
    """Put the winning claims of a dyad's facets together as of a point.

    `winners` are at most one element for each facet, marked as contested and with their last
    certain claim where that applies; those of plans that are over may be left out. Whatever else
    depends on the valid time is decided here.
    """
    found = sorted(winners, key=attrgetter("facet"))
    standing = [shown for one in found if (shown := as_it_stands(one, as_of))]
    is_recorded = any(credible(one) for one in found if one.kind is not FacetKind.AGENDA)
    lists: dict[str, Any] = {}
    for one in standing:
        if name := _LISTS.get(one.kind):
            lists.setdefault(name, []).append(one)
    rules = triggers(standing, as_of.valid, is_recorded=is_recorded)
    return BilateralStatus(
        dyad=str(dyad),
        as_of=ResolvedAsOf.of(as_of),
        posture=rules[0].posture,
        posture_triggers=rules,
        relations=next((one for one in standing if one.kind is FacetKind.RELATIONS), None),
        **lists,
    )


def as_it_stands(winner: StatusElement, as_of: AsOf) -> StatusElement | None:
    """Return the winner as it stands at the valid time, or None where its life cycle is over.

    An end that is less than certain closes nothing that was certainly open: both are shown.
    """
    now = by_then(winner, as_of)
    before = now.last_certain
    is_settled = now.certainty is Certainty.CERTAIN or before is None or _over(before, as_of)
    return None if is_settled and _over(now, as_of) else now


def by_then(winner: StatusElement, as_of: AsOf) -> StatusElement:
    """Return the winner as the valid time finds it, and the last certain claim below it so too."""
    now = _claimed_by_then(winner, as_of)
    if now.last_certain is None:
        return now
    before = _claimed_by_then(now.last_certain, as_of)
    return now.model_copy(update={"last_certain": before})


def _claimed_by_then(claimed: StatusElement, as_of: AsOf) -> StatusElement:
    """Return what is claimed as the valid time finds it: under way, or come to pass on schedule."""
    changes: dict[str, object] = {}
    if claimed.occurred.under_way_at(as_of.valid):
        changes["under_way"] = True
    if claimed.state in _COMES_TO_PASS and _has_come(claimed.scheduled, as_of):
        changes |= {"state": _COMES_TO_PASS[claimed.state], "by_schedule": True}
    return claimed.model_copy(update=changes) if changes else claimed


def _over(element: StatusElement, as_of: AsOf) -> bool:
    """Whether a life cycle has ended, or the day of a planned meeting passed."""
    if element.kind is not FacetKind.AGENDA:
        return element.state in _CLOSED
    end = element.scheduled.latest if element.scheduled else None
    return element.state not in _AGENDA_OPEN or (end is not None and end <= as_of.valid)


def _has_come(scheduled: ValidTime | None, as_of: AsOf) -> bool:
    return scheduled is not None and asserted(scheduled.earliest, as_of)
