"""All read models of one log: kept up to date by their followers, asked from any thread."""

from collections.abc import Callable, Iterable, Iterator

from communique.domain.parties.party import Dyad
from communique.domain.state.comparison import BilateralComparison
from communique.domain.state.event_filter import Filter
from communique.domain.state.score_series import ScoreSeries
from communique.domain.state.status import BilateralStatus
from communique.server.log.event_log import LogReader
from communique.server.projections.follower import Follower, PositionListener
from communique.server.projections.progress import (
    ProjectionProgress,
    RebuildReport,
    VerificationReport,
)
from communique.server.projections.projection_errors import UnknownProjection
from communique.server.projections.snapshot import RequestedAsOf, Snapshot
from communique.server.views.bilateral_status.claimed_elements import ClaimedElements
from communique.server.views.bilateral_status.current_elements import CurrentElements
from communique.server.views.bilateral_status.issue_board_query import BoardPage, board_page
from communique.server.views.bilateral_status.rankings import (
    Ranking,
    Rankings,
    StatusOrder,
    StatusPage,
    ranked_page,
    statuses_of_each,
)
from communique.server.views.bilateral_status.status_comparison import bilateral_comparison
from communique.server.views.paging import PageRequest
from communique.server.views.scores.score_query import ScoreWindow, score_series
from communique.server.views.timeline.event_lists import (
    EventPage,
    list_by_position,
    list_by_valid,
    with_rows,
)
from communique.server.views.timeline.subject_pages import SubjectPages
from communique.server.views.timeline.topic_lists import TopicLists


class ReadModels:
    """Answers from the read models, in domain models and rows of the log.

    Blocking; safe to use from any thread. Each query raises `ReadModelBehind` for a position that
    lies ahead. The caller closes the log, after the read models.
    """

    def __init__(self, log: LogReader, follower: Follower) -> None:
        self._log = log
        self._follower = follower
        self._rankings = Rankings()
        self._claimed = ClaimedElements(log)
        self.subjects = SubjectPages(log, follower)
        self.topics = TopicLists(log, follower)

    def start(self) -> None:
        """Begin to follow the log."""
        self._follower.start()

    def close(self) -> None:
        """Stop following and close the file."""
        self._follower.close()

    def bilateral_status(self, dyad: Dyad, asked: RequestedAsOf) -> BilateralStatus:
        """Return how things stand between two parties."""
        with self._follower.snapshot() as snapshot:
            return self._current(snapshot, asked).status(dyad)

    def compare(
        self, dyad: Dyad, before: RequestedAsOf, after: RequestedAsOf
    ) -> BilateralComparison:
        """Return what changed between two points."""
        with self._follower.snapshot() as snapshot:
            points = self._current(snapshot, before), self._current(snapshot, after)
            return bilateral_comparison(dyad, points, self._log)

    def bilateral_statuses(
        self, dyads: Iterable[Dyad], asked: RequestedAsOf
    ) -> list[BilateralStatus]:
        """Return how things stand with each dyad, all as of one point."""
        with self._follower.snapshot() as snapshot:
            return statuses_of_each(self._current(snapshot, asked).status, dyads)

    def rank_statuses(
        self, code: str, order: StatusOrder, asked: RequestedAsOf, begun: Ranking | None = None
    ) -> Ranking:
        """Rank a party's statuses with at least one element, a step further than `begun`.

        `asked` is the point of `begun`, with its position.
        """
        with self._follower.snapshot() as snapshot:
            current = self._current(snapshot, asked)
            ranking = begun or self._rankings.begun(snapshot.connection, code, order, current.as_of)
            return self._rankings.continued(ranking, current.status)

    def ranked_statuses(self, ranking: Ranking, page: PageRequest) -> StatusPage:
        """Return a page of a complete ranking."""
        with self._follower.snapshot() as snapshot:
            current = self._current(snapshot, RequestedAsOf.pinned(ranking.as_of))
            return ranked_page(ranking, current.status, page)

    def list_events(self, selection: Filter, asked: RequestedAsOf, page: PageRequest) -> EventPage:
        """Return a page of the events selected, in the order of their positions."""
        with self._follower.snapshot() as snapshot:
            as_of = snapshot.as_of(self._follower.name, asked)
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
        with self._follower.snapshot() as snapshot:
            as_of = snapshot.as_of(self._follower.name, asked)
            connection = snapshot.connection
            entries = list_by_valid(connection, selection, as_of, page, backwards=backwards)
        return with_rows(self._log, entries, as_of)

    def issue(self, slug: str, asked: RequestedAsOf, page: PageRequest) -> BoardPage:
        """Return a page of an issue's board, empty where claims name it that assert nothing.

        Raises `IssueNotFound` where no claim that names it is visible and asserted.
        """
        with self._follower.snapshot() as snapshot:
            board = board_page(self._current(snapshot, asked), slug, page)
        if board.is_empty and page.after_key is None:
            self.topics.check_named(slug, board.as_of)
        return board

    def score_series(self, window: ScoreWindow, asked: RequestedAsOf) -> ScoreSeries:
        """Return a dyad's scores over time."""
        with self._follower.snapshot() as snapshot:
            as_of = snapshot.as_of(self._follower.name, asked)
            return score_series(snapshot.connection, window, as_of)

    def add_status_listener(self, listener: PositionListener) -> Callable[[], None]:
        """Have `listener` called whenever statuses may have changed: see `Follower`."""
        return self._follower.add_listener(listener)

    def wait_for(self, position: int, timeout_seconds: float) -> None:
        """Wait until the read models have taken in a position: see `Follower.wait_for`."""
        self._follower.wait_for(position, timeout_seconds)

    def progress(self) -> list[ProjectionProgress]:
        """Return how far each projection is."""
        return [self._follower.progress()]

    def rebuild(self, name: str) -> Iterator[RebuildReport]:
        """Rebuild a projection from the log, or all of them without a name: see `Follower.rebuild`.

        Raises `UnknownProjection`.
        """
        return (self._named(name) if name else self._follower).rebuild()

    def verify(self, name: str) -> Iterator[VerificationReport]:
        """Compare a projection with the log: see `Follower.verify`. Raises `UnknownProjection`."""
        return self._named(name).verify()

    def _named(self, name: str) -> Follower:
        if name != self._follower.name:
            raise UnknownProjection(name, (self._follower.name,))
        return self._follower

    def _current(self, snapshot: Snapshot, asked: RequestedAsOf) -> CurrentElements:
        as_of = snapshot.as_of(self._follower.name, asked)
        recorded = self._log.record_micros(as_of.position)
        return CurrentElements(snapshot.connection, self._claimed, as_of, recorded)
