"""How many claims each subject, or each issue, has as of a point: walked tag by tag.

A page looks at 10,000 rows at most, then says where to go on: behind a tag, or in the middle of one
with what was counted of it so far.
"""

import json
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

import apsw

from communique.domain.clocks import AsOf, micros
from communique.domain.text import likest
from communique.service.read_models import listing
from communique.service.read_models.listing import Entry, is_selected, numbers, tag_sets
from communique.service.read_models.projection import FOREVER
from communique.service.read_models.questions import Page
from communique.service.read_models.timeline import ALL

if TYPE_CHECKING:
    from communique.service.filters import Filter

CLAIM_COUNT_MAX: Final = 10_000
"""A count that gets so far stays there."""

_NEIGHBOURS_MAX: Final = 200
_NEAR_MAX: Final = 3
_LOOKED_AT_MAX: Final = 1_000
"""Entries of a near name that are looked at for a visible one."""
_AFTER_ALL: Final = "\x7f"
"""Sorts behind every character of a subject or an issue."""

_TAGS: Final = """
    SELECT tag, tag_id FROM tags WHERE tag >= max(?, ?) AND tag < ? ORDER BY tag LIMIT ?
"""
_TAGS_OF_DYAD: Final = """
    SELECT tag, tag_id FROM topics CROSS JOIN tags USING (tag)
    WHERE topics.dyad = ? AND topics.tag >= max(?, ?) AND topics.tag < ? ORDER BY topics.tag LIMIT ?
"""
_TAGS_BEFORE: Final = """
    SELECT tag, tag_id FROM tags WHERE tag > ? AND tag < ? ORDER BY tag DESC LIMIT ?
"""
_LATEST_FIRST: Final = """
    SELECT entries.* FROM tagged_by_valid AS tagged CROSS JOIN entries USING (entry_id)
    WHERE tag_id = ? AND (tagged.earliest, tagged.event_id) < (?, ?) AND tagged.earliest <= ?
    ORDER BY tagged.earliest DESC, tagged.event_id DESC, entry_id DESC
"""


class Tally(NamedTuple):
    """A name, how many claims it has, and the position that gives the content of the latest."""

    name: str
    claim_count: int
    latest_position: int


class Tallies(NamedTuple):
    """A page of them in the order of their names, and the key to go on after; None at the end."""

    tallies: list[Tally]
    next_key: bytes | None


class _Counted(NamedTuple):
    """What was counted of a tag so far, down to an event; `latest_position` is as in a tally."""

    claim_count: int = 0
    latest_position: int = 0
    earliest: int = FOREVER
    event_id: bytes = b""


_NOTHING: Final = _Counted()


class _Cursor(NamedTuple):
    """Where a page goes on: at a tag counted in part or, where nothing is counted, behind it."""

    tag: str
    counted: _Counted = _NOTHING

    def packed(self) -> bytes:
        """Return it as a page token holds it."""
        count, latest_position, earliest, event_id = self.counted
        parts = [self.tag, count, latest_position, earliest, event_id.hex()]
        return json.dumps(parts, separators=(",", ":")).encode()

    @classmethod
    def unpacked(cls, key: bytes) -> "_Cursor":
        """Return what was packed."""
        tag, count, latest_position, earliest, event_id = json.loads(key)
        return cls(tag, _Counted(count, latest_position, earliest, bytes.fromhex(event_id)))


