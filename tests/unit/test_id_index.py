"""The index of streams in levels: each entry in one of them, none lost, small levels kept small."""

from itertools import accumulate, count, pairwise
from operator import itemgetter
from pathlib import Path
from random import Random
from uuid import UUID, uuid5

import apsw
import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from communique.server.log.entries import AmendmentEntry, ClaimEntry, Entry
from communique.server.log.eventsourcing.event_recorder import LogRecorder
from communique.server.log.sqlite_store.id_index import (
    ENDINGS_BYTES_MAX,
    FIND_CLAIMS,
    LEVELS,
    StreamIndex,
)
from communique.server.log.sqlite_store.log_schema import LOG_FORMAT
from communique.server.log.sqlite_store.sqlite_log import SQLiteEventLog
from communique.server.runtime.limits import LogLimits
from communique.server.sqlite.database_file import connect

LIMITS = LogLimits(level_sizes=(5, 10, 20))
NAMESPACE = UUID(int=7)
ROW = "INSERT INTO events VALUES (?, ?, ?, 'MeetingHeld', x'', 0, '', x'')"

TABLES = """
    CREATE TABLE events (
        position INTEGER PRIMARY KEY,
        originator_id BLOB NOT NULL,
        originator_version INTEGER NOT NULL,
        topic TEXT NOT NULL,
        state BLOB NOT NULL,
        record_micros INTEGER NOT NULL,
        submitter TEXT NOT NULL,
        heading BLOB NOT NULL,{unique}
        CHECK (length(originator_id) = 16)
    ) STRICT;
    CREATE TABLE amendments (
        position INTEGER PRIMARY KEY,
        event_id BLOB NOT NULL UNIQUE,
        retracts INTEGER NOT NULL
    ) STRICT;
    PRAGMA application_id = 0x434D514C;
    PRAGMA user_version = {version};
"""
LEVEL = """
    CREATE TABLE versions_{} (
        originator_id BLOB NOT NULL,
        originator_version INTEGER NOT NULL,
        position INTEGER NOT NULL,
        PRIMARY KEY (originator_id, originator_version)
    ) STRICT, WITHOUT ROWID;
"""
FORMER = {
    1: TABLES.format(unique="UNIQUE (originator_id, originator_version),", version=1),
    2: f"""
        {TABLES.format(unique="", version=2)} {"".join(map(LEVEL.format, range(3)))}
        CREATE VIEW versions AS SELECT * FROM versions_0
            UNION ALL SELECT * FROM versions_1 UNION ALL SELECT * FROM versions_2;
        CREATE TRIGGER entered AFTER INSERT ON events BEGIN
            INSERT INTO versions_1 VALUES (NEW.originator_id, NEW.originator_version, NEW.position);
        END;
    """,  # noqa: S608  our own names
}
"""What made a log of each former version; in a trigger of its own the second enters all in one
level, which is as good as any other."""


def entries_of(connection: apsw.Connection, table: str) -> list[tuple[bytes, int, int]]:
    """What an index must say of `events`, or says."""
    query = "SELECT originator_id, originator_version, position FROM {} ORDER BY position"
    return list(connection.execute(query.format(table)))


def found_claims(connection: apsw.Connection, random: Random) -> list[tuple[bytes, int, int]]:
    """What is found of all ids of claims, and of others that begin and end as they do."""
    ids = [event_id for event_id, _, _ in entries_of(connection, "events")]
    others = [event_id[:2] + random.randbytes(12) + event_id[-2:] for event_id in ids]
    rows = connection.execute(FIND_CLAIMS, (apsw.carray((*ids, *others)),))
    return sorted(((event_id, 1, at) for event_id, at in rows), key=itemgetter(2))


def held(connection: apsw.Connection) -> list[int]:
    """How many entries each level has."""
    return [len(entries_of(connection, f"versions_{level}")) for level in range(LEVELS)]


def expected(position: int, sizes: tuple[int, ...], at_once: int) -> list[int]:
    """How many entries each level has at a position, if so many at once go on from a full one."""
    gone = [max(position - bound, 0) // at_once * at_once for bound in accumulate(sizes)]
    return [came - went for came, went in pairwise([position, *gone, 0])]


@given(
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=12),
    seed=st.integers(0, 2**32),
    opened_anew=st.booleans(),
    levels=st.sampled_from([((5, 10, 20), 1), ((64, 30, 20), 2)]),
)
def test_each_entry_is_in_one_level(
    sizes: list[int], seed: int, *, opened_anew: bool, levels: tuple[tuple[int, ...], int]
) -> None:
    """Ids in groups of any size and order are all found, each in one level of bounded size."""
    random, position = Random(seed), 0
    connection = apsw.Connection(":memory:")
    connection.execute(LOG_FORMAT.schema)
    versions = StreamIndex(connection, levels[0])
    for size in sizes:
        ids = [random.choice((b"\x00", b"\xff", b"")) + random.randbytes(15) for _ in range(size)]
        rows = [(at, event_id.ljust(16), 1) for at, event_id in enumerate(ids, position + 1)]
        connection.executemany(ROW, rows)
        versions.enter(position, position + size)
        position += size
        assert entries_of(connection, "versions") == entries_of(connection, "events")
        assert held(connection) == expected(position, *levels)
        assert found_claims(connection, random) == entries_of(connection, "events")
        if opened_anew:
            versions = StreamIndex(connection, levels[0])


