"""The tables of `log.db`.

`events` is the log. The writer assigns its positions inside the write transaction, so they are
dense, and they are the primary key itself, so VACUUM can't renumber them. Its `heading` is the
prefix of the event's wire form: see `codec.wire`. `versions` has the position of each version of a
stream; `id_index` explains its levels and `endings`. `amendments` has each amendment's own event
id, since `events` has it under its target's, and whether it ended the target's stream.
"""

from itertools import accumulate, pairwise
from typing import Final

from communique.server.log.sqlite_store.id_index import ENDINGS_FROM, ENDINGS_OF, LEVELS
from communique.server.runtime.limits import INDEX_LEVEL_SIZES
from communique.server.sqlite.database_file import FileFormat

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
    {"".join(map(_LEVEL.format, range(LEVELS)))}
    CREATE VIEW versions AS
        {" UNION ALL ".join(f"SELECT * FROM versions_{level}" for level in range(LEVELS))};
    CREATE TABLE endings (
        beginning BLOB PRIMARY KEY,
        endings BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
"""  # noqa: S608  our own names
_AMENDMENTS: Final = """
    CREATE TABLE amendments (
        position INTEGER PRIMARY KEY,
        event_id BLOB NOT NULL UNIQUE,
        retracts INTEGER NOT NULL
    ) STRICT;
"""

_OF_LEVEL: Final = """
    FROM events WHERE position <= (SELECT max(position) FROM events) - {}
    AND position > (SELECT max(position) FROM events) - {}
"""
_BOUNDS: Final = tuple(accumulate((0, *INDEX_LEVEL_SIZES, 2**62)))
_ENTERED: Final = "".join(
    f"""
    INSERT INTO versions_{level} SELECT originator_id, originator_version, position
    {_OF_LEVEL.format(*span)} ORDER BY originator_id, originator_version;
    """
    for level, span in enumerate(pairwise(_BOUNDS))
)
_ENDED: Final = "".join(
    f"{ENDINGS_OF.format(of=f'FROM versions_{level} WHERE TRUE')};"
    for level in range(ENDINGS_FROM, LEVELS)
)
_FROM_1: Final = f"""
    ALTER TABLE events RENAME TO events_of_1; {_EVENTS}
    INSERT INTO events SELECT * FROM events_of_1 ORDER BY position;
    DROP TABLE events_of_1; {_VERSIONS} {_ENTERED} {_ENDED}
"""  # noqa: S608  our own names
"""In version 1 one index over all of `events` kept the versions of streams."""
_FROM_2: Final = f"""
    DROP VIEW versions; DROP TABLE versions_0; DROP TABLE versions_1; DROP TABLE versions_2;
    {_VERSIONS} {_ENTERED} {_ENDED}
"""
"""In version 2 there were fewer levels, and no `endings`."""

LOG_FORMAT: Final = FileFormat(
    application_id=0x434D514C,  # "CMQL"
    version=3,
    schema=_EVENTS + _VERSIONS + _AMENDMENTS,
    upgrades={1: _FROM_1, 2: _FROM_2},
)

COLUMNS: Final = (
    "e.position, e.originator_id, e.originator_version, topic, state, record_micros, submitter"
)
"""The columns of `events AS e` that make a `LogRow`, in its order."""

END: Final = "SELECT position, record_micros FROM events ORDER BY position DESC LIMIT 1"
"""The query for the last position and its record time; no row if the log is empty."""
