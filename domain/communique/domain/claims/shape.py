"""Who takes part in an event of a type, and in which roles."""

from enum import Enum
from typing import ClassVar

from communique.domain.model import Model


class Shape(Enum):
    """The parties that an event of a type must name."""

    TOGETHER = "two or more participants"
    DIRECTED = "actors and recipients"
    EITHER = "participants, or actors and recipients"
    ALONE = "actors, with or without recipients"
    ANY = "actors, with or without recipients, or participants"

    @property
    def takes_participants(self) -> bool:
        """Whether the parties may have done it together."""
        return self in {Shape.TOGETHER, Shape.EITHER, Shape.ANY}

    @property
    def needs_recipients(self) -> bool:
        """Whether actors need recipients."""
        return self in {Shape.DIRECTED, Shape.EITHER}


class Payload(Model):
    """What happened; `type` is the type word, the same in the contract, the log and files."""

    shape: ClassVar[Shape] = Shape.DIRECTED


class MutualPayload(Payload):
    """What one party did to another, or several did together."""

    shape: ClassVar[Shape] = Shape.EITHER
