"""What subjects any claim is about, and what holds of any life cycle and disagreement."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from communique.domain.claims.event import Claim, Recorded
from communique.domain.claims.values import Polarity
from communique.domain.state.assertions import (
    affirmations,
    assertions,
    asserts_state,
    codes_concerned,
    denies,
    dyads_concerned,
    state_of,
)
from communique.domain.state.disagreement import disagreements
from communique.domain.state.element import surety_of
from communique.domain.state.event_filter import DYAD, PARTY, SUBJECT, tags_of
from communique.domain.state.facets import ONCE
from communique.domain.state.preferences import Disagreement, Preference
from communique.domain.state.subject import SubjectEntry, subjects_of
from communique.domain.text import SubjectKey
from communique.domain.time.clocks import known_at
from communique.domain.time.edtf import ValidTime
from tests.support import oracle, oracle_readings, oracle_subjects
from tests.support.boards import life_cycle_of
from tests.support.histories import LATE, histories, points
from tests.support.oracle import Seen
from tests.support.oracle_readings import begins
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
    distinct = {claim.event_id: claim for claim in said}
    return [SubjectEntry(claim, known_at(claim.known, LATE)) for claim in distinct.values()]


@given(claims())
def test_every_claim_is_about_a_subject(claim: Claim) -> None:
    """A claim has at least one subject key, and its keys are well formed, unique and sorted."""
    keys = subjects_of(claim)

    assert keys
    assert [KEYS.validate_python(key) for key in keys] == sorted(set(keys))


@given(claims())
def test_every_claim_is_found_somewhere(claim: Claim) -> None:
    """A claim of any type stands on the timeline of each party and dyad, and under its subjects."""
    tags = {*tags_of(claim)}
    parties = {tag for tag in tags if tag.startswith(PARTY)}

    assert parties == {f"{PARTY}{code}" for code in codes_concerned(claim)}
    assert parties
    assert {f"{DYAD}{dyad}" for dyad in dyads_concerned(claim)} <= tags
    assert {f"{SUBJECT}{key}" for key in subjects_of(claim)} <= tags
    if len(codes_concerned(claim)) > 1:
        assert dyads_concerned(claim)


@given(claims(), st.sampled_from([None, *SUBJECTS]))
def test_a_denial_is_about_what_it_denies(claim: Claim, subject: str | None) -> None:
    """A claim has the same subjects whether affirming or denying, and a named one alone."""
    said = claim.model_copy(update={"subject": subject})
    denial = said.model_copy(update={"polarity": Polarity.NEGATIVE})

    assert subjects_of(said) == subjects_of(denial)
    if subject:
        assert subjects_of(said) == (subject,)


@given(claims())
def test_what_is_affirmed_is_asserted_unless_it_is_denied(claim: Claim) -> None:
    """A claim asserts all that it is about, or nothing if it is a denial."""
    assert list(assertions(claim)) == (list(affirmations(claim)) if asserts_state(claim) else [])


@given(claims(), st.sampled_from(SUBJECTS))
def test_derived_keys_tell_facets_apart(claim: Claim, subject: str) -> None:
    """A claim without a subject has a derived key per dyad and facet, except for meetings."""
    bare = claim.model_copy(update={"subject": None})
    filled = {(assertion.dyad, assertion.facet) for assertion in affirmations(bare)}
    keys = subjects_of(bare)

    if claim.payload.type.startswith("Meeting"):
        assert keys == (f"meeting/{claim.event_id}",)
    elif filled:
        assert len(keys) == len(filled)
    assert subject not in keys


@given(st.data(), entries())
def test_a_life_cycle_is_that_of_the_oracle_in_any_order(
    data: st.DataObject, about: list[SubjectEntry]
) -> None:
    """A life cycle is that of the naive definition in whichever order its claims come."""
    shuffled = data.draw(st.permutations(about))

    assert list(life_cycle_of(shuffled)) == oracle_subjects.life_cycle(about)


@given(st.data(), histories())
def test_a_life_cycle_is_evidenced(data: st.DataObject, log: list[Recorded]) -> None:
    """Each asserting claim stands behind one step of a life cycle."""
    as_of = data.draw(points(log))
    for key in oracle_subjects.subjects(log, as_of):
        view = oracle_subjects.subject(log, key, as_of)
        steps = life_cycle_of(SubjectEntry(seen.claim, seen.known) for seen in view.claims)
        behind = Counter(event_id for step in steps for event_id in step.event_ids)

        assert list(steps) == view.life_cycle
        assert behind == {
            seen.claim.event_id: 1 for seen in view.claims if asserts_state(seen.claim)
        }


@given(st.data(), histories())
def test_the_subjects_hold_all_claims(data: st.DataObject, log: list[Recorded]) -> None:
    """The subjects of a log hold every claim of its timeline and no other."""
    as_of = data.draw(points(log))
    held = {
        claim.event_id for about in oracle_subjects.subjects(log, as_of).values() for claim in about
    }

    assert held == {event.claim.event_id for event in oracle.events(log, as_of)}


@given(st.data(), entries())
def test_disagreements_do_not_depend_on_the_order_of_claims(
    data: st.DataObject, about: list[SubjectEntry]
) -> None:
    """Disagreements have the same readings, order and reason in any order of the claims."""
    assert disagreements(data.draw(st.permutations(about))) == disagreements(about)


@given(entries())
def test_disagreements_are_evidenced(about: list[SubjectEntry]) -> None:
    """A disagreement has two readings or more, of claims of its type, in (type, field) order."""
    conflicts = disagreements(about)
    types = {entry.claim.event_id: entry.claim.payload.type for entry in about}

    assert [(conflict.type, conflict.field) for conflict in conflicts] == sorted(
        {(conflict.type, conflict.field) for conflict in conflicts}
    )
    for conflict in conflicts:
        assert len({reading.value for reading in conflict.readings}) == len(conflict.readings) > 1
        assert conflict.reason == conflict.preference.value.lower().replace("_", " ")
        assert conflict.preference not in {Preference.ONLY_ONE, Preference.SAID_LATER}
        for reading in conflict.readings:
            assert len(set(reading.event_ids)) == len(reading.event_ids)
            assert {types[event_id] for event_id in reading.event_ids} == {conflict.type}
            assert 1 <= reading.outlet_count <= len(reading.event_ids)


@given(entries())
def test_the_readings_of_when_it_occurred_are_those_of_the_naive_definition(
    about: list[SubjectEntry],
) -> None:
    """Readings of a valid time are the times that hold no other, with their sources."""
    expected: dict[str, set[frozenset[UUID]]] = {}
    naming = [entry.claim for entry in about if entry.claim.subject and not denies(entry.claim)]
    for word in {claim.payload.type for claim in naming}:
        said = [claim for claim in naming if claim.payload.type == word]
        readings = naive_readings(said)
        begin = max(begins(claim.occurred).first for claim in said)
        meet = all(begin < begins(claim.occurred).until for claim in said)
        if state_of(said[0])[0] in ONCE and len(readings) > 1 and not meet:
            expected[word] = readings

    assert {
        conflict.type: {frozenset(reading.event_ids) for reading in conflict.readings}
        for conflict in disagreements(about)
        if conflict.field == "occurred"
    } == expected


def naive_readings(said: Sequence[Claim]) -> set[frozenset[UUID]]:
    """Return the claims behind each time that holds no other one."""
    exact = {
        begins(claim.occurred): claim.occurred
        for claim in said
        if not any(strictly_holds(claim.occurred, other.occurred) for other in said)
    }
    within = {
        claim.event_id: [at for at in exact if holds(claim.occurred, exact[at])] for claim in said
    }
    return {
        frozenset(claim.event_id for claim in said if within[claim.event_id] == [at])
        for at in exact
    }


def strictly_holds(outer: ValidTime, inner: ValidTime) -> bool:
    """Whether the outer time holds the inner one, and not the other way round."""
    return holds(outer, inner) and not holds(inner, outer)


def holds(outer: ValidTime, inner: ValidTime) -> bool:
    """Whether all instants at which the inner time can begin are such of the outer one."""
    return oracle_readings.holds(begins(outer), begins(inner))


@given(entries())
def test_the_preferred_reading_is_surer_or_has_more_outlets(about: list[SubjectEntry]) -> None:
    """The preferred reading has the surest claim, and of those of one surety the most outlets."""
    sure = {
        entry.claim.event_id: surety_of(entry.claim, foreseen=is_foreseen(entry)) for entry in about
    }
    for conflict in disagreements(about):
        sureties = [max(sure[it] for it in reading.event_ids) for reading in conflict.readings]
        assert sureties == sorted(sureties, reverse=True)
        assert (conflict.preference is Preference.MORE_CERTAIN) == (sureties[0] > sureties[1])
        if not any(entry.claim.is_coded for entry in about) and len(set(sureties)) == 1:
            counts = [reading.outlet_count for reading in conflict.readings]
            assert counts == sorted(counts, reverse=True)
            assert (conflict.preference is Preference.MORE_OUTLETS) == (counts[0] > counts[1])


def is_foreseen(entry: SubjectEntry) -> bool:
    """Whether a claim was known before what it claims."""
    return oracle.window(Seen(0, entry.known, entry.claim, entry.known)).foreseen


@given(entries(), st.uuids())
def test_an_agreeing_claim_of_the_same_outlet_adds_no_disagreement(
    about: list[SubjectEntry], event_id: UUID
) -> None:
    """A copy of a claim by the same outlet brings no new reading and no new outlet."""
    again = about[0].claim.model_copy(update={"event_id": event_id})
    more = [*about, SubjectEntry(again, about[0].known)]

    assert counted(disagreements(more)) == counted(disagreements(about))


def counted(conflicts: Sequence[Disagreement]) -> dict[tuple[str, str], Counter[int]]:
    """Return how many readings of each field have how many outlets."""
    return {
        (conflict.type, conflict.field): Counter(
            reading.outlet_count for reading in conflict.readings
        )
        for conflict in conflicts
    }
