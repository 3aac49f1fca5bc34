"""The elements of a status, read from the log's own bytes; recent ones are remembered."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from threading import Lock
from typing import Final, NamedTuple

from communique.domain.assertions import assertions
from communique.domain.clocks import from_micros
from communique.domain.element import StatusElement
from communique.domain.event import Amendment, Claim, EventCorrected
from communique.domain.issue import issues_of
from communique.service.log import LogReader, Recorded
from communique.service.mapper import recorded_of

_KEPT_MAX: Final = 8_192
"""About 15 MB. The busiest dyads have many thousands of claims, any of which wins at some point."""


class Filling(NamedTuple):
    """That the content recorded at a position fills a facet of a dyad, known from an instant on."""

    content_position: int
    known_micros: int
    dyad: str
    facet: str


class Filled(NamedTuple):
    """What a content fills a facet with, and the issues on whose boards that stands."""

    element: StatusElement
    issues: tuple[str, ...]


class Elements:
    """What claims of the log fill their facets with. Safe to share between threads."""

    def __init__(self, reader: LogReader) -> None:
        """Read from `reader`, which stays the caller's to close."""
        self._reader = reader
        self._kept: dict[Filling, Filled] = {}
        self._lock = Lock()

    def filled(self, wanted: Iterable[Filling]) -> Mapping[Filling, Filled]:
        """Return what each content fills its facet with; the log is read once for all."""
        found = {one: kept for one in wanted if (kept := self._kept.get(one))}
        new = self._read([one for one in wanted if one not in found])
        if new:
            self._keep(new)
        return found | new

    def _read(self, wanted: Sequence[Filling]) -> dict[Filling, Filled]:
        positions = sorted({one.content_position for one in wanted})
        rows = self._reader.by_positions(positions) if positions else []
        claims = {row.position: _claim_of(row) for row in rows}
        return {one: _filled(claims[one.content_position], one) for one in wanted}

    def _keep(self, new: Mapping[Filling, Filled]) -> None:
        with self._lock:
            self._kept.update(new)
            excess = len(self._kept) - _KEPT_MAX
            for oldest in [*islice(self._kept, max(0, excess))]:
                del self._kept[oldest]


def _claim_of(row: Recorded) -> Claim:
    """The content of a claim or correction."""
    match recorded_of(row).event:
        case Claim() as claim:
            return claim
        case Amendment(payload=EventCorrected(content=content)):
            return content
        case other:
            raise TypeError(f"position {row.position} has no content: {other!r}")


def _filled(claim: Claim, filling: Filling) -> Filled:
    slot = (filling.dyad, filling.facet)
    assertion = next(one for one in assertions(claim) if (str(one.dyad), str(one.facet)) == slot)
    element = StatusElement.of(claim, assertion, from_micros(filling.known_micros))
    return Filled(element, issues_of(claim, assertion))
