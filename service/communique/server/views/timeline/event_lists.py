"""Lists of the timeline: what is visible and selected, in the order of valid time or of position.

A list walks the tag that selects the most. What else is asked is a condition of SQL on each row: a
row that it passes over costs a microsecond or two, in Python it would cost ten.
"""

import heapq
import json
from collections.abc import Generator, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import apsw

from communique.domain.time.clocks import AsOf, micros
from communique.server.projections.event_contents import FOREVER
from communique.server.views.timeline.timeline_projection import ALL, BLOCK_BITS, DYAD, REGION_BITS

if TYPE_CHECKING:
    from communique.server.application.queries.filters import Filter

SCANNED_ROWS_MAX: Final = 10_000
"""A page ends, full or not, after so many rows: no question takes long."""
_SEEN: Final = """
    entries.earliest <= :valid AND position_from <= :position AND position_to > :position
    AND known_from <= :known AND known_to > :known
"""
_HAS_ONE_OF: Final = """EXISTS (
    SELECT 1 FROM tagged_by_position AS other
    WHERE block = entries.entry >> :block_bits AND other.tag_id IN ({})
        AND other.entry = entries.entry
)"""
_VALID: Final = """
    SELECT tagged.earliest, tagged.event_id, entry, {{}}
    FROM tagged_by_valid AS tagged CROSS JOIN entries USING (entry)
    WHERE tag_id = :tag_id AND {}
    ORDER BY tagged.earliest {order}, tagged.event_id {order}, entry {order}
"""
_FORWARDS: Final = _VALID.format(
    "(tagged.earliest, tagged.event_id) > (:from_earliest, :from_id) AND tagged.earliest <= :valid",
    order="ASC",
)
_BACKWARDS: Final = _VALID.format(
    "(tagged.earliest, tagged.event_id) < (:from_earliest, :from_id)", order="DESC"
)
_POSITIONS: Final = """
    SELECT entry, {} FROM tagged_by_position CROSS JOIN entries USING (entry)
    WHERE block = :block AND tag_id = :tag_id AND entry >= :from_entry AND entry < :to_entry
    ORDER BY entry
"""
_ALL_POSITIONS: Final = """
    SELECT entry, {} FROM entries WHERE entry >= :from_entry AND entry < :to_entry ORDER BY entry
"""
_TAG: Final = "SELECT tag_id FROM tags WHERE tag = ?"
_ENTRY: Final = "SELECT * FROM entries WHERE entry = ?"
_DISPUTES: Final = """
    SELECT dispute_id FROM disputes WHERE event_id = ? AND position <= ? AND known <= ?
    ORDER BY position
"""


class Entry(NamedTuple):
    """A row of `entries`."""

    entry: int
    content_position: int
    corrected_by: bytes | None
    event_id: bytes
    known: int
    earliest: int
    latest: int
    certainty: str
    outlet: str
    state: str | None
    stage: int | None
    is_named: int
    position_from: int
    position_to: int
    known_from: int
    known_to: int

    @property
    def position(self) -> int:
        """The claim's."""
        return self.entry >> REGION_BITS


class Found(NamedTuple):
    """The entries of a page with the ids of their disputes, and the key to go on after."""

    entries: list[tuple[Entry, list[bytes]]]
    next_key: bytes | None


class Condition(NamedTuple):
    """What is visible, asserted and selected: SQL about a row of `entries`, and its bindings."""

    sql: str
    bindings: dict[str, Any]
    is_vain: bool = False
    """Whether nothing can be selected: no claim was ever tagged so."""


_Key = tuple[int, bytes] | tuple[int]
_Walk = Generator[tuple[_Key, int, int], None, None]
"""Yields of each row its key, its entry, and whether that is selected."""


def list_by_position(
    connection: apsw.Connection, selection: "Filter", as_of: AsOf, size: int, after: bytes | None
) -> Found:
    """Return a page of what is visible and selected, in the order of positions."""
    walked, *others = tag_sets(selection)
    condition = selected(connection, selection, as_of, others)
    is_all = walked == [ALL]
    query = (_ALL_POSITIONS if is_all else _POSITIONS).format(condition.sql)
    begins, ends = int(after) + 1 if after else 0, as_of.position + 1
    begins, ends = begins << REGION_BITS, ends << REGION_BITS
    bounds = {"from_entry": begins, "to_entry": ends}
    # The entries of all, in one table, are walked at once.
    blocks = [0] if is_all else range(begins >> BLOCK_BITS, (ends >> BLOCK_BITS) + 1)

    def walk(tag_id: int) -> _Walk:
        bindings = condition.bindings | bounds | {"tag_id": tag_id}
        for block in blocks:
            for entry, is_selected in connection.execute(query, bindings | {"block": block}):
                yield (entry >> REGION_BITS,), entry, is_selected

    tag_ids = [] if condition.is_vain else numbers(connection, walked)
    walks = [walk(tag_id) for tag_id in tag_ids]
    return _page(connection, as_of, size, walks)


def list_by_valid(
    connection: apsw.Connection,
    selection: "Filter",
    as_of: AsOf,
    size: int,
    after: bytes | None,
    *,
    backwards: bool,
) -> Found:
    """Return a page of what is visible and selected, in the order of (earliest, event id)."""
    walked, *others = tag_sets(selection)
    condition = selected(connection, selection, as_of, others)
    return _by_valid(connection, walked, condition, as_of, size, after, backwards=backwards)


