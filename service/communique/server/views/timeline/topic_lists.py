"""Lists of subjects and of issues as of a point, each with its count of claims."""

from typing import NamedTuple

from communique import codec
from communique.domain.state.event_filter import ISSUE, Filter
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


class CountedTopic(NamedTuple):
    """A subject or an issue: how many claims there are about it, and the time of the latest."""

    name: str
    claim_count: int
    latest: ValidTime


class TopicPage(NamedTuple):
    """Topics in the order of their names, and the key of the next page; None at the end."""

    topics: list[CountedTopic]
    next_key: bytes | None
    as_of: AsOf


class TopicLists:
    """Lists subjects and issues. Blocking; safe to use from any thread."""

    def __init__(self, log: LogReader, timeline: Follower) -> None:
        """Count claims in the timeline and read the latest from the log."""
        self._log, self._timeline = log, timeline

    def topics(
        self, prefix: str, selection: Filter, requested: RequestedAsOf, page: PageRequest
    ) -> TopicPage:
        """Return a page of the topics that begin with `prefix` and have a claim selected.

        `prefix` is `SUBJECT` or `ISSUE` and the beginning of the names. Raises `ReadModelBehind`
        for a position ahead.
        """
        with self._timeline.snapshot() as snapshot:
            as_of = snapshot.as_of(self._timeline.name, requested)
            counted = count_claims(snapshot.connection, prefix, selection, as_of, page)
        topics = [
            CountedTopic(count.name, count.claim_count, latest)
            for count, latest in zip(counted.counts, self._latest(counted), strict=True)
        ]
        return TopicPage(topics, counted.next_key, as_of)

    def check_named(self, slug: str, as_of: AsOf) -> None:
        """Raise `IssueNotFound` unless a visible and asserted claim names the issue."""
        with self._timeline.snapshot() as snapshot:
            reached = AsOf(as_of.valid, as_of.known, min(as_of.position, snapshot.reached))
            rows_max = limits.SUBJECT_ENTRIES_MAX
            if not has_claim(snapshot.connection, f"{ISSUE}{slug}", reached, rows_max):
                near = suggestions(snapshot.connection, ISSUE, slug, reached)
                raise IssueNotFound(slug, tuple(near))

    def _latest(self, counted: CountPage) -> list[ValidTime]:
        """Return the time of each count's latest claim, from the log."""
        positions = sorted({count.latest_position for count in counted.counts})
        times = {
            row.position: codec.stored_occurred(row.state)
            for start in range(0, len(positions), limits.ROWS_PER_LOG_READ)
            for row in self._log.by_positions(positions[start : start + limits.ROWS_PER_LOG_READ])
        }
        return [times[count.latest_position] for count in counted.counts]
