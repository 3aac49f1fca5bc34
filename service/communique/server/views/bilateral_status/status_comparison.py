"""What changed between two points of one dyad, both asked from one snapshot."""

from collections.abc import Callable, Iterable
from typing import NamedTuple
from uuid import UUID

import apsw

from communique.domain.claims.event import Recorded
from communique.domain.parties.party import Dyad
from communique.domain.state.comparison import (
    BilateralComparison,
    amendments_between,
    causes_between,
    compare,
)
from communique.domain.time.clocks import AsOf
from communique.server.views.bilateral_status.current_elements import Winners

Stream = Callable[[UUID, int], Iterable[Recorded]]
"""Gives an event's claim and amendments in order, up to a position."""


class RecordedPoint(NamedTuple):
    """A point, and the record time of its position in microseconds."""

    as_of: AsOf
    recorded: int


def bilateral_comparison(
    connection: apsw.Connection,
    stream: Stream,
    dyad: Dyad,
    points: tuple[RecordedPoint, RecordedPoint],
) -> BilateralComparison:
    """Return what changed from the first point to the second, and which events changed it.

    Causes are looked for only where something differs. They are found from the winners as claimed:
    a life cycle that is over has one, too, though the status does not show it.
    """
    winners = [Winners(connection, *point) for point in points]
    before, after = (each.status(dyad) for each in winners)
    one, other = (point.as_of for point in points)
    until = max(one.position, other.position)

    def amendments(event_id: UUID) -> Iterable[UUID]:
        return amendments_between(stream(event_id, until), one, other)

    def causes(facet: str) -> tuple[UUID, ...]:
        was, is_now = (each.of_facet(dyad, facet) for each in winners)
        return causes_between(was, is_now, amendments)

    return compare(before, after, causes)
