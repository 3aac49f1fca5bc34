"""The view of the `eventsourcing` library's projection: all that the service's read models know.

One table each for what claims assert, for what they are found by on a timeline, and for their
scores; a fourth has the events, since what an amendment changes follows from the whole stream.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from eventsourcing.persistence import Tracking
from eventsourcing.sqlite import SQLiteCursor, SQLiteDatastore, SQLiteTrackingRecorder

from bench import facts
from bench.facts import OPEN_MICROS, OPEN_POSITION
from communique.codec import stored_bytes
from communique.domain.claims.event import Claim, Recorded
from communique.domain.claims.history import Content, contents
from communique.domain.state.assertions import codes_concerned, dyads_concerned
from communique.domain.state.score_series import Scale, millionths_of, sides_of
from communique.domain.state.subject import subjects_of
from communique.domain.time.clocks import Region, from_micros, micros

_SCHEMA: Final = (
    """
    CREATE TABLE IF NOT EXISTS events (
        position INTEGER PRIMARY KEY, claim_id TEXT, record_time INTEGER, state BLOB
    )
    """,
    "CREATE INDEX IF NOT EXISTS events_by_claim ON events (claim_id, position)",
    """
    CREATE TABLE IF NOT EXISTS claims (
        dyad TEXT, facet TEXT, earliest INTEGER, stage INTEGER, certainty INTEGER, known INTEGER,
        event_id TEXT, position_from INTEGER, position_to INTEGER, known_from INTEGER,
        known_to INTEGER, until INTEGER
    )
    """,
    "CREATE INDEX IF NOT EXISTS claims_by_dyad ON claims (dyad, facet, earliest)",
    """
    CREATE TABLE IF NOT EXISTS tags (
        tag TEXT, earliest INTEGER, event_id TEXT, position_from INTEGER, position_to INTEGER,
        known_from INTEGER, known_to INTEGER
    )
    """,
    "CREATE INDEX IF NOT EXISTS tags_by_valid ON tags (tag, earliest)",
    """
    CREATE TABLE IF NOT EXISTS scores (
        dyad TEXT, side INTEGER, earliest INTEGER, event_id TEXT, position_from INTEGER,
        position_to INTEGER, known_from INTEGER, known_to INTEGER, goldstein INTEGER, plover INTEGER
    )
    """,
    "CREATE INDEX IF NOT EXISTS scores_by_day ON scores (dyad, side, earliest)",
)
_INSERTS: Final = {
    "claims": "INSERT INTO claims VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "tags": "INSERT INTO tags VALUES (?, ?, ?, ?, ?, ?, ?)",
    "scores": "INSERT INTO scores VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
}
_DELETES: Final = {
    "claims": "DELETE FROM claims WHERE dyad = ? AND facet = ? AND earliest = ? AND event_id = ?",
    "tags": "DELETE FROM tags WHERE tag = ? AND earliest = ? AND event_id = ?",
    "scores": "DELETE FROM scores WHERE dyad = ? AND side = ? AND earliest = ? AND event_id = ?",
}
_KEYS: Final = {"claims": (0, 1, 2, 6), "tags": (0, 1, 2), "scores": (0, 1, 2, 3)}
"""Where a row has what it is deleted by: an index finds that, and no other one is needed."""

_STREAM: Final = """
    SELECT position, record_time, state FROM events WHERE claim_id = ? ORDER BY position
"""
_AS_OF: Final = """
    SELECT facet, event_id FROM (
        SELECT facet, event_id, row_number() OVER (
            PARTITION BY facet
            ORDER BY earliest DESC, stage DESC, certainty DESC, known DESC, event_id DESC
        ) AS place
        FROM claims
        WHERE dyad = :dyad AND earliest <= :valid
            AND position_from <= :position AND position_to > :position
            AND known_from <= :known AND known_to > :known AND (until IS NULL OR until > :valid)
    ) WHERE place = 1 ORDER BY facet
