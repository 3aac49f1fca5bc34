"""The seam between stored bytes and the domain."""

from uuid import UUID

import pytest
from eventsourcing.persistence import MapperDeserialisationError, StoredEvent
from hypothesis import given
from hypothesis import strategies as st

from communique.domain.claims.event import Amendment, Claim
from communique.domain.time.clocks import from_micros
from communique.server.log.decoding import recorded_of
from communique.server.log.entries import LogRow
from communique.server.log.eventsourcing.contract_mapper import ContractMapper, StreamEvent
from tests.support.strategies import amendments, claims

MAPPER = ContractMapper()
STREAM = UUID(int=1)


@given(claims() | amendments(), st.integers(1, 100))
def test_an_event_comes_back_as_it_went_in(event: Claim | Amendment, version: int) -> None:
    """Events are stored under their type words, in bytes that are always the same."""
    given_event = StreamEvent(STREAM, version, event)
    stored = MAPPER.to_stored_event(given_event)
    assert stored.topic == event.payload.type
    assert MAPPER.to_domain_event(stored) == given_event
    assert MAPPER.to_stored_event(MAPPER.to_domain_event(stored)) == stored


@given(claims())
def test_a_row_of_the_log_becomes_the_domains(claim: Claim) -> None:
    """A row of the log becomes a domain event with an instant as its record time."""
    stored = MAPPER.to_stored_event(StreamEvent(STREAM, 1, claim))
    row = LogRow(3, STREAM.bytes, 1, stored.topic, stored.state, 5, "desk")
    assert recorded_of(row) == (3, from_micros(5), 1, claim, "desk")


def test_a_type_of_a_newer_release_is_no_event_yet() -> None:
    """A stored event of an unknown type is mapped to no event, without a fault."""
    stored = StoredEvent(STREAM, 1, "EnvoyRecalled", b"\xfa\x3e\x05hello")
    assert MAPPER.to_domain_event(stored).event is None
    with pytest.raises(TypeError):
        MAPPER.to_stored_event(MAPPER.to_domain_event(stored))


@given(claims())
def test_a_word_of_a_newer_release_is_no_event_yet(claim: Claim) -> None:
    """A stored event with an unknown word, such as a certainty, is mapped to no event."""
    stored = MAPPER.to_stored_event(StreamEvent(STREAM, 1, claim))
    newer = StoredEvent(STREAM, 1, stored.topic, stored.state + b"\x50\x63")  # certainty 99
    assert MAPPER.to_domain_event(newer).event is None


@pytest.mark.parametrize(
    ("topic", "state"),
    [
        ("MeetingHeld", b"\xff\xff"),
        ("MeetingHeld", b""),
        ("MeetingHeld", b"\xca\x06\x00"),  # a meeting held, and nothing else
        ("TalksRefused", b"\xca\x06\x00"),
    ],
)
def test_what_is_no_valid_event_is_refused(topic: str, state: bytes) -> None:
    """Stored bytes that are damaged, empty or of another type are refused."""
    with pytest.raises(MapperDeserialisationError, match=topic):
        MAPPER.to_domain_event(StoredEvent(STREAM, 1, topic, state))


@given(claims())
def test_an_event_under_another_topic_is_refused(claim: Claim) -> None:
    """A stored event whose topic differs from its payload is refused."""
    stored = MAPPER.to_stored_event(StreamEvent(STREAM, 1, claim))
    topic = "MeetingHeld" if stored.topic != "MeetingHeld" else "TalksRefused"
    with pytest.raises(MapperDeserialisationError, match=stored.topic):
        MAPPER.to_domain_event(StoredEvent(STREAM, 1, topic, stored.state))
