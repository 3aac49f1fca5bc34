"""What the server and its projector send each other. It is pickled: both are of one release."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self, TypeAlias

from communique.server.log.event_log import LogReader
from communique.server.log.tail import Tail
from communique.server.projections.projection import ViewProjection
from communique.server.runtime.settings import Settings

Task: TypeAlias = Literal["rebuild", "verify"]

OpenLog: TypeAlias = Callable[[Tail], LogReader]
"""Opens the log to be read, with the tail that the server advances."""


class Opening(NamedTuple):
    """To the projector, first: what to project from which log, and the head of the log."""

    open_log: OpenLog
    projection: type[ViewProjection]
    folder: Path
    head: int
    settings: Settings


class HeadMoved(NamedTuple):
    """To the projector: the log ends at a later position."""

    position: int


class RunTask(NamedTuple):
    """To the projector: run a task, and answer under this number."""

    number: int
    task: Task


class CancelTask(NamedTuple):
    """To the projector: the answers of a task are not needed any more."""

    number: int


class FileReleased(NamedTuple):
    """To the projector: no new reader opens the former file."""


class Stop(NamedTuple):
    """To the projector: close the file and exit."""


class PositionReached(NamedTuple):
    """From the projector: its position, and the error if it has stopped there."""

    position: int
    error: str


class FileSwapped(NamedTuple):
    """From the projector: this file serves now; the former one waits for `FileReleased`."""

    path: Path


class TaskAnswer(NamedTuple):
    """From the projector: a report of a task."""

    number: int
    item: Any


class TaskFault(NamedTuple):
    """An exception in parts: not every class can be called with its `args`, as pickle does."""

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


class TaskEnded(NamedTuple):
    """From the projector: a task has ended, with this fault if there was one."""

    number: int
    fault: TaskFault | None