"""


_Row = tuple[Any, ...]


class Noted(NamedTuple):
    """An event as the projection gets it; the claim is the one that it is, or amends."""

    position: int
    claim_id: UUID
    record_time: datetime
    state: bytes
    is_claim: bool


class View(SQLiteTrackingRecorder):
    """Rows in a file of their own, written together with the position that was reached."""

    def __init__(self, datastore: SQLiteDatastore, **given: Any) -> None:  # noqa: ANN401  the library's
        """Make the tables."""
        super().__init__(datastore, **given)
        self.create_table_statements.extend(_SCHEMA)

    def take_in(self, noted: Noted, tracking: Tracking) -> None:
        """Write what an event adds and changes, without a sync: derived, as the service's is."""
        claim_id = str(noted.claim_id)
        with self.datastore.get_connection(commit=True) as connection:
            connection.cursor().execute("PRAGMA synchronous = NORMAL")
            with connection.transaction(commit=True) as cursor:
                row = (noted.position, claim_id, micros(noted.record_time), noted.state)
                cursor.execute("INSERT INTO events VALUES (?, ?, ?, ?)", row)
                *before, last = _stream(cursor, noted)
                if before:
                    _delete(cursor, _rows(before))
                for table, row in _rows([*before, last]):
                    cursor.execute(_INSERTS[table], row)
                self._insert_tracking(cursor, tracking)

    def winners(self, parameters: dict[str, object]) -> list[tuple[str, str]]:
        """Return the id of the event that wins each facet of a dyad as of a point."""
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(_AS_OF, parameters)
            return [tuple(row) for row in cursor.fetchall()]


def _stream(cursor: SQLiteCursor, noted: Noted) -> list[Recorded]:
    """Return the claim and its amendments so far."""
    if noted.is_claim:
        rows = [(noted.position, micros(noted.record_time), noted.state)]
    else:
        cursor.execute(_STREAM, (str(noted.claim_id),))
        rows = cursor.fetchall()
    return [
        Recorded(position, from_micros(record_time), revision, stored_bytes(state), "")
        for revision, (position, record_time, state) in enumerate(rows, 1)
    ]


def _rows(stream: Sequence[Recorded]) -> Iterator[tuple[str, _Row]]:
    """Yield the rows of an event, each after the name of its table."""
    for fact, _ in facts.facts_of(stream):
        yield "claims", fact
    for content in contents(stream):
        yield from (("tags", row) for row in _tags(content))
        yield from (("scores", row) for row in _scores(content))


def _delete(cursor: SQLiteCursor, rows: Iterable[tuple[str, _Row]]) -> None:
    for table, row in rows:
        cursor.execute(_DELETES[table], [row[place] for place in _KEYS[table]])


def _tags(content: Content) -> Iterator[_Row]:
    claim, where = content.claim, _where(content.region)
    for tag in _found_by(claim):
        yield tag, micros(claim.occurred.earliest), str(claim.event_id), *where


def _found_by(claim: Claim) -> Iterator[str]:
    yield "*"
    yield f"type:{claim.payload.type}"
    yield from (f"dyad:{dyad}" for dyad in dyads_concerned(claim))
    yield from (f"party:{code}" for code in sorted(codes_concerned(claim)))
    yield from (f"issue:{issue}" for issue in claim.issues)
    yield from (f"subject:{key}" for key in subjects_of(claim))


def _scores(content: Content) -> Iterator[_Row]:
    claim, where = content.claim, _where(content.region)
    scores = [millionths_of(claim, scale) for scale in Scale]
    if any(score is not None for score in scores):
        for dyad, side in sides_of(claim).items():
            begins = micros(claim.occurred.earliest)
            yield str(dyad), int(side), begins, str(claim.event_id), *where, *scores


def _where(region: Region) -> tuple[int, int, int, int]:
    return (
        region.position_from,
        OPEN_POSITION if region.position_to is None else region.position_to,
        micros(region.known_from),
        OPEN_MICROS if region.known_to is None else micros(region.known_to),
    )
