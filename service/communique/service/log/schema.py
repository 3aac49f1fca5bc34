"""The tables of `log.db`.

`events` is the log. Its positions are given out by the writer inside the write transaction, so they
are dense, and they are the primary key itself, so VACUUM can't renumber them. `versions` says at
which position each version of a stream lies; `versions.py` says why it has levels. `amendments`
gives each amendment's own event id, which is not in `events` because there an amendment is filed
under its target, and says whether it ended the target's stream. `heading` follows from the other
columns: `heading.py` says why it is kept.
"""

from typing import Final

from communique.service.log.sqlite import Format

LEVEL_SIZES: Final = (8_192, 262_144)
"""Entries of `versions` in each level but the last, which has all others.

The first has 60 pages, which a commit of 500 dirties all. The second is 32 times as large, and so
is the last to it at 8,000,000 events. A level more would be a seek more for each new event id.
"""

_EVENTS: Final = """
    CREATE TABLE events (
        position INTEGER PRIMARY KEY,
        originator_id BLOB NOT NULL,
        originator_version INTEGER NOT NULL,
        topic TEXT NOT NULL,
        state BLOB NOT NULL,
        record_micros INTEGER NOT NULL,
        submitter TEXT NOT NULL,
        heading BLOB NOT NULL,
        CHECK (length(originator_id) = 16)
    ) STRICT;
"""
_LEVEL: Final = """
    CREATE TABLE versions_{} (
        originator_id BLOB NOT NULL,
        originator_version INTEGER NOT NULL,
        position INTEGER NOT NULL,
        PRIMARY KEY (originator_id, originator_version)
    ) STRICT, WITHOUT ROWID;
"""
_VERSIONS: Final = f"""
    {_LEVEL.format(0)} {_LEVEL.format(1)} {_LEVEL.format(2)}
    CREATE VIEW versions AS SELECT * FROM versions_0
        UNION ALL SELECT * FROM versions_1 UNION ALL SELECT * FROM versions_2;
"""  # noqa: S608  our own names
_AMENDMENTS: Final = """
    CREATE TABLE amendments (
        position INTEGER PRIMARY KEY,
        event_id BLOB NOT NULL UNIQUE,
        retracts INTEGER NOT NULL
    ) STRICT;
"""

_ENTERED: Final = """
    INSERT INTO versions_{} SELECT originator_id, originator_version, position
    FROM events_of_1, (SELECT max(position) AS head FROM events_of_1)
    WHERE head - position >= {} AND head - position < {}
    ORDER BY originator_id, originator_version;
"""
_FIRST, _SECOND = LEVEL_SIZES
_FROM_1: Final = f"""
    ALTER TABLE events RENAME TO events_of_1; {_EVENTS} {_VERSIONS}
    {_ENTERED.format(0, 0, _FIRST)} {_ENTERED.format(1, _FIRST, _FIRST + _SECOND)}
    {_ENTERED.format(2, _FIRST + _SECOND, 2**62)}
    INSERT INTO events SELECT * FROM events_of_1 ORDER BY position;
    DROP TABLE events_of_1;
"""  # noqa: S608  our own names
"""In version 1 one index over all of `events` kept the versions of streams."""

LOG_FORMAT: Final = Format(
    application_id=0x434D514C,  # "CMQL"
    version=2,
    schema=_EVENTS + _VERSIONS + _AMENDMENTS,
    upgrades={1: _FROM_1},
)

COLUMNS: Final = (
    "e.position, e.originator_id, e.originator_version, topic, state, record_micros, submitter"
)
"""The columns of `events AS e` that make a `Recorded`, in its order."""

END: Final = "SELECT position, record_micros FROM events ORDER BY position DESC LIMIT 1"
"""The query for the last position and its record time; no row if the log is empty."""
