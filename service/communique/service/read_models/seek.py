"""The latest visible claim of a facet, at any point, without walking the history.

Claims of a facet are kept in the order of their rank. Most often the winner is the first at or
before the valid time: one step. What could make that a long walk is a known time or a position in
the past, from which many later-made claims have to be passed over. Four things bound it:

- what is visible at a position was known by then, and what is known had happened, but for claims
  about the then future. So in the partition of claims that foresaw nothing the walk starts at
  min(valid, known, record time).
- foreseeing claims are a partition of their own, and few.
- where the walk by rank meets only invisible claims, it begins anew at the latest that any claim
  recorded by the position had happened (`extents`): after a history recorded in the order in which
  it happened, or in the reverse, that is next to the winner.
- where it still meets only invisible claims, as after a backfill in odd order, those visible are
  few: the claims recorded by the position, or known by the known time, are then walked instead.
  Each way gets a budget of rows, which grows until one of them ends, so that the cost is that of
  the cheapest within a constant factor.

For a million claims in random order, of which a share f is visible, the walk by rank takes 1/f
rows and the other f times a million: at worst about a thousand.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

import apsw

from communique.service.read_models.extents import extent_at

_BUDGET_ROWS: Final = 64
_BUDGET_GROWTH: Final = 4

CERTAIN: Final = 1
FORESEEING: Final = 2
"""Bits of a partition's number."""

_COLUMNS: Final = """
    SELECT earliest, stage, certainty, known, event_id,
        position_from, position_to, known_from, known_to, claim_id
    FROM claims WHERE facet_id = ? AND partition = ? AND
"""
_BY_RANK: Final = f"""{_COLUMNS} earliest <= ?
    ORDER BY earliest DESC, stage DESC, certainty DESC, known DESC, event_id DESC LIMIT ?
"""
_BY_POSITION: Final = f"{_COLUMNS} position_from <= ? AND earliest <= ? LIMIT ?".replace(
    "FROM claims", "FROM claims INDEXED BY claims_by_position"
)
_BY_KNOWN: Final = f"{_COLUMNS} known_from <= ? AND earliest <= ? LIMIT ?".replace(
    "FROM claims", "FROM claims INDEXED BY claims_by_known"
)


class Candidate(NamedTuple):
    """A claim of a facet; its first five columns are its rank, so that candidates compare by it."""

    earliest: int
    stage: int
    certainty: int
    known: int
    event_id: bytes
    position_from: int
    position_to: int
    known_from: int
    known_to: int
    claim_id: int


class Point(NamedTuple):
    """The point asked from, in microseconds; `recorded` is the position's record time."""

    valid: int
    known: int
    position: int
    recorded: int

    def sees(self, claim: Candidate) -> bool:
        """Whether the claim's content decides at this point and is visible."""
        return (
            claim.position_from <= self.position < claim.position_to
            and claim.known_from <= self.known < claim.known_to
        )

    def bound(self, partition: int) -> int:
        """The latest that a visible claim of the partition can have happened."""
        return self.valid if partition & FORESEEING else min(self.valid, self.known, self.recorded)


def winner(
    connection: apsw.Connection, facet_id: int, partition: int, point: Point
) -> Candidate | None:
    """Return the visible claim of the greatest rank in a partition of a facet, or None."""
    key = (facet_id, partition)
    bound = point.bound(partition)
    found, is_over = _walk(connection, _BY_RANK, (*key, bound, _BUDGET_ROWS), point)
    if is_over:
        return found
    extent = extent_at(connection, *key, point.position)
    if extent is None or bound < extent.first:
        return None
    bound = min(bound, extent.last)
    ways = (
        (_BY_RANK, (*key, bound)),
        (_BY_POSITION, (*key, point.position, bound)),
        (_BY_KNOWN, (*key, point.known, bound)),
    )
    budget = _BUDGET_ROWS
    while True:
        for query, bindings in ways:
            found, is_over = _walk(connection, query, (*bindings, budget), point)
            if is_over:
                return found
        budget *= _BUDGET_GROWTH


def _walk(
    connection: apsw.Connection, query: str, bindings: tuple[int, ...], point: Point
) -> tuple[Candidate | None, bool]:
    """Return the greatest visible candidate, and whether the walk ended within its budget."""
    cursor = connection.execute(query, bindings)
    candidates = map(Candidate._make, cursor)
    if query is _BY_RANK:
        first, rows = _first_seen(candidates, point)
        cursor.close()
        return first, first is not None or rows < bindings[-1]
    every = list(candidates)
    seen = [one for one in every if point.sees(one)]
    return max(seen, default=None), len(every) < bindings[-1]


def _first_seen(candidates: Iterable[Candidate], point: Point) -> tuple[Candidate | None, int]:
    rows = 0
    for rows, one in enumerate(candidates, 1):
        if point.sees(one):
            return one, rows
    return None, rows
