"""Many statuses as of one point: of dyads that are named, or of all dyads of a party in order.

To rank a party's statuses each of them has to be computed: a few hundred at most. This is done in
steps, so that a cancelled call ends soon and other calls run in between. An answer as of a point
never changes, so the ranking is remembered for the pages after the first.
"""

import struct
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Final, NamedTuple

import apsw

from communique.domain.model import Word
from communique.domain.parties.party import Dyad
from communique.domain.state.event_filter import DYAD
from communique.domain.state.posture import Posture
from communique.domain.state.status import BilateralStatus
from communique.domain.time.clocks import AsOf, micros
from communique.server.runtime import limits
from communique.server.views.paging import PageRequest

_DYADS: Final = "SELECT tag FROM parties WHERE code = ? AND tag GLOB 'dyad:*'"
_NUMBER: Final = struct.Struct(">q")
_STRENGTH: Final = {posture: number for number, posture in enumerate(Posture)}

StatusOf = Callable[[Dyad], BilateralStatus]


class StatusOrder(Word):
    """The order of a party's statuses; equals are in the order of their dyads."""

    POSTURE = "POSTURE"
    LATEST_EVENT = "LATEST_EVENT"


class RankingKey(NamedTuple):
    """The place of a status among those of its party: the least first."""

    number: int
    dyad: str

    @classmethod
    def of(cls, status: BilateralStatus, order: StatusOrder) -> "RankingKey":
        """Return the key of a status with at least one element."""
        if order is StatusOrder.POSTURE:
            return cls(-_STRENGTH[status.posture], status.dyad)
        latest = max(element.occurred.earliest for element in status.elements)
        return cls(-micros(latest), status.dyad)

    def packed(self) -> bytes:
        """Return the key as a page token holds it."""
        return _NUMBER.pack(self.number) + self.dyad.encode()

    @classmethod
    def unpacked(cls, key: bytes) -> "RankingKey":
        """Return the key that was packed."""
        (number,) = _NUMBER.unpack_from(key)
        return cls(number, key[_NUMBER.size :].decode())


class Ranking(NamedTuple):
    """A party's statuses in their order, as far as computed; `left` are the dyads without one."""

    code: str
    order: StatusOrder
    as_of: AsOf
    keys: list[RankingKey]
    left: list[Dyad]


class StatusPage(NamedTuple):
    """Some statuses of a party in their order, each with the key of what follows it, if any."""

    statuses: list[tuple[BilateralStatus, bytes]]
    is_last: bool
    as_of: AsOf


class Rankings:
    """Rankings, the latest few remembered. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._remembered: OrderedDict[tuple[str, StatusOrder, AsOf], Ranking] = OrderedDict()

    def begun(
        self, connection: apsw.Connection, code: str, order: StatusOrder, as_of: AsOf
    ) -> Ranking:
        """Return a ranking as of a point: complete where it is remembered, or else empty."""
        with self._lock:
            if ranking := self._remembered.get((code, order, as_of)):
                self._remembered.move_to_end((code, order, as_of))
                return ranking
        tags = connection.execute(_DYADS, (code,))
        dyads = [Dyad.parse(tag.removeprefix(DYAD)) for (tag,) in tags]
        return Ranking(code, order, as_of, [], dyads)

    def continued(self, ranking: Ranking, status_of: StatusOf) -> Ranking:
        """Return the ranking a step further; remember it once it is complete."""
        count = limits.DYADS_RANKED_PER_STEP
        step, left = ranking.left[:count], ranking.left[count:]
        statuses = [status for status in map(status_of, step) if status.elements]
        keys = [RankingKey.of(status, ranking.order) for status in statuses]
        further = ranking._replace(keys=sorted([*ranking.keys, *keys]), left=left)
        if ranking.left and not left:
            with self._lock:
                self._remembered[ranking.code, ranking.order, ranking.as_of] = further
                if len(self._remembered) > limits.RANKINGS_REMEMBERED_MAX:
                    self._remembered.popitem(last=False)
        return further


def ranked_page(ranking: Ranking, status_of: StatusOf, page: PageRequest) -> StatusPage:
    """Return a page of a complete ranking."""
    after, keys = page.after_key, ranking.keys
    begin = bisect_right(keys, RankingKey.unpacked(after)) if after is not None else 0
    page_keys = keys[begin : begin + page.size]
    statuses = [(status_of(Dyad.parse(key.dyad)), key.packed()) for key in page_keys]
    return StatusPage(statuses, begin + page.size >= len(keys), ranking.as_of)


def statuses_of_each(status_of: StatusOf, dyads: Iterable[Dyad]) -> list[BilateralStatus]:
    """Return the status of each dyad in the order given; a repeated one is computed once."""
    dyads = list(dyads)
    statuses = {dyad: status_of(dyad) for dyad in dict.fromkeys(dyads)}
    return [statuses[dyad] for dyad in dyads]
