"""The wire form of what is recorded: each event's bytes in a frame, up to its own.

The log keeps an event as the bytes of its `Event` message. On the wire it is field 1 of
`RecordedEvents`: a tag, a length, and a `RecordedEvent`, which is its small fields followed by a
tag, a length, and those very bytes. All that goes before them is the *heading*. The writer knows
it when it inserts, and keeps it beside the state: so a read of the whole log copies bytes as they
lie there (`joining.py`), where putting the heading together takes two microseconds an event.
`tests/unit/test_frames.py` shows that a heading and its state parse to the message they stand for.
"""

from functools import lru_cache
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from communique.server.log.entries import Recorded
from communique.v1.event_pb2 import RecordedEvent

_LENGTH_DELIMITED: Final = 2
_EVENT_TAG: Final = bytes([RecordedEvent.EVENT_FIELD_NUMBER << 3 | _LENGTH_DELIMITED])
ITEM_TAG: Final = bytes([1 << 3 | _LENGTH_DELIMITED])
"""Field 1: `RecordedEvents.events`."""


def heading(row: Recorded) -> bytes:
    """Return what goes before the state of a row on the wire."""
    position, _, revision, _, state, record_micros, submitter = row
    size = len(state)
    fields = b"\x08%b%b" % (_written(position), _fields(record_micros, submitter, revision))
    length = varint(size)
    whole = varint(len(fields) + len(_EVENT_TAG) + len(length) + size)
    return b"".join((ITEM_TAG, whole, fields, _EVENT_TAG, length))


def timestamp_of(micros: int) -> Timestamp:
    """Return the timestamp of microseconds since 1970 UTC."""
    seconds, rest = divmod(micros, 1_000_000)
    return Timestamp(seconds=seconds, nanos=rest * 1_000)


@lru_cache(maxsize=64)
def _fields(record_micros: int, submitter: str, revision: int) -> bytes:
    """The small fields but the position, the same for most events of a commit."""
    fields = RecordedEvent(
        record_time=timestamp_of(record_micros), submitter=submitter, revision=revision
    )
    return fields.SerializeToString()


@lru_cache(maxsize=1 << 12)
def varint(length: int) -> bytes:
    """Return a length as protobuf writes it; the same ones come again and again."""
    return _written(length)


def _written(number: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    written = bytearray()
    while number > 0x7F:  # noqa: PLR2004  the format's own
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)
