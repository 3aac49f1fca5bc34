"""The read model of bilateral status: the claims of each facet of each dyad by their rank."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import ClassVar, Final, NamedTuple

import apsw

from communique.domain.assertions import Assertion, assertions
from communique.domain.clocks import AsOf, micros
from communique.domain.element import Rank, StatusElement
from communique.domain.event import Recorded
from communique.domain.facets import Facet, FacetKind, State
from communique.domain.history import Content, contents, disputes
from communique.domain.issue import issues_of
from communique.domain.parties import Dyad
from communique.domain.status import BilateralStatus, assemble
from communique.domain.values import Certainty
from communique.service.read_models.elements import Elements
from communique.service.read_models.extents import SCHEMA as EXTENTS
from communique.service.read_models.extents import Claimed, Extents
from communique.service.read_models.names import Key, Names
from communique.service.read_models.projection import FOREVER, Projection, Row, RowChanges
from communique.service.read_models.seek import CERTAIN, FORESEEING, Candidate, Point, winner

_SCHEMA: Final = """
    -- `is_listed` is 0 for the agenda, whose facets are found by their dates instead. Bit n of
    -- `partitions` is set once partition n has held a claim.
    CREATE TABLE facets (
        facet_id INTEGER PRIMARY KEY,
        dyad TEXT NOT NULL,
        is_listed INTEGER NOT NULL,
        facet TEXT NOT NULL,
        partitions INTEGER NOT NULL DEFAULT 0,
        UNIQUE (dyad, is_listed, facet)
    ) STRICT;
    -- One row for each region in which a content of a claim fills a facet. Times are microseconds.
    CREATE TABLE claims (
        claim_id INTEGER PRIMARY KEY,
        facet_id INTEGER NOT NULL,
        partition INTEGER NOT NULL,
        earliest INTEGER NOT NULL,
        stage INTEGER NOT NULL,
        certainty INTEGER NOT NULL,
        known INTEGER NOT NULL,
        event_id BLOB NOT NULL,
        position_from INTEGER NOT NULL,
        position_to INTEGER NOT NULL,
        known_from INTEGER NOT NULL,
        known_to INTEGER NOT NULL,
        agenda_dyad TEXT,
        span_bits INTEGER,
        until INTEGER,
        content_position INTEGER NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX claims_by_rank ON claims (
        facet_id, partition, earliest, stage, certainty, known, event_id,
        position_from, known_from, position_to, known_to
    );
    CREATE INDEX claims_by_position ON claims (facet_id, partition, position_from);
    CREATE INDEX claims_by_known ON claims (facet_id, partition, known_from);
    -- A plan is looked for between its announcement and its date: see `_planned`.
    CREATE INDEX plans ON claims (agenda_dyad, span_bits, until, earliest, facet_id)
        WHERE agenda_dyad IS NOT NULL;
    CREATE TABLE disputes (
        event_id BLOB NOT NULL,
        position INTEGER NOT NULL,
        known INTEGER NOT NULL,
        PRIMARY KEY (event_id, position)
    ) STRICT, WITHOUT ROWID;
    -- The facets that may stand on the board of an issue: some content of theirs once did.
    CREATE TABLE issue_facets (
        issue TEXT NOT NULL, facet_id INTEGER NOT NULL, PRIMARY KEY (issue, facet_id)
    ) STRICT, WITHOUT ROWID;
    -- Every dyad that a claim was ever recorded of, under the code of each of its two parties.
    CREATE TABLE dyads (code TEXT NOT NULL, dyad TEXT NOT NULL, PRIMARY KEY (code, dyad)) STRICT,
        WITHOUT ROWID;
"""
_INSERT_CLAIM: Final = (
    "INSERT INTO claims VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_DELETE_CLAIM: Final = """
    DELETE FROM claims WHERE facet_id = ? AND partition = ? AND earliest = ? AND stage = ?
        AND certainty = ? AND known = ? AND event_id = ? AND position_from = ? AND known_from = ?
"""
_LISTED: Final = "SELECT facet_id, facet, partitions FROM facets WHERE dyad = ? AND is_listed = 1"
_FACET: Final = "SELECT facet_id, facet, partitions FROM facets WHERE facet_id = ?"
_FACET_NAMED: Final = """
    SELECT facet_id, facet, partitions FROM facets WHERE dyad = ? AND is_listed = ? AND facet = ?
"""
_CONTENT: Final = "SELECT content_position FROM claims WHERE claim_id = ?"
_IS_DISPUTED: Final = """
    SELECT 1 FROM disputes WHERE event_id = ? AND position <= ? AND known <= ? LIMIT 1
"""
_NEXT_SPAN_BITS: Final = """
    SELECT span_bits FROM claims INDEXED BY plans
    WHERE agenda_dyad = ? AND span_bits > ? ORDER BY span_bits LIMIT 1
"""
_PLANS: Final = """
    SELECT DISTINCT facet_id FROM claims INDEXED BY plans
    WHERE agenda_dyad = ? AND span_bits = ? AND until > ? AND until < ? AND earliest <= ?
"""
_OPEN_BITS: Final = FOREVER.bit_length()
"""The bits of a span without an end: its plans are looked at one by one."""


class ClaimRow(NamedTuple):
    """One row of `claims`, its facet still by name, and on the boards of which issues it stands."""

    dyad: str
    is_listed: bool
    facet: str
    partition: int
    earliest: int
    stage: int
    certainty: int
    known: int
    event_id: bytes
    position_from: int
    position_to: int
    known_from: int
    known_to: int
    agenda_dyad: str | None
    span_bits: int | None
    until: int | None
    content_position: int
    issues: tuple[str, ...]


class DisputeRow(NamedTuple):
    """One row of `disputes`."""

    event_id: bytes
    position: int
    known: int


class BilateralStatusProjection(Projection):
    """Keeps what every claim asserts of every facet."""

    name: ClassVar[str] = "bilateral-status"
    version: ClassVar[int] = 2
    schema: ClassVar[str] = f"{_SCHEMA}{EXTENTS}"

    def __init__(self) -> None:
        """Know no facet's number yet."""
        self._facets = Names("facets", "facet_id", ("dyad", "is_listed", "facet"))
        self._extents = Extents()
        self._dyads: set[str] = set()

    def forget(self) -> None:
        """Forget the facets' numbers."""
        self._facets.forget()
        self._extents.forget()
        self._dyads.clear()

    def rows(self, history: Sequence[Recorded]) -> Iterator[ClaimRow | DisputeRow]:
        """Return a row for each assertion in each region, and one for each dispute."""
        for content in contents(history):
            for assertion in assertions(content.claim):
                yield _claim_row(content, assertion)
        if len(history) > 1 and history[0].event:
            event_id = history[0].event.event_id.bytes
            for one in disputes(history):
                yield DisputeRow(event_id, one.position, micros(one.known))

    def write(self, connection: apsw.Connection, added: Sequence[Row], changes: RowChanges) -> None:
        """Number the facets, delete, insert in the order of the index."""
        claimed = [row for row in added if isinstance(row, ClaimRow)]
        removed = [row for row in changes.removed if isinstance(row, ClaimRow)]
        inserted = [row for row in changes.inserted if isinstance(row, ClaimRow)]
        facets = self._facets.numbers(connection, [row[:3] for row in (*claimed, *removed)])
        self._note_dyads(connection, claimed)
        _note(connection, claimed, facets)
        self._extents.write(
            connection,
            [Claimed(facets[row[:3]], *row[3:5], row.position_from) for row in claimed],
        )
        deleted = [(facets[row[:3]], *row[3:10], row.known_from) for row in removed]
        connection.executemany(_DELETE_CLAIM, deleted)
        numbered = sorted((facets[row[:3]], *row[3:-1]) for row in inserted)
        connection.executemany(_INSERT_CLAIM, numbered)
        # A dispute is never taken back: nothing to delete.
        disputed = [row for row in changes.inserted if isinstance(row, DisputeRow)]
        connection.executemany("INSERT INTO disputes VALUES (?, ?, ?)", disputed)

    def _note_dyads(self, connection: apsw.Connection, added: Iterable[ClaimRow]) -> None:
        """Write down the dyads that are new, by both of their codes."""
        new = sorted({row.dyad for row in added} - self._dyads)
        sides = [(code, dyad) for dyad in new for code in dyad.split("-")]
        connection.executemany("INSERT OR IGNORE INTO dyads VALUES (?, ?)", sides)
        self._dyads.update(new)


def _note(
    connection: apsw.Connection, added: Iterable[ClaimRow], facets: Mapping[Key, int]
) -> None:
    """Note which partitions the facets have, and on the boards of which issues they may stand."""
    noted: dict[int, int] = {}
    shown: set[tuple[str, int]] = set()
    for row in added:
        facet_id = facets[row[:3]]
        noted[facet_id] = noted.get(facet_id, 0) | 1 << row.partition
        shown.update((issue, facet_id) for issue in row.issues)
    connection.executemany("INSERT OR IGNORE INTO issue_facets VALUES (?, ?)", sorted(shown))
    connection.executemany(
        "UPDATE facets SET partitions = partitions | ?1 WHERE facet_id = ?2 "
        "AND partitions | ?1 <> partitions",
        [(bits, facet_id) for facet_id, bits in noted.items()],
    )


def _claim_row(content: Content, assertion: Assertion) -> ClaimRow:
    claim, region = content.claim, content.region
    rank = Rank.of(claim, assertion, content.known)
    earliest, known_from = micros(rank.earliest), micros(region.known_from)
    is_certain = claim.certainty is Certainty.CERTAIN
    partition = CERTAIN * is_certain + FORESEEING * (known_from < earliest)
    return ClaimRow(
        str(assertion.dyad),
        assertion.facet.kind is not FacetKind.AGENDA,
        str(assertion.facet),
        partition,
        earliest,
        rank.stage,
        rank.certainty,
        micros(rank.known),
        rank.event_id.bytes,
        region.position_from,
        FOREVER if region.position_to is None else region.position_to,
        known_from,
        FOREVER if region.known_to is None else micros(region.known_to),
        *_plan(assertion, earliest),
        content.position,
        issues_of(claim, assertion),
    )


def _plan(assertion: Assertion, earliest: int) -> tuple[str | None, int | None, int | None]:
    """Where a plan is looked for: by the bits of the span from its announcement to its end."""
    if assertion.state not in {State.PLANNED, State.POSTPONED}:
        return None, None, None
    end = assertion.scheduled.latest if assertion.scheduled else None
    until = FOREVER if end is None else micros(end)
    if until <= earliest:
        return None, None, None
    bits = _OPEN_BITS if until == FOREVER else (until - earliest).bit_length()
    return str(assertion.dyad), bits, until


class Asked(NamedTuple):
    """A question under way: what it reads from, and the point that it asks from."""

    connection: apsw.Connection
    elements: Elements
    dyad: Dyad
    point: Point


class Winners(NamedTuple):
    """The winning claim of a facet, and the last certain one, which may be the same."""

    best: Candidate
    certain: Candidate | None


def bilateral_status(
    connection: apsw.Connection, elements: Elements, dyad: Dyad, as_of: AsOf, recorded: int
) -> BilateralStatus:
    """Return how things stand between two parties.

    `recorded` is the record time of the position asked from, in microseconds.
    """
    point = Point(micros(as_of.valid), micros(as_of.known), as_of.position, recorded)
    asked = Asked(connection, elements, dyad, point)
    facets = [*connection.execute(_LISTED, (str(dyad),)), *_planned(connection, dyad, point)]
    found = (element_of(asked, *facet) for facet in facets)
    return assemble(dyad, as_of, [one for one in found if one is not None])


def facet_winner(
    connection: apsw.Connection,
    elements: Elements,
    slot: tuple[Dyad, str],
    as_of: AsOf,
    recorded: int,
) -> StatusElement | None:
    """Return the winner of one facet of a dyad as claimed, even where its life cycle is over.

    `recorded` is as in `bilateral_status`.
    """
    dyad, facet = slot
    point = Point(micros(as_of.valid), micros(as_of.known), as_of.position, recorded)
    is_listed = Facet.parse(facet).kind is not FacetKind.AGENDA
    asked = Asked(connection, elements, dyad, point)
    found = connection.execute(_FACET_NAMED, (str(dyad), is_listed, facet)).fetchone()
    return element_of(asked, *found) if found else None


def _planned(
    connection: apsw.Connection, dyad: Dyad, point: Point
) -> Iterator[tuple[int, str, int]]:
    """Yield the agenda facets with a plan announced by the valid time, for a day that is not past.

    A span of n bits is shorter than 2**n, so that its end lies between the valid time and 2**n
    after: for each n that occurs, one short range of the index. For example a plan of 5 March for
    20 March has a span of 41 bits (about 25 days at most): it is looked for in the 25 days after
    the valid time.
    """
    planned: dict[int, None] = {}
    bits: int | None = connection.execute(_NEXT_SPAN_BITS, (str(dyad), 0)).get
    while bits is not None:
        end = FOREVER + 1 if bits == _OPEN_BITS else point.valid + (1 << bits)
        found = connection.execute(_PLANS, (str(dyad), bits, point.valid, end, point.valid))
        planned.update(dict.fromkeys(facet_id for (facet_id,) in found))
        bits = connection.execute(_NEXT_SPAN_BITS, (str(dyad), bits)).get
    for facet_id in planned:
        yield from connection.execute(_FACET, (facet_id,))


def element_of(asked: Asked, facet_id: int, facet: str, partitions: int) -> StatusElement | None:
    """Return the winning claim's element, with the last certain one beside it where it is less."""
    winners = winners_of(asked, facet_id, partitions)
    return read_winners(asked, facet, winners) if winners else None


def winners_of(asked: Asked, facet_id: int, partitions: int) -> Winners | None:
    """Return the winning claim of a facet and the last certain one, None where there is none."""
    found = [
        (number, one)
        for number in range(partitions.bit_length())
        if partitions >> number & 1
        and (one := winner(asked.connection, facet_id, number, asked.point)) is not None
    ]
    if not found:
        return None
    certain = max((one for number, one in found if number & CERTAIN), default=None)
    return Winners(max(one for _, one in found), certain)


def read_winners(asked: Asked, facet: str, winners: Winners) -> StatusElement:
    """Return the element that the winners of a facet make."""
    best, certain = winners
    if certain is None or certain is best:
        return _read(asked, facet, best)
    last = _read(asked, facet, certain)
    return _read(asked, facet, best).model_copy(update={"last_certain": last})


def content_position(connection: apsw.Connection, claim: Candidate) -> int:
    """Return the position of the version that gives a candidate's content."""
    position: int = connection.execute(_CONTENT, (claim.claim_id,)).get
    return position


def _read(asked: Asked, facet: str, claim: Candidate) -> StatusElement:
    position = content_position(asked.connection, claim)
    element = asked.elements.element(position, claim.known, str(asked.dyad), facet)
    bindings = (claim.event_id, asked.point.position, asked.point.known)
    is_disputed = asked.connection.execute(_IS_DISPUTED, bindings).get
    return element.model_copy(update={"contested": True}) if is_disputed else element
