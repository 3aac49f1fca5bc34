"""Where each version of a stream lies: an index in levels, so that its cost does not grow.

Event ids are random, and in one large index each would dirty a page of its own: 1.3 pages of the
write-ahead log an event at 1,000,000 events, all of which a commit has to sync. So an entry begins
in a small level, whose few pages a commit dirties anyhow. From a level that is full as many entries
as came in go on to the next, some hundreds at once, those that follow the last that went, in order
of their ids: they are neighbours there as well, and share its pages.

Each entry is in one level at any time, also after a crash, since entries move in the transaction
that brings new ones. To look one up is a seek in each level (the view `versions`). How many a level
holds follows from the last position; where the next ones are to be taken from may be forgotten.

Whether an id was recorded before is asked of every event, and the answer is nearly always no. In a
large level it would take a page from the disk to say so: 90 microseconds an event in a log of
10,000,000. So `endings` has the last two bytes of each claim's id in the large levels, under the
first two: with 150 ids that begin alike, one new id in 200 seems to be there and is looked up. That
makes 2 bytes an id, which stay in memory, and neighbours that go on enter few of its pages. Where
too many ids begin alike, as those made from the time do, it says nothing of them: they are all
looked up, and the pages where they would be are those that the last ones went to.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import Final, TypeAlias

import apsw

LEVEL_SIZES: Final = (8_192, 90_112, 1_000_448)
"""Entries of `versions` in each level but the last, which has all others.

The first has 60 pages, which a commit of 500 dirties all. Each one is 11 times as large as the one
before, and so is the last at 11,000,000 events: of a level's pages, those that come in dirty one
for every nine.
"""
LEVELS: Final = len(LEVEL_SIZES) + 1
ENDINGS_FROM: Final = 2
"""The first of the levels that `endings` is about: those before it stay in memory themselves."""
ENDINGS_BYTES_MAX: Final = 2_000
"""How much is kept of ids that begin alike: of 65,000,000 random ones, so many do."""

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
_NOTE_ENDINGS: Final = ENDINGS_OF.format(of=_SPAN)

_FOUND: Final = """
    SELECT value, position FROM {} CROSS JOIN versions_{} ON originator_id = value
    WHERE originator_version = 1
"""
FIND_CLAIMS: Final = f"""
    WITH named AS (SELECT value FROM carray(?)), seeming AS MATERIALIZED (
        SELECT value FROM named CROSS JOIN endings ON beginning = substr(value, 1, 2)
        WHERE instr(endings, substr(value, -2)) OR length(endings) >= {ENDINGS_BYTES_MAX}
    )
    {
    " UNION ALL ".join(
        _FOUND.format("named" if level < ENDINGS_FROM else "seeming", level)
        for level in range(LEVELS)
    )
}
"""  # noqa: S608  our own names
"""The query for the claims among the ids in an array: each id, and its position."""


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
        if level + 1 == ENDINGS_FROM:
            run(_NOTE_ENDINGS.format(level=level), (*cursor, *last))
        run(_REMOVE.format(level=level), (*cursor, *last))
        self._cursors[level] = last
        return self._connection.changes()
