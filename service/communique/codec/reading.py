"""From the contract to the domain."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import Enum, auto
from functools import cache
from typing import Any, Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from communique.codec.names import words_of
from communique.domain.clocks import from_micros
from communique.domain.comparison import BilateralComparison
from communique.domain.disagreement import Disagreement
from communique.domain.edtf import Precision, ValidTime
from communique.domain.element import StatusElement
from communique.domain.event import Event, Recorded, event_from
from communique.domain.issue import IssueBoard, IssueSummary
from communique.domain.series import ScoreSeries
from communique.domain.status import BilateralStatus
from communique.domain.subject import LifeCycleStep, SubjectSummary
from communique.v1 import (
    comparison_pb2,
    event_pb2,
    issue_pb2,
    series_pb2,
    status_pb2,
    subject_pb2,
    time_pb2,
)

_NANOS: Final = 1_000_000_000


class _Origin(Enum):
    """Where a message comes from: the derived parts of a client's times are not trusted."""

    CLIENT = auto()
    LOG = auto()


class _NewerWord(ValueError):
    """An enum value of the log that this release does not know."""


def submitted(message: event_pb2.Event) -> Event:
    """Return the event that a client sent, validated; derived parts of times are made anew.

    Raises:
        pydantic.ValidationError: `violations` names each field at fault.
    """
    return event_from(_plain(message, _Origin.CLIENT))


def stored(message: event_pb2.Event) -> Event | None:
    """Return an event of the log, or None where its type is newer than this release.

    None, too, where a word in it is, or the type of a correction's content.
    """
    says = message.event_corrected.content if message.HasField("event_corrected") else message
    if says.WhichOneof("payload") is None:
        return None
    try:
        return event_from(_plain(message, _Origin.LOG))
    except _NewerWord:
        return None


def stored_bytes(state: bytes) -> Event | None:
    """As `stored`, from the bytes."""
    return stored(event_pb2.Event.FromString(state))


def recorded(message: event_pb2.RecordedEvent) -> Recorded:
    """Return an event as the log keeps it."""
    return Recorded(
        message.position,
        instant(message.record_time),
        message.revision,
        stored(message.event),
        message.submitter,
    )


def status(message: status_pb2.BilateralStatus) -> BilateralStatus:
    """Return a status that the service answered."""
    return BilateralStatus.model_validate(_plain(message, _Origin.LOG))


def comparison(message: comparison_pb2.BilateralComparison) -> BilateralComparison:
    """Return a comparison that the service answered."""
    return BilateralComparison.model_validate(_plain(message, _Origin.LOG))


def series(message: series_pb2.ScoreSeries) -> ScoreSeries:
    """Return a score series that the service answered."""
    return ScoreSeries.model_validate(_plain(message, _Origin.LOG))


def issue_board(message: issue_pb2.IssueBoard) -> IssueBoard:
    """Return the board of an issue that the service answered."""
    return IssueBoard.model_validate(_plain(message, _Origin.LOG))


def issue_summary(message: issue_pb2.IssueSummary) -> IssueSummary:
    """Return an issue of a list."""
    return IssueSummary.model_validate(_plain(message, _Origin.LOG))


def subject_summary(message: subject_pb2.SubjectSummary) -> SubjectSummary:
    """Return a subject of a list."""
    return SubjectSummary.model_validate(_plain(message, _Origin.LOG))


def life_cycle_step(message: subject_pb2.LifeCycleStep) -> LifeCycleStep:
    """Return a step of a subject's life cycle."""
    return LifeCycleStep.model_validate(_plain(message, _Origin.LOG))


def disagreement(message: subject_pb2.Disagreement) -> Disagreement:
    """Return a disagreement."""
    return Disagreement.model_validate(_plain(message, _Origin.LOG))


def element(message: status_pb2.StatusElement) -> StatusElement:
    """Return an element of a status."""
    return StatusElement.model_validate(_plain(message, _Origin.LOG))


