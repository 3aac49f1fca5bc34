"""The way of any status, and of each element of it, to the contract and back."""

from hypothesis import given
from hypothesis import strategies as st

from communique import codec
from communique.domain.claims.event import Claim, Recorded
from communique.domain.state.assertions import assertions
from communique.domain.time.clocks import AsOf, known_at
from communique.v1 import status_pb2
from tests.support import oracle
from tests.support.elements import element_of
from tests.support.histories import LATE, histories, points
from tests.support.strategies import DYADS, claims


@given(st.data(), histories())
def test_a_status_survives(data: st.DataObject, log: list[Recorded]) -> None:
    """Its message says exactly what it says, and is the same bytes each time."""
    status = oracle.status(log, data.draw(st.sampled_from(DYADS)), data.draw(points(log)))
    state = codec.status_message(status).SerializeToString(deterministic=True)

    assert codec.status(status_pb2.BilateralStatus.FromString(state)) == status
    assert codec.status_message(status).SerializeToString(deterministic=True) == state


def test_the_status_of_an_empty_log_survives() -> None:
    """Position 0 is an answer like any other."""
    status = oracle.status([], DYADS[0], AsOf(LATE, LATE, 0))

    assert codec.status(codec.status_message(status)) == status


@given(claims())
def test_an_element_survives(claim: Claim) -> None:
    """Whatever a claim asserts, and whatever is marked of it, reads back."""
    known = known_at(claim.known, LATE)
    for says in assertions(claim):
        plain = element_of(claim, says, known)
        marks = {"by_schedule": True, "under_way": True, "contested": True, "last_certain": plain}
        for element in (plain, plain.model_copy(update=marks)):
            assert codec.element(codec.element_message(element)) == element
