"""The elements that the read model keeps as bytes are those that the domain makes of claims."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from communique import codec
from communique.domain.claims.event import Claim
from communique.domain.state.assertions import Assertion, assertions
from communique.domain.state.element import StatusElement
from communique.domain.time.clocks import micros
from tests.support.elements import element_of
from tests.support.strategies import claims

instants = st.datetimes(datetime(1000, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def kept(claim: Claim, says: Assertion, known: datetime) -> codec.StoredElement:
    """The element as it is read from the bytes that are kept of it."""
    return codec.StoredElement.read(codec.element_bytes(claim, says, micros(known)))


def state_of(element: StatusElement) -> bytes:
    """The bytes of an element's message."""
    return codec.element_message(element).SerializeToString(deterministic=True)


@given(claims(), instants)
def test_an_element_that_is_kept_is_the_domain_s(claim: Claim, known: datetime) -> None:
    """In its message and in each field."""
    for says in assertions(claim):
        whole = element_of(claim, says, known)
        element = kept(claim, says, known)

        assert element.content == state_of(element) == state_of(whole)
        for name in StatusElement.model_fields:
            assert getattr(element, name) == getattr(whole, name), name


@given(claims(), instants)
def test_marks_are_kept_and_written(claim: Claim, known: datetime) -> None:
    """Of an element that is kept as bytes as of a whole one, and on each of their last certain."""
    for says in assertions(claim):
        whole = element_of(claim, says, known)
        element = kept(claim, says, known)
        marks = {"by_schedule": True, "under_way": True, "contested": True}
        marked = element.model_copy(update={**marks, "last_certain": element})
        expected = whole.model_copy(update={**marks, "last_certain": whole})

        assert marked == expected
        assert expected == marked
        assert state_of(marked) == state_of(expected)
        assert marked != element
        assert hash(marked) == hash(expected)
