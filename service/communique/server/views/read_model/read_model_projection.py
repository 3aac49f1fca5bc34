"""The projection of all read models: it writes the rows of each content to the tables."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

import apsw

from communique.domain.claims.event import Recorded
from communique.server.log.entries import LogRow
from communique.server.projections.projection import RowChanges, ViewProjection
from communique.server.runtime import limits
from communique.server.views.read_model.content_rows import (
    REGION_BITS,
    ContentRow,
    EventRows,
    rows_of,
)
from communique.server.views.read_model.content_shape import ContentShape, facet_of, span_of
from communique.server.views.read_model.numbered_shapes import NumberedShape, NumberedShapes
from communique.server.views.read_model.read_model_schema import SCHEMA
from communique.server.views.read_model.shape_cache import ShapeCache
from communique.server.views.read_model.valid_time_bounds import (
    BOUNDS_SCHEMA,
    ClaimedTime,
    write_bounds,
)

_KEYS: Final = {
    "content_regions": ("entry",),
    "tagged": ("tag_id", "earliest", "event_id", "entry"),
    "dyad_contents": ("tag_id", "earliest", "event_id", "entry"),
    "facet_claims": ("tag_id", "facet_tag_id", "partition", "settled", "event_id", "entry"),
    "plans": ("tag_id", "span_bits", "until", "announced", "facet_tag_id", "entry"),
}
"""The tables of contents with their keys, which are the first columns."""
_MARK_PARTITION: Final = """
    INSERT INTO facets VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
    SET partitions = partitions | excluded.partitions
    WHERE partitions | excluded.partitions <> partitions
"""

_Numbered = Mapping[ContentShape, NumberedShape]


class ReadModelProjection(ViewProjection):
    """Keeps each content of each event under its tags, dyads and facets.

    All read models are one projection: they are made of the same contents, change in the same
    transactions, and would be rebuilt together anyway.
    """

    name: ClassVar[str] = "read-models"
    version: ClassVar[int] = 1
    schema: ClassVar[str] = f"{SCHEMA}{BOUNDS_SCHEMA}"

    def __init__(self) -> None:
        self._shapes = ShapeCache()
        self._numbers = NumberedShapes()
        self._partitions: dict[tuple[int, int], int] = {}

    def forget(self) -> None:
        """Forget all numbers, and which partitions the facets have."""
        self._numbers.forget()
        self._partitions.clear()

    def rows(self, history: Sequence[Recorded]) -> EventRows:
        """Return the rows of one event's claim and amendments so far; pure."""
        return rows_of(history)

    def rows_of_claim(self, row: LogRow) -> EventRows | None:
        """Return the rows of a claim without amendments; None for a type that is not known."""
        return self._shapes.rows_of_claim(row)

    def write(self, connection: apsw.Connection, changes: RowChanges) -> None:
        """Number what is new, delete, and insert in the order of each table's key."""
        removed = [row for rows in changes.removed for row in rows.contents]
        inserted = [row for rows in changes.inserted for row in rows.contents]
        shapes = dict.fromkeys([row.shape for row in (*removed, *inserted)])
        numbered = self._numbers.numbered(connection, shapes)
        for table, rows in _tables(removed, numbered).items():
            keys = _KEYS[table]
            matches = " AND ".join(f"{column} = ?" for column in keys)
            connection.executemany(
                f"DELETE FROM {table} WHERE {matches}",  # noqa: S608  our own names
                [row[: len(keys)] for row in rows],
            )
        for table, rows in _tables(inserted, numbered).items():
            if rows:
                rows.sort()
                marks = ", ".join("?" * len(rows[0]))
                connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608
        # A dispute is never retracted: nothing to delete.
        disputed = [dispute for rows in changes.inserted for dispute in rows.disputes]
        connection.executemany("INSERT OR IGNORE INTO disputes VALUES (?, ?, ?, ?)", disputed)
        self._write_summaries(connection, inserted, numbered, changes.after)

    def _write_summaries(
        self,
        connection: apsw.Connection,
        inserted: Iterable[ContentRow],
        numbered: _Numbered,
        after: int,
    ) -> None:
        """Write which partitions each facet has and since when, and the bounds of valid times."""
        new = [row for row in inserted if _position_from(row) > after]
        new.sort(key=_position_from)
        connection.executemany(_MARK_PARTITION, list(self._new_partitions(new, numbered)))
        write_bounds(connection, _claimed_times(new, numbered))

    def _new_partitions(
        self, rows: Iterable[ContentRow], numbered: _Numbered
    ) -> Iterator[tuple[Any, ...]]:
        """Yield what is bound to `_MARK_PARTITION` for partitions that may be new."""
        if len(self._partitions) > limits.KEYS_REMEMBERED_MAX:
            self._partitions.clear()
        known = self._partitions
        for row in rows:
            bit, shape = 1 << _partition(row), row.shape
            for index, key in enumerate(numbered[shape].facets):
                if not known.get(key, 0) & bit:
                    known[key] = known.get(key, 0) | bit
                    dyad_id, facet_id = key
                    facet = facet_of(shape.names.facets[index][1])
                    is_listed = shape.traits.facets[index].is_listed
                    yield dyad_id, is_listed, facet_id, facet, bit, _position_from(row)


def _partition(row: ContentRow) -> int:
    return row.shape.traits.partition + row.is_foreseen


def _position_from(row: ContentRow) -> int:
    return row.region.position_from or row.entry >> REGION_BITS


def _claimed_times(rows: Iterable[ContentRow], numbered: _Numbered) -> Iterator[ClaimedTime]:
    """Yield when what is claimed of each dyad began."""
    for row in rows:
        first, settled, *_ = row.times
        position, is_foreseen = _position_from(row), row.is_foreseen
        for dyad_id in numbered[row.shape].dyad_ids:
            yield ClaimedTime(dyad_id, is_foreseen, first, first + settled, position)


def _tables(rows: Iterable[ContentRow], numbered: _Numbered) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of each table, with the columns in their order."""
    tables: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _KEYS}
    contents, tagged, dyad_contents, facet_claims, plans = tables.values()
    for row in rows:
        entry, event_id, shape, times, region, is_disputed = row
        first, after, settled_day, latest, known = times
        constants, dyad_ids, tag_ids, facets = numbered[shape]
        traits, place = shape.traits, region[:5]
        contents.append(
            (entry, event_id, known, first, after, settled_day, latest, *region, *constants)
        )
        for tag_id in tag_ids:
            tagged.append((tag_id, first, event_id, entry))
        counts = traits.quad, traits.goldstein, traits.plover
        act = first, event_id, entry, known, after, settled_day, *place
        for tag_id, side in zip(dyad_ids, traits.sides, strict=True):
            dyad_contents.append((tag_id, *act, side, *counts))
        key = _partition(row), first + after, event_id, entry
        rank = after, settled_day, traits.stage, traits.surety, known
        for (dyad_id, facet_id), of_facet in zip(facets, traits.facets, strict=True):
            facet_claims.append(
                (dyad_id, facet_id, *key, *rank, *place, is_disputed, traits.subject)
            )
            if of_facet.plan and (span := span_of(of_facet.plan, first)):
                plans.append((dyad_id, *span, facet_id, entry))
    return tables
