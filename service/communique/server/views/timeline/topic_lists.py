"""Lists of subjects and of issues as of a point, each with its count of claims."""

from typing import NamedTuple

from communique import codec
from communique.domain.state.event_filter import ISSUE, SUBJECT, Filter
from communique.domain.state.issue_board import IssueSummary
from communique.domain.state.subject import SubjectSummary
from communique.domain.time.clocks import AsOf
from communique.domain.time.edtf import ValidTime
from communique.server.log.event_log import LogReader
from communique.server.projections.follower import Follower
from communique.server.projections.snapshot import RequestedAsOf
from communique.server.runtime import limits
from communique.server.views.paging import PageRequest
from communique.server.views.timeline.claim_counts import CountPage, count_claims
from communique.server.views.timeline.latest_claims import has_claim, suggestions
from communique.server.views.view_errors import IssueNotFound


class SubjectList(NamedTuple):
    """Subjects in the order of their keys, and the key to go on after; None at the end."""

    summaries: list[SubjectSummary]
    next_key: bytes | None
    as_of: AsOf


class IssueList(NamedTuple):
    """Issues in the order of their slugs, and the key to go on after; None at the end."""

    summaries: list[IssueSummary]
    next_key: bytes | None
    as_of: AsOf


class TopicLists:
    """Lists subjects and issues. Blocking; safe to use from any thread.

    Each method raises `ReadModelBehind` for a position ahead.
    """

    def __init__(self, log: LogReader, timeline: Follower) -> None:
        """Count claims in the timeline and read the latest from the log."""
        self._log, self._timeline = log, timeline

    def subjects(
        self, prefix: str, selection: Filter, asked: RequestedAsOf, page: PageRequest
    ) -> SubjectList:
        """Return a page of the subjects that begin with `prefix` and have a claim selected."""
        counted, as_of = self._count(f"{SUBJECT}{prefix}", selection, asked, page)
        summaries = [
            SubjectSummary(subject=count.name, claim_count=count.claim_count, latest=occurred)
            for count, occurred in zip(counted.counts, self._latest(counted), strict=True)
        ]
        return SubjectList(summaries, counted.next_key, as_of)

    def issues(self, selection: Filter, asked: RequestedAsOf, page: PageRequest) -> IssueList:
        """Return a page of the issues that have a claim selected."""
        counted, as_of = self._count(ISSUE, selection, asked, page)
        summaries = [
            IssueSummary(issue=count.name, claim_count=count.claim_count, latest=occurred)
            for count, occurred in zip(counted.counts, self._latest(counted), strict=True)
        ]
        return IssueList(summaries, counted.next_key, as_of)

    def check_named(self, slug: str, as_of: AsOf) -> None:
        """Raise `IssueNotFound` unless a visible and asserted claim names the issue."""
        with self._timeline.snapshot() as snapshot:
            reached = AsOf(as_of.valid, as_of.known, min(as_of.position, snapshot.reached))
            rows_max = limits.SUBJECT_ENTRIES_MAX
            if not has_claim(snapshot.connection, f"{ISSUE}{slug}", reached, rows_max):
                near = suggestions(snapshot.connection, ISSUE, slug, reached)
                raise IssueNotFound(slug, tuple(near))

    def _count(
        self, prefix: str, selection: Filter, asked: RequestedAsOf, page: PageRequest
    ) -> tuple[CountPage, AsOf]:
        with self._timeline.snapshot() as snapshot:
            as_of = snapshot.as_of(self._timeline.name, asked)
            return count_claims(snapshot.connection, prefix, selection, as_of, page), as_of

    def _latest(self, counted: CountPage) -> list[ValidTime]:
        """Return the time of each count's latest claim, from the log's own bytes."""
        positions = sorted({count.latest_position for count in counted.counts})
        times = {
            row.position: codec.stored_occurred(row.state)
            for start in range(0, len(positions), limits.ROWS_PER_LOG_READ)
            for row in self._log.by_positions(positions[start : start + limits.ROWS_PER_LOG_READ])
        }
        return [times[count.latest_position] for count in counted.counts]
