"""The current elements of facets as of a point: what their claims say."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import apsw

from communique.domain.parties.party import Dyad
from communique.domain.state.element import StatusElement
from communique.domain.state.facets import FacetKind
from communique.domain.state.resolution import resolved
from communique.domain.state.status import BilateralStatus, FacetStanding, assemble
from communique.domain.state.winners import ClaimsOfFacet, winners_by_surety
from communique.domain.time.clocks import AsOf
from communique.server.runtime import limits
from communique.server.sqlite.short_reads import only_shortly
from communique.server.views.bilateral_status.claimed_elements import ClaimedElements
from communique.server.views.bilateral_status.coded_pattern import coded_pattern
from communique.server.views.bilateral_status.facet_search import (
    FacetSearch,
    FoundClaim,
    FoundFacet,
)
from communique.server.views.read_model.content_shape import tag_of_dyad


class CurrentElement(NamedTuple):
    """The element of a facet, and what the curated claims alone make of it.

    `issues` are those of its winning claim's boards.
    """

    dyad: str
    element: StatusElement
    curated: StatusElement | None
    issues: tuple[str, ...]


class CurrentElements:
    """The elements of facets in one state of the read model, as of one point that it has reached.

    `recorded` is the record time of the point's position in microseconds.
    """

    def __init__(
        self, connection: apsw.Connection, claimed: ClaimedElements, as_of: AsOf, recorded: int
    ) -> None:
        self.connection, self.as_of = connection, as_of
        self._search = FacetSearch(connection, claimed, as_of, recorded)

    def status(self, dyad: Dyad) -> BilateralStatus:
        """Return how things stand between two parties."""
        found = self._of(self._search.standing(dyad))
        facets = [FacetStanding(it.element, it.curated) for it in found]
        pattern = coded_pattern(
            self.connection, self._search.tag_id(tag_of_dyad(dyad)), self._search.bindings
        )
        return assemble(dyad, self.as_of, facets, pattern)

    def of_facet(self, dyad: Dyad, facet: str) -> StatusElement | None:
        """Return the element of one facet as claimed, even where its life cycle is over."""
        elements = self.of_facets([(dyad, [facet])])
        return elements[0].element if elements else None

    def of_facets(self, named: Iterable[tuple[Dyad, Sequence[str]]]) -> list[CurrentElement]:
        """Return the current elements of the facets of each dyad that have one."""
        return self._of([it for dyad, facets in named for it in self._search.named(dyad, facets)])

    def _of(self, facets: Sequence[FoundFacet]) -> list[CurrentElement]:
        """Return the current elements of the facets that have one."""
        if not facets:
            return []
        only_shortly(len(facets) <= limits.SHORT_STATUS_FACETS_MAX)
        contenders = self._search.contenders(facets)
        found = (self._current(facet, contenders.get(facet.key, [])) for facet in facets)
        return [current for current in found if current]

    def _current(self, facet: FoundFacet, contenders: list[FoundClaim]) -> CurrentElement | None:
        search = self._search
        if facet.only_asserts and not contenders:
            return None
        if facet.only_asserts and len(contenders) == 1:
            (alone,) = contenders
            if not alone.claim.element.subject:
                # Most often nothing else can bear witness: this is what the rest comes to then.
                stands = alone.claim.element_alone
                curated = None if stands.coded else stands
                return CurrentElement(facet.dyad, stands, curated, alone.issues)
        denials = [] if facet.only_asserts else search.denials(facet)
        schedules = [] if facet.only_asserts else search.schedules(facet)
        asserted = self._with_witnesses(facet, contenders)
        claims = ClaimsOfFacet(
            [found.claim for found in asserted],
            [found.claim for found in denials],
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
        self, facet: FoundFacet, contenders: list[FoundClaim], claims: ClaimsOfFacet
    ) -> StatusElement | None:
        """Return what the curated claims of a facet alone make of it."""
        curated = [it for it in contenders if not it.claim.element.coded]
        asserted = [it.claim for it in self._with_witnesses(facet, curated)] if curated else []
        return resolved(claims._replace(asserted=asserted).curated)

    def _with_witnesses(self, facet: FoundFacet, contenders: list[FoundClaim]) -> list[FoundClaim]:
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
