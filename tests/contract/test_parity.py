"""The contract and the domain say the same: messages are models, their fields, their words."""

import ast
import inspect
from collections.abc import Iterator
from enum import Enum
from types import NoneType
from typing import Any, get_args, get_type_hints

import pytest
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from pydantic import BaseModel

from communique import codec
from communique.client.statuses import StatusOrder as ClientOrder
from communique.domain.claims.event import AMENDMENT_TYPES, Amendment, Claim
from communique.domain.state import assertions
from communique.domain.state.comparison import BilateralComparison
from communique.domain.state.element import StatusElement
from communique.domain.state.issue_board import IssueBoard, IssueSummary
from communique.domain.state.preferences import Disagreement
from communique.domain.state.score_series import ScoreSeries
from communique.domain.state.status import BilateralStatus
from communique.domain.state.subject import LifeCycleStep, SubjectSummary
from communique.domain.time.edtf import ValidTime
from communique.domain.time.known_time import KnownTime
from communique.server.views.bilateral_status.rankings import StatusOrder
from communique.v1 import (
    comparison_pb2,
    event_pb2,
    issue_pb2,
    series_pb2,
    status_pb2,
    subject_pb2,
    time_pb2,
    timeline_service_pb2,
)
from tests.support.strategies import AMENDMENTS, PAYLOADS

EVENT = event_pb2.Event.DESCRIPTOR
PAYLOAD_FIELDS = EVENT.oneofs_by_name["payload"].fields
MODELS: dict[str, type[BaseModel]] = {kind.__name__: kind for kind in (*PAYLOADS, *AMENDMENTS)}
TIMES = {"communique.v1.ValidTime", "communique.v1.KnownTime"}
DERIVED = {"google.protobuf.Timestamp", "google.protobuf.Duration", *TIMES}


def message_of(field: FieldDescriptor) -> Descriptor:
    """Return the type of a message field."""
    assert field.message_type is not None
    return field.message_type


def parts_of(annotation: object) -> Iterator[type]:
    """Yield the plain types that an annotation is made of."""
    if args := get_args(annotation):
        for arg in args:
            yield from parts_of(arg)
    elif isinstance(annotation, type) and annotation is not NoneType:
        yield annotation


def part_of(model: type[BaseModel], name: str, kind: type) -> type[Any]:
    """Return the model or vocabulary (a subclass of `kind`) that a field of a model holds."""
    hint = get_type_hints(model, include_extras=True)[name]
    kinds = {part for part in parts_of(hint) if issubclass(part, kind)}
    assert len(kinds) == 1, f"{model.__name__}.{name} holds {kinds}"
    return kinds.pop()


def pairs(message: Descriptor, model: type[BaseModel]) -> Iterator[tuple[Descriptor, Any]]:
    """Yield a message with its model, and all those below it."""
    yield message, model
    for field in message.fields:
        below = field.message_type
        if below and below.full_name not in DERIVED and not below.GetOptions().map_entry:
            if field.containing_oneof and field.containing_oneof.name == "payload":
                continue
            if below not in (message, EVENT):
                yield from pairs(below, part_of(model, field.name, BaseModel))


ENVELOPES = [
    *pairs(EVENT, Claim),
    *pairs(status_pb2.BilateralStatus.DESCRIPTOR, BilateralStatus),
    *pairs(status_pb2.StatusElement.DESCRIPTOR, StatusElement),
    *pairs(series_pb2.ScoreSeries.DESCRIPTOR, ScoreSeries),
    *pairs(comparison_pb2.BilateralComparison.DESCRIPTOR, BilateralComparison),
    *pairs(issue_pb2.IssueBoard.DESCRIPTOR, IssueBoard),
    *pairs(issue_pb2.IssueSummary.DESCRIPTOR, IssueSummary),
    *pairs(subject_pb2.LifeCycleStep.DESCRIPTOR, LifeCycleStep),
    *pairs(subject_pb2.Disagreement.DESCRIPTOR, Disagreement),
    *pairs(subject_pb2.SubjectSummary.DESCRIPTOR, SubjectSummary),
    *(
        pair
        for field in PAYLOAD_FIELDS
        if (model := MODELS.get(message_of(field).name))
        for pair in pairs(message_of(field), model)
    ),
]
ALL = list({message.full_name: (message, model) for message, model in ENVELOPES}.values())
ALL_IDS = [message.name for message, _ in ALL]


def vocabularies() -> dict[str, tuple[EnumDescriptor, type[Enum]]]:
    """Return each enum of the contract that a field has, with the words of the model's field."""
    return {
        field.enum_type.full_name: (field.enum_type, part_of(model, field.name, Enum))
        for message, model in ALL
        for field in message.fields
        if field.enum_type
    }


def test_every_payload_of_the_contract_is_a_class_and_back() -> None:
    """The payload oneof of the contract and the two unions of the domain name the same types."""
    assert {message_of(field).name for field in PAYLOAD_FIELDS} == set(MODELS)
    assert set(codec.TYPE_WORDS) == set(MODELS)
    assert {kind.__name__ for kind in AMENDMENTS} == AMENDMENT_TYPES


@pytest.mark.parametrize(("message", "model"), ALL, ids=ALL_IDS)
def test_messages_and_models_have_the_same_fields(
    message: Descriptor, model: type[BaseModel]
) -> None:
    """A message and its model have the same fields, but for the `type` of a payload."""
    fields = {
        "payload" if field.containing_oneof and field.containing_oneof.name == "payload" else name
        for name, field in message.fields_by_name.items()
    }

    assert fields == set(model.model_fields) - ({"type"} - fields)


