"""The payload types. A new one needs a message in the contract, and a case in `assertions`."""

from datetime import timedelta
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from communique.domain.claims.shape import MutualPayload, Payload, Shape
from communique.domain.claims.values import Name
from communique.domain.claims.words import (
    CAN_BE_DUE,
    Finality,
    Likelihood,
    MeetingFormat,
    MeetingLevel,
    Outlook,
    RelationsChange,
    ScheduledChange,
    ScheduledKind,
)
from communique.domain.model import refuse
from communique.domain.parties.party import PartyCode
from communique.domain.text import Line, Prose
from communique.domain.time.edtf import ValidTime

Words = Annotated[str, Prose(2000)]
RequiredWords = Annotated[str, Prose(2000, 1)]
Title = Annotated[str, Line(500)]

_CENTURY = timedelta(days=36_525)


class _Meeting(Payload):
    shape: ClassVar[Shape] = Shape.TOGETHER
    level: MeetingLevel | None = None
    format: MeetingFormat | None = None


class MeetingPlanned(_Meeting):
    """A meeting was planned; it occurred when the plan was made known."""

    type: Literal["MeetingPlanned"] = "MeetingPlanned"
    scheduled: ValidTime | None = None
    venue: Name = ""


class MeetingPostponed(_Meeting):
    """A planned meeting was put off, to a new date where one is scheduled."""

    type: Literal["MeetingPostponed"] = "MeetingPostponed"
    scheduled: ValidTime | None = None
    reason: Words = ""


class MeetingCancelled(_Meeting):
    """A planned meeting was called off."""

    type: Literal["MeetingCancelled"] = "MeetingCancelled"
    reason: Words = ""


class MeetingStarted(_Meeting):
    """A meeting began."""

    type: Literal["MeetingStarted"] = "MeetingStarted"
    scheduled: ValidTime | None = None
    venue: Name = ""


class MeetingHeld(_Meeting):
    """A meeting took place; `duration` is set only where the source gives one."""

    type: Literal["MeetingHeld"] = "MeetingHeld"
    scheduled: ValidTime | None = None
    duration: Annotated[timedelta, Field(gt=timedelta(0), le=_CENTURY)] | None = None
    venue: Name = ""
    outcome: Words = ""


class TalksProposed(Payload):
    """Talks on an issue were proposed."""

    type: Literal["TalksProposed"] = "TalksProposed"
    proposal: Words = ""


class TalksAgreed(MutualPayload):
    """Talks on an issue were agreed to."""

    type: Literal["TalksAgreed"] = "TalksAgreed"
    terms: Words = ""


class TalksRefused(Payload):
    """Talks on an issue were refused."""

    type: Literal["TalksRefused"] = "TalksRefused"
    finality: Finality | None = None
    grounds: Words = ""


class TalksSuspended(MutualPayload):
    """Talks on an issue were broken off for the time being."""

    type: Literal["TalksSuspended"] = "TalksSuspended"
    grounds: Words = ""


class TalksResumed(MutualPayload):
    """Suspended or refused talks were taken up again."""

    type: Literal["TalksResumed"] = "TalksResumed"
    terms: Words = ""


class StanceStated(Payload):
    """A party stated its position on an issue, and its grounds for it."""

    shape: ClassVar[Shape] = Shape.ALONE
    type: Literal["StanceStated"] = "StanceStated"
    position: RequiredWords
    grounds: Words = ""


class DemandMade(Payload):
    """The actors demanded something of the recipients."""

    type: Literal["DemandMade"] = "DemandMade"
    demand: RequiredWords


class DemandMet(Payload):
    """The actors met a demand that the recipients had made."""

    type: Literal["DemandMet"] = "DemandMet"
    outcome: Words = ""


class DemandRejected(Payload):
    """The actors rejected a demand that the recipients had made."""

    type: Literal["DemandRejected"] = "DemandRejected"
    grounds: Words = ""


class ProposalMade(Payload):
    """The actors proposed something to the recipients."""

    type: Literal["ProposalMade"] = "ProposalMade"
    proposal: RequiredWords


class ProposalAccepted(Payload):
    """The actors accepted a proposal that the recipients had made."""

    type: Literal["ProposalAccepted"] = "ProposalAccepted"
    terms: Words = ""


class ProposalRejected(Payload):
    """The actors rejected a proposal that the recipients had made."""

    type: Literal["ProposalRejected"] = "ProposalRejected"
    grounds: Words = ""


class CommitmentMade(Payload):
    """The actors, or all participants jointly, committed themselves to something."""

    shape: ClassVar[Shape] = Shape.ANY
    type: Literal["CommitmentMade"] = "CommitmentMade"
    commitment: RequiredWords


class ThreatMade(Payload):
    """The actors threatened the recipients; `condition` would avert it, or bring it about."""

    type: Literal["ThreatMade"] = "ThreatMade"
    threat: RequiredWords
    condition: Words = ""


class AccusationMade(Payload):
    """The actors accused the recipients of something."""

    type: Literal["AccusationMade"] = "AccusationMade"
    accusation: RequiredWords


class MeasureAnnounced(Payload):
    """The actors announced a measure, to take effect as scheduled."""

    type: Literal["MeasureAnnounced"] = "MeasureAnnounced"
    measure: RequiredWords
    scheduled: ValidTime | None = None


class MeasureTookEffect(Payload):
    """A measure of the actors took effect."""

    type: Literal["MeasureTookEffect"] = "MeasureTookEffect"
    measure: Words = ""


