"""The elements made of the log's bytes are those that the domain makes of whole claims."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from communique import codec
from communique.domain.assertions import Assertion, assertion_of, assertions
from communique.domain.clocks import micros
from communique.domain.element import StatusElement
from communique.domain.event import Amendment, Claim, EventCorrected
from communique.domain.issue import issues_of
from communique.v1 import event_pb2
from tests.strategies import claims

instants = st.datetimes(datetime(1000, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def filled(message: event_pb2.Event, says: Assertion, known: datetime) -> codec.Filled:
    """What a message fills a facet with, out of the bytes that the log keeps of it."""
    state = codec.canonical_bytes(message, codec.submitted(message))
    return codec.filled(state, str(says.dyad), str(says.facet), micros(known))


def state_of(element: StatusElement) -> bytes:
    """The bytes of an element's message."""
    return codec.element_message(element).SerializeToString(deterministic=True)


def padded(message: event_pb2.Event) -> event_pb2.Event:
    """The same message with white space where the domain takes it away."""
    for party in (*message.actors, *message.recipients, *(it.party for it in message.participants)):
        party.organ = f" {party.organ}\n"
    message.gist = f"\u2003{message.gist} "
    message.source.outlet = f" {message.source.outlet}\t"
    return message


@given(claims(), instants)
def test_an_element_out_of_bytes_is_the_domain_s(claim: Claim, known: datetime) -> None:
    """In its message, in each field, and in the boards that it stands on."""
    for says in assertions(claim):
        whole = StatusElement.of(claim, says, known)
        element, issues = filled(codec.message_of(claim), says, known)

        assert element.content == state_of(element) == state_of(whole)
        assert issues == issues_of(claim, says)
        for name in StatusElement.model_fields:
            assert getattr(element, name) == getattr(whole, name), name


@given(claims(), instants)
def test_white_space_around_words_is_no_part_of_them(claim: Claim, known: datetime) -> None:
    """The log keeps what the client sent; the element says what the domain read in it."""
    for says in assertions(claim):
        message = padded(codec.message_of(claim))
        assert filled(message, says, known).element == StatusElement.of(claim, says, known)


@given(claims(), instants, st.uuids())
def test_a_correction_fills_as_its_content(claim: Claim, known: datetime, other: UUID) -> None:
    """The event that the element names is the one corrected."""
    corrected = EventCorrected(amends=claim.event_id, content=claim, reason="misread")
    amendment = codec.message_of(Amendment(event_id=other, payload=corrected))
    for says in assertions(claim):
        assert filled(amendment, says, known) == filled(codec.message_of(claim), says, known)


@given(claims(), instants)
def test_marks_are_kept_and_written(claim: Claim, known: datetime) -> None:
    """Of an element that is kept as bytes as of a whole one, and on each of their last certain."""
    for says in assertions(claim):
        whole = StatusElement.of(claim, says, known)
        element = filled(codec.message_of(claim), says, known).element
        marks = {"by_schedule": True, "under_way": True, "contested": True}
        marked = element.model_copy(update={**marks, "last_certain": element})
        expected = whole.model_copy(update={**marks, "last_certain": whole})

        assert marked == expected
        assert expected == marked
        assert state_of(marked) == state_of(expected)
        assert marked != element
        assert hash(marked) == hash(expected)


@given(claims())
def test_the_assertion_of_a_facet_is_the_one_among_all(claim: Claim) -> None:
    """Found alone, it says the same."""
    for says in assertions(claim):
        assert assertion_of(claim, says.dyad, says.facet) == says
