"""What changed between two points of one dyad, both read from one snapshot."""

from collections.abc import Iterable
from uuid import UUID

from communique.domain.parties.party import Dyad
from communique.domain.state.comparison import (
    BilateralComparison,
    amendments_between,
    causes_between,
    compare,
)
from communique.server.log.decoding import recorded_of
from communique.server.log.event_log import LogReader
from communique.server.views.bilateral_status.current_elements import CurrentElements


def bilateral_comparison(
    dyad: Dyad, at_points: tuple[CurrentElements, CurrentElements], log: LogReader
) -> BilateralComparison:
    """Return what changed from the first point to the second, and which events changed it.

    Causes are found from the winning elements as claimed: a life cycle that is over has one, too,
    though the status does not show it.
    """
    before, after = (elements.status(dyad) for elements in at_points)
    first, second = (elements.as_of for elements in at_points)
    until = max(first.position, second.position)

    def amendments(event_id: UUID) -> Iterable[UUID]:
        history = [recorded_of(row) for row in log.stream(event_id) if row.position <= until]
        return amendments_between(history, first, second)

    def causes(facet: str) -> tuple[UUID, ...]:
        was, is_now = (elements.of_facet(dyad, facet) for elements in at_points)
        return causes_between(was, is_now, amendments)

    return compare(before, after, causes)
