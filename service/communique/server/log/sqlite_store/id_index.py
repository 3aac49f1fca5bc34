"""At which position each version of a stream lies: an index in levels.

Event ids are random, and in one large index each new id would dirty a page of its own, which a
commit has to sync. So a new entry goes into a small first level. When a level is full, it moves as
many entries to the next level as it received: a few hundred at a time, contiguous in id order, so
that they share pages.

Entries move in the transaction that inserts new ones, so each is in one level at any time, also
after a crash. A look-up is a seek in each level (the view `versions`). How many entries a level
holds follows from the last position; the cursors from which entries move next may be forgotten.

Every new event is looked up, and is nearly always new. In a large level each look-up would read a
page from the disk. So the table `endings` filters the look-ups: it has the last two bytes of each
claim's id in the large levels, under the id's first two bytes. It takes 2 bytes an id, which stay
in memory. Where too many ids begin alike, as those made from the time do, the filter lets all of
them pass: their pages are those that the last entries went to.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import Final, TypeAlias

import apsw

from communique.server.runtime.limits import INDEX_LEVEL_SIZES

LEVELS: Final = len(INDEX_LEVEL_SIZES) + 1
ENDINGS_FROM: Final = 2
"""The first level that `endings` filters: those before it stay in memory themselves."""
ENDINGS_BYTES_MAX: Final = 2_000
"""How much is kept of ids that begin alike, as many as do of 65,000,000 random ids."""

_Key: TypeAlias = tuple[bytes, int]

_BEFORE_ALL: Final[_Key] = (b"", 0)
_AFTER_ALL: Final[_Key] = (b"\xff" * 17, 0)

_ENTER: Final = """
    INSERT INTO versions_0 SELECT originator_id, originator_version, position FROM events
    WHERE position > ? AND position <= ? ORDER BY originator_id, originator_version
"""
_SPAN: Final = """
    FROM versions_{level} WHERE (originator_id, originator_version) > (?, ?)
    AND (originator_id, originator_version) <= (?, ?)
"""
_LAST: Final = """
    SELECT originator_id, originator_version FROM versions_{level}
    WHERE (originator_id, originator_version) > (?, ?)
    ORDER BY originator_id, originator_version LIMIT 1 OFFSET ?
"""
_COPY: Final = (
    f"INSERT INTO versions_{{next}} SELECT * {_SPAN} ORDER BY originator_id, originator_version"
)
_REMOVE: Final = f"DELETE {_SPAN}"

ENDINGS_OF: Final = f"""
    INSERT INTO endings
    SELECT substr(originator_id, 1, 2), substr(originator_id, -2) {{of}}
    AND originator_version = 1 ORDER BY originator_id
    ON CONFLICT DO UPDATE SET endings = CAST(endings || excluded.endings AS BLOB)
    WHERE length(endings) < {ENDINGS_BYTES_MAX}
"""
_ADD_ENDINGS: Final = ENDINGS_OF.format(of=_SPAN)

_CLAIMS_IN_LEVEL: Final = """
    SELECT value, position FROM {} CROSS JOIN versions_{} ON originator_id = value
    WHERE originator_version = 1
"""
FIND_CLAIMS: Final = f"""
    WITH named AS (SELECT value FROM carray(?)), filtered AS MATERIALIZED (
        SELECT value FROM named CROSS JOIN endings ON beginning = substr(value, 1, 2)
        WHERE instr(endings, substr(value, -2)) OR length(endings) >= {ENDINGS_BYTES_MAX}
    )
    {
    " UNION ALL ".join(
        _CLAIMS_IN_LEVEL.format("named" if level < ENDINGS_FROM else "filtered", level)
        for level in range(LEVELS)
    )
}
"""  # noqa: S608  our own names
"""The query for the claims among the ids in an array: each id, and its position."""
_SHARE_AT_ONCE: Final = 32
"""This part of the first level's size moves at once, so that most commits of a few events dirty
pages of the first level alone."""


class StreamIndex:
    """The levels of the index, as the writing connection fills them."""

    def __init__(self, connection: apsw.Connection, sizes: Sequence[int]) -> None:
        self._connection = connection
        self._bounds = list(accumulate(sizes))
        self._at_once = max(1, sizes[0] // _SHARE_AT_ONCE)
        self._cursors: list[_Key] = [_BEFORE_ALL for _ in sizes]

    def enter(self, after: int, until: int) -> None:
        """Enter the rows of `events` with `after` < position <= `until`, inside a transaction."""
        self._connection.execute(_ENTER, (after, until))
        for level, bound in enumerate(self._bounds):
            count = self._total_moved(until - bound) - self._total_moved(after - bound)
            if count and (moved := self._move(level, count)) < count:
                self._cursors[level] = _BEFORE_ALL  # after the last id comes the first
                self._move(level, count - moved)

    def _total_moved(self, excess: int) -> int:
        """Return how many of the entries beyond a level's size have moved to the next level."""
        return max(excess, 0) // self._at_once * self._at_once

    def _move(self, level: int, count: int) -> int:
        """Move at most so many of the entries after the cursor; return how many there were."""
        execute, cursor = self._connection.execute, self._cursors[level]
        last: _Key = execute(_LAST.format(level=level), (*cursor, count - 1)).get or _AFTER_ALL
        execute(_COPY.format(level=level, next=level + 1), (*cursor, *last))
        if level + 1 == ENDINGS_FROM:
            execute(_ADD_ENDINGS.format(level=level), (*cursor, *last))
        execute(_REMOVE.format(level=level), (*cursor, *last))
        self._cursors[level] = last
        return self._connection.changes()
