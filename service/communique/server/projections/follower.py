"""A follower: it keeps one projection's file up with the log, and lends snapshots of it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Condition, Lock
from typing import TypeAlias

import apsw

from communique.server.log.tail import Tail
from communique.server.projections.progress import (
    ProjectionProgress,
    RebuildReport,
    VerificationReport,
)
from communique.server.projections.projection import ViewProjection
from communique.server.projections.projection_errors import (
    ReadModelBehind,
    ReadModelStopped,
    RebuildRunning,
    VerificationRunning,
)
from communique.server.projections.projection_file import ProjectionReader
from communique.server.projections.snapshot import Snapshot

PositionListener: TypeAlias = Callable[[int], object]
"""Called with the position that a read model has reached."""


class Follower(ABC):
    """Follows the log with one projection. A fault stops it there; it never skips an event.

    `ThreadFollower` does it in a thread, `RemoteFollower` has another process do it.
    """

    def __init__(self, projection: type[ViewProjection], tail: Tail, position: int) -> None:
        """Begin at the `position` of the projection's file; `start` follows the log from there."""
        self._projection = projection
        self._tail = tail
        # Answers are not older than those before a restart: they wait for this position.
        self._floor = tail.position
        self._is_new = position == 0
        self._changed = Condition()
        self._rebuilding = Lock()
        self._verifying = Lock()
        self._listeners: list[PositionListener] = []
        self._error = ""

    @property
    def name(self) -> str:
        """The projection's name."""
        return self._projection.name

    @property
    @abstractmethod
    def position(self) -> int:
        """The position reached."""

    @property
    def error(self) -> str:
        """Why it has stopped; empty while it follows."""
        return self._error

    @abstractmethod
    def start(self) -> None:
        """Begin to follow."""

    @abstractmethod
    def close(self) -> None:
        """Stop at the end of the current batch, and close the file."""

    def add_listener(self, listener: PositionListener) -> Callable[[], None]:
        """Have `listener` called with the position after each advance; return how to stop it.

        It is also called when following stops or resumes, in the thread that follows. It must be
        quick and raise nothing.
        """
        with self._changed:
            self._listeners = [*self._listeners, listener]
        return lambda: self._remove(listener)

    def _remove(self, listener: PositionListener) -> None:
        with self._changed:
            self._listeners = [kept for kept in self._listeners if kept is not listener]

    def _notify(self, error: str = "") -> None:
        """Notify waiters and listeners of the position, and of the error that stopped it there."""
        with self._changed:
            self._error = error
            self._changed.notify_all()
            listeners = self._listeners
        for listener in listeners:
            listener(self.position)

    def wait_for(self, position: int, timeout_seconds: float) -> None:
        """Wait until a position, and all that was recorded before the start, is taken in.

        Raises `ReadModelStopped` where it will not be, `ReadModelBehind` after the timeout.
        """
        target = max(position, self._floor)
        with self._changed:
            self._changed.wait_for(lambda: self.position >= target or self._error, timeout_seconds)
        reached = self.position
        if reached >= target:
            return
        if self._error:
            raise ReadModelStopped(self.name, target, reached, self._error)
        raise ReadModelBehind(self.name, target, reached)

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Lend a connection on which everything is read from one state of the read model."""
        with ExitStack() as stack:
            yield self._enter(stack)

    def _enter(self, stack: ExitStack) -> Snapshot:
        """Borrow from the file that serves; retry where it was swapped meanwhile."""
        while True:
            file = self._serving
            try:
                snapshot = stack.enter_context(file.snapshot())
            except apsw.Error:
                if file is self._serving:
                    raise
            else:
                if file is self._serving:
                    return snapshot
                # A file that was opened while it was being removed may be incomplete.
                stack.close()

    @property
    @abstractmethod
    def _serving(self) -> ProjectionReader:
        """The file that serves now."""

    def progress(self) -> ProjectionProgress:
        """Return how far it is."""
        head = self._tail.position
        with self.snapshot() as snapshot:
            position, unknown = snapshot.reached, snapshot.unknown_type_count()
        return ProjectionProgress(
            self.name,
            self._projection.version,
            self._state(position),
            position,
            max(0, head - position),
            unknown,
            self.error,
        )

    def _state(self, position: int) -> str:
        if self.error:
            return "STOPPED"
        if self._rebuilding.locked():
            return "REBUILDING"
        return "BUILDING" if self._is_new and position < self._floor else "LIVE"

    def rebuild(self) -> Iterator[RebuildReport]:
        """Build a new file, yield reports, and swap it in once it has caught up.

        The old file serves until then. Raises `RebuildRunning`.
        """
        if not self._rebuilding.acquire(blocking=False):
            raise RebuildRunning(self.name)
        try:
            yield from self._rebuild()
        finally:
            self._rebuilding.release()

    @abstractmethod
    def _rebuild(self) -> Iterator[RebuildReport]:
        """Rebuild; the caller excludes other rebuilds."""

    def verify(self) -> Iterator[VerificationReport]:
        """Build a second file, compare the one that serves with it, and yield reports.

        Raises `VerificationRunning`.
        """
        if not self._verifying.acquire(blocking=False):
            raise VerificationRunning(self.name)
        try:
            yield from self._verify()
        finally:
            self._verifying.release()

    @abstractmethod
    def _verify(self) -> Iterator[VerificationReport]:
        """Verify; the caller excludes other verifications."""
