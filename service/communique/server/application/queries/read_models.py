"""All read models of one log: kept up to date by their followers, asked from any thread."""

from collections.abc import Callable, Iterable, Iterator

from communique.domain.parties.party import Dyad
from communique.domain.state.comparison import BilateralComparison
from communique.domain.state.event_filter import Filter
from communique.domain.state.score_series import ScoreSeries
from communique.domain.state.status import BilateralStatus
from communique.server.log.event_log import LogReader
from communique.server.projections.decoded_log import DecodedLog
from communique.server.projections.follower import Follower, PositionListener
from communique.server.projections.progress import (
    ProjectionProgress,
    RebuildReport,
    VerificationReport,
)
from communique.server.projections.projection_errors import UnknownProjection
from communique.server.projections.snapshot import RequestedAsOf, Snapshot
from communique.server.views.bilateral_status.current_elements import CurrentElements
from communique.server.views.bilateral_status.issue_board_query import BoardPage, board_page
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
from communique.server.views.paging import PageRequest
from communique.server.views.scores.score_projection import ScoreSeriesProjection
from communique.server.views.scores.score_query import ScoreWindow, score_series
from communique.server.views.timeline.event_lists import (
    EventPage,
    list_by_position,
    list_by_valid,
    with_rows,
)
from communique.server.views.timeline.subject_pages import SubjectPages
from communique.server.views.timeline.timeline_projection import TimelineProjection
from communique.server.views.timeline.topic_lists import TopicLists


class ReadModels:
    """Answers from the read models, in domain models and rows of the log.

    Blocking; safe to use from any thread. Each query raises `ReadModelBehind` for a position that
    lies ahead. The caller closes the log, after the read models.
    """

    def __init__(self, log: LogReader, followers: Iterable[Follower]) -> None:
        self._log = log
        self._decoded = DecodedLog(log)
        self._rankings = Rankings()
        self._followers = {follower.name: follower for follower in followers}
        self._status = self._followers[BilateralStatusProjection.name]
        self._timeline = self._followers[TimelineProjection.name]
        self._scores = self._followers[ScoreSeriesProjection.name]
        self.subjects = SubjectPages(log, self._timeline)
        self.topics = TopicLists(log, self._timeline)

    def start(self) -> None:
        """Begin to follow the log."""
        for follower in self._followers.values():
            follower.start()

    def close(self) -> None:
        """Stop following and close the files."""
        for follower in self._followers.values():
            follower.close()

    def bilateral_status(self, dyad: Dyad, asked: RequestedAsOf) -> BilateralStatus:
        """Return how things stand between two parties."""
        with self._status.snapshot() as snapshot:
            return self._status_of(snapshot, self._point(snapshot, asked))(dyad)

    def compare(
        self, dyad: Dyad, before: RequestedAsOf, after: RequestedAsOf
    ) -> BilateralComparison:
        """Return what changed between two points."""
        with self._status.snapshot() as snapshot:
            points = self._point(snapshot, before), self._point(snapshot, after)
            return bilateral_comparison(
                snapshot.connection, self._decoded.read_stream, dyad, points
            )

    def bilateral_statuses(
        self, dyads: Iterable[Dyad], asked: RequestedAsOf
    ) -> list[BilateralStatus]:
        """Return how things stand with each dyad, all as of one point."""
        with self._status.snapshot() as snapshot:
            point = self._point(snapshot, asked)
            return statuses_of_each(self._status_of(snapshot, point), dyads)

    def rank_statuses(
        self, code: str, order: StatusOrder, asked: RequestedAsOf, begun: Ranking | None = None
    ) -> Ranking:
        """Rank a party's statuses with at least one element, a step further than `begun`.

        `asked` is the point of `begun`, with its position.
        """
        with self._status.snapshot() as snapshot:
            point = self._point(snapshot, asked)
            ranking = begun or self._rankings.begun(snapshot.connection, code, order, point.as_of)
            return self._rankings.continued(ranking, self._status_of(snapshot, point))

    def ranked_statuses(self, ranking: Ranking, page: PageRequest) -> StatusPage:
        """Return a page of a complete ranking."""
        with self._status.snapshot() as snapshot:
            point = self._point(snapshot, RequestedAsOf.pinned(ranking.as_of))
            return ranked_page(ranking, self._status_of(snapshot, point), page)

    def list_events(self, selection: Filter, asked: RequestedAsOf, page: PageRequest) -> EventPage:
        """Return a page of the events selected, in the order of their positions."""
        with self._timeline.snapshot() as snapshot:
            as_of = snapshot.as_of(self._timeline.name, asked)
            entries = list_by_position(snapshot.connection, selection, as_of, page)
        return with_rows(self._log, entries, as_of)

    def list_timeline(
        self,
        selection: Filter,
        asked: RequestedAsOf,
        page: PageRequest,
        *,
        backwards: bool = False,
    ) -> EventPage:
        """Return a page of the events selected, in the order of (earliest valid time, event id)."""
        with self._timeline.snapshot() as snapshot:
            as_of = snapshot.as_of(self._timeline.name, asked)
            connection = snapshot.connection
            entries = list_by_valid(connection, selection, as_of, page, backwards=backwards)
        return with_rows(self._log, entries, as_of)

    def issue(self, slug: str, asked: RequestedAsOf, page: PageRequest) -> BoardPage:
        """Return a page of an issue's board, empty where claims name it that assert nothing.

        Raises `IssueNotFound` where no claim that names it is visible and asserted.
        """
        with self._status.snapshot() as snapshot:
            as_of, recorded = self._point(snapshot, asked)
            board = board_page(snapshot.connection, slug, as_of, recorded, page)
        if board.is_empty and page.after_key is None:
            self.topics.check_named(slug, as_of)
        return board

    def score_series(self, window: ScoreWindow, asked: RequestedAsOf) -> ScoreSeries:
        """Return a dyad's scores over time."""
        with self._scores.snapshot() as snapshot:
            as_of = snapshot.as_of(self._scores.name, asked)
            return score_series(snapshot.connection, window, as_of)

    def add_status_listener(self, listener: PositionListener) -> Callable[[], None]:
        """Have `listener` called whenever statuses may have changed: see `Follower`."""
        return self._status.add_listener(listener)

    def wait_for(self, position: int, timeout_seconds: float) -> None:
        """Wait until all read models have taken in a position: see `Follower.wait_for`."""
        for follower in self._followers.values():
            follower.wait_for(position, timeout_seconds)

    def progress(self) -> list[ProjectionProgress]:
        """Return how far each projection is, in the order of their names."""
        return [self._followers[name].progress() for name in sorted(self._followers)]

    def rebuild(self, name: str) -> Iterator[RebuildReport]:
        """Rebuild a projection from the log, or all of them without a name: see `Follower.rebuild`.

        Raises `UnknownProjection`.
        """
        first, *others = [self._named(name)] if name else self._followers.values()
        return first.rebuild(*others)

    def verify(self, name: str) -> Iterator[VerificationReport]:
        """Compare a projection with the log: see `Follower.verify`. Raises `UnknownProjection`."""
        return self._named(name).verify()

    def _named(self, name: str) -> Follower:
        if name not in self._followers:
            raise UnknownProjection(name, tuple(sorted(self._followers)))
        return self._followers[name]

    def _point(self, snapshot: Snapshot, asked: RequestedAsOf) -> RecordedPoint:
        as_of = snapshot.as_of(self._status.name, asked)
        return RecordedPoint(as_of, self._log.record_micros(as_of.position))

    def _status_of(self, snapshot: Snapshot, point: RecordedPoint) -> StatusOf:
        return CurrentElements(snapshot.connection, *point).status
