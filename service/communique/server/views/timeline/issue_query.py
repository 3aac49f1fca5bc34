"""Issues: the board of one as of a point, and lists of them."""

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import apsw

from communique.domain.state.issue_board import IssueBoard, IssueElement, board
from communique.domain.time.clocks import AsOf
from communique.server.log.sqlite_store.log_reader import LogReader
from communique.server.projections.follower import Follower
from communique.server.projections.progress import Page, Question
from communique.server.projections.projection_errors import IssueNotFound
from communique.server.views.bilateral_status.current_elements import Winners
from communique.server.views.timeline.claim_counts import list_tallies
from communique.server.views.timeline.latest_claims import is_found, nearest
from communique.server.views.timeline.subject_query import SummaryPage, latest_times
from communique.server.views.timeline.timeline_projection import ISSUE
from communique.v1 import issue_pb2

if TYPE_CHECKING:
    from communique.server.application.queries.filters import Filter

_ENTRIES_MAX: Final = 100_000
"""Entries, visible or not, that are looked at to tell an empty board from none."""


_ON_BOARD: Final = """
    SELECT facet_id, dyad, facet FROM issue_facets CROSS JOIN facets USING (facet_id)
    WHERE issue = ? AND (dyad, facet) > (?, ?) ORDER BY dyad, facet LIMIT ?
"""


class BoardPage(NamedTuple):
    """What a page of facets puts on a board, and the key to go on after; None at the end."""

    board: IssueBoard
    next_key: bytes | None
    as_of: AsOf


class Issues:
    """Answers about issues. Blocking; safe to use from any thread."""

    def __init__(self, reader: LogReader, status: Follower, timeline: Follower) -> None:
        """Find winners in the bilateral status and claims in the timeline."""
        self._reader, self._status, self._timeline = reader, status, timeline

    def issue(self, slug: str, question: Question, page: Page) -> BoardPage:
        """Return a page of an issue's board, empty where claims name it that assert nothing.

        Raises:
            IssueNotFound: no claim that names it is visible and asserted.
            ReadModelBehind: the position lies ahead.
        """
        with self._status.snapshot() as snapshot:
            as_of = snapshot.as_of(self._status.name, question)
            facets = _facets(snapshot.connection, slug, page)
            shown = [*self._shown(snapshot.connection, slug, as_of, [*facets])]
        if not shown and page.after_key is None:
            self._check_named(slug, as_of)
        is_full = len(facets) == page.size
        next_key = json.dumps([*facets.values()][-1]).encode() if is_full else None
        return BoardPage(board(slug, as_of, shown), next_key, as_of)

    def issues(self, selection: "Filter", question: Question, page: Page) -> SummaryPage:
        """Return a page of the issues that have a claim selected; raise as `Subjects.subjects`."""
        with self._timeline.snapshot() as snapshot:
            as_of = snapshot.as_of(self._timeline.name, question)
            found = list_tallies(snapshot.connection, ISSUE, selection, as_of, page)
        latest = latest_times(self._reader, found)
        summaries = [
            issue_pb2.IssueSummary(issue=one.name, claim_count=one.claim_count, latest=occurred)
            for one, occurred in zip(found.tallies, latest, strict=True)
        ]
        return SummaryPage(summaries, found.next_key, as_of)

    def _shown(
        self, connection: apsw.Connection, slug: str, as_of: AsOf, facet_ids: Sequence[int]
    ) -> Iterator[IssueElement]:
        """Yield the winners that stand on the board, of facets that ever did."""
        recorded = self._reader.record_micros(as_of.position)
        for one in Winners(connection, as_of, recorded).standing(facet_ids):
            if slug in one.issues.split():
                yield IssueElement(dyad=one.dyad, element=one.element)

    def _check_named(self, slug: str, as_of: AsOf) -> None:
        """Raise `IssueNotFound` unless a claim on the timeline names the issue."""
        with self._timeline.snapshot() as snapshot:
            reached = AsOf(as_of.valid, as_of.known, min(as_of.position, snapshot.reached))
            if not is_found(snapshot.connection, f"{ISSUE}{slug}", reached, _ENTRIES_MAX):
                near = nearest(snapshot.connection, ISSUE, slug, reached)
                raise IssueNotFound(slug, tuple(near))


def _facets(connection: apsw.Connection, slug: str, page: Page) -> dict[int, tuple[str, str]]:
    """Return the dyad and facet of those that ever stood on the board, in the order of these."""
    after = json.loads(page.after_key) if page.after_key else ("", "")
    rows = connection.execute(_ON_BOARD, (slug, *after, page.size))
    return {facet_id: (dyad, facet) for facet_id, dyad, facet in rows}
