"""The latest visible claim of a facet, at any point, without walking the history.

Claims of a facet are kept in the order of their rank. Most often the winner is the first at or
before the valid time: one step. What could make that a long walk is a known time or a position in
the past, from which many later-made claims have to be passed over. Four things bound it:

- what is visible at a position was known by then, and what is known had happened, but for claims
  about the then future. So in the partition of claims that foresaw nothing the walk starts at
  min(valid, known, record time).
- foreseeing claims are a partition of their own, and few.
- no walk starts much later than the latest that any claim recorded by the position had happened
  (`extents`): after a history recorded in the order in which it happened, or in the reverse, that
  is a few rows from the winner.
- where it still meets only invisible claims, as after a backfill in odd order, those visible are
  few: the claims recorded by the position, or known by the known time, are then walked instead.
  Each way gets a budget of rows, which grows until one of them ends, so that the cost is that of
  the cheapest within a constant factor.

For a million claims in random order, of which a share f is visible, the walk by rank takes 1/f
rows and the other f times a million: at worst about a thousand.

The first steps of all walks of an answer are one statement: a hundred partitions take it a
millisecond, where a statement for each takes ten. It gives up a walk after a few rows; only such
ones are walked on, one by one.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import apsw

from communique.service.read_models.extents import LAST

_STEPS_MAX: Final = 64
_BUDGET_ROWS: Final = 256
_BUDGET_GROWTH: Final = 4

_RANK_COLUMNS: Final = 5
_SLOT: Final = slice(5, 9)
"""Of a winner: how many columns its rank has, and where its facet and partition stand."""

CERTAIN: Final = 1
FORESEEING: Final = 2
"""Bits of a partition's number."""

_IS_DISPUTED: Final = """
    EXISTS (
        SELECT 1 FROM disputes WHERE disputes.event_id = claims.event_id
            AND disputes.position <= :position AND disputes.known <= :known
    )
"""
_RANK: Final = "claims.earliest, stage, certainty, claims.known, claims.event_id"
_FOUND: Final = f"element, issues, {_IS_DISPUTED}"
_FIRST_STEPS: Final = f"""
    WITH kept AS MATERIALIZED (
        SELECT facet_id, dyad, facet, column1 AS partition,
            iif(column1 & {FORESEEING}, :valid, :past) AS bound
        FROM carray(:facet_ids) AS asked CROSS JOIN facets ON facet_id = asked.value
            CROSS JOIN (VALUES (0), (1), (2), (3))
        WHERE partitions >> column1 & 1
    ), reached AS MATERIALIZED (
        SELECT kept.*, min(bound, ifnull(({LAST}), bound)) AS until
        FROM kept CROSS JOIN extents USING (facet_id, partition)
        WHERE position = (
            SELECT max(position) FROM extents AS other
            WHERE other.facet_id = kept.facet_id AND other.partition = kept.partition
                AND other.position <= :position
        ) AND first <= bound
    )
    SELECT {_RANK}, reached.facet_id, dyad, facet, reached.partition, {_FOUND}, reached.until
    FROM reached LEFT JOIN claims ON claim_id = (
        SELECT claim_id FROM (
            SELECT claim_id, position_from, position_to, known_from, known_to
            FROM claims INDEXED BY claims_by_rank
            WHERE facet_id = reached.facet_id AND partition = reached.partition
                AND earliest <= reached.until
            ORDER BY earliest DESC, stage DESC, certainty DESC, known DESC, event_id DESC
            LIMIT :steps_max
        )
        WHERE position_from <= :position AND position_to > :position
            AND known_from <= :known AND known_to > :known
        LIMIT 1
    )
"""  # noqa: S608  our own names
_DETAILS: Final = f"SELECT {_FOUND} FROM claims WHERE claim_id = :claim_id"  # noqa: S608
_COLUMNS: Final = f"""
    SELECT {_RANK}, position_from, position_to, known_from, known_to, claim_id
    FROM claims {{}} WHERE facet_id = ? AND partition = ? AND
"""  # noqa: S608
_BY_RANK: Final = f"""{_COLUMNS.format("")} earliest <= ?
    ORDER BY earliest DESC, stage DESC, certainty DESC, known DESC, event_id DESC LIMIT ?
"""
_BY_POSITION: Final = f"""{_COLUMNS.format("INDEXED BY claims_by_position")}
    position_from <= ? AND earliest <= ? LIMIT ?
"""
_BY_KNOWN: Final = f"""{_COLUMNS.format("INDEXED BY claims_by_known")}
    known_from <= ? AND earliest <= ? LIMIT ?
"""


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


class Winner(NamedTuple):
    """A partition's visible claim of the greatest rank: the first five columns, as above.

    `element` is what it fills the facet with, `issues` are those on whose boards that stands.
    """

    earliest: int
    stage: int
    certainty: int
    known: int
    event_id: bytes
    facet_id: int
    dyad: str
    facet: str
    partition: int
    element: bytes
    issues: str
    is_disputed: int


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

    @property
    def past(self) -> int:
        """The latest that a visible claim can have happened which foresaw nothing."""
        return min(self.valid, self.known, self.recorded)


def winners(
    connection: apsw.Connection, facet_ids: Sequence[int], point: Point
) -> Iterator[Winner]:
    """Yield the winner of each partition of the facets that has one, in no order."""
    if not facet_ids:
        return
    bindings = {
        **point._asdict(),
        "past": point.past,
        "facet_ids": apsw.carray(array("q", facet_ids)),
        "steps_max": _STEPS_MAX,
    }
    # Read to the end at once: the walks below are statements of their own.
    found: list[tuple[Any, ...]] = connection.execute(_FIRST_STEPS, bindings).fetchall()
    for *columns, until in found:
        if columns[0] is not None:
            yield Winner._make(columns)
            continue
        slot = facet_id, _, _, partition = columns[_SLOT]
        if claim := _walked(connection, (facet_id, partition), until, point):
            details = _details(connection, claim, point)
            yield Winner._make((*claim[:_RANK_COLUMNS], *slot, *details))


def _details(connection: apsw.Connection, claim: Candidate, point: Point) -> tuple[bytes, str, int]:
    """Return a claim's element, the issues that it stands under, and whether it is disputed."""
    bindings = {**point._asdict(), "claim_id": claim.claim_id}
    details: tuple[bytes, str, int] = connection.execute(_DETAILS, bindings).get
    return details


def _walked(
    connection: apsw.Connection, key: tuple[int, int], until: int, point: Point
) -> Candidate | None:
    """Return the winner of a partition, None where there is none, by the shortest of three ways."""
    ways = (
        (_BY_RANK, (*key, until)),
        (_BY_POSITION, (*key, point.position, until)),
        (_BY_KNOWN, (*key, point.known, until)),
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
