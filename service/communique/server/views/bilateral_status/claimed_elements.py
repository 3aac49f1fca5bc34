"""What claims would fill facets with, made of the log's events and remembered.

The read model keeps no content: an element follows from its claim alone, never from the point that
is asked from, and the log has the claim.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from communique.codec import BoundedCache
from communique.domain.claims.event import Amendment, Claim, EventCorrected
from communique.domain.state.assertions import affirmations
from communique.domain.state.element import StatusElement, claimed_fields
from communique.domain.state.issue_board import issues_of
from communique.domain.time.clocks import from_micros, window_of
from communique.server.log.decoding import recorded_of
from communique.server.log.entries import LogRow
from communique.server.log.event_log import LogReader
from communique.server.runtime import limits

_UNTOLD: Final[dict[str, Any]] = {
    name: field.get_default(call_default_factory=True)
    for name, field in StatusElement.model_fields.items()
    if not field.is_required()
}


class ElementKey(NamedTuple):
    """A facet of a dyad, and the position of the content that says something of it."""

    content_position: int
    dyad: str
    facet: str


class ClaimedElement(NamedTuple):
    """What a content alone fills a facet with, and the issues on whose boards that stands."""

    element: StatusElement
    issues: tuple[str, ...]


class ClaimedElements:
    """The elements of single contents. Safe to share between threads."""

    def __init__(self, log: LogReader) -> None:
        self._log = log
        self._remembered = BoundedCache[ElementKey, ClaimedElement](limits.ELEMENTS_REMEMBERED_MAX)

    def of(self, wanted: Sequence[tuple[ElementKey, int]]) -> list[ClaimedElement]:
        """Return the element of each key, which comes with when its content could be known."""
        found = [self._remembered.get(key) for key, _ in wanted]
        missing = [pair for pair, element in zip(wanted, found, strict=True) if element is None]
        made = self._made(missing) if missing else {}
        return [
            made[key] if element is None else element
            for (key, _), element in zip(wanted, found, strict=True)
        ]

    def _made(self, wanted: Iterable[tuple[ElementKey, int]]) -> dict[ElementKey, ClaimedElement]:
        known_of = {key.content_position: known for key, known in wanted}
        made = dict[ElementKey, ClaimedElement]()
        for row in self._log.by_positions(sorted(known_of)):
            for key, element in _elements_of(row, known_of[row.position]):
                made[key] = element
                self._remembered.keep(key, element)
        return made


def _elements_of(row: LogRow, known_micros: int) -> Iterable[tuple[ElementKey, ClaimedElement]]:
    """Yield what the content that a row gives says of each facet."""
    claim, known = _content_of(row), from_micros(known_micros)
    window = window_of(claim.occurred, claim.known, known)
    for assertion in affirmations(claim):
        fields = _UNTOLD | claimed_fields(claim, assertion, known, window)
        element = ClaimedElement(StatusElement.trusted(fields), issues_of(claim, assertion))
        yield ElementKey(row.position, str(assertion.dyad), str(assertion.facet)), element


def _content_of(row: LogRow) -> Claim:
    match recorded_of(row).event:
        case Claim() as claim:
            return claim
        case Amendment(payload=EventCorrected(content=content)):
            return content
        case other:
            raise TypeError(f"the event at {row.position} has no content: {other!r}")
