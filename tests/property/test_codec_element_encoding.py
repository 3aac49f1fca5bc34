"""Elements that the read model stores as bytes equal those that the domain makes of claims."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from communique import codec
from communique.codec.to_contract import element_message
from communique.domain.claims.event import Claim
from communique.domain.state.assertions import Assertion, assertions
from communique.domain.state.element import StatusElement
from communique.domain.time.clocks import micros, window_of
from tests.support.elements import element_of
from tests.support.strategies import claims

instants = st.datetimes(datetime(1000, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def stored(claim: Claim, assertion: Assertion, known: datetime) -> codec.StoredElement:
    """The element that is read from the bytes that are stored."""
    window = window_of(claim.occurred, claim.known, known)
    return codec.StoredElement.read(codec.element_bytes(claim, assertion, micros(known), window))


def state_of(element: StatusElement) -> bytes:
    """The bytes of an element's message."""
    return element_message(element).SerializeToString(deterministic=True)


@given(claims(), instants)
def test_a_stored_element_is_the_domain_s(claim: Claim, known: datetime) -> None:
    """A stored element equals the domain's element in its message and in each field."""
    for assertion in assertions(claim):
        whole = element_of(claim, assertion, known)
        element = stored(claim, assertion, known)

        assert element.content == state_of(element) == state_of(whole)
        for name in StatusElement.model_fields:
            assert getattr(element, name) == getattr(whole, name), name


@given(claims(), instants)
def test_marks_of_a_stored_element_are_written(claim: Claim, known: datetime) -> None:
    """Marks are written alike for a stored and a whole element, also those of `last_certain`."""
    for assertion in assertions(claim):
        whole = element_of(claim, assertion, known)
        element = stored(claim, assertion, known)
        marks = {"by_schedule": True, "under_way": True, "contested": True}
        marked = element.model_copy(update={**marks, "last_certain": element})
        expected = whole.model_copy(update={**marks, "last_certain": whole})

        assert marked == expected
        assert expected == marked
        assert state_of(marked) == state_of(expected)
        assert marked != element
        assert hash(marked) == hash(expected)
