"""Resolution: what one facet of a dyad stands at, given all that is claimed of it at a point.

`winners` says which claim wins and who bears witness, `testimony` which value each field has, and
`due_dates` what is due. Below a winner that is not of the surest claims stands what the surer ones
say alone: the less sure adds, and takes nothing away.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from communique.domain.state.due_dates import due_date
from communique.domain.state.element import OtherState, StatusElement
from communique.domain.state.facets import State
from communique.domain.state.testimony import WITNESSES_LISTED_MAX, denied, speaking_of, told_by
from communique.domain.state.winners import (
    WITNESSES_MAX,
    ClaimsOfFacet,
    FacetClaim,
    by_rank,
    contenders,
    winners_by_surety,
    witnesses_of,
)


def resolved(claims: ClaimsOfFacet) -> StatusElement | None:
    """Return what a facet stands at; None where nothing is asserted of it, and no date set."""
    asserted = claims.asserted or [claim for claim, asserted in claims.schedules if asserted]
    if len(asserted) == 1 and not (claims.denials or claims.schedules):
        # Most often a claim stands alone, and is what it says itself.
        return asserted[0].element_alone
    elements = [
        _element(winner, [it for it in asserted if it.rank.surety >= least], claims)
        for winner, least in winners_by_surety(asserted)
    ]
    if len(elements) < 2:  # noqa: PLR2004
        return elements[0] if elements else None
    top, *between, surest = elements
    return top.model_copy(update={"surer": tuple(between), "last_certain": surest})


def _element(
    winner: FacetClaim, asserted: Sequence[FacetClaim], claims: ClaimsOfFacet
) -> StatusElement:
    """Return the element of a winner, given the claims of which it is the winner."""
    witnesses = witnesses_of(winner, asserted)
    denials = by_rank(denial for denial in claims.denials if _denies(denial, winner))
    denials = denials[:WITNESSES_MAX]
    others = _other_states(winner, asserted)
    if len(witnesses) == 1 and not (others or claims.denials or claims.schedules):
        return winner.element_alone
    changes: dict[str, Any] = {}
    if len(witnesses) > 1:
        changes |= told_by(witnesses)
    due = due_date(winner, witnesses, claims)
    disagreements = [
        *changes.get("disagreements", ()),
        *due.pop("disagreements", ()),
        *denied(speaking_of(witnesses), denials),
    ]
    due_origins = due.pop("origins", winner.element.origins)
    changes["origins"] = (*changes.get("origins", ()), *due_origins)
    changes |= due
    changes["disagreements"] = tuple(sorted(disagreements, key=lambda it: it.field))
    if others:
        changes["order_unknown"] = others
    if disagreements or others or any(witness.is_disputed for witness in witnesses):
        changes["contested"] = True
    changes = {name: it for name, it in changes.items() if it != getattr(winner.element, name)}
    return winner.element.model_copy(update=changes) if changes else winner.element


def _other_states(winner: FacetClaim, asserted: Sequence[FacetClaim]) -> tuple[OtherState, ...]:
    """Return the states of the winner's subject and stage that may be later than the winner's."""
    if len(asserted) == 1:
        return ()
    states = defaultdict[State, list[FacetClaim]](list)
    for claim in contenders(asserted):
        subject, state = claim.subject_and_state
        is_open = claim.rank.stage == winner.rank.stage and state is not winner.element.state
        if is_open and subject == winner.element.subject:
            states[state].append(claim)
    return tuple(
        OtherState(
            state=state,
            event_ids=tuple(claim.element.event_ids[0] for claim in by_rank(states[state]))[
                :WITNESSES_LISTED_MAX
            ],
        )
        for state in sorted(states)
    )


def _denies(denial: FacetClaim, winner: FacetClaim) -> bool:
    """Whether a denial contests the winner: it does not lie surely before it.

    A denial about no subject may be of another occasion: it does not lie surely after it either.
    """
    if denial.subject_and_state != winner.subject_and_state or denial.is_surely_before(winner):
        return False
    return bool(winner.element.subject) or not winner.is_surely_before(denial)
