"""What any facet stands at, and what must hold of it whatever is claimed."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from communique.domain.claims.event import Claim, Recorded
from communique.domain.claims.payloads import ScheduleStated
from communique.domain.claims.values import Certainty, Source
from communique.domain.parties.party import Dyad
from communique.domain.state.assertions import affirmations, asserts_state, denies
from communique.domain.state.element import CERTAIN, Rank, StatusElement
from communique.domain.state.facets import Stage, State
from communique.domain.state.resolution import resolved
from communique.domain.state.winners import (
    WITNESSES_MAX,
    ClaimsOfFacet,
    FacetClaim,
    winner_of,
    winners_by_surety,
    witnesses_of,
)
from communique.domain.time.clocks import AsOf, asserted, micros, window_of
from tests.support import oracle
from tests.support.crowds import CROWDS, CROWDS_COUNT, DYAD, RECORDED, crowd, point
from tests.support.elements import element_of
from tests.support.histories import histories, points
from tests.support.plain_status import plain_status
from tests.support.strategies import DYADS

Facets = dict[tuple[Dyad, str], ClaimsOfFacet]

# --- what the domain makes of a log --------------------------------------------------------------


def facets_of(log: Sequence[Recorded], as_of: AsOf) -> Facets:
    """Return the claims of each facet of each dyad, as the domain's functions find them."""
    asserting = defaultdict[tuple[Dyad, str], list[FacetClaim]](list)
    denying = defaultdict[tuple[Dyad, str], list[FacetClaim]](list)
    setting = defaultdict[tuple[Dyad, str], list[tuple[FacetClaim, bool]]](list)
    for seen in oracle.visible(log, as_of):
        claim, known = seen.claim, seen.known
        window = window_of(claim.occurred, claim.known, known)
        is_asserted = asserted(window, as_of)
        is_denial = denies(claim) and claim.certainty is not Certainty.UNCOMMITTED
        for says in affirmations(claim):
            slot = says.dyad, str(says.facet)
            said = FacetClaim(
                Rank.of(claim, says.stage, micros(known), window),
                micros(window.settled),
                bool(seen.disputed_by),
                element_of(claim, says, known),
            )
            if isinstance(claim.payload, ScheduleStated) and asserts_state(claim):
                setting[slot].append((said, is_asserted))
            elif is_asserted and asserts_state(claim):
                asserting[slot].append(said)
            elif is_asserted and is_denial:
                denying[slot].append(said)
    slots = {**asserting, **denying, **setting}
    return {slot: ClaimsOfFacet(asserting[slot], denying[slot], setting[slot]) for slot in slots}


def elements_of(facets: Facets) -> dict[tuple[Dyad, str], StatusElement]:
    """Return the elements of the facets of which anything is asserted."""
    found = ((slot, resolved(claims)) for slot, claims in facets.items())
    return {slot: element for slot, element in found if element}


@given(st.data(), histories())
def test_a_status_is_that_of_the_oracle(data: st.DataObject, log: list[Recorded]) -> None:
    """The elements that the domain resolves make the status of the naive definition."""
    as_of = data.draw(points(log))
    for dyad in DYADS:
        assert plain_status(log, dyad, as_of) == oracle.status(log, dyad, as_of)


@given(st.data(), histories())
def test_a_window_is_that_of_the_oracle(data: st.DataObject, log: list[Recorded]) -> None:
    """When a claim must have begun, and whether it is asserted, is as in the naive definition."""
    as_of = data.draw(points(log))
    for seen in oracle.visible(log, as_of):
        window = window_of(seen.claim.occurred, seen.claim.known, seen.known)
        assert window == oracle.window(seen)
        assert asserted(window, as_of) == oracle.is_asserted(seen, as_of)


@pytest.mark.parametrize("theme", CROWDS)
def test_a_crowded_status_is_that_of_the_oracle(theme: str) -> None:
    """Of many claims about one thing the domain makes what the naive definition makes of them."""
    for _, log, as_of in crowded(theme):
        assert plain_status(log, DYAD, as_of) == oracle.status(log, DYAD, as_of)


