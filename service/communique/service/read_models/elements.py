"""The elements of a status, read from the log's own bytes; recent ones are remembered."""

from functools import lru_cache
from typing import Final

from communique.domain.assertions import Assertion, assertions
from communique.domain.clocks import from_micros
from communique.domain.element import StatusElement
from communique.domain.event import Amendment, Claim, EventCorrected
from communique.domain.issue import issues_of
from communique.service.log import LogReader
from communique.service.mapper import recorded_of

_ELEMENTS_CACHED: Final = 4_096


class Elements:
    """What claims of the log fill their facets with. Safe to share between threads."""

    def __init__(self, reader: LogReader) -> None:
        """Read from `reader`, which stays the caller's to close."""
        self._reader = reader
        self.element = lru_cache(_ELEMENTS_CACHED)(self._element)
        """As `_element`, remembering the recent ones."""
        self.issues = lru_cache(_ELEMENTS_CACHED)(self._issues)
        """As `_issues`, remembering the recent ones."""

    def _element(
        self, content_position: int, known_micros: int, dyad: str, facet: str
    ) -> StatusElement:
        """Return what the content recorded at a position fills a facet of a dyad with."""
        claim = self._claim(content_position)
        assertion = _assertion_of(claim, dyad, facet)
        return StatusElement.of(claim, assertion, from_micros(known_micros))

    def _issues(self, content_position: int, dyad: str, facet: str) -> tuple[str, ...]:
        """Return the issues on whose boards a facet stands while this content wins."""
        claim = self._claim(content_position)
        return issues_of(claim, _assertion_of(claim, dyad, facet))

    def _claim(self, position: int) -> Claim:
        """The content of the claim or correction at a position."""
        (row,) = self._reader.by_positions([position])
        match recorded_of(row).event:
            case Claim() as claim:
                return claim
            case Amendment(payload=EventCorrected(content=content)):
                return content
            case other:
                raise TypeError(f"position {position} has no content: {other!r}")


def _assertion_of(claim: Claim, dyad: str, facet: str) -> Assertion:
    return next(
        one for one in assertions(claim) if (str(one.dyad), str(one.facet)) == (dyad, facet)
    )
