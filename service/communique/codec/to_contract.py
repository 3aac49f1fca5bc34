"""Conversion from the domain to the contract."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final, TypeVar

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp

from communique.codec.bounded_cache import BoundedCache
from communique.codec.names import PARTS, PAYLOAD_FIELDS, numbers_of
from communique.codec.part_bytes import with_part_bytes
from communique.domain.model import Model
from communique.domain.state.element import StatusElement
from communique.domain.time.clocks import micros
from communique.domain.time.edtf import ValidTime
from communique.domain.time.known_time import KnownTime
from communique.v1 import (
    comparison_pb2,
    event_pb2,
    issue_pb2,
    series_pb2,
    status_pb2,
    subject_pb2,
    time_pb2,
)

_Message = TypeVar("_Message", bound=Message)
_Write = Callable[[Any, Any], None]

_CACHED_MAX: Final = 4_096
_shared: Final = BoundedCache[int, tuple[object, Message]](_CACHED_MAX)
"""The messages of recurring frozen values, found by the identity of the value.

Trusted claims share the models of recurring parts, and copying a message is ten times as fast as
making it. An entry holds the value itself, so that no other value can get its identity.
"""
_encoded: Final = BoundedCache[int, tuple[StatusElement, bytes]](_CACHED_MAX)
"""The bytes of elements, found in the same way."""
_EMPTY: Final = ("", ())


def timestamp(at: datetime) -> Timestamp:
    """Return the timestamp of an aware datetime."""
    message = Timestamp()
    _write_instant(message, at)
    return message


def _fill(message: Any, model: Model) -> None:
    """Set the fields of a message from the model of the same name."""
    writers = _writers(message.DESCRIPTOR)
    for name, value in model.__dict__.items():
        if value is None or value in _EMPTY:
            continue
        if name == "payload":
            part = getattr(message, PAYLOAD_FIELDS[value.type])
            part.SetInParent()
            _fill(part, value)
        elif name in writers:
            # A payload's `type` is no field: it names the field of the oneof.
            writers[name](message, value)


@cache
def _writers(descriptor: Descriptor) -> dict[str, _Write]:
    """Return how each field of a message is set."""
    return {field.name: _writer(field) for field in descriptor.fields}


def _writer(field: FieldDescriptor) -> _Write:
    name = field.name
    if field.message_type is None:
        return _scalar_writer(field)
    if field.message_type.GetOptions().map_entry:
        return lambda message, labels: getattr(message, name).update(labels)
    write = _WRITERS.get(field.message_type.full_name, _fill)
    if field.message_type.name in PARTS:
        write = _copier(field.message_type, write)
    if not field.is_repeated:
        return lambda message, value: _write_part(getattr(message, name), value, write)
    if field.message_type.name == "StatusElement":
        return _elements_writer(field)
    return lambda message, values: _add(getattr(message, name), values, write)


def _copier(descriptor: Any, write: _Write) -> _Write:
    """Return a writer that copies the message of a value that was written before."""
    message_type: Callable[[], Any] = GetMessageClass(descriptor)

    def copy(message: Any, value: object) -> None:
        entry = _shared.get(id(value))
        if entry is None:
            entry = value, message_type()
            write(entry[1], value)
            _shared.keep(id(value), entry)
        message.CopyFrom(entry[1])

    return copy


def _scalar_writer(field: FieldDescriptor) -> _Write:
    name, scalar = field.name, _scalar(field)
    if field.is_repeated:
        return lambda message, values: getattr(message, name).extend(map(scalar, values))
    return lambda message, value: setattr(message, name, scalar(value))


def _scalar(field: FieldDescriptor) -> Callable[[Any], Any]:
    if field.enum_type is not None:
        numbers = numbers_of(field.enum_type)
        return lambda word: numbers[word.value]
    return str if field.type == FieldDescriptor.TYPE_STRING else lambda value: value


def _add(target: Any, values: Iterable[Any], write: _Write) -> None:
    for value in values:
        write(target.add(), value)


def _write_part(part: Any, value: Any, write: _Write) -> None:
    part.SetInParent()
    write(part, value)


def _elements_writer(field: FieldDescriptor) -> _Write:
    """Return a writer of all elements of a list at once, which is twice as fast as one by one."""
    holder: Any = field.containing_type
    name, message_type = field.name, with_part_bytes(holder)

    def write(message: Any, elements: Iterable[StatusElement]) -> None:
        elements_alone = message_type(**{name: [*map(_element_bytes, elements)]})
        message.MergeFromString(elements_alone.SerializeToString())

    return write


def _element_bytes(element: StatusElement) -> bytes:
    """Return the bytes of an element's message; those of single claims come again and again."""
    entry = _encoded.get(id(element))
    if entry is None:
        entry = element, element_message(element).SerializeToString(deterministic=True)
        _encoded.keep(id(element), entry)
    return entry[1]


def write_valid_time(message: time_pb2.ValidTime, value: ValidTime) -> None:
    """Set a time's text, zone and derived parts."""
    message.edtf, message.zone = value.edtf, value.zone
    _write_instant(message.earliest, value.earliest)
    if value.latest is None:
        message.ClearField("latest")
    else:
        message.latest.SetInParent()
        _write_instant(message.latest, value.latest)
    message.precision = _PRECISION_NUMBERS[value.precision]


def _write_known_time(message: time_pb2.KnownTime, value: KnownTime) -> None:
    message.text, message.zone = value.text, value.zone


def _write_instant(message: Timestamp, value: datetime) -> None:
    seconds, rest = divmod(micros(value), 1_000_000)
    message.seconds, message.nanos = seconds, rest * 1_000


_PRECISION_NUMBERS: Final[dict[str, Any]] = {**numbers_of(time_pb2.Precision.DESCRIPTOR)}
_WRITERS: Final[Mapping[str, _Write]] = {
    "communique.v1.ValidTime": write_valid_time,
    "communique.v1.KnownTime": _write_known_time,
    "google.protobuf.Timestamp": _write_instant,
    "google.protobuf.Duration": lambda message, value: message.FromTimedelta(value),
}


def _maker(
    message_type: Callable[[], _Message], write: _Write = _fill
) -> Callable[[Model], _Message]:
    """Return the function that makes a message from the model of the same name."""

    def make(model: Model) -> _Message:
        message = message_type()
        write(message, model)
        return message

    return make


message_of: Final = _maker(event_pb2.Event)
"""Return an event's message in the canonical form, which `canonical_bytes` writes."""
element_message: Final = _maker(status_pb2.StatusElement)
status_message: Final = _maker(status_pb2.BilateralStatus)
comparison_message: Final = _maker(comparison_pb2.BilateralComparison)
series_message: Final = _maker(series_pb2.ScoreSeries)
issue_board_message: Final = _maker(issue_pb2.IssueBoard)
issue_summary_message: Final = _maker(issue_pb2.IssueSummary)
subject_summary_message: Final = _maker(subject_pb2.SubjectSummary)
life_cycle_step_message: Final = _maker(subject_pb2.LifeCycleStep)
disagreement_message: Final = _maker(subject_pb2.Disagreement)
