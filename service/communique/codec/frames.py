"""The frames of a read, put together from stored bytes: replay is copying, not decoding.

What is recorded lies in the log as it goes on the wire (`log/heading.py`); around it a frame puts a
tag and a length. The frames of a subscription are those of a read, field by field, and a few more.
"""

from collections.abc import Sequence

from communique.codec.wire import ITEM_TAG, heading, timestamp_of, varint
from communique.server.log import Recorded
from communique.v1.event_pb2 import Event, RecordedEvent
from communique.v1.record_service_pb2 import Checkpoint, ReadResponse, SubscribeResponse


def item_of(row: Recorded) -> bytes:
    """Return an event's part of a frame."""
    return heading(row) + row.state


def items_frame(parts: Sequence[bytes]) -> bytes:
    """Return the frame whose events are made of these parts."""
    size = sum(map(len, parts))
    # Field 1 of `ReadResponse`, too.
    return b"".join([ITEM_TAG, varint(size), *parts])


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
    return RecordedEvent(
        position=row.position,
        record_time=timestamp_of(row.record_micros),
        submitter=row.submitter,
        revision=row.revision,
        event=Event.FromString(row.state),
    )
