"""The current elements of facets as of a point: those of their winning claims."""

from collections.abc import Iterable
from typing import Final, NamedTuple

import apsw

from communique.codec import StoredElement
from communique.domain.parties.party import Dyad
from communique.domain.state.element import StatusElement, lacks_date, with_date
from communique.domain.state.status import BilateralStatus, assemble
from communique.domain.time.clocks import AsOf, micros
from communique.server.projections.event_contents import FOREVER
from communique.server.views.bilateral_status.facet_search import (
    CERTAIN,
    FacetWinner,
    SearchPoint,
    elements_below,
    facet_winners,
)
from communique.server.views.bilateral_status.status_projection import OPEN_BITS

_LISTED: Final = "SELECT facet_id FROM facets WHERE dyad = ? AND is_listed = 1"
_NAMED: Final = """
    SELECT facet_id FROM facets WHERE dyad = ? AND is_listed IN (0, 1) AND facet = ?
"""
_NEXT_SPAN_BITS: Final = """
    SELECT span_bits FROM claims INDEXED BY plans
    WHERE agenda_dyad = ? AND span_bits > ? ORDER BY span_bits LIMIT 1
"""
_PLANS: Final = """
    SELECT DISTINCT facet_id FROM claims INDEXED BY plans
    WHERE agenda_dyad = ? AND span_bits = ? AND until > ? AND until < ? AND earliest <= ?
"""


class CurrentElement(NamedTuple):
    """The element of a facet's winning claim; `issues` are those of its boards, space-separated."""

    dyad: str
    element: StatusElement
    issues: str


class CurrentElements:
    """The elements of facets in one state of the read model, as of one point that it has reached.

    `recorded` is the record time of the point's position in microseconds.
    """

    def __init__(self, connection: apsw.Connection, as_of: AsOf, recorded: int) -> None:
        self._connection, self._as_of = connection, as_of
        self._point = SearchPoint(
            micros(as_of.valid), micros(as_of.known), as_of.position, recorded
        )

    def status(self, dyad: Dyad) -> BilateralStatus:
        """Return how things stand between two parties."""
        facet_ids = [*self._ids(_LISTED, str(dyad)), *self._planned(dyad)]
        elements = [current.element for current in self.of_facets(facet_ids)]
        return assemble(dyad, self._as_of, elements)

    def of_facet(self, dyad: Dyad, facet: str) -> StatusElement | None:
        """Return the winning element of one facet as claimed, even where its life cycle is over."""
        elements = self.of_facets(self._ids(_NAMED, str(dyad), facet))
        return elements[0].element if elements else None

    def _ids(self, query: str, *names: str) -> list[int]:
        return [facet_id for (facet_id,) in self._connection.execute(query, names)]

    def _planned(self, dyad: Dyad) -> Iterable[int]:
        """Return the agenda facets with a plan announced by the valid time for a later day.

        A span of n bits is shorter than 2**n microseconds. So for each n that occurs, plans are
        looked for in one short range of the index, up to 2**n after the valid time.
        """
        valid, planned = self._point.valid, dict[int, None]()
        bits: int | None = self._connection.execute(_NEXT_SPAN_BITS, (str(dyad), 0)).get
        while bits is not None:
            end = FOREVER + 1 if bits == OPEN_BITS else valid + (1 << bits)
            rows = self._connection.execute(_PLANS, (str(dyad), bits, valid, end, valid))
            planned.update(dict.fromkeys(facet_id for (facet_id,) in rows))
            bits = self._connection.execute(_NEXT_SPAN_BITS, (str(dyad), bits)).get
        return planned

    def of_facets(self, facet_ids: Iterable[int]) -> list[CurrentElement]:
        """Return the current elements of the facets, each with its last certain one."""
        by_facet: dict[int, list[FacetWinner]] = {}
        for winner in facet_winners(self._connection, [*facet_ids], self._point):
            by_facet.setdefault(winner.facet_id, []).append(winner)
        return [self._current(winners) for winners in by_facet.values()]

    def _current(self, winners: list[FacetWinner]) -> CurrentElement:
        """Return the element of a facet's greatest winner, with the last certain one in it."""
        best = max(winners)
        element = self._element_of(best, only_certain=False)
        if not best.partition & CERTAIN:
            certain = [winner for winner in winners if winner.partition & CERTAIN]
            if certain:
                last_certain = self._element_of(max(certain), only_certain=True)
                element = element.model_copy(update={"last_certain": last_certain})
        return CurrentElement(best.dyad, element, best.issues)

    def _element_of(self, winner: FacetWinner, *, only_certain: bool) -> StatusElement:
        """Return a winner's element, with the date of a witness where the winner names none."""
        element: StatusElement = StoredElement.read(winner.element)
        if winner.is_disputed:
            element = element.model_copy(update={"contested": True})
        if not lacks_date(element):
            return element
        below = elements_below(self._connection, winner, self._point, only_certain=only_certain)
        return with_date(element, map(StoredElement.read, below))
