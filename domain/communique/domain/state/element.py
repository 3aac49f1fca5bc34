"""Elements: what a claim fills one facet with, and the rank that decides between claims."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple, Self
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

    The last seven fields depend on the point asked from; the others are the claim's own.
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
    scheduled_by: UUID | None = None
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


_DATED: Final = frozenset({State.ANNOUNCED, State.UNDER_NOTICE, State.PLANNED, State.POSTPONED})
"""States of which claims may say until when they last, or when they come to pass."""


def lacks_date(winner: StatusElement) -> bool:
    """Whether other claims of its facet may name the date that a winner does not.

    No other claim shares the facet of a plan without a subject.
    """
    is_alone = winner.kind is FacetKind.AGENDA and not winner.subject
    return winner.state in _DATED and winner.scheduled is None and not is_alone


def with_date(winner: StatusElement, below: Iterable[StatusElement]) -> StatusElement:
    """Return a winner that lacks a date with that of its greatest witness that names one.

    `below` are the elements of the other asserted claims of the facet, in the order of rank, the
    greatest first. Witnesses are those of the winner's subject and state, down to the first claim
    of another state; of claims without a subject only those whose times meet. A witness that is
    less certain than the winner dates nothing.
    """
    for witness in below:
        if (witness.state, witness.subject) != (winner.state, winner.subject):
            return winner
        if witness.scheduled is None or witness.certainty.rank < winner.certainty.rank:
            continue
        if winner.subject or _meet(winner.occurred, witness.occurred):
            dated = {"scheduled": witness.scheduled, "scheduled_by": witness.event_ids[0]}
            return winner.model_copy(update=dated)
    return winner


def _meet(first: ValidTime, second: ValidTime) -> bool:
    """Whether two times can have begun at one instant."""
    ends = [
        time.earliest if time.is_interval else time.last or time.earliest
        for time in (first, second)
    ]
    return first.earliest <= ends[1] and second.earliest <= ends[0]


@lru_cache(maxsize=1 << 12)
def _kind(facet: str) -> FacetKind:
    return Facet.parse(facet).kind


def certainty_of(claim: Claim, *, foreseen: bool) -> Certainty:
    """Return how certain a claim counts as; what was foreseen is probable at most."""
    lowered = foreseen and claim.certainty is Certainty.CERTAIN
    return Certainty.PROBABLE if lowered else claim.certainty


def claimed_fields(claim: Claim, assertion: Assertion, known: datetime) -> dict[str, Any]:
    """Return the fields of a `StatusElement` that are the claim's own; `known` is aware UTC."""
    foreseen = is_foreseen(claim.occurred, claim.known, known)
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
        "certainty": certainty_of(claim, foreseen=foreseen),
        "polarity": claim.polarity,
        "scheduled": assertion.scheduled,
        "outlet": claim.source.outlet,
        "attributions": claim.attributions,
        "foreseen": foreseen,
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
        foreseen = is_foreseen(claim.occurred, claim.known, from_micros(known))
        certainty = certainty_of(claim, foreseen=foreseen).rank
        return cls(earliest, assertion.stage, certainty, known, claim.event_id.bytes)