def test_the_element_of_very_many_claims_is_that_of_the_oracle() -> None:
    """Of more witnesses than count, the domain and the naive definition choose the same ones."""
    random, most = Random(64), 0
    for theme in [*CROWDS] * 2:
        log = crowd(random, theme, sizes=(120, 160))
        as_of = AsOf(RECORDED, RECORDED, len(log))
        elements = elements_of(facets_of(log, as_of))
        most = max([most, *(element.witness_count for element in elements.values())])
        assert plain_status(log, DYAD, as_of) == oracle.status(log, DYAD, as_of)
    assert most == WITNESSES_MAX


def crowded(theme: str) -> Iterator[tuple[Random, list[Recorded], AsOf]]:
    """Yield crowded logs and a point to ask from, with what they were drawn from."""
    random = Random(theme)
    for _ in range(CROWDS_COUNT):
        log = crowd(random, theme)
        yield random, log, point(random, log)


# --- laws ----------------------------------------------------------------------------------------

EVIDENCE: Final = {
    *("event_ids", "witnesses", "witness_count", "outlet_count", "report_count"),
    *("origins", "disagreements", "order_unknown", "surer", "last_certain", "scheduled_by"),
}
NEVER_SILENT: Final = {
    *("occurred", "actors", "recipients", "participants", "level", "statement", "scheduled"),
}
"""Fields that a claim may have to fill, so that a silent one still speaks for their values."""


@pytest.mark.parametrize("theme", CROWDS)
def test_a_silent_witness_changes_no_field(theme: str) -> None:
    """One who says what the winner says, but no more of it, is a witness and changes no field."""
    for random, log, as_of in crowded(theme):
        now = replace(as_of, position=len(log))
        facets = facets_of(log, now)
        elements = elements_of(facets)
        shared = [slot for slot in elements if elements[slot].subject or "agenda" not in slot[1]]
        if not shared:
            continue
        slot = random.choice(shared)
        element, winner = elements[slot], winner_in(log, elements[slot])
        silent = silenced(winner, random.choice([Certainty.POSSIBLE, winner.certainty]))
        more = [*log, Recorded(len(log) + 1, RECORDED, 1, silent)]
        after = elements_of(facets_of(more, replace(now, position=len(more))))[slot]

        own = alone(facets[slot], winner.event_id)
        spoken = {origin.field for origin in element.origins} & NEVER_SILENT
        for name in StatusElement.model_fields.keys() - EVIDENCE:
            allowed = [element, own] if name in spoken else [element]
            assert getattr(after, name) in [getattr(it, name) for it in allowed], name
        assert after.event_ids[0] == winner.event_id
        assert after.witness_count == element.witness_count + 1


def winner_in(log: Sequence[Recorded], element: StatusElement) -> Claim:
    """Return the claim that wins an element."""
    events = (entry.event for entry in log)
    claims = {event.event_id: event for event in events if isinstance(event, Claim)}
    return claims[element.event_ids[0]]


def alone(claims: ClaimsOfFacet, event_id: UUID) -> StatusElement:
    """Return what one claim would fill its facet with."""
    said = [*claims.asserted, *(claim for claim, _ in claims.schedules)]
    return next(it.element for it in said if it.element.event_ids[0] == event_id)


def silenced(claim: Claim, certainty: Certainty) -> Claim:
    """Return the claim as another outlet tells it, which says only what a claim has to say."""
    payload = claim.payload
    kept = {"type", "level"} | {
        name for name, field in type(payload).model_fields.items() if field.is_required()
    }
    defaults = {
        name: field.default
        for name, field in type(payload).model_fields.items()
        if name not in kept
    }
    changes: dict[str, Any] = {
        "event_id": UUID(int=claim.event_id.int >> 64),
        "source": Source(outlet="Silent Times"),
        "certainty": certainty,
        "payload": payload.model_copy(update=defaults),
        "gist": "",
        "place": None,
        "grade": None,
    }
    return claim.model_copy(update=changes)


