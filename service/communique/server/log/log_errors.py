"""Everything that can go wrong with the log.

::

    LogError
    ├── LogClosed
    ├── LogOverloaded           requests, events, bytes_queued
    ├── LogUnavailable
    ├── VersionTaken
    └── AppendRejected
        ├── RevisionMismatch    event_id, expected, actual
        ├── UnstorableRequest
        └── EntryRejected       index, event_id
            ├── EventIdConflict     position
            └── AmendmentRejected   target
                ├── UnknownEvent
                ├── NotAmendable
                ├── AlreadyRetracted
                └── TooManyAmendments   amendments_max

An `AppendRejected` is about the request: sent again unchanged, it is rejected again. The others
are about the log, and say nothing against the request.
"""

from dataclasses import dataclass
from uuid import UUID


class LogError(Exception):
    """The root of the tree: every error that a log raises on purpose."""


class LogClosed(LogError):
    """The log was closed; what had been submitted before is durable and answered."""

    def __str__(self) -> str:
        return "the log is closed"


@dataclass(eq=False)
class LogOverloaded(LogError):
    """Requests arrive faster than the disk takes them, and the queue is full.

    Nothing of the request was kept. Send it again after a pause.
    """

    requests: int
    events: int
    bytes_queued: int

    def __str__(self) -> str:
        return (
            f"the log's queue is full: {self.requests} requests with {self.events} events and "
            f"{self.bytes_queued} bytes are waiting"
        )


class LogUnavailable(LogError):
    """The disk failed (full, broken, read-only); `__cause__` says how.

    Nothing of the request can be read from the log. Only if the process ends before the next write
    that succeeds may it turn out to have been recorded after all, so send it again with the same
    event ids: that is safe either way. The log retries by itself.
    """


class VersionTaken(LogError):
    """An unchecked event bears a version that its stream has already; nothing was inserted."""

    def __str__(self) -> str:
        return "a version is taken"


class AppendRejected(LogError):
    """The request broke a rule, and nothing of it was recorded."""


@dataclass(eq=False)
class RevisionMismatch(AppendRejected):
    """The event was not at the revision that the request expected (0: not recorded yet)."""

    event_id: UUID
    expected: int
    actual: int

    def __str__(self) -> str:
        return f"event {self.event_id} is at revision {self.actual}, not {self.expected}"


class UnstorableRequest(AppendRejected):
    """SQLite can't hold a value of the request (too large, or no valid text); see `__cause__`."""

    def __str__(self) -> str:
        return f"the request can't be stored: {self.__cause__}"


@dataclass(eq=False)
class EntryRejected(AppendRejected):
    """The entry at `index` (from 0) of the request, with this `event_id`, broke a rule."""

    index: int
    event_id: UUID


@dataclass(eq=False)
class EventIdConflict(EntryRejected):
    """The event id is taken, at `position`, by an event with other content."""

    position: int

    def __str__(self) -> str:
        return f"entry {self.index}: event id {self.event_id} is taken at position {self.position}"


@dataclass(eq=False)
class AmendmentRejected(EntryRejected):
    """The amendment does not fit its `target`."""

    target: UUID


class UnknownEvent(AmendmentRejected):
    """The target is not in the log, nor earlier in the request."""

    def __str__(self) -> str:
        return f"entry {self.index}: there is no event {self.target} to amend"


class NotAmendable(AmendmentRejected):
    """The target is itself an amendment: amend the claim again instead."""

    def __str__(self) -> str:
        return f"entry {self.index}: {self.target} is an amendment and can't be amended"


class AlreadyRetracted(AmendmentRejected):
    """The target was retracted, which ends its stream for ever."""

    def __str__(self) -> str:
        return f"entry {self.index}: event {self.target} was retracted"


@dataclass(eq=False)
class TooManyAmendments(AmendmentRejected):
    """The target has as many amendments as an event may have."""

    amendments_max: int

    def __str__(self) -> str:
        return f"entry {self.index}: event {self.target} has {self.amendments_max} amendments"
