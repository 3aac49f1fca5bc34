"""Claims that are made of parts seen before: accepted by their bytes, without reading them.

Reported events differ in their ids, times and parties, and repeat by the thousand in all else. So
the bytes of a claim are cut at its outer fields. Some fields are valid or not by themselves,
whatever stands beside them: each of those is checked once. All else is the claim's *shape*, in
which such a field leaves its tag, with what the rules ask of all parties together: which of them
share a code. A claim of valid fields in a shape that a valid claim had before is valid.

It is canonical as well: shapes are learnt from canonical bytes, and fields are checked to be. The
plain form is `submitted` and `canonical_bytes`: whatever is not recognised goes that way.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias
from uuid import UUID

from google.protobuf.message import DecodeError

from communique.codec.bounded_cache import BoundedCache
from communique.codec.canonical import derive_times
from communique.codec.from_contract import clients
from communique.codec.shared_parts import PART_BYTES_MAX
from communique.domain.claims.values import Participant
from communique.domain.parties.party import Party
from communique.domain.time.known_time import KnownTime
from communique.v1 import event_pb2, values_pb2

_Cut: TypeAlias = tuple[list[bytes], list[bytes], tuple[bytes, ...]]
"""An event cut at its outer fields: its parties, what is valid by itself, and the rest."""
_Shape: TypeAlias = tuple[tuple[bytes, ...], tuple[int, ...]]

_FIELDS_MAX: Final = 4_096
_SHAPES_MAX: Final = 2_048
_LEARNT_BYTES_MAX: Final = 1_024
"""The shape of a larger claim is not kept. Two generations of fields and shapes take 15 MB."""

_LONG: Final = 0x80
"""A byte from here on has another one of the same number behind it."""
_WIRE_TYPE: Final = 0x07
_VARINT, _DELIMITED = 0, 2
_HEAD: Final = re.compile(
    rb"\x0a\x24([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
)
"""The field `event_id` in its canonical form."""
_HEAD_SIZE: Final = 38
_ROW_ID: Final = bytes([values_pb2.Classification.ROW_ID_FIELD_NUMBER << 3 | _DELIMITED])
_LENGTH_AT: Final = 2
"""Where a classification has its length: it has a tag of two bytes."""
_BEFORE_ROW_ID: Final = (b"\x0a", b"\x12", b"\x1a", b"\x22")
_ROW_TEXT: Final = re.compile(rb"[ -~]+")
"""What any row id may be, in less than 128 characters."""


def _first_byte(name: str) -> int:
    """Return the first byte of a field of `Event` that is length-delimited."""
    tag = event_pb2.Event.DESCRIPTOR.fields_by_name[name].number << 3 | _DELIMITED
    return tag if tag < _LONG else tag & 0x7F | _LONG


_CAST: Final = frozenset(map(_first_byte, ("actors", "recipients", "participants")))
_ALONE: Final = frozenset(map(_first_byte, ("occurred", "known", "place", "source")))
_CLASSIFICATION: Final = _first_byte("classification")


class Recognised(NamedTuple):
    """What is to be known of a valid claim in canonical bytes."""

    event_id: UUID
    topic: str
    known: KnownTime | None


class _Unusual(Exception):
    """A field is not cut out: canonical claims have none like it, or it is very large."""


class RecurringClaims:
    """The shapes and fields of claims that were valid. Threads may share it."""

    def __init__(self) -> None:
        self._fields = BoundedCache[bytes, object](_FIELDS_MAX)
        self._topics = BoundedCache[_Shape, str](_SHAPES_MAX)

    def recognise(self, state: bytes) -> Recognised | None:
        """Return what is to be known of a claim if it is valid and canonical for sure, else None.

        Its known time may lie in the future.
        """
        head = _HEAD.match(state)
        if head is None or (cut := _cut(state)) is None:
            return None
        cast, alone, rest = cut
        sharing = self._sharing(cast)
        topic = None if sharing is None else self._topics.get((rest, sharing))
        if topic is None:
            return None
        known: KnownTime | None = None
        for field in alone:
            facts = self._fields.get(field) or self._facts(field)
            if facts is None:
                return None
            if isinstance(facts, KnownTime):
                known = facts
        return Recognised(UUID(head[1].decode()), topic, known)

    def learn(self, state: bytes, topic: str) -> None:
        """Remember the shape of a claim of that type, which is valid; `state` is canonical."""
        cut = _cut(state) if len(state) <= _LEARNT_BYTES_MAX and _HEAD.match(state) else None
        if cut is not None:
            cast, _, rest = cut
            sharing = self._sharing(cast)
            if sharing is not None:
                self._topics.keep((rest, sharing), topic)

    def _sharing(self, cast: Sequence[bytes]) -> tuple[int, ...] | None:
        """Return for each party the first one with its code; nothing where all codes differ.

        None where a party is invalid or named twice.
        """
        parties = [self._fields.get(field) or self._facts(field) for field in cast]
        codes = [party.code for party in parties if isinstance(party, Party)]
        if len(set(codes)) == len(parties):
            return ()
        if len(codes) < len(parties) or len(set(parties)) < len(parties):
            return None
        return tuple(map(codes.index, codes))

    def _facts(self, field: bytes) -> object:
        """Return the party or the known time of a field, True of another one, None if invalid."""
        facts = _checked(field)
        if facts is not None and len(field) <= PART_BYTES_MAX:
            self._fields.keep(field, facts)
        return facts


def _cut(state: bytes) -> _Cut | None:
    """Cut an event behind its id, at its outer fields; None if it can't be cut so.

    `rest` has what lies between the cuts, with the first byte of each field that was cut out.
    """
    cast: list[bytes] = []
    alone: list[bytes] = []
    rest: list[bytes] = []
    kept = begin = _HEAD_SIZE
    try:
        # Behind these fields are the payload, and what this release does not know.
        while (tag := state[begin]) < _LONG or state[begin + 1] == 1:
            at = begin + 1 if tag < _LONG else begin + 2
            if tag & _WIRE_TYPE == _DELIMITED and state[at] < _LONG:  # here, as nearly all are so
                end = at + 1 + state[at]
            else:
                end = _end_of(state, at, tag & _WIRE_TYPE)
            if tag in _CAST:
                cast.append(state[begin:end])
            elif tag in _ALONE:
                alone.append(state[begin:end])
            elif tag == _CLASSIFICATION:
                alone.append(_without_row_id(state[begin:end]))
            else:
                begin = end
                continue
            rest.append(state[kept : begin + 1])
            kept = begin = end
    except (IndexError, _Unusual):
        return None
    rest.append(state[kept:])
    return cast, alone, tuple(rest)


def _end_of(state: bytes, begin: int, wire_type: int) -> int:
    """Return where a field ends whose value or length begins at a byte; raise if it is unusual."""
    size = state[begin]
    if wire_type == _DELIMITED:
        if size < _LONG:
            return begin + 1 + size
        if state[begin + 1] < _LONG:
            return begin + 2 + size - _LONG + (state[begin + 1] << 7)
    elif wire_type == _VARINT and size < _LONG:
        return begin + 1
    raise _Unusual


def _without_row_id(field: bytes) -> bytes:
    """Return a classification without its length and its row id, but with the tag of that.

    It stays as it is where it is long, or has no row id or one that may be at fault.
    """
    if field[_LENGTH_AT] >= _LONG:
        return field
    begin = _LENGTH_AT + 1
    at = _row_id_tag(field, begin)
    if field[at : at + 1] == _ROW_ID:
        end = _end_of(field, at + 1, _DELIMITED)
        if end <= len(field) and _ROW_TEXT.fullmatch(field, at + 2, end):
            return field[:1] + field[begin : at + 1] + field[end:]
    return field


def _row_id_tag(field: bytes, begin: int) -> int:
    """Return where in a classification's content the tag of a row id is, or would be."""
    while field[begin : begin + 1] in _BEFORE_ROW_ID:
        begin = _end_of(field, begin + 1, _DELIMITED)
    return begin


def _checked(field: bytes) -> object:
    """Return what is to be known of a field, as `_facts` does; None where it is at fault."""
    try:
        if field[0] == _CLASSIFICATION and field[1] != 1:
            field = _with_row_id(field)
        message = event_pb2.Event.FromString(field)
        plain = clients.plain(message)
        derive_times(message)
    except (DecodeError, ValueError):
        return None
    if len(plain) != 1 or message.SerializeToString(deterministic=True) != field:
        return None
    [value] = plain.values()
    if isinstance(value, tuple):
        [value] = value
    if isinstance(value, Participant):
        return value.party
    if isinstance(value, Party | KnownTime):
        return value
    return None if isinstance(value, dict) else True


def _with_row_id(field: bytes) -> bytes:
    """Return a classification with a row id, given what `_without_row_id` made of one.

    Raises `ValueError` where it is not canonical.
    """
    at = _row_id_tag(field, 1) + 1
    content = field[1:at] + b"\x01x" + field[at:]
    message = values_pb2.Classification.FromString(content)
    if message.SerializeToString(deterministic=True) != content:
        raise ValueError("not canonical")
    return event_pb2.Event(classification=message).SerializeToString(deterministic=True)
