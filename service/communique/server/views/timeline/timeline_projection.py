"""The read model of the timeline: every content of every event, found by its tags.

The tags are its type, dyads, parties, issues and subjects: see `event_filter`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import ClassVar, Final, NamedTuple

import apsw

from communique.domain.state.element import surety_of
from communique.domain.state.event_filter import DYAD, ISSUE, SUBJECT, tags_of
from communique.domain.state.subject import asserted_of
from communique.domain.time.clocks import micros
from communique.server.projections.event_contents import (
    FOREVER,
    ContentVersion,
    DisputeVersion,
    EventContents,
)
from communique.server.projections.key_table import KeyTable
from communique.server.projections.projection import Row, RowChanges, ViewProjection

_SCHEMA: Final = """
    CREATE TABLE tags (tag_id INTEGER PRIMARY KEY, tag TEXT NOT NULL UNIQUE) STRICT;
    -- One row for each region in which a content of an event decides. Times are microseconds;
    -- `entry` is the claim's position with the region's number in its lowest 13 bits, and
    -- `content_position` that of the version that gives the content. By `settled` (`settled_day` is
    -- the number of a day) what it says must have begun. `state` is what it asserts of its subject,
    -- nothing for a denial, and `surety` how sure it counts as (see `element`); `is_named` whether
    -- it names that subject itself.
    CREATE TABLE entries (
        entry INTEGER PRIMARY KEY,
        content_position INTEGER NOT NULL,
        corrected_by BLOB,
        event_id BLOB NOT NULL,
        known INTEGER NOT NULL,
        earliest INTEGER NOT NULL,
        latest INTEGER NOT NULL,
        settled INTEGER NOT NULL,
        settled_day INTEGER,
        certainty TEXT NOT NULL,
        outlet TEXT NOT NULL,
        state TEXT,
        stage INTEGER,
        surety INTEGER NOT NULL,
        is_named INTEGER NOT NULL,
        position_from INTEGER NOT NULL,
        position_to INTEGER NOT NULL,
        known_from INTEGER NOT NULL,
        known_to INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE tagged_by_valid (
        tag_id INTEGER NOT NULL,
        earliest INTEGER NOT NULL,
        event_id BLOB NOT NULL,
        entry INTEGER NOT NULL,
        PRIMARY KEY (tag_id, earliest, event_id, entry)
    ) STRICT, WITHOUT ROWID;
    -- By blocks of positions, so that what a batch adds lies together, however long the log.
    CREATE TABLE tagged_by_position (
        block INTEGER NOT NULL,
        tag_id INTEGER NOT NULL,
        entry INTEGER NOT NULL,
        PRIMARY KEY (block, tag_id, entry)
    ) STRICT, WITHOUT ROWID;
    -- The subjects and issues that a claim of a dyad was ever about, and the tag by which those
    -- claims are counted.
    CREATE TABLE topics (
        dyad TEXT NOT NULL,
        topic TEXT NOT NULL,
        tag_id INTEGER NOT NULL,
        PRIMARY KEY (dyad, topic)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE disputes (
        event_id BLOB NOT NULL,
        position INTEGER NOT NULL,
        known INTEGER NOT NULL,
        dispute_id BLOB NOT NULL,
        PRIMARY KEY (event_id, position)
    ) STRICT, WITHOUT ROWID;
"""

_TOPICS: Final = (ISSUE, SUBJECT)
REGION_BITS: Final = 13
"""The bits of a region in an entry's number: 100 amendments make 5,151 regions at most."""
BLOCK_BITS: Final = REGION_BITS + 17
"""A block is 131,072 positions: even a rare tag is sought in one block after the other."""
_INSERT_ENTRY: Final = """
    INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_DELETE_BY_VALID: Final = """
    DELETE FROM tagged_by_valid WHERE tag_id = ? AND earliest = ? AND event_id = ? AND entry = ?
"""
_DELETE_BY_POSITION: Final = """
    DELETE FROM tagged_by_position WHERE block = ? AND tag_id = ? AND entry = ?
"""


class TimelineEntry(NamedTuple):
    """A row of `entries`."""

    entry: int
    content_position: int
    corrected_by: bytes | None
    event_id: bytes
    known: int
    earliest: int
    latest: int
    settled: int
    settled_day: int | None
    certainty: str
    outlet: str
    state: str | None
    stage: int | None
    surety: int
    is_named: int
    position_from: int
    position_to: int
    known_from: int
    known_to: int

    @property
    def position(self) -> int:
        """The claim's."""
        return self.entry >> REGION_BITS

    @property
    def valid_key(self) -> bytes:
        """The key of what follows this entry in a list by valid time."""
        return f"{self.earliest}:{self.event_id.hex()}".encode()


class EntryRow(NamedTuple):
    """One row of `entries`, its tags, and its rows of `topics` with their tags' names."""

    columns: TimelineEntry
    tags: tuple[str, ...]
    topics: tuple[tuple[str, str, str], ...]


class TimelineProjection(ViewProjection):
    """Keeps each content of each event under its tags."""

    name: ClassVar[str] = "timeline"
    version: ClassVar[int] = 7
    schema: ClassVar[str] = _SCHEMA

    def __init__(self) -> None:
        self._tags = KeyTable("tags", "tag_id", ("tag",))

    def forget(self) -> None:
        """Forget the tags' numbers."""
        self._tags.forget()

    def rows(self, contents: EventContents) -> list[Row]:
        """Return a row for each region of each content, and one for each dispute."""
        first = contents.position << REGION_BITS
        rows = [_entry_row(*entry) for entry in enumerate(contents.versions, first)]
        return [*rows, *contents.disputes]

    def write(self, connection: apsw.Connection, added: Sequence[Row], changes: RowChanges) -> None:
        """Number the tags, delete, then insert each table in the order of its key."""
        rows = [row for row in (*added, *changes.removed) if isinstance(row, EntryRow)]
        topics = sorted({topic for row in rows for topic in row.topics})
        names = dict.fromkeys(tag for row in rows for tag in row.tags)
        names.update(dict.fromkeys(tag for _, _, tag in topics))
        numbers = self._tags.numbers(connection, [(name,) for name in names])
        tags = {name: numbers[(name,)] for name in names}
        connection.executemany(
            "INSERT OR IGNORE INTO topics VALUES (?, ?, ?)",
            [(dyad, topic, tags[tag]) for dyad, topic, tag in topics],
        )
        _delete(connection, [row for row in changes.removed if isinstance(row, EntryRow)], tags)
        _insert(connection, [row for row in changes.inserted if isinstance(row, EntryRow)], tags)
        # A dispute is never retracted: nothing to delete.
        disputed = [row for row in changes.inserted if isinstance(row, DisputeVersion)]
        connection.executemany("INSERT INTO disputes VALUES (?, ?, ?, ?)", disputed)


def _insert(connection: apsw.Connection, rows: Sequence[EntryRow], tags: Mapping[str, int]) -> None:
    connection.executemany(_INSERT_ENTRY, sorted(row.columns for row in rows))
    by_valid, by_position = _tagged(rows, tags)
    connection.executemany("INSERT INTO tagged_by_valid VALUES (?, ?, ?, ?)", sorted(by_valid))
    connection.executemany("INSERT INTO tagged_by_position VALUES (?, ?, ?)", sorted(by_position))


def _delete(connection: apsw.Connection, rows: Sequence[EntryRow], tags: Mapping[str, int]) -> None:
    by_valid, by_position = _tagged(rows, tags)
    connection.executemany(_DELETE_BY_VALID, by_valid)
    connection.executemany(_DELETE_BY_POSITION, by_position)
    connection.executemany("DELETE FROM entries WHERE entry = ?", [row.columns[:1] for row in rows])


def _tagged(rows: Iterable[EntryRow], tags: Mapping[str, int]) -> tuple[list[Row], list[Row]]:
    """Return the rows by valid time, and those by position.

    The first tag is that of all events: by position they are in `entries`. No list by position is
    of the issues of a dyad.
    """
    by_valid: list[Row] = []
    by_position: list[Row] = []
    for row in rows:
        entry, earliest, event_id = row.columns.entry, row.columns.earliest, row.columns.event_id
        tag_ids = [tags[tag] for tag in row.tags]
        by_position += [(entry >> BLOCK_BITS, tag_id, entry) for tag_id in tag_ids[1:]]
        tag_ids += [tags[tag] for _, topic, tag in row.topics if tag != topic]
        by_valid += [(tag_id, earliest, event_id, entry) for tag_id in tag_ids]
    return by_valid, by_position


def _entry_row(entry: int, version: ContentVersion) -> EntryRow:
    claim, event_id, known, window, region, position, corrected_by, affirms, asserts = version
    latest = claim.occurred.over
    state, stage = asserts[0][2:4] if asserts else asserted_of(claim) or (None, None)
    tags = tuple(tags_of(claim, affirms))
    columns = TimelineEntry(
        entry,
        position,
        corrected_by,
        event_id,
        known,
        micros(window.first),
        FOREVER if latest is None else micros(latest),
        micros(window.settled),
        window.settled_day,
        claim.certainty.value,
        claim.source.outlet,
        state.value if state else None,
        stage,
        surety_of(claim, foreseen=window.foreseen),
        claim.subject is not None,
        *region,
    )
    return EntryRow(columns, tags, tuple(_topics_of(tags)))


def _topics_of(tags: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Yield each dyad with each subject and issue, and the tag that counts them.

    Most claims about a subject are of one dyad: the subject's own tag counts them. An issue has
    claims of all dyads: a tag of the dyad and the issue counts them.
    """
    dyads = [tag.removeprefix(DYAD) for tag in tags if tag.startswith(DYAD)]
    topics = [tag for tag in tags if tag.startswith(_TOPICS)]
    for dyad, topic in product(dyads, topics):
        yield dyad, topic, f"{dyad} {topic}" if topic.startswith(ISSUE) else topic
