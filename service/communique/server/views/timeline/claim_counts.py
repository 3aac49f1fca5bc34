"""How many claims each subject, or each issue, has as of a point, counted tag by tag.

A page scans 10,000 rows or a few more. The next page begins after a tag, or in the middle of a
large one with its partial count.
"""

import json
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Any, Final, NamedTuple

import apsw

from communique.domain.state.event_filter import ALL, DYAD, ISSUE, Filter
from communique.domain.time.clocks import AsOf
from communique.server.projections.projection import FOREVER
from communique.server.runtime import limits
from communique.server.views.paging import PageRequest
from communique.server.views.timeline.event_lists import selected
from communique.server.views.visibility import asserted_until

AFTER_ALL: Final = "\x7f"
"""Sorts after every character of a subject or an issue."""

_BEFORE: Final = """
    tagged.tag_id = {} AND (tagged.earliest, tagged.event_id) < (:from_earliest, :from_id)
"""
_WALKED: Final = f"""
    FROM tagged CROSS JOIN entries USING (entry) WHERE {_BEFORE}
"""
_LATEST_FIRST: Final = "ORDER BY tagged.earliest DESC, tagged.event_id DESC"
# Of each tag, how many rows it has, up to a limit, and how many of them are selected. For small
# tags one statement for all is ten times as fast as one for each.
_COUNT_TOGETHER: Final = f"""
    SELECT {{tag}}, tag_id, (
        SELECT count(*) FROM (
            SELECT 1 FROM tagged
            WHERE {_BEFORE.format("named.tag_id")} LIMIT :rows_max
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
    SELECT earliest, event_id FROM tagged
    WHERE {_BEFORE.format(":tag_id")} {_LATEST_FIRST} LIMIT 1 OFFSET :rows_max - 1
"""  # noqa: S608
_WITHIN: Final = f"""
    {_WALKED.format(":tag_id")} AND (tagged.earliest, tagged.event_id) >= (:to_earliest, :to_id)
"""
_COUNT: Final = f"SELECT count(*), count(*) FILTER (WHERE {{}}) {_WITHIN}"
_LATEST: Final = f"""
    SELECT content_position {_WALKED.format(":tag_id")} AND {{}} {_LATEST_FIRST} LIMIT 1
"""


class ClaimCount(NamedTuple):
    """A name, how many claims it has, and the position that gives the content of the latest."""

    name: str
    claim_count: int
    latest_position: int


class CountPage(NamedTuple):
    """A page of counts in the order of their names, and the key of the next; None at the end."""

    counts: list[ClaimCount]
    next_key: bytes | None


class _PartialCount(NamedTuple):
    """The count of a tag's latest claims, back to an event; the position is as in `ClaimCount`."""

    claim_count: int = 0
    latest_position: int = 0
    earliest: int = FOREVER
    event_id: bytes = b""


_NONE_COUNTED: Final = _PartialCount()


class _CountCursor(NamedTuple):
    """Where a page begins: in a tag that is counted in part or, where none is counted, after it."""

    tag: str
    counted: _PartialCount = _NONE_COUNTED

    def packed(self) -> bytes:
        """Return the cursor as a page token holds it."""
        count, latest_position, earliest, event_id = self.counted
        parts = [self.tag, count, latest_position, earliest, event_id.hex()]
        return json.dumps(parts, separators=(",", ":")).encode()

    @classmethod
    def unpacked(cls, key: bytes) -> "_CountCursor":
        """Return the cursor of a packed one."""
        tag, count, latest_position, earliest, event_id = json.loads(key)
        return cls(tag, _PartialCount(count, latest_position, earliest, bytes.fromhex(event_id)))


class _CountedTag(NamedTuple):
    """A tag, the number of its rows, and how many of its latest 1,000 are selected."""

    name: str
    tag_id: int
    row_count: int
    claim_count: int


