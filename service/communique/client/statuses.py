"""Questions about how things stand: one pair, many, all of a party, and what changed."""

from collections.abc import Iterable
from typing import Final, Literal

from communique import codec
from communique.client import answers
from communique.client.connection import Connection
from communique.client.questions import Moment, Point, as_of_message, point_message
from communique.client.results import Page
from communique.client.tables import StatusListing
from communique.domain.parties.party import Dyad
from communique.domain.state.comparison import BilateralComparison
from communique.domain.state.status import BilateralStatus, ResolvedAsOf
from communique.v1 import timeline_service_pb2

StatusOrder = Literal["posture", "latest-event"]
_ORDERS: Final = {
    "posture": timeline_service_pb2.STATUS_ORDER_POSTURE,
    "latest-event": timeline_service_pb2.STATUS_ORDER_LATEST_EVENT,
}


class StatusQuestions(Connection):
    """Asks how things stand between parties, and what changed."""

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
        >>> record.status("KOR", "JPN", as_of=status.as_of) == status  # whatever came since
        True
        """
        request = timeline_service_pb2.GetBilateralStatusRequest(
            parties=[one, other],
            as_of=as_of_message(valid_at, known_at, position, zone, as_of),
            min_position=min_position,
        )
        return codec.status(self._call(self._timelines.GetBilateralStatus, request).status)

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

        >>> found = record.statuses(["JPN-KOR", "CHN-KOR"], valid_at="2019-08-22")
        >>> [one.posture.value for one in found]
        ['CONFRONTATIONAL', 'COOPERATIVE']
        """
        request = timeline_service_pb2.BatchGetBilateralStatusRequest(
            dyads=map(str, dyads),
            as_of=as_of_message(valid_at, known_at, position, zone, as_of),
            min_position=min_position,
        )
        answer = self._call(self._timelines.BatchGetBilateralStatus, request)
        return [codec.status(one) for one in answer.statuses]

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
        """Return how things stand between a party and all others of which something is recorded.

        `order_by` is `posture`, the strongest first, or `latest-event`; `ValueError` for another.

            >>> [one.dyad for one in record.statuses_of("KOR", valid_at="2019-08-22")]
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
            statuses = [codec.status(one) for one in answer.statuses]
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

            >>> sunday, monday = Point(valid_at="2019-08-18"), Point(valid_at="2019-08-19")
            >>> found = record.compare("KOR", "JPN", before=sunday, after=monday)
            >>> [(one.facet, one.kind.value) for one in found.changes][-1]
            ('talks/export-controls', 'APPEARED')
        """
        request = timeline_service_pb2.CompareBilateralStatusRequest(
            parties=[one, other],
            before=point_message(before),
            after=point_message(after or Point()),
            min_position=min_position,
        )
        answer = self._call(self._timelines.CompareBilateralStatus, request)
        return codec.comparison(answer.comparison)
