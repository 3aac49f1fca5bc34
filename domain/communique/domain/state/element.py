"""Elements: what a claim fills one facet with, and the rank that decides between claims."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple, Self
from uuid import UUID

from communique.domain.claims.event import Claim
from communique.domain.claims.payloads import ScheduleStated
from communique.domain.claims.values import (
    Attribution,
    Certainty,
    Grade,
    Participant,
    Place,
    Polarity,
)
from communique.domain.claims.words import (
    Finality,
    Likelihood,
    MeetingFormat,
    MeetingLevel,
    ScheduledChange,
)
from communique.domain.model import Model, Word
from communique.domain.parties.party import Party
from communique.domain.state.assertions import Assertion
from communique.domain.state.facets import Facet, FacetKind, State
from communique.domain.state.preferences import Disagreement, Preference
from communique.domain.time.clocks import Window, micros
from communique.domain.time.edtf import ValidTime


class Due(Word):
    """Whether a date that was set has come: not yet, with no word of what happened, or in vain."""

    AHEAD = "AHEAD"
    UNCONFIRMED = "UNCONFIRMED"
    NOT_MET = "NOT_MET"


class Witness(Model):
    """A claim that says the same of the same subject as the winner of a facet, or the winner."""

    event_id: UUID
    outlet: str
    via: str = ""
    known: datetime
    certainty: Certainty
    grade: Grade | None = None


class FieldOrigin(Model):
    """Where a field of an element is from, if it is not the winning claim's own.

    `derived` says that a date was worked out from a period, and that no source names it.
    """

    field: str
    event_id: UUID
    reason: Preference
    derived: bool = False


class OtherState(Model):
    """A state that may be later than that of the element: no time says which came first."""

    state: State
    event_ids: tuple[UUID, ...]


class StatusElement(Model):
    """How things stand with one facet: what its witnesses say, and which claims those are.

    An element of a single claim has its own words. In an element with several witnesses each field
    has the preferred value, and `origins` say where it is from. `settled` is when what the winner
    says must have begun. The fields from `due` on depend on the point asked from.
    """

    facet: str
    state: State
    actors: tuple[Party, ...] = ()
    recipients: tuple[Party, ...] = ()
    participants: tuple[Participant, ...] = ()
    issue: str = ""
    subject: str = ""
    level: MeetingLevel | None = None
    format: MeetingFormat | None = None
    place: Place | None = None
    duration: timedelta | None = None
    count: int | None = None
    finality: Finality | None = None
    likelihood: Likelihood | None = None
    statement: str = ""
    grounds: str = ""
    gist: str = ""
    occurred: ValidTime
    settled: datetime
    known: datetime
    certainty: Certainty
    polarity: Polarity = Polarity.POSITIVE
    scheduled: ValidTime | None = None
    scheduled_state: State | None = None
    outlet: str = ""
    attributions: tuple[Attribution, ...] = ()
    foreseen: bool = False
    coded: bool = False
    event_ids: tuple[UUID, ...]
    witnesses: tuple[Witness, ...] = ()
    witness_count: int = 1
    outlet_count: int = 1
    report_count: int = 0
    origins: tuple[FieldOrigin, ...] = ()
    scheduled_by: UUID | None = None
    due: Due | None = None
    by_schedule: bool = False
    under_way: bool = False
    contested: bool = False
    disagreements: tuple[Disagreement, ...] = ()
    order_unknown: tuple[OtherState, ...] = ()
    surer: tuple["StatusElement", ...] = ()
    last_certain: "StatusElement | None" = None

    @property
    def kind(self) -> FacetKind:
        """The kind of its facet."""
        return _kind(self.facet)

    @property
    def surer_ones(self) -> tuple["StatusElement", ...]:
        """The elements of surer claims below it, the surest last."""
        return (*self.surer, self.last_certain) if self.last_certain else ()


@lru_cache(maxsize=1 << 12)
def _kind(facet: str) -> FacetKind:
    return Facet.parse(facet).kind


def certainty_of(claim: Claim, *, foreseen: bool) -> Certainty:
    """Return how certain a claim counts as; what was foreseen is probable at most."""
    lowered = foreseen and claim.certainty is Certainty.CERTAIN
    return Certainty.PROBABLE if lowered else claim.certainty


def surety_of(claim: Claim, *, foreseen: bool) -> int:
    """Return how sure a claim is, the greater the surer.

    That is by its certainty; of two of one certainty a curated claim is surer than a coded one.
    """
    return 2 * certainty_of(claim, foreseen=foreseen).rank + (not claim.is_coded)


CERTAIN: Final = 2 * Certainty.CERTAIN.rank
"""The least surety of a certain claim."""

_DUE_STATES: Final = {
    State.PLANNED: State.STARTED,
    State.POSTPONED: State.STARTED,
    State.ANNOUNCED: State.IN_FORCE,
    State.UNDER_NOTICE: State.ENDED,
}
"""What is due on the date that a claim of a state sets."""
_CHANGES: Final = {
    ScheduledChange.TAKE_EFFECT: dict.fromkeys(FacetKind, State.IN_FORCE),
    ScheduledChange.BEGIN: {FacetKind.AGENDA: State.STARTED, FacetKind.TALKS: State.RESUMED},
    ScheduledChange.END: {FacetKind.MEASURE: State.LIFTED, FacetKind.AGREEMENT: State.ENDED},
    ScheduledChange.BE_ANSWERED: dict[FacetKind, State](),
}


def _scheduled_state(claim: Claim, assertion: Assertion) -> State | None:
    """Return the state to which the facet is due to come on the date that the claim sets."""
    if isinstance(claim.payload, ScheduleStated):
        return _CHANGES[claim.payload.change].get(assertion.facet.kind)
    return _DUE_STATES.get(assertion.state) if assertion.scheduled else None


_OF_PAYLOADS: Final = ("level", "format", "duration", "count", "finality", "likelihood")
"""The fields of an element that some payloads have under the same name."""


def claimed_fields(
    claim: Claim, assertion: Assertion, known: datetime, window: Window
) -> dict[str, Any]:
    """Return the fields of the `StatusElement` of a single claim; `known` is aware UTC."""
    payload, certainty = claim.payload.__dict__, certainty_of(claim, foreseen=window.foreseen)
    return {
        **{name: payload.get(name) for name in _OF_PAYLOADS},
        "facet": str(assertion.facet),
        "state": assertion.state,
        "actors": claim.actors,
        "recipients": claim.recipients,
        "participants": claim.participants,
        "issue": assertion.issue,
        "subject": claim.subject or "",
        "place": claim.place,
        "statement": assertion.statement,
        "grounds": assertion.grounds,
        "gist": claim.gist,
        "occurred": claim.occurred,
        "settled": window.settled,
        "known": known,
        "certainty": certainty,
        "polarity": claim.polarity,
        "scheduled": assertion.scheduled,
        "scheduled_state": _scheduled_state(claim, assertion),
        "outlet": claim.source.outlet,
        "attributions": claim.attributions,
        "foreseen": window.foreseen,
        "coded": claim.is_coded,
        "event_ids": (claim.event_id,),
        "witnesses": (_witness(claim, known, certainty),),
        "witness_count": 1,
        "outlet_count": 1,
        "report_count": int(claim.is_coded),
        "origins": (_derived_from(claim),) if assertion.is_derived else (),
    }


def _witness(claim: Claim, known: datetime, certainty: Certainty) -> Witness:
    return Witness(
        event_id=claim.event_id,
        outlet=claim.source.outlet,
        via=claim.source.via,
        known=known,
        certainty=certainty,
        grade=claim.grade,
    )


def _derived_from(claim: Claim) -> FieldOrigin:
    """Return the origin of a date that was worked out from what a claim says."""
    reason = Preference.ONLY_ONE
    return FieldOrigin(field="scheduled", event_id=claim.event_id, reason=reason, derived=True)


class Rank(NamedTuple):
    """The order of the leading claims of one facet's subjects, of which the greatest decides.

    There are no ties. Times are microseconds since 1970 UTC and the id is its 16 bytes, which
    compare as the instants and ids themselves; `surety` is as in `surety_of`.
    """

    first: int
    stage: int
    surety: int
    known: int
    event_id: bytes

    @classmethod
    def of(cls, claim: Claim, stage: int, known: int, window: Window) -> Self:
        """Return the rank of a claim that asserts a state of this stage."""
        surety = surety_of(claim, foreseen=window.foreseen)
        return cls(micros(window.first), stage, surety, known, claim.event_id.bytes)

    @property
    def within_state(self) -> tuple[int, int, int, bytes]:
        """The order of the claims of one subject and state, of which the greatest wins."""
        return self.surety, self.first, self.known, self.event_id

    @property
    def within_subject(self) -> tuple[int, int, int, int, bytes]:
        """The order of the claims of one subject, of which the greatest leads."""
        return self.stage, self.first, self.surety, self.known, self.event_id
