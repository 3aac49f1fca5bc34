"""Due dates: on which date a facet is due to change, who says so, and whether that failed.

A date counts while the facet is in a state that it would change, and if it was not known before
that state began. What was worked out from a period yields to any date that a source names.
"""

from collections.abc import Sequence
from typing import Any, cast

from communique.domain.state.element import Due, FieldOrigin, StatusElement
from communique.domain.state.facets import CAN_CHANGE, State
from communique.domain.state.preferences import Preference, disagreement, latest_said
from communique.domain.state.testimony import choice_of, speaking_of, voice_of
from communique.domain.state.winners import ClaimsOfFacet, FacetClaim, by_rank
from communique.domain.time.clocks import micros
from communique.domain.time.edtf import ValidTime


def due_date(
    winner: FacetClaim, witnesses: Sequence[FacetClaim], claims: ClaimsOfFacet
) -> dict[str, Any]:
    """Return what becomes of the winner's element by the dates that are set for its facet."""
    setting = _setting(winner, witnesses, claims)
    for target in _targets(winner.element):
        dated = [it for it in setting if _sets(it.element, target)]
        stated = [it for it in dated if not _is_derived(it.element)] or dated
        if stated:
            return _dated(winner, stated, target, claims.denials)
    return {}


def _targets(element: StatusElement) -> list[State | None]:
    """Return the states to which an element may be due to come, the one that stands first first."""
    if element.state is State.SCHEDULED:
        return [element.scheduled_state]
    kind, state = element.kind, element.state
    return [to for (of, to), states in CAN_CHANGE.items() if of is kind and state in states]


def _dated(
    winner: FacetClaim,
    stated: Sequence[FacetClaim],
    target: State | None,
    denials: Sequence[FacetClaim],
) -> dict[str, Any]:
    """Return the changes of an element by the claims that set a date for one change."""
    voices = [voice_of("scheduled", claim, claim.element.scheduled) for claim in stated]
    choice = choice_of(voices, winner, can_repeat=True)
    found = disagreement("", "scheduled", latest_said(voices, winner.rank.surety))
    due = cast("ValidTime", choice.voice.value)
    changes: dict[str, Any] = {"scheduled": due, "scheduled_state": target}
    origins = list(winner.element.origins)
    if choice.is_borrowed:
        event_id = changes["scheduled_by"] = choice.voice.event_id
        setter = next(it for it in stated if it.rank.event_id == event_id.bytes)
        origin = FieldOrigin(
            field="scheduled",
            event_id=event_id,
            reason=choice.reason,
            derived=_is_derived(setter.element),
        )
        origins = [origin]
    failing = by_rank(it for it in denials if _fails(it, winner, due, target))
    if failing:
        changes["due"] = Due.NOT_MET
        event_id = failing[0].element.event_ids[0]
        origins.append(FieldOrigin(field="due", event_id=event_id, reason=Preference.ONLY_ONE))
    return changes | {"origins": tuple(origins), "disagreements": (found,) if found else ()}


def _setting(
    winner: FacetClaim, witnesses: Sequence[FacetClaim], claims: ClaimsOfFacet
) -> list[FacetClaim]:
    """Return the claims whose dates may count: those of the witnesses, and those told apart."""
    began = min(witnesses, key=lambda witness: (witness.settled, witness.rank.first)).rank.first
    told = speaking_of(witnesses)
    ids = {it.rank.event_id for it in told}
    subject = winner.element.subject
    apart = by_rank(
        claim
        for claim, _ in claims.schedules
        if subject in {"", claim.element.subject}
        and claim.rank.event_id not in ids
        and not claim.element.coded
    )
    is_open = winner.element.state is State.SCHEDULED
    return [*told, *(claim for claim in apart if is_open or claim.rank.known >= began)]


def _sets(element: StatusElement, target: State | None) -> bool:
    return element.scheduled is not None and element.scheduled_state is target


def _is_derived(element: StatusElement) -> bool:
    return any(origin.derived for origin in element.origins)


def _fails(denial: FacetClaim, winner: FacetClaim, due: ValidTime, target: State | None) -> bool:
    """Whether a denial says that what was due did not happen."""
    states = {target, State.HELD} if target is State.STARTED else {target}
    subject, state = denial.subject_and_state
    if state not in states or subject != winner.element.subject:
        return False
    last = due.last
    is_after = denial.settled >= micros(due.earliest)
    is_near = bool(subject) or last is None or denial.rank.first <= micros(last)
    return is_after and is_near
