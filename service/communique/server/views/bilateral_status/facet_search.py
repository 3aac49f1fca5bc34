"""The visible claim of the greatest rank of each facet, at any point, without a scan of its claims.

Claims of a facet are in the order of their rank. Most often the winner is the first claim at or
before the valid time. A known time or a position in the past hides later claims, which a search has
to pass over. Four things limit how many:

- what is visible at a position was known by then, and what is known had happened, except for claims
  about the future. So the search among claims that foresaw nothing starts at min(valid, known,
  record time).
- claims that foresaw what they claim are a partition of their own, and few.
- no search starts much later than the latest valid time of any claim recorded by the position: see
  `valid_time_bounds`.
- a search that still meets only invisible claims, as after a backfill in odd order, skips the
  buckets of valid time (`eras`) of which no claim was recorded by the position, or none known by
  the known time.

One statement takes the first steps of all searches of an answer, which is far faster than one for
each. It gives up a search after a few rows; only such searches are continued, one by one.
"""

from array import array
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import apsw

from communique.domain.state.element import Rank
from communique.server.runtime import limits
from communique.server.views.bilateral_status.valid_time_bounds import LAST
from communique.server.views.visibility import VISIBLE, dispute_visible, ordered_by_rank

BUCKET_BITS: Final = 45
"""A bucket is 2**45 microseconds of valid time, 13 months."""

_SLOT: Final = slice(5, 9)
"""Of a winner's columns: those of its facet and partition."""

CERTAIN: Final = 1
FORESEEING: Final = 2
"""Bits of a partition's number."""

_IS_DISPUTED: Final = f"""
    claims.is_disputed AND EXISTS (
        SELECT 1 FROM disputes
        WHERE disputes.event_id = claims.event_id AND {dispute_visible()}
    )
"""  # noqa: S608  our own names
_RANK: Final = ", ".join(f"claims.{column}" for column in Rank._fields)
_ANSWER: Final = f"element, issues, {_IS_DISPUTED}"
_STEPS: Final = f"""
    SELECT claim_id, position_from, position_to, known_from, known_to
    FROM claims INDEXED BY claims_by_rank
    WHERE facet_id = slots.facet_id AND partition = slots.partition
        AND earliest <= reached.until
    ORDER BY {ordered_by_rank()}
    LIMIT :steps_max
"""  # noqa: S608
_FIRST_STEPS: Final = f"""
    WITH slots AS MATERIALIZED (
        SELECT facet_id, dyad, facet, column1 AS partition
        FROM carray(:facet_ids) AS given CROSS JOIN facets ON facet_id = given.value
            CROSS JOIN (VALUES (0), (1), (2), (3))
        WHERE since <= :position AND partitions >> column1 & 1
    ), asked AS MATERIALIZED (
        SELECT DISTINCT dyad, partition, iif(partition & {FORESEEING}, :valid, :past) AS bound
        FROM slots
    ), reached AS MATERIALIZED (
        SELECT dyad, partition, min(bound, ifnull(({LAST}), bound)) AS until
        FROM asked CROSS JOIN extents USING (dyad, partition)
        WHERE position = (
            SELECT max(position) FROM extents AS other
            WHERE other.dyad = asked.dyad AND other.partition = asked.partition
                AND other.position <= :position
        ) AND first <= bound
    ), searched AS MATERIALIZED (
        -- The winner or, where there is none so far, less than zero by the steps gone.
        SELECT slots.*, reached.until, ifnull((
            SELECT claim_id FROM ({_STEPS}) WHERE {VISIBLE} LIMIT 1
        ), -(SELECT count(*) FROM ({_STEPS}))) AS found
        FROM slots CROSS JOIN reached USING (dyad, partition)
    )
    SELECT {_RANK}, searched.facet_id, dyad, facet, searched.partition, {_ANSWER}, searched.until
    FROM searched LEFT JOIN claims ON claim_id = found
    WHERE found > 0 OR found = -:steps_max
"""  # noqa: S608
_FURTHER_STEPS: Final = f"""
    SELECT {_RANK}, {_ANSWER} FROM eras CROSS JOIN claims INDEXED BY claims_by_rank
    WHERE eras.facet_id = :facet_id AND eras.partition = :partition
        AND era <= :until >> :bucket_bits
        AND position_min <= :position AND known_min <= :known
        AND claims.facet_id = :facet_id AND claims.partition = :partition
        AND earliest >= era << :bucket_bits
        AND earliest <= min(:until, (era + 1 << :bucket_bits) - 1) AND {VISIBLE}
    ORDER BY era DESC, {ordered_by_rank(f"claims.{column}" for column in Rank._fields)}
    LIMIT 1
"""  # noqa: S608


_BELOW: Final = f"""
    SELECT {_RANK}, element FROM (
        SELECT * FROM claims INDEXED BY claims_by_rank
        WHERE facet_id = :facet_id AND partition = :partition AND earliest <= :valid
        ORDER BY {ordered_by_rank()} LIMIT :rows_max
    ) AS claims WHERE {VISIBLE}
"""  # noqa: S608


class FacetWinner(NamedTuple):
    """A partition's visible claim of the greatest rank; the first five columns are its `Rank`."""

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


class SearchPoint(NamedTuple):
    """The point in microseconds; `recorded` is the position's record time."""

    valid: int
    known: int
    position: int
    recorded: int

    @property
    def past(self) -> int:
        """The latest valid time of a visible claim that foresaw nothing."""
        return min(self.valid, self.known, self.recorded)


def facet_winners(
    connection: apsw.Connection, facet_ids: Sequence[int], point: SearchPoint
) -> Iterator[FacetWinner]:
    """Yield the winner of each partition of the facets that has one, in no order."""
    if not facet_ids:
        return
    bindings = {
        **point._asdict(),
        "past": point.past,
        "facet_ids": apsw.carray(array("q", facet_ids)),
        "steps_max": limits.FACET_SEARCH_STEPS_MAX,
        "bucket_bits": BUCKET_BITS,
    }
    # Read to the end at once: the further steps are statements of their own.
    first: list[tuple[Any, ...]] = connection.execute(_FIRST_STEPS, bindings).fetchall()
    for *columns, until in first:
        if columns[0] is not None:
            yield FacetWinner._make(columns)
            continue
        slot = facet_id, _, _, partition = columns[_SLOT]
        start = {"facet_id": facet_id, "partition": partition, "until": until}
        if further := connection.execute(_FURTHER_STEPS, bindings | start).get:
            yield FacetWinner(*further[: _SLOT.start], *slot, *further[_SLOT.start :])


def elements_below(
    connection: apsw.Connection, winner: FacetWinner, point: SearchPoint, *, only_certain: bool
) -> Iterator[bytes]:
    """Yield the elements of the claims of a facet below its winner, the greatest by rank first.

    Of each partition `limits.WITNESS_ROWS_MAX` rows at most are looked at.
    """
    rows: list[tuple[Any, ...]] = []
    for partition in (CERTAIN, CERTAIN | FORESEEING) if only_certain else range(4):
        slot = {"facet_id": winner.facet_id, "partition": partition}
        bindings = {**point._asdict(), **slot, "rows_max": limits.WITNESS_ROWS_MAX}
        rows += connection.execute(_BELOW, bindings)
    for *rank, element in sorted(rows, reverse=True):
        if tuple(rank) < winner[: len(rank)]:
            yield element
