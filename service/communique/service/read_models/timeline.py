"""The read model of the timeline: every content of every event, found by what it is about.

A content is tagged with its type, dyads, parties, issues and subjects. A list walks the tag that
selects the most, in the order of valid time or of position, and looks the others up.
"""

import heapq
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

import apsw

from communique.domain.assertions import codes_concerned, dyads_concerned
from communique.domain.clocks import AsOf, micros
from communique.domain.event import Claim, Recorded
from communique.domain.history import Content, contents, disputes
from communique.domain.subject import subjects_of
from communique.service.read_models.names import Key, Names
from communique.service.read_models.projection import FOREVER, Projection, Row, RowChanges

if TYPE_CHECKING:
    from communique.service.filters import Filter

_SCHEMA: Final = """
    CREATE TABLE tags (tag_id INTEGER PRIMARY KEY, tag TEXT NOT NULL UNIQUE) STRICT;
    -- One row for each region in which a content of an event decides. Times are microseconds;
    -- `position` is the claim's, `content_position` that of the version that gives the content.
    CREATE TABLE entries (
        entry_id INTEGER PRIMARY KEY,
        position INTEGER NOT NULL,
        content_position INTEGER NOT NULL,
        corrected_by BLOB,
        event_id BLOB NOT NULL,
        known INTEGER NOT NULL,
        earliest INTEGER NOT NULL,
        latest INTEGER NOT NULL,
        certainty TEXT NOT NULL,
        outlet TEXT NOT NULL,
        position_from INTEGER NOT NULL,
        position_to INTEGER NOT NULL,
        known_from INTEGER NOT NULL,
        known_to INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE tagged_by_valid (
        tag_id INTEGER NOT NULL,
        earliest INTEGER NOT NULL,
        event_id BLOB NOT NULL,
        entry_id INTEGER NOT NULL,
        PRIMARY KEY (tag_id, earliest, event_id, entry_id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE tagged_by_position (
        tag_id INTEGER NOT NULL,
        position INTEGER NOT NULL,
        entry_id INTEGER NOT NULL,
        PRIMARY KEY (tag_id, position, entry_id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE disputes (
        event_id BLOB NOT NULL,
        position INTEGER NOT NULL,
        known INTEGER NOT NULL,
        dispute_id BLOB NOT NULL,
        PRIMARY KEY (event_id, position)
    ) STRICT, WITHOUT ROWID;
"""
SCANNED_ROWS_MAX: Final = 10_000
"""A page ends, full or not, after so many rows: no question takes long."""

ALL: Final = "*"
_INSERT_ENTRY: Final = "INSERT INTO entries VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_FIND_ENTRY: Final = """
    SELECT entry_id FROM tagged_by_position JOIN entries USING (entry_id)
    WHERE tag_id = ? AND tagged_by_position.position = ? AND position_from = ? AND known_from = ?
"""
_DELETE_BY_VALID: Final = """
    DELETE FROM tagged_by_valid
    WHERE tag_id = ? AND earliest = ? AND event_id = ? AND entry_id = ?
"""
_DELETE_BY_POSITION: Final = """
    DELETE FROM tagged_by_position WHERE tag_id = ? AND position = ? AND entry_id = ?
"""
_VALID: Final = """
    SELECT earliest, event_id, entry_id FROM tagged_by_valid
    WHERE tag_id = ? AND (earliest, event_id) {} (?, ?) AND earliest <= ?
    ORDER BY earliest {order}, event_id {order}, entry_id {order}
"""
_VALID_FORWARDS: Final = _VALID.format(">", order="ASC")
_VALID_BACKWARDS: Final = _VALID.format("<", order="DESC")
_POSITIONS: Final = """
    SELECT position, entry_id FROM tagged_by_position
    WHERE tag_id = ? AND position > ? AND position <= ? ORDER BY position, entry_id
"""
_HAS_TAG: Final = """
    SELECT 1 FROM tagged_by_position WHERE tag_id = ? AND position = ? AND entry_id = ?
"""
_TAG: Final = "SELECT tag_id FROM tags WHERE tag = ?"
_ENTRY: Final = "SELECT * FROM entries WHERE entry_id = ?"
_DISPUTES: Final = """
    SELECT dispute_id FROM disputes WHERE event_id = ? AND position <= ? AND known <= ?
    ORDER BY position
