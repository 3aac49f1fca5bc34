"""Frames that are put together from stored bytes."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from communique import codec
from communique.codec.wire import checkpoint_frame, event_bytes, events_frame, recorded_message
from communique.domain.claims.event import Amendment, Claim
from communique.server.log.entries import LogRow
from communique.v1.record_service_pb2 import Checkpoint, ReadResponse, RecordedEvents
from tests.support.strategies import amendments, claims

ROWS = st.builds(
    LogRow,
    position=st.integers(1, 2**63 - 1),
    event_id=st.just(UUID(int=1).bytes),
    revision=st.integers(1, 2**31 - 1),
    topic=st.just("MeetingHeld"),
    state=(claims() | amendments()).map(
        lambda event: codec.message_of(event).SerializeToString(deterministic=True)
    ),
    record_micros=st.integers(-30_610_224_000_000_000, 253_402_300_799_999_999),
    submitter=st.text(max_size=200),
)


@given(st.lists(ROWS, max_size=5))
def test_a_frame_parses_to_the_message_that_it_stands_for(rows: list[LogRow]) -> None:
    """The bytes put together by copying are those of the message put together field by field."""
    message = ReadResponse(events=RecordedEvents(events=map(recorded_message, rows)))
    frame = events_frame([event_bytes(row) for row in rows])
    assert ReadResponse.FromString(frame) == message
    assert frame == message.SerializeToString(deterministic=True)


@given(st.integers(1, 70_000))
def test_lengths_of_any_size_are_written_rightly(size: int) -> None:
    """An event of any length, also one with fields that are not known, comes out as it went in."""
    unknown = b"\xfa\x3e" + _varint(size) + b"x" * size  # field 1007
    row = LogRow(1, UUID(int=1).bytes, 1, "MeetingHeld", unknown, 0, "")
    (event,) = ReadResponse.FromString(events_frame([event_bytes(row)])).events.events
    assert event.event.SerializeToString() == unknown


def _varint(number: int) -> bytes:
    """The length of a checkpoint's field, read off protobuf itself."""
    return Checkpoint(position=number).SerializeToString()[1:]


@given(st.integers(0, 2**63 - 1))
def test_a_checkpoint_is_a_frame(position: int) -> None:
    """A checkpoint parses to its message."""
    checkpoint = Checkpoint(position=position)
    assert ReadResponse.FromString(checkpoint_frame(position)).checkpoint == checkpoint


def test_events_of_the_strategies_are_of_both_kinds() -> None:
    """The properties above are about claims and amendments."""
    seen: set[type] = set()

    @given(claims() | amendments())
    def see(event: Claim | Amendment) -> None:
        seen.add(type(event))

    see()
    assert seen == {Claim, Amendment}
