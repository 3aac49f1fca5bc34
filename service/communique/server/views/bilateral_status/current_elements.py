"""How things stand as of a point: the winning claims of facets, and the elements that they make."""

from collections.abc import Iterable
from typing import Final, NamedTuple

import apsw

from communique.codec import StoredElement
from communique.domain.parties.party import Dyad
from communique.domain.state.element import StatusElement
from communique.domain.state.status import BilateralStatus, assemble
from communique.domain.time.clocks import AsOf, micros
from communique.server.projections.event_contents import FOREVER
from communique.server.views.bilateral_status.facet_search import CERTAIN, Point, Winner, winners
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


class Standing(NamedTuple):
    """The element of a facet's winning claim, with spaces the issues on whose boards it stands."""

    dyad: str
    element: StatusElement
    issues: str


class Winners:
    """The winning claims in one state of the read model, as of one point."""

    def __init__(self, connection: apsw.Connection, as_of: AsOf, recorded: int) -> None:
        """Read from `connection`; `recorded` is the record time of the position, in microseconds.

        The position is one that the read model has reached.
        """
        self._connection, self._as_of = connection, as_of
        self._point = Point(micros(as_of.valid), micros(as_of.known), as_of.position, recorded)

    def status(self, dyad: Dyad) -> BilateralStatus:
        """Return how things stand between two parties."""
        facet_ids = [*self._ids(_LISTED, str(dyad)), *self._planned(dyad)]
        return assemble(dyad, self._as_of, [one.element for one in self.standing(facet_ids)])

    def of_facet(self, dyad: Dyad, facet: str) -> StatusElement | None:
        """Return the winner of one facet as claimed, even where its life cycle is over."""
        found = self.standing(self._ids(_NAMED, str(dyad), facet))
        return next((one.element for one in found), None)

    def _ids(self, query: str, *names: str) -> list[int]:
        return [facet_id for (facet_id,) in self._connection.execute(query, names)]

    def _planned(self, dyad: Dyad) -> Iterable[int]:
        """Return the agenda facets with a plan announced by the valid time for a day to come.

        A span of n bits is shorter than 2**n, so that its end lies between the valid time and 2**n
        after: for each n that occurs, one short range of the index. For example a plan of 5 March
        for 20 March has a span of 41 bits (about 25 days at most): it is looked for in the 25 days
        after the valid time.
        """
        valid, planned = self._point.valid, dict[int, None]()
        bits: int | None = self._connection.execute(_NEXT_SPAN_BITS, (str(dyad), 0)).get
        while bits is not None:
            end = FOREVER + 1 if bits == OPEN_BITS else valid + (1 << bits)
            found = self._connection.execute(_PLANS, (str(dyad), bits, valid, end, valid))
            planned.update(dict.fromkeys(facet_id for (facet_id,) in found))
            bits = self._connection.execute(_NEXT_SPAN_BITS, (str(dyad), bits)).get
        return planned

    def standing(self, facet_ids: Iterable[int]) -> list[Standing]:
        """Return what fills the facets, each with its last certain claim below it."""
        by_facet: dict[int, list[Winner]] = {}
        for one in winners(self._connection, [*facet_ids], self._point):
            by_facet.setdefault(one.facet_id, []).append(one)
        return [_standing_of(of_facet) for of_facet in by_facet.values()]


def _standing_of(found: list[Winner]) -> Standing:
    """Put together the winners of a facet's partitions: the best, and the last certain one."""
    best = max(found) if len(found) > 1 else found[0]
    element = _element_of(best)
    if not best.partition & CERTAIN:
        certain = [one for one in found if one.partition & CERTAIN]
        if certain:
            last_certain = _element_of(max(certain))
            element = element.model_copy(update={"last_certain": last_certain})
    return Standing(best.dyad, element, best.issues)


def _element_of(winner: Winner) -> StatusElement:
    element = StoredElement.read(winner.element)
    return element.model_copy(update={"contested": True}) if winner.is_disputed else element