"""


class EntryRow(NamedTuple):
    """One row of `entries` without its number, and the tags that it is found by."""

    position: int
    content_position: int
    corrected_by: bytes | None
    event_id: bytes
    known: int
    earliest: int
    latest: int
    certainty: str
    outlet: str
    position_from: int
    position_to: int
    known_from: int
    known_to: int
    tags: tuple[str, ...]


class DisputeRow(NamedTuple):
    """One row of `disputes`."""

    event_id: bytes
    position: int
    known: int
    dispute_id: bytes


class TimelineProjection(Projection):
    """Keeps where each content of each event stands."""

    name: ClassVar[str] = "timeline"
    version: ClassVar[int] = 2
    schema: ClassVar[str] = _SCHEMA

    def __init__(self) -> None:
        """Know no tag's number yet."""
        self._tags = Names("tags", "tag_id", ("tag",))

    def forget(self) -> None:
        """Forget the tags' numbers."""
        self._tags.forget()

    def rows(self, history: Sequence[Recorded]) -> Iterator[EntryRow | DisputeRow]:
        """Return a row for each region of each content, and one for each dispute."""
        position = history[0].position
        for content in contents(history):
            yield _entry_row(position, content)
        if len(history) > 1 and history[0].event:
            event_id = history[0].event.event_id.bytes
            for one in disputes(history):
                yield DisputeRow(event_id, one.position, micros(one.known), one.event_id.bytes)

    def write(self, connection: apsw.Connection, added: Sequence[Row], changes: RowChanges) -> None:
        """Number the tags, delete, then insert each table in the order of its key."""
        entries = [row for row in (*added, *changes.removed) if isinstance(row, EntryRow)]
        tags = self._tags.numbers(connection, [(tag,) for row in entries for tag in row.tags])
        for row in changes.removed:
            if isinstance(row, EntryRow):
                _delete(connection, row, tags)
        _insert(connection, [row for row in changes.inserted if isinstance(row, EntryRow)], tags)
        # A dispute is never taken back: nothing to delete.
        disputed = [row for row in changes.inserted if isinstance(row, DisputeRow)]
        connection.executemany("INSERT INTO disputes VALUES (?, ?, ?, ?)", disputed)


def _insert(connection: apsw.Connection, rows: Sequence[EntryRow], tags: Mapping[Key, int]) -> None:
    first = (connection.execute("SELECT max(entry_id) FROM entries").get or 0) + 1
    connection.executemany(_INSERT_ENTRY, [row[:-1] for row in rows])
    by_valid: list[Row] = []
    by_position: list[Row] = []
    for entry_id, row in enumerate(rows, first):
        position, earliest, event_id = row.position, row.earliest, row.event_id
        for tag in row.tags:
            tag_id = tags[(tag,)]
            by_valid.append((tag_id, earliest, event_id, entry_id))
            by_position.append((tag_id, position, entry_id))
    connection.executemany("INSERT INTO tagged_by_valid VALUES (?, ?, ?, ?)", sorted(by_valid))
    connection.executemany("INSERT INTO tagged_by_position VALUES (?, ?, ?)", sorted(by_position))


def _delete(connection: apsw.Connection, row: EntryRow, tags: Mapping[Key, int]) -> None:
    key = (tags[(ALL,)], row.position, row.position_from, row.known_from)
    found = connection.execute(_FIND_ENTRY, key).get
    tag_ids = [tags[(tag,)] for tag in row.tags]
    by_valid = [(tag_id, row.earliest, row.event_id, found) for tag_id in tag_ids]
    connection.executemany(_DELETE_BY_VALID, by_valid)
    by_position = [(tag_id, row.position, found) for tag_id in tag_ids]
    connection.executemany(_DELETE_BY_POSITION, by_position)
    connection.execute("DELETE FROM entries WHERE entry_id = ?", (found,))


def _entry_row(position: int, content: Content) -> EntryRow:
    claim, region = content.claim, content.region
    occurred = claim.occurred
    return EntryRow(
        position,
        content.position,
        content.corrected_by.bytes if content.corrected_by else None,
        claim.event_id.bytes,
        micros(content.known),
        micros(occurred.earliest),
        FOREVER if occurred.latest is None else micros(occurred.latest),
        claim.certainty.value,
        claim.source.outlet,
        region.position_from,
        FOREVER if region.position_to is None else region.position_to,
        micros(region.known_from),
        FOREVER if region.known_to is None else micros(region.known_to),
        tuple(tags_of(claim)),
    )


def tags_of(claim: Claim) -> Iterator[str]:
    """Yield what a claim is found by: everything, its type, dyads, parties, issues, subjects."""
    yield ALL
    yield f"type:{claim.payload.type}"
    yield from (f"dyad:{dyad}" for dyad in dyads_concerned(claim))
    yield from (f"party:{code}" for code in sorted(codes_concerned(claim)))
    yield from (f"issue:{issue}" for issue in claim.issues)
    yield from (f"subject:{key}" for key in subjects_of(claim))


class Entry(NamedTuple):
    """A row of `entries`."""

    entry_id: int
    position: int
    content_position: int
    corrected_by: bytes | None
    event_id: bytes
    known: int
    earliest: int
    latest: int
    certainty: str
    outlet: str
    position_from: int
    position_to: int
    known_from: int
    known_to: int


class Found(NamedTuple):
    """The entries of a page with the ids of their disputes, and the key to go on after."""

    entries: list[tuple[Entry, list[bytes]]]
    next_key: bytes | None


_Key = tuple[int, bytes] | tuple[int]
_Walk = Generator[tuple[_Key, int], None, None]


