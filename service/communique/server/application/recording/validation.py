"""Validation: from submitted messages to entries of the log, or to what is wrong with them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, TypeAlias
from uuid import UUID

from pydantic import ValidationError

from communique import codec
from communique.domain.claims.event import Amendment, Claim, Event, EventCorrected, EventRetracted
from communique.domain.time.clocks import KnownInFuture, check_known
from communique.domain.time.known_time import KnownTime
from communique.server.application.request_errors import (
    EventTooLarge,
    Faults,
    InvalidFields,
    KnownLater,
    decoded,
    uuid_of,
)
from communique.server.log.entries import AmendmentEntry, ClaimEntry, Entry
from communique.server.runtime import limits
from communique.server.runtime.event_ids import EventIds
from communique.server.runtime.threads import WorkerPool
from communique.v1 import event_pb2, record_service_pb2


class Refused(NamedTuple):
    """What is wrong with an event, in paths below it; `event_id` is as the client wrote it."""

    event_id: str
    error: InvalidFields


Validated: TypeAlias = Entry | Refused
"""An entry to append, or why there is none."""


@dataclass(frozen=True)
class EventValidator:
    """Validates what clients submit: few events on the event loop, many in a thread of `workers`.

    Events without an id get one of `ids`; `now` (aware UTC) bounds known times.
    """

    ids: EventIds
    now: Callable[[], datetime]
    workers: WorkerPool
    _recurring: codec.RecurringClaims = field(default_factory=codec.RecurringClaims, init=False)

    async def entries(self, events: Sequence[bytes]) -> list[Entry]:
        """Return the entries of a submission's events, all of which are valid.

        Raises `InvalidFields` with the faults of all events, or one of its subclasses where all
        are of its kind.
        """
        validated = await self.validated(events)
        entries = [entry for entry in validated if not isinstance(entry, Refused)]
        if len(entries) < len(validated):
            raise _combined(validated)
        return entries

    async def validated(self, events: Sequence[bytes]) -> list[Validated]:
        """Return for each event its entry, or what is wrong with it.

        Raises `InvalidFields` where they are too few or too many, or one is no message at all.
        """
        if not 1 <= len(events) <= limits.EVENTS_PER_SUBMIT_MAX:
            allowed = f"1 to {limits.EVENTS_PER_SUBMIT_MAX:,} events are allowed"
            raise InvalidFields.at("events", f"{allowed}, not {len(events):,}")
        now = self.now()
        if len(events) <= limits.EVENTS_VALIDATED_INLINE_MAX:
            return self._validate_all(events, now)
        return await self.workers.run(self._validate_all, events, now)

    def _validate_all(self, events: Sequence[bytes], now: datetime) -> list[Validated]:
        return [self._recognise(event, now) or self._validate(event, now) for event in events]

    def _recognise(self, event: bytes, now: datetime) -> ClaimEntry | None:
        """Return what `_validate` does, of an event that is made of parts seen before."""
        if len(event) > limits.EVENT_BYTES_MAX:
            return None
        claim = self._recurring.recognise(event)
        if claim is None or not _is_known(claim.known, now):
            return None
        return ClaimEntry(claim.event_id, claim.topic, event)

    def _validate(self, given: bytes, now: datetime) -> Validated:
        message = decoded(event_pb2.Event, given)
        try:
            _check_size(message.ByteSize())
            if not message.event_id:
                message.event_id = str(self.ids.next())
            event = codec.submitted(message)
            _check_known(event, now)
            state = codec.canonical_bytes(message, event)
            _check_size(len(state))
        except ValidationError as error:
            return Refused(message.event_id, InvalidFields(codec.violations(error)))
        except InvalidFields as error:
            return Refused(message.event_id, error)
        match event:
            case Claim():
                if state == given:
                    self._recurring.learn(state, event.payload.type)
                return ClaimEntry(event.event_id, event.payload.type, state)
            case Amendment(payload=payload):
                retracts = isinstance(payload, EventRetracted)
                return AmendmentEntry(event.event_id, payload.amends, payload.type, state, retracts)


def expectations_of(messages: Sequence[record_service_pb2.Expectation]) -> dict[UUID, int]:
    """Return the expected revisions by event id.

    Raises `InvalidFields` for ids that are malformed or named twice, and for negative revisions.
    """
    faults, count_max = Faults(), limits.EXPECTATIONS_MAX
    if len(messages) > count_max:
        description = f"at most {count_max:,} expectations are allowed, not {len(messages):,}"
        raise InvalidFields.at("expectations", description)
    expectations: dict[UUID, int] = {}
    for index, message in enumerate(messages):
        path = f"expectations[{index}]"
        event_id = faults.read(f"{path}.event_id", uuid_of, message.event_id)
        if event_id in expectations:
            faults.add(f"{path}.event_id", "the event is named twice")
        if message.revision < 0:
            faults.add(f"{path}.revision", f"should not be negative, is {message.revision}")
        if event_id is not None:
            expectations[event_id] = message.revision
    faults.refuse()
    return expectations


def _check_size(size: int) -> None:
    if size > limits.EVENT_BYTES_MAX:
        allowed = limits.EVENT_BYTES_MAX
        raise EventTooLarge.at("", f"an event is at most {allowed} bytes, this one has {size}")


def _is_known(known: KnownTime | None, now: datetime) -> bool:
    try:
        check_known(known, now)
    except KnownInFuture:
        return False
    return True


def _check_known(event: Event, now: datetime) -> None:
    faults = Faults()
    known_times = {"known": event.known}
    if isinstance(event.payload, EventCorrected):
        known_times["event_corrected.content.known"] = event.payload.content.known
    for path, known in known_times.items():
        try:
            check_known(known, now)
        except KnownInFuture as error:
            faults.add(path, str(error))
    if faults.violations:
        raise KnownLater(faults.violations)


def _combined(validated: Sequence[Validated]) -> InvalidFields:
    """Put the faults of all events into one error, with their paths from the request on."""
    faults, kinds = Faults(), set[type[InvalidFields]]()
    for index, refused in enumerate(validated):
        if isinstance(refused, Refused):
            kinds.add(type(refused.error))
            for path, description in refused.error.violations:
                faults.add(f"events[{index}].{path}".rstrip("."), description)
    kind = kinds.pop() if len(kinds) == 1 else InvalidFields
    return kind(faults.violations)
