"""What any claim asserts, and what holds of any status."""

import json
from datetime import datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from communique.domain.claims.event import Claim, Event, Recorded, event_from
from communique.domain.state.assertions import assertions, dyads_between, dyads_concerned
from communique.domain.state.element import Rank, StatusElement
from communique.domain.state.facets import Facet
from communique.domain.state.posture import Posture
from communique.domain.state.status import BilateralStatus, FacetStanding, assemble
from communique.domain.time.clocks import AsOf, known_at, micros, window_of
from tests.support import oracle
from tests.support.elements import element_of
from tests.support.histories import LATE, histories, points
from tests.support.strategies import DYADS, claims, events


def elements_of(status: BilateralStatus) -> list[StatusElement]:
    """Return all elements of a status, without the last certain ones below them."""
    elements: list[StatusElement] = [status.relations] if status.relations else []
    for _, value in status:
        if isinstance(value, tuple):
            elements += [element for element in value if isinstance(element, StatusElement)]
    return elements


@given(claims())
def test_a_claim_fills_each_facet_of_a_dyad_once(claim: Claim) -> None:
    """A claim asserts at most one thing of a facet, and only of dyads that the claim is about."""
    says = list(assertions(claim))
    filled = [(assertion.dyad, assertion.facet) for assertion in says]

    assert len(set(filled)) == len(filled)
    assert {dyad for dyad, _ in filled} <= set(dyads_between(claim)) <= set(dyads_concerned(claim))
    assert all(Facet.parse(str(facet)) == facet for _, facet in filled)


@given(claims())
def test_the_rank_is_the_one_of_the_design(claim: Claim) -> None:
    """Claims are compared by (first, stage, surety, known, id), and stage first in a subject."""
    known = known_at(claim.known, LATE)
    seen = oracle.Seen(1, LATE, claim, known)
    window = window_of(claim.occurred, claim.known, known)
    for says in assertions(claim):
        said = oracle.said_by(seen, says.stage, element_of(claim, says, known))
        rank = Rank.of(claim, says.stage, micros(known), window)
        assert rank == as_counted(said.rank)
        assert rank.within_subject == as_counted(said.rank_in_subject)
        assert rank.within_state == as_counted(said.rank_in_state)


def as_counted(rank: tuple[object, ...]) -> tuple[object, ...]:
    """Return a rank with its times in microseconds and its id in bytes."""
    times = (micros(part) if isinstance(part, datetime) else part for part in rank)
    return tuple(part.bytes if isinstance(part, UUID) else part for part in times)


@given(events)
def test_an_event_survives_json(event: Event) -> None:
    """An event written as JSON reads back as the same event."""
    assert event_from(json.loads(event.model_dump_json())) == event


@given(st.data(), histories())
def test_a_status_is_evidenced(data: st.DataObject, log: list[Recorded]) -> None:
    """Each element and trigger of a status rests on events asserted at the point."""
    as_of = data.draw(points(log))
    status = oracle.status(log, data.draw(st.sampled_from(DYADS)), as_of)
    shown = elements_of(status)
    below = [surer for element in shown for surer in element.surer_ones]
    asserted = {event.claim.event_id for event in oracle.events(log, as_of)}
    named = {event_id for element in shown + below for event_id in element.event_ids}
    triggering = {event_id for trigger in status.posture_triggers for event_id in trigger.event_ids}

    assert named <= asserted
    assert triggering <= asserted
    assert all(element.certainty.rank > 0 for element in below)
    assert status.posture is max(
        (trigger.posture for trigger in status.posture_triggers), key=list(Posture).index
    )
    assert (status.as_of.valid, status.as_of.known) == (as_of.valid, as_of.known)
    assert status.as_of.position == as_of.position


@given(st.data(), st.lists(claims(), max_size=8))
def test_a_status_does_not_depend_on_the_order_of_its_elements(
    data: st.DataObject, said: list[Claim]
) -> None:
    """A status is the same in whichever order its winners are found."""
    dyad = DYADS[0]
    elements = {
        says.facet: element_of(claim, says, known_at(claim.known, LATE))
        for claim in said
        for says in assertions(claim)
        if says.dyad == dyad
    }
    winners = [FacetStanding(element, element) for element in elements.values()]
    as_of = AsOf(LATE, LATE, 1)

    assert assemble(dyad, as_of, data.draw(st.permutations(winners))) == assemble(
        dyad, as_of, winners
    )