def list_by_position(
    connection: apsw.Connection, selection: "Filter", as_of: AsOf, size: int, after: bytes | None
) -> Found:
    """Return a page of what is visible and selected, in the order of positions."""
    start = int(after) if after else 0

    def walk(tag_id: int) -> _Walk:
        for position, entry_id in connection.execute(_POSITIONS, (tag_id, start, as_of.position)):
            yield (position,), entry_id

    return _page(connection, selection, as_of, size, walk)


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
    query = _VALID_BACKWARDS if backwards else _VALID_FORWARDS
    start = _valid_key(after) if after else (FOREVER if backwards else -FOREVER, b"")

    def walk(tag_id: int) -> _Walk:
        bindings = (tag_id, *start, micros(as_of.valid))
        for earliest, event_id, entry_id in connection.execute(query, bindings):
            yield (earliest, event_id), entry_id

    return _page(connection, selection, as_of, size, walk, backwards=backwards)


def _valid_key(key: bytes) -> tuple[int, bytes]:
    earliest, _, event_id = key.decode().partition(":")
    return int(earliest), bytes.fromhex(event_id)


def _written(key: _Key) -> bytes:
    earliest_or_position, *rest = key
    return f"{earliest_or_position}{':' + rest[0].hex() if rest else ''}".encode()


def _page(
    connection: apsw.Connection,
    selection: "Filter",
    as_of: AsOf,
    size: int,
    walk: Callable[[int], _Walk],
    *,
    backwards: bool = False,
) -> Found:
    """Walk the tags that select the most, merged in order, until the page is full or long enough.

    A page ends between two events, never between two contents of one: only one of them is visible.
    """
    walked, *others = tag_sets(selection)
    walks = [walk(tag_id) for tag_id in numbers(connection, walked)]
    looked_up = [numbers(connection, tags) for tags in others]
    chosen: list[tuple[Entry, list[bytes]]] = []
    last: tuple[_Key, int] | None = None
    for scanned, (key, entry_id) in enumerate(heapq.merge(*walks, reverse=backwards)):
        is_over = len(chosen) == size or scanned >= SCANNED_ROWS_MAX
        if is_over and last is not None and key != last[0]:
            _close(walks)
            return Found(chosen, _written(last[0]))
        if (key, entry_id) != last:
            entry = Entry._make(connection.execute(_ENTRY, (entry_id,)).get)
            if is_selected(connection, entry, selection, as_of, looked_up):
                chosen.append((entry, disputes_of(connection, entry, as_of)))
        last = (key, entry_id)
    return Found(chosen, None)


def _close(walks: Iterable[_Walk]) -> None:
    """Finish the cursors that the walks still hold."""
    for walk in walks:
        walk.close()


def tag_sets(selection: "Filter") -> list[list[str]]:
    """Return the tags of each field of a filter, the rarest first; one of each set is needed."""
    fields = [
        [f"subject:{one}" for one in selection.subjects],
        [f"dyad:{selection.dyad}"] if selection.dyad else [],
        [f"issue:{one}" for one in selection.issues],
        [f"party:{one}" for one in selection.parties],
        [f"type:{one}" for one in selection.types],
    ]
    return [sorted(tags) for tags in fields if tags] or [[ALL]]


def numbers(connection: apsw.Connection, tags: Iterable[str]) -> list[int]:
    """Return the numbers of those tags that there are."""
    found = (connection.execute(_TAG, (tag,)).get for tag in tags)
    return [number for number in found if number is not None]


def is_selected(
    connection: apsw.Connection,
    entry: Entry,
    selection: "Filter",
    as_of: AsOf,
    looked_up: Sequence[Sequence[int]],
) -> bool:
    """Whether an entry is visible, asserted and selected; `looked_up` are the numbers of tags."""
    since, until = selection.occurred_from, selection.occurred_to
    return (
        is_visible(entry, as_of)
        and entry.earliest <= micros(as_of.valid)
        and (not selection.certainties or entry.certainty in selection.certainties)
        and (not selection.outlets or entry.outlet in selection.outlets)
        and (since is None or entry.latest > micros(since))
        and (until is None or entry.earliest <= micros(until))
        and all(_has_one_of(connection, entry, tag_ids) for tag_ids in looked_up)
    )


def is_visible(entry: Entry, as_of: AsOf) -> bool:
    """Whether the entry's content decides at a point and is visible."""
    return (
        entry.position_from <= as_of.position < entry.position_to
        and entry.known_from <= micros(as_of.known) < entry.known_to
    )


def _has_one_of(connection: apsw.Connection, entry: Entry, tag_ids: Iterable[int]) -> bool:
    key = (entry.position, entry.entry_id)
    return any(connection.execute(_HAS_TAG, (tag_id, *key)).get for tag_id in tag_ids)


def disputes_of(connection: apsw.Connection, entry: Entry, as_of: AsOf) -> list[bytes]:
    """Return the ids of an entry's visible disputes, in the order of their positions."""
    bindings = (entry.event_id, as_of.position, micros(as_of.known))
    return [dispute_id for (dispute_id,) in connection.execute(_DISPUTES, bindings)]
