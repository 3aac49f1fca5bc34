"""Questions about how things stand between parties, what changed, and what their acts score."""

from collections.abc import Iterable
from typing import Final, Literal

from communique import codec
from communique.client import answers
from communique.client.connection import Connection
from communique.client.questions import Moment, Point, as_of_message, moment_message, point_message
from communique.client.results import Page
from communique.client.tables import StatusListing
from communique.domain.parties.party import Dyad
from communique.domain.state.comparison import BilateralComparison
from communique.domain.state.resolved_as_of import ResolvedAsOf
from communique.domain.state.score_series import Bucket, Scale, ScoreSeries
from communique.domain.state.status import BilateralStatus
from communique.v1 import series_pb2, status_pb2, timeline_service_pb2

StatusOrder = Literal["posture", "latest-event"]
_ORDERS: Final = {
    "posture": timeline_service_pb2.STATUS_ORDER_POSTURE,
    "latest-event": timeline_service_pb2.STATUS_ORDER_LATEST_EVENT,
}


class StatusQuestions(Connection):
    """Asks how things stand between parties, what changed, and what their acts score."""

    def status(  # noqa: PLR0913  a point has three clocks and a zone
        self,
        one: str,
        other: str,
        *,
        valid_at: Moment | None = None,
        known_at: Moment | None = None,
        position: int | None = None,
        zone: str = "UTC",
        as_of: ResolvedAsOf | None = None,
        min_position: int = 0,
    ) -> BilateralStatus:
        """Return how things stand between two parties, given by their codes, as of a point.

        >>> status = record.status("KOR", "JPN", valid_at="2019-08-20", zone="Asia/Seoul")
        >>> [(talks.issue, talks.state.value) for talks in status.talks]
        [('export-controls', 'REFUSED')]
        >>> record.status("KOR", "JPN", as_of=status.as_of) == status  # whatever is recorded since
        True
        """
        request = timeline_service_pb2.GetBilateralStatusRequest(
            parties=[one, other],
            as_of=as_of_message(valid_at, known_at, position, zone, as_of),
            min_position=min_position,
        )
        return _status(self._call(self._timelines.GetBilateralStatus, request).status)

    def statuses(
        self,
        dyads: Iterable[Dyad | str],
        *,
        valid_at: Moment | None = None,
        known_at: Moment | None = None,
        position: int | None = None,
        zone: str = "UTC",
        as_of: ResolvedAsOf | None = None,
        min_position: int = 0,
    ) -> list[BilateralStatus]:
        """Return how things stand with each of 1 to 100 dyads, all as of one point, in their order.

        >>> statuses = record.statuses(["JPN-KOR", "CHN-KOR"], valid_at="2019-08-22")
        >>> [status.posture.value for status in statuses]
        ['CONFRONTATIONAL', 'COOPERATIVE']
        """
        request = timeline_service_pb2.BatchGetBilateralStatusRequest(
            dyads=map(str, dyads),
            as_of=as_of_message(valid_at, known_at, position, zone, as_of),
            min_position=min_position,
        )
        answer = self._call(self._timelines.BatchGetBilateralStatus, request)
        return [*map(_status, answer.statuses)]

    def statuses_of(  # noqa: PLR0913  a point has three clocks and a zone
        self,
        party: str,
        *,
        order_by: StatusOrder = "posture",
        valid_at: Moment | None = None,
        known_at: Moment | None = None,
        position: int | None = None,
        zone: str = "UTC",
        as_of: ResolvedAsOf | None = None,
        min_position: int = 0,
        page_size: int = 0,
    ) -> StatusListing:
        """Return how things stand between a party and every other that it has claims with.

        `order_by` is `posture`, the strongest first, or `latest-event`; `ValueError` for another.

            >>> [status.dyad for status in record.statuses_of("KOR", valid_at="2019-08-22")]
            ['JPN-KOR', 'CHN-KOR']
        """
        if order_by not in _ORDERS:
            raise ValueError(f"unknown order {order_by!r}: one of {', '.join(_ORDERS)}")
        request = timeline_service_pb2.ListBilateralStatusesRequest(
            party=party,
            order_by=_ORDERS[order_by],
            as_of=as_of_message(valid_at, known_at, position, zone, as_of),
            min_position=min_position,
            page_size=page_size,
        )

        def fetch(token: str) -> Page[BilateralStatus]:
            request.page_token = token
            answer = self._call(self._timelines.ListBilateralStatuses, request)
            statuses = [*map(_status, answer.statuses)]
            return Page(statuses, answer.next_page_token, answers.resolved(answer.as_of))

        return StatusListing(fetch)

    def compare(
        self,
        one: str,
        other: str,
        *,
        before: Point | ResolvedAsOf,
        after: Point | ResolvedAsOf | None = None,
        min_position: int = 0,
    ) -> BilateralComparison:
        """Return what changed between two parties from one point to another, and what changed it.

        Points may differ on any clock: `valid_at` for how things moved, `known_at` or `position`
        for what was learnt or corrected. `after` left out is now.

            >>> monday, tuesday = Point(valid_at="2019-08-19"), Point(valid_at="2019-08-20")
            >>> comparison = record.compare("KOR", "JPN", before=monday, after=tuesday)
            >>> [(change.facet, change.kind.value) for change in comparison.changes][-1]
            ('talks/export-controls', 'APPEARED')
        """
        request = timeline_service_pb2.CompareBilateralStatusRequest(
            parties=[one, other],
            before=point_message(before),
            after=point_message(after or Point()),
            min_position=min_position,
        )
        answer = self._call(self._timelines.CompareBilateralStatus, request)
        return codec.model_of(BilateralComparison, answer.comparison)

    def series(  # noqa: PLR0913  a window, and a point of three clocks and a zone
        self,
        one: str,
        other: str,
        from_: Moment,
        to: Moment,
        *,
        bucket: Bucket | str = Bucket.MONTH,
        scale: Scale | str = Scale.GOLDSTEIN,
        actor: str | None = None,
        valid_at: Moment | None = None,
        known_at: Moment | None = None,
        position: int | None = None,
        zone: str = "UTC",
        as_of: ResolvedAsOf | None = None,
        min_position: int = 0,
    ) -> ScoreSeries:
        """Return the scores of two parties by `day`, `week` or `month` of UTC, as of a point.

        The window is from the beginning of `from_` to the end of `to`, and 3,700 steps at most.
        `scale` is `goldstein` or `plover`; with an `actor`, one of the two, only what it did to the
        other counts. `ValueError` for another bucket or scale.

            >>> series = record.series("KOR", "JPN", "2019-07-01", "2019-08-31", scale="plover")
            >>> [(step.day, step.event_count, step.score_sum) for step in series.steps]
            [('2019-07-01', 2, -1.0), ('2019-08-01', 9, -1.0)]
        """
        request = timeline_service_pb2.GetScoreSeriesRequest(
            parties=[one, other],
            actor=actor or "",
            scale=series_pb2.Scale.Value(f"SCALE_{Scale(scale).value}"),
            bucket=series_pb2.Bucket.Value(f"BUCKET_{Bucket(bucket).value}"),
            to=moment_message(to),
            as_of=as_of_message(valid_at, known_at, position, zone, as_of),
            min_position=min_position,
            **{"from": moment_message(from_)},
        )
        answer = self._call(self._timelines.GetScoreSeries, request)
        return codec.model_of(ScoreSeries, answer.series)


def _status(message: status_pb2.BilateralStatus) -> BilateralStatus:
    return codec.model_of(BilateralStatus, message)
