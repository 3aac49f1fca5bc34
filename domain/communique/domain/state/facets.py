"""Facets: the slots of a dyad's state, and the states and stages of each."""

from enum import IntEnum
from typing import NamedTuple

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
    """How far a life cycle has come: among claims of one moment, the later stage wins."""

    POSSIBLE = 0
    OPENED = 1
    CHANGED = 2
    ANSWERED = 3
    BEGUN = 4
    COMPLETED = 5
    CLOSED = 6
