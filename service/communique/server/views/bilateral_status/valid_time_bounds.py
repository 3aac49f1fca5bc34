"""The bounds in valid time of each dyad's claims, as of each position.

After a history was recorded in the order in which it happened, an old position hides all later
claims. The bounds say where a search among them starts: by that position nothing that a claim of
the dyad says began later than `last`, and nothing earlier than `first`. Bounds of each facet would
be little closer, and a status would look up a hundred of them.

A row is written when `first` moves. `last` moves with nearly every claim of a history in order, and
is written for one claim in sixteen. So at a position the `first` of the last row up to it holds,
and the `last` of the next row is an upper bound, which about fifteen later claims may have moved.
If there is no next row, only those few claims came later.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple
from zlib import crc32

import apsw

BOUNDS_SCHEMA: Final = """
    CREATE TABLE extents (
        dyad TEXT NOT NULL,
        partition INTEGER NOT NULL,
        position INTEGER NOT NULL,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL,
        PRIMARY KEY (dyad, partition, position)
    ) STRICT, WITHOUT ROWID;
    -- How far they reach now; `position` and `written` are those of the last row of `extents`,
    -- whose `last` may be an earlier one.
    CREATE TABLE latest_extents (
        dyad TEXT NOT NULL,
        partition INTEGER NOT NULL,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL,
        position INTEGER NOT NULL,
        written INTEGER NOT NULL,
        PRIMARY KEY (dyad, partition)
    ) STRICT, WITHOUT ROWID;
"""
LAST: Final = """
    SELECT last FROM extents AS next
    WHERE next.dyad = asked.dyad AND next.partition = asked.partition
        AND next.position >= :position
    ORDER BY next.position LIMIT 1
"""
"""The query for an upper bound of the valid times of `asked` at `:position`; no row: unknown."""
_LATEST: Final = "SELECT * FROM latest_extents WHERE dyad = ? AND partition = ?"
_WRITE_LATEST: Final = "INSERT OR REPLACE INTO latest_extents VALUES (?, ?, ?, ?, ?, ?)"
_WRITE: Final = "INSERT OR REPLACE INTO extents VALUES (?, ?, ?, ?, ?)"
_ONE_IN: Final = 16
"""The share of positions that are written; their checksums are even where they come in steps."""


class Bounds(NamedTuple):
    """A row of `latest_extents` without its key. Times are microseconds."""

    first: int
    last: int
    position: int
    written: int


class ClaimedTime(NamedTuple):
    """When what a claim of a dyad and partition says began at the earliest and at the latest.

    `position` is where the claim was recorded.
    """

    dyad: str
    partition: int
    first: int
    settled: int
    position: int


def write_bounds(connection: apsw.Connection, added: Sequence[ClaimedTime]) -> None:
    """Update the bounds with all claims added, in the order of the log."""
    keys = sorted({claim[:2] for claim in added})
    latest = {
        (dyad, partition): Bounds(*ends)
        for dyad, partition, *ends in connection.executemany(_LATEST, keys)
    }
    rows: dict[tuple[str, int, int], tuple[int, int]] = {}
    for claim in added:
        key = claim.dyad, claim.partition
        bounds = latest[key] = _moved(latest.get(key), claim)
        if bounds.position == claim.position:
            rows[*key, claim.position] = bounds.first, bounds.last
    connection.executemany(_WRITE, sorted((*key, *ends) for key, ends in rows.items()))
    connection.executemany(_WRITE_LATEST, sorted((*key, *ends) for key, ends in latest.items()))


def _moved(before: Bounds | None, claim: ClaimedTime) -> Bounds:
    """Return the bounds with a claim; where a row is to be written, at the claim's position."""
    if before is None:
        return Bounds(claim.first, claim.settled, claim.position, claim.settled)
    first, last = min(before.first, claim.first), max(before.last, claim.settled)
    is_due = (
        claim.position > before.position
        and last > before.written
        and crc32(claim.position.to_bytes(8)) % _ONE_IN == 0
    )
    if first < before.first or is_due or claim.position == before.position:
        return Bounds(first, last, claim.position, last)
    return Bounds(first, last, before.position, before.written)
