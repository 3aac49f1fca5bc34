"""The tables of `log.db`.

`events` is the log. Its positions are given out by the writer inside the write transaction, so they
are dense, and they are the primary key itself, so VACUUM can't renumber them. `amendments` gives
each amendment's own event id, which is not in `events` because there an amendment is filed under
its target, and says whether it ended the target's stream. `heading` follows from the other columns:
`heading.py` says why it is kept.
"""

from typing import Final

from communique.service.log.sqlite import Format

LOG_FORMAT: Final = Format(
    application_id=0x434D514C,  # "CMQL"
    version=1,
    schema="""
    CREATE TABLE events (
        position INTEGER PRIMARY KEY,
        originator_id BLOB NOT NULL,
        originator_version INTEGER NOT NULL,
        topic TEXT NOT NULL,
        state BLOB NOT NULL,
        record_micros INTEGER NOT NULL,
        submitter TEXT NOT NULL,
        heading BLOB NOT NULL,
        UNIQUE (originator_id, originator_version),
        CHECK (length(originator_id) = 16)
    ) STRICT;
    CREATE TABLE amendments (
        position INTEGER PRIMARY KEY,
        event_id BLOB NOT NULL UNIQUE,
        retracts INTEGER NOT NULL
    ) STRICT;
    """,
)

COLUMNS: Final = (
    "position, originator_id, originator_version, topic, state, record_micros, submitter"
)
"""The columns of `events` that make a `Recorded`, in its order."""

END: Final = "SELECT position, record_micros FROM events ORDER BY position DESC LIMIT 1"
"""The query for the last position and its record time; no row if the log is empty."""
