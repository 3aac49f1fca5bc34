"""The form in which the log keeps a submitted message."""

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, Final

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from communique.codec.fields import edtf_of, known_time_of
from communique.codec.names import PAYLOAD_FIELDS
from communique.codec.to_contract import write_valid_time
from communique.domain.claims.event import Amendment, Event, EventCorrected
from communique.domain.time.edtf import ValidTime
from communique.v1 import event_pb2, time_pb2

_TIMES_MAX: Final = 4_096
_TIME_BYTES_MAX: Final = 128


def canonical_bytes(message: event_pb2.Event, event: Event) -> bytes:
    """Return the bytes to store for the message that `event` was read from, which it changes.

    Everything that the client sent stays, also fields that this release does not know. Ids are
    written in their canonical form, and times get their derived parts, so that history never
    depends on a later time zone table.
    """
    _canonicalise(message, event)
    return message.SerializeToString(deterministic=True)


def _canonicalise(message: event_pb2.Event, event: Event) -> None:
    message.event_id = str(event.event_id)
    for link_message, link in zip(message.links, event.links, strict=True):
        if link.event_id:
            link_message.event_id = str(link.event_id)
    payload = getattr(message, PAYLOAD_FIELDS[event.payload.type])
    derive_times(message)
    derive_times(payload)
    if isinstance(event, Amendment):
        payload.amends = str(event.payload.amends)
        if isinstance(event.payload, EventCorrected):
            _canonicalise(payload.content, event.payload.content)


def derive_times(message: Message) -> None:
    """Give the times right below a message their derived parts."""
    for name, derive in _times(message.DESCRIPTOR):
        if message.HasField(name):
            derive(getattr(message, name))


@cache
def _times(descriptor: Descriptor) -> tuple[tuple[str, Callable[[Any], None]], ...]:
    """Return the fields of a message that are times, and how each gets its derived parts."""
    return tuple(
        (field.name, _DERIVE[field.message_type.full_name])
        for field in descriptor.fields
        if field.message_type is not None and field.message_type.full_name in _DERIVE
    )


def _derive_valid(message: time_pb2.ValidTime) -> None:
    state = message.SerializeToString(deterministic=True)
    derived = (_cached if len(state) <= _TIME_BYTES_MAX else _derived)(state)
    if derived != state:
        message.ParseFromString(derived)


def _derived(state: bytes) -> bytes:
    message = time_pb2.ValidTime.FromString(state)
    write_valid_time(message, ValidTime.parse(edtf_of(message), message.zone or "UTC"))
    return message.SerializeToString(deterministic=True)


_cached: Final = lru_cache(_TIMES_MAX)(_derived)
"""Many events share one day."""


def _derive_known(message: time_pb2.KnownTime) -> None:
    if message.HasField("instant") or not message.zone:
        known = known_time_of(message)
        message.text, message.zone = known["text"], known["zone"]


_DERIVE: Final[dict[str, Callable[[Any], None]]] = {
    "communique.v1.ValidTime": _derive_valid,
    "communique.v1.KnownTime": _derive_known,
}
