"""The claims that decide what facets stand at, at any point, without a scan of all their claims.

The claims of a facet lie in partitions by how sure they are (see `ContentTraits`), in the order in
which they had settled, which is when what they say must have begun. A search walks down from the
valid time. The first visible claim that it meets says how far back the *contenders* may reach: a
claim that had settled before another can have begun says nothing of the present. Most often that is
one claim or two.

A known time or a position in the past hides later claims, which a walk has to pass over. Three
things limit how many:

- what is visible at a position was known by then, and what is known had happened, except for claims
  that were known before they had settled. So the walk among the others starts at min(valid, known,
  record time).
- claims that were known before they had settled are partitions of their own, and few.
- no walk starts much later than the latest valid time of any claim of the dyad that was recorded by
  the position: see `valid_time_bounds`.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

import apsw

from communique.domain.parties.party import Dyad
from communique.domain.state.element import Rank
from communique.domain.state.winners import FacetClaim
from communique.domain.time.clocks import AsOf
from communique.server.projections.projection import FOREVER
from communique.server.runtime import limits
from communique.server.views.bilateral_status.claimed_elements import ClaimedElements, ElementKey
from communique.server.views.read_model.content_shape import (
    ASSERTING,
    OPEN_BITS,
    SCHEDULES,
    tag_of_dyad,
    tag_of_facet,
)
from communique.server.views.read_model.valid_time_bounds import LAST
from communique.server.views.visibility import (
    VISIBLE,
    asserted,
    asserted_until,
    bindings_of,
    dispute_visible,
)

_PARTITION_COUNT: Final = 16

_IS_DISPUTED: Final = f"""
    claims.is_disputed AND EXISTS (
        SELECT 1 FROM disputes
        WHERE disputes.event_id = claims.event_id AND {dispute_visible()}
    )
"""  # noqa: S608  our own names
_IS_SEEN: Final = f"{VISIBLE} AND {asserted('claims')}"
_CLAIM: Final = f"""
    claims.tag_id, claims.facet_tag_id, {", ".join(f"claims.{column}" for column in Rank._fields)},
    claims.settled, {_IS_DISPUTED}, content_position
"""
# Of each slot, a partition of a facet: until where it is searched, and the first instant at which
# the visible claim can have begun that settled last. No contender had settled before that.
_CONTENDERS: Final = f"""
    WITH given AS MATERIALIZED (
        SELECT value ->> 0 AS tag_id, value ->> 1 AS facet_tag_id, value ->> 2 AS partition,
            value ->> 2 & 1 AS is_foreseen
        FROM json_each(:slots)
    ), asked AS MATERIALIZED (
        SELECT DISTINCT tag_id, is_foreseen, iif(is_foreseen, :until, :past) AS bound FROM given
    ), reached AS MATERIALIZED (
        SELECT tag_id, is_foreseen, min(bound, ifnull(({LAST}), bound)) AS until
        FROM asked CROSS JOIN extents USING (tag_id, is_foreseen)
        WHERE position = (
            SELECT max(position) FROM extents AS other
            WHERE other.tag_id = asked.tag_id AND other.is_foreseen = asked.is_foreseen
                AND other.position <= :position
        ) AND first <= bound
    ), slots AS MATERIALIZED (
        SELECT tag_id, facet_tag_id, partition, until, (
            SELECT first FROM claims
            WHERE claims.tag_id = given.tag_id AND claims.facet_tag_id = given.facet_tag_id
                AND claims.partition = given.partition
                AND settled <= until AND {_IS_SEEN}
            ORDER BY settled DESC LIMIT 1
        ) AS first
        FROM given CROSS JOIN reached USING (tag_id, is_foreseen)
    )
    SELECT {_CLAIM}, partition
    FROM slots CROSS JOIN claims USING (tag_id, facet_tag_id, partition)
    WHERE settled BETWEEN slots.first AND until AND {_IS_SEEN}
"""  # noqa: S608
_OF_SUBJECT: Final = f"""
    SELECT {_CLAIM} FROM claims
    WHERE tag_id = :tag_id AND facet_tag_id = :facet_tag_id AND subject = :subject
        AND partition >= {ASSERTING} AND settled <= :until AND {_IS_SEEN}
    ORDER BY settled DESC LIMIT :rows_max
"""  # noqa: S608
_SINCE: Final = f"""
    SELECT {_CLAIM} FROM claims
    WHERE tag_id = :tag_id AND facet_tag_id = :facet_tag_id AND partition = :partition
        AND settled BETWEEN :since AND :until AND {_IS_SEEN}
    ORDER BY settled DESC LIMIT :rows_max
