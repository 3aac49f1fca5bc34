"""What holds of the board of any issue."""

from hypothesis import given
from hypothesis import strategies as st

from communique.domain.claims.event import Recorded
from communique.domain.state.facets import FacetKind
from communique.domain.state.issue_board import IssueBoard, IssueElement, board
from tests.support import boards, oracle, oracle_subjects
from tests.support.histories import histories, points
from tests.support.oracle_subjects import by_facet
from tests.support.strategies import DYADS, ISSUES

NOT_SHOWN = {FacetKind.AGENDA, FacetKind.RELATIONS, FacetKind.REPORT}


def shown_on(found: IssueBoard) -> list[IssueElement]:
    """Return all elements of a board, party by party, then the shared ones."""
    lists = [value for part in (*found.parties, found) for _, value in part]
    held = [value for value in lists if isinstance(value, tuple)]
    return [one for value in held for one in value if isinstance(one, IssueElement)]


@given(st.data(), histories(), st.sampled_from(ISSUES))
def test_a_board_is_that_of_the_oracle_in_any_order(
    data: st.DataObject, log: list[Recorded], issue: str
) -> None:
    """However the winners come, the board is the one of the naive definition."""
    as_of = data.draw(points(log))
    found = data.draw(st.permutations(boards.issue_elements(log, issue, as_of)))

    assert board(issue, as_of, found) == oracle_subjects.board(log, issue, as_of)


@given(st.data(), histories(), st.sampled_from(ISSUES))
def test_a_board_shows_every_winner_once_or_for_each_owner(
    data: st.DataObject, log: list[Recorded], issue: str
) -> None:
    """Nothing that is given is lost; only a facet of both parties stands with both."""
    as_of = data.draw(points(log))
    winning = boards.issue_elements(log, issue, as_of)
    shown = shown_on(board(issue, as_of, winning))
    slots = [(one.dyad, one.element.facet) for one in shown]

    assert set(slots) == {(one.dyad, one.element.facet) for one in winning}
    assert all(1 <= slots.count(slot) <= 2 for slot in slots)
    assert not {one.element.kind for one in shown} & NOT_SHOWN


@given(st.data(), histories(), st.sampled_from(ISSUES))
def test_a_board_agrees_with_the_statuses(
    data: st.DataObject, log: list[Recorded], issue: str
) -> None:
    """What stands in a status and is on the board is the same element in both."""
    as_of = data.draw(points(log))
    statuses = {str(dyad): by_facet(oracle.status(log, dyad, as_of)) for dyad in DYADS}

    for one in shown_on(boards.issue_board(log, issue, as_of)):
        assert statuses[one.dyad].get(one.element.facet) in (None, one.element)
