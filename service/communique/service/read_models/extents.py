"""How far in valid time the claims of each facet reached, as of each position.

After a history was recorded in the order in which it happened, an old position hides all later
claims, and a walk from the latest would meet them one by one. The extent says where to begin: by
that position no claim had happened later than `last`, and none earlier than `first`.

A row is written when `first` moves. `last` moves with nearly every claim of a history in order, and
is written for one claim in eight: so there is a page less to be written for most claims, and fewer
to be read for a status. What holds at a position is thus the `first` of the last row up to it, and
at most the `last` of the next row from it on: about seven later claims may have moved that, over
which the walk passes. If there is no such row, only those few came later.
"""

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

import apsw

SCHEMA: Final = """
    CREATE TABLE extents (
        facet_id INTEGER NOT NULL,
        partition INTEGER NOT NULL,
        position INTEGER NOT NULL,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL,
        PRIMARY KEY (facet_id, partition, position)
    ) STRICT, WITHOUT ROWID;
"""
_LATEST: Final = """
    SELECT facet_id, partition, first, (
        SELECT earliest FROM claims INDEXED BY claims_by_rank
        WHERE facet_id = ?1 AND partition = ?2 ORDER BY earliest DESC LIMIT 1
    ), position, last
    FROM extents WHERE facet_id = ?1 AND partition = ?2 ORDER BY position DESC LIMIT 1
"""
LAST: Final = """
    SELECT last FROM extents AS next
    WHERE next.facet_id = kept.facet_id AND next.partition = kept.partition
        AND next.position >= :position
    ORDER BY next.position LIMIT 1
"""
"""What no claim of the partition `kept` had happened after at `:position`; no row: unknown."""
_WRITE: Final = "INSERT OR REPLACE INTO extents VALUES (?, ?, ?, ?, ?)"
_REMEMBERED_MAX: Final = 30_000
"""They take up to 6 MB."""
_SPREAD: Final = 0x9E37_79B9_7F4A_7C15
_WORD: Final = 2**64
_ONE_IN: Final = 8
"""A position is one of these by its product with the golden ratio (D. E. Knuth, The Art of Computer
Programming, 6.4), which is spread evenly also where positions come in equal steps."""


class Reached(NamedTuple):
    """The earliest and the latest valid time of a partition's claims so far, in microseconds.

    `position` and `written` are those of its last row, whose `last` may be an earlier one.
    """

    first: int
    last: int
    position: int
    written: int


class Claimed(NamedTuple):
    """A claim as far as extents are concerned."""

    facet_id: int
    partition: int
    earliest: int
    position: int


class Extents:
    """Writes the extents on; remembers the latest ones."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._latest: dict[tuple[int, int], Reached] = {}

    def write(self, connection: apsw.Connection, added: Sequence[Claimed]) -> None:
        """Take in all claims added, in the order of the log, before they are in `claims`."""
        self._remember(connection, dict.fromkeys(one[:2] for one in added))
        rows: dict[tuple[int, int, int], tuple[int, int]] = {}
        for claim in added:
            key = claim.facet_id, claim.partition
            reached = self._latest[key] = _reached(self._latest.get(key), claim)
            if reached.position == claim.position:
                rows[*key, claim.position] = reached.first, reached.last
        connection.executemany(_WRITE, sorted((*key, *ends) for key, ends in rows.items()))

    def forget(self) -> None:
        """Forget everything: the transaction that wrote it was rolled back."""
        self._latest.clear()

    def _remember(self, connection: apsw.Connection, keys: Collection[tuple[int, int]]) -> None:
        """Look up the latest extents of those keys that are not remembered."""
        unknown = [key for key in keys if key not in self._latest]
        if len(self._latest) + len(unknown) > _REMEMBERED_MAX:
            self._latest, unknown = {}, list(keys)
        found = connection.executemany(_LATEST, unknown)
        self._latest.update(((one, other), Reached(*ends)) for one, other, *ends in found)


def _reached(before: Reached | None, claim: Claimed) -> Reached:
    """Return how far it is with a claim; where a row is to be written, at the claim's position."""
    if before is None:
        return Reached(claim.earliest, claim.earliest, claim.position, claim.earliest)
    first, last = min(before.first, claim.earliest), max(before.last, claim.earliest)
    is_due = claim.position > before.position and last > before.written and _is_kept(claim.position)
    if first < before.first or is_due or claim.position == before.position:
        return Reached(first, last, claim.position, last)
    return Reached(first, last, before.position, before.written)


def _is_kept(position: int) -> bool:
    """Whether a `last` that has moved is written at this position."""
    return position * _SPREAD % _WORD < _WORD // _ONE_IN
