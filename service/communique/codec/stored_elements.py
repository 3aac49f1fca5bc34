"""Elements of a status as the read model stores them: their message's bytes, read on demand."""

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import UUID

from communique.codec.from_contract import model_of, valid_time
from communique.codec.names import members_of
from communique.codec.part_bytes import with_part_bytes
from communique.domain.claims.values import Certainty
from communique.domain.state.element import StatusElement
from communique.domain.state.facets import State
from communique.domain.time.edtf import ValidTime
from communique.v1 import status_pb2, time_pb2, values_pb2

ELEMENT_BYTES: Final = with_part_bytes(status_pb2.StatusElement.DESCRIPTOR)
"""The message type of an element whose parts are bytes."""
MARKS: Final = ("due", "by_schedule", "under_way", "contested", "surer", "last_certain")
"""The fields of a claim that stands alone which depend on the point asked from.

All others follow from the claim, unless other claims bear witness: then the element is a whole one.
"""
_TIMES_MAX: Final = 4_096


class StoredElement(StatusElement):
    """An element with the fields that rules look at; the others are read from `content` on demand.

    An answer needs no more of most elements than those fields and the bytes, so it is ten times as
    fast as with whole elements.
    """

    content: bytes

    @classmethod
    def read(cls, content: bytes) -> Self:
        """Return the element of the bytes that `element_bytes` wrote."""
        message = ELEMENT_BYTES.FromString(content)
        return cls.trusted(
            {
                "facet": message.facet,
                "subject": message.subject,
                "state": _STATES[message.state],
                "occurred": _valid_time(message.occurred),
                "certainty": _CERTAINTIES[message.certainty],
                "scheduled": _valid_time(message.scheduled) if message.scheduled else None,
                "scheduled_state": _STATES[message.scheduled_state]
                if message.scheduled_state
                else None,
                "outlet": message.outlet,
                "coded": message.coded,
                "event_ids": (UUID(message.event_ids[0]),),
                "due": None,
                "by_schedule": False,
                "under_way": False,
                "contested": False,
                "surer": (),
                "last_certain": None,
                "content": content,
            }
        )

    @property
    def is_marked(self) -> bool:
        """Whether any mark differs from what `content` says."""
        return bool(self.due or self.under_way or self.contested or self.last_certain)

    def whole(self) -> StatusElement:
        """Return the domain's element with every field."""
        claimed = model_of(StatusElement, status_pb2.StatusElement.FromString(self.content))
        return claimed.model_copy(update={name: self.__dict__[name] for name in MARKS})

    def model_copy(
        self, *, update: Mapping[str, Any] | None = None, deep: bool = False
    ) -> Any:  # also a whole element
        """Return a copy with changed fields: a whole element, unless only marks change."""
        if update and not update.keys() <= set(MARKS):
            return self.whole().model_copy(update=update, deep=deep)
        return super().model_copy(update=update, deep=deep)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Read the other fields."""
            if name not in StatusElement.model_fields:
                return super().__getattr__(name)
            self.__dict__.update(self.whole().__dict__)
            return self.__dict__[name]

    def __eq__(self, other: object) -> bool:
        """Compare all fields, also with a whole element."""
        if not isinstance(other, StatusElement):
            return NotImplemented
        if not isinstance(other, StoredElement):
            return self.whole() == other
        return self.content == other.content and all(
            getattr(self, name) == getattr(other, name) for name in MARKS
        )

    def __hash__(self) -> int:
        """Return the hash of the whole element, which may be equal to this one."""
        return hash(self.whole())


@lru_cache(_TIMES_MAX)
def _valid_time(part: bytes) -> ValidTime:
    """Return a time of its message's bytes; days recur."""
    return valid_time(time_pb2.ValidTime.FromString(part))


_STATES: Final = members_of(status_pb2.State.DESCRIPTOR, State)
_CERTAINTIES: Final = members_of(values_pb2.Certainty.DESCRIPTOR, Certainty)
