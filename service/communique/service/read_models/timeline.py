"""The read model of the timeline: every content of every event, found by what it is about.

A content is tagged with its type, dyads, parties, issues and subjects: see `listing`.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from operator import attrgetter
from typing import ClassVar, Final, NamedTuple

import apsw

from communique.domain.assertions import codes_concerned, dyads_concerned
from communique.domain.clocks import micros
from communique.domain.event import Claim, Recorded
from communique.domain.history import Content, contents, disputes
from communique.domain.subject import subjects_of
from communique.service.read_models.names import Key, Names
from communique.service.read_models.projection import FOREVER, Projection, Row, RowChanges

_SCHEMA: Final = """
    CREATE TABLE tags (tag_id INTEGER PRIMARY KEY, tag TEXT NOT NULL UNIQUE) STRICT;
    -- One row for each region in which a content of an event decides. Times are microseconds;
    -- `position` is the claim's, `content_position` that of the version that gives the content.
    CREATE TABLE entries (
        entry_id INTEGER PRIMARY KEY,
        position INTEGER NOT NULL,
        content_position INTEGER NOT NULL,
        corrected_by BLOB,
        event_id BLOB NOT NULL,
        known INTEGER NOT NULL,
        earliest INTEGER NOT NULL,
        latest INTEGER NOT NULL,
        certainty TEXT NOT NULL,
        outlet TEXT NOT NULL,
        position_from INTEGER NOT NULL,
        position_to INTEGER NOT NULL,
        known_from INTEGER NOT NULL,
        known_to INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE tagged_by_valid (
        tag_id INTEGER NOT NULL,
        earliest INTEGER NOT NULL,
        event_id BLOB NOT NULL,
        entry_id INTEGER NOT NULL,
        PRIMARY KEY (tag_id, earliest, event_id, entry_id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE tagged_by_position (
        tag_id INTEGER NOT NULL,
        position INTEGER NOT NULL,
        entry_id INTEGER NOT NULL,
        PRIMARY KEY (tag_id, position, entry_id)
    ) STRICT, WITHOUT ROWID;
    -- The subjects and issues that a claim of a dyad was ever about, by their tags.
    CREATE TABLE topics (
        dyad TEXT NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (dyad, tag)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE disputes (
        event_id BLOB NOT NULL,
        position INTEGER NOT NULL,
        known INTEGER NOT NULL,
        dispute_id BLOB NOT NULL,
        PRIMARY KEY (event_id, position)
    ) STRICT, WITHOUT ROWID;
"""

ALL: Final = "*"
DYAD: Final = "dyad:"
_TOPICS: Final = ("issue:", "subject:")
_INSERT_ENTRY: Final = "INSERT INTO entries VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_FIND_ENTRY: Final = """
    SELECT entry_id FROM tagged_by_position JOIN entries USING (entry_id)
    WHERE tag_id = ? AND tagged_by_position.position = ? AND position_from = ? AND known_from = ?
"""
_DELETE_BY_VALID: Final = """
    DELETE FROM tagged_by_valid
    WHERE tag_id = ? AND earliest = ? AND event_id = ? AND entry_id = ?
"""
_DELETE_BY_POSITION: Final = """
    DELETE FROM tagged_by_position WHERE tag_id = ? AND position = ? AND entry_id = ?
"""


class EntryRow(NamedTuple):
    """One row of `entries` without its number, and the tags that it is found by."""

    position: int
    content_position: int
    corrected_by: bytes | None
    event_id: bytes
    known: int
    earliest: int
    latest: int
    certainty: str
    outlet: str
    position_from: int
    position_to: int
    known_from: int
    known_to: int
    tags: tuple[str, ...]

    def topics(self) -> Iterator[tuple[str, str]]:
        """Yield each of its dyads with the tag of each subject and issue."""
        dyads = [tag.removeprefix(DYAD) for tag in self.tags if tag.startswith(DYAD)]
        topics = [tag for tag in self.tags if tag.startswith(_TOPICS)] if dyads else []
        return product(dyads, topics)


class DisputeRow(NamedTuple):
    """One row of `disputes`."""

    event_id: bytes
    position: int
    known: int
    dispute_id: bytes


class TimelineProjection(Projection):
    """Keeps where each content of each event stands."""

    name: ClassVar[str] = "timeline"
    version: ClassVar[int] = 3
    schema: ClassVar[str] = _SCHEMA

    def __init__(self) -> None:
        """Know no tag's number yet."""
        self._tags = Names("tags", "tag_id", ("tag",))

    def forget(self) -> None:
        """Forget the tags' numbers."""
        self._tags.forget()

    def rows(self, history: Sequence[Recorded]) -> Iterator[EntryRow | DisputeRow]:
        """Return a row for each region of each content, and one for each dispute."""
        position = history[0].position
        for content in contents(history):
            yield _entry_row(position, content)
        if len(history) > 1 and history[0].event:
            event_id = history[0].event.event_id.bytes
            for one in disputes(history):
                yield DisputeRow(event_id, one.position, micros(one.known), one.event_id.bytes)

    def write(self, connection: apsw.Connection, added: Sequence[Row], changes: RowChanges) -> None:
        """Number the tags, delete, then insert each table in the order of its key."""
        entries = [row for row in (*added, *changes.removed) if isinstance(row, EntryRow)]
        tags = self._tags.numbers(connection, [(tag,) for row in entries for tag in row.tags])
        topics = {pair for row in added if isinstance(row, EntryRow) for pair in row.topics()}
        connection.executemany("INSERT OR IGNORE INTO topics VALUES (?, ?)", sorted(topics))
        for row in changes.removed:
            if isinstance(row, EntryRow):
                _delete(connection, row, tags)
        inserted = [row for row in changes.inserted if isinstance(row, EntryRow)]
        _insert(connection, sorted(inserted, key=attrgetter("position")), tags)
        # A dispute is never taken back: nothing to delete.
        disputed = [row for row in changes.inserted if isinstance(row, DisputeRow)]
        connection.executemany("INSERT INTO disputes VALUES (?, ?, ?, ?)", disputed)


def _insert(connection: apsw.Connection, rows: Sequence[EntryRow], tags: Mapping[Key, int]) -> None:
    first = (connection.execute("SELECT max(entry_id) FROM entries").get or 0) + 1
    connection.executemany(_INSERT_ENTRY, [row[:-1] for row in rows])
    by_valid: list[Row] = []
    by_position: list[Row] = []
    for entry_id, row in enumerate(rows, first):
        position, earliest, event_id = row.position, row.earliest, row.event_id
        for tag in row.tags:
            tag_id = tags[(tag,)]
            by_valid.append((tag_id, earliest, event_id, entry_id))
            by_position.append((tag_id, position, entry_id))
    connection.executemany("INSERT INTO tagged_by_valid VALUES (?, ?, ?, ?)", sorted(by_valid))
    connection.executemany("INSERT INTO tagged_by_position VALUES (?, ?, ?)", sorted(by_position))


def _delete(connection: apsw.Connection, row: EntryRow, tags: Mapping[Key, int]) -> None:
    key = (tags[(ALL,)], row.position, row.position_from, row.known_from)
    found = connection.execute(_FIND_ENTRY, key).get
    tag_ids = [tags[(tag,)] for tag in row.tags]
    by_valid = [(tag_id, row.earliest, row.event_id, found) for tag_id in tag_ids]
    connection.executemany(_DELETE_BY_VALID, by_valid)
    by_position = [(tag_id, row.position, found) for tag_id in tag_ids]
    connection.executemany(_DELETE_BY_POSITION, by_position)
    connection.execute("DELETE FROM entries WHERE entry_id = ?", (found,))


def _entry_row(position: int, content: Content) -> EntryRow:
    claim, region = content.claim, content.region
    occurred = claim.occurred
    return EntryRow(
        position,
        content.position,
        content.corrected_by.bytes if content.corrected_by else None,
        claim.event_id.bytes,
        micros(content.known),
        micros(occurred.earliest),
        FOREVER if occurred.latest is None else micros(occurred.latest),
        claim.certainty.value,
        claim.source.outlet,
        region.position_from,
        FOREVER if region.position_to is None else region.position_to,
        micros(region.known_from),
        FOREVER if region.known_to is None else micros(region.known_to),
        tuple(tags_of(claim)),
    )


def tags_of(claim: Claim) -> Iterator[str]:
    """Yield what a claim is found by: everything, its type, dyads, parties, issues, subjects."""
    yield ALL
    yield f"type:{claim.payload.type}"
    yield from (f"{DYAD}{dyad}" for dyad in dyads_concerned(claim))
    yield from (f"party:{code}" for code in sorted(codes_concerned(claim)))
    yield from (f"issue:{issue}" for issue in claim.issues)
    yield from (f"subject:{key}" for key in subjects_of(claim))
