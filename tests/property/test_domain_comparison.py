"""What holds of the comparison of any two points."""

from dataclasses import replace
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from communique.domain.claims.event import Recorded
from communique.domain.parties.party import Dyad
from communique.domain.state.comparison import BilateralComparison, ChangeKind, ElementChange
from communique.domain.state.element import StatusElement
from communique.domain.time.clocks import AsOf
from tests.support import boards, oracle, oracle_subjects
from tests.support.histories import histories, points
from tests.support.oracle_subjects import by_facet
from tests.support.strategies import DYADS

MIRRORED = {
    ChangeKind.APPEARED: ChangeKind.ENDED,
    ChangeKind.CHANGED: ChangeKind.CHANGED,
    ChangeKind.ENDED: ChangeKind.APPEARED,
}
dyads = st.sampled_from([*DYADS[-1:], *[dyad for dyad in DYADS if str(dyad) == "JPN-KOR"] * 3])


def pairs(log: list[Recorded]) -> SearchStrategy[tuple[AsOf, AsOf]]:
    """Return any two points."""
    at = points(log)
    return st.tuples(at, at)


@given(st.data(), histories(), dyads)
def test_a_comparison_is_that_of_the_oracle(
    data: st.DataObject, log: list[Recorded], dyad: Dyad
) -> None:
    """Changes and their causes are those of the naive definition."""
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
    """The other way round, what appeared has ended, by the same causes."""
    before, after = data.draw(pairs(log))
    there, back = (
        boards.comparison(log, dyad, before, after),
        boards.comparison(log, dyad, after, before),
    )

    assert back == BilateralComparison(
        dyad=there.dyad,
        before=there.after,
        after=there.before,
        posture_before=there.posture_after,
        posture_after=there.posture_before,
        changes=tuple(mirrored(one) for one in there.changes),
    )


def mirrored(change: ElementChange) -> ElementChange:
    """Return the change in the mirror."""
    sides = {"before": change.after, "after": change.before, "kind": MIRRORED[change.kind]}
    return change.model_copy(update=sides)


@given(st.data(), histories(), dyads)
def test_comparisons_compose(data: st.DataObject, log: list[Recorded], dyad: Dyad) -> None:
    """The changes from A to B, then those from B to C, lead from A to where those to C do."""
    a, b, c = data.draw(st.tuples(*[points(log)] * 3))
    state = by_facet(oracle.status(log, dyad, a))
    by_way_of_b = apply(
        apply(state, boards.comparison(log, dyad, a, b)), boards.comparison(log, dyad, b, c)
    )

    assert by_way_of_b == apply(state, boards.comparison(log, dyad, a, c))
    assert by_way_of_b == by_facet(oracle.status(log, dyad, c))


State = dict[str, StatusElement]


def apply(state: State, comparison: BilateralComparison) -> State:
    """Return the elements after a comparison's changes; each finds what it says was before."""
    changed = dict(state)
    for one in comparison.changes:
        assert changed.pop(one.facet, None) == one.before
        if one.after:
            changed[one.facet] = one.after
    return changed


@given(st.data(), histories(), dyads)
def test_time_alone_brings_claims_alone(
    data: st.DataObject, log: list[Recorded], dyad: Dyad
) -> None:
    """Where only the valid time moves, every change has causes, and they are claims."""
    before, after = data.draw(pairs(log))
    after = replace(before, valid=after.valid)
    claimed = {it.claim.event_id for it in oracle.visible(log, before)}

    for one in boards.comparison(log, dyad, before, after).changes:
        assert one.cause_event_ids
        assert set(one.cause_event_ids) <= claimed


@given(st.data(), histories(), dyads)
def test_what_was_learnt_changes_by_what_was_learnt(
    data: st.DataObject, log: list[Recorded], dyad: Dyad
) -> None:
    """Where the valid time stays, some cause of every change is visible at only one point."""
    before, after = data.draw(pairs(log))
    after = replace(after, valid=before.valid)
    learnt = seen(log, before) ^ seen(log, after)

    for one in boards.comparison(log, dyad, before, after).changes:
        assert learnt & set(one.cause_event_ids)


def seen(log: list[Recorded], as_of: AsOf) -> set[UUID]:
    """Return the ids of the events that are visible, amendments too."""
    amending = {amendment for _, amendment in oracle_subjects.amendments_seen(log, as_of)}
    return amending | {it.claim.event_id for it in oracle.visible(log, as_of)}