def list_tallies(
    connection: apsw.Connection, prefix: str, selection: "Filter", as_of: AsOf, page: Page
) -> Tallies:
    """Return a page of what the tags with a prefix, such as `issue:`, count as of a point.

    Tags without a visible and selected claim are left out; names are without the part to the colon.
    """
    start = _Cursor.unpacked(page.after_key) if page.after_key else _Cursor("")
    rows_max = listing.SCANNED_ROWS_MAX
    bindings = (prefix, start.tag, prefix + _AFTER_ALL, rows_max)
    tags: list[tuple[str, int]]
    if selection.dyad:
        tags = [*connection.execute(_TAGS_OF_DYAD, (str(selection.dyad), *bindings))]
    else:
        tags = [*connection.execute(_TAGS, bindings)]
    walk, found, last = _Walk(connection, selection, as_of), list[Tally](), start
    if walk.is_vain:
        return Tallies(found, None)
    for tag, tag_id in tags:
        if (tag, _NOTHING) == start:
            continue
        if len(found) == page.size or walk.rows >= rows_max:
            return Tallies(found, last.packed())
        counted, is_through = walk.count(tag_id, start.counted if tag == start.tag else _NOTHING)
        if not is_through:
            return Tallies(found, _Cursor(tag, counted).packed())
        if counted.claim_count:
            _, _, name = tag.partition(":")
            found.append(Tally(name, counted.claim_count, counted.latest_position))
        last = _Cursor(tag)
    return Tallies(found, last.packed() if len(tags) == rows_max else None)


class _Walk:
    """Counts the claims of one tag after the other; `rows` is how many it has looked at."""

    def __init__(self, connection: apsw.Connection, selection: "Filter", as_of: AsOf) -> None:
        self._connection, self._selection, self._as_of = connection, selection, as_of
        sets = (tags for tags in tag_sets(selection) if tags != [ALL])
        self._looked_up = [numbers(connection, tags) for tags in sets]
        self.is_vain = not all(self._looked_up)
        """Whether nothing can be selected: no claim was ever tagged so."""
        self.rows = 0

    def count(self, tag_id: int, before: _Counted) -> tuple[_Counted, bool]:
        """Count on, and say whether the tag is through; all contents of an event at once."""
        self.rows += 1
        counted = before
        key = (before.earliest, before.event_id)
        cursor = self._connection.execute(_LATEST_FIRST, (tag_id, *key, micros(self._as_of.valid)))
        for entry in map(Entry._make, cursor):
            if key != (entry.earliest, entry.event_id):
                is_through = counted.claim_count >= CLAIM_COUNT_MAX
                if is_through or (self.rows > listing.SCANNED_ROWS_MAX and counted != before):
                    cursor.close()
                    return counted, is_through
                key = (entry.earliest, entry.event_id)
            self.rows += 1
            counted = self._counting(entry, counted)
        return counted, True

    def _counting(self, entry: Entry, counted: _Counted) -> _Counted:
        count, latest_position = counted.claim_count, counted.latest_position
        if is_selected(self._connection, entry, self._selection, self._as_of, self._looked_up):
            count, latest_position = count + 1, latest_position or entry.content_position
        return _Counted(count, latest_position, entry.earliest, entry.event_id)


def latest_first(connection: apsw.Connection, tag: str, as_of: AsOf) -> Iterator[Entry]:
    """Yield the entries of a tag up to the valid time, visible or not, the latest first."""
    for tag_id in numbers(connection, [tag]):
        bindings = (tag_id, FOREVER, b"", micros(as_of.valid))
        yield from map(Entry._make, connection.execute(_LATEST_FIRST, bindings))


def is_found(connection: apsw.Connection, tag: str, as_of: AsOf, rows_max: int) -> bool:
    """Whether a claim with this tag is visible and asserted, among the latest `rows_max` rows."""
    entries = islice(latest_first(connection, tag, as_of), rows_max)
    return any(listing.is_visible(entry, as_of) for entry in entries)


def nearest(connection: apsw.Connection, kind: str, name: str, as_of: AsOf) -> list[str]:
    """Return the names most like one, at most 3, of those around it with a visible claim.

    `kind` is the part of their tags before the name, such as `issue:`.
    """
    tag = f"{kind}{name}"
    before = connection.execute(_TAGS_BEFORE, (kind, tag, _NEIGHBOURS_MAX))
    around = [near for near, _ in before]
    after = connection.execute(_TAGS, (tag, tag, kind + _AFTER_ALL, _NEIGHBOURS_MAX))
    around += [near for near, _ in after if near != tag]
    likely = likest(name, [near.removeprefix(kind) for near in around], 2 * _NEAR_MAX)
    seen = (near for near in likely if is_found(connection, f"{kind}{near}", as_of, _LOOKED_AT_MAX))
    return [*islice(seen, _NEAR_MAX)]
