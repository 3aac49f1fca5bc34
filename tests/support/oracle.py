"""The oracle: what is true as of a point, by the naive definition, folded over the whole log.

It is written from the design alone and shares nothing with how answers are really found, but for
what a claim asserts (`assertions`) and how a status is laid out (`assemble`).
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from communique.domain.claims.event import (
    Amendment,
    Claim,
    EventCorrected,
    EventRetracted,
    Recorded,
)
from communique.domain.claims.values import Certainty
from communique.domain.parties.party import Dyad
from communique.domain.state.assertions import Assertion, assertions
from communique.domain.state.element import StatusElement
from communique.domain.state.status import BilateralStatus, assemble
from communique.domain.time.clocks import AsOf, known_at
from tests.support.elements import element_of

Log = Sequence[Recorded]
Rank = tuple[datetime, int, int, datetime, UUID]


class Seen(NamedTuple):
    """An event as it shows at a point; `known` is when its content could be known."""

    position: int
    record_time: datetime
    claim: Claim
    known: datetime
    corrected_by: UUID | None = None
    disputed_by: tuple[UUID, ...] = ()


def visible(log: Log, as_of: AsOf) -> list[Seen]:
    """Return the visible events in the order of their positions."""
    seen: dict[UUID, Seen] = {}
    for it in log:
        if it.position > as_of.position or it.event is None:
            continue
        if isinstance(it.event, Claim):
            known = known_at(it.event.known, it.record_time)
            seen[it.event.event_id] = Seen(it.position, it.record_time, it.event, known)
        elif known_at(it.event.known, it.record_time) <= as_of.known:
            amend(seen, it.event)
    return [one for one in seen.values() if one.known <= as_of.known]


def amend(seen: dict[UUID, Seen], amendment: Amendment) -> None:
    """Apply a visible amendment to the event that it amends, if that is there to be seen."""
    amends, payload = amendment.payload.amends, amendment.payload
    if amends not in seen:
        return
    one = seen[amends]
    if isinstance(payload, EventRetracted):
        del seen[amends]
    elif isinstance(payload, EventCorrected):
        known = known_at(payload.content.known, one.record_time)
        seen[amends] = one._replace(
            claim=payload.content, known=known, corrected_by=amendment.event_id
        )
    else:
        seen[amends] = one._replace(disputed_by=(*one.disputed_by, amendment.event_id))


def events(log: Log, as_of: AsOf, matches: Callable[[Claim], bool] = lambda _: True) -> list[Seen]:
    """Return the matching events that had happened by then, in the order of their positions."""
    happened = [it for it in visible(log, as_of) if it.claim.occurred.earliest <= as_of.valid]
    return [it for it in happened if matches(it.claim)]


def timeline(
    log: Log, as_of: AsOf, matches: Callable[[Claim], bool] = lambda _: True
) -> list[Seen]:
    """Return the same in the order of what began first, then of their ids."""
    found = events(log, as_of, matches)
    return sorted(found, key=lambda it: (it.claim.occurred.earliest, it.claim.event_id))


def status(log: Log, dyad: Dyad, as_of: AsOf) -> BilateralStatus:
    """Return how things stand between two parties."""
    facets: dict[str, dict[Rank, StatusElement]] = defaultdict(dict)
    for it in events(log, as_of):
        for says in assertions(it.claim):
            if says.dyad == dyad:
                element = element_of(it.claim, says, it.known)
                facets[str(says.facet)][rank(it, says)] = element.model_copy(
                    update={"contested": bool(it.disputed_by)}
                )
    return assemble(dyad, as_of, [winner(claims) for claims in facets.values()])


def rank(it: Seen, says: Assertion) -> Rank:
    """Return what decides between the claims of a facet: the greatest wins."""
    earliest, certainty = it.claim.occurred.earliest, it.claim.certainty.rank
    return earliest, says.stage, certainty, it.known, it.claim.event_id


def winner(claims: dict[Rank, StatusElement]) -> StatusElement:
    """Return the greatest claim; less than certain, it names the last certain one."""
    *_, last = ranked = [claims[each] for each in sorted(claims)]
    certain = [it for it in ranked if it.certainty is Certainty.CERTAIN]
    if last.certainty is Certainty.CERTAIN or not certain:
        return last
    return last.model_copy(update={"last_certain": certain[-1]})
