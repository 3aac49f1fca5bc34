"""What the server and its projector tell each other. They are pickled: both are of one release."""

from pathlib import Path
from typing import Any, Literal, NamedTuple, Self, TypeAlias

from communique.server.runtime.settings import Settings

Task: TypeAlias = Literal["rebuild", "verify"]


class Opening(NamedTuple):
    """To the projector, first: where everything is, and the end of the log."""

    folder: Path
    log: Path
    head: int
    settings: Settings


class Head(NamedTuple):
    """To the projector: the log ends at a later position."""

    position: int


class Call(NamedTuple):
    """To the projector: do this with projections, and answer under this number."""

    number: int
    task: Task
    names: tuple[str, ...]


class Cancel(NamedTuple):
    """To the projector: nobody waits for the answers to a call any more."""

    number: int


class LetGo(NamedTuple):
    """To the projector: nobody begins to read the projection's former file any more."""

    name: str


class Stop(NamedTuple):
    """To the projector: come to an end."""


class Reached(NamedTuple):
    """From the projector: how far a projection is and, where it has stopped, why."""

    name: str
    position: int
    error: str


class Swapped(NamedTuple):
    """From the projector: this file serves now; the former one waits for `LetGo`."""

    name: str
    path: Path


class Answer(NamedTuple):
    """From the projector: a part of the answer to a call."""

    number: int
    item: Any


class Fault(NamedTuple):
    """An exception on its way: its class need not be made from its arguments."""

    kind: type[Exception]
    arguments: tuple[Any, ...]
    attributes: dict[str, Any]

    @classmethod
    def of(cls, error: Exception) -> Self:
        """Take an exception apart."""
        return cls(type(error), error.args, error.__dict__)

    def exception(self) -> Exception:
        """Put it together again."""
        error = self.kind.__new__(self.kind, *self.arguments)
        error.__dict__.update(self.attributes)
        return error


class Ended(NamedTuple):
    """From the projector: a call has come to its end, with this fault if there was one."""

    number: int
    fault: Fault | None
