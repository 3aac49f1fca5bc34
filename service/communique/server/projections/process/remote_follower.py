"""A follower whose work the projector does: it reads the file, and hears how far it is."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, Self

from communique.server.log.tail import Tail
from communique.server.projections.follower import Follower
from communique.server.projections.generations import Generations
from communique.server.projections.process.protocol import Task
from communique.server.projections.progress import RebuildReport, VerificationReport
from communique.server.projections.projection import ViewProjection
from communique.server.projections.projection_file import ProjectionReader, format_of
from communique.server.sqlite.connection import connect


class ProjectorLink(Protocol):
    """What a remote follower asks of the process that does its work."""

    @property
    @abstractmethod
    def fault(self) -> str:
        """Why the projector does not work; empty while it does."""

    @abstractmethod
    def hurry(self) -> None:
        """Have the projector told of the log's head without delay."""

    @abstractmethod
    def run_task(self, task: Task, *names: str) -> Iterator[Any]:
        """Have the projector do something with projections, and yield its answers."""


class RemoteFollower(Follower):
    """The server's side of one projection."""

    def __init__(
        self, folder: Path, projection: type[ViewProjection], tail: Tail, link: ProjectorLink
    ) -> None:
        """Open the projection's file to read it, or make it."""
        self._files = Generations(folder, projection.name, projection.version)
        self._format = format_of(projection)
        self._reader = ProjectionReader(self._current_file(), projection)
        with self._reader.snapshot() as snapshot:
            self._position = snapshot.reached
        super().__init__(projection, tail, self._position)
        self._link = link

    def _current_file(self) -> Path:
        """Return the path of the file that serves, made where there was none."""
        path = self._files.current()
        if not path.exists():
            connect(path, self._format).close()
        return path

    @property
    def position(self) -> int:
        """The position that the projector has reported."""
        return self._position

    @property
    def error(self) -> str:
        """Why it has stopped, or why the projector has."""
        return self._error or self._link.fault

    @property
    def _serving(self) -> ProjectionReader:
        return self._reader

    def start(self) -> None:
        """Do nothing: the projector begins by itself."""

    def close(self) -> None:
        """Close the file."""
        self._reader.close()

    def wait_for(self, position: int, timeout_seconds: float) -> None:
        """Wait as `Follower.wait_for` says, and have the projector lose no time."""
        if position > self._position:
            self._link.hurry()
        super().wait_for(position, timeout_seconds)

    def reached(self, position: int, error: str) -> None:
        """Hear how far it is."""
        self._position = position
        self._notify(error)

    def reopen(self) -> None:
        """Read the file that serves while no projector lives, whatever the last one left."""
        self.swap(self._current_file())

    def swap(self, path: Path) -> None:
        """Read another file from now on; those who read the former one finish with it."""
        former, self._reader = self._reader, ProjectionReader(path, self._projection)
        former.close()

    def _rebuild(self, others: Sequence[Self]) -> Iterator[RebuildReport]:
        return self._link.run_task("rebuild", self.name, *(other.name for other in others))

    def _verify(self) -> Iterator[VerificationReport]:
        return self._link.run_task("verify", self.name)
