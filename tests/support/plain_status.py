"""The status of two parties by the domain's own functions, from all claims of a log at once.

The read models find the claims that decide by indexes; this goes through all of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from communique.domain.claims.event import Amendment, Claim, Recorded
from communique.domain.claims.history import EventAsOf, contents, disputes
from communique.domain.claims.payloads import ScheduleStated
from communique.domain.claims.values import Certainty
from communique.domain.parties.party import Dyad
from communique.domain.state.assertions import affirmations, denies
from communique.domain.state.element import Rank, StatusElement
from communique.domain.state.pattern import (
    EVENTS_NAMED_MAX,
    WINDOWS,
    DayCount,
    Pattern,
    quad_of,
    windows_of,
)
from communique.domain.state.resolution import resolved
from communique.domain.state.score_series import sides_of
from communique.domain.state.status import BilateralStatus, FacetStanding, assemble
from communique.domain.state.winners import ClaimsOfFacet, FacetClaim
from communique.domain.time.clocks import AsOf, amendment_visible, asserted, micros, window_of
from tests.support.elements import element_of


def plain_status(log: Sequence[Recorded], dyad: Dyad, as_of: AsOf) -> BilateralStatus:
    """Return how things stand between two parties."""
    facets = [
        FacetStanding(element, resolved(claims.curated))
        for claims in claims_of_facets(log, dyad, as_of).values()
        if (element := resolved(claims))
    ]
    return assemble(dyad, as_of, facets, plain_pattern(log, dyad, as_of))


def plain_elements(log: Sequence[Recorded], dyad: Dyad, as_of: AsOf) -> dict[str, StatusElement]:
    """Return what each facet stands at, as claimed, even where its life cycle is over."""
    found = {
        facet: resolved(claims) for facet, claims in claims_of_facets(log, dyad, as_of).items()
    }
    return {facet: element for facet, element in found.items() if element}


def plain_pattern(log: Sequence[Recorded], dyad: Dyad, as_of: AsOf) -> Pattern:
    """Return the pattern of the coded reports of a dyad."""
    counts, latest = list[DayCount](), defaultdict[int, list[tuple[datetime, UUID]]](list)
    for event in visible(log, as_of):
        if event.event is None or dyad not in sides_of(event.event):
            continue
        window, quad = (
            window_of(event.event.occurred, event.event.known, event.known),
            quad_of(event.event),
        )
        age = as_of.valid - window.settled
        if quad is not None and asserted(window, as_of) and age < timedelta(days=WINDOWS[-1]):
            counts.append(DayCount(window.settled.toordinal(), quad, age, 1))
            latest[quad].append((window.settled, event.event.event_id))
    named = {
        quad: tuple(event_id for _, event_id in sorted(those, reverse=True)[:EVENTS_NAMED_MAX])
        for quad, those in latest.items()
    }
    return Pattern(windows_of(counts), named)


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
