"""The read model of the timeline: every content of every event, found by what it is about.

A content is found by its tags: its type, dyads, parties, issues and subjects (`event_filter`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import ClassVar, Final, NamedTuple

import apsw

from communique.domain.state.event_filter import DYAD, ISSUE, SUBJECT, tags_of
from communique.domain.state.subject import asserted_of
from communique.domain.time.clocks import micros
from communique.server.projections.event_contents import FOREVER, ContentVersion, EventContents
from communique.server.projections.key_table import KeyTable
from communique.server.projections.projection import Row, RowChanges, ViewProjection

_SCHEMA: Final = """
    CREATE TABLE tags (tag_id INTEGER PRIMARY KEY, tag TEXT NOT NULL UNIQUE) STRICT;
    -- One row for each region in which a content of an event decides. Times are microseconds;
    -- `entry` is the claim's position with the region's number in its lowest 13 bits, and
    -- `content_position` that of the version that gives the content. `state` is what it asserts of
    -- its subject, nothing for a denial; `is_named` whether it names that subject itself.
    CREATE TABLE entries (
        entry INTEGER PRIMARY KEY,
        content_position INTEGER NOT NULL,
        corrected_by BLOB,
        event_id BLOB NOT NULL,
        known INTEGER NOT NULL,
        earliest INTEGER NOT NULL,
        latest INTEGER NOT NULL,
        certainty TEXT NOT NULL,
        outlet TEXT NOT NULL,
        state TEXT,
        stage INTEGER,
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
"""Of an entry's number: the 100 amendments that a claim may have make 5,151 regions at most."""
BLOCK_BITS: Final = REGION_BITS + 17
"""A block is 131,072 positions: even a rare tag is looked for in one block after the other."""
_INSERT_ENTRY: Final = """
    INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_DELETE_BY_VALID: Final = """
    DELETE FROM tagged_by_valid WHERE tag_id = ? AND earliest = ? AND event_id = ? AND entry = ?
"""
_DELETE_BY_POSITION: Final = """
    DELETE FROM tagged_by_position WHERE block = ? AND tag_id = ? AND entry = ?
"""


class EntryRow(NamedTuple):
    """One row of `entries`, the tags that it is found by, and the rows of `topics` that it has.

    The tag of a topic is still by name.
    """

    entry: int
    content_position: int
    corrected_by: bytes | None
    event_id: bytes
    known: int
    earliest: int
    latest: int
    certainty: str
    outlet: str
    state: str | None
    stage: int | None
    is_named: bool
    position_from: int
    position_to: int
    known_from: int
    known_to: int
    tags: tuple[str, ...]
    topics: tuple[tuple[str, str, str], ...]


class TimelineDisputeRow(NamedTuple):
    """One row of `disputes`."""

    event_id: bytes
    position: int
    known: int
    dispute_id: bytes


class TimelineProjection(ViewProjection):
    """Keeps where each content of each event stands."""

    name: ClassVar[str] = "timeline"
    version: ClassVar[int] = 5
    schema: ClassVar[str] = _SCHEMA

    def __init__(self) -> None:
        """Know no tag's number yet."""
        self._tags = KeyTable("tags", "tag_id", ("tag",))

    def forget(self) -> None:
        """Forget the tags' numbers."""
        self._tags.forget()

    def rows(self, contents: EventContents) -> list[Row]:
        """Return a row for each region of each content, and one for each dispute."""
        first = contents.position << REGION_BITS
        rows: list[Row] = [_entry_row(*entry) for entry in enumerate(contents.versions, first)]
        rows += [TimelineDisputeRow(*dispute) for dispute in contents.disputes]
        return rows

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
        # A dispute is never taken back: nothing to delete.
        disputed = [row for row in changes.inserted if isinstance(row, TimelineDisputeRow)]
        connection.executemany("INSERT INTO disputes VALUES (?, ?, ?, ?)", disputed)


def _insert(connection: apsw.Connection, rows: Sequence[EntryRow], tags: Mapping[str, int]) -> None:
    connection.executemany(_INSERT_ENTRY, sorted(row[:-2] for row in rows))
    by_valid, by_position = _tagged(rows, tags)
    connection.executemany("INSERT INTO tagged_by_valid VALUES (?, ?, ?, ?)", sorted(by_valid))
    connection.executemany("INSERT INTO tagged_by_position VALUES (?, ?, ?)", sorted(by_position))


def _delete(connection: apsw.Connection, rows: Sequence[EntryRow], tags: Mapping[str, int]) -> None:
    by_valid, by_position = _tagged(rows, tags)
    connection.executemany(_DELETE_BY_VALID, by_valid)
    connection.executemany(_DELETE_BY_POSITION, by_position)
    connection.executemany("DELETE FROM entries WHERE entry = ?", [(row.entry,) for row in rows])


def _tagged(rows: Iterable[EntryRow], tags: Mapping[str, int]) -> tuple[list[Row], list[Row]]:
    """Return the rows by valid time, and those by position.

    The first tag is that of all, whose order of positions is that of `entries`; and nothing of a
    dyad's issue is asked for in that order.
    """
    by_valid: list[Row] = []
    by_position: list[Row] = []
    for row in rows:
        entry, earliest, event_id = row.entry, row.earliest, row.event_id
        tag_ids = [tags[tag] for tag in row.tags]
        by_position += [(entry >> BLOCK_BITS, tag_id, entry) for tag_id in tag_ids[1:]]
        tag_ids += [tags[tag] for _, topic, tag in row.topics if tag != topic]
        by_valid += [(tag_id, earliest, event_id, entry) for tag_id in tag_ids]
    return by_valid, by_position


def _entry_row(entry: int, version: ContentVersion) -> EntryRow:
    claim, event_id, known, earliest, region, position, corrected_by, affirms, asserts = version
    latest = claim.occurred.latest
    state, stage = asserts[0][2:4] if asserts else asserted_of(claim) or (None, None)
    tags = tuple(tags_of(claim, affirms))
    return EntryRow(
        entry,
        position,
        corrected_by,
        event_id,
        known,
        earliest,
        FOREVER if latest is None else micros(latest),
        claim.certainty.value,
        claim.source.outlet,
        state.value if state else None,
        stage,
        claim.subject is not None,
        *region,
        tags,
        tuple(_topics_of(tags)),
    )


def _topics_of(tags: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Yield each dyad with each subject and issue, and the tag that counts them.

    Most claims about a subject are of one dyad: they are counted by the subject's own tag. An issue
    has claims of all dyads: those of each have a tag for the two together.
    """
    dyads = [tag.removeprefix(DYAD) for tag in tags if tag.startswith(DYAD)]
    topics = [tag for tag in tags if tag.startswith(_TOPICS)]
    for dyad, topic in product(dyads, topics):
        yield dyad, topic, f"{dyad} {topic}" if topic.startswith(ISSUE) else topic
