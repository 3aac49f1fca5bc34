"""The current elements of facets as of a point: what their claims say."""

from collections.abc import Iterable
from typing import Final, NamedTuple

import apsw

from communique.domain.parties.party import Dyad
from communique.domain.state.element import StatusElement
from communique.domain.state.facets import FacetKind
from communique.domain.state.resolution import resolved
from communique.domain.state.status import BilateralStatus, FacetStanding, assemble
from communique.domain.state.winners import ClaimsOfFacet, winners_by_surety
from communique.domain.time.clocks import AsOf
from communique.server.projections.event_contents import FOREVER
from communique.server.views.bilateral_status.coded_pattern import coded_pattern
from communique.server.views.bilateral_status.facet_search import (
    ASSERTING,
    SCHEDULES,
    FacetRow,
    FacetSearch,
    FoundClaim,
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
    WHERE agenda_dyad = ? AND span_bits = ? AND until > ? AND until < ? AND announced <= ?
"""


class CurrentElement(NamedTuple):
    """The element of a facet, and what the curated claims alone make of it.

    `issues` are those of its winning claim's boards, space-separated.
    """

    dyad: str
    element: StatusElement
    curated: StatusElement | None
    issues: str


class CurrentElements:
    """The elements of facets in one state of the read model, as of one point that it has reached.

    `recorded` is the record time of the point's position in microseconds.
    """

    def __init__(self, connection: apsw.Connection, as_of: AsOf, recorded: int) -> None:
        self._connection, self._as_of = connection, as_of
        self._search = FacetSearch(connection, as_of, recorded)

    def status(self, dyad: Dyad) -> BilateralStatus:
        """Return how things stand between two parties."""
        facet_ids = [*self._ids(_LISTED, str(dyad)), *self._planned(dyad)]
        facets = [FacetStanding(it.element, it.curated) for it in self.of_facets(facet_ids)]
        pattern = coded_pattern(self._connection, dyad, self._search.bindings)
        return assemble(dyad, self._as_of, facets, pattern)

    def of_facet(self, dyad: Dyad, facet: str) -> StatusElement | None:
        """Return the element of one facet as claimed, even where its life cycle is over."""
        elements = self.of_facets(self._ids(_NAMED, str(dyad), facet))
        return elements[0].element if elements else None

    def _ids(self, query: str, *names: str) -> list[int]:
        return [facet_id for (facet_id,) in self._connection.execute(query, names)]

    def _planned(self, dyad: Dyad) -> Iterable[int]:
        """Return the agenda facets with a plan announced by the valid time that may still stand.

        A span of n bits is shorter than 2**n microseconds. So for each n that occurs, plans are
        looked for in one short range of the index, up to 2**n after the valid time.
        """
        bindings, planned = self._search.bindings, dict[int, None]()
        valid, until = bindings["valid"], bindings["until"]
        bits: int | None = self._connection.execute(_NEXT_SPAN_BITS, (str(dyad), 0)).get
        while bits is not None:
            end = FOREVER + 1 if bits == OPEN_BITS else until + (1 << bits)
            rows = self._connection.execute(_PLANS, (str(dyad), bits, valid, end, until))
            planned.update(dict.fromkeys(facet_id for (facet_id,) in rows))
            bits = self._connection.execute(_NEXT_SPAN_BITS, (str(dyad), bits)).get
        return planned

    def of_facets(self, facet_ids: Iterable[int]) -> list[CurrentElement]:
        """Return the current elements of the facets that have one."""
        ids = [*facet_ids]
        if not ids:
            return []
        contenders = self._search.contenders(ids)
        found = (
            self._current(facet, contenders.get(facet.facet_id, []))
            for facet in self._search.facets(ids)
        )
        return [current for current in found if current]

    def _current(self, facet: FacetRow, contenders: list[FoundClaim]) -> CurrentElement | None:
        search = self._search
        if len(contenders) == 1 and facet.only_asserts:
            (alone,) = contenders
            if not alone.claim.element.subject:
                # Most often nothing else can bear witness: this is what the rest comes to then.
                stands = alone.claim.element_alone
                curated = None if stands.coded else stands
                return CurrentElement(facet.dyad, stands, curated, alone.issues)
        denials = search.told_apart(facet, range(SCHEDULES))
        schedules = search.told_apart(facet, range(SCHEDULES, ASSERTING))
        asserted = self._with_witnesses(facet, contenders)
        claims = ClaimsOfFacet(
            [found.claim for found in asserted],
            [found.claim for found, is_asserted in denials if is_asserted],
            [(found.claim, is_asserted) for found, is_asserted in schedules],
        )
        element = resolved(claims)
        if element is None:
            return None
        curated = element if claims.are_curated else self._of_curated(facet, contenders, claims)
        winner_id = element.event_ids[0].bytes
        everything = [*asserted, *(found for found, _ in schedules)]
        issues = next(it.issues for it in everything if it.claim.rank.event_id == winner_id)
        return CurrentElement(facet.dyad, element, curated, issues)

    def _of_curated(
        self, facet: FacetRow, contenders: list[FoundClaim], claims: ClaimsOfFacet
    ) -> StatusElement | None:
        """Return what the curated claims of a facet alone make of it."""
        curated = [it for it in contenders if not it.claim.element.coded]
        asserted = [it.claim for it in self._with_witnesses(facet, curated)] if curated else []
        return resolved(claims._replace(asserted=asserted).curated)

    def _with_witnesses(self, facet: FacetRow, contenders: list[FoundClaim]) -> list[FoundClaim]:
        """Return the contenders, and the claims that may bear witness to the winners among them."""
        more, subjects = list[FoundClaim](), set[str]()
        if contenders and contenders[0].claim.element.kind is FacetKind.AGENDA:
            # All claims of such a facet are about one subject, and no late one is sure to win.
            subject = contenders[0].claim.element.subject
            return self._search.of_subject(facet, subject) if subject else contenders
        for winner, _ in winners_by_surety([it.claim for it in contenders]):
            subject, first = winner.element.subject, winner.rank.first
            if subject and subject not in subjects:
                more += self._search.of_subject(facet, subject)
                subjects.add(subject)
            elif not subject and any(it.claim.rank.first > first for it in contenders):
                more += self._search.since(facet, first)
        return [*{it.claim.rank.event_id: it for it in (*contenders, *more)}.values()]
