"""The frames of a read, put together from stored bytes: replay is copying, not decoding.

The log keeps each event as the bytes of its `Event` message. On the wire a `RecordedEvent` is its
small fields followed by field 15, the event: one byte that says "field 15, of a length", the
length, and those very bytes. So is every message around it. `tests/unit/test_frames.py` shows that
what is put together here parses to exactly the message that it stands for. The frames of a
subscription are those of a read, field by field, and a few more.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from communique.service.log import Recorded
from communique.v1.event_pb2 import Event, RecordedEvent
from communique.v1.record_service_pb2 import Checkpoint, ReadResponse, SubscribeResponse

_LENGTH_DELIMITED: Final = 2
_EVENT_TAG: Final = bytes([RecordedEvent.EVENT_FIELD_NUMBER << 3 | _LENGTH_DELIMITED])
_ITEM_TAG: Final = bytes([1 << 3 | _LENGTH_DELIMITED])
"""Field 1: `RecordedEvents.events`, and `ReadResponse.events`."""


def events_frame(rows: Iterable[Recorded]) -> bytes:
    """Return the bytes of a `ReadResponse` that holds these events."""
    return items_frame(list(chain.from_iterable(map(_item, rows))))


def item_of(row: Recorded) -> bytes:
    """Return an event's part of a frame."""
    return b"".join(_item(row))


def items_frame(items: Sequence[bytes]) -> bytes:
    """Return the frame that is made of these parts."""
    size = sum(map(len, items))
    return b"".join([_ITEM_TAG, _varint(size), *items])


def checkpoint_frame(position: int) -> bytes:
    """Return the bytes of a `ReadResponse` that holds a checkpoint."""
    return ReadResponse(checkpoint=Checkpoint(position=position)).SerializeToString()


def caught_up_frame(position: int) -> bytes:
    """Return the bytes of a `SubscribeResponse` that says so."""
    return SubscribeResponse(caught_up=Checkpoint(position=position)).SerializeToString()


def heartbeat_frame(position: int) -> bytes:
    """Return the bytes of a `SubscribeResponse` that holds a heartbeat."""
    return SubscribeResponse(heartbeat=Checkpoint(position=position)).SerializeToString()


def fell_behind_frame(position: int) -> bytes:
    """Return the bytes of a `SubscribeResponse` that says so."""
    return SubscribeResponse(fell_behind=Checkpoint(position=position)).SerializeToString()


def recorded_message(row: Recorded) -> RecordedEvent:
    """Return a row of the log as the message that it stands for in a frame."""
    message = _header(row)
    message.event.CopyFrom(Event.FromString(row.state))
    return message


def timestamp_of(micros: int) -> Timestamp:
    """Return the timestamp of microseconds since 1970 UTC."""
    seconds, rest = divmod(micros, 1_000_000)
    return Timestamp(seconds=seconds, nanos=rest * 1_000)


def _item(row: Recorded) -> tuple[bytes, ...]:
    """The pieces of one event of `RecordedEvents`."""
    header = _header(row).SerializeToString()
    length = _varint(len(row.state))
    size = len(header) + len(_EVENT_TAG) + len(length) + len(row.state)
    return _ITEM_TAG, _varint(size), header, _EVENT_TAG, length, row.state


def _header(row: Recorded) -> RecordedEvent:
    """Everything but the event."""
    return RecordedEvent(
        position=row.position,
        record_time=timestamp_of(row.record_micros),
        submitter=row.submitter,
        revision=row.revision,
    )


def _varint(number: int) -> bytes:
    """Return a length as protobuf writes it: seven bits a byte, the lowest first."""
    written = bytearray()
    while number > 0x7F:  # noqa: PLR2004  the format's own
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)
