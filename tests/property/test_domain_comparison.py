"""What holds of the comparison of any two points."""

from dataclasses import replace
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from communique.domain.claims.event import Recorded
from communique.domain.parties.party import Dyad
from communique.domain.state.comparison import BilateralComparison
from communique.domain.time.clocks import AsOf
from tests.support import boards, oracle, oracle_subjects
from tests.support.comparison_laws import apply, dyads, mirrored
from tests.support.histories import histories, points
from tests.support.oracle_subjects import by_facet


def pairs(log: list[Recorded]) -> SearchStrategy[tuple[AsOf, AsOf]]:
    """Return any two points."""
    at = points(log)
    return st.tuples(at, at)


@given(st.data(), histories(), dyads)
def test_a_comparison_is_that_of_the_oracle(
    data: st.DataObject, log: list[Recorded], dyad: Dyad
) -> None:
    """The changes of any comparison, and their causes, are those of the naive definition."""
    before, after = data.draw(pairs(log))

    assert boards.comparison(log, dyad, before, after) == oracle_subjects.comparison(
        log, dyad, before, after
    )


@given(st.data(), histories(), dyads)
def test_a_point_does_not_differ_from_itself(
    data: st.DataObject, log: list[Recorded], dyad: Dyad
) -> None:
    """Comparing a point with itself finds no change."""
    as_of = data.draw(points(log))

    assert boards.comparison(log, dyad, as_of, as_of).changes == ()


@given(st.data(), histories(), dyads)
def test_a_comparison_has_a_mirror_image(
    data: st.DataObject, log: list[Recorded], dyad: Dyad
) -> None:
    """A comparison of swapped points ends what appeared, by the same causes."""
    before, after = data.draw(pairs(log))
    forth, back = (
        boards.comparison(log, dyad, before, after),
        boards.comparison(log, dyad, after, before),
    )

    assert back == BilateralComparison(
        dyad=forth.dyad,
        before=forth.after,
        after=forth.before,
        posture_before=forth.posture_after,
        posture_after=forth.posture_before,
        changes=tuple(mirrored(change) for change in forth.changes),
    )


@given(st.data(), histories(), dyads)
def test_comparisons_compose(data: st.DataObject, log: list[Recorded], dyad: Dyad) -> None:
    """The changes from A to B and then from B to C lead from A to where C stands."""
    a, b, c = data.draw(st.tuples(*[points(log)] * 3))
    state = by_facet(oracle.status(log, dyad, a))
    by_way_of_b = apply(
        apply(state, boards.comparison(log, dyad, a, b)), boards.comparison(log, dyad, b, c)
    )

    assert by_way_of_b == apply(state, boards.comparison(log, dyad, a, c))
    assert by_way_of_b == by_facet(oracle.status(log, dyad, c))


@given(st.data(), histories(), dyads)
def test_time_alone_brings_claims_alone(
    data: st.DataObject, log: list[Recorded], dyad: Dyad
) -> None:
    """A comparison over valid time alone has only claims as causes, and each change has some."""
    before, after = data.draw(pairs(log))
    after = replace(before, valid=after.valid, day=after.day)
    claimed = {seen.claim.event_id for seen in oracle.visible(log, before)}

    for change in boards.comparison(log, dyad, before, after).changes:
        assert change.cause_event_ids
        assert set(change.cause_event_ids) <= claimed


@given(st.data(), histories(), dyads)
def test_what_was_learnt_changes_by_what_was_learnt(
    data: st.DataObject, log: list[Recorded], dyad: Dyad
) -> None:
    """A change at a fixed valid time has a cause that only one of the points sees."""
    before, after = data.draw(pairs(log))
    after = replace(after, valid=before.valid, day=before.day)
    learnt = seen(log, before) ^ seen(log, after)

    for change in boards.comparison(log, dyad, before, after).changes:
        assert learnt & set(change.cause_event_ids)


def seen(log: list[Recorded], as_of: AsOf) -> set[UUID]:
    """Return the ids of the events that are visible, amendments too."""
    amending = {amendment for _, amendment in oracle_subjects.amendments_seen(log, as_of)}
    return amending | {seen.claim.event_id for seen in oracle.visible(log, as_of)}
