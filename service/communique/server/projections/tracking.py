"""The position of a read model, kept in its own file and transaction."""

from typing import Final

import apsw
from eventsourcing.persistence import IntegrityError, Tracking, TrackingRecorder

from communique.server.sqlite.read_pool import ReadPool

TRACKING_TABLE: Final = """
    CREATE TABLE tracking (
        application_name TEXT PRIMARY KEY,
        notification_id INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
"""
"""The SQL for the table, to be part of the schema of the read model's file."""

_MOVE_ON: Final = """
    INSERT INTO tracking VALUES (?, ?)
    ON CONFLICT (application_name) DO UPDATE SET notification_id = excluded.notification_id
    WHERE excluded.notification_id > notification_id
    RETURNING notification_id
"""
_SELECT: Final = "SELECT notification_id FROM tracking WHERE application_name = ?"


class SQLiteTrackingRecorder(TrackingRecorder):
    """One row a projection: its name and the last position that it has processed."""

    def __init__(self, connection: apsw.Connection, readers: ReadPool) -> None:
        """Write with the read model's `connection`, read with `readers`; the caller closes both."""
        self._connection = connection
        self._readers = readers

    def insert_tracking(self, tracking: Tracking) -> None:
        """Move on to a later position, in the transaction that is open, if one is.

        Raises `IntegrityError` if the position is not a later one.
        """
        bindings = (tracking.application_name, tracking.notification_id)
        if self._connection.execute(_MOVE_ON, bindings).get is None:
            raise IntegrityError(f"already processed: {tracking}")

    def max_tracking_id(self, application_name: str) -> int | None:
        """Return the last committed position of that projection, or None; from any thread."""
        with self._readers.connection() as connection:
            position: int | None = connection.execute(_SELECT, (application_name,)).get
        return position
