"""What the use cases refuse, beside what the log and the read models refuse.

`reasons` says which reason of the contract each error has.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self, TypeVar
from uuid import UUID

from google.protobuf.descriptor import EnumDescriptor
from google.protobuf.message import DecodeError, Message
from pydantic import TypeAdapter, ValidationError

from communique.codec import Violation, violations
from communique.codec.names import words_of
from communique.domain.model import Word
from communique.domain.text import closest
from communique.server.runtime import limits

Value = TypeVar("Value")
AnyMessage = TypeVar("AnyMessage", bound=Message)
EnumWord = TypeVar("EnumWord", bound=Word)
_UUIDS: Final = TypeAdapter(UUID)


class RequestError(Exception):
    """The request is refused whole, and nothing has changed."""


class InvalidFields(RequestError):
    """Fields are at fault: at least one violation, each of which says what is allowed."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        first, *others = violations
        more = f" (and {len(others)} more)" if others else ""
        super().__init__(f"{first.field}: {first.description}{more}")
        self.violations = tuple(violations)

    @classmethod
    def at(cls, field: str, description: str) -> Self:
        """Return the error of one field."""
        return cls([Violation(field, description)])


class KnownLater(InvalidFields):
    """Known times lie in the future, and nothing else is at fault."""


class EventTooLarge(InvalidFields):
    """An event is larger than an event may be."""


class PageTokenInvalid(InvalidFields):
    """The page token was changed, or belongs to another request."""


@dataclass(eq=False)
class EventNotFound(RequestError):
    """No event or amendment has this id."""

    event_id: UUID

    def __str__(self) -> str:
        return f"there is no event {self.event_id}"


@dataclass(eq=False)
class PositionBeyondHead(RequestError):
    """The position is not recorded yet; `field` is where the request has it, if it says."""

    position: int
    head: int
    field: str = ""

    def __str__(self) -> str:
        where = f"{self.field}: " if self.field else ""
        return f"{where}position {self.position} is beyond the head of the log, {self.head}"


class ShuttingDown(RequestError):
    """The server is stopping and takes no new calls."""

    def __str__(self) -> str:
        return "the server is stopping"


class Faults:
    """Collects the fields at fault, so that a client is told of all of them at once."""

    def __init__(self) -> None:
        self.violations: list[Violation] = []

    def add(self, field: str, description: str) -> None:
        """Note a field at fault; those beyond `VIOLATIONS_MAX` are dropped."""
        if len(self.violations) < limits.VIOLATIONS_MAX:
            self.violations.append(Violation(field, description))

    def add_error(self, field: str, error: ValueError) -> None:
        """Note what is wrong with the field, or by a `ValidationError` with the fields below it."""
        if isinstance(error, ValidationError):
            for violation in violations(error, field):
                self.add(*violation)
        else:
            self.add(field, str(error))

    def read(self, field: str, read: Callable[[Any], Value], raw: object) -> Value | None:
        """Return `read(raw)`, or None if that raises a `ValueError`, which is noted."""
        try:
            return read(raw)
        except ValueError as error:
            self.add_error(field, error)
            return None

    def read_all(
        self, field: str, read: Callable[[Any], Value], raw_values: Sequence[object], count_max: int
    ) -> list[Value]:
        """Return what `read` makes of each of at most `count_max`, and note those at fault."""
        if len(raw_values) > count_max:
            self.add(field, f"at most {count_max} values are allowed, not {len(raw_values)}")
            return []
        values = [self.read(f"{field}[{index}]", read, raw) for index, raw in enumerate(raw_values)]
        return [value for value in values if value is not None]

    def refuse(self) -> None:
        """Raise `InvalidFields` if there are any."""
        if self.violations:
            raise InvalidFields(self.violations)


def checked(field: str, read: Callable[[Any], Value], raw: object) -> Value:
    """Return `read(raw)`; raise `InvalidFields` if that raises a `ValueError`."""
    try:
        return read(raw)
    except ValueError as error:
        faults = Faults()
        faults.add_error(field, error)
        raise InvalidFields(faults.violations) from error


def decoded(message_type: type[AnyMessage], data: bytes) -> AnyMessage:
    """Return the message of bytes that a client sent; raise `InvalidFields` where they are none."""
    try:
        return message_type.FromString(data)
    except DecodeError as error:
        raise InvalidFields.at("request", f"is no message of the contract: {error}") from error


def uuid_of(text: str) -> UUID:
    """Return the UUID written in any of its usual forms; `ValueError` otherwise."""
    return _UUIDS.validate_python(text)


def word_of(words: type[EnumWord], enum: EnumDescriptor, number: int) -> EnumWord:
    """Return the word of an enum value; `ValueError` for an unspecified or unknown one."""
    if not number or number not in enum.values_by_number:
        raise ValueError(f"unknown value {number}: one of {', '.join(words)}")
    return words(words_of(enum)[number])


def not_among(word: str, words: Collection[str]) -> str:
    """Say that `word` is none of `words`, offering the closest."""
    shown = word[: limits.WORD_LENGTH_MAX]
    near = closest(shown, words)
    hint = f"did you mean {near}?" if near else f"one of {', '.join(words)}"
    return f"unknown {shown!r}: {hint}"