@pytest.mark.parametrize(("message", "model"), ALL, ids=ALL_IDS)
def test_messages_and_models_repeat_the_same_fields(
    message: Descriptor, model: type[BaseModel]
) -> None:
    """A field that is repeated in a message is a tuple or a dict of labels in its model."""
    hints = get_type_hints(model)
    repeated = {field.name for field in message.fields if field.is_repeated}
    several = {
        name for name in hints if any(word in str(hints[name]) for word in ("tuple[", "dict["))
    }

    assert repeated == several & set(message.fields_by_name)


@pytest.mark.parametrize("name", sorted(vocabularies()))
def test_enums_and_vocabularies_have_the_same_words(name: str) -> None:
    """Each enum's values after the unspecified one are the words of the model's vocabulary."""
    enum, words = vocabularies()[name]
    prefix = enum.values[0].name.removesuffix("UNSPECIFIED")

    assert enum.values[0].name == f"{prefix}UNSPECIFIED"
    assert {value.name.removeprefix(prefix) for value in enum.values[1:]} == {
        word.value for word in words
    }


def test_the_orders_of_statuses_are_the_same() -> None:
    """The client and the domain have exactly the orders of statuses that the contract has."""
    orders = timeline_service_pb2.StatusOrder.keys()
    words = {name.removeprefix("STATUS_ORDER_") for name in orders} - {"UNSPECIFIED"}

    assert {order.value for order in StatusOrder} == words
    assert {name.upper().replace("-", "_") for name in get_args(ClientOrder)} == words


def test_the_precisions_are_the_same() -> None:
    """The precisions of a valid time are the same in the contract and in the domain."""
    precision = part_of_dataclass(ValidTime, "precision")
    words = {
        value.name.removeprefix("PRECISION_") for value in time_pb2.Precision.DESCRIPTOR.values
    }

    assert words - {"UNSPECIFIED"} == {word.value for word in precision}


def part_of_dataclass(kind: type, name: str) -> type[Enum]:
    """Return the vocabulary that a field of a dataclass holds."""
    vocabulary: type[Enum] = get_type_hints(kind)[name]
    return vocabulary


def test_claims_and_amendments_share_one_envelope() -> None:
    """An amendment has no field that a claim lacks, since both are read from one message."""
    assert set(Amendment.model_fields) <= set(Claim.model_fields)


def test_times_are_one_message_and_one_class() -> None:
    """Each time message of the contract stands for the one class of the domain for such times."""
    expected = {"ValidTime": ValidTime, "KnownTime": KnownTime}
    for message, model in ALL:
        for field in message.fields:
            if field.message_type and field.message_type.full_name in TIMES:
                hint = get_type_hints(model)[field.name]
                assert expected[field.message_type.name] in set(parts_of(hint))


def test_times_stand_where_canonical_bytes_look_for_them() -> None:
    """No time lies below a repeated field of an event, or deeper than in its payload's content."""

    def times_below(message: Descriptor, depth: int) -> Iterator[str]:
        for field in message.fields:
            below = field.message_type
            if below and below.full_name in TIMES:
                assert not field.is_repeated
                yield f"{message.name}.{field.name} at {depth}"
            elif below and below is not EVENT and below.file.package == "communique.v1":
                inner = list(times_below(below, depth + 1))
                assert not (inner and field.is_repeated)
                yield from inner

    assert {text.rpartition(" ")[2] for text in times_below(EVENT, 0)} <= {"0", "1"}


def test_type_words_and_tags_are_unique() -> None:
    """No word and no number of a payload type is used twice, and no word is an abbreviation."""
    words = [message_of(field).name for field in PAYLOAD_FIELDS]
    tags = [field.number for field in EVENT.fields]

    assert len(set(words)) == len(words)
    assert len(set(tags)) == len(tags)
    assert all(field.number > 100 for field in PAYLOAD_FIELDS)
    for field in PAYLOAD_FIELDS:
        assert field.name.replace("_", "") == message_of(field).name.lower()


@pytest.mark.parametrize("kind", PAYLOADS, ids=lambda kind: kind.__name__)
def test_every_type_says_its_word(kind: type[BaseModel]) -> None:
    """The type word of a payload class is its name, and the only value that `type` can have."""
    assert get_args(kind.model_fields["type"].annotation) == (kind.__name__,)
    assert kind.model_fields["type"].default == kind.__name__


def test_every_type_has_a_case_in_what_it_asserts() -> None:
    """The match over payloads names each class once, and leaves no class to its last case."""
    tree = ast.parse(inspect.getsource(assertions))
    cases = [
        node.cls.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.MatchClass) and isinstance(node.cls, ast.Attribute)
    ]

    assert sorted(cases) == sorted(kind.__name__ for kind in PAYLOADS)


def test_absence_means_something_only_where_it_can_be_seen() -> None:
    """A number of an event that may be zero has presence in the contract, or is never absent."""
    numbers = [
        f"{message.name}.{field.name}"
        for message, model in ALL
        for field in message.fields
        if field.cpp_type not in {FieldDescriptor.CPPTYPE_STRING, FieldDescriptor.CPPTYPE_MESSAGE}
        and not (field.enum_type or field.is_repeated or field.has_presence)
        and not model.model_fields[field.name].is_required()
        and model.model_fields[field.name].default is None
    ]

    assert numbers == []
