"""All read models of one log: kept up by their followers, asked from any thread."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from communique.domain.parties.party import Dyad
from communique.domain.state.comparison import BilateralComparison
from communique.domain.state.score_series import ScoreSeries
from communique.domain.state.status import BilateralStatus
from communique.domain.time.clocks import AsOf
from communique.server.application.queries.event_messages import event_as_of
from communique.server.log.sqlite_store.log_reader import LogReader
from communique.server.projections.decoded_log import History
from communique.server.projections.follower import Follower, Listener
from communique.server.projections.progress import (
    EventPage,
    Page,
    Progress,
    Question,
    RebuildProgress,
    VerifyProgress,
)
from communique.server.projections.projection import Snapshot
from communique.server.projections.projection_errors import UnknownProjection
from communique.server.projections.scheduler import Turns
from communique.server.projections.thread_follower import Handover, ThreadFollower, nobody
from communique.server.views.bilateral_status.current_elements import Winners
from communique.server.views.bilateral_status.rankings import (
    Ranking,
    Rankings,
    StatusOf,
    StatusOrder,
    StatusPage,
    ranked_page,
    statuses_of_each,
)
from communique.server.views.bilateral_status.status_comparison import (
    RecordedPoint,
    bilateral_comparison,
)
from communique.server.views.bilateral_status.status_projection import BilateralStatusProjection
from communique.server.views.scores.score_projection import (
    ScoreSeriesProjection,
    SeriesWanted,
    score_series,
)
from communique.server.views.timeline.event_lists import Found, list_by_position, list_by_valid
from communique.server.views.timeline.issue_query import Issues
from communique.server.views.timeline.subject_query import Subjects
from communique.server.views.timeline.timeline_projection import TimelineProjection

if TYPE_CHECKING:
    from communique.server.application.queries.filters import Filter

PROJECTIONS: Final = (BilateralStatusProjection, TimelineProjection, ScoreSeriesProjection)


def thread_followers(
    folder: Path, reader: LogReader, hand_over: Handover = nobody
) -> list[Follower]:
    """Return a follower for each projection, with its file in `folder`."""
    history, turns = History(reader), Turns(reader)
    return [ThreadFollower(folder, each, reader, history, turns, hand_over) for each in PROJECTIONS]


class ReadModels:
    """Answers from the read models. Blocking; safe to use from any thread."""

    def __init__(
        self, folder: Path, event_log: LogReader, followers: Iterable[Follower] | None = None
    ) -> None:
        """Open the files in `folder`, or make them. The caller closes the log, after this.

        Without `followers`, threads of this process follow the log.
        """
        self._log = event_log
        self._history = History(event_log)
        self._rankings = Rankings()
        chosen = thread_followers(folder, event_log) if followers is None else followers
        self._followers = {follower.name: follower for follower in chosen}
        self._status = self._followers[BilateralStatusProjection.name]
        self._timeline = self._followers[TimelineProjection.name]
        self._series = self._followers[ScoreSeriesProjection.name]

        self.subjects = Subjects(event_log, self._timeline)
        self.issues = Issues(event_log, self._status, self._timeline)

    def start(self) -> None:
        """Begin to follow the log."""
        for follower in self._followers.values():
            follower.start()

    def close(self) -> None:
        """Stop following and close the files."""
        for follower in self._followers.values():
            follower.close()

    def bilateral_status(self, dyad: Dyad, question: Question) -> BilateralStatus:
        """Return how things stand between two; raise `ReadModelBehind` for a position ahead."""
        with self._status.snapshot() as snapshot:
            return self._status_of(snapshot, self._point(snapshot, question))(dyad)

    def compare(self, dyad: Dyad, before: Question, after: Question) -> BilateralComparison:
        """Return what changed between two points; raise `ReadModelBehind` for a position ahead."""
        with self._status.snapshot() as snapshot:
            one, other = (self._point(snapshot, asked) for asked in (before, after))
            stream, connection = self._history.stream, snapshot.connection
            return bilateral_comparison(connection, stream, dyad, (one, other))

    def bilateral_statuses(
        self, dyads: Iterable[Dyad], question: Question
    ) -> list[BilateralStatus]:
        """Return how things stand with each dyad, all as of one point; raise as above."""
        with self._status.snapshot() as snapshot:
            point = self._point(snapshot, question)
            return statuses_of_each(self._status_of(snapshot, point), dyads)

    def rank_statuses(
        self, code: str, order: StatusOrder, question: Question, begun: Ranking | None = None
    ) -> Ranking:
        """Put a party's statuses with at least one element in order, a step further than `begun`.

        The question is that of `begun`, with its position. Raises as above.
        """
        with self._status.snapshot() as snapshot:
            point = self._point(snapshot, question)
            ranking = begun or self._rankings.begun(snapshot.connection, code, order, point.as_of)
            return self._rankings.continued(ranking, self._status_of(snapshot, point))

    def ranked_statuses(self, ranking: Ranking, page: Page) -> StatusPage:
        """Return a page of a whole ranking; raise as above."""
        as_of = ranking.as_of
        with self._status.snapshot() as snapshot:
            point = self._point(snapshot, Question(as_of.valid, as_of.known, as_of.position))
            return ranked_page(ranking, self._status_of(snapshot, point), page)

    def list_events(self, selection: "Filter", question: Question, page: Page) -> EventPage:
        """Return a page of the events selected, in the order of their positions."""
        with self._timeline.snapshot() as snapshot:
            as_of = snapshot.as_of(self._timeline.name, question)
            found = list_by_position(
                snapshot.connection, selection, as_of, page.size, page.after_key
            )
        return self._event_page(found, as_of)

    def list_timeline(
        self, selection: "Filter", question: Question, page: Page, *, backwards: bool = False
    ) -> EventPage:
        """Return a page of the events selected, in the order of (earliest valid time, event id)."""
        with self._timeline.snapshot() as snapshot:
            as_of = snapshot.as_of(self._timeline.name, question)
            found = list_by_valid(
                snapshot.connection,
                selection,
                as_of,
                page.size,
                page.after_key,
                backwards=backwards,
            )
        return self._event_page(found, as_of)

    def score_series(self, wanted: SeriesWanted, question: Question) -> ScoreSeries:
        """Return a dyad's scores over time; raise `ReadModelBehind` for a position ahead."""
        with self._series.snapshot() as snapshot:
            as_of = snapshot.as_of(self._series.name, question)
            return score_series(snapshot.connection, wanted, as_of)

    def add_status_listener(self, listener: Listener) -> Callable[[], None]:
        """Have `listener` called whenever statuses may have changed: see `Follower`."""
        return self._status.add_listener(listener)

    def wait_for(self, position: int, timeout_seconds: float) -> None:
        """Wait until all read models have taken in a position: see `Follower.wait_for`."""
        for follower in self._followers.values():
            follower.wait_for(position, timeout_seconds)

    def progress(self) -> list[Progress]:
        """Return how far each projection is, in the order of their names."""
        return [self._followers[name].progress() for name in sorted(self._followers)]

    def rebuild(self, name: str) -> Iterator[RebuildProgress]:
        """Rebuild a projection from the log, or all of them without a name: see `Follower.rebuild`.

        Raises `UnknownProjection`.
        """
        first, *others = [self._named(name)] if name else self._followers.values()
        return first.rebuild(*others)

    def verify(self, name: str) -> Iterator[VerifyProgress]:
        """Compare a projection with the log: see `Follower.verify`. Raises `UnknownProjection`."""
        return self._named(name).verify()

    def _named(self, name: str) -> Follower:
        if name not in self._followers:
            raise UnknownProjection(name, tuple(sorted(self._followers)))
        return self._followers[name]

    def _point(self, snapshot: Snapshot, question: Question) -> RecordedPoint:
        as_of = snapshot.as_of(self._status.name, question)
        return RecordedPoint(as_of, self._log.record_micros(as_of.position))

    def _status_of(self, snapshot: Snapshot, point: RecordedPoint) -> StatusOf:
        return Winners(snapshot.connection, *point).status

    def _event_page(self, found: Found, as_of: AsOf) -> EventPage:
        """Put the page together from the log's own bytes."""
        positions = {one.position for one, _ in found.entries}
        positions |= {one.content_position for one, _ in found.entries}
        rows = {row.position: row for row in self._log.by_positions(sorted(positions))}
        events = [event_as_of(one, disputes, rows) for one, disputes in found.entries]
        return EventPage(events, found.next_key, as_of)
