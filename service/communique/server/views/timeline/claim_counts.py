"""How many claims each subject, or each issue, has as of a point: walked tag by tag.

A page looks at 10,000 rows or a few more, then says where to go on: behind a tag, or in the middle
of a large one with what was counted of it so far.
"""

import json
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import apsw

from communique.domain.time.clocks import AsOf, micros
from communique.server.projections.event_contents import FOREVER
from communique.server.projections.progress import Page
from communique.server.views.timeline import event_lists as listing
from communique.server.views.timeline.event_lists import selected, tag_sets
from communique.server.views.timeline.timeline_projection import ALL, DYAD, ISSUE

if TYPE_CHECKING:
    from communique.server.application.queries.filters import Filter

CLAIM_COUNT_MAX: Final = 10_000
"""A count that gets so far stays there."""

_SMALL_ROWS: Final = 1_000
"""A tag of fewer is counted together with others."""
AFTER_ALL: Final = "\x7f"
"""Sorts behind every character of a subject or an issue."""

_BEHIND: Final = """
    tagged.tag_id = {} AND (tagged.earliest, tagged.event_id) < (:from_earliest, :from_id)
"""
_WALKED: Final = f"""
    FROM tagged_by_valid AS tagged CROSS JOIN entries USING (entry) WHERE {_BEHIND}
"""
_LATEST_FIRST: Final = "ORDER BY tagged.earliest DESC, tagged.event_id DESC"
# Of each tag, how many rows it has, up to a limit, and how many of them are selected. A tag of few
# takes 5 us so; with a statement of its own it would take 50.
_TALLIED: Final = f"""
    SELECT {{tag}}, tag_id, (
        SELECT count(*) FROM (
            SELECT 1 FROM tagged_by_valid AS tagged
            WHERE {_BEHIND.format("named.tag_id")} LIMIT :rows_max
        )
    ), (
        SELECT count(*) FROM (
            SELECT {{condition}} AS is_selected {_WALKED.format("named.tag_id")}
            {_LATEST_FIRST} LIMIT :rows_max
        ) WHERE is_selected
    )
    FROM {{names}} >= max(:prefix, :start) AND {{tag}} < :end ORDER BY {{tag}}
"""  # noqa: S608  our own names
_TAGS: Final = {"tag": "tag", "names": "tags AS named WHERE tag"}
_TOPICS: Final = {"tag": "topic", "names": "topics AS named WHERE dyad = :dyad AND topic"}
_END: Final = f"""
    SELECT earliest, event_id FROM tagged_by_valid AS tagged
    WHERE {_BEHIND.format(":tag_id")} {_LATEST_FIRST} LIMIT 1 OFFSET :rows_max - 1
"""  # noqa: S608
_WITHIN: Final = f"""
    {_WALKED.format(":tag_id")} AND (tagged.earliest, tagged.event_id) >= (:to_earliest, :to_id)
"""
_COUNT: Final = f"SELECT count(*), count(*) FILTER (WHERE {{}}) {_WITHIN}"
_LATEST: Final = f"""
    SELECT content_position {_WALKED.format(":tag_id")} AND {{}} {_LATEST_FIRST} LIMIT 1
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


class _Tag(NamedTuple):
    """A tag, how many rows it has, and how many of them are selected: of the latest 1,000."""

    name: str
    tag_id: int
    row_count: int
    claim_count: int


def list_tallies(
    connection: apsw.Connection, prefix: str, selection: "Filter", as_of: AsOf, page: Page
) -> Tallies:
    """Return a page of what the tags with a prefix, such as `issue:`, count as of a point.

    Tags without a visible and selected claim are left out; names are without the part to the colon.
    """
    start = _Cursor.unpacked(page.after_key) if page.after_key else _Cursor("")
    walk, found, last = _Walk(connection, prefix, selection, as_of), list[Tally](), start
    if walk.is_vain:
        return Tallies(found, None)
    with closing(walk.tags(start.tag)) as tags:
        for tag in tags:
            if (tag.name, _NOTHING) == start:
                continue
            if len(found) == page.size or walk.rows >= listing.SCANNED_ROWS_MAX:
                return Tallies(found, last.packed())
            before = start.counted if tag.name == start.tag else _NOTHING
            counted, is_through = walk.count(tag, before)
            if not is_through:
                return Tallies(found, _Cursor(tag.name, counted).packed())
            if counted.claim_count:
                _, _, name = tag.name.partition(":")
                found.append(Tally(name, counted.claim_count, counted.latest_position))
            last = _Cursor(tag.name)
    return Tallies(found, None)


class _Walk:
    """Counts the claims of one tag after the other; `rows` is how many it has looked at."""

    def __init__(
        self, connection: apsw.Connection, prefix: str, selection: "Filter", as_of: AsOf
    ) -> None:
        self._connection, self._prefix, self._dyad = connection, prefix, selection.dyad
        condition = selected(connection, selection, as_of, _asked(prefix, selection))
        self._condition, self._bindings = condition.sql, condition.bindings
        self._begins = micros(as_of.valid) + 1
        self.is_vain = condition.is_vain
        self.rows = 0

    def tags(self, start: str) -> Generator[_Tag, None, None]:
        """Yield the tags with the prefix or of the dyad, each counted when its turn comes."""
        kind = _TOPICS if self._dyad else _TAGS
        query = _TALLIED.format(condition=self._condition, **kind)
        bindings = self._behind(_NOTHING) | {
            "prefix": self._prefix,
            "start": start,
            "end": self._prefix + AFTER_ALL,
            "dyad": str(self._dyad),
            "rows_max": _small_rows(),
        }
        yield from map(_Tag._make, self._connection.execute(query, bindings))

    def count(self, tag: _Tag, before: _Counted) -> tuple[_Counted, bool]:
        """Count on, and say whether the tag is through."""
        bindings = self._behind(before) | {"tag_id": tag.tag_id}
        if before == _NOTHING and tag.row_count < _small_rows():
            rows, count, end = tag.row_count, tag.claim_count, None
        else:
            rows, count, end = self._count_some(bindings)
        self.rows += 1 + rows
        position = before.latest_position
        if count and not position:
            position = self._connection.execute(_LATEST.format(self._condition), bindings).get
        count = min(before.claim_count + count, CLAIM_COUNT_MAX)
        is_through = end is None or count == CLAIM_COUNT_MAX
        earliest, event_id = end or (-FOREVER, b"")
        return _Counted(count, position, earliest, event_id), is_through

    def _count_some(self, bindings: dict[str, Any]) -> tuple[int, int, tuple[int, bytes] | None]:
        """Return how many rows a part of a large tag has, how many are selected, and its last key.

        All contents of an event are in one part: only one of them is visible.
        """
        bindings["rows_max"] = listing.SCANNED_ROWS_MAX - self.rows
        end: tuple[int, bytes] | None = self._connection.execute(_END, bindings).get
        bindings["to_earliest"], bindings["to_id"] = end or (-FOREVER, b"")
        rows, count = self._connection.execute(_COUNT.format(self._condition), bindings).get
        return rows, count, end

    def _behind(self, counted: _Counted) -> dict[str, Any]:
        bounds = {
            "from_earliest": min(counted.earliest, self._begins),
            "from_id": counted.event_id,
        }
        return self._bindings | bounds


def _small_rows() -> int:
    return min(_SMALL_ROWS, listing.SCANNED_ROWS_MAX)


def _asked(prefix: str, selection: "Filter") -> Iterator[list[str]]:
    """Yield the sets of tags that a claim needs one of each of, besides the one that is walked.

    What counts the claims of a dyad's issue counts no others.
    """
    for tags in tag_sets(selection):
        is_walked = prefix == ISSUE and tags == [f"{DYAD}{selection.dyad}"]
        if tags != [ALL] and not is_walked:
            yield tags
