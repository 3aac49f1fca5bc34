"""From the domain to the contract."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final, TypeVar

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp
from pydantic import BaseModel

from communique.codec.memory import Memory
from communique.codec.names import PAYLOAD_FIELDS, numbers_of
from communique.codec.parts import MODELS
from communique.codec.slices import slices_of
from communique.codec.stored import MARKS, StoredElement
from communique.domain.state.element import StatusElement
from communique.domain.time.clocks import KnownTime, micros
from communique.domain.time.edtf import ValidTime
from communique.v1 import (
    comparison_pb2,
    event_pb2,
    issue_pb2,
    series_pb2,
    status_pb2,
    subject_pb2,
    time_pb2,
)


def element_message(of: StatusElement) -> status_pb2.StatusElement:
    """Return the message of an element."""
    message = status_pb2.StatusElement()
    _write_element(message, of)
    return message


def timestamp(at: datetime) -> Timestamp:
    """Return the timestamp of an aware datetime."""
    message = Timestamp()
    _write_instant(message, at)
    return message


def part_bytes(message: Message, value: object) -> bytes:
    """Return the bytes of a part's message, an empty one, with what the value says."""
    write: _Write = _WRITERS.get(message.DESCRIPTOR.full_name, _fill)
    write(message, value)
    return message.SerializeToString(deterministic=True)


Made = TypeVar("Made", bound=Message)
_Write = Callable[[Any, Any], None]
_COPIES_KEPT: Final = 4_096


_copies: Final = Memory[int, tuple[object, Message]](_COPIES_KEPT)
"""The messages of frozen values that are written again and again, found by identity.

The codec reads what repeats as one object: finding its message takes a tenth of the time of making
it. The value is kept with its message, so that no other can get its identity.
"""
_EMPTY: Final = ("", ())


def _fill(message: Any, model: BaseModel) -> None:
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
            # A payload's `type` is no field: it says which one of the oneof the payload is.
            writers[name](message, value)


@cache
def _writers(descriptor: Descriptor) -> dict[str, _Write]:
    """Compiled once for each message: how each field is set."""
    return {field.name: _writer(field) for field in descriptor.fields}


def _writer(field: FieldDescriptor) -> _Write:
    name = field.name
    if field.message_type is None:
        return _scalar_writer(field)
    if field.message_type.GetOptions().map_entry:
        return lambda message, labels: getattr(message, name).update(labels)
    write = _WRITERS.get(field.message_type.full_name, _fill)
    if field.message_type.name in MODELS:
        write = _copying(field.message_type, write)
    if field.is_repeated and write is _write_element:
        return _elements_writer(field)
    if field.is_repeated:
        return lambda message, values: _add(getattr(message, name), values, write)
    return lambda message, value: _write_part(getattr(message, name), value, write)


def _copying(descriptor: Any, write: _Write) -> _Write:
    """Return a writer that copies the message of a value that was written before."""
    made: Callable[[], Any] = GetMessageClass(descriptor)

    def copy(message: Any, value: object) -> None:
        kept = _copies.get(id(value))
        if kept is None:
            kept = value, made()
            write(kept[1], value)
            _copies.keep(id(value), kept)
        message.CopyFrom(kept[1])

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


def _write_element(message: status_pb2.StatusElement, element: StatusElement) -> None:
    """Set what the claim says at once where it is kept as bytes, and then what is marked of it."""
    if not isinstance(element, StoredElement):
        _fill(message, element)
        return
    message.MergeFromString(element.content)
    if element.is_marked:
        for name in MARKS:
            if value := getattr(element, name):
                _writers(message.DESCRIPTOR)[name](message, value)


def _elements_writer(field: FieldDescriptor) -> _Write:
    """Return a writer of all elements of a list at once, in half the time of one by one."""
    name, sliced = field.name, slices_of(field.containing_type)

    def write(message: Any, elements: Iterable[StatusElement]) -> None:
        part = sliced(**{name: [*map(_element_bytes, elements)]})
        message.MergeFromString(part.SerializeToString())

    return write


def _element_bytes(element: StatusElement) -> bytes:
    if isinstance(element, StoredElement) and not element.is_marked:
        return element.content
    return element_message(element).SerializeToString()


def write_valid_time(message: time_pb2.ValidTime, value: ValidTime) -> None:
    """Set the text, the zone and the derived parts."""
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
    "communique.v1.StatusElement": _write_element,
    "communique.v1.ValidTime": write_valid_time,
    "communique.v1.KnownTime": _write_known_time,
    "google.protobuf.Timestamp": _write_instant,
    "google.protobuf.Duration": lambda message, value: message.FromTimedelta(value),
}


def _writer_of(made: Callable[[], Made]) -> Callable[[BaseModel], Made]:
    """Return the writer of a message from the model of the same name."""

    def write(model: BaseModel) -> Made:
        message = made()
        _fill(message, model)
        return message

    return write


message_of: Final = _writer_of(event_pb2.Event)
"""The event's message in its canonical form, as `canonical_bytes` writes it."""
status_message: Final = _writer_of(status_pb2.BilateralStatus)
comparison_message: Final = _writer_of(comparison_pb2.BilateralComparison)
series_message: Final = _writer_of(series_pb2.ScoreSeries)
issue_board_message: Final = _writer_of(issue_pb2.IssueBoard)
issue_summary_message: Final = _writer_of(issue_pb2.IssueSummary)
subject_summary_message: Final = _writer_of(subject_pb2.SubjectSummary)
life_cycle_step_message: Final = _writer_of(subject_pb2.LifeCycleStep)
disagreement_message: Final = _writer_of(subject_pb2.Disagreement)
