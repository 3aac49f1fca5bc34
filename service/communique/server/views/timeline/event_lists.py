"""Lists of the timeline: visible and selected events, by valid time or by position.

A list scans the rows of the tag that selects the fewest events. The rest of a filter is a condition
in SQL, which is faster than one in Python.
"""

import heapq
import json
from collections.abc import Generator, Iterable, Sequence
from typing import Any, Final, NamedTuple

import apsw

from communique.domain.state.event_filter import ALL, Filter
from communique.domain.time.clocks import AsOf, micros
from communique.server.log.entries import LogRow
from communique.server.log.event_log import LogReader
from communique.server.projections.event_contents import FOREVER
from communique.server.runtime import limits
from communique.server.views.paging import PageRequest
from communique.server.views.timeline.timeline_projection import (
    BLOCK_BITS,
    REGION_BITS,
    TimelineEntry,
)
from communique.server.views.visibility import (
    VISIBLE,
    asserted,
    asserted_until,
    bindings_of,
    dispute_visible,
)

_SEEN: Final = f"{asserted('entries')} AND {VISIBLE}"
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
    "(tagged.earliest, tagged.event_id) > (:from_earliest, :from_id) AND tagged.earliest <= :until",
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
_DISPUTES: Final = f"""
    SELECT dispute_id FROM disputes WHERE event_id = :event_id AND {dispute_visible()}
    ORDER BY position
"""  # noqa: S608  our own names


class ListedEntry(NamedTuple):
    """An entry of a list, with the ids of its visible disputes in the order of their positions."""

    entry: TimelineEntry
    dispute_ids: list[bytes]


class EntryPage(NamedTuple):
    """The entries of a page, and the key of the next page; None at the end."""

    entries: list[ListedEntry]
    next_key: bytes | None


class ListedEvent(NamedTuple):
    """An event as it stood at a point, in rows of the log.

    `content` is the row that gives the content: the claim's own, or a correction's.
    """

    entry: TimelineEntry
    claim: LogRow
    content: LogRow
    dispute_ids: list[bytes]


class EventPage(NamedTuple):
    """Some events of a list, the key of the next page (None at the end), and the point."""

    events: list[ListedEvent]
    next_key: bytes | None
    as_of: AsOf


class Condition(NamedTuple):
    """A condition of SQL on a row of `entries`, and its bindings.

    `selects_nothing` says that no claim was ever tagged so.
    """

    sql: str
    bindings: dict[str, Any]
    selects_nothing: bool = False


_Key = tuple[int, bytes] | tuple[int]
_Scan = Generator[tuple[_Key, int, int], None, None]
"""Yields of each row its key, its entry, and whether that is selected."""


def list_by_position(
    connection: apsw.Connection, selection: Filter, as_of: AsOf, page: PageRequest
) -> EntryPage:
    """Return a page of the visible and selected entries, in the order of positions."""
    scanned_tags, *others = selection.tag_sets()
    condition = selected(connection, selection, as_of, others)
    is_all = scanned_tags == [ALL]
    query = (_ALL_POSITIONS if is_all else _POSITIONS).format(condition.sql)
    first = int(page.after_key) + 1 if page.after_key else 0
    begins, ends = first << REGION_BITS, (as_of.position + 1) << REGION_BITS
    bounds = {"from_entry": begins, "to_entry": ends}
    # All entries are scanned in one table, which has no blocks.
    blocks = [0] if is_all else range(begins >> BLOCK_BITS, (ends >> BLOCK_BITS) + 1)

    def scan(tag_id: int) -> _Scan:
        bindings = condition.bindings | bounds | {"tag_id": tag_id}
        for block in blocks:
            for entry, is_selected in connection.execute(query, bindings | {"block": block}):
                yield (entry >> REGION_BITS,), entry, is_selected

    tag_ids = [] if condition.selects_nothing else tag_ids_of(connection, scanned_tags)
    return _page(connection, as_of, page.size, [scan(tag_id) for tag_id in tag_ids])


