"""What changed between two points of one dyad, both read from one snapshot."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

import apsw

from communique.domain.parties.party import Dyad
from communique.domain.state.comparison import (
    BilateralComparison,
    amendments_between,
    causes_between,
    compare,
)
from communique.domain.time.clocks import AsOf
from communique.server.projections.decoded_log import ReadStream
from communique.server.views.bilateral_status.current_elements import CurrentElements


class RecordedPoint(NamedTuple):
    """A point, and the record time of its position in microseconds."""

    as_of: AsOf
    recorded: int


def bilateral_comparison(
    connection: apsw.Connection,
    read_stream: ReadStream,
    dyad: Dyad,
    points: tuple[RecordedPoint, RecordedPoint],
) -> BilateralComparison:
    """Return what changed from the first point to the second, and which events changed it.

    Causes are found from the winning elements as claimed: a life cycle that is over has one, too,
    though the status does not show it.
    """
    at_points = [CurrentElements(connection, *point) for point in points]
    before, after = (elements.status(dyad) for elements in at_points)
    first, second = (point.as_of for point in points)
    until = max(first.position, second.position)

    def amendments(event_id: UUID) -> Iterable[UUID]:
        return amendments_between(read_stream(event_id, until), first, second)

    def causes(facet: str) -> tuple[UUID, ...]:
        was, is_now = (elements.of_facet(dyad, facet) for elements in at_points)
        return causes_between(was, is_now, amendments)

    return compare(before, after, causes)
