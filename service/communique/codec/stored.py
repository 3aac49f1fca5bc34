"""An element of a status as the service keeps it: its message as bytes, and what rules look at."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import UUID

from communique.codec.from_contract import element, valid_time
from communique.codec.names import words_of
from communique.codec.slices import slices_of
from communique.domain.claims.values import Certainty
from communique.domain.state.element import StatusElement
from communique.domain.state.facets import State
from communique.domain.time.edtf import ValidTime
from communique.v1 import status_pb2, time_pb2, values_pb2

SLICES: Final = slices_of(status_pb2.StatusElement.DESCRIPTOR)

MARKS: Final = ("state", "by_schedule", "under_way", "contested", "last_certain")
"""The fields that depend on the point asked from; all others follow from the claim."""
_TIMES_MAX: Final = 4_096


class StoredElement(StatusElement):
    """An element whose other fields are read from its message when somebody asks for them.

    An answer takes of its elements what the rules look at, and their bytes: to make and to write a
    whole one takes ten times as long.
    """

    content: bytes

    @classmethod
    def read(cls, content: bytes) -> Self:
        """Return the element that a claim makes, out of its message."""
        said = SLICES.FromString(content)
        return cls.trusted(
            {
                "facet": said.facet,
                "subject": said.subject,
                "state": _STATES[said.state],
                "occurred": _valid_time(said.occurred),
                "certainty": _CERTAINTIES[said.certainty],
                "scheduled": _valid_time(said.scheduled) if said.scheduled else None,
                "event_ids": (UUID(said.event_ids[0]),),
                "by_schedule": False,
                "under_way": False,
                "contested": False,
                "last_certain": None,
                "content": content,
            }
        )

    @property
    def is_marked(self) -> bool:
        """Whether it is not as the claim alone says."""
        mark = self.by_schedule or self.under_way or self.contested or self.last_certain
        return bool(mark)

    def whole(self) -> StatusElement:
        """Return it with every field."""
        claimed = element(status_pb2.StatusElement.FromString(self.content))
        return claimed.model_copy(update={name: self.__dict__[name] for name in MARKS})

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Read the other fields."""
            if name not in StatusElement.model_fields:
                return super().__getattr__(name)
            self.__dict__.update(self.whole().__dict__)
            return self.__dict__[name]

    def __eq__(self, other: object) -> bool:
        """Whether all fields are equal, also of one that is whole."""
        if not isinstance(other, StatusElement):
            return NotImplemented
        if not isinstance(other, StoredElement):
            return self.whole() == other
        return self.content == other.content and all(
            getattr(self, name) == getattr(other, name) for name in MARKS
        )

    def __hash__(self) -> int:
        """Equal ones have the same, also one that is whole."""
        return hash(self.whole())


@lru_cache(_TIMES_MAX)
def _valid_time(part: bytes) -> ValidTime:
    """Return a time out of its message: days come again and again."""
    return valid_time(time_pb2.ValidTime.FromString(part))


_STATES: Final = {n: State(word) for n, word in words_of(status_pb2.State.DESCRIPTOR).items() if n}
_CERTAINTIES: Final = {
    n: Certainty(word) for n, word in words_of(values_pb2.Certainty.DESCRIPTOR).items() if n
}
