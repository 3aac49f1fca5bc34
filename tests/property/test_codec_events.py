"""Any event to the contract and back, and the bytes that are stored of it."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from google.protobuf.message import DecodeError, Message
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from communique import codec
from communique.domain.claims.event import Amendment, Claim, Event, EventCorrected, Recorded
from communique.domain.time.clocks import known_at
from communique.v1 import event_pb2, payloads_pb2, time_pb2
from tests.support.strategies import PAYLOADS, claims, events, models

NEWER_PAYLOAD = bytes([0xC2, 0x3E, 3]) + b"\x0a\x01x"
"""Field 1000, a message with the text "x": the payload of a type that does not exist yet."""
NEWER_FIELD = bytes([0xFA, 0x3E, 2]) + b"ok"
"""Field 1007, a text: what a newer client may say beside the payload."""
INSTANTS = st.datetimes(datetime(1000, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 -- Hypothesis adds the zone
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])).map(str.strip)


@given(events)
def test_an_event_survives_submission(event: Event) -> None:
    """An event's message is read as the same event."""
    assert codec.submitted(codec.message_of(event)) == event


@pytest.mark.parametrize("kind", PAYLOADS, ids=lambda kind: kind.__name__)
def test_every_type_survives_submission_and_storage(kind: type) -> None:
    """A claim of each type, with any of its fields set or not, survives both."""

    @settings(max_examples=settings().max_examples // 4)
    @given(claims(of_types=models(kind)))
    def survives(claim: Claim) -> None:
        message = codec.message_of(claim)
        assert codec.submitted(message) == claim
        assert codec.stored_bytes(codec.canonical_bytes(message, claim)) == claim

    survives()


@given(events)
def test_an_event_survives_storage(event: Event) -> None:
    """The log's bytes of an event, and its recorded message, say exactly what the event says."""
    state = codec.canonical_bytes(codec.message_of(event), event)
    record_time = datetime(2019, 8, 22, tzinfo=UTC)
    message = event_pb2.RecordedEvent(
        position=7,
        record_time=codec.timestamp(record_time),
        submitter="desk",
        revision=2,
        event=event_pb2.Event.FromString(state),
    )

    assert codec.stored_bytes(state) == event
    assert codec.recorded(message) == Recorded(7, record_time, 2, event, "desk")


@given(events)
def test_stored_bytes_are_canonical(event: Event) -> None:
    """The bytes of an event are the same each time, and storing them again changes nothing."""
    message = codec.message_of(event)
    first, second = event_pb2.Event(), event_pb2.Event()
    first.CopyFrom(message)
    second.CopyFrom(message)
    state = codec.canonical_bytes(first, event)

    assert codec.canonical_bytes(second, event) == state
    assert codec.canonical_bytes(event_pb2.Event.FromString(state), event) == state
    assert message.SerializeToString(deterministic=True) == state


def roughen(message: Message) -> None:
    """Change a message into another form that a client may send."""
    for field, value in message.ListFields():
        match value:
            case str() if field.name in {"event_id", "amends"}:
                setattr(message, field.name, value.upper())
            case time_pb2.ValidTime():
                value.precision, value.earliest.seconds = time_pb2.PRECISION_CENTURY, 1
                value.ClearField("latest")
                value.zone = "" if value.zone == "UTC" else value.zone
            case event_pb2.EventCorrected():
                value.amends = f"{{{value.amends}}}"
                roughen(value.content)
                value.content.ClearField("event_id")
            case Message():
                roughen(value)
            case _ if field.name == "zone" and value == "UTC":
                message.ClearField("zone")
            case _ if field.name == "links":
                for link in value:
                    roughen(link)


@given(events)
def test_what_clients_write_differently_is_stored_alike(event: Event) -> None:
    """Events that clients write differently, but mean alike, are stored as the same bytes."""
    plain, rough = codec.message_of(event), codec.message_of(event)
    roughen(rough)
    read = codec.submitted(rough)

    assert read == event
    assert codec.canonical_bytes(rough, read) == codec.canonical_bytes(plain, event)


@given(claims())
def test_fields_of_a_newer_release_are_kept(claim: Claim) -> None:
    """Fields that this release does not know stay in the stored bytes, at every depth."""
    message = codec.message_of(claim)
    for part in (message, message.source, message.occurred):
        part.MergeFromString(NEWER_FIELD)
    state = codec.canonical_bytes(message, codec.submitted(message))

    assert state.count(NEWER_FIELD) == 3
    assert codec.stored_bytes(state) == claim


@given(claims())
def test_a_type_of_a_newer_release_is_none(claim: Claim) -> None:
    """A payload that this release does not know makes no event, and no error."""
    message = codec.message_of(claim)
    message.ClearField("payload")
    state = message.SerializeToString() + NEWER_PAYLOAD

    assert codec.stored_bytes(state) is None
    assert event_pb2.Event.FromString(state).SerializeToString().endswith(NEWER_PAYLOAD)
    with pytest.raises(ValidationError):
        codec.submitted(message)


@given(claims())
def test_a_correction_to_a_newer_type_is_none(claim: Claim) -> None:
    """Content that this release does not know makes no event, and no error."""
    amendment = Amendment(
        event_id=UUID(int=1),
        payload=EventCorrected(amends=claim.event_id, content=claim, reason="misread"),
    )
    message = codec.message_of(amendment)
    content = message.event_corrected.content
    content.ClearField("payload")
    content.MergeFromString(NEWER_PAYLOAD)

    assert codec.stored_bytes(message.SerializeToString()) is None


@given(claims(), INSTANTS, INSTANTS, st.sampled_from(["open", "closed"]))
def test_every_form_of_a_time_is_stored_as_text(
    claim: Claim, first: datetime, second: datetime, end: str
) -> None:
    """Instants and intervals are read as what they mean, and stored as EDTF that means the same."""
    start, stop = sorted((first, second))
    ends = stop if end == "closed" and start < stop else None
    message = codec.message_of(claim)
    message.ClearField("occurred")
    message.occurred.interval.start.CopyFrom(codec.timestamp(start))
    if ends:
        message.occurred.interval.end.CopyFrom(codec.timestamp(ends))
    message.known.instant.CopyFrom(codec.timestamp(second))
    event = codec.submitted(message)
    stored = codec.stored_bytes(codec.canonical_bytes(message, event))

    assert stored == event
    assert isinstance(event, Claim)
    assert (event.occurred.earliest, event.occurred.latest) == (start, ends)
    assert known_at(event.known, second) == second
    assert message.occurred.WhichOneof("when") == "edtf"
    assert message.known.WhichOneof("when") == "text"


@given(claims(), INSTANTS)
def test_an_instant_keeps_its_microsecond(claim: Claim, at: datetime) -> None:
    """A moment given as a timestamp keeps its microsecond."""
    message = codec.message_of(claim)
    message.ClearField("occurred")
    message.occurred.instant.CopyFrom(codec.timestamp(at))
    event = codec.submitted(message)

    assert isinstance(event, Claim)
    assert event.occurred.earliest == at
    assert codec.instant(codec.timestamp(at)) == at


@given(claims(), TEXTS)
def test_any_text_survives(claim: Claim, text: str) -> None:
    """A text in any script is kept to the letter."""
    event = claim.model_copy(update={"gist": text, "correlation_id": text[:128].strip()})

    assert codec.submitted(codec.message_of(event)) == event


@given(st.binary(max_size=200))
def test_any_message_is_read_or_refused(state: bytes) -> None:
    """Any message is read, or refused with the fields at fault."""
    message = event_pb2.Event()
    try:
        message.ParseFromString(state)
        event = codec.submitted(message)
    except DecodeError:
        return
    except ValidationError as error:
        faults = codec.violations(error, "events[0]")
        assert faults
        assert all(fault.description for fault in faults)
        return
    assert codec.stored_bytes(codec.canonical_bytes(message, event)) == event


ODD = st.integers(-(2**40), 2**40)


@given(claims(), ODD, st.integers(-(2**31), 2**31 - 1), st.integers(4, 1000))
def test_odd_numbers_are_refused_with_their_field(
    claim: Claim, seconds: int, nanos: int, number: int
) -> None:
    """Impossible timestamps, durations and enum values are faults of their fields."""
    message = codec.message_of(claim)
    message.certainty = number + 1  # type: ignore[assignment]
    message.known.instant.seconds, message.known.instant.nanos = seconds, nanos
    held = payloads_pb2.MeetingHeld()
    held.duration.seconds, held.duration.nanos = seconds, nanos
    message.meeting_held.CopyFrom(held)
    with pytest.raises(ValidationError) as raised:
        codec.submitted(message)

    assert "certainty" in {fault.field for fault in codec.violations(raised.value)}


@given(claims(), st.integers(5, 1000))
def test_a_word_of_a_newer_release_is_none(claim: Claim, number: int) -> None:
    """An enum value that this release does not know makes no event when it is read from the log."""
    message = codec.message_of(claim)
    message.certainty = number  # type: ignore[assignment]

    assert codec.stored(message) is None
    with pytest.raises(ValidationError):
        codec.submitted(message)


@given(claims())
def test_a_precision_of_a_newer_release_is_none(claim: Claim) -> None:
    """A precision that this release does not know makes no event when it is read from the log."""
    message = codec.message_of(claim)
    message.occurred.precision = 99  # type: ignore[assignment]
    assert codec.stored_bytes(message.SerializeToString()) is None
