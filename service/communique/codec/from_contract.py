"""Conversion from the contract to the domain."""

from typing import Final, TypeVar
from uuid import UUID

from google.protobuf.message import Message

from communique.codec.fields import NewerWord, Reader, instant
from communique.domain.claims.event import Claim, Event, Recorded, event_from
from communique.domain.model import Model
from communique.domain.time.edtf import ValidTime
from communique.v1 import event_pb2, time_pb2

_Model = TypeVar("_Model", bound=Model)

clients: Final = Reader(from_log=False)
_log: Final = Reader(from_log=True)


def submitted(message: event_pb2.Event) -> Event:
    """Return the event that a client sent, validated; derived parts of times are derived again.

    Raises:
        pydantic.ValidationError: `violations` names each field at fault.
    """
    return event_from(clients.plain(message))


def stored(message: event_pb2.Event) -> Event | None:
    """Return an event of the log.

    None where its type, a word in it or the type of a correction's content is newer than this
    release.
    """
    content = message.event_corrected.content if message.HasField("event_corrected") else message
    if content.WhichOneof("payload") is None:
        return None
    try:
        return event_from(_log.plain(message))
    except NewerWord:
        return None


def stored_bytes(state: bytes) -> Event | None:
    """Return what `stored` does, from the bytes."""
    return stored(event_pb2.Event.FromString(state))


def content_message(state: bytes, event_id: bytes) -> event_pb2.Event:
    """Return the content of a stored claim, or that of a correction under the claim's own id."""
    message = event_pb2.Event.FromString(state)
    if message.HasField("event_corrected"):
        message = message.event_corrected.content
        message.event_id = str(UUID(bytes=event_id))
    return message


def stored_content(state: bytes, event_id: bytes) -> Claim:
    """Return the claim that `content_message` holds; raise `TypeError` where it holds none."""
    content = stored(content_message(state, event_id))
    if not isinstance(content, Claim):
        raise TypeError(f"a version of event {UUID(bytes=event_id)} has no content: {content!r}")
    return content


def stored_occurred(state: bytes) -> ValidTime:
    """Return the valid time of the content of a stored claim or correction."""
    message = event_pb2.Event.FromString(state)
    if message.HasField("event_corrected"):
        message = message.event_corrected.content
    return valid_time(message.occurred)


def valid_time(message: time_pb2.ValidTime) -> ValidTime:
    """Return a valid time of the log."""
    derived = _log.valid_time(message)
    return derived if isinstance(derived, ValidTime) else ValidTime.parse(**derived)


def has_payload(state: bytes) -> bool:
    """Whether stored bytes are of a type that this release knows."""
    return event_pb2.Event.FromString(state).WhichOneof("payload") is not None


def recorded(message: event_pb2.RecordedEvent) -> Recorded:
    """Return an event as the log keeps it."""
    return Recorded(
        message.position,
        instant(message.record_time),
        message.revision,
        stored(message.event),
        message.submitter,
    )


def model_of(model: type[_Model], message: Message) -> _Model:
    """Return the domain model of an answer's message, which has the model's name."""
    return model.model_validate(_log.plain(message))