def count_claims(
    connection: apsw.Connection, prefix: str, selection: Filter, as_of: AsOf, page: PageRequest
) -> CountPage:
    """Return a page of the counts of the tags with a prefix, such as `issue:`, as of a point.

    Tags without a visible and selected claim are left out; names are without the part to the colon.
    """
    start = _CountCursor.unpacked(page.after_key) if page.after_key else _CountCursor("")
    counter, last = _TagCounter(connection, prefix, selection, as_of), start
    counts: list[ClaimCount] = []
    if counter.selects_nothing:
        return CountPage([], None)
    with closing(counter.tags(start.tag)) as tags:
        for tag in tags:
            if (tag.name, _NONE_COUNTED) == start:
                continue
            if len(counts) == page.size or counter.rows >= limits.SCANNED_ROWS_MAX:
                return CountPage(counts, last.packed())
            before = start.counted if tag.name == start.tag else _NONE_COUNTED
            counted, is_complete = counter.count(tag, before)
            if not is_complete:
                return CountPage(counts, _CountCursor(tag.name, counted).packed())
            if counted.claim_count:
                _, _, name = tag.name.partition(":")
                counts.append(ClaimCount(name, counted.claim_count, counted.latest_position))
            last = _CountCursor(tag.name)
    return CountPage(counts, None)


class _TagCounter:
    """Counts the claims of one tag after the other; `rows` is how many it has scanned."""

    def __init__(
        self, connection: apsw.Connection, prefix: str, selection: Filter, as_of: AsOf
    ) -> None:
        self._connection, self._prefix, self._dyad = connection, prefix, selection.dyad
        condition = selected(connection, selection, as_of, _other_tag_sets(prefix, selection))
        self._condition, self._bindings = condition.sql, condition.bindings
        self._begins = asserted_until(as_of) + 1
        self.selects_nothing = condition.selects_nothing
        self.rows = 0

    def tags(self, start: str) -> Generator[_CountedTag, None, None]:
        """Yield the tags with the prefix or of the dyad, each counted when its turn comes."""
        kind = _TOPICS if self._dyad else _TAGS
        query = _COUNT_TOGETHER.format(condition=self._condition, **kind)
        bindings = self._before(_NONE_COUNTED) | {
            "prefix": self._prefix,
            "start": start,
            "end": self._prefix + AFTER_ALL,
            "dyad": f"{DYAD}{self._dyad}",
            "rows_max": _small_rows(),
        }
        yield from map(_CountedTag._make, self._connection.execute(query, bindings))

    def count(self, tag: _CountedTag, before: _PartialCount) -> tuple[_PartialCount, bool]:
        """Count further, and say whether the count is complete."""
        bindings = self._before(before) | {"tag_id": tag.tag_id}
        if before == _NONE_COUNTED and tag.row_count < _small_rows():
            rows, count, end = tag.row_count, tag.claim_count, None
        else:
            rows, count, end = self._count_some(bindings)
        self.rows += 1 + rows
        position = before.latest_position
        if count and not position:
            position = self._connection.execute(_LATEST.format(self._condition), bindings).get
        count = min(before.claim_count + count, limits.CLAIM_COUNT_MAX)
        is_complete = end is None or count == limits.CLAIM_COUNT_MAX
        earliest, event_id = end or (-FOREVER, b"")
        return _PartialCount(count, position, earliest, event_id), is_complete

    def _count_some(self, bindings: dict[str, Any]) -> tuple[int, int, tuple[int, bytes] | None]:
        """Return how many rows a part of a large tag has, how many are selected, and its last key.

        All contents of an event are in one part: only one of them is visible.
        """
        bindings["rows_max"] = limits.SCANNED_ROWS_MAX - self.rows
        end: tuple[int, bytes] | None = self._connection.execute(_END, bindings).get
        bindings["to_earliest"], bindings["to_id"] = end or (-FOREVER, b"")
        rows, count = self._connection.execute(_COUNT.format(self._condition), bindings).get
        return rows, count, end

    def _before(self, counted: _PartialCount) -> dict[str, Any]:
        earliest = min(counted.earliest, self._begins)
        return self._bindings | {"from_earliest": earliest, "from_id": counted.event_id}


def _small_rows() -> int:
    return min(limits.COUNTED_TOGETHER_ROWS_MAX, limits.SCANNED_ROWS_MAX)


def _other_tag_sets(prefix: str, selection: Filter) -> Iterator[list[str]]:
    """Yield the sets of tags of each of which a claim needs one, besides the tag that is counted.

    The tag of a dyad's issue implies the dyad's.
    """
    for tags in selection.tag_sets():
        is_implied = prefix == ISSUE and tags == [f"{DYAD}{selection.dyad}"]
        if tags != [ALL] and not is_implied:
            yield tags
