"""Events: claims by a source that something happened, and amendments of earlier claims."""

from datetime import datetime
from typing import Annotated, Final, Literal, NamedTuple, Self, cast
from uuid import UUID

from pydantic import Field, model_validator

from communique.domain.claims.payloads import ClaimPayload, CodedEventReported, ScheduleStated
from communique.domain.claims.shape import Shape
from communique.domain.claims.values import (
    Attribution,
    Certainty,
    Classification,
    Grade,
    Link,
    Participant,
    Place,
    Polarity,
    Source,
)
from communique.domain.model import Model, refuse
from communique.domain.parties.party import Party
from communique.domain.text import IssueSlug, Line, Prose, SubjectKey
from communique.domain.time.edtf import ValidTime
from communique.domain.time.known_time import KnownTime

PARTIES_MAX: Final = 50
Reason = Annotated[str, Prose(2000, 1)]
Labels = Annotated[
    dict[Annotated[str, Line(64, 1)], Annotated[str, Line(256)]], Field(max_length=20)
]


class _Envelope(Model):
    """The fields that claims and amendments share."""

    event_id: UUID
    known: KnownTime | None = None
    gist: Annotated[str, Prose(2000)] = ""
    links: Annotated[tuple[Link, ...], Field(max_length=50)] = ()
    labels: Labels = Field(default_factory=dict)
    correlation_id: Annotated[str, Line(128)] = ""
    causation_id: Annotated[str, Line(128)] = ""


class Claim(_Envelope):
    """One claim by one source that something happened (or, polarity negative, did not).

    Either `participants` did something together, or `actors` did it, most often to `recipients`:
    the payload's `Shape` decides. `pydantic.ValidationError` names each field at fault.
    """

    occurred: ValidTime
    actors: tuple[Party, ...] = ()
    recipients: tuple[Party, ...] = ()
    participants: tuple[Participant, ...] = ()
    issues: Annotated[tuple[IssueSlug, ...], Field(max_length=20)] = ()
    place: Place | None = None
    subject: SubjectKey | None = None
    certainty: Certainty
    polarity: Polarity = Polarity.POSITIVE
    attributions: Annotated[tuple[Attribution, ...], Field(max_length=10)] = ()
    source: Source
    grade: Grade | None = None
    classification: Classification | None = None
    payload: Annotated[ClaimPayload, Field(discriminator="type")]

    @property
    def parties(self) -> tuple[Party, ...]:
        """Everyone who takes part, in the order given."""
        return self.actors + self.recipients + tuple([member.party for member in self.participants])

    @property
    def is_coded(self) -> bool:
        """Whether a machine coded it from text, and an importer brought it, row by row."""
        has_row = self.classification is not None and bool(self.classification.dataset)
        return has_row or isinstance(self.payload, CodedEventReported)

    @property
    def codes(self) -> frozenset[str]:
        """The codes of everyone who takes part."""
        return frozenset([party.code for party in self.parties])

    @model_validator(mode="after")
    def _well_shaped(self) -> Self:
        if len(set(self.issues)) < len(self.issues):
            refuse("an issue is named twice", "issues")
        if isinstance(self.payload, ScheduleStated) and not self.subject:
            refuse("ScheduleStated needs the subject that the date is set for", "subject")
        parties = self.parties
        codes = {party.code for party in parties}
        self._check_parties(parties, codes)
        if self.participants:
            self._check_together(codes)
        else:
            self._check_directed(codes)
        return self

    def _check_parties(self, parties: tuple[Party, ...], codes: set[str]) -> None:
        if not parties:
            refuse(f"{self.payload.type} needs {self.payload.shape.value}", self._parties_field)
        if len(parties) > PARTIES_MAX:
            fault = f"at most {PARTIES_MAX} parties are allowed, not {len(parties)}"
            refuse(fault, self._parties_field)
        # Different codes are different parties, without comparing the rest.
        if len(codes) < len(parties) and len(set(parties)) < len(parties):
            twice = next(party for party in parties if parties.count(party) > 1)
            refuse(f"{twice} is named twice", self._parties_field)

    @property
    def _parties_field(self) -> str:
        together = self.participants or self.payload.shape is Shape.TOGETHER
        return "participants" if together else "actors"

    def _check_together(self, codes: set[str]) -> None:
        shape = self.payload.shape
        if self.actors or self.recipients:
            refuse("give either participants or actors and recipients, not both", "participants")
        if not shape.takes_participants:
            refuse(f"{self.payload.type} needs {shape.value}, not participants", "participants")
        if len(codes) == 1:
            refuse(f"two different parties are needed, not {min(codes)} alone", "participants")

    def _check_directed(self, codes: set[str]) -> None:
        shape = self.payload.shape
        if shape is Shape.TOGETHER:
            refuse(f"{self.payload.type} needs {shape.value}", "participants")
        if not self.actors:
            refuse(f"{self.payload.type} needs {shape.value}", "actors")
        if not shape.needs_recipients:
            return
        if not self.recipients:
            refuse(f"{self.payload.type} needs {shape.value}", "recipients")
        if len(codes) == 1:
            refuse(f"two different parties are needed, not {min(codes)} alone", "recipients")


