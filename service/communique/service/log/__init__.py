"""The log: the service's one ordered record of events, in SQLite.

Start with `EventLog`. `entries` is its vocabulary, `rules` is what it accepts, `errors` is the tree
of what it refuses; `inbox`, `writer` and `store` are the way in (a queue, a thread, a transaction),
`reader`, `joining` and `tail` the way out; `heading` is what goes before a state on the wire.
`recorder` and `tracking` are the same things behind the `eventsourcing` library's interfaces.
States are opaque bytes here.
"""

from communique.service.log.entries import (
    Amendment,
    Append,
    Claim,
    Entry,
    Joined,
    Receipt,
    Recorded,
)
from communique.service.log.errors import (
    AlreadyRetracted,
    AppendRejected,
    EntryRejected,
    EventIdConflict,
    ForeignFile,
    LogClosed,
    LogError,
    LogInUse,
    LogOverloaded,
    LogUnavailable,
    NotAmendable,
    RevisionConflict,
    TooManyAmendments,
    UnknownEvent,
    UnstorableRequest,
    UnsupportedFormat,
    UnusableFile,
)
from communique.service.log.event_log import EventLog
from communique.service.log.heading import ITEM_TAG, heading, timestamp_of, varint
from communique.service.log.limits import Limits
from communique.service.log.reader import LogReader
from communique.service.log.recorder import SQLiteRecorder
from communique.service.log.sqlite import may_corrupt_wal, sqlite_version
from communique.service.log.tracking import SQLiteTrackingRecorder

__all__ = [
    "ITEM_TAG",
    "AlreadyRetracted",
    "Amendment",
    "Append",
    "AppendRejected",
    "Claim",
    "Entry",
    "EntryRejected",
    "EventIdConflict",
    "EventLog",
    "ForeignFile",
    "Joined",
    "Limits",
    "LogClosed",
    "LogError",
    "LogInUse",
    "LogOverloaded",
    "LogReader",
    "LogUnavailable",
    "NotAmendable",
    "Receipt",
    "Recorded",
    "RevisionConflict",
    "SQLiteRecorder",
    "SQLiteTrackingRecorder",
    "TooManyAmendments",
    "UnknownEvent",
    "UnstorableRequest",
    "UnsupportedFormat",
    "UnusableFile",
    "heading",
    "may_corrupt_wal",
    "sqlite_version",
    "timestamp_of",
    "varint",
]
