"""The bytes of a status's element, written when its claim is projected and copied by each answer.

An element follows from its claim alone. The domain says what it holds (`claimed_fields`); this
module encodes each field. Claims share the models of recurring parts (`shared_parts`), so the bytes
of a part are found by its identity, which is faster than by way of the element's model and message.
`tests/property/test_codec_element_encoding.py` shows that both give the same bytes.
"""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp

from communique.codec.bounded_cache import BoundedCache
from communique.codec.names import numbers_of
from communique.codec.shared_parts import SHARED_MODELS
from communique.codec.stored_elements import ELEMENT_BYTES
from communique.codec.to_contract import encoded_part
from communique.domain.claims.event import Claim
from communique.domain.state.assertions import Assertion
from communique.domain.state.element import claimed_fields
from communique.domain.time.clocks import Window, from_micros
from communique.v1 import status_pb2

_CACHED_MAX: Final = 4_096
_RECURRING: Final = {*SHARED_MODELS, "ValidTime"}
"""The kinds of parts that claims share; a witness is of one claim alone."""


def element_bytes(claim: Claim, assertion: Assertion, known_micros: int, window: Window) -> bytes:
    """Return the message of what a claim's assertion fills its facet with.

    `known_micros` is when the claim could be known, in microseconds since 1970 UTC, and `window`
    when what it says must have begun.
    """
    encoded = {
        name: _ENCODERS[name](value)
        for name, value in claimed_fields(
            claim, assertion, from_micros(known_micros), window
        ).items()
        if value
    }
    element: bytes = ELEMENT_BYTES(**encoded).SerializeToString()
    return element


def _encoder(field: FieldDescriptor) -> Callable[[Any], Any]:
    """Return how the value of a field becomes what `ELEMENT_BYTES` takes."""
    if field.message_type is not None and field.message_type.name == "Timestamp":
        return _instant
    if field.enum_type is not None:
        return numbers_of(field.enum_type).__getitem__
    if field.type == FieldDescriptor.TYPE_BOOL:
        return bool
    if field.type == FieldDescriptor.TYPE_INT32:
        return int
    if field.message_type is None:
        return (lambda values: [*map(str, values)]) if field.is_repeated else str
    make = _part_encoder if field.message_type.name in _RECURRING else _encoder_of_one
    encode = make(GetMessageClass(field.message_type))
    return (lambda parts: [*map(encode, parts)]) if field.is_repeated else encode


def _encoder_of_one(message_type: Any) -> Callable[[object], bytes]:
    return lambda part: encoded_part(message_type(), part)


def _part_encoder(message_type: Any) -> Callable[[object], bytes]:
    def encode(part: object) -> bytes:
        entry = _parts.get(id(part))
        if entry is None:
            # The entry holds the part itself, so that no other part can get its identity.
            entry = part, encoded_part(message_type(), part)
            _parts.keep(id(part), entry)
        return entry[1]

    return encode


@lru_cache(_CACHED_MAX)
def _instant(instant: datetime) -> bytes:
    return encoded_part(Timestamp(), instant)


_parts: Final = BoundedCache[int, tuple[object, bytes]](_CACHED_MAX)
_ENCODERS: Final = {
    field.name: _encoder(field) for field in status_pb2.StatusElement.DESCRIPTOR.fields
}
