"""What the use cases refuse, beside what the log and the read models refuse.

::

    RequestError
    ├── InvalidFields           violations
    │   ├── KnownLater
    │   ├── EventTooLarge
    │   └── PageTokenInvalid
    ├── EventNotFound           event_id
    ├── PositionBeyondHead      position, head
    └── ShuttingDown

`reasons` says which reason of the contract each has.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self, TypeVar
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from communique.codec import Violation, violations
from communique.domain.text import closest
from communique.server.runtime import limits

Value = TypeVar("Value")
_UUIDS: Final = TypeAdapter(UUID)


class RequestError(Exception):
    """The request is refused whole, and nothing has changed."""


class InvalidFields(RequestError):
    """Fields are at fault; each violation names one and says what is allowed."""

    def __init__(self, found: Sequence[Violation]) -> None:
        """Keep the violations, of which there is at least one."""
        first, *others = found
        more = f" (and {len(others)} more)" if others else ""
        super().__init__(f"{first.field}: {first.description}{more}")
        self.violations = tuple(found)

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
        """Name the id."""
        return f"there is no event {self.event_id}"


@dataclass(eq=False)
class PositionBeyondHead(RequestError):
    """The position is not recorded yet; `field` is where the request has it, if it says."""

    position: int
    head: int
    field: str = ""

    def __str__(self) -> str:
        """Name both positions."""
        where = f"{self.field}: " if self.field else ""
        return f"{where}position {self.position} is beyond the head of the log, {self.head}"


class ShuttingDown(RequestError):
    """The server is stopping and takes no new calls."""

    def __str__(self) -> str:
        """Say so."""
        return "the server is stopping"


class Faults:
    """Collects the fields at fault, so that a client hears of all of them at once."""

    def __init__(self) -> None:
        """Start with none."""
        self.found: list[Violation] = []

    def add(self, field: str, description: str) -> None:
        """Note a field at fault; those beyond `VIOLATIONS_MAX` are dropped."""
        if len(self.found) < limits.VIOLATIONS_MAX:
            self.found.append(Violation(field, description))

    def add_error(self, field: str, error: ValueError) -> None:
        """Note what a reader or a model said of the field, or of the fields below it."""
        if isinstance(error, ValidationError):
            for violation in violations(error, field):
                self.add(*violation)
        else:
            self.add(field, str(error))

    def read(self, field: str, read: Callable[[Any], Value], given: object) -> Value | None:
        """Return `read(given)`, or None when it refuses with a `ValueError`, which is noted."""
        try:
            return read(given)
        except ValueError as error:
            self.add_error(field, error)
            return None

    def read_all(
        self, field: str, read: Callable[[Any], Value], given: Sequence[object], count_max: int
    ) -> list[Value]:
        """Return what `read` makes of each value, at most `count_max`; those at fault are noted."""
        if len(given) > count_max:
            self.add(field, f"at most {count_max} values are allowed, not {len(given)}")
            return []
        values = (self.read(f"{field}[{index}]", read, one) for index, one in enumerate(given))
        return [value for value in values if value is not None]

    def refuse(self) -> None:
        """Raise `InvalidFields` if there were any."""
        if self.found:
            raise InvalidFields(self.found)


def checked(field: str, read: Callable[[Any], Value], given: object) -> Value:
    """Return `read(given)`; where it refuses with a `ValueError`, raise `InvalidFields`."""
    try:
        return read(given)
    except ValueError as error:
        faults = Faults()
        faults.add_error(field, error)
        raise InvalidFields(faults.found) from error


def uuid_of(text: str) -> UUID:
    """Return the UUID written in any of its usual forms; `ValueError` otherwise."""
    return _UUIDS.validate_python(text)


def not_among(word: str, words: Collection[str]) -> str:
    """Say that `word` is none of `words`, offering the closest."""
    shown = word[: limits.WORD_LENGTH_MAX]
    near = closest(shown, words)
    hint = f"did you mean {near}?" if near else f"one of {', '.join(words)}"
    return f"unknown {shown!r}: {hint}"