class MeasureSuspended(Payload):
    """A measure of the actors was suspended."""

    type: Literal["MeasureSuspended"] = "MeasureSuspended"
    grounds: Words = ""


class MeasureLifted(Payload):
    """A measure of the actors was lifted."""

    type: Literal["MeasureLifted"] = "MeasureLifted"
    grounds: Words = ""


class RulingIssued(Payload):
    """A court or tribunal ruled."""

    shape: ClassVar[Shape] = Shape.ALONE
    type: Literal["RulingIssued"] = "RulingIssued"
    court: Name = ""
    ruling: RequiredWords


class AgreementSigned(MutualPayload):
    """An agreement was signed."""

    type: Literal["AgreementSigned"] = "AgreementSigned"
    title: Title = ""


class AgreementRatified(MutualPayload):
    """A party, or all of them, ratified an agreement."""

    type: Literal["AgreementRatified"] = "AgreementRatified"
    title: Title = ""


class AgreementTookEffect(MutualPayload):
    """An agreement took effect."""

    type: Literal["AgreementTookEffect"] = "AgreementTookEffect"
    title: Title = ""


class AgreementTerminationNotified(MutualPayload):
    """A party gave notice that it ends an agreement: at `ends`, or after `notice_period`."""

    type: Literal["AgreementTerminationNotified"] = "AgreementTerminationNotified"
    title: Title = ""
    notice_period: Annotated[timedelta, Field(gt=timedelta(0), le=_CENTURY)] | None = None
    ends: ValidTime | None = None


class AgreementTerminationSuspended(MutualPayload):
    """A notice of termination was suspended; the agreement stays in force."""

    type: Literal["AgreementTerminationSuspended"] = "AgreementTerminationSuspended"
    grounds: Words = ""


class AgreementEnded(MutualPayload):
    """An agreement ended."""

    type: Literal["AgreementEnded"] = "AgreementEnded"
    title: Title = ""


class RelationsChanged(MutualPayload):
    """Diplomatic relations changed."""

    type: Literal["RelationsChanged"] = "RelationsChanged"
    change: RelationsChange
    grounds: Words = ""


class DiplomatsExpelled(Payload):
    """The actors expelled diplomats of the recipients; `count` is set where the source says so."""

    type: Literal["DiplomatsExpelled"] = "DiplomatsExpelled"
    count: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    grounds: Words = ""


def _two_sides(between: tuple[str, ...]) -> tuple[str, ...]:
    if between and len(set(between)) < 2:  # noqa: PLR2004  a dispute has two sides
        refuse("name the two or more parties to the dispute, or none")
    return between


_Sides = Annotated[tuple[PartyCode, ...], Field(max_length=50), AfterValidator(_two_sides)]


class _ThirdParty(Payload):
    between: _Sides = ()


class MediationOffered(_ThirdParty):
    """The actors, as a third party, offered to mediate."""

    type: Literal["MediationOffered"] = "MediationOffered"
    offer: Words = ""


class MediationRequested(Payload):
    """The actors asked the recipients, as a third party, to mediate between two or more parties."""

    type: Literal["MediationRequested"] = "MediationRequested"
    between: Annotated[_Sides, Field(min_length=2)]
    request: Words = ""


class DialogueUrged(_ThirdParty):
    """The actors, as a third party, urged dialogue."""

    type: Literal["DialogueUrged"] = "DialogueUrged"
    appeal: Words = ""


class ScheduleStated(MutualPayload):
    """Someone said on which date the claim's subject is due to change; it occurred when said."""

    type: Literal["ScheduleStated"] = "ScheduleStated"
    kind: ScheduledKind
    change: ScheduledChange
    scheduled: ValidTime
    statement: Words = ""

    @model_validator(mode="after")
    def _can_be_due(self) -> Self:
        allowed = CAN_BE_DUE[self.kind]
        if self.change not in allowed:
            words = " or ".join(change.value for change in allowed)
            refuse(f"of {self.kind.value} can be due: {words}, not {self.change.value}", "change")
        return self


class OutlookAssessed(MutualPayload):
    """Someone assessed the outlook between the parties named."""

    type: Literal["OutlookAssessed"] = "OutlookAssessed"
    outlook: Outlook
    likelihood: Likelihood | None = None
    assessment: Words = ""


class CodedEventReported(MutualPayload):
    """A coded row of an event dataset that no other type fits."""

    type: Literal["CodedEventReported"] = "CodedEventReported"
    code: Annotated[str, Field(pattern=r"^([0-9]{2,4}|[0-9]{3}[A-Z])$")]
    description: Name = ""


ClaimPayload = (
    MeetingPlanned
    | MeetingPostponed
    | MeetingCancelled
    | MeetingStarted
    | MeetingHeld
    | TalksProposed
    | TalksAgreed
    | TalksRefused
    | TalksSuspended
    | TalksResumed
    | StanceStated
    | DemandMade
    | DemandMet
    | DemandRejected
    | ProposalMade
    | ProposalAccepted
    | ProposalRejected
    | CommitmentMade
    | ThreatMade
    | AccusationMade
    | MeasureAnnounced
    | MeasureTookEffect
    | MeasureSuspended
    | MeasureLifted
    | RulingIssued
    | AgreementSigned
    | AgreementRatified
    | AgreementTookEffect
    | AgreementTerminationNotified
    | AgreementTerminationSuspended
    | AgreementEnded
    | RelationsChanged
    | DiplomatsExpelled
    | MediationOffered
    | MediationRequested
    | DialogueUrged
    | ScheduleStated
    | OutlookAssessed
    | CodedEventReported
)
"""The type of every claim."""
