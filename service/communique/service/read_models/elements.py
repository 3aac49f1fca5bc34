"""The elements of a status, read from the log's own bytes; those that come again are remembered."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from communique.codec import Filled, filled
from communique.codec.memory import Memory
from communique.service.log import LogReader

_GENERATION_MAX: Final = 6_000
"""Two generations of so many take 20 MB. The busiest dyads have many thousands of claims."""


class Filling(NamedTuple):
    """That the content recorded at a position fills a facet of a dyad, known from an instant on."""

    content_position: int
    known_micros: int
    dyad: str
    facet: str


class Elements:
    """What claims of the log fill their facets with. Safe to share between threads."""

    def __init__(self, reader: LogReader) -> None:
        """Read from `reader`, which stays the caller's to close."""
        self._reader = reader
        self._memory = Memory[Filling, Filled](_GENERATION_MAX)

    def filled(self, wanted: Sequence[Filling]) -> list[Filled]:
        """Return what each content fills its facet with; the log is read once for all."""
        found = {one: kept for one in wanted if (kept := self._memory.get(one))}
        for one, made in self._read([one for one in wanted if one not in found]):
            self._memory.keep(one, made)
            found[one] = made
        return [found[one] for one in wanted]

    def _read(self, wanted: Sequence[Filling]) -> Iterator[tuple[Filling, Filled]]:
        positions = sorted({one.content_position for one in wanted})
        rows = self._reader.by_positions(positions) if positions else []
        states = {row.position: row.state for row in rows}
        for one in wanted:
            state = states[one.content_position]
            yield one, filled(state, one.dyad, one.facet, one.known_micros)