@pytest.mark.parametrize("theme", CROWDS)
def test_what_is_less_certain_closes_nothing(theme: str) -> None:
    """What stands by certain claims alone still stands, whatever less certain claims add."""
    for _, log, as_of in crowded(theme):
        for claims in facets_of(log, as_of).values():
            certain = [it for it in claims.asserted if it.rank.surety >= CERTAIN]
            if not certain:
                continue
            surest, element = resolved(claims._replace(asserted=certain)), resolved(claims)
            assert surest
            assert element
            stand = [element, *element.surer_ones]
            assert stand[-1].certainty is Certainty.CERTAIN
            assert {(it.subject, it.state) for it in (surest, *surest.surer_ones)} <= {
                (it.subject, it.state) for it in stand
            }


@given(st.data(), histories())
def test_what_is_asserted_stays_asserted(data: st.DataObject, log: list[Recorded]) -> None:
    """A claim that is asserted by one instant or day is asserted by every later one."""
    points_of_log = points(log)
    as_of, later = data.draw(st.tuples(points_of_log, points_of_log))
    zone = as_of.day and as_of.day.zone
    assume(zone == (later.day and later.day.zone))
    first, second = sorted((as_of, later), key=lambda point: point.valid)
    for seen in oracle.visible(log, as_of):
        window = window_of(seen.claim.occurred, seen.claim.known, seen.known)
        assert asserted(window, first) <= asserted(window, second)


def test_no_winner_lies_surely_before_another_claim() -> None:
    """Whatever is asserted of a facet, the winner of any surety must not have begun before it."""
    random = Random(4)
    elements = [
        StatusElement.trusted({"subject": subject, "state": state})
        for subject in ("", "thing", "other")
        for state in (State.REFUSED, State.AGREED, State.SUSPENDED)
    ]
    for _ in range(20_000):
        claims = [random_claim(random, elements) for _ in range(random.randint(1, 7))]
        for winner, least in winners_by_surety(claims):
            sure = [claim for claim in claims if claim.rank.surety >= least]
            assert winner in sure
            assert not any(winner.is_surely_before(claim) for claim in sure)
            assert winner == winner_of(random.sample(sure, len(sure)))
            assert witnesses_of(winner, sure)[0] is winner


def random_claim(random: Random, elements: Sequence[StatusElement]) -> FacetClaim:
    """Return a claim of one of these elements, at a time of its own or at that of many others."""
    first = random.randint(0, 9)
    numbers = random.choice([*Stage]), random.randint(1, 7), random.randint(0, 9)
    rank = Rank(first, *numbers, random.getrandbits(64).to_bytes(16, "big"))
    settled = first + random.choice([0, 0, 1, 3, 20])
    return FacetClaim(rank, settled, is_disputed=False, element=random.choice(elements))


@pytest.mark.parametrize("theme", CROWDS)
def test_arrival_decides_nothing_of_a_crowd(theme: str) -> None:
    """Claims that arrive in another order, with their record times, make the same elements."""
    for random, log, as_of in crowded(theme):
        now = replace(as_of, position=len(log))
        shuffled = rearranged(log, [random.random() for _ in log])
        assert elements_of(facets_of(shuffled, now)) == elements_of(facets_of(log, now))


@given(st.data(), histories())
def test_arrival_decides_nothing(data: st.DataObject, log: list[Recorded]) -> None:
    """Events that arrive in another order, amendments after what they amend, change no element."""
    now = replace(data.draw(points(log)), position=len(log))
    size = len(log)
    order = data.draw(st.lists(st.integers(0, size), min_size=size, max_size=size))
    shuffled = rearranged(log, order)
    assert elements_of(facets_of(shuffled, now)) == elements_of(facets_of(log, now))


def rearranged(log: Sequence[Recorded], order: Sequence[float]) -> list[Recorded]:
    """Return the log in another order, in which each event's own amendments keep theirs."""
    streams: dict[UUID | int, list[Recorded]] = defaultdict(list)
    for entry in log:
        event = entry.event
        streams[
            entry.position
            if event is None
            else event.event_id
            if isinstance(event, Claim)
            else event.payload.amends
        ].append(entry)
    places = dict(zip((entry.position for entry in log), order, strict=True))
    moved: list[tuple[float, Recorded]] = []
    for entries in streams.values():
        own = sorted(places[entry.position] for entry in entries)
        moved += zip(own, entries, strict=True)
    moved.sort(key=lambda pair: pair[0])
    return [entry._replace(position=place) for place, (_, entry) in enumerate(moved, 1)]
