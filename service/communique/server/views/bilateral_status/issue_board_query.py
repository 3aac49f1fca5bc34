"""The board of an issue as of a point: the facets whose winning claims name it."""

import json
from typing import Final, NamedTuple

import apsw

from communique.domain.state.issue_board import IssueBoard, IssueElement, board
from communique.domain.time.clocks import AsOf
from communique.server.views.bilateral_status.current_elements import CurrentElements
from communique.server.views.paging import PageRequest

_ON_BOARD: Final = """
    SELECT facet_id, dyad, facet FROM issue_facets CROSS JOIN facets USING (facet_id)
    WHERE issue = ? AND (dyad, facet) > (?, ?) ORDER BY dyad, facet LIMIT ?
"""


class BoardPage(NamedTuple):
    """The elements of a page of facets on a board, and the key of the next; None at the end."""

    board: IssueBoard
    is_empty: bool
    next_key: bytes | None
    as_of: AsOf


def board_page(
    connection: apsw.Connection, slug: str, as_of: AsOf, recorded: int, page: PageRequest
) -> BoardPage:
    """Return a page of an issue's board; `recorded` is the position's record time in microseconds.

    Of the facets that ever were on the board it shows those whose winning claim names the issue.
    """
    after = json.loads(page.after_key) if page.after_key else ("", "")
    rows = connection.execute(_ON_BOARD, (slug, *after, page.size))
    facets = {facet_id: (dyad, facet) for facet_id, dyad, facet in rows}
    currents = CurrentElements(connection, as_of, recorded).of_facets(facets)
    elements = [
        IssueElement(dyad=current.dyad, element=current.element)
        for current in currents
        if slug in current.issues.split()
    ]
    is_full = len(facets) == page.size
    next_key = json.dumps([*facets.values()][-1]).encode() if is_full else None
    return BoardPage(board(slug, as_of, elements), not elements, next_key, as_of)
