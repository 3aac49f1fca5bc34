"""Many statuses as of one point: of dyads that are named, or of all dyads of a party in order.

To rank a party's statuses each of them has to be known, however short the page: a few hundred at
most, one for each other party. They are found in steps, so that a call that is given up ends soon
and others get their turn in between. As an answer as of a point never changes, the ranking is
remembered: the pages after the first cost no more than what they show.
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
from communique.domain.state.posture import Posture
from communique.domain.state.status import BilateralStatus
from communique.domain.time.clocks import AsOf, micros
from communique.server.runtime import limits
from communique.server.views.paging import PageRequest

_DYADS: Final = "SELECT dyad FROM dyads WHERE code = ?"
_NUMBER: Final = struct.Struct(">q")
_STRENGTH: Final = {posture: number for number, posture in enumerate(Posture)}

StatusOf = Callable[[Dyad], BilateralStatus]


class StatusOrder(Word):
    """The order of a party's statuses; equals stand in the order of their dyads."""

    POSTURE = "POSTURE"
    LATEST_EVENT = "LATEST_EVENT"


class RankingKey(NamedTuple):
    """Where a status stands among those of its party: the least first."""

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
    """A party's statuses in their order, as far as they are known: `left` are those to come."""

    code: str
    order: StatusOrder
    as_of: AsOf
    keys: list[RankingKey]
    left: list[Dyad]


class StatusPage(NamedTuple):
    """Some statuses of a party in their order, each with the key to go on after.

    `is_last` says that nothing follows them.
    """

    statuses: list[tuple[BilateralStatus, bytes]]
    is_last: bool
    as_of: AsOf


class Rankings:
    """Rankings, the latest few remembered. Safe to share between threads."""

    def __init__(self) -> None:
        """Remember none."""
        self._lock = Lock()
        self._remembered: OrderedDict[tuple[str, StatusOrder, AsOf], Ranking] = OrderedDict()

    def begun(
        self, connection: apsw.Connection, code: str, order: StatusOrder, as_of: AsOf
    ) -> Ranking:
        """Return a ranking as of a point: whole where it is remembered, or else at its start."""
        with self._lock:
            if found := self._remembered.get((code, order, as_of)):
                self._remembered.move_to_end((code, order, as_of))
                return found
        return Ranking(code, order, as_of, [], dyads_of(connection, code))

    def continued(self, ranking: Ranking, status_of: StatusOf) -> Ranking:
        """Return the ranking a step further; whole, it is remembered."""
        count = limits.DYADS_RANKED_PER_STEP
        step, left = ranking.left[:count], ranking.left[count:]
        statuses = [status for status in map(status_of, step) if status.elements]
        keys = [RankingKey.of(status, ranking.order) for status in statuses]
        further = ranking._replace(keys=sorted([*ranking.keys, *keys]), left=left)
        if ranking.left and not left:
            self._remember(further)
        return further

    def _remember(self, ranking: Ranking) -> None:
        with self._lock:
            self._remembered[ranking.code, ranking.order, ranking.as_of] = ranking
            if len(self._remembered) > limits.RANKINGS_REMEMBERED_MAX:
                self._remembered.popitem(last=False)


def ranked_page(ranking: Ranking, status_of: StatusOf, page: PageRequest) -> StatusPage:
    """Return a page of a whole ranking."""
    after, keys = page.after_key, ranking.keys
    begin = bisect_right(keys, RankingKey.unpacked(after)) if after is not None else 0
    shown = keys[begin : begin + page.size]
    statuses = [(status_of(Dyad.parse(key.dyad)), key.packed()) for key in shown]
    return StatusPage(statuses, begin + page.size >= len(keys), ranking.as_of)


def dyads_of(connection: apsw.Connection, code: str) -> list[Dyad]:
    """Return the dyads of a party of which a claim was ever recorded."""
    return [Dyad.parse(dyad) for (dyad,) in connection.execute(_DYADS, (code,))]


def statuses_of_each(status_of: StatusOf, dyads: Iterable[Dyad]) -> list[BilateralStatus]:
    """Return the status of each dyad in the order asked; one asked for twice is found once."""
    dyads = list(dyads)
    found = {dyad: status_of(dyad) for dyad in dict.fromkeys(dyads)}
    return [found[dyad] for dyad in dyads]
