"""The way in: from submitted messages to entries of the log, or to what is wrong with them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, TypeAlias
from uuid import UUID

from pydantic import ValidationError

from communique import codec
from communique.domain.claims.event import Amendment, Claim, Event, EventCorrected, EventRetracted
from communique.domain.time.clocks import KnownInFuture, check_known
from communique.server.application.request_errors import (
    EventTooLarge,
    Faults,
    InvalidFields,
    KnownLater,
    uuid_of,
)
from communique.server.log.entries import AmendmentEntry, ClaimEntry, Entry
from communique.server.runtime import limits
from communique.server.runtime.event_ids import EventIds
from communique.server.runtime.threads import WorkerPool
from communique.v1 import event_pb2, record_service_pb2

Validated: TypeAlias = Entry | InvalidFields
"""An entry to append, or what is wrong with the event, in paths below the event."""

_TOO_LARGE: Final = f"an event is at most {limits.EVENT_BYTES_MAX} bytes, this one has {{}}"


class EventValidator:
    """Validates what clients submit. Few events are validated at once, many in a thread."""

    def __init__(self, ids: EventIds, now: Callable[[], datetime], workers: WorkerPool) -> None:
        """Give ids from `ids` to events without one; `now` (aware UTC) bounds known times."""
        self._ids = ids
        self._now = now
        self._workers = workers

    async def entries(self, messages: Sequence[event_pb2.Event]) -> list[Entry]:
        """Return the entries of a submission, all of which are valid.

        Raises `InvalidFields` with the faults of all events, or one of its subclasses where all
        are of its kind.
        """
        validated = await self.validated(messages)
        if any(isinstance(each, InvalidFields) for each in validated):
            raise _combined(validated)
        return [each for each in validated if not isinstance(each, InvalidFields)]

    async def validated(self, messages: Sequence[event_pb2.Event]) -> list[Validated]:
        """Return what each event is: an entry, or at fault.

        Raises `InvalidFields` where they are too few or too many.
        """
        _check_count(len(messages))
        now = self._now()
        if is_validated_inline(messages):
            return self._validate_all(messages, now)
        return await self._workers.run(self._validate_all, messages, now)

    def _validate_all(self, messages: Sequence[event_pb2.Event], now: datetime) -> list[Validated]:
        return [self._validate(message, now) for message in messages]

    def _validate(self, message: event_pb2.Event, now: datetime) -> Validated:
        try:
            _check_size(message.ByteSize())
            if not message.event_id:
                message.event_id = str(self._ids.next())
            event = codec.submitted(message)
            _check_known(event, now)
            state = codec.canonical_bytes(message, event)
            _check_size(len(state))
            return _entry(event, state)
        except ValidationError as error:
            return InvalidFields(codec.violations(error))
        except InvalidFields as error:
            return error


def is_validated_inline(messages: Sequence[event_pb2.Event]) -> bool:
    """Tell whether events are few enough to be validated on the event loop, not in a thread."""
    return len(messages) <= limits.EVENTS_VALIDATED_INLINE_MAX


def expectations_of(messages: Sequence[record_service_pb2.Expectation]) -> dict[UUID, int]:
    """Return the expected revisions by event id.

    Raises `InvalidFields` for ids that are none or are named twice, and for negative revisions.
    """
    faults, count_max = Faults(), limits.EXPECTATIONS_MAX
    if len(messages) > count_max:
        words = f"at most {count_max:,} expectations are allowed, not {len(messages):,}"
        raise InvalidFields.at("expectations", words)
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


def _check_count(count: int) -> None:
    if not 1 <= count <= limits.EVENTS_PER_SUBMIT_MAX:
        words = f"1 to {limits.EVENTS_PER_SUBMIT_MAX:,} events are allowed, not {count:,}"
        raise InvalidFields.at("events", words)


def _check_size(size: int) -> None:
    if size > limits.EVENT_BYTES_MAX:
        raise EventTooLarge.at("", _TOO_LARGE.format(size))


def _check_known(event: Event, now: datetime) -> None:
    faults = Faults()
    knowns = {"known": event.known}
    if isinstance(event.payload, EventCorrected):
        knowns["event_corrected.content.known"] = event.payload.content.known
    for field, known in knowns.items():
        try:
            check_known(known, now)
        except KnownInFuture as error:
            faults.add(field, str(error))
    if faults.found:
        raise KnownLater(faults.found)


def _entry(event: Event, state: bytes) -> Entry:
    match event:
        case Claim():
            return ClaimEntry(event.event_id, event.payload.type, state)
        case Amendment(payload=payload):
            retracts = isinstance(payload, EventRetracted)
            return AmendmentEntry(event.event_id, payload.amends, payload.type, state, retracts)


def _combined(validated: Sequence[Validated]) -> InvalidFields:
    """Put the faults of all events into one error, with their paths from the request on."""
    refused = [
        (index, error) for index, error in enumerate(validated) if isinstance(error, InvalidFields)
    ]
    kinds = {type(error) for _, error in refused}
    kind = kinds.pop() if len(kinds) == 1 else InvalidFields
    faults = Faults()
    for index, error in refused:
        for field, description in error.violations:
            faults.add(f"events[{index}].{field}".rstrip("."), description)
    return kind(faults.found)
