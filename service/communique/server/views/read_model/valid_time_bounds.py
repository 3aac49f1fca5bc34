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

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import apsw

from communique.server.projections.projection import FOREVER

BOUNDS_SCHEMA: Final = """
    CREATE TABLE extents (
        tag_id INTEGER NOT NULL,
        is_foreseen INTEGER NOT NULL,
        position INTEGER NOT NULL,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL,
        PRIMARY KEY (tag_id, is_foreseen, position)
    ) STRICT, WITHOUT ROWID;
    -- How far they reach now; `position` and `written` are those of the last row of `extents`,
    -- whose `last` may be an earlier one.
    CREATE TABLE latest_extents (
        tag_id INTEGER NOT NULL,
        is_foreseen INTEGER NOT NULL,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL,
        position INTEGER NOT NULL,
        written INTEGER NOT NULL,
        PRIMARY KEY (tag_id, is_foreseen)
    ) STRICT, WITHOUT ROWID;
"""
LAST: Final = """
    SELECT last FROM extents AS next
    WHERE next.tag_id = asked.tag_id AND next.is_foreseen = asked.is_foreseen
        AND next.position >= :position
    ORDER BY next.position LIMIT 1
"""
"""The query for an upper bound of the valid times of `asked` at `:position`; no row: unknown."""
_LATEST: Final = "SELECT * FROM latest_extents WHERE tag_id = ? AND is_foreseen = ?"
_WRITE_LATEST: Final = "INSERT OR REPLACE INTO latest_extents VALUES (?, ?, ?, ?, ?, ?)"
_WRITE: Final = "INSERT OR REPLACE INTO extents VALUES (?, ?, ?, ?, ?)"
_NONE: Final = (FOREVER, -FOREVER, 0, -FOREVER)


class ClaimedTime(NamedTuple):
    """When what a claim of a dyad says began at the earliest and at the latest.

    `position` is where that was recorded, `is_foreseen` whether it was known before.
    """

    dyad_id: int
    is_foreseen: bool
    first: int
    settled: int
    position: int


def write_bounds(connection: apsw.Connection, added: Iterable[ClaimedTime]) -> None:
    """Update the bounds with all claims added, in the order of the log."""
    claims = list(added)
    keys = {(dyad_id, is_foreseen) for dyad_id, is_foreseen, _, _, _ in claims}
    latest: dict[tuple[int, bool], Sequence[int]] = dict.fromkeys(keys, _NONE)
    for dyad_id, is_foreseen, *ends in connection.executemany(_LATEST, sorted(keys)):
        latest[dyad_id, bool(is_foreseen)] = ends
    rows: dict[tuple[int, bool, int], tuple[int, int]] = {}
    for dyad_id, is_foreseen, begins, settled, position in claims:
        first, last, last_row, written = latest[dyad_id, is_foreseen]
        is_due = position > last_row and settled > written and _is_one_in_sixteen(position)
        is_written = begins < first or is_due or position == last_row
        first, last = min(first, begins), max(last, settled)
        if is_written:
            last_row, written = position, last
            rows[dyad_id, is_foreseen, position] = first, last
        latest[dyad_id, is_foreseen] = first, last, last_row, written
    connection.executemany(_WRITE, sorted((*key, *ends) for key, ends in rows.items()))
    connection.executemany(_WRITE_LATEST, sorted((*key, *ends) for key, ends in latest.items()))


def _is_one_in_sixteen(position: int) -> bool:
    """Choose positions as if at random: those of one dyad may come in steps of sixteen."""
    return not position * 2_654_435_761 >> 16 & 15
