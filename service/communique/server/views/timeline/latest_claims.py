"""The latest claims with one tag, and suggestions for a name that has no claim."""

from itertools import chain, islice, takewhile
from typing import Final, NamedTuple

import apsw

from communique.domain.text import likest
from communique.domain.time.clocks import AsOf
from communique.server.projections.projection import FOREVER
from communique.server.runtime import limits
from communique.server.views.timeline.claim_counts import AFTER_ALL
from communique.server.views.timeline.event_lists import rows_of_tags, seen_at
from communique.server.views.visibility import asserted_until

_END: Final = """
    SELECT earliest, event_id FROM tagged WHERE tag_id = :tag_id AND earliest <= :until
    ORDER BY earliest DESC, event_id DESC LIMIT 1 OFFSET :rows_max
"""
_LATEST: Final = """
    SELECT content_position, entries.event_id, entries.earliest, settled, known, state, stage,
        surety, is_named
    FROM tagged CROSS JOIN entries USING (entry)
    WHERE tag_id = :tag_id AND tagged.earliest <= :until
        AND (tagged.earliest, tagged.event_id) > (:end_earliest, :end_id) AND {}
    ORDER BY tagged.earliest DESC, tagged.event_id DESC LIMIT :count_max + 1
"""
_BEFORE: Final = "SELECT tag FROM tags WHERE tag > ? AND tag < ? ORDER BY tag DESC LIMIT ?"
_AFTER: Final = "SELECT tag FROM tags WHERE tag > ? AND tag < ? ORDER BY tag LIMIT ?"


class LatestClaim(NamedTuple):
    """Some columns of a row of `entries`."""

    content_position: int
    event_id: bytes
    earliest: int
    settled: int
    known: int
    state: str | None
    stage: int | None
    surety: int
    is_named: int


class LatestClaims(NamedTuple):
    """The visible claims with a tag, the latest first, and whether there may be earlier ones."""

    claims: list[LatestClaim]
    is_cut: bool


def latest_of(
    connection: apsw.Connection, tag: str, as_of: AsOf, count_max: int, rows_max: int
) -> LatestClaims:
    """Return at most `count_max` visible entries of the latest `rows_max` rows."""
    seen = seen_at(as_of)
    for _, tag_id in rows_of_tags(connection, [tag]):
        bindings = seen.bindings | {"tag_id": tag_id, "rows_max": rows_max, "count_max": count_max}
        bindings["until"] = asserted_until(as_of)
        end: tuple[int, bytes] | None = connection.execute(_END, bindings).get
        bindings["end_earliest"], bindings["end_id"] = end or (-FOREVER, b"")
        rows = connection.execute(_LATEST.format(seen.sql), bindings).fetchall()
        claims = [LatestClaim._make(row) for row in rows[:count_max]]
        return LatestClaims(claims, end is not None or len(rows) > count_max)
    return LatestClaims([], is_cut=False)


def has_claim(connection: apsw.Connection, tag: str, as_of: AsOf, rows_max: int) -> bool:
    """Return whether a claim with this tag is visible, among the latest `rows_max` rows."""
    return bool(latest_of(connection, tag, as_of, 1, rows_max).claims)


def suggestions(connection: apsw.Connection, kind: str, name: str, as_of: AsOf) -> list[str]:
    """Return the names with a visible claim that are most like `name`, at most 3.

    `kind` is the part of their tags before the name, such as `issue:`. Of the neighbours in the
    order of names those are compared that share the longest beginning or end with it.
    """
    tag = f"{kind}{name}"
    before = connection.execute(_BEFORE, (kind, tag, limits.NEIGHBOURS_MAX))
    after = connection.execute(_AFTER, (tag, kind + AFTER_ALL, limits.NEIGHBOURS_MAX))
    neighbours = [neighbour.removeprefix(kind) for (neighbour,) in chain(before, after)]
    neighbours.sort(key=lambda neighbour: _shared(name, neighbour), reverse=True)
    closest = neighbours[: limits.NEIGHBOURS_COMPARED_MAX]
    likely = likest(name, closest, 2 * limits.SUGGESTIONS_MAX)
    rows_max = limits.SUGGESTION_ROWS_MAX
    seen = (near for near in likely if has_claim(connection, f"{kind}{near}", as_of, rows_max))
    return [*islice(seen, limits.SUGGESTIONS_MAX)]


def _shared(first: str, second: str) -> int:
    """Return how many characters two names have in common at their beginnings and ends."""
    return sum(
        sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(*names, strict=False)))
        for names in ((first, second), (first[::-1], second[::-1]))
    )
