"""Comparisons and many statuses at once, from the read models, against the naive definitions."""

from collections.abc import Sequence
from datetime import datetime
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from communique import codec
from communique.domain.claims.event import Recorded
from communique.domain.parties.party import Dyad
from communique.domain.state.comparison import BilateralComparison
from communique.domain.state.posture import Posture
from communique.domain.state.status import BilateralStatus
from communique.domain.time.clocks import AsOf
from communique.server.application.queries.read_models import ReadModels
from communique.server.runtime import limits
from communique.server.views.bilateral_status.rankings import StatusOrder
from communique.server.views.paging import PageRequest
from tests.property.test_domain_comparison import apply, mirrored
from tests.property.test_read_models import batch_sizes, projected, question
from tests.support import oracle, oracle_subjects
from tests.support.histories import histories, points
from tests.support.oracle import Log
from tests.support.real_log import real_log
from tests.support.strategies import CODES, DYADS

STRENGTH = list(Posture)
dyads = st.sampled_from([*DYADS[-1:], *[dyad for dyad in DYADS if str(dyad) == "JPN-KOR"] * 3])


def trios(log: Log) -> SearchStrategy[tuple[AsOf, AsOf, AsOf]]:
    """Return three points that matter to a log."""
    at = points(log)
    return st.tuples(at, at, at)


def ranked(log: Log, code: str, as_of: AsOf, order: StatusOrder) -> list[BilateralStatus]:
    """Return a party's statuses that have an element, in the order that the contract promises."""
    statuses = [oracle.status(log, dyad, as_of) for dyad in DYADS if code in dyad]
    shown = sorted((one for one in statuses if one.elements), key=lambda one: one.dyad)
    if order is StatusOrder.POSTURE:
        return sorted(shown, key=lambda one: STRENGTH.index(one.posture), reverse=True)
    return sorted(shown, key=_latest, reverse=True)


def _latest(status: BilateralStatus) -> datetime:
    return max(one.occurred.earliest for one in status.elements)


def paged(
    read_models: ReadModels, code: str, as_of: AsOf, order: StatusOrder, size: int
) -> list[BilateralStatus]:
    """Return the statuses of all pages, none of which is longer than asked for."""
    found: list[BilateralStatus] = []
    key: bytes | None = None
    while True:
        ranking = read_models.rank_statuses(code, order, question(as_of))
        while ranking.left:
            ranking = read_models.rank_statuses(code, order, question(as_of), ranking)
        page = read_models.ranked_statuses(ranking, PageRequest(size, key))
        assert len(page.statuses) <= size
        assert page.as_of == as_of
        found += [status for status, _ in page.statuses]
        if page.is_last:
            return found
        key = page.statuses[-1][1]


@given(st.data(), histories(), batch_sizes, dyads)
def test_every_comparison_is_the_oracle_s(
    data: st.DataObject, log: list[Recorded], sizes: list[int], dyad: Dyad
) -> None:
    """Between any two points: what changed, and by which claims and amendments."""
    with real_log(log) as real, projected(real, sizes) as read_models:
        one, other, _ = data.draw(trios(log))
        found = read_models.compare(dyad, question(one), question(other))
        assert found == oracle_subjects.comparison(log, dyad, one, other)
        assert codec.model_of(BilateralComparison, codec.comparison_message(found)) == found


@given(st.data(), histories(), batch_sizes, dyads)
def test_comparisons_obey_their_laws(
    data: st.DataObject, log: list[Recorded], sizes: list[int], dyad: Dyad
) -> None:
    """A point with itself is empty, the way back a mirror image, and two ways make one."""
    with real_log(log) as real, projected(real, sizes) as read_models:
        a, b, c = data.draw(trios(log))

        def compared(one: AsOf, other: AsOf) -> BilateralComparison:
            return read_models.compare(dyad, question(one), question(other))

        assert compared(a, a).changes == ()
        assert compared(b, a).changes == tuple(mirrored(one) for one in compared(a, b).changes)
        state = oracle_subjects.by_facet(oracle.status(log, dyad, a))
        by_way_of_b = apply(apply(state, compared(a, b)), compared(b, c))
        assert by_way_of_b == apply(state, compared(a, c))


@given(st.data(), histories(), batch_sizes, st.lists(st.sampled_from(DYADS), min_size=1))
def test_many_statuses_are_each_the_oracle_s(
    data: st.DataObject, log: list[Recorded], sizes: list[int], asked: Sequence[Dyad]
) -> None:
    """In the order asked, also of a dyad that is asked for twice."""
    with real_log(log) as real, projected(real, sizes) as read_models:
        as_of = data.draw(points(log))
        expected = [oracle.status(log, dyad, as_of) for dyad in asked]
        assert read_models.bilateral_statuses(asked, question(as_of)) == expected


@given(st.data(), histories(), batch_sizes, st.sampled_from(CODES), st.sampled_from([*StatusOrder]))
def test_a_party_s_statuses_are_those_with_elements_in_order(
    data: st.DataObject, log: list[Recorded], sizes: list[int], code: str, order: StatusOrder
) -> None:
    """All of them and no other, in pages of any size, the same when asked again."""
    with real_log(log) as real, projected(real, sizes) as read_models:
        as_of, size = data.draw(points(log)), data.draw(st.integers(1, 4))
        expected = ranked(log, code, as_of, order)
        with patch.object(limits, "DYADS_RANKED_PER_STEP", size):
            assert paged(read_models, code, as_of, order, size) == expected
        assert paged(read_models, code, as_of, order, 100) == expected