class EventCorrected(Model):
    """Replaces the whole content of an earlier event, with its times."""

    type: Literal["EventCorrected"] = "EventCorrected"
    amends: UUID
    content: Claim
    reason: Reason

    @model_validator(mode="before")
    @classmethod
    def _content_of(cls, given: object) -> object:
        """Give content without an id the id of the amended event."""
        if not isinstance(given, dict):
            return given
        fields = cast("dict[str, object]", given)
        content = fields.get("content")
        if not isinstance(content, dict):
            return fields
        whole = cast("dict[str, object]", content)
        event_id = whole.get("event_id") or fields.get("amends")
        return {**fields, "content": {**whole, "event_id": event_id}}

    @model_validator(mode="after")
    def _same_event(self) -> Self:
        if self.content.event_id != self.amends:
            refuse("must be the id of the corrected event, or empty", "content", "event_id")
        return self


class EventRetracted(Model):
    """Withdraws an earlier event; nothing can amend it any more."""

    type: Literal["EventRetracted"] = "EventRetracted"
    amends: UUID
    reason: Reason


class EventDisputed(Model):
    """Marks an earlier event as contested and changes none of its content."""

    type: Literal["EventDisputed"] = "EventDisputed"
    amends: UUID
    disputed_by: Party | None = None
    statement: Reason


AmendmentPayload = EventCorrected | EventRetracted | EventDisputed


class Amendment(_Envelope):
    """An event about an event, with a known time of its own: it corrects, retracts or disputes."""

    source: Source | None = None
    payload: Annotated[AmendmentPayload, Field(discriminator="type")]

    @model_validator(mode="after")
    def _not_itself(self) -> Self:
        if self.payload.amends == self.event_id:
            refuse("an event cannot amend itself", "payload", "amends")
        return self


Event = Claim | Amendment
AMENDMENT_TYPES: Final = frozenset({"EventCorrected", "EventRetracted", "EventDisputed"})


def event_from(content: dict[str, object]) -> Event:
    """Validate plain data: `payload.type` decides whether it is a claim or an amendment.

    Raises:
        pydantic.ValidationError: with the place and the reason of each fault.
    """
    payload = content.get("payload")
    if not payload:
        refuse("set exactly one payload, such as MeetingHeld", "payload")
    word = cast("dict[str, object]", payload).get("type") if isinstance(payload, dict) else None
    is_amendment = isinstance(word, str) and word in AMENDMENT_TYPES
    return (Amendment if is_amendment else Claim).model_validate(content)


class Recorded(NamedTuple):
    """An event as the log keeps it.

    Attributes:
        position: 1, 2, 3, ...
        record_time: aware UTC.
        revision: 1 for a claim, 2 and up for its amendments in order.
        event: None where its type is newer than this release.
        submitter: who submitted the event, or empty.
    """

    position: int
    record_time: datetime
    revision: int
    event: Event | None
    submitter: str = ""
