"""The layout of recorded events on the wire, byte by byte.

The log keeps an event as the bytes of its `Event` message. In a frame it is field 1 of
`RecordedEvents`: a tag, a length, and a `RecordedEvent`, which is a few small fields followed by a
tag, a length, and the stored bytes. Everything before the stored bytes is the *prefix*. The log
writes the prefix beside the event when it records it, so that a read copies bytes and decodes
nothing. The frames of `Read` and `Subscribe` have the same fields under the same numbers.
"""

from abc import abstractmethod
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Protocol

from google.protobuf.timestamp_pb2 import Timestamp

from communique.v1.event_pb2 import Event, RecordedEvent
from communique.v1.record_service_pb2 import Checkpoint, ReadResponse, SubscribeResponse

_LENGTH_DELIMITED: Final = 2
_EVENT_TAG: Final = bytes([RecordedEvent.EVENT_FIELD_NUMBER << 3 | _LENGTH_DELIMITED])
_EVENTS_TAG: Final = bytes([1 << 3 | _LENGTH_DELIMITED])
"""Field 1: `RecordedEvents.events`, and `events` of `ReadResponse` and `SubscribeResponse`."""


class StoredRow(Protocol):
    """The columns of a row of the log that the wire form of a recorded event is made of."""

    @property
    @abstractmethod
    def position(self) -> int:
        """The position in the log."""

    @property
    @abstractmethod
    def revision(self) -> int:
        """The version in the event's stream."""

    @property
    @abstractmethod
    def state(self) -> bytes:
        """The bytes of the `Event` message."""

    @property
    @abstractmethod
    def record_micros(self) -> int:
        """The record time in microseconds since 1970 UTC."""

    @property
    @abstractmethod
    def submitter(self) -> str:
        """Who submitted it."""


def prefix_of(row: StoredRow) -> bytes:
    """Return the bytes before the stored bytes of a row in a frame."""
    size = len(row.state)
    recurring = _recurring_fields(row.record_micros, row.submitter, row.revision)
    fields = b"\x08%b%b" % (_encoded(row.position), recurring)
    event_length = _encoded_length(size)
    length = _encoded_length(len(fields) + len(_EVENT_TAG) + len(event_length) + size)
    return b"".join((_EVENTS_TAG, length, fields, _EVENT_TAG, event_length))


def event_bytes(row: StoredRow) -> bytes:
    """Return an event as one entry of a frame."""
    return prefix_of(row) + row.state


def events_frame(entries: Sequence[bytes]) -> bytes:
    """Return the frame, of a read or a subscription, of these entries."""
    size = sum(map(len, entries))
    return b"".join([_EVENTS_TAG, _encoded_length(size), *entries])


def checkpoint_frame(position: int) -> bytes:
    """Return the frame, of a read or a subscription, of a checkpoint."""
    return ReadResponse(checkpoint=Checkpoint(position=position)).SerializeToString()


def caught_up_frame(position: int) -> bytes:
    """Return the frame that says that a subscription has caught up."""
    return SubscribeResponse(caught_up=Checkpoint(position=position)).SerializeToString()


def heartbeat_frame(position: int) -> bytes:
    """Return the frame of a subscription's heartbeat."""
    return SubscribeResponse(heartbeat=Checkpoint(position=position)).SerializeToString()


def fell_behind_frame(position: int) -> bytes:
    """Return the frame that says that a subscription has fallen behind."""
    return SubscribeResponse(fell_behind=Checkpoint(position=position)).SerializeToString()


def recorded_message(row: StoredRow) -> RecordedEvent:
    """Return the message that a row stands for in a frame."""
    return RecordedEvent(
        position=row.position,
        record_time=timestamp_of(row.record_micros),
        submitter=row.submitter,
        revision=row.revision,
        event=Event.FromString(row.state),
    )


def timestamp_of(micros: int) -> Timestamp:
    """Return the timestamp of microseconds since 1970 UTC."""
    seconds, rest = divmod(micros, 1_000_000)
    return Timestamp(seconds=seconds, nanos=rest * 1_000)


@lru_cache(maxsize=64)
def _recurring_fields(record_micros: int, submitter: str, revision: int) -> bytes:
    """Return the small fields but the position; most events of a commit share them."""
    fields = RecordedEvent(
        record_time=timestamp_of(record_micros), submitter=submitter, revision=revision
    )
    return fields.SerializeToString()


def _encoded(number: int) -> bytes:
    """Return a number as protobuf encodes it: seven bits a byte, the lowest first."""
    encoded = bytearray()
    while number > 0x7F:  # noqa: PLR2004  the format's own
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


_encoded_length: Final = lru_cache(maxsize=1 << 12)(_encoded)
"""Lengths recur, positions do not."""
