"""Lists of the timeline: visible and selected events, by valid time or by position.

A list walks the rows of the tags that select the fewest events. The rest of a filter is a condition
in SQL, which is faster than one in Python. The events of a party are those of its dyads; events by
type alone are found among all.
"""

import heapq
import json
from collections.abc import Generator, Iterable, Sequence
from typing import Any, Final, NamedTuple

import apsw

from communique.domain.claims.values import Certainty
from communique.domain.state.event_filter import (
    ALL,
    DYAD,
    ISSUE,
    OUTLET,
    PARTY,
    SUBJECT,
    TYPE,
    Filter,
)
from communique.domain.time.clocks import AsOf, micros
from communique.server.log.entries import LogRow
from communique.server.log.event_log import LogReader
from communique.server.projections.projection import FOREVER
from communique.server.runtime import limits
from communique.server.views.paging import PageRequest
from communique.server.views.read_model.content_rows import REGION_BITS
from communique.server.views.read_model.content_shape import is_dyad
from communique.server.views.visibility import (
    asserted,
    asserted_until,
    bindings_of,
    dispute_visible,
    visible,
)

_SEEN: Final = f"{asserted('entries')} AND {visible('entries')}"
_HAS_ONE_OF: Final = """EXISTS (
    SELECT 1 FROM {table} AS other WHERE other.tag_id IN ({tag_ids})
        AND other.earliest = entries.earliest AND other.event_id = entries.event_id
        AND other.entry = entries.entry
)"""
_VALID: Final = """
    SELECT {row}.earliest, {row}.event_id, entry, {condition} FROM {rows}
    WHERE {bounds} ORDER BY {row}.earliest {order}, {row}.event_id {order}, entry {order}
"""
_AFTER: Final = """
    ({row}.earliest, {row}.event_id) > (:from_earliest, :from_id) AND {row}.earliest <= :until
"""
_BEFORE: Final = "({row}.earliest, {row}.event_id) < (:from_earliest, :from_id)"
_POSITIONS: Final = """
    SELECT entry, {condition} FROM entries WHERE entry >= :from_entry AND entry < :to_entry {among}
    ORDER BY entry
"""
_FEW: Final = "SELECT entry FROM {table} WHERE tag_id = {tag_id} LIMIT :few_max + 1"
_TAG: Final = "SELECT tag_id FROM tags WHERE tag = ?"
_TAGS_OF_PARTY: Final = "SELECT tag FROM parties WHERE code = ?"
_DISPUTES: Final = f"""
    SELECT dispute_id FROM disputes WHERE event_id = :event_id AND {dispute_visible()}
    ORDER BY position
"""  # noqa: S608  our own names


class TimelineEntry(NamedTuple):
    """Some columns of a row of `entries`: `content_position` is that of what gives the content."""

    entry: int
    content_position: int
    corrected_by: bytes | None
    event_id: bytes
    known: int
    earliest: int

    @property
    def position(self) -> int:
        """The claim's."""
        return self.entry >> REGION_BITS

    @property
    def valid_key(self) -> bytes:
        """The key of what follows this entry in a list by valid time."""
        return f"{self.earliest}:{self.event_id.hex()}".encode()


_ENTRY: Final = f"SELECT {', '.join(TimelineEntry._fields)} FROM entries WHERE entry = ?"  # noqa: S608


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
    """Return a page of the visible and selected entries, in the order of positions.

    Of tags with few rows those are sorted; otherwise all entries are walked.
    """
    walked, others = _walked(connection, selection)
    bindings: dict[str, Any] = {
        "from_entry": (int(page.after_key) + 1 if page.after_key else 0) << REGION_BITS,
        "to_entry": (as_of.position + 1) << REGION_BITS,
        "few_max": limits.ROWS_SORTED_MAX,
    }
    among, few = "", None if walked is None else _entries_of_few(connection, walked, bindings)
    if few is not None:
        among = "AND entry IN (SELECT value FROM json_each(:few))"
        bindings["few"] = json.dumps(few)
    else:
        others = selection.tag_sets()
    condition = selected(connection, selection, as_of, others)
    query = _POSITIONS.format(condition=condition.sql, among=among)

    def scan() -> _Scan:
        for entry, is_selected in connection.execute(query, condition.bindings | bindings):
            yield (entry >> REGION_BITS,), entry, is_selected

    scans = [] if condition.selects_nothing or few == [] else [scan()]
    return _page(connection, as_of, page.size, scans)


def list_by_valid(
    connection: apsw.Connection,
    selection: Filter,
    as_of: AsOf,
    page: PageRequest,
    *,
    backwards: bool,
) -> EntryPage:
    """Return a page of the visible and selected entries, in the order of (earliest, event id)."""
    walked, others = _walked(connection, selection)
    condition = selected(connection, selection, as_of, others)
    until = asserted_until(as_of)
    begins = until + 1 if backwards else -FOREVER
    bounds = {"from_earliest": begins, "from_id": b"", "until": until}
    if page.after_key:
        earliest, _, event_id = page.after_key.decode().partition(":")
        bounds |= {"from_earliest": int(earliest), "from_id": bytes.fromhex(event_id)}

    def scan(tag: TagRows | None) -> _Scan:
        row = "tagged" if tag else "entries"
        query = _VALID.format(
            row=row,
            rows=f"{tag.table} AS tagged CROSS JOIN entries USING (entry)" if tag else "entries",
            condition=condition.sql,
            bounds=(f"tag_id = {tag.tag_id} AND " if tag else "")
            + (_BEFORE if backwards else _AFTER).format(row=row),
            order="DESC" if backwards else "ASC",
        )
        rows = connection.execute(query, condition.bindings | bounds)
        for earliest, event_id, entry, is_selected in rows:
            yield (earliest, event_id), entry, is_selected

    tags = [] if condition.selects_nothing else [None] if walked is None else walked
    return _page(connection, as_of, page.size, [*map(scan, tags)], backwards=backwards)


