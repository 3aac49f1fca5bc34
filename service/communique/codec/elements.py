"""The elements of a status as the read model keeps them: their messages, ready made, as bytes.

An element follows from its claim alone, so it is written once, when the claim is projected, and an
answer copies it. The domain says what it holds (`claimed_fields`); here each field is encoded. The
parts of a claim repeat as objects (`parts`), so that their bytes are found by identity: an element
takes 10 to 13 microseconds, and 30 by way of its model and message.
`tests/property/test_codec_elements.py` shows that both give the same.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp

from communique.codec.memory import Memory
from communique.codec.names import numbers_of
from communique.codec.stored import SLICES
from communique.codec.to_contract import part_bytes
from communique.domain.claims.event import Claim
from communique.domain.state.assertions import Assertion
from communique.domain.state.element import claimed_fields
from communique.domain.time.clocks import from_micros
from communique.v1 import status_pb2

_REMEMBERED_MAX: Final = 4_096


def element_bytes(claim: Claim, assertion: Assertion, known_micros: int) -> bytes:
    """Return the message of what a claim's assertion fills its facet with.

    `known_micros` is when the claim could be known, in microseconds since 1970 UTC.
    """
    fields = claimed_fields(claim, assertion, known_micros)
    encoded = {
        name: _ENCODERS[name](value)
        for name, value in fields.items()
        if value or name == "known"  # the instant 0 is one, too
    }
    element: bytes = SLICES(**encoded).SerializeToString()
    return element


def _part_bytes(name: str, part: object) -> bytes:
    """The bytes of a part; it is kept with them, so that no other can get its identity."""
    kept = _parts.get(id(part))
    if kept is None:
        kept = part, part_bytes(_MESSAGES[name](), part)
        _parts.keep(id(part), kept)
    return kept[1]


@lru_cache(_REMEMBERED_MAX)
def _known(micros: int) -> bytes:
    return part_bytes(Timestamp(), from_micros(micros))


_parts: Final = Memory[int, tuple[object, bytes]](_REMEMBERED_MAX)
_MESSAGES: Final[dict[str, Any]] = {
    field.name: GetMessageClass(field.message_type)
    for field in status_pb2.StatusElement.DESCRIPTOR.fields
    if field.message_type
}


def _encoder(field: FieldDescriptor) -> Callable[[Any], Any]:
    """Return how the value of a field becomes what the sliced message takes."""
    name = field.name
    if name == "known":
        return _known
    if field.enum_type is not None:
        return numbers_of(field.enum_type).__getitem__
    if field.message_type is None:
        return (lambda values: [*map(str, values)]) if field.is_repeated else str
    if field.is_repeated:
        return lambda parts: [_part_bytes(name, part) for part in parts]
    return lambda part: _part_bytes(name, part)


_ENCODERS: Final = {
    field.name: _encoder(field) for field in status_pb2.StatusElement.DESCRIPTOR.fields
}
