"""Where each version of a stream lies: an index in levels, so that its cost does not grow.

Event ids are random, and in one large index each would dirty a page of its own: 1.3 pages of the
write-ahead log an event at 1,000,000 events, all of which a commit has to sync. So an entry begins
in a small level, whose few pages a commit dirties anyhow. From a level that is full as many entries
as came in go on to the next, some hundreds at once, those that follow the last that went, in order
of their ids: they are neighbours there as well, and share its pages.

Each entry is in one level at any time, also after a crash, since entries move in the transaction
that brings new ones. To look one up is a seek in each level (the view `versions`). How many a level
holds follows from the last position; where the next ones are to be taken from may be forgotten.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import Final, TypeAlias

import apsw

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


_SHARE_AT_ONCE: Final = 32
"""This part of the first level's size goes on at once: so most commits of a few events dirty a page
of the first level alone."""


class Versions:
    """The levels as the writing connection fills them."""

    def __init__(self, connection: apsw.Connection, sizes: Sequence[int]) -> None:
        """Have each level but the last keep so many entries."""
        self._connection = connection
        self._bounds = list(accumulate(sizes))
        self._at_once = max(1, sizes[0] // _SHARE_AT_ONCE)
        self._cursors: list[_Key] = [_BEFORE_ALL for _ in sizes]

    def enter(self, after: int, until: int) -> None:
        """Enter the rows of `events` with `after` < position <= `until`, inside a transaction."""
        self._connection.execute(_ENTER, (after, until))
        for level, bound in enumerate(self._bounds):
            self._pass_on(level, self._passed_on(until - bound) - self._passed_on(after - bound))

    def _passed_on(self, excess: int) -> int:
        """How many of the entries have gone on that a level has had beyond its size."""
        return max(excess, 0) // self._at_once * self._at_once

    def _pass_on(self, level: int, count: int) -> None:
        """Move so many entries to the next level; behind the last id comes the first."""
        if not count:
            return
        moved = self._move(level, count)
        if moved < count:
            self._cursors[level] = _BEFORE_ALL
            self._move(level, count - moved)

    def _move(self, level: int, count: int) -> int:
        """Move at most so many of the entries behind the cursor; return how many there were."""
        run, cursor = self._connection.execute, self._cursors[level]
        last: _Key = run(_LAST.format(level=level), (*cursor, count - 1)).get or _AFTER_ALL
        run(_COPY.format(level=level, next=level + 1), (*cursor, *last))
        run(_REMOVE.format(level=level), (*cursor, *last))
        self._cursors[level] = last
        return self._connection.changes()