class TagRows(NamedTuple):
    """The rows of a tag: the table and the tag's number."""

    table: str
    tag_id: int


def rows_of_tags(connection: apsw.Connection, tags: Iterable[str]) -> list[TagRows]:
    """Return where the rows of those tags are that exist."""
    found = ((tag, connection.execute(_TAG, (tag,)).get) for tag in tags)
    return [
        TagRows("dyad_contents" if is_dyad(tag) else "tagged", number)
        for tag, number in found
        if number is not None
    ]


def _walked(
    connection: apsw.Connection, selection: Filter
) -> tuple[list[TagRows] | None, list[list[str]]]:
    """Return the tags whose rows a list walks (None: those of all events), and the other sets."""
    first, *others = selection.tag_sets()
    if first[0].startswith(PARTY):
        tags = dict.fromkeys(
            tag
            for party in first
            for (tag,) in connection.execute(_TAGS_OF_PARTY, (party.removeprefix(PARTY),))
        )
        if len(tags) <= limits.TAGS_WALKED_MAX:
            # An event of other parties than these is in none of their dyads.
            return rows_of_tags(connection, tags), others
    elif first[0].startswith((SUBJECT, DYAD, ISSUE)):
        return rows_of_tags(connection, first), others
    return None, selection.tag_sets()


def _entries_of_few(
    connection: apsw.Connection, tags: Iterable[TagRows], bindings: dict[str, Any]
) -> list[int] | None:
    """Return the entries of tags; None where one has many, or all together have."""
    entries: dict[int, None] = {}
    for table, tag_id in tags:
        rows = connection.execute(_FEW.format(table=table, tag_id=tag_id), bindings)
        entries.update(dict.fromkeys(entry for (entry,) in rows))
        if len(entries) > bindings["few_max"]:
            return None
    return [*entries]


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


def selected(
    connection: apsw.Connection,
    selection: Filter,
    as_of: AsOf,
    tag_sets: Iterable[Sequence[str]] = (),
) -> Condition:
    """Return the condition that an entry is visible and selected, with a tag of each set."""
    seen = seen_at(as_of)
    terms, bindings, is_possible = [seen.sql], dict(seen.bindings), True
    for name, sign, wanted in selection.conditions():  # columns of `entries` have their names
        if sign == "in":
            column, values = _WANTED[name](connection, wanted)
            terms.append(f"entries.{column} IN (SELECT value FROM json_each(:wanted_{name}))")  # noqa: S608  our own names
            bindings[f"wanted_{name}"] = json.dumps(values)
        else:
            terms.append(f"entries.{name} {sign} :wanted_{name}")
            bindings[f"wanted_{name}"] = micros(wanted)
    for tags in tag_sets:
        if tags[0].startswith(PARTY):
            codes = " OR ".join(
                f"instr(entries.codes, ' {tag.removeprefix(PARTY)} ')" for tag in tags
            )
            terms.append(f"({codes})")
        elif tags[0].startswith(TYPE):
            numbers = _numbers_of(connection, tags)
            terms.append(f"entries.type_tag_id IN ({', '.join(map(str, numbers))})")
            is_possible &= bool(numbers)
        elif tags != [ALL]:
            rows = rows_of_tags(connection, tags)
            is_possible &= bool(rows)
            for table in {table for table, _ in rows}:
                tag_ids = ", ".join(str(tag_id) for _, tag_id in rows)
                terms.append(_HAS_ONE_OF.format(table=table, tag_ids=tag_ids))
    return Condition(" AND ".join(terms), bindings, not is_possible)


def _numbers_of(connection: apsw.Connection, tags: Iterable[str]) -> list[int]:
    return [number for _, number in rows_of_tags(connection, tags)]


def _certainties(_: apsw.Connection, wanted: Iterable[Certainty]) -> tuple[str, list[int]]:
    return "certainty", [certainty.rank for certainty in wanted]


def _outlets(connection: apsw.Connection, wanted: Iterable[str]) -> tuple[str, list[int]]:
    return "outlet_tag_id", _numbers_of(connection, [f"{OUTLET}{outlet}" for outlet in wanted])


_WANTED: Final = {"certainty": _certainties, "outlet": _outlets}
"""How the wanted values of a field are written, and in which column."""


def seen_at(as_of: AsOf) -> Condition:
    """Return the condition that an entry is visible and asserted at a point."""
    return Condition(_SEEN, bindings_of(as_of))


def _disputes_of(connection: apsw.Connection, entry: TimelineEntry, as_of: AsOf) -> list[bytes]:
    """Return the ids of an entry's visible disputes, in the order of their positions."""
    bindings = bindings_of(as_of) | {"event_id": entry.event_id}
    return [dispute_id for (dispute_id,) in connection.execute(_DISPUTES, bindings)]