def list_latest(
    connection: apsw.Connection, tag: str, as_of: AsOf, size: int, after: bytes | None
) -> Found:
    """Return a page of what is visible with a tag, the latest first."""
    return _by_valid(connection, [tag], seen_at(as_of), as_of, size, after, backwards=True)


def _by_valid(
    connection: apsw.Connection,
    walked: Sequence[str],
    condition: Condition,
    as_of: AsOf,
    size: int,
    after: bytes | None,
    *,
    backwards: bool,
) -> Found:
    query = (_BACKWARDS if backwards else _FORWARDS).format(condition.sql)
    begins = micros(as_of.valid) + 1 if backwards else -FOREVER
    from_earliest, from_id = _valid_key(after) if after else (begins, b"")
    bounds = {"from_earliest": from_earliest, "from_id": from_id}

    def walk(tag_id: int) -> _Walk:
        bindings = condition.bindings | bounds | {"tag_id": tag_id}
        for earliest, event_id, entry, is_selected in connection.execute(query, bindings):
            yield (earliest, event_id), entry, is_selected

    tag_ids = [] if condition.is_vain else numbers(connection, walked)
    walks = [walk(tag_id) for tag_id in tag_ids]
    return _page(connection, as_of, size, walks, backwards=backwards)


def key_behind(entry: Entry) -> bytes:
    """Return the key after which a list by valid time goes on behind an entry."""
    return _written((entry.earliest, entry.event_id))


def _valid_key(key: bytes) -> tuple[int, bytes]:
    earliest, _, event_id = key.decode().partition(":")
    return int(earliest), bytes.fromhex(event_id)


def _written(key: _Key) -> bytes:
    earliest_or_position, *rest = key
    return f"{earliest_or_position}{':' + rest[0].hex() if rest else ''}".encode()


def _page(
    connection: apsw.Connection,
    as_of: AsOf,
    size: int,
    walks: Sequence[_Walk],
    *,
    backwards: bool = False,
) -> Found:
    """Merge the walks in order, until the page is full or long enough.

    A page ends between two events, never between two contents of one: only one of them is visible.
    """
    chosen: list[tuple[Entry, list[bytes]]] = []
    last: tuple[_Key, int] | None = None
    rows = heapq.merge(*walks, reverse=backwards)
    for scanned, (key, number, is_selected) in enumerate(rows):
        is_over = len(chosen) == size or scanned >= SCANNED_ROWS_MAX
        if is_over and last is not None and key != last[0]:
            _close(walks)
            return Found(chosen, _written(last[0]))
        if is_selected and (key, number) != last:
            entry = Entry._make(connection.execute(_ENTRY, (number,)).get)
            chosen.append((entry, disputes_of(connection, entry, as_of)))
        last = (key, number)
    return Found(chosen, None)


def _close(walks: Iterable[_Walk]) -> None:
    """Finish the cursors that the walks still hold."""
    for walk in walks:
        walk.close()


def tag_sets(selection: "Filter") -> list[list[str]]:
    """Return the tags of each field of a filter, the rarest first; one of each set is needed."""
    fields = [
        [f"subject:{one}" for one in selection.subjects],
        [f"{DYAD}{selection.dyad}"] if selection.dyad else [],
        [f"issue:{one}" for one in selection.issues],
        [f"party:{one}" for one in selection.parties],
        [f"type:{one}" for one in selection.types],
    ]
    return [sorted(tags) for tags in fields if tags] or [[ALL]]


def numbers(connection: apsw.Connection, tags: Iterable[str]) -> list[int]:
    """Return the numbers of those tags that there are."""
    found = (connection.execute(_TAG, (tag,)).get for tag in tags)
    return [number for number in found if number is not None]


def selected(
    connection: apsw.Connection,
    selection: "Filter",
    as_of: AsOf,
    sets: Iterable[Iterable[str]] = (),
) -> Condition:
    """Return what is visible and selected; of each of the `sets` of tags one is needed."""
    seen = seen_at(as_of)
    conditions, bindings = [seen.sql], dict(seen.bindings)
    for column, values in {
        "certainty": selection.certainties,
        "outlet": selection.outlets,
    }.items():
        if values:
            conditions.append(f"{column} IN (SELECT value FROM json_each(:{column}))")  # noqa: S608
            bindings[column] = json.dumps(sorted(values))
    if selection.occurred_from is not None:
        conditions.append("latest > :since")
        bindings["since"] = micros(selection.occurred_from)
    if selection.occurred_to is not None:
        conditions.append("entries.earliest <= :until")
        bindings["until"] = micros(selection.occurred_to)
    looked_up = [numbers(connection, tags) for tags in sets]
    conditions += [_HAS_ONE_OF.format(", ".join(map(str, tag_ids))) for tag_ids in looked_up]
    return Condition(" AND ".join(conditions), bindings, not all(looked_up))


def seen_at(as_of: AsOf) -> Condition:
    """Return what is visible and asserted at a point."""
    bindings = {
        "valid": micros(as_of.valid),
        "known": micros(as_of.known),
        "position": as_of.position,
        "block_bits": BLOCK_BITS,
    }
    return Condition(_SEEN, bindings)


def disputes_of(connection: apsw.Connection, entry: Entry, as_of: AsOf) -> list[bytes]:
    """Return the ids of an entry's visible disputes, in the order of their positions."""
    bindings = (entry.event_id, as_of.position, micros(as_of.known))
    return [dispute_id for (dispute_id,) in connection.execute(_DISPUTES, bindings)]
