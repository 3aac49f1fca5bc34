"""Elements as claims make them, before anything depends on the point asked from."""

from datetime import datetime

from communique.domain.claims.event import Claim
from communique.domain.state.assertions import Assertion
from communique.domain.state.element import StatusElement, claimed_fields


def element_of(claim: Claim, assertion: Assertion, known: datetime) -> StatusElement:
    """Return the element that a claim's assertion fills its facet with; `known` is aware UTC."""
    return StatusElement(**claimed_fields(claim, assertion, known))
