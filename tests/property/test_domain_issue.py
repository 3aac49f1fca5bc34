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


def shown_on(issue_board: IssueBoard) -> list[IssueElement]:
    """Return all elements of a board, party by party, then the shared ones."""
    lists = [value for part in (*issue_board.parties, issue_board) for _, value in part]
    held = [value for value in lists if isinstance(value, tuple)]
    return [element for value in held for element in value if isinstance(element, IssueElement)]


@given(st.data(), histories(), st.sampled_from(ISSUES))
def test_a_board_is_that_of_the_oracle_in_any_order(
    data: st.DataObject, log: list[Recorded], issue: str
) -> None:
    """A board is that of the naive definition, in whichever order its winners come."""
    as_of = data.draw(points(log))
    elements = data.draw(st.permutations(boards.issue_elements(log, issue, as_of)))

    assert board(issue, as_of, elements) == oracle_subjects.board(log, issue, as_of)


@given(st.data(), histories(), st.sampled_from(ISSUES))
def test_a_board_shows_every_winner_once_or_for_each_owner(
    data: st.DataObject, log: list[Recorded], issue: str
) -> None:
    """A board shows each winner once, or once with each of its two owners."""
    as_of = data.draw(points(log))
    winning = boards.issue_elements(log, issue, as_of)
    shown = shown_on(board(issue, as_of, winning))
    slots = [(element.dyad, element.element.facet) for element in shown]

    assert set(slots) == {(element.dyad, element.element.facet) for element in winning}
    assert all(1 <= slots.count(slot) <= 2 for slot in slots)
    assert not {element.element.kind for element in shown} & NOT_SHOWN


@given(st.data(), histories(), st.sampled_from(ISSUES))
def test_a_board_agrees_with_the_statuses(
    data: st.DataObject, log: list[Recorded], issue: str
) -> None:
    """An element that stands on a board and in a status is the same in both."""
    as_of = data.draw(points(log))
    statuses = {str(dyad): by_facet(oracle.status(log, dyad, as_of)) for dyad in DYADS}

    for element in shown_on(boards.issue_board(log, issue, as_of)):
        assert statuses[element.dyad].get(element.element.facet) in (None, element.element)
