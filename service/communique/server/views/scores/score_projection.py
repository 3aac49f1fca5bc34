"""The read model of score series: what each claim counts in each dyad, day by day.

A row is a region of points in which a content counts. Most contents are never replaced, and their
rows are *open*: visible from a position and a known time on, for ever. For each line (a dyad and
who acts in it) the open rows are summed by day of valid time, and each day in *cells*, by day of
known time and block of positions, unless it has only one. A sum has the extremes of its rows, so
that `score_query` can use it where a point sees all of its rows.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, Final, NamedTuple

import apsw

from communique.domain.state.score_series import Scale, millionths_of, sides_of
from communique.domain.time.clocks import micros
from communique.server.projections.event_contents import FOREVER, ContentVersion, EventContents
from communique.server.projections.key_table import Key, KeyTable
from communique.server.projections.projection import Row, RowChanges, ViewProjection

_SCHEMA: Final = """
    -- `side` says who acts: see `Side`.
    CREATE TABLE lines (
        line_id INTEGER PRIMARY KEY,
        dyad TEXT NOT NULL,
        side INTEGER NOT NULL,
        UNIQUE (dyad, side)
    ) STRICT;
    -- One row for each region in which a content of a claim counts. Times are microseconds, days
    -- are numbered from 1970-01-01 UTC, scores are millionths, NULL where a scale has none.
    -- By blocks of positions, so that what a batch adds lies together, however long the log.
    CREATE TABLE scores (
        block INTEGER NOT NULL,
        line_id INTEGER NOT NULL,
        is_open INTEGER NOT NULL,
        day INTEGER NOT NULL,
        known_day INTEGER NOT NULL,
        position_from INTEGER NOT NULL,
        known_from INTEGER NOT NULL,
        position_to INTEGER NOT NULL,
        known_to INTEGER NOT NULL,
        earliest INTEGER NOT NULL,
        goldstein INTEGER,
        plover INTEGER,
        PRIMARY KEY (block, line_id, is_open, day, known_day, position_from, known_from)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX closed_scores ON scores (line_id, day) WHERE is_open = 0;
    -- The sums of the open rows of a day. `known_day` and `block` are those of its only cell; NULL
    -- where it has several, which `cells` has then.
    CREATE TABLE days (
        line_id INTEGER NOT NULL,
        day INTEGER NOT NULL,
        known_day INTEGER,
        block INTEGER,
        {sums}
        PRIMARY KEY (line_id, day)
    ) STRICT, WITHOUT ROWID;
    -- The same of those that became known on one day, and stand in one block of positions.
    CREATE TABLE cells (
        line_id INTEGER NOT NULL,
        day INTEGER NOT NULL,
        known_day INTEGER NOT NULL,
        block INTEGER NOT NULL,
        {sums}
        PRIMARY KEY (line_id, day, known_day, block)
    ) STRICT, WITHOUT ROWID;
""".replace(
    "{sums}",
    """
        earliest_min INTEGER NOT NULL,
        earliest_max INTEGER NOT NULL,
        known_min INTEGER NOT NULL,
        known_max INTEGER NOT NULL,
        position_min INTEGER NOT NULL,
        position_max INTEGER NOT NULL,
        goldstein_count INTEGER NOT NULL,
        goldstein_sum INTEGER NOT NULL,
        plover_count INTEGER NOT NULL,
        plover_sum INTEGER NOT NULL,
    """,
)
_BLOCK_BITS: Final = 16
"""A block is 65,536 positions: at most so many rows of a line lie across an old position."""

DAY_MICROS: Final = 86_400_000_000

_INSERT: Final = "INSERT INTO scores VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_DELETE: Final = """
    DELETE FROM scores WHERE block = ? AND line_id = ? AND is_open = ? AND day = ? AND known_day = ?
        AND position_from = ? AND known_from = ?
"""
_SUMS: Final = """
    earliest_min, earliest_max, known_min, known_max, position_min, position_max,
    goldstein_count, goldstein_sum, plover_count, plover_sum
"""
# Adds a row of `scores`, whose columns are ?1 to ?12, to the sums on a condition.
_ADD: Final = """
    ?10, ?10, ?7, ?7, ?6, ?6, ?11 IS NOT NULL, ifnull(?11, 0), ?12 IS NOT NULL, ifnull(?12, 0)
    WHERE {} ON CONFLICT DO UPDATE SET
        earliest_min = min(earliest_min, excluded.earliest_min),
        earliest_max = max(earliest_max, excluded.earliest_max),
        known_min = min(known_min, excluded.known_min),
        known_max = max(known_max, excluded.known_max),
        position_min = min(position_min, excluded.position_min),
        position_max = max(position_max, excluded.position_max),
        goldstein_count = goldstein_count + excluded.goldstein_count,
        goldstein_sum = goldstein_sum + excluded.goldstein_sum,
        plover_count = plover_count + excluded.plover_count,
        plover_sum = plover_sum + excluded.plover_sum
"""
_ADD_TO_DAY: Final = f"""
    INSERT INTO days SELECT ?2, ?4, ?5, ?1, {_ADD.format("TRUE")},
        block = iif((known_day, block) = (?5, ?1), block, NULL),
        known_day = iif((known_day, block) = (?5, ?1), known_day, NULL)
"""
_HAS_CELLS: Final = "(SELECT known_day IS NULL FROM days WHERE line_id = ?{} AND day = ?{})"
_ADD_TO_CELL: Final = f"""
    INSERT INTO cells SELECT ?2, ?4, ?5, ?1, {_ADD.format(_HAS_CELLS.format(2, 4))}
"""
# A day whose only cell is another one is about to have several: write that one.
_SPREAD: Final = f"""
    INSERT OR IGNORE INTO cells SELECT line_id, day, known_day, block, {_SUMS}
    FROM days WHERE line_id = ? AND day = ? AND (known_day, block) <> (?, ?)
"""  # noqa: S608
# A day that has only one cell left is that cell.
_GATHER: Final = f"""
    DELETE FROM cells WHERE line_id = ?1 AND day = ?2 AND NOT {_HAS_CELLS.format(1, 2)}
"""  # noqa: S608
_DROP_DAY: Final = "DELETE FROM days WHERE line_id = ? AND day = ?"
_DROP_CELL: Final = """
    DELETE FROM cells WHERE line_id = ? AND day = ? AND known_day = ? AND block = ?
"""
_COUNT_CELL: Final = """
    INSERT INTO cells
    SELECT line_id, day, known_day, ?4, min(earliest), max(earliest), min(known_from),
        max(known_from), min(position_from), max(position_from), count(goldstein),
        ifnull(sum(goldstein), 0), count(plover), ifnull(sum(plover), 0)
    FROM scores WHERE block = ?4 AND line_id = ?1 AND is_open = 1 AND day = ?2 AND known_day = ?3
    GROUP BY line_id
"""
_COUNT_DAY: Final = """
    INSERT INTO days
    SELECT line_id, day, iif(count(*) = 1, known_day, NULL), iif(count(*) = 1, block, NULL),
        min(earliest_min), max(earliest_max), min(known_min), max(known_max), min(position_min),
        max(position_max), sum(goldstein_count), sum(goldstein_sum), sum(plover_count),
        sum(plover_sum)
    FROM cells WHERE line_id = ? AND day = ? GROUP BY line_id
"""


class ScoreRow(NamedTuple):
    """One row of `scores`, with its line's dyad and side."""

    dyad: str
    side: int
    is_open: bool
    day: int
    known_day: int
    position_from: int
    known_from: int
    position_to: int
    known_to: int
    earliest: int
    goldstein: int | None
    plover: int | None


class ScoreSeriesProjection(ViewProjection):
    """Keeps what every content of every claim counts."""

    name: ClassVar[str] = "score-series"
    version: ClassVar[int] = 3
    schema: ClassVar[str] = _SCHEMA

    def __init__(self) -> None:
        self._lines = KeyTable("lines", "line_id", ("dyad", "side"))

    def forget(self) -> None:
        """Forget the lines' numbers."""
        self._lines.forget()

    def rows(self, contents: EventContents) -> list[Row]:
        """Return a row for each dyad in which a content counts, in each region."""
        return [row for version in contents.versions for row in _score_rows(version)]

    def write(self, connection: apsw.Connection, added: Sequence[Row], changes: RowChanges) -> None:
        """Number the lines, delete rows and sum the rest again, insert rows and add them."""
        rows = (*added, *changes.removed)
        lines = self._lines.numbers(connection, [row[:2] for row in rows])
        _delete(connection, _numbered(changes.removed, lines))
        inserted = _numbered(changes.inserted, lines)
        connection.executemany(_INSERT, inserted)
        opened = [row for row in inserted if row[2]]
        connection.executemany(_SPREAD, list({_cell_of(row): None for row in opened}))
        connection.executemany(_ADD_TO_DAY, opened)
        connection.executemany(_ADD_TO_CELL, opened)


def _delete(connection: apsw.Connection, removed: Sequence[Row]) -> None:
    connection.executemany(_DELETE, [row[:7] for row in removed])
    cells = list({_cell_of(row): None for row in removed if row[2]})
    days = list({cell[:2]: None for cell in cells})
    connection.executemany(_DROP_CELL, cells)
    connection.executemany(_COUNT_CELL, cells)
    connection.executemany(_DROP_DAY, days)
    connection.executemany(_COUNT_DAY, days)
    connection.executemany(_GATHER, days)


def _numbered(rows: Iterable[Row], lines: Mapping[Key, int]) -> list[Row]:
    """Return the rows of `scores` in the order of its key."""
    return sorted((row[5] >> _BLOCK_BITS, lines[row[:2]], *row[2:]) for row in rows)


def _score_rows(version: ContentVersion) -> list[ScoreRow]:
    claim, region, earliest = version.claim, version.region, micros(version.window.first)
    scores = millionths_of(claim, Scale.GOLDSTEIN), millionths_of(claim, Scale.PLOVER)
    if scores == (None, None):
        return []
    position_from, position_to, known_from, known_to = region
    columns = (
        position_to == known_to == FOREVER,
        earliest // DAY_MICROS,
        known_from // DAY_MICROS,
        position_from,
        known_from,
        position_to,
        known_to,
        earliest,
        *scores,
    )
    return [ScoreRow(str(dyad), int(side), *columns) for dyad, side in sides_of(claim).items()]


def _cell_of(row: Row) -> Row:
    """Return the key of the cell that a row of `scores` counts in."""
    block, line_id, _, day, known_day, *_ = row
    return (line_id, day, known_day, block)
