"""The form in which the log keeps a submitted message."""

from functools import cache

from google.protobuf.message import Message

from communique.codec.names import PAYLOAD_FIELDS
from communique.codec.reading import edtf_of, known_time_of
from communique.codec.writing import write_valid_time
from communique.domain.edtf import ValidTime
from communique.domain.event import Amendment, Event, EventCorrected
from communique.v1 import event_pb2, time_pb2


def canonical_bytes(message: event_pb2.Event, event: Event) -> bytes:
    """Return the bytes to store for the message that `event` was read from, which it changes.

    Everything that the client sent stays, also fields that this release does not know. Ids are
    written in their canonical form, and times get their derived parts, so that history never
    depends on a later time zone table.
    """
    _write_ids(message, event)
    _derive_times(message)
    return message.SerializeToString(deterministic=True)


def _write_ids(message: event_pb2.Event, event: Event) -> None:
    message.event_id = str(event.event_id)
    for link, read in zip(message.links, event.links, strict=True):
        if read.event_id:
            link.event_id = str(read.event_id)
    if isinstance(event, Amendment):
        payload = getattr(message, PAYLOAD_FIELDS[event.payload.type])
        payload.amends = str(event.payload.amends)
        if isinstance(event.payload, EventCorrected):
            _write_ids(payload.content, event.payload.content)


def _derive_times(message: Message) -> None:
    for field, value in message.ListFields():
        if field.message_type is None or field.message_type.full_name not in _holding_times():
            continue
        if isinstance(value, time_pb2.ValidTime):
            write_valid_time(value, ValidTime.parse(edtf_of(value), value.zone or "UTC"))
        elif isinstance(value, time_pb2.KnownTime):
            plain = known_time_of(value)
            value.text, value.zone = plain["text"], plain["zone"]
        else:
            _derive_times(value)


@cache
def _holding_times() -> frozenset[str]:
    """The singular messages that are times, or lie between an event and one."""
    payloads = [
        field.message_type for field in event_pb2.Event.DESCRIPTOR.fields if field.message_type
    ]
    times = {"communique.v1.ValidTime", "communique.v1.KnownTime"}
    around = {
        one.full_name
        for one in payloads
        if any(part.message_type and part.message_type.full_name in times for part in one.fields)
    }
    corrected = event_pb2.EventCorrected.DESCRIPTOR.full_name
    return frozenset(times | around | {corrected, event_pb2.Event.DESCRIPTOR.full_name})
