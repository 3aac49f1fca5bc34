"""Readers of messages, compiled once for each message type and origin."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from pydantic import TypeAdapter

from communique.codec.names import PARTS, words_of
from communique.domain.time.clocks import from_micros
from communique.domain.time.edtf import Precision, ValidTime
from communique.v1 import time_pb2

_NANOS: Final = 1_000_000_000

Read = Callable[[Any], Any]


class NewerWord(ValueError):
    """An enum value of the log that this release does not know."""


_Compiled = tuple[dict[str, Any], dict[FieldDescriptor, tuple[str, Read | None]]]
"""The numbers that are left out when zero, and the name and the reader of each field."""


class Reader:
    """Reads messages of one origin, the log or clients.

    It trusts the derived parts of times in the log, and derives those of clients again.
    """

    def __init__(self, *, from_log: bool) -> None:
        self._from_log = from_log
        self._compiled: dict[object, _Compiled] = {}
        self._special: dict[str, Read] = {
            "communique.v1.ValidTime": self.valid_time,
            "communique.v1.KnownTime": known_time_of,
            "google.protobuf.Timestamp": instant,
            "google.protobuf.Duration": _duration,
        }

    def plain(self, message: Message) -> dict[str, Any]:
        """Return the set fields as data that the model of the same name validates."""
        descriptor = message.DESCRIPTOR
        zeros, readers = self._compiled.get(descriptor) or self._compile(descriptor)
        plain = zeros.copy()
        for field, value in message.ListFields():
            name, read = readers[field]
            plain[name] = value if read is None else read(value)
        return plain

    def _compile(self, descriptor: Any) -> _Compiled:
        readers = {field: (_name(field), self._field_reader(field)) for field in descriptor.fields}
        compiled = self._compiled[descriptor] = _zeros(descriptor), readers
        return compiled

    def _field_reader(self, field: FieldDescriptor) -> Read | None:
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            return dict
        read = self.value_reader(field)
        if not field.is_repeated:
            return read
        # Copying all values in one slice is faster than iterating over the repeated field.
        return tuple if read is None else lambda values: tuple(map(read, values[:]))

    def value_reader(self, field: FieldDescriptor) -> Read | None:
        """Return how a value of a field is read, None where it is taken as it is."""
        if field.enum_type is not None:
            return _Words(words_of(field.enum_type), raises=self._from_log).__getitem__
        if field.message_type is None:
            return None
        kind = field.message_type.name
        read = self._special.get(field.message_type.full_name, self.plain)
        return _typed(read, kind) if _name(field) == "payload" else read

    def part_reader(self, field: Any) -> Read:
        """Return how a part in `PARTS` is read as its model; a part that is at fault raises."""
        read: Any = self.value_reader(field)
        validated = TypeAdapter(PARTS[field.message_type.name]).validate_python
        return lambda message: validated(read(message))

    def valid_time(self, message: time_pb2.ValidTime) -> ValidTime | dict[str, str]:
        """Return a time of the log, or the data that the model derives one from."""
        if not (self._from_log and message.HasField("earliest")):
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


class _Words(dict[int, str]):
    """The words of an enum by number; an unknown number raises or becomes an invalid word."""

    def __init__(self, words: dict[int, str], *, raises: bool) -> None:
        super().__init__(words)
        self._raises = raises

    def __missing__(self, number: int) -> str:
        if self._raises:
            raise NewerWord(f"unknown value {number}")
        return f"unknown value {number}"


def _name(field: FieldDescriptor) -> str:
    """Return the model's name of a field; the model calls each field of the oneof `payload`."""
    oneof = field.containing_oneof
    return "payload" if oneof is not None and oneof.name == "payload" else field.name


def _zeros(descriptor: Descriptor) -> dict[str, Any]:
    """Return the numbers that are left out on the wire when they are zero, such as a latitude."""
    return {
        field.name: field.default_value
        for field in descriptor.fields
        if not (field.has_presence or field.is_repeated or field.enum_type)
        and field.cpp_type != FieldDescriptor.CPPTYPE_STRING
    }


def _typed(read: Read, word: str) -> Read:
    return lambda payload: {**read(payload), "type": word}


def instant(message: Timestamp) -> datetime:
    """Return the instant, aware UTC; parts of a microsecond are cut off."""
    return from_micros(message.seconds * 1_000_000 + message.nanos // 1_000)


def edtf_of(message: time_pb2.ValidTime) -> str:
    """Return the EDTF text of whichever form was given."""
    match message.WhichOneof("when"):
        case "instant":
            return _text(message.instant)
        case "interval":
            interval = message.interval
            end = _text(interval.end) if interval.HasField("end") else ".."
            return f"{_text(interval.start)}/{end}"
        case _:
            return message.edtf


def known_time_of(message: time_pb2.KnownTime) -> dict[str, str]:
    """Return the text of whichever form was given, and the zone."""
    text = _text(message.instant) if message.HasField("instant") else message.text
    return {"text": text, "zone": message.zone or "UTC"}


def _text(message: Timestamp) -> str:
    """Return ISO 8601 text; for an impossible timestamp, a text that validation will refuse."""
    try:
        at = instant(message)
    except OverflowError:
        at = None
    if at is None or message.nanos % 1_000 or not 0 <= message.nanos < _NANOS:
        return f"seconds {message.seconds} nanos {message.nanos}"
    return at.isoformat().replace("+00:00", "Z")


def _duration(message: Duration) -> timedelta | str:
    try:
        return message.ToTimedelta()
    except (ValueError, OverflowError):
        return f"seconds {message.seconds} nanos {message.nanos}"


_PRECISIONS: Final = _Words(words_of(time_pb2.Precision.DESCRIPTOR), raises=True)
