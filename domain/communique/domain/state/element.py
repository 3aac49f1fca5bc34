"""Elements: what a claim fills one facet with, and the rank that decides between claims."""

from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, Self
from uuid import UUID

from communique.domain.claims.event import Claim
from communique.domain.claims.values import Attribution, Certainty, Participant, Polarity
from communique.domain.claims.words import MeetingLevel
from communique.domain.model import Model, Word
from communique.domain.parties.party import Party
from communique.domain.state.assertions import Assertion
from communique.domain.state.facets import Facet, FacetKind, State
from communique.domain.time.clocks import from_micros, is_foreseen, micros
from communique.domain.time.edtf import ValidTime


class Due(Word):
    """Whether a date that was set has come: not yet, or with no word of what happened."""

    AHEAD = "AHEAD"
    UNCONFIRMED = "UNCONFIRMED"


class StatusElement(Model):
    """How things stand with one facet: what a claim says, and which claim that is.

    The last six fields depend on the point asked from; the others are the claim's own.
    """

    facet: str
    state: State
    actors: tuple[Party, ...] = ()
    recipients: tuple[Party, ...] = ()
    participants: tuple[Participant, ...] = ()
    issue: str = ""
    subject: str = ""
    level: MeetingLevel | None = None
    statement: str = ""
    grounds: str = ""
    gist: str = ""
    occurred: ValidTime
    known: datetime
    certainty: Certainty
    polarity: Polarity = Polarity.POSITIVE
    scheduled: ValidTime | None = None
    outlet: str = ""
    attributions: tuple[Attribution, ...] = ()
    foreseen: bool = False
    event_ids: tuple[UUID, ...]
    due: Due | None = None
    scheduled_state: State | None = None
    by_schedule: bool = False
    under_way: bool = False
    contested: bool = False
    last_certain: "StatusElement | None" = None

    @property
    def kind(self) -> FacetKind:
        """The kind of its facet."""
        return _kind(self.facet)


@lru_cache(maxsize=1 << 12)
def _kind(facet: str) -> FacetKind:
    return Facet.parse(facet).kind


def certainty_of(claim: Claim, known: datetime) -> Certainty:
    """Return how certain a claim counts as; what was foreseen is probable at most.

    `known` is when the claim could be known, aware UTC.
    """
    if claim.certainty is Certainty.CERTAIN and is_foreseen(claim.occurred, claim.known, known):
        return Certainty.PROBABLE
    return claim.certainty


def claimed_fields(claim: Claim, assertion: Assertion, known: datetime) -> dict[str, Any]:
    """Return the fields of a `StatusElement` that are the claim's own; `known` is aware UTC."""
    return {
        "facet": str(assertion.facet),
        "state": assertion.state,
        "actors": claim.actors,
        "recipients": claim.recipients,
        "participants": claim.participants,
        "issue": assertion.issue,
        "subject": claim.subject or "",
        "level": claim.payload.__dict__.get("level"),
        "statement": assertion.statement,
        "grounds": assertion.grounds,
        "gist": claim.gist,
        "occurred": claim.occurred,
        "known": known,
        "certainty": certainty_of(claim, known),
        "polarity": claim.polarity,
        "scheduled": assertion.scheduled,
        "outlet": claim.source.outlet,
        "attributions": claim.attributions,
        "foreseen": is_foreseen(claim.occurred, claim.known, known),
        "event_ids": (claim.event_id,),
    }


class Rank(NamedTuple):
    """The order of the claims of one facet, of which the greatest wins; there are no ties.

    The read models order by these fields, in this order. Times are microseconds since 1970 UTC and
    the id is its 16 bytes, which compare as the instants and ids themselves.
    """

    earliest: int
    stage: int
    certainty: int
    known: int
    event_id: bytes

    @classmethod
    def of(cls, claim: Claim, assertion: Assertion, known: int) -> Self:
        """Return the rank of a claim's assertion."""
        earliest = micros(claim.occurred.earliest)
        certainty = certainty_of(claim, from_micros(known)).rank
        return cls(earliest, assertion.stage, certainty, known, claim.event_id.bytes)
