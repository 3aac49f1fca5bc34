"""The claims that decide what facets stand at, at any point, without a scan of all their claims.

The claims of a facet lie in partitions by how sure they are (see `status_projection`), in the order
in which they had settled, which is when what they say must have begun. A search goes down from the
valid time. The first visible claim that it meets says how far back the *contenders* may reach: a
claim that had settled before another can have begun says nothing of the present. Most often that is
one claim or two.

A known time or a position in the past hides later claims, which a search has to pass over. Four
things limit how many:

- what is visible at a position was known by then, and what is known had happened, except for claims
  that were known before they had settled. So the search among the others starts at min(valid,
  known, record time).
- claims that were known before they had settled are partitions of their own, and few.
- no search starts much later than the latest valid time of any claim recorded by the position: see
  `valid_time_bounds`.
- a search that still meets only invisible claims, as after a backfill in odd order, skips the
  buckets of valid time (`eras`) of which no claim was recorded by the position, or none known by
  the known time.

One statement takes the first steps of all searches of an answer, which is far faster than one for
each. It gives up a search after a few rows; only such searches are continued, one by one. A second
statement fetches the contenders of all facets.
"""

import json
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import apsw

from communique.codec import StoredElement
from communique.domain.state.element import Rank
from communique.domain.state.winners import FacetClaim
from communique.domain.time.clocks import AsOf
from communique.server.runtime import limits
from communique.server.views.bilateral_status.valid_time_bounds import LAST
from communique.server.views.visibility import (
    VISIBLE,
    asserted,
    asserted_until,
    bindings_of,
    dispute_visible,
)

BUCKET_BITS: Final = 45
"""A bucket is 2**45 microseconds of valid time, 13 months."""
SCHEDULES: Final = 2
"""The first partition of claims that set a date; before it are those of denials."""
ASSERTING: Final = 4
"""The first partition of claims that assert a state."""
_PARTITION_COUNT: Final = 16

_IS_DISPUTED: Final = f"""
    claims.is_disputed AND EXISTS (
        SELECT 1 FROM disputes
        WHERE disputes.event_id = claims.event_id AND {dispute_visible()}
    )
"""  # noqa: S608  our own names
_IS_SEEN: Final = f"{VISIBLE} AND {asserted('claims')}"
_CLAIM: Final = f"""
    claims.facet_id, {", ".join(f"claims.{column}" for column in Rank._fields)}, claims.settled,
    {_IS_DISPUTED}, issues, element
"""
_STEPS: Final = f"""
    SELECT first, settled, {_IS_SEEN} AS is_seen FROM claims INDEXED BY claims_by_time
    WHERE facet_id = {{slots}}.facet_id AND partition = {{slots}}.partition
        AND settled <= {{reached}}.until
    ORDER BY settled DESC LIMIT :steps_max
"""  # noqa: S608
_PARTITIONS: Final = ", ".join(f"({number})" for number in range(ASSERTING, _PARTITION_COUNT))
# Of each slot, a partition of a facet: until where it is searched, the first instant at which the
# visible claim can have begun that settled last, and, where no such claim is met, the steps gone.
_FIRST_STEPS: Final = f"""
    WITH slots AS MATERIALIZED (
        SELECT facet_id, dyad, column1 AS partition
        FROM carray(:facet_ids) AS given CROSS JOIN facets ON facet_id = given.value
            CROSS JOIN (VALUES {_PARTITIONS})
        WHERE since <= :position AND partitions >> column1 & 1
    ), asked AS MATERIALIZED (
        SELECT DISTINCT dyad, partition, iif(partition & 1, :until, :past) AS bound
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
        SELECT facet_id, slots.partition, until, (
            SELECT first FROM ({_STEPS.format(slots="slots", reached="reached")})
            WHERE is_seen LIMIT 1
        ) AS first
        FROM slots CROSS JOIN reached USING (dyad, partition)
    )
    SELECT *, iif(first IS NULL, (
        SELECT count(*) FROM ({_STEPS.format(slots="searched", reached="searched")})
    ), 0)
    FROM searched
"""  # noqa: S608
_FURTHER_STEPS: Final = f"""
    SELECT claims.first FROM eras CROSS JOIN claims INDEXED BY claims_by_time
    WHERE eras.facet_id = :facet_id AND eras.partition = :partition
        AND era <= :until >> :bucket_bits
        AND position_min <= :position AND known_min <= :known
        AND claims.facet_id = :facet_id AND claims.partition = :partition
        AND settled >= era << :bucket_bits
        AND settled <= min(:until, (era + 1 << :bucket_bits) - 1) AND {_IS_SEEN}
    ORDER BY era DESC, settled DESC
    LIMIT 1
"""  # noqa: S608
_IN_SLOT: Final = f"""
    claims.facet_id = slots.facet_id AND claims.partition = slots.partition
    AND settled <= slots.until AND {_IS_SEEN}
"""
_CONTENDERS: Final = f"""
    WITH slots AS MATERIALIZED (
        SELECT value ->> 0 AS facet_id, value ->> 1 AS partition, value ->> 2 AS until,
            value ->> 3 AS first
        FROM json_each(:slots)
    ), open AS MATERIALIZED (
        SELECT slots.*, (
            SELECT max(claims.first) FROM claims INDEXED BY claims_by_time
            WHERE {_IN_SLOT} AND settled >= slots.first
        ) AS since
        FROM slots
    )
    SELECT {_CLAIM} FROM open AS slots CROSS JOIN claims INDEXED BY claims_by_time
    WHERE {_IN_SLOT} AND settled >= since
"""  # noqa: S608
_OF_SUBJECT: Final = f"""
    SELECT {_CLAIM} FROM claims INDEXED BY claims_by_subject
    WHERE facet_id = :facet_id AND subject = :subject AND subject <> '' AND partition >= {ASSERTING}
        AND settled <= :until AND {_IS_SEEN}
    ORDER BY settled DESC LIMIT :rows_max
"""  # noqa: S608
_SINCE: Final = f"""
    SELECT {_CLAIM} FROM claims INDEXED BY claims_by_time
    WHERE facet_id = :facet_id AND partition = :partition AND settled >= :since
        AND settled <= :until AND {_IS_SEEN}
    ORDER BY settled DESC LIMIT :rows_max
"""  # noqa: S608
_FACETS: Final = """
    SELECT facet_id, dyad, partitions FROM carray(:facet_ids) AS given
        CROSS JOIN facets ON facet_id = given.value
    WHERE since <= :position
"""
_TOLD_APART: Final = f"""
    SELECT {_CLAIM}, {asserted("claims")} FROM claims INDEXED BY claims_by_time
    WHERE facet_id = :facet_id AND partition = :partition AND {VISIBLE}
    ORDER BY settled DESC LIMIT :rows_max
"""  # noqa: S608