"""  # noqa: S608
_FACETS: Final = """
    SELECT tag_id, facet_tag_id, facet, partitions FROM facets
    WHERE tag_id = :tag_id AND since <= :position AND is_listed
"""
_LISTED: Final = f"{_FACETS} = 1"
_AMONG: Final = f"{_FACETS} IN (0, 1) AND facet_tag_id IN (SELECT value FROM json_each(:among))"  # noqa: S608
_TOLD_APART: Final = f"""
    SELECT {_CLAIM}, {asserted("claims")} FROM claims
    WHERE tag_id = :tag_id AND facet_tag_id = :facet_tag_id AND partition = :partition AND {VISIBLE}
    ORDER BY settled DESC LIMIT :rows_max
"""  # noqa: S608
_NEXT_SPAN_BITS: Final = """
    SELECT span_bits FROM plans WHERE tag_id = :tag_id AND span_bits > :bits
    ORDER BY span_bits LIMIT 1
"""
_PLANS: Final = """
    SELECT DISTINCT facet_tag_id FROM plans
    WHERE tag_id = :tag_id AND span_bits = :bits AND until > :valid AND until < :end
        AND announced <= :until
"""
_TAG: Final = "SELECT tag_id FROM tags WHERE tag = ?"


FacetKey: TypeAlias = tuple[int, ...]
"""The numbers of the tags of a dyad and of a facet."""


class FoundClaim(NamedTuple):
    """A claim of a facet, with the issues of its boards."""

    claim: FacetClaim
    issues: tuple[str, ...]


class FoundFacet(NamedTuple):
    """A facet of a dyad: bit n of `partitions` is set once partition n has held a claim."""

    tag_id: int
    facet_tag_id: int
    facet: str
    partitions: int
    dyad: str

    @property
    def key(self) -> FacetKey:
        """The numbers of the tags of its dyad and of the facet."""
        return self.tag_id, self.facet_tag_id

    @property
    def only_asserts(self) -> bool:
        """Whether no claim ever denied a state of the facet or set a date apart."""
        return not self.partitions & ((1 << ASSERTING) - 1)

    @property
    def asserting(self) -> tuple[int, ...]:
        """The partitions of claims that assert a state."""
        return _asserting(self.partitions)


@lru_cache(1 << 12)
def _asserting(partitions: int) -> tuple[int, ...]:
    return tuple(part for part in range(ASSERTING, _PARTITION_COUNT) if partitions >> part & 1)


class FacetSearch:
    """Searches for facets and their claims as of one point.

    `recorded` is the record time of the point's position in microseconds.
    """

    def __init__(
        self, connection: apsw.Connection, claimed: ClaimedElements, as_of: AsOf, recorded: int
    ) -> None:
        self._connection, self._claimed = connection, claimed
        self._tag_ids: dict[str, int | None] = {}
        self._bindings = bindings_of(as_of) | {
            "until": asserted_until(as_of),
            "rows_max": limits.WITNESS_ROWS_MAX,
        }
        # The latest instant at which a visible claim had settled that was not known before.
        past = min(self._bindings["known"], recorded)
        self._bindings["past"] = min(self._bindings["until"], past)

    @property
    def bindings(self) -> Mapping[str, Any]:
        """What the queries of the point bind."""
        return self._bindings

    def tag_id(self, tag: str) -> int | None:
        """Return the number of a tag; None where nothing was ever recorded with it."""
        if tag not in self._tag_ids:
            self._tag_ids[tag] = self._connection.execute(_TAG, (tag,)).get
        return self._tag_ids[tag]

    def standing(self, dyad: Dyad) -> list[FoundFacet]:
        """Return the facets of which anything was claimed by the position and that may stand."""
        listed = self._facets(_LISTED, dyad)
        planned = self._planned(dyad)
        return [*listed, *self._facets(_AMONG, dyad, planned)] if planned else listed

    def named(self, dyad: Dyad, facets: Iterable[str]) -> list[FoundFacet]:
        """Return those of some facets of which anything was claimed by the position."""
        return self._facets(_AMONG, dyad, [self.tag_id(tag_of_facet(facet)) for facet in facets])

    def _facets(self, query: str, dyad: Dyad, among: Iterable[int | None] = ()) -> list[FoundFacet]:
        more = {"tag_id": self.tag_id(tag_of_dyad(dyad)), "among": json.dumps([*among])}
        rows = self._connection.execute(query, self._bindings | more)
        return [FoundFacet._make((*columns, str(dyad))) for columns in rows]

    def _planned(self, dyad: Dyad) -> Iterable[int]:
        """Return the agenda facets with a plan announced by the valid time that may still stand.

        A span of n bits is shorter than 2**n microseconds. So for each n that occurs, plans are
        looked for in one short range of the table, up to 2**n after the valid time.
        """
        bindings = {**self._bindings, "tag_id": self.tag_id(tag_of_dyad(dyad)), "bits": 0}
        planned = dict[int, None]()
        while (bits := self._connection.execute(_NEXT_SPAN_BITS, bindings).get) is not None:
            end = FOREVER + 1 if bits == OPEN_BITS else bindings["until"] + (1 << bits)
            bindings |= {"bits": bits, "end": end}
            rows = self._connection.execute(_PLANS, bindings)
            planned.update(dict.fromkeys(facet_tag_id for (facet_tag_id,) in rows))
        return planned

    def contenders(self, facets: Iterable[FoundFacet]) -> dict[FacetKey, list[FoundClaim]]:
        """Return by facet those asserted claims of each surety that do not lie surely before one.

        They are the contenders among the claims of that surety and foresight.
        """
        by_key = {facet.key: facet for facet in facets}
        slots = [(*key, part) for key, facet in by_key.items() for part in facet.asserting]
        bindings = {**self._bindings, "slots": json.dumps(slots)}
        rows: list[Any] = self._connection.execute(_CONTENDERS, bindings).fetchall()
        since: dict[FacetKey, int] = {}
        for dyad_id, facet_id, first, *_, part in rows:
            slot = dyad_id, facet_id, part
            since[slot] = max(first, since.get(slot, first))
        rows = [row[:-1] for row in rows if row[7] >= since[row[0], row[1], row[-1]]]
        claims: dict[FacetKey, list[FoundClaim]] = {}
        for row, found in zip(rows, self._claims(by_key, rows), strict=True):
            claims.setdefault(row[:2], []).append(found)
        return claims

    def of_subject(self, facet: FoundFacet, subject: str) -> list[FoundClaim]:
        """Return the asserted claims about a subject, the latest `limits.WITNESS_ROWS_MAX`."""
        return self._found_of(facet, _OF_SUBJECT, {"subject": subject})

    def since(self, facet: FoundFacet, first: int) -> list[FoundClaim]:
        """Return the asserted claims that had not settled before an instant, in microseconds.

        Of each partition they are the latest `limits.WITNESS_ROWS_MAX`.
        """
        return [
            found
            for partition in facet.asserting
            for found in self._found_of(facet, _SINCE, {"partition": partition, "since": first})
        ]

    def denials(self, facet: FoundFacet) -> list[FoundClaim]:
        """Return the visible and asserted denials: of each partition the latest, as in `since`."""
        return [found for found, is_asserted in self._told_apart(facet, 0) if is_asserted]

    def schedules(self, facet: FoundFacet) -> list[tuple[FoundClaim, bool]]:
        """Return the visible claims that set a date, each with whether it is asserted."""
        return self._told_apart(facet, SCHEDULES)

    def _told_apart(self, facet: FoundFacet, first: int) -> list[tuple[FoundClaim, bool]]:
        found = list[tuple[FoundClaim, bool]]()
        for partition in (first, first + 1):
            if facet.partitions >> partition & 1:
                rows = self._rows_of(facet, _TOLD_APART, {"partition": partition})
                claims = self._claims({facet.key: facet}, [row[:-1] for row in rows])
                found += zip(claims, [bool(row[-1]) for row in rows], strict=True)
        return found

    def _found_of(self, facet: FoundFacet, query: str, more: Mapping[str, Any]) -> list[FoundClaim]:
        return self._claims({facet.key: facet}, self._rows_of(facet, query, more))

    def _rows_of(
        self, facet: FoundFacet, query: str, more: Mapping[str, Any]
    ) -> list[tuple[Any, ...]]:
        key = {"tag_id": facet.tag_id, "facet_tag_id": facet.facet_tag_id}
        return self._connection.execute(query, {**self._bindings, **key, **more}).fetchall()

    def _claims(
        self, facets: Mapping[FacetKey, FoundFacet], rows: Sequence[tuple[Any, ...]]
    ) -> list[FoundClaim]:
        """Return the claims of rows."""
        wanted = [
            (ElementKey(row[-1], facet.dyad, facet.facet), row[5])
            for row in rows
            for facet in (facets[row[:2]],)
        ]
        return [
            FoundClaim(FacetClaim(Rank._make(row[2:7]), row[7], bool(row[8]), element), issues)
            for row, (element, issues) in zip(rows, self._claimed.of(wanted), strict=True)
        ]
