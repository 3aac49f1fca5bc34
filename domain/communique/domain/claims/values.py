"""The values that events are made of: certainty, sources, places, links, ..."""

from typing import Annotated, Final
from uuid import UUID

from pydantic import Field, model_validator

from communique.domain.model import Model, Word, refuse
from communique.domain.parties.party import Party, PartyCode
from communique.domain.text import Line, SubjectKey

Name = Annotated[str, Line(200)]


class Certainty(Word):
    """How firmly a source commits to its claim (FactBank, Saurí and Pustejovsky 2009)."""

    CERTAIN = "CERTAIN"
    PROBABLE = "PROBABLE"
    POSSIBLE = "POSSIBLE"
    UNCOMMITTED = "UNCOMMITTED"

    @property
    def rank(self) -> int:
        """The order of certainties: certain is 3, uncommitted is 0."""
        return _CERTAINTY_RANK[self]


_CERTAINTY_RANK: Final = {certainty: 3 - index for index, certainty in enumerate(Certainty)}


class Polarity(Word):
    """Whether a claim affirms or denies (FactBank)."""

    POSITIVE = "POSITIVE"
    NEGATIVE = "NEGATIVE"


class Role(Word):
    """The role of a participant, beside taking part."""

    HOST = "HOST"
    CHAIR = "CHAIR"
    MEDIATOR = "MEDIATOR"


class Reliability(Word):
    """The grade of a source: A is completely reliable, F cannot be judged (Admiralty code)."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"
    F = "F"


class Credibility(Word):
    """The grade of a claim: 1 is confirmed, 6 cannot be judged (Admiralty code)."""

    CONFIRMED = "1"
    PROBABLY_TRUE = "2"
    POSSIBLY_TRUE = "3"
    DOUBTFUL = "4"
    IMPROBABLE = "5"
    CANNOT_BE_JUDGED = "6"


class LinkKind(Word):
    """How one event relates to another event or a subject."""

    STATED_AT = "STATED_AT"
    RESPONDS_TO = "RESPONDS_TO"
    RETALIATES_FOR = "RETALIATES_FOR"
    IMPLEMENTS = "IMPLEMENTS"
    FULFILS = "FULFILS"
    CORROBORATES = "CORROBORATES"
    CONTRADICTS = "CONTRADICTS"
    PART_OF = "PART_OF"
    BASED_ON = "BASED_ON"
    QUALIFIES = "QUALIFIES"
    STRENGTHENS = "STRENGTHENS"
    REVERSES = "REVERSES"
    CORRECTS = "CORRECTS"
    ON_SIDELINES_OF = "ON_SIDELINES_OF"


class Participant(Model):
    """One of the parties that did something together."""

    party: Party
    role: Role | None = None


class Coordinates(Model):
    """A point on the globe in degrees, WGS 84."""

    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]


class Place(Model):
    """Where something happened."""

    name: Name = ""
    country: PartyCode | None = None
    coordinates: Coordinates | None = None


class Attribution(Model):
    """One link of the chain of who told whom; an empty speaker is an unnamed source."""

    speaker: Name = ""
    addressee: Name = ""


class Source(Model):
    """Where a claim was read; `via` is who published it again, where it was read with them."""

    outlet: Annotated[str, Line(200, 1)]
    via: Name = ""
    title: Annotated[str, Line(500)] = ""
    url: Annotated[str, Line(2000)] = ""
    document_id: Name = ""
    language: Annotated[str, Line(35)] = ""
    published: Annotated[str, Line(64)] = ""


class Grade(Model):
    """Our own grading of source and claim, apart from the certainty of the source."""

    reliability: Reliability | None = None
    credibility: Credibility | None = None


class Link(Model):
    """A relation to exactly one other event or subject."""

    kind: LinkKind
    event_id: UUID | None = None
    subject: SubjectKey | None = None

    @model_validator(mode="after")
    def _one_target(self) -> "Link":
        if (self.event_id is None) == (self.subject is None):
            refuse("name either an event or a subject", "event_id")
        return self


Count = Annotated[int, Field(ge=0, le=2**31 - 1)]


class Classification(Model):
    """An event's place in coding schemes and, for imports, the identity and figures of its row."""

    cameo_code: Annotated[str, Field(pattern=r"^([0-9]{2,4}|[0-9]{3}[A-Z])?$")] = ""
    plover_code: Annotated[str, Line(64)] = ""
    table_version: Annotated[str, Line(64)] = ""
    dataset: Annotated[str, Line(64)] = ""
    row_id: Name = ""
    goldstein: Annotated[float, Field(ge=-10, le=10, allow_inf_nan=False)] | None = None
    tone: Annotated[float, Field(ge=-100, le=100, allow_inf_nan=False)] | None = None
    row_count: Count | None = None
    mention_count: Count | None = None
    source_count: Count | None = None
    article_count: Count | None = None