class FoundClaim(NamedTuple):
    """A claim of a facet, with the issues of its boards, space-separated."""

    claim: FacetClaim
    issues: str


class FacetRow(NamedTuple):
    """A row of `facets`: bit n of `partitions` is set once partition n has held a claim."""

    facet_id: int
    dyad: str
    partitions: int

    @property
    def only_asserts(self) -> bool:
        """Whether no claim ever denied a state of the facet or set a date apart."""
        return not self.partitions & ((1 << ASSERTING) - 1)


class FacetSearch:
    """Searches for claims of facets as of one point.

    `recorded` is the record time of the point's position in microseconds.
    """

    def __init__(self, connection: apsw.Connection, as_of: AsOf, recorded: int) -> None:
        self._connection = connection
        self._bindings = bindings_of(as_of) | {
            "until": asserted_until(as_of),
            "bucket_bits": BUCKET_BITS,
            "steps_max": limits.FACET_SEARCH_STEPS_MAX,
            "rows_max": limits.WITNESS_ROWS_MAX,
        }
        # The latest instant at which a visible claim had settled that was not known before.
        past = min(self._bindings["known"], recorded)
        self._bindings["past"] = min(self._bindings["until"], past)

    @property
    def bindings(self) -> Mapping[str, Any]:
        """What the queries of the point bind."""
        return self._bindings

    def facets(self, facet_ids: Sequence[int]) -> Iterator[FacetRow]:
        """Yield the facets of which anything was claimed by the position."""
        bindings = self._bindings | {"facet_ids": apsw.carray(array("q", facet_ids))}
        yield from map(FacetRow._make, self._connection.execute(_FACETS, bindings).fetchall())

    def contenders(self, facet_ids: Sequence[int]) -> dict[int, list[FoundClaim]]:
        """Return by facet those asserted claims of each surety that do not lie surely before one.

        They are the contenders among the claims of that surety and foresight.
        """
        bindings = self._bindings | {"facet_ids": apsw.carray(array("q", facet_ids))}
        slots: list[tuple[Any, ...]] = []
        for facet_id, partition, until, first, steps in self._connection.execute(
            _FIRST_STEPS, bindings
        ).fetchall():
            found = first
            if first is None and steps == limits.FACET_SEARCH_STEPS_MAX:
                start = {"facet_id": facet_id, "partition": partition, "until": until}
                found = self._connection.execute(_FURTHER_STEPS, self._bindings | start).get
            if found is not None:
                slots.append((facet_id, partition, until, found))
        claims: dict[int, list[FoundClaim]] = {}
        bindings = self._bindings | {"slots": json.dumps(slots)}
        for facet_id, *columns in self._connection.execute(_CONTENDERS, bindings):
            claims.setdefault(facet_id, []).append(_found(columns))
        return claims

    def of_subject(self, facet: FacetRow, subject: str) -> list[FoundClaim]:
        """Return the asserted claims about a subject, the latest `limits.WITNESS_ROWS_MAX`."""
        return self._found(_OF_SUBJECT, {"facet_id": facet.facet_id, "subject": subject})

    def since(self, facet: FacetRow, first: int) -> list[FoundClaim]:
        """Return the asserted claims that had not settled before an instant, in microseconds.

        Of each partition they are the latest `limits.WITNESS_ROWS_MAX`.
        """
        partitions = range(ASSERTING, _PARTITION_COUNT)
        return [
            found
            for partition in partitions
            if facet.partitions >> partition & 1
            for found in self._found(
                _SINCE, {"facet_id": facet.facet_id, "partition": partition, "since": first}
            )
        ]

    def told_apart(
        self, facet: FacetRow, partitions: Iterable[int]
    ) -> list[tuple[FoundClaim, bool]]:
        """Return the visible denials or schedules, each with whether it is asserted.

        Of each partition they are the latest `limits.WITNESS_ROWS_MAX`.
        """
        return [
            (_found(columns), bool(is_asserted))
            for partition in partitions
            if facet.partitions >> partition & 1
            for _, *columns, is_asserted in self._connection.execute(
                _TOLD_APART,
                self._bindings | {"facet_id": facet.facet_id, "partition": partition},
            )
        ]

    def _found(self, query: str, more: Mapping[str, Any]) -> list[FoundClaim]:
        rows = self._connection.execute(query, {**self._bindings, **more})
        return [_found(columns) for _, *columns in rows]


def _found(columns: Sequence[Any]) -> FoundClaim:
    *rank, settled, is_disputed, issues, element = columns
    claim = FacetClaim(Rank(*rank), settled, bool(is_disputed), StoredElement.read(element))
    return FoundClaim(claim, issues)
