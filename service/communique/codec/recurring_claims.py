"""Claims that are made of parts seen before: accepted by their bytes, without reading them.

Reported events differ in their ids, times and parties, and repeat by the thousand in all else. So
some parts are taken out of a claim's bytes: those that are valid or not by themselves, whatever
stands beside them. Each is checked once. All else is the claim's *shape*, with the names of the
parts taken out, and with what the rules ask of all parties together: which of them share a code. A
claim of valid parts in a shape that a valid claim had before is valid.

It is canonical as well: shapes are learnt from canonical bytes, and parts are checked to be. The
plain form is `submitted` and `canonical_bytes`: whatever is not recognised goes that way.
"""

import re
from contextlib import suppress
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import UUID

from google.protobuf.message import DecodeError

from communique.codec.bounded_cache import BoundedCache
from communique.codec.canonical import derive_times
from communique.codec.from_contract import clients
from communique.codec.part_bytes import PART_BYTES_MAX, Fields, with_part_bytes
from communique.domain.claims.values import Participant
from communique.domain.parties.party import Party
from communique.domain.time.known_time import KnownTime
from communique.v1 import event_pb2, values_pb2

_Shape: TypeAlias = tuple[bytes, tuple[str, ...], tuple[int, ...]]

_PARTS_MAX: Final = 4_096
_SHAPES_MAX: Final = 2_048
_LEARNT_BYTES_MAX: Final = 1_024
"""The shape of a larger claim is not kept. Two generations of parts and shapes take 15 MB."""

_CAST: Final = ("actors", "recipients", "participants")
_ALONE: Final = ("occurred", "known", "place", "source")
_EVENT_ID: Final = re.compile("[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")
_ROW_ID: Final = re.compile("[ -~]{1,200}")
"""What any row id may be: a classification is valid with each of them or with none."""
_FIELDS: Final = event_pb2.Event.DESCRIPTOR.fields_by_name
_CODED: Final[Fields] = dict.fromkeys(values_pb2.Classification.DESCRIPTOR.fields_by_name)
_READERS: Final = {
    name: clients.part_reader(_FIELDS[name]) for name in (*_CAST, *_ALONE, "classification")
}
_Event: Final = with_part_bytes(
    event_pb2.Event.DESCRIPTOR, {**dict.fromkeys(_FIELDS), "classification": _CODED}
)


class Recognised(NamedTuple):
    """A valid claim in canonical bytes; its known time may lie in the future."""

    event_id: UUID
    topic: str
    known: KnownTime | None


class RecurringClaims:
    """The shapes and parts of claims that were valid. Threads may share it."""

    def __init__(self) -> None:
        self._parts = BoundedCache[tuple[str, bytes], Any](_PARTS_MAX)
        self._topics = BoundedCache[_Shape, str](_SHAPES_MAX)

    def recognise(self, state: bytes) -> Recognised | None:
        """Return the claim that bytes are, if it is valid and canonical for sure, else None."""
        try:
            event_id, known, shape = self._taken_apart(state)
        except (DecodeError, ValueError):
            return None
        topic = self._topics.get(shape)
        return None if topic is None else Recognised(UUID(event_id), topic, known)

    def learn(self, state: bytes, topic: str) -> None:
        """Remember the shape of a claim of that type, which is valid; `state` is canonical."""
        if len(state) <= _LEARNT_BYTES_MAX:
            with suppress(DecodeError, ValueError):
                self._topics.keep(self._taken_apart(state)[2], topic)

    def _taken_apart(self, state: bytes) -> tuple[str, KnownTime | None, _Shape]:
        """Return the id, the known time and the shape of an event; raise if a part is at fault."""
        event = _Event.FromString(state)
        event_id = event.event_id
        if not _EVENT_ID.fullmatch(event_id) or event.SerializeToString() != state:
            raise ValueError("not canonical")
        event.ClearField("event_id")
        names: list[str] = []
        parties: list[Party] = []
        facts: dict[str, Any] = {}
        for name in _CAST:
            if parts := getattr(event, name)[:]:
                names += [name] * len(parts)
                parties += [self._facts(name, part) for part in parts]
                event.ClearField(name)
        for name in _ALONE:
            if part := getattr(event, name):
                facts[name] = self._facts(name, part)
                event.ClearField(name)
        if event.HasField(name := "classification"):
            if _ROW_ID.fullmatch(event.classification.row_id):
                event.classification.row_id = "x"  # in the place of any other
            facts[name] = self._facts(name, event.classification.SerializeToString())
            event.ClearField(name)
        shape = event.SerializeToString(), (*names, *facts), _sharing(parties)
        return event_id, facts.get("known"), shape

    def _facts(self, name: str, part: bytes) -> Any:
        """Return the party or known time of a part, True of another; raise if it is at fault."""
        facts = self._parts.get((name, part))
        if facts is None:
            facts = _checked(name, part)
            if len(part) <= PART_BYTES_MAX:
                self._parts.keep((name, part), facts)
        return facts


def _checked(name: str, part: bytes) -> object:
    event = event_pb2.Event()
    field = getattr(event, name)
    message = field.add() if name in _CAST else field
    message.MergeFromString(part)
    model = _READERS[name](message)
    derive_times(event)
    if message.SerializeToString(deterministic=True) != part:
        raise ValueError("not canonical")
    if isinstance(model, Participant):
        return model.party
    return model if isinstance(model, Party | KnownTime) else True


def _sharing(parties: list[Party]) -> tuple[int, ...]:
    """Return for each party the first one with its code; nothing where all codes differ."""
    codes = [party.code for party in parties]
    if len(set(codes)) == len(codes):
        return ()
    if len(set(parties)) < len(parties):
        raise ValueError("a party is named twice")
    return tuple(map(codes.index, codes))
