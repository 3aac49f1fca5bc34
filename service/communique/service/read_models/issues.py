"""Issues: the board of one as of a point, and lists of them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import apsw

from communique.domain.clocks import AsOf
from communique.domain.issue import IssueBoard, IssueElement, board
from communique.service.log import LogReader
from communique.service.read_models.elements import Elements
from communique.service.read_models.errors import IssueNotFound
from communique.service.read_models.follower import Follower
from communique.service.read_models.questions import Page, Question
from communique.service.read_models.subjects import SummaryPage, latest_times
from communique.service.read_models.tallies import is_found, list_tallies, nearest
from communique.service.read_models.winners import Winners
from communique.v1 import issue_pb2

if TYPE_CHECKING:
    from communique.service.filters import Filter

_ENTRIES_MAX: Final = 100_000
"""Entries, visible or not, that are looked at to tell an empty board from none."""
_KIND: Final = "issue:"


class Issues:
    """Answers about issues. Blocking; safe to use from any thread."""

    def __init__(
        self, reader: LogReader, status: Follower, timeline: Follower, elements: Elements
    ) -> None:
        """Find winners in the bilateral status and claims in the timeline."""
        self._reader, self._elements = reader, elements
        self._status, self._timeline = status, timeline

    def issue(self, slug: str, question: Question) -> IssueBoard:
        """Return the board of an issue, empty where claims name it that assert nothing.

        Raises:
            IssueNotFound: no claim that names it is visible and asserted.
            ReadModelBehind: the position lies ahead.
        """
        with self._status.snapshot() as snapshot:
            as_of = snapshot.as_of(self._status.name, question)
            shown = [*self._shown(snapshot.connection, slug, as_of)]
        if not shown:
            self._check_named(slug, as_of)
        return board(slug, as_of, shown)

    def issues(self, selection: "Filter", question: Question, page: Page) -> SummaryPage:
        """Return a page of the issues that have a claim selected; raise as `Subjects.subjects`."""
        with self._timeline.snapshot() as snapshot:
            as_of = snapshot.as_of(self._timeline.name, question)
            found = list_tallies(snapshot.connection, _KIND, selection, as_of, page)
        latest = latest_times(self._reader, found)
        summaries = [
            issue_pb2.IssueSummary(issue=one.name, claim_count=one.claim_count, latest=occurred)
            for one, occurred in zip(found.tallies, latest, strict=True)
        ]
        return SummaryPage(summaries, found.next_key, as_of)

    def _shown(self, connection: apsw.Connection, slug: str, as_of: AsOf) -> Iterator[IssueElement]:
        """Yield the winners that stand on the board, of all facets that ever did."""
        rows = self._reader.by_positions([as_of.position]) if as_of.position else []
        recorded = rows[0].record_micros if rows else 0
        for one in Winners(connection, self._elements, as_of, recorded).on_board(slug):
            if slug in one.issues:
                yield IssueElement(dyad=one.dyad, element=one.element)

    def _check_named(self, slug: str, as_of: AsOf) -> None:
        """Raise `IssueNotFound` unless a claim on the timeline names the issue."""
        with self._timeline.snapshot() as snapshot:
            reached = AsOf(as_of.valid, as_of.known, min(as_of.position, snapshot.reached))
            if not is_found(snapshot.connection, f"{_KIND}{slug}", reached, _ENTRIES_MAX):
                near = nearest(snapshot.connection, _KIND, slug, reached)
                raise IssueNotFound(slug, tuple(near))
