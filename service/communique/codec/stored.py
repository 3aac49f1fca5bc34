"""An element of a status as the service keeps it: its message as bytes, and what rules look at."""

from typing import TYPE_CHECKING, Any, Final

from communique.codec.reading import element
from communique.domain.element import StatusElement
from communique.v1 import status_pb2

MARKS: Final = ("state", "by_schedule", "under_way", "contested", "last_certain")
"""The fields that depend on the point asked from; all others follow from the claim."""
READ: Final = (*MARKS, "facet", "subject", "occurred", "certainty", "scheduled", "event_ids")
"""The fields that the rules look at."""


class StoredElement(StatusElement):
    """An element whose other fields are read from its message when somebody asks for them.

    An answer takes of its elements what the rules look at, and their bytes: to make and to write a
    whole one takes ten times as long.
    """

    content: bytes

    @property
    def is_marked(self) -> bool:
        """Whether it is not as the claim alone says."""
        mark = self.by_schedule or self.under_way or self.contested or self.last_certain
        return bool(mark)

    def whole(self) -> StatusElement:
        """Return it with every field."""
        claimed = element(status_pb2.StatusElement.FromString(self.content))
        return claimed.model_copy(update={name: self.__dict__[name] for name in READ})

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
