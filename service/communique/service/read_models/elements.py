"""The elements of a status, read from the log's own bytes; those that come again are remembered."""

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Final, NamedTuple

from communique.codec import Filled, filled
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
    """What claims of the log fill their facets with. Safe to share between threads.

    Two generations: when the younger one is full it takes the place of the older, and what is found
    there moves to the younger. So the few that most answers show stay, whatever comes but once.
    """

    def __init__(self, reader: LogReader) -> None:
        """Read from `reader`, which stays the caller's to close."""
        self._reader = reader
        self._young: dict[Filling, Filled] = {}
        self._old: dict[Filling, Filled] = {}
        self._lock = Lock()

    def filled(self, wanted: Sequence[Filling]) -> list[Filled]:
        """Return what each content fills its facet with; the log is read once for all."""
        young, old = self._young, self._old
        moved = {one: old[one] for one in wanted if one not in young and one in old}
        new = moved | self._read([one for one in wanted if one not in young and one not in old])
        if new:
            self._keep(new)
        return [new.get(one) or young[one] for one in wanted]

    def _read(self, wanted: Sequence[Filling]) -> dict[Filling, Filled]:
        positions = sorted({one.content_position for one in wanted})
        rows = self._reader.by_positions(positions) if positions else []
        states = {row.position: row.state for row in rows}
        return {
            one: filled(states[one.content_position], one.dyad, one.facet, one.known_micros)
            for one in wanted
        }

    def _keep(self, new: Mapping[Filling, Filled]) -> None:
        with self._lock:
            if len(self._young) >= _GENERATION_MAX:
                self._young, self._old = {}, self._young
            self._young.update(new)
