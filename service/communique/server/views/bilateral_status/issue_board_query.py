"""The board of an issue as of a point: the facets whose winning claims name it."""

import json
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple

from communique.domain.parties.party import Dyad
from communique.domain.state.event_filter import DYAD
from communique.domain.state.issue_board import IssueBoard, IssueElement, board
from communique.domain.time.clocks import AsOf
from communique.server.views.bilateral_status.current_elements import CurrentElements
from communique.server.views.paging import PageRequest

_ON_BOARD: Final = """
    SELECT dyad, facet FROM issue_facets
    WHERE issue = ? AND (dyad, facet) > (?, ?) ORDER BY dyad, facet LIMIT ?
"""


class BoardPage(NamedTuple):
    """The elements of a page of facets on a board, and the key of the next; None at the end."""

    board: IssueBoard
    is_empty: bool
    next_key: bytes | None
    as_of: AsOf


def board_page(current: CurrentElements, slug: str, page: PageRequest) -> BoardPage:
    """Return a page of an issue's board as of the point of `current`.

    Of the facets that ever were on the board it shows those whose winning claim names the issue.
    """
    after = json.loads(page.after_key) if page.after_key else ("", "")
    rows = current.connection.execute(_ON_BOARD, (slug, *after, page.size))
    facets = [(str(dyad), str(facet)) for dyad, facet in rows]
    named = [
        (Dyad.parse(dyad.removeprefix(DYAD)), [facet for _, facet in of_dyad])
        for dyad, of_dyad in groupby(facets, key=itemgetter(0))
    ]
    elements = [
        IssueElement(dyad=found.dyad, element=found.element)
        for found in current.of_facets(named)
        if slug in found.issues
    ]
    next_key = json.dumps(facets[-1]).encode() if len(facets) == page.size else None
    as_of = current.as_of
    return BoardPage(board(slug, as_of, elements), not elements, next_key, as_of)
