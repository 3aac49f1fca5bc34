"""The bounds in valid time of each dyad's claims, as of each position.

After a history was recorded in the order in which it happened, an old position hides all later
claims, and a walk from the latest claim would meet them one by one. The bounds say where to begin:
by that position no claim of the dyad had happened later than `last`, and none earlier than `first`.
The claims of a dyad's facets are recorded side by side most often, so that bounds of each facet
would say little more; but a status would have to look up a hundred of them, each on a page of its
own.

A row is written when `first` moves. `last` moves with nearly every claim of a history in order, and
is written for one claim in sixteen. What holds at a position is thus the `first` of the last row up
to it, and at most the `last` of the next row from it on: about fifteen later claims may have moved
that, over which the walks pass. If there is no next row, only those few claims came later.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple
from zlib import crc32

import apsw

SCHEMA: Final = """
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
"""What no claim of the dyad and partition `asked` had happened after at `:position`; no row:
unknown."""
_LATEST: Final = "SELECT * FROM latest_extents WHERE dyad = ? AND partition = ?"
_WRITE_LATEST: Final = "INSERT OR REPLACE INTO latest_extents VALUES (?, ?, ?, ?, ?, ?)"
_WRITE: Final = "INSERT OR REPLACE INTO extents VALUES (?, ?, ?, ?, ?)"
_ONE_IN: Final = 16
"""A position is one of these by its checksum, which is spread evenly also where positions come in
equal steps."""


class Bounds(NamedTuple):
    """A row of `latest_extents` without its key. Times are microseconds."""

    first: int
    last: int
    position: int
    written: int


class ClaimedTime(NamedTuple):
    """When a claim of a dyad and partition happened, and where it was recorded."""

    dyad: str
    partition: int
    earliest: int
    position: int


def write_bounds(connection: apsw.Connection, added: Sequence[ClaimedTime]) -> None:
    """Take in all claims added, in the order of the log."""
    latest = _latest(connection, added)
    rows: dict[tuple[str, int, int], tuple[int, int]] = {}
    for claim in added:
        key = claim.dyad, claim.partition
        bounds = latest[key] = _moved(latest.get(key), claim)
        if bounds.position == claim.position:
            rows[*key, claim.position] = bounds.first, bounds.last
    connection.executemany(_WRITE, sorted((*key, *ends) for key, ends in rows.items()))
    connection.executemany(_WRITE_LATEST, sorted((*key, *ends) for key, ends in latest.items()))


def _latest(
    connection: apsw.Connection, claims: Iterable[ClaimedTime]
) -> dict[tuple[str, int], Bounds]:
    """Return the latest bounds of the claims' dyads and partitions."""
    keys = {claim[:2] for claim in claims}
    found = connection.executemany(_LATEST, sorted(keys))
    return {(dyad, partition): Bounds(*ends) for dyad, partition, *ends in found}


def _moved(before: Bounds | None, claim: ClaimedTime) -> Bounds:
    """Return the bounds with a claim; where a row is to be written, at the claim's position."""
    if before is None:
        return Bounds(claim.earliest, claim.earliest, claim.position, claim.earliest)
    first, last = min(before.first, claim.earliest), max(before.last, claim.earliest)
    is_due = (
        claim.position > before.position and last > before.written and _is_written(claim.position)
    )
    if first < before.first or is_due or claim.position == before.position:
        return Bounds(first, last, claim.position, last)
    return Bounds(first, last, before.position, before.written)


def _is_written(position: int) -> bool:
    """Whether a `last` that has moved is written at this position."""
    return crc32(position.to_bytes(8)) % _ONE_IN == 0
