"""Facets: the slots of a dyad's state, and the states and stages of each."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final, NamedTuple

from communique.domain.model import Word


class FacetKind(Word):
    """The kinds of slots of a dyad's state."""

    RELATIONS = "relations"
    EXPULSION = "expulsion"
    MEETING = "meeting"
    AGENDA = "agenda"
    TALKS = "talks"
    STANCE = "stance"
    DEMAND = "demand"
    PROPOSAL = "proposal"
    COMMITMENT = "commitment"
    THREAT = "threat"
    ACCUSATION = "accusation"
    MEASURE = "measure"
    AGREEMENT = "agreement"
    RULING = "ruling"
    MEDIATION = "mediation"
    OUTLOOK = "outlook"
    REPORT = "report"


class Facet(NamedTuple):
    """One slot of a dyad's state, written `talks/export-controls`."""

    kind: FacetKind
    key: str = ""

    def __str__(self) -> str:
        """Return the written form."""
        return f"{self.kind.value}/{self.key}" if self.key else self.kind.value

    @classmethod
    def parse(cls, text: str) -> "Facet":
        """Read the written form; `ValueError` for an unknown kind."""
        kind, _, key = text.partition("/")
        return cls(FacetKind(kind), key)


class State(Word):
    """How things stand with a facet."""

    SCHEDULED = "SCHEDULED"
    PLANNED = "PLANNED"
    POSTPONED = "POSTPONED"
    CANCELLED = "CANCELLED"
    STARTED = "STARTED"
    HELD = "HELD"
    PROPOSED = "PROPOSED"
    AGREED = "AGREED"
    REFUSED = "REFUSED"
    SUSPENDED = "SUSPENDED"
    RESUMED = "RESUMED"
    STATED = "STATED"
    DEMANDED = "DEMANDED"
    MET = "MET"
    REJECTED = "REJECTED"
    ACCEPTED = "ACCEPTED"
    COMMITTED = "COMMITTED"
    THREATENED = "THREATENED"
    ACCUSED = "ACCUSED"
    ANNOUNCED = "ANNOUNCED"
    IN_FORCE = "IN_FORCE"
    LIFTED = "LIFTED"
    RULED = "RULED"
    SIGNED = "SIGNED"
    RATIFIED = "RATIFIED"
    UNDER_NOTICE = "UNDER_NOTICE"
    NOTICE_SUSPENDED = "NOTICE_SUSPENDED"
    ENDED = "ENDED"
    ESTABLISHED = "ESTABLISHED"
    UPGRADED = "UPGRADED"
    DOWNGRADED = "DOWNGRADED"
    AMBASSADOR_RECALLED = "AMBASSADOR_RECALLED"
    AMBASSADOR_RETURNED = "AMBASSADOR_RETURNED"
    SEVERED = "SEVERED"
    RESTORED = "RESTORED"
    EXPELLED = "EXPELLED"
    OFFERED = "OFFERED"
    REQUESTED = "REQUESTED"
    URGED = "URGED"
    POSITIVE = "POSITIVE"
    NEUTRAL = "NEUTRAL"
    NEGATIVE = "NEGATIVE"
    REPORTED = "REPORTED"


class Stage(IntEnum):
    """How far a life cycle has come, compared among claims of one subject, or of none.

    A later stage is later than any earlier one, where the times do not say otherwise. Two states of
    one stage, such as met and rejected, do not say which of them came first.
    """

    POSSIBLE = 0
    OPENED = 1
    CHANGED = 2
    ANSWERED = 3
    BEGUN = 4
    COMPLETED = 5
    CLOSED = 6


ONCE: Final = frozenset(
    {
        State.STARTED,
        State.HELD,
        State.SIGNED,
        State.RATIFIED,
        State.IN_FORCE,
        State.LIFTED,
        State.ENDED,
        State.RULED,
    }
)
"""States that a subject comes to once, so that two times for one of them cannot both be right.

What the other states tell can be said again: then the later saying replaces the earlier one.
"""

CAN_CHANGE: Final[Mapping[tuple[FacetKind, State | None], frozenset[State]]] = {
    (FacetKind.AGENDA, State.STARTED): frozenset({State.PLANNED, State.POSTPONED}),
    (FacetKind.TALKS, State.RESUMED): frozenset({State.PROPOSED, State.AGREED, State.SUSPENDED}),
    (FacetKind.DEMAND, None): frozenset({State.DEMANDED}),
    (FacetKind.PROPOSAL, None): frozenset({State.PROPOSED}),
    (FacetKind.MEASURE, State.IN_FORCE): frozenset({State.ANNOUNCED, State.SUSPENDED}),
    (FacetKind.MEASURE, State.LIFTED): frozenset(
        {State.ANNOUNCED, State.IN_FORCE, State.SUSPENDED}
    ),
    (FacetKind.AGREEMENT, State.IN_FORCE): frozenset({State.SIGNED, State.RATIFIED}),
    (FacetKind.AGREEMENT, State.ENDED): frozenset(
        {
            State.SIGNED,
            State.RATIFIED,
            State.IN_FORCE,
            State.UNDER_NOTICE,
            State.NOTICE_SUSPENDED,
        }
    ),
}
"""By the kind of a facet, and the state to which it is due to come, the states that this changes.

A demand and a proposal are due to be answered, with one state or another. Of two dates that are set
for one element the one further up stands in it.
"""
