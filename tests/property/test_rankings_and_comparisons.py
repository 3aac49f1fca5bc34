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
from tests.support import oracle, oracle_subjects
from tests.support.comparison_laws import apply, dyads, mirrored
from tests.support.histories import histories, points
from tests.support.oracle import Log
from tests.support.projected import batch_sizes, projected, question
from tests.support.real_log import real_log
from tests.support.strategies import CODES, DYADS

STRENGTH = list(Posture)


def trios(log: Log) -> SearchStrategy[tuple[AsOf, AsOf, AsOf]]:
    """Return three points that matter to a log."""
    at = points(log)
    return st.tuples(at, at, at)


def ranked(log: Log, code: str, as_of: AsOf, order: StatusOrder) -> list[BilateralStatus]:
    """Return a party's statuses that have an element, in the order that the contract promises."""
    statuses = [oracle.status(log, dyad, as_of) for dyad in DYADS if code in dyad]
    shown = sorted(
        (status for status in statuses if status.elements), key=lambda status: status.dyad
    )
    if order is StatusOrder.POSTURE:
        return sorted(shown, key=lambda status: STRENGTH.index(status.posture), reverse=True)
    return sorted(shown, key=_latest, reverse=True)


def _latest(status: BilateralStatus) -> datetime:
    return max(element.occurred.earliest for element in status.elements)


def paged(
    read_models: ReadModels, code: str, as_of: AsOf, order: StatusOrder, size: int
) -> list[BilateralStatus]:
    """Return the statuses of all pages, none of which is longer than asked for."""
    listed: list[BilateralStatus] = []
    key: bytes | None = None
    while True:
        ranking = read_models.rank_statuses(code, order, question(as_of))
        while ranking.left:
            ranking = read_models.rank_statuses(code, order, question(as_of), ranking)
        page = read_models.ranked_statuses(ranking, PageRequest(size, key))
        assert len(page.statuses) <= size
        assert page.as_of == as_of
        listed += [status for status, _ in page.statuses]
        if page.is_last:
            return listed
        key = page.statuses[-1][1]


@given(st.data(), histories(), batch_sizes, dyads)
def test_every_comparison_is_the_oracle_s(
    data: st.DataObject, log: list[Recorded], sizes: list[int], dyad: Dyad
) -> None:
    """The read models' comparison of any two points is that of the naive definition."""
    with real_log(log) as real, projected(real, sizes) as read_models:
        before, after, _ = data.draw(trios(log))
        comparison = read_models.compare(dyad, question(before), question(after))
        assert comparison == oracle_subjects.comparison(log, dyad, before, after)
        assert (
            codec.model_of(BilateralComparison, codec.comparison_message(comparison)) == comparison
        )


@given(st.data(), histories(), batch_sizes, dyads)
def test_comparisons_obey_their_laws(
    data: st.DataObject, log: list[Recorded], sizes: list[int], dyad: Dyad
) -> None:
    """Comparisons from read models are empty, mirrored and composed as the laws say."""
    with real_log(log) as real, projected(real, sizes) as read_models:
        a, b, c = data.draw(trios(log))

        def compared(before: AsOf, after: AsOf) -> BilateralComparison:
            return read_models.compare(dyad, question(before), question(after))

        assert compared(a, a).changes == ()
        assert compared(b, a).changes == tuple(
            mirrored(change) for change in compared(a, b).changes
        )
        state = oracle_subjects.by_facet(oracle.status(log, dyad, a))
        by_way_of_b = apply(apply(state, compared(a, b)), compared(b, c))
        assert by_way_of_b == apply(state, compared(a, c))


@given(st.data(), histories(), batch_sizes, st.lists(st.sampled_from(DYADS), min_size=1))
def test_many_statuses_are_each_the_oracle_s(
    data: st.DataObject, log: list[Recorded], sizes: list[int], asked: Sequence[Dyad]
) -> None:
    """Statuses asked for together are each the oracle's, in order, repeated dyads included."""
    with real_log(log) as real, projected(real, sizes) as read_models:
        as_of = data.draw(points(log))
        expected = [oracle.status(log, dyad, as_of) for dyad in asked]
        assert read_models.bilateral_statuses(asked, question(as_of)) == expected


@given(st.data(), histories(), batch_sizes, st.sampled_from(CODES), st.sampled_from([*StatusOrder]))
def test_a_party_s_statuses_are_those_with_elements_in_order(
    data: st.DataObject, log: list[Recorded], sizes: list[int], code: str, order: StatusOrder
) -> None:
    """A party's statuses are all those with elements, in pages of any size."""
    with real_log(log) as real, projected(real, sizes) as read_models:
        as_of, size = data.draw(points(log)), data.draw(st.integers(1, 4))
        expected = ranked(log, code, as_of, order)
        with patch.object(limits, "DYADS_RANKED_PER_STEP", size):
            assert paged(read_models, code, as_of, order, size) == expected
        assert paged(read_models, code, as_of, order, 100) == expected
