"""The way in: from submitted messages to entries of the log, or to what is wrong with them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, TypeAlias
from uuid import UUID

from pydantic import ValidationError

from communique import codec
from communique.domain.claims.event import Amendment, Claim, Event, EventCorrected, EventRetracted
from communique.domain.time.clocks import KnownInFuture, check_known
from communique.server import log
from communique.server.application.request_errors import (
    Faults,
    InvalidRequest,
    KnownLater,
    TooLarge,
    uuid_of,
)
from communique.server.runtime.event_ids import EventIds
from communique.server.runtime.limits import (
    EVENT_BYTES_MAX,
    EVENTS_PER_SUBMIT_MAX,
    EVENTS_VALIDATED_INLINE_MAX,
    EXPECTATIONS_MAX,
)
from communique.server.runtime.threads import Workers
from communique.v1 import event_pb2, record_service_pb2

Examined: TypeAlias = log.Entry | InvalidRequest
"""An entry to append, or what is wrong with the event, in paths below the event."""

_TOO_LARGE: Final = f"an event is at most {EVENT_BYTES_MAX} bytes, this one has {{}}"


class Intake:
    """Validates what clients submit. Few events are done at once, many in a thread."""

    def __init__(self, ids: EventIds, now: Callable[[], datetime], workers: Workers) -> None:
        """Give ids from `ids` to events without one; `now` (aware UTC) bounds known times."""
        self._ids = ids
        self._now = now
        self._workers = workers

    async def entries(self, messages: Sequence[event_pb2.Event]) -> list[log.Entry]:
        """Return the entries of a submission, all of which are valid.

        Raises `InvalidRequest` with the faults of all events, or one of its subclasses where all
        are of its kind.
        """
        examined = await self.examined(messages)
        if any(isinstance(one, InvalidRequest) for one in examined):
            raise _together(examined)
        return [one for one in examined if not isinstance(one, InvalidRequest)]

    async def examined(self, messages: Sequence[event_pb2.Event]) -> list[Examined]:
        """Return what each event is: an entry, or at fault.

        Raises `InvalidRequest` where they are too few or too many.
        """
        check_count(len(messages))
        now = self._now()
        if is_examined_inline(messages):
            return self._examine_all(messages, now)
        return await self._workers.run(self._examine_all, messages, now)

    def _examine_all(self, messages: Sequence[event_pb2.Event], now: datetime) -> list[Examined]:
        return [self._examine(message, now) for message in messages]

    def _examine(self, message: event_pb2.Event, now: datetime) -> Examined:
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
            return InvalidRequest(codec.violations(error))
        except InvalidRequest as refusal:
            return refusal


def is_examined_inline(messages: Sequence[event_pb2.Event]) -> bool:
    """Tell whether events are few enough to be examined on the event loop, not in a thread."""
    return len(messages) <= EVENTS_VALIDATED_INLINE_MAX


def check_count(count: int) -> None:
    """Raise `InvalidRequest` where a request holds too few events or too many."""
    if not 1 <= count <= EVENTS_PER_SUBMIT_MAX:
        words = f"1 to {EVENTS_PER_SUBMIT_MAX:,} events are allowed, not {count:,}"
        raise InvalidRequest.at("events", words)


def expectations_of(messages: Sequence[record_service_pb2.Expectation]) -> dict[UUID, int]:
    """Return the expected revisions by event id.

    Raises `InvalidRequest` for ids that are none or are named twice, and for negative revisions.
    """
    faults = Faults()
    if len(messages) > EXPECTATIONS_MAX:
        words = f"at most {EXPECTATIONS_MAX:,} expectations are allowed, not {len(messages):,}"
        raise InvalidRequest.at("expectations", words)
    found: dict[UUID, int] = {}
    for index, message in enumerate(messages):
        path = f"expectations[{index}]"
        event_id = faults.read(f"{path}.event_id", uuid_of, message.event_id)
        if event_id in found:
            faults.add(f"{path}.event_id", "the event is named twice")
        if message.revision < 0:
            faults.add(f"{path}.revision", f"should not be negative, is {message.revision}")
        if event_id is not None:
            found[event_id] = message.revision
    faults.refuse()
    return found


def _check_size(size: int) -> None:
    if size > EVENT_BYTES_MAX:
        raise TooLarge.at("", _TOO_LARGE.format(size))


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


def _entry(event: Event, state: bytes) -> log.Entry:
    match event:
        case Claim():
            return log.Claim(event.event_id, event.payload.type, state)
        case Amendment(payload=payload):
            retracts = isinstance(payload, EventRetracted)
            return log.Amendment(event.event_id, payload.amends, payload.type, state, retracts)


def _together(examined: Sequence[Examined]) -> InvalidRequest:
    """Put the faults of all events into one, with their paths from the request on."""
    refused = [
        (index, one) for index, one in enumerate(examined) if isinstance(one, InvalidRequest)
    ]
    kinds = {type(one) for _, one in refused}
    kind = kinds.pop() if len(kinds) == 1 else InvalidRequest
    faults = Faults()
    for index, refusal in refused:
        for field, description in refusal.violations:
            faults.add(f"events[{index}].{field}".rstrip("."), description)
    return kind(faults.found)
