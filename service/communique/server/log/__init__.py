"""The log: the service's one ordered record of events.

`entries` is its vocabulary, `rules` is what it accepts, `log_errors` is the tree of what it
refuses, `tail` tells of its end. `sqlite_store` keeps it, `eventsourcing` is the same log behind
that library's interfaces. States are opaque bytes here.
"""

from communique.server.log.entries import Amendment, Append, Claim, Entry, Joined, Receipt, Recorded
from communique.server.log.log_errors import (
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

__all__ = [
    "AlreadyRetracted",
    "Amendment",
    "Append",
    "AppendRejected",
    "Claim",
    "Entry",
    "EntryRejected",
    "EventIdConflict",
    "ForeignFile",
    "Joined",
    "LogClosed",
    "LogError",
    "LogInUse",
    "LogOverloaded",
    "LogUnavailable",
    "NotAmendable",
    "Receipt",
    "Recorded",
    "RevisionConflict",
    "TooManyAmendments",
    "UnknownEvent",
    "UnstorableRequest",
    "UnsupportedFormat",
    "UnusableFile",
]
