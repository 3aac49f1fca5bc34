"""The types of what is appended to the log and read from it.

The log knows two kinds of entry. A *claim* starts the stream of its own event id, as version 1. An
*amendment* has an event id of its own but is stored in its target's stream, as version 2 and up; a
retraction is the amendment that ends the stream. Topics and states are opaque to the log.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias
from uuid import UUID


class ClaimEntry(NamedTuple):
    """A new event: `topic` names the type of the bytes in `state`."""

    event_id: UUID
    topic: str
    state: bytes


class AmendmentEntry(NamedTuple):
    """An event about the claim `target`; if it `retracts`, the target's stream ends with it."""

    event_id: UUID
    target: UUID
    topic: str
    state: bytes
    retracts: bool = False


Entry: TypeAlias = ClaimEntry | AmendmentEntry


@dataclass(frozen=True, slots=True)
class AppendRequest:
    """Entries to append in order, all or none.

    `expectations` maps event ids to the revisions that they must be at before the entries are
    applied: the number of versions in the claim's stream, 0 for an event that must not exist yet.
    An amendment's own id is at 1 once recorded, since nothing amends it.
    """

    entries: Sequence[Entry]
    expectations: Mapping[UUID, int] = field(default_factory=dict)
    submitter: str = ""


class UncheckedEvent(NamedTuple):
    """A version of a stream that is inserted without applying the rules."""

    stream_id: UUID
    version: int
    topic: str
    state: bytes


class EntryReceipt(NamedTuple):
    """Where and when an entry was recorded: the same for ever.

    `duplicate` says that this request did not record the entry: an earlier request did, or an
    earlier entry of this one. `revision` is the version that the entry has in its stream: 1 for a
    claim.
    """

    event_id: UUID
    position: int
    record_micros: int
    duplicate: bool
    revision: int


class LogRow(NamedTuple):
    """One row of the log.

    `event_id` is the stream's: 16 bytes, for an amendment its target's id. `revision` is the
    version in the stream. `record_micros` counts microseconds since 1970 UTC.
    """

    position: int
    event_id: bytes
    revision: int
    topic: str
    state: bytes
    record_micros: int
    submitter: str


class WireBatch(NamedTuple):
    """Consecutive events in wire form, concatenated; `position` is that of the last one."""

    position: int
    event_count: int
    wire: bytes
