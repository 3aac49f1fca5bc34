"""The names that the contract and the domain share, read off the descriptors."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final, TypeVar, get_args

from google.protobuf.descriptor import EnumDescriptor

from communique.domain.claims import values
from communique.domain.claims.payloads import ClaimPayload
from communique.domain.parties.party import Party
from communique.domain.time.edtf import ValidTime
from communique.domain.time.known_time import KnownTime
from communique.v1 import event_pb2

_Word = TypeVar("_Word", bound=Enum)

PAYLOAD_FIELDS: Final = {
    field.message_type.name: field.name
    for field in event_pb2.Event.DESCRIPTOR.oneofs_by_name["payload"].fields
    if field.message_type is not None
}
"""The field of the payload oneof for each type word."""

TYPE_WORDS: Final = tuple(PAYLOAD_FIELDS)
"""Every type word of the contract, such as `MeetingHeld`."""

PARTS: Final[Mapping[str, Any]] = {
    model.__name__: model
    for model in (
        *(ValidTime, KnownTime, Party, values.Participant, values.Place, values.Attribution),
        *(values.Source, values.Grade, values.Classification, *get_args(ClaimPayload)),
    )
}
"""The models of the parts of claims that recur, by the name that message and model share."""


def words_of(enum: EnumDescriptor) -> dict[int, str]:
    """Return the word of each number: its name without the enum's prefix."""
    prefix = enum.values[0].name.removesuffix("UNSPECIFIED")
    return {value.number: value.name.removeprefix(prefix) for value in enum.values}


def members_of(enum: EnumDescriptor, words: type[_Word]) -> dict[int, _Word]:
    """Return the member of the domain's enum for each number but the unspecified 0."""
    return {number: words(word) for number, word in words_of(enum).items() if number}


def numbers_of(enum: EnumDescriptor) -> dict[str, int]:
    """Return the number of each word."""
    return {word: number for number, word in words_of(enum).items()}