def test_events_are_known_in_every_level(tmp_path: Path) -> None:
    """Duplicates, amendments and streams are found in every level of the index."""
    path = tmp_path / "log.db"
    ids = [uuid5(NAMESPACE, str(number)) for number in range(60)]
    claims: list[Entry] = [ClaimEntry(event_id, "MeetingHeld", b"x") for event_id in ids]
    amendments: list[Entry] = [
        AmendmentEntry(uuid5(event_id, "again"), event_id, "EventCorrected", b"y")
        for event_id in ids
    ]
    with SQLiteEventLog.open(path, count(1).__next__, LIMITS) as log:
        for entries in (claims, amendments):
            for start in range(0, 60, 7):
                log.append(entries[start : start + 7]).result()
    with SQLiteEventLog.open(path, count(1).__next__, LIMITS) as log:
        again = log.append(claims).result() + log.append(amendments).result()
        assert all(receipt.duplicate for receipt in again)
        assert [receipt.position for receipt in again] == list(range(1, 121))
        assert [log.find(entry.event_id) for entry in claims + amendments] == list(range(1, 121))
        for number, event_id in enumerate(ids, 1):
            versions = [(row.revision, row.position) for row in log.stream(event_id)]
            assert versions == [(1, number), (2, number + 60)]
            assert len(LogRecorder(log).select_events(event_id, gt=1)) == 1


def test_a_version_is_taken_in_any_level(tmp_path: Path) -> None:
    """The library's recorder refuses a version again, in any level and within one batch."""
    with SQLiteEventLog.open(tmp_path / "log.db", count(1).__next__, LIMITS) as log:
        events = [StoredEvent(UUID(int=number), 1, "MeetingHeld", b"") for number in range(40)]
        LogRecorder(log).insert_events(events)
        fresh = StoredEvent(UUID(int=99), 1, "MeetingHeld", b"")
        for refused in (*([fresh, event] for event in events), [fresh, fresh]):
            with pytest.raises(IntegrityError):
                LogRecorder(log).insert_events(refused)
        assert log.head()[0] == 40
        assert LogRecorder(log).insert_events([fresh]) == [41]


@pytest.mark.parametrize(
    ("begin_alike", "kept"), [(False, 2 * (5_000 - 15)), (True, ENDINGS_BYTES_MAX)]
)
def test_what_ids_end_with_is_kept_within_a_bound(begin_alike: bool, kept: int) -> None:  # noqa: FBT001
    """The index of id endings has two bytes per claim and a bound for those alike."""
    random, connection = Random(7), apsw.Connection(":memory:")
    connection.execute(LOG_FORMAT.schema)
    versions = StreamIndex(connection, LIMITS.level_sizes)
    ids = [b"\0\0" * begin_alike + random.randbytes(16 - 2 * begin_alike) for _ in range(5_000)]
    connection.executemany(ROW, ((at, event_id, 1) for at, event_id in enumerate(ids, 1)))
    for position in range(0, 5_000, 500):
        versions.enter(position, position + 500)
    assert connection.execute("SELECT sum(length(endings)) FROM endings").get == kept
    assert found_claims(connection, random) == entries_of(connection, "events")


@pytest.mark.parametrize("event_count", [0, 1, 10_000, 110_000])
@pytest.mark.parametrize("version", FORMER)
def test_a_log_of_a_former_version_is_upgraded(
    tmp_path: Path, version: int, event_count: int
) -> None:
    """A log of a former version is upgraded with the same rows, each in its level."""
    path = tmp_path / "log.db"
    former = apsw.Connection(str(path))
    former.execute(FORMER[version])
    ids = [uuid5(NAMESPACE, str(number)).bytes for number in range(event_count)]
    with former:
        former.executemany(ROW, ((at, event_id, 1) for at, event_id in enumerate(ids, 1)))
    former.execute("DROP TRIGGER IF EXISTS entered")
    before = list(former.execute("SELECT * FROM events"))
    former.close()
    with capture_logs() as logged, SQLiteEventLog.open(path, count(1).__next__) as log:
        assert [(line["event"], line["version"], line["to"]) for line in logged] == [
            ("upgrading", version, 3)
        ]
        assert log.head()[0] == event_count
        assert log.append([ClaimEntry(NAMESPACE, "MeetingHeld", b"")]).result()[0].position == (
            event_count + 1
        )
    upgraded = connect(path, LOG_FORMAT)
    assert list(upgraded.execute("SELECT * FROM events"))[:-1] == before
    assert entries_of(upgraded, "versions") == entries_of(upgraded, "events")
    assert found_claims(upgraded, Random(7)) == entries_of(upgraded, "events")
    assert held(upgraded) == [
        min(event_count, 8_192) + 1,
        min(max(event_count - 8_192, 0), 90_112),
        max(event_count - 98_304, 0),
        0,
    ]
    assert upgraded.pragma("integrity_check") == "ok"
    upgraded.close()
