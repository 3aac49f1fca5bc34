"""The rules of the log: pure decisions over its contents, without SQL, clock or thread.

A group of requests is decided in memory, one after the other, against a `Ledger` that holds all
that they name and collects the rows to insert. A request that breaks a rule does not change it.

Worked example, on a log at position 7 which holds event A (claim at 3, correction at 7)::

    [Claim(B), Amendment(C, target=A, retracts=True)]   rows 8: B version 1, 9: A version 3
    [Claim(D), Amendment(E, target=A)]                  AlreadyRetracted(index=1); D leaves no row
    [Amendment(C, target=A, retracts=True)]             the receipt of 9 again, as a duplicate
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias
from uuid import UUID

from communique.server.log.entries import AmendmentEntry, AppendRequest, Entry, EntryReceipt, LogRow
from communique.server.log.log_errors import (
    AlreadyRetracted,
    EventIdConflict,
    NotAmendable,
    RevisionMismatch,
    TooManyAmendments,
    UnknownEvent,
)

AmendmentRow: TypeAlias = tuple[int, bytes, bool]
"""A row of `amendments`: position, own event id, whether it retracts."""


class Stream(NamedTuple):
    """How far a claim's stream has come."""

    revision: int
    retracted: bool


CLAIMED = Stream(1, retracted=False)


@dataclass(slots=True)
class Ledger:
    """The end of the log, and those of its events that a group of requests names.

    `known` holds events by their own ids: one whose row bears another id is an amendment, and the
    other id its target. `streams` holds the claims that are amended or expected, as far as they are
    past `CLAIMED`. `event_rows` and `amendment_rows` grow with each request that is admitted.
    """

    position: int
    record_micros: int
    amendments_max: int
    known: dict[bytes, LogRow] = field(default_factory=dict)
    streams: dict[bytes, Stream] = field(default_factory=dict)
    event_rows: list[LogRow] = field(default_factory=list)
    amendment_rows: list[AmendmentRow] = field(default_factory=list)

    def admit(self, request: AppendRequest) -> list[EntryReceipt]:
        """Decide on a request, and keep its rows. Receipts are in the order of its entries.

        Raises an `AppendRejected`, with the ledger as it was.
        """
        draft = _Draft(self, request.submitter)
        if request.expectations and not draft.holds_all(request.entries):
            self._check_expectations(request)
        receipts = [draft.apply(index, entry) for index, entry in enumerate(request.entries)]
        draft.merge()
        return receipts

    def _check_expectations(self, request: AppendRequest) -> None:
        for event_id, expected in request.expectations.items():
            key = event_id.bytes
            stream = self.streams.get(key)
            actual = stream.revision if stream else int(key in self.known)
            if actual != expected:
                raise RevisionMismatch(event_id, expected, actual)


class _Draft:
    """One request's changes to a ledger, kept apart until all of its entries have passed."""

    def __init__(self, ledger: Ledger, submitter: str) -> None:
        self._ledger = ledger
        self._submitter = submitter
        self._position = ledger.position
        self._known: dict[bytes, LogRow] = {}
        self._streams: dict[bytes, Stream] = {}
        self._amendment_rows: list[AmendmentRow] = []

    def holds_all(self, entries: Sequence[Entry]) -> bool:
        """Tell whether all entries of a request were recorded before."""
        return bool(entries) and all(
            (recorded := self._find(entry.event_id.bytes)) is not None
            and self._is_same(recorded, entry)
            for entry in entries
        )

    def apply(self, index: int, entry: Entry) -> EntryReceipt:
        """Record the entry in the draft, or recognise it."""
        own_id = entry.event_id.bytes
        known = recorded = self._find(own_id)
        if recorded is None:
            recorded = self._record(index, own_id, entry)
        elif not self._is_same(recorded, entry):
            raise EventIdConflict(index, entry.event_id, recorded.position)
        return EntryReceipt(
            entry.event_id,
            recorded.position,
            recorded.record_micros,
            known is not None,
            recorded.revision,
        )

    def merge(self) -> None:
        """Make the draft part of the ledger."""
        ledger = self._ledger
        ledger.position = self._position
        ledger.known |= self._known
        ledger.streams |= self._streams
        ledger.event_rows += self._known.values()
        ledger.amendment_rows += self._amendment_rows

    def _record(self, index: int, own_id: bytes, entry: Entry) -> LogRow:
        stream_id, revision = own_id, 1
        self._position += 1
        if isinstance(entry, AmendmentEntry):
            stream_id = entry.target.bytes
            revision = self._amend(index, entry)
        recorded = self._known[own_id] = LogRow(
            self._position,
            stream_id,
            revision,
            entry.topic,
            entry.state,
            self._ledger.record_micros,
            self._submitter,
        )
        return recorded

    def _amend(self, index: int, entry: AmendmentEntry) -> int:
        """Append to the target's stream, and return the version that the amendment has in it."""
        event_id, target, amendments_max = entry.event_id, entry.target, self._ledger.amendments_max
        known = self._find(target.bytes)
        if known is None:
            raise UnknownEvent(index, event_id, target)
        if known.event_id != target.bytes:
            raise NotAmendable(index, event_id, target)
        stream = self._stream(target)
        if stream.retracted:
            raise AlreadyRetracted(index, event_id, target)
        if stream.revision > amendments_max:
            raise TooManyAmendments(index, event_id, target, amendments_max)
        revision = stream.revision + 1
        self._streams[target.bytes] = Stream(revision, entry.retracts)
        self._amendment_rows.append((self._position, event_id.bytes, entry.retracts))
        return revision

    def _find(self, event_id: bytes) -> LogRow | None:
        return self._known.get(event_id) or self._ledger.known.get(event_id)

    def _stream(self, event_id: UUID) -> Stream:
        key = event_id.bytes
        return self._streams.get(key) or self._ledger.streams.get(key, CLAIMED)

    def _is_same(self, known: LogRow, entry: Entry) -> bool:
        """Tell whether the entry repeats that recorded event."""
        if known.topic != entry.topic or known.state != entry.state:
            return False
        is_claim = known.event_id == entry.event_id.bytes
        if not isinstance(entry, AmendmentEntry):
            return is_claim
        if is_claim or known.event_id != entry.target.bytes:
            return False
        retracts = self._stream(entry.target) == (known.revision, True)
        return retracts == entry.retracts