def list_by_valid(
    connection: apsw.Connection,
    selection: Filter,
    as_of: AsOf,
    page: PageRequest,
    *,
    backwards: bool,
) -> EntryPage:
    """Return a page of the visible and selected entries, in the order of (earliest, event id)."""
    scanned_tags, *others = selection.tag_sets()
    condition = selected(connection, selection, as_of, others)
    query = (_BACKWARDS if backwards else _FORWARDS).format(condition.sql)
    until = asserted_until(as_of)
    begins = until + 1 if backwards else -FOREVER
    bounds = {"from_earliest": begins, "from_id": b"", "until": until}
    if page.after_key:
        earliest, _, event_id = page.after_key.decode().partition(":")
        bounds |= {"from_earliest": int(earliest), "from_id": bytes.fromhex(event_id)}

    def scan(tag_id: int) -> _Scan:
        bindings = condition.bindings | bounds | {"tag_id": tag_id}
        for earliest, event_id, entry, is_selected in connection.execute(query, bindings):
            yield (earliest, event_id), entry, is_selected

    tag_ids = [] if condition.selects_nothing else tag_ids_of(connection, scanned_tags)
    scans = [scan(tag_id) for tag_id in tag_ids]
    return _page(connection, as_of, page.size, scans, backwards=backwards)


def with_rows(log: LogReader, page: EntryPage, as_of: AsOf) -> EventPage:
    """Return the page with the events' rows of the log."""
    positions = {listed.entry.position for listed in page.entries}
    positions |= {listed.entry.content_position for listed in page.entries}
    rows = {row.position: row for row in log.by_positions(sorted(positions))}
    events = [
        ListedEvent(entry, rows[entry.position], rows[entry.content_position], dispute_ids)
        for entry, dispute_ids in page.entries
    ]
    return EventPage(events, page.next_key, as_of)


def _written(key: _Key) -> bytes:
    earliest_or_position, *rest = key
    return f"{earliest_or_position}{':' + rest[0].hex() if rest else ''}".encode()


def _page(
    connection: apsw.Connection,
    as_of: AsOf,
    size: int,
    scans: Sequence[_Scan],
    *,
    backwards: bool = False,
) -> EntryPage:
    """Merge the scans in order, until the page is full or the scans are long enough.

    A page ends between two events, never between two contents of one: only one of them is visible.
    """
    chosen: list[ListedEntry] = []
    last: tuple[_Key, int] | None = None
    rows = heapq.merge(*scans, reverse=backwards)
    for row_count, (key, number, is_selected) in enumerate(rows):
        is_over = len(chosen) == size or row_count >= limits.SCANNED_ROWS_MAX
        if is_over and last is not None and key != last[0]:
            for scan in scans:
                scan.close()
            return EntryPage(chosen, _written(last[0]))
        if is_selected and (key, number) != last:
            entry = TimelineEntry._make(connection.execute(_ENTRY, (number,)).get)
            chosen.append(ListedEntry(entry, _disputes_of(connection, entry, as_of)))
        last = (key, number)
    return EntryPage(chosen, None)


def tag_ids_of(connection: apsw.Connection, tags: Iterable[str]) -> list[int]:
    """Return the numbers of those tags that exist."""
    numbers = (connection.execute(_TAG, (tag,)).get for tag in tags)
    return [number for number in numbers if number is not None]


def selected(
    connection: apsw.Connection,
    selection: Filter,
    as_of: AsOf,
    tag_sets: Iterable[Iterable[str]] = (),
) -> Condition:
    """Return the condition that an entry is visible and selected, with a tag of each set."""
    visible = seen_at(as_of)
    terms, bindings = [visible.sql], dict(visible.bindings)
    for name, sign, wanted in selection.conditions():  # columns of `entries` have their names
        if sign == "in":
            terms.append(f"entries.{name} IN (SELECT value FROM json_each(:wanted_{name}))")  # noqa: S608  our own names
            bindings[f"wanted_{name}"] = json.dumps(sorted(wanted))
        else:
            terms.append(f"entries.{name} {sign} :wanted_{name}")
            bindings[f"wanted_{name}"] = micros(wanted)
    tag_id_sets = [tag_ids_of(connection, tags) for tags in tag_sets]
    terms += [_HAS_ONE_OF.format(", ".join(map(str, tag_ids))) for tag_ids in tag_id_sets]
    return Condition(" AND ".join(terms), bindings, not all(tag_id_sets))


def seen_at(as_of: AsOf) -> Condition:
    """Return the condition that an entry is visible and asserted at a point."""
    return Condition(_SEEN, bindings_of(as_of) | {"block_bits": BLOCK_BITS})


def _disputes_of(connection: apsw.Connection, entry: TimelineEntry, as_of: AsOf) -> list[bytes]:
    """Return the ids of an entry's visible disputes, in the order of their positions."""
    bindings = bindings_of(as_of) | {"event_id": entry.event_id}
    return [dispute_id for (dispute_id,) in connection.execute(_DISPUTES, bindings)]
