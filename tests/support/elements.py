"""Elements as claims make them, before anything depends on the point asked from."""

from datetime import datetime

from communique.domain.claims.event import Claim
from communique.domain.state.assertions import Assertion
from communique.domain.state.element import StatusElement, claimed_fields
from communique.domain.time.clocks import Window, window_of


def element_of(
    claim: Claim, assertion: Assertion, known: datetime, window: Window | None = None
) -> StatusElement:
    """Return the element that a claim's assertion fills its facet with; `known` is aware UTC.

    The window is the domain's own where none is given.
    """
    window = window or window_of(claim.occurred, claim.known, known)
    return StatusElement(**claimed_fields(claim, assertion, known, window))
