"""What subjects any claim is about, and what holds of any life cycle and disagreement."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from communique.domain.claims.event import Claim, Recorded
from communique.domain.claims.values import Polarity
from communique.domain.state.assertions import affirmations, assertions, denies
from communique.domain.state.disagreement import REASONS, Disagreement, disagreements
from communique.domain.state.subject import SubjectEntry, subjects_of
from communique.domain.text import SubjectKey
from communique.domain.time.clocks import known_at
from communique.domain.time.edtf import CEILING, ValidTime
from tests.support import oracle, oracle_subjects
from tests.support.boards import life_cycle_of
from tests.support.histories import LATE, histories, points
from tests.support.strategies import ESSENTIALS, SUBJECTS, claims, fields, models

KEYS: TypeAdapter[str] = TypeAdapter(Annotated[str, SubjectKey])


VARIED = {"occurred", "polarity", "place", "source", "grade", "known"}
_changes = st.one_of(
    [
        st.fixed_dictionaries({name: values})
        for name, values in fields(Claim, *(Claim.model_fields.keys() - VARIED)).items()
    ]
)


@st.composite
def entries(draw: st.DrawFn) -> list[SubjectEntry]:
    """Draw claims about one subject: of few types, and many of them alike but for one field."""
    said = draw(st.lists(claims(st.fixed_dictionaries(ESSENTIALS)), min_size=1, max_size=2))
    for event_id in draw(st.lists(st.uuids(), max_size=6)):
        like = draw(st.sampled_from(said))
        others = st.fixed_dictionaries({"payload": models(type(like.payload))})
        said.append(like.model_copy(update=draw(_changes | others) | {"event_id": event_id}))
    distinct = {one.event_id: one for one in said}
    return [SubjectEntry(one, known_at(one.known, LATE)) for one in distinct.values()]


# --- keys ----------------------------------------------------------------------------------------


@given(claims())
def test_every_claim_is_about_a_subject(claim: Claim) -> None:
    """There is at least one key, each is well formed, none is twice, and they are sorted."""
    keys = subjects_of(claim)

    assert keys
    assert [KEYS.validate_python(key) for key in keys] == sorted(set(keys))


@given(claims(), st.sampled_from([None, *SUBJECTS]))
def test_a_denial_is_about_what_it_denies(claim: Claim, subject: str | None) -> None:
    """The subjects are the same whether it affirms or denies; the named one is the only one."""
    said = claim.model_copy(update={"subject": subject})
    denial = said.model_copy(update={"polarity": Polarity.NEGATIVE})

    assert subjects_of(said) == subjects_of(denial)
    if subject:
        assert subjects_of(said) == (subject,)


@given(claims())
def test_what_is_affirmed_is_asserted_unless_it_is_denied(claim: Claim) -> None:
    """A claim asserts all that it is about, or nothing."""
    assert list(assertions(claim)) == ([] if denies(claim) else list(affirmations(claim)))


@given(claims(), st.sampled_from(SUBJECTS))
def test_derived_keys_tell_facets_apart(claim: Claim, subject: str) -> None:
    """Without a subject, but for meetings, there are as many keys as (dyad, facet)."""
    bare = claim.model_copy(update={"subject": None})
    filled = {(one.dyad, one.facet) for one in affirmations(bare)}
    keys = subjects_of(bare)

    if claim.payload.type.startswith("Meeting"):
        assert keys == (f"meeting/{claim.event_id}",)
    elif filled:
        assert len(keys) == len(filled)
    assert subject not in keys


# --- life cycles ---------------------------------------------------------------------------------


@given(st.data(), entries())
def test_a_life_cycle_is_that_of_the_oracle_in_any_order(
    data: st.DataObject, about: list[SubjectEntry]
) -> None:
    """However the claims come, the steps are those of the naive definition."""
    shuffled = data.draw(st.permutations(about))

    assert list(life_cycle_of(shuffled)) == oracle_subjects.life_cycle(about)


@given(st.data(), histories())
def test_a_life_cycle_is_evidenced(data: st.DataObject, log: list[Recorded]) -> None:
    """Each asserting claim stands behind one step, and steps go forward in valid time."""
    as_of = data.draw(points(log))
    for key in oracle_subjects.subjects(log, as_of):
        view = oracle_subjects.subject(log, key, as_of)
        steps = life_cycle_of(SubjectEntry(it.claim, it.known) for it in view.claims)
        behind = Counter(event_id for step in steps for event_id in step.event_ids)

        assert list(steps) == view.life_cycle
        assert behind == {it.claim.event_id: 1 for it in view.claims if not denies(it.claim)}
        assert all(
            one.occurred.earliest <= other.occurred.earliest for one, other in pairwise(steps)
        )


@given(st.data(), histories())
def test_the_subjects_hold_all_claims(data: st.DataObject, log: list[Recorded]) -> None:
    """Every claim of the timeline is about some subject, and no subject has any other."""
    as_of = data.draw(points(log))
    held = {
        one.event_id for about in oracle_subjects.subjects(log, as_of).values() for one in about
    }

    assert held == {it.claim.event_id for it in oracle.events(log, as_of)}


# --- disagreements -------------------------------------------------------------------------------


@given(st.data(), entries())
def test_disagreements_do_not_depend_on_the_order_of_claims(
    data: st.DataObject, about: list[SubjectEntry]
) -> None:
    """Whichever claim comes first, the readings, their order and the reason are the same."""
    assert disagreements(data.draw(st.permutations(about))) == disagreements(about)


@given(entries())
def test_disagreements_are_evidenced(about: list[SubjectEntry]) -> None:
    """There are two readings at least, of claims of that type, in the order of (type, field)."""
    found = disagreements(about)
    types = {one.claim.event_id: one.claim.payload.type for one in about}

    assert [(one.type, one.field) for one in found] == sorted({(it.type, it.field) for it in found})
    for one in found:
        assert len({reading.value for reading in one.readings}) == len(one.readings) > 1
        assert one.reason in REASONS
        for reading in one.readings:
            assert len(set(reading.event_ids)) == len(reading.event_ids)
            assert {types[event_id] for event_id in reading.event_ids} == {one.type}
            assert 1 <= reading.outlet_count <= len(reading.event_ids)


@given(entries())
def test_the_readings_of_when_it_occurred_are_those_of_the_naive_definition(
    about: list[SubjectEntry],
) -> None:
    """They are the times that hold no other, with who says so or holds that one alone."""
    expected: dict[str, set[frozenset[UUID]]] = {}
    naming = [it.claim for it in about if it.claim.subject and not denies(it.claim)]
    for word in {one.payload.type for one in naming}:
        said = [it for it in naming if it.payload.type == word]
        readings = naive_readings(said)
        if len(readings) > 1:
            expected[word] = readings

    assert {
        one.type: {frozenset(reading.event_ids) for reading in one.readings}
        for one in disagreements(about)
        if one.field == "occurred"
    } == expected


def naive_readings(said: Sequence[Claim]) -> set[frozenset[UUID]]:
    """Return the claims behind each time that holds no other one."""
    exact = {
        (it.occurred.earliest, it.occurred.latest): it.occurred
        for it in said
        if not any(strictly_holds(it.occurred, other.occurred) for other in said)
    }
    within = {it.event_id: [at for at in exact if holds(it.occurred, exact[at])] for it in said}
    return {frozenset(it.event_id for it in said if within[it.event_id] == [at]) for at in exact}


def strictly_holds(one: ValidTime, other: ValidTime) -> bool:
    """Whether it holds another time that does not hold it."""
    return holds(one, other) and not holds(other, one)


def holds(one: ValidTime, other: ValidTime) -> bool:
    """Whether all instants of the other are instants of one."""
    begins = one.earliest <= other.earliest
    return begins and (one.latest is None or (other.latest or CEILING) <= one.latest)


@given(entries())
def test_the_preferred_reading_has_at_least_as_many_outlets(about: list[SubjectEntry]) -> None:
    """Outlets go before all else, and are the reason just where the counts differ."""
    for one in disagreements(about):
        counts = [reading.outlet_count for reading in one.readings]
        assert counts == sorted(counts, reverse=True)
        assert (one.reason == "more outlets") == (counts[0] > counts[1])


@given(entries(), st.uuids())
def test_an_agreeing_claim_of_the_same_outlet_adds_no_disagreement(
    about: list[SubjectEntry], event_id: UUID
) -> None:
    """A second copy of a claim brings no reading and no outlet."""
    again = about[0].claim.model_copy(update={"event_id": event_id})
    more = [*about, SubjectEntry(again, about[0].known)]

    assert counted(disagreements(more)) == counted(disagreements(about))


def counted(found: Sequence[Disagreement]) -> dict[tuple[str, str], Counter[int]]:
    """Return how many readings of each field have how many outlets."""
    return {
        (one.type, one.field): Counter(reading.outlet_count for reading in one.readings)
        for one in found
    }
