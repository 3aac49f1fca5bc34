"""The read model of bilateral status: the claims of each facet of each dyad by their rank."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import ClassVar, Final, NamedTuple

import apsw

from communique.codec import element_bytes
from communique.domain.claims.event import Claim
from communique.domain.claims.values import Certainty
from communique.domain.state.assertions import Assertion, denies
from communique.domain.state.element import Rank
from communique.domain.state.facets import FacetKind, State
from communique.domain.state.issue_board import issues_of
from communique.domain.state.pattern import quad_of
from communique.domain.state.score_series import sides_of
from communique.domain.state.status import UPCOMING_MAX
from communique.domain.time.clocks import micros
from communique.domain.time.edtf import CEILING
from communique.server.projections.event_contents import (
    FOREVER,
    ContentVersion,
    DisputeVersion,
    EventContents,
)
from communique.server.projections.key_table import Key, KeyTable
from communique.server.projections.projection import Row, RowChanges, ViewProjection
from communique.server.views.bilateral_status.facet_search import ASSERTING, BUCKET_BITS, SCHEDULES
from communique.server.views.bilateral_status.valid_time_bounds import (
    BOUNDS_SCHEMA,
    ClaimedTime,
    write_bounds,
)

_SCHEMA: Final = f"""
    -- `is_listed` is 0 for the agenda, whose facets are found by their dates instead. Bit n of
    -- `partitions` is set once partition n has held a claim; `since` is the first claim's position.
    CREATE TABLE facets (
        facet_id INTEGER PRIMARY KEY,
        dyad TEXT NOT NULL,
        is_listed INTEGER NOT NULL,
        facet TEXT NOT NULL,
        partitions INTEGER NOT NULL DEFAULT 0,
        since INTEGER,
        UNIQUE (dyad, is_listed, facet)
    ) STRICT;
    -- One row for each region in which a content of a claim says something of a facet: see
    -- `partition_of`. Times are microseconds, `settled_day` is the number of a day.
    -- `is_disputed` is set once the claim has a dispute, `element` is the message of what it fills
    -- the facet with, `issues` are those on whose boards that stands, with spaces between them.
    CREATE TABLE claims (
        claim_id INTEGER PRIMARY KEY,
        facet_id INTEGER NOT NULL,
        partition INTEGER NOT NULL,
        settled INTEGER NOT NULL,
        settled_day INTEGER,
        first INTEGER NOT NULL,
        stage INTEGER NOT NULL,
        surety INTEGER NOT NULL,
        known INTEGER NOT NULL,
        event_id BLOB NOT NULL,
        position_from INTEGER NOT NULL,
        position_to INTEGER NOT NULL,
        known_from INTEGER NOT NULL,
        known_to INTEGER NOT NULL,
        is_disputed INTEGER NOT NULL,
        subject TEXT NOT NULL,
        agenda_dyad TEXT,
        span_bits INTEGER,
        until INTEGER,
        announced INTEGER,
        issues TEXT NOT NULL,
        element BLOB NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX claims_by_time ON claims (
        facet_id, partition, settled, {", ".join(Rank._fields)},
        position_from, known_from, position_to, known_to, settled_day
    );
    CREATE INDEX claims_by_subject ON claims (facet_id, subject, settled) WHERE subject <> '';
    -- From which position and known time on any of a facet's claims are visible that happened in
    -- one bucket of valid time: see `facet_search`.
    CREATE TABLE eras (
        facet_id INTEGER NOT NULL,
        partition INTEGER NOT NULL,
        era INTEGER NOT NULL,
        position_min INTEGER NOT NULL,
        known_min INTEGER NOT NULL,
        PRIMARY KEY (facet_id, partition, era)
    ) STRICT, WITHOUT ROWID;
    -- A plan is looked for between its announcement and its date: see `current_elements`.
    CREATE INDEX plans ON claims (agenda_dyad, span_bits, until, announced, facet_id)
        WHERE agenda_dyad IS NOT NULL;
    CREATE TABLE disputes (
        event_id BLOB NOT NULL,
        position INTEGER NOT NULL,
        known INTEGER NOT NULL,
        PRIMARY KEY (event_id, position)
    ) STRICT, WITHOUT ROWID;
    -- Every coded report of a dyad, with its class: see `coded_pattern`.
    CREATE TABLE reports (
        dyad TEXT NOT NULL,
        settled INTEGER NOT NULL,
        event_id BLOB NOT NULL,
        position_from INTEGER NOT NULL,
        known_from INTEGER NOT NULL,
        position_to INTEGER NOT NULL,
        known_to INTEGER NOT NULL,
        settled_day INTEGER,
        quad INTEGER NOT NULL,
        PRIMARY KEY (dyad, settled, event_id, position_from, known_from)
    ) STRICT, WITHOUT ROWID;
    -- The facets that may stand on the board of an issue: some content of theirs once did.
    CREATE TABLE issue_facets (
        issue TEXT NOT NULL, facet_id INTEGER NOT NULL, PRIMARY KEY (issue, facet_id)
    ) STRICT, WITHOUT ROWID;
    -- Every dyad that a claim was ever recorded of, under the code of each of its two parties.
    CREATE TABLE dyads (code TEXT NOT NULL, dyad TEXT NOT NULL, PRIMARY KEY (code, dyad)) STRICT,
        WITHOUT ROWID;
"""
_DELETE_CLAIM: Final = """
    DELETE FROM claims WHERE facet_id = ? AND partition = ? AND settled = ? AND first = ?
        AND stage = ? AND surety = ? AND known = ? AND event_id = ?
        AND position_from = ? AND known_from = ?
"""
_WRITE_BUCKET: Final = """
    INSERT INTO eras VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
        position_min = min(position_min, excluded.position_min),
        known_min = min(known_min, excluded.known_min)
    WHERE excluded.position_min < position_min OR excluded.known_min < known_min
"""
_OPEN: Final = frozenset({State.PLANNED, State.POSTPONED, State.SCHEDULED})
OPEN_BITS: Final = FOREVER.bit_length()
"""The bits of a span without an end."""


class ClaimRow(NamedTuple):
    """One row of `claims`, its facet still by name."""

    dyad: str
    is_listed: bool
    facet: str
    partition: int
    settled: int
    settled_day: int | None
    first: int
    stage: int
    surety: int
    known: int
    event_id: bytes
    position_from: int
    position_to: int
    known_from: int
    known_to: int
    is_disputed: bool
    subject: str
    agenda_dyad: str | None
    span_bits: int | None
    until: int | None
    announced: int | None
    issues: str
    element: bytes


class ReportRow(NamedTuple):
    """A row of `reports`."""

    dyad: str
    settled: int
    event_id: bytes
    position_from: int
    known_from: int
    position_to: int
    known_to: int
    settled_day: int | None
    quad: int


_INSERT_CLAIM: Final = (
    f"INSERT INTO claims VALUES (NULL, {', '.join('?' * (len(ClaimRow._fields) - 2))})"  # noqa: S608  our own names
)
_WRITE_ORDER: Final = attrgetter("dyad", "position_from", "facet")
"""The order of the rows in the file: the winners of a dyad's facets are most often its last claims
before some moment, so that a status reads fewer pages than in the order of facets."""


class BilateralStatusProjection(ViewProjection):
    """Keeps what every claim asserts or denies of every facet, and the dates set for it."""

    name: ClassVar[str] = "bilateral-status"
    version: ClassVar[int] = 10
    schema: ClassVar[str] = f"{_SCHEMA}{BOUNDS_SCHEMA}"

    def __init__(self) -> None:
        self._facets = KeyTable("facets", "facet_id", ("dyad", "is_listed", "facet"))
        self._dyads: set[str] = set()

    def forget(self) -> None:
        """Forget the facets' numbers."""
        self._facets.forget()
        self._dyads.clear()

    def rows(self, contents: EventContents) -> list[Row]:
        """Return a row for each facet in each region, and those of reports and disputes."""
        is_disputed = bool(contents.disputes)
        rows: list[Row] = [
            _claim_row(version, assertion, is_disputed=is_disputed)
            for version in contents.versions
            for assertion in _said_of_facets(version)
        ]
        rows += [row for version in contents.versions for row in _report_rows(version)]
        return [*rows, *contents.disputes]

    def write(self, connection: apsw.Connection, added: Sequence[Row], changes: RowChanges) -> None:
        """Number the facets, delete, and insert in the order of `_WRITE_ORDER`."""
        claimed = [row for row in added if isinstance(row, ClaimRow)]
        removed = [row for row in changes.removed if isinstance(row, ClaimRow)]
        inserted = [row for row in changes.inserted if isinstance(row, ClaimRow)]
        facets = self._facets.numbers(connection, [row[:3] for row in (*claimed, *removed)])
        self._note_dyads(connection, claimed)
        _note_facets(connection, claimed, facets)
        _note_buckets(connection, claimed, facets)
        times = [
            ClaimedTime(row.dyad, row.partition, row.first, row.settled, row.position_from)
            for row in claimed
            if row.partition >= ASSERTING
        ]
        write_bounds(connection, times)
        deleted = [(facets[row[:3]], *row[3:5], *row[6:12], row.known_from) for row in removed]
        connection.executemany(_DELETE_CLAIM, deleted)
        inserted.sort(key=_WRITE_ORDER)
        numbered = [(facets[row[:3]], *row[3:]) for row in inserted]
        connection.executemany(_INSERT_CLAIM, numbered)
        connection.executemany(
            "DELETE FROM reports WHERE dyad = ? AND settled = ? AND event_id = ? "
            "AND position_from = ? AND known_from = ?",
            [row[:5] for row in changes.removed if isinstance(row, ReportRow)],
        )
        reported = sorted(row for row in changes.inserted if isinstance(row, ReportRow))
        connection.executemany("INSERT INTO reports VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", reported)
        # A dispute is never retracted: nothing to delete.
        disputed = [row[:3] for row in changes.inserted if isinstance(row, DisputeVersion)]
        connection.executemany("INSERT INTO disputes VALUES (?, ?, ?)", disputed)

    def _note_dyads(self, connection: apsw.Connection, added: Iterable[ClaimRow]) -> None:
        """Insert the dyads that are new, by both of their codes."""
        new = sorted({row.dyad for row in added} - self._dyads)
        sides = [(code, dyad) for dyad in new for code in dyad.split("-")]
        connection.executemany("INSERT OR IGNORE INTO dyads VALUES (?, ?)", sides)
        self._dyads.update(new)


def _note_facets(
    connection: apsw.Connection, added: Iterable[ClaimRow], facets: Mapping[Key, int]
) -> None:
    """Update since when the facets have which partitions, and on which boards they may be."""
    slots: dict[int, tuple[int, int]] = {}
    boards: set[tuple[str, int]] = set()
    for row in added:
        facet_id = facets[row[:3]]
        bits, since = slots.get(facet_id, (0, row.position_from))
        slots[facet_id] = bits | 1 << row.partition, since
        boards.update((issue, facet_id) for issue in row.issues.split())
    connection.executemany("INSERT OR IGNORE INTO issue_facets VALUES (?, ?)", sorted(boards))
    connection.executemany(
        "UPDATE facets SET partitions = partitions | ?1, since = ifnull(since, ?2) "
        "WHERE facet_id = ?3 AND partitions | ?1 <> partitions",
        [(*ends, facet_id) for facet_id, ends in slots.items()],
    )


def _note_buckets(
    connection: apsw.Connection, added: Iterable[ClaimRow], facets: Mapping[Key, int]
) -> None:
    """Update from which position and known time on claims of each bucket are visible."""
    buckets: dict[tuple[int, int, int], tuple[int, int]] = {}
    for row in added:
        key = facets[row[:3]], row.partition, row.settled >> BUCKET_BITS
        position, known = buckets.get(key, (row.position_from, row.known_from))
        buckets[key] = min(position, row.position_from), min(known, row.known_from)
    connection.executemany(_WRITE_BUCKET, sorted((*key, *ends) for key, ends in buckets.items()))


def _said_of_facets(version: ContentVersion) -> Sequence[Assertion]:
    """Return what a content asserts of facets, or denies; nothing if no source commits to it."""
    is_committed = version.claim.certainty is not Certainty.UNCOMMITTED
    return version.affirms if is_committed else ()


def _report_rows(version: ContentVersion) -> Iterator[ReportRow]:
    quad = quad_of(version.claim)
    if quad is None:
        return
    position_from, position_to, known_from, known_to = version.region
    for dyad in sides_of(version.claim):
        yield ReportRow(
            str(dyad),
            micros(version.window.settled),
            version.event_id,
            position_from,
            known_from,
            position_to,
            known_to,
            version.window.settled_day,
            quad,
        )


def _claim_row(version: ContentVersion, assertion: Assertion, *, is_disputed: bool) -> ClaimRow:
    claim, known, window, region = version.claim, version.known, version.window, version.region
    rank, settled = Rank.of(claim, assertion.stage, known, window), micros(window.settled)
    return ClaimRow(
        str(assertion.dyad),
        assertion.facet.kind is not FacetKind.AGENDA,
        str(assertion.facet),
        partition_of(claim, assertion, rank, is_foreseen=region.known_from < settled),
        settled,
        window.settled_day,
        *rank,
        *region,
        is_disputed,
        claim.subject or "",
        *_plan(assertion, rank.first),
        " ".join(issues_of(claim, assertion)),
        element_bytes(claim, assertion, known, window),
    )


def partition_of(claim: Claim, assertion: Assertion, rank: Rank, *, is_foreseen: bool) -> int:
    """Return the number of the partition of a facet's claims that a claim is in.

    Denials are in the first two, schedules in the next two, and the claims that assert a state in
    two for each surety. The odd ones are of claims that were known before they had settled.
    """
    if denies(claim):
        return int(is_foreseen)
    if assertion.state is State.SCHEDULED:
        return SCHEDULES + is_foreseen
    return 2 * rank.surety + is_foreseen


def _plan(
    assertion: Assertion, first: int
) -> tuple[str | None, int | None, int | None, int | None]:
    """Return the dyad of a plan, the bits of its span, and the span's end and beginning.

    A plan may stand in a status from its announcement until long after its date. A date that is set
    apart from the plan counts whatever the valid time, so its span has no beginning.
    """
    if assertion.facet.kind is not FacetKind.AGENDA or assertion.state not in _OPEN:
        return None, None, None, None
    end = assertion.scheduled.over if assertion.scheduled else None
    is_bounded = end is not None and end < CEILING - UPCOMING_MAX
    until = micros(end + UPCOMING_MAX) if end is not None and is_bounded else FOREVER
    announced = -FOREVER if assertion.state is State.SCHEDULED else first
    if until <= announced:
        return None, None, None, None
    is_open = FOREVER in {until, -announced}
    bits = OPEN_BITS if is_open else (until - announced).bit_length()
    return str(assertion.dyad), bits, until, announced
