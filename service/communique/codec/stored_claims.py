"""Claims out of stored bytes without validating them again: the log keeps only valid events.

Parts that recur are found by their bytes, and neither the message nor its parts become objects, so
this is three times as fast as parsing and validating.
`tests/property/test_codec_stored_claims.py` shows that both give the same claim.
"""

from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from communique.codec.fields import Read, Reader
from communique.codec.names import PAYLOAD_FIELDS, members_of
from communique.codec.part_bytes import PART_BYTES_MAX, with_part_bytes
from communique.domain.claims.event import AMENDMENT_TYPES, Claim
from communique.domain.claims.values import Certainty, Polarity
from communique.v1 import event_pb2, values_pb2

_PARTS_MAX: Final = 2_048
"""For each field; of parts of at most `PART_BYTES_MAX` they take 3 MB."""


def trusted_claim(state: bytes) -> Claim | None:
    """Return the claim of stored bytes; None for all that has to be read and validated instead.

    That is an amendment, and whatever is newer than this release, damaged or unusual.
    """
    fields = _DEFAULTS.copy()
    try:
        for field, value in _EventBytes.FromString(state).ListFields():
            name, read = _READERS[field]
            fields[name] = read(value)
    except (DecodeError, KeyError, OverflowError, ValueError):
        return None
    return Claim.trusted(fields) if len(fields) == _FIELD_COUNT else None


def _part_reader(field: Any) -> Read:
    """Return a reader of the bytes of a part that answers with its model."""
    message_type, read = GetMessageClass(field.message_type), _log.part_reader(field)

    def model_of(part: bytes) -> object:
        return read(message_type.FromString(part))

    cached = lru_cache(_PARTS_MAX)(model_of)
    return lambda part: (cached if len(part) <= PART_BYTES_MAX else model_of)(part)


def _parts_reader(read: Read) -> Read:
    return lambda parts: tuple(map(read, parts[:]))


_EventBytes: Final = with_part_bytes(event_pb2.Event.DESCRIPTOR)
_log: Final = Reader(from_log=True)
_SCALARS: Final[dict[str, Read]] = {
    "event_id": UUID,
    "issues": tuple,
    "subject": str,
    "certainty": members_of(values_pb2.Certainty.DESCRIPTOR, Certainty).__getitem__,
    "polarity": members_of(values_pb2.Polarity.DESCRIPTOR, Polarity).__getitem__,
    "gist": str.strip,
    "correlation_id": str.strip,
    "causation_id": str.strip,
}
_UNUSUAL: Final = {"links", "labels", *(PAYLOAD_FIELDS[word] for word in AMENDMENT_TYPES)}
_FIELDS: Final = _EventBytes.DESCRIPTOR.fields_by_name
_READERS: Final[dict[FieldDescriptor, tuple[str, Read]]] = {
    **{_FIELDS[name]: (name, read) for name, read in _SCALARS.items()},
    **{
        _FIELDS[field.name]: (
            "payload" if field.containing_oneof else field.name,
            _parts_reader(read_part) if field.is_repeated else read_part,
        )
        for field in event_pb2.Event.DESCRIPTOR.fields
        if field.message_type and field.name not in _UNUSUAL
        for read_part in (_part_reader(field),)
    },
}
_FIELD_COUNT: Final = len(Claim.model_fields)
_DEFAULTS: Final[dict[str, Any]] = {
    name: field.get_default(call_default_factory=True)
    for name, field in Claim.model_fields.items()
    if not field.is_required()
}
"""Claims are frozen, so they share one empty mapping of labels."""
