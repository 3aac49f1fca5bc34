"""The status of two parties by the domain's own functions, from all claims of a log at once.

The read models find the claims that decide by indexes; this goes through all of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from communique.domain.claims.event import Amendment, Claim, Recorded
from communique.domain.claims.history import EventAsOf, contents, disputes
from communique.domain.claims.payloads import ScheduleStated
from communique.domain.claims.values import Certainty
from communique.domain.parties.party import Dyad
from communique.domain.state.assertions import affirmations, denies
from communique.domain.state.element import Rank, StatusElement
from communique.domain.state.resolution import resolved
from communique.domain.state.status import BilateralStatus, assemble
from communique.domain.state.winners import ClaimsOfFacet, FacetClaim
from communique.domain.time.clocks import AsOf, amendment_visible, asserted, micros, window_of
from tests.support.elements import element_of


def plain_status(log: Sequence[Recorded], dyad: Dyad, as_of: AsOf) -> BilateralStatus:
    """Return how things stand between two parties."""
    return assemble(dyad, as_of, plain_elements(log, dyad, as_of).values())


def plain_elements(log: Sequence[Recorded], dyad: Dyad, as_of: AsOf) -> dict[str, StatusElement]:
    """Return what each facet stands at, as claimed, even where its life cycle is over."""
    found = {
        facet: resolved(claims) for facet, claims in claims_of_facets(log, dyad, as_of).items()
    }
    return {facet: element for facet, element in found.items() if element}


def claims_of_facets(log: Sequence[Recorded], dyad: Dyad, as_of: AsOf) -> dict[str, ClaimsOfFacet]:
    """Return by facet all that the visible claims say of it."""
    asserted_claims = defaultdict[str, list[FacetClaim]](list)
    denials = defaultdict[str, list[FacetClaim]](list)
    schedules = defaultdict[str, list[tuple[FacetClaim, bool]]](list)
    for event in visible(log, as_of):
        claim = event.event
        if claim is None or claim.certainty is Certainty.UNCOMMITTED:
            continue
        window = window_of(claim.occurred, claim.known, event.known)
        is_asserted = asserted(window, as_of)
        for says in affirmations(claim):
            if says.dyad != dyad:
                continue
            rank = Rank.of(claim, says.stage, micros(event.known), window)
            said = FacetClaim(
                rank,
                micros(window.settled),
                bool(event.disputed_by),
                element_of(claim, says, event.known),
            )
            if isinstance(claim.payload, ScheduleStated) and not denies(claim):
                schedules[str(says.facet)].append((said, is_asserted))
            elif is_asserted:
                (denials if denies(claim) else asserted_claims)[str(says.facet)].append(said)
    return {
        facet: ClaimsOfFacet(asserted_claims[facet], denials[facet], schedules[facet])
        for facet in sorted({*asserted_claims, *denials, *schedules})
    }


def visible(log: Sequence[Recorded], as_of: AsOf) -> Iterator[EventAsOf]:
    """Yield the events that are visible at a point, with the content that they have there."""
    for stream in _streams(log):
        first = stream[0]
        found = (it for it in contents(stream) if it.region.covers(as_of.known, as_of.position))
        for content in found:
            seen = tuple(
                dispute.event_id
                for dispute in disputes(stream)
                if amendment_visible(dispute.position, dispute.known, as_of)
            )
            yield EventAsOf(
                first.position,
                first.record_time,
                first.submitter,
                content.known,
                content.claim,
                content.corrected_by,
                seen,
            )


def _streams(log: Iterable[Recorded]) -> Iterator[list[Recorded]]:
    streams: dict[object, list[Recorded]] = {}
    for entry in log:
        match entry.event:
            case Claim() as claim:
                streams[claim.event_id] = [entry]
            case Amendment() as amendment if amendment.payload.amends in streams:
                streams[amendment.payload.amends].append(entry)
            case _:
                pass
    yield from streams.values()
