"""Any status, and any element of one, to the contract and back."""

from hypothesis import given
from hypothesis import strategies as st

from communique import codec
from communique.codec.to_contract import element_message
from communique.domain.claims.event import Claim, Recorded
from communique.domain.state.assertions import assertions
from communique.domain.state.element import StatusElement
from communique.domain.state.status import BilateralStatus
from communique.domain.time.clocks import AsOf, known_at
from communique.v1 import status_pb2
from tests.support import oracle
from tests.support.elements import element_of
from tests.support.histories import LATE, histories, points
from tests.support.strategies import DYADS, claims


@given(st.data(), histories())
def test_a_status_survives(data: st.DataObject, log: list[Recorded]) -> None:
    """A status's message reads back as the status, and has the same bytes each time."""
    status = oracle.status(log, data.draw(st.sampled_from(DYADS)), data.draw(points(log)))
    state = codec.status_message(status).SerializeToString(deterministic=True)

    message = status_pb2.BilateralStatus.FromString(state)
    assert codec.model_of(BilateralStatus, message) == status
    assert codec.status_message(status).SerializeToString(deterministic=True) == state


def test_the_status_of_an_empty_log_survives() -> None:
    """A status at position 0 reads back like any other."""
    status = oracle.status([], DYADS[0], AsOf(LATE, LATE, 0))

    assert codec.model_of(BilateralStatus, codec.status_message(status)) == status


@given(claims())
def test_an_element_survives(claim: Claim) -> None:
    """An element of any assertion, marked or not, reads back from its message."""
    known = known_at(claim.known, LATE)
    for assertion in assertions(claim):
        plain = element_of(claim, assertion, known)
        marks = {"by_schedule": True, "under_way": True, "contested": True, "last_certain": plain}
        for element in (plain, plain.model_copy(update=marks)):
            assert codec.model_of(StatusElement, element_message(element)) == element