def instant(message: Timestamp) -> datetime:
    """Return the instant, aware UTC; parts of a microsecond are cut off."""
    return from_micros(message.seconds * 1_000_000 + message.nanos // 1_000)


_Read = Callable[[Any, _Origin], Any]


def _plain(message: Message, origin: _Origin) -> dict[str, Any]:
    """Return the set fields of a message as data that the model of the same name validates."""
    readers = _readers(message.DESCRIPTOR)
    plain: dict[str, Any] = {**_zeros(message.DESCRIPTOR)}
    for field, value in message.ListFields():
        name, read = readers[field.number]
        plain[name] = read(value, origin)
    return plain


@cache
def _zeros(descriptor: Descriptor) -> dict[str, Any]:
    """The numbers that are sent as nothing where they are zero, such as the equator's latitude."""
    return {
        field.name: field.default_value
        for field in descriptor.fields
        if not (field.has_presence or field.is_repeated or field.enum_type)
        and field.cpp_type != FieldDescriptor.CPPTYPE_STRING
    }


@cache
def _readers(descriptor: Descriptor) -> dict[int, tuple[str, _Read]]:
    """Compiled once for each message: the model's name of each field, and how it is read."""
    return {field.number: _named_reader(field) for field in descriptor.fields}


def _named_reader(field: FieldDescriptor) -> tuple[str, _Read]:
    if field.message_type is None:
        return field.name, _many(field, _scalar_reader(field))
    if field.message_type.GetOptions().map_entry:
        return field.name, lambda value, _: dict(value)
    if field.containing_oneof is not None and field.containing_oneof.name == "payload":
        word = field.message_type.name
        return "payload", lambda value, origin: {**_plain(value, origin), "type": word}
    read = _READERS.get(field.message_type.full_name, _plain)
    return field.name, _many(field, read)


def _many(field: FieldDescriptor, read: _Read) -> _Read:
    if field.is_repeated:
        return lambda values, origin: tuple([read(one, origin) for one in values])
    return read


def _scalar_reader(field: FieldDescriptor) -> _Read:
    if field.enum_type is None:
        return lambda value, _: value
    words = words_of(field.enum_type)
    return lambda number, origin: words.get(number) or _unknown(number, origin)


def _unknown(number: int, origin: _Origin) -> str:
    if origin is _Origin.LOG:
        raise _NewerWord(f"unknown value {number}")
    return f"unknown value {number}"


def _valid_time(message: time_pb2.ValidTime, origin: _Origin) -> Any:
    if not (origin is _Origin.LOG and message.HasField("earliest")):
        return {"edtf": edtf_of(message), "zone": message.zone or "UTC"}
    text = message.edtf
    return ValidTime(
        text,
        message.zone,
        instant(message.earliest),
        instant(message.latest) if message.HasField("latest") else None,
        Precision(_PRECISIONS[message.precision]),
        "~" in text or "%" in text,
        "?" in text or "%" in text,
    )


def edtf_of(message: time_pb2.ValidTime) -> str:
    """Return the EDTF text of whichever form was given."""
    match message.WhichOneof("when"):
        case "instant":
            return _text(message.instant)
        case "interval":
            span = message.interval
            return f"{_text(span.start)}/{_text(span.end) if span.HasField('end') else '..'}"
        case _:
            return message.edtf


def known_time_of(message: time_pb2.KnownTime) -> dict[str, str]:
    """Return text and zone of whichever form was given."""
    exact = message.WhichOneof("when") == "instant"
    return {
        "text": _text(message.instant) if exact else message.text,
        "zone": message.zone or "UTC",
    }


def _text(message: Timestamp) -> str:
    """The ISO 8601 text; of a timestamp that cannot be, one that will be refused with its parts."""
    try:
        at = instant(message)
    except OverflowError:
        at = None
    if at is None or message.nanos % 1_000 or not 0 <= message.nanos < _NANOS:
        return f"seconds {message.seconds} nanos {message.nanos}"
    return at.isoformat().replace("+00:00", "Z")


def _duration(message: Duration, _: _Origin) -> timedelta | str:
    try:
        return message.ToTimedelta()
    except (ValueError, OverflowError):
        return f"seconds {message.seconds} nanos {message.nanos}"


_PRECISIONS: Final = words_of(time_pb2.Precision.DESCRIPTOR)
_READERS: Final[Mapping[str, _Read]] = {
    "communique.v1.ValidTime": _valid_time,
    "communique.v1.KnownTime": lambda message, _: known_time_of(message),
    "google.protobuf.Timestamp": lambda message, _: instant(message),
    "google.protobuf.Duration": _duration,
}
