"""The board of an issue as of a point: the facets whose winning claims name it."""

import json
from collections.abc import Iterator, Sequence
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
    """What a page of facets puts on a board, and the key to go on after; None at the end."""

    board: IssueBoard
    is_empty: bool
    next_key: bytes | None
    as_of: AsOf


def board_page(
    connection: apsw.Connection, slug: str, as_of: AsOf, recorded: int, page: PageRequest
) -> BoardPage:
    """Return a page of an issue's board; `recorded` is the position's record time in microseconds.

    It takes the facets that some content of theirs ever put on the board, finds the winner of each,
    and keeps those whose winning claim still names the issue.
    """
    facets = _facets(connection, slug, page)
    shown = [*_shown(connection, slug, as_of, recorded, [*facets])]
    is_full = len(facets) == page.size
    next_key = json.dumps([*facets.values()][-1]).encode() if is_full else None
    return BoardPage(board(slug, as_of, shown), not shown, next_key, as_of)


def _facets(
    connection: apsw.Connection, slug: str, page: PageRequest
) -> dict[int, tuple[str, str]]:
    """Return the dyad and facet of those that ever stood on the board, in the order of these."""
    after = json.loads(page.after_key) if page.after_key else ("", "")
    rows = connection.execute(_ON_BOARD, (slug, *after, page.size))
    return {facet_id: (dyad, facet) for facet_id, dyad, facet in rows}


def _shown(
    connection: apsw.Connection, slug: str, as_of: AsOf, recorded: int, facet_ids: Sequence[int]
) -> Iterator[IssueElement]:
    """Yield the current elements that stand on the board, of facets that ever did."""
    for current in CurrentElements(connection, as_of, recorded).of_facets(facet_ids):
        if slug in current.issues.split():
            yield IssueElement(dyad=current.dyad, element=current.element)
