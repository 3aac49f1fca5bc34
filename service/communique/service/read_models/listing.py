"""Lists of the timeline: what is visible and selected, in the order of valid time or of position.

A list walks the tag that selects the most, and looks the others up.
"""

import heapq
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import apsw

from communique.domain.clocks import AsOf, micros
from communique.service.read_models.projection import FOREVER
from communique.service.read_models.timeline import ALL, DYAD

if TYPE_CHECKING:
    from communique.service.filters import Filter

SCANNED_ROWS_MAX: Final = 10_000
"""A page ends, full or not, after so many rows: no question takes long."""
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
