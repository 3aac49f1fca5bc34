"""A follower: the thread that keeps one projection's file up with the log."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Condition, Event, Lock, Thread
from time import monotonic
from typing import Final, TypeAlias

import apsw
import structlog

from communique.service.log import EventLog, LogClosed
from communique.service.read_models.errors import (
    ReadModelBehind,
    ReadModelStopped,
    RebuildRunning,
    VerificationRunning,
)
from communique.service.read_models.files import Generations
from communique.service.read_models.history import History
from communique.service.read_models.projection import Projection, ProjectionFile, Snapshot
from communique.service.read_models.questions import Progress, RebuildProgress, VerifyProgress
from communique.service.read_models.verifying import Verification

_logger: Final = structlog.get_logger(__name__)

Listener: TypeAlias = Callable[[int], object]
"""Called with the position that a read model has reached."""

_WAIT_SECONDS: Final = 1.0
_PROGRESS_SECONDS: Final = 0.2


class Follower:
    """Follows the log with one projection. A fault stops it there; it never skips an event."""

    def __init__(
        self, folder: Path, projection: type[Projection], event_log: EventLog, history: History
    ) -> None:
        """Open the projection's file, or make it; nothing moves before `start`."""
        self._projection = projection
        self._log = event_log
        self._history = history
        self._files = Generations(folder, f"{projection.name}.v{projection.version}")
        self._file = ProjectionFile(self._files.current(), projection())
        # What was answered before a restart is answered after it: nothing older than this is
        # served.
        self._floor = event_log.tail.position
        self._is_new = self._file.position == 0
        self._moved = Condition()
        self._turn = Lock()
        self._rebuilding = Lock()
        self._verifying = Lock()
        self._stopping = Event()
        self._listeners: list[Listener] = []
        self._error = ""
        self._thread = Thread(target=self._follow, name=f"project {projection.name}", daemon=True)

    @property
    def name(self) -> str:
        """The projection's name."""
        return self._projection.name

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def add_listener(self, listener: Listener) -> Callable[[], None]:
        """Have `listener` called with the position after each move; return how to stop it.

        It is called in the follower's thread, must be quick and raise nothing.
        """
        with self._moved:
            self._listeners = [*self._listeners, listener]
        return lambda: self._remove(listener)

    def _remove(self, listener: Listener) -> None:
        with self._moved:
            self._listeners = [each for each in self._listeners if each is not listener]

    def close(self) -> None:
        """Stop at the end of the batch in hand, and close the file."""
        self._stopping.set()
        self._log.tail.wake()
        if self._thread.is_alive():
            self._thread.join()
        self._file.close()

    def wait_for(self, position: int, timeout_seconds: float) -> None:
        """Wait until a position, and all that was recorded before the start, is taken in.

        Raises `ReadModelStopped` where it will not be, `ReadModelBehind` when the time is over.
        """
        wanted = max(position, self._floor)
        with self._moved:
            self._moved.wait_for(
                lambda: self._file.position >= wanted or self._error, timeout_seconds
            )
        reached = self._file.position
        if reached >= wanted:
            return
        if self._error:
            raise ReadModelStopped(self.name, wanted, reached, self._error)
        raise ReadModelBehind(self.name, wanted, reached)

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Lend a connection on which everything is read from one state of the read model."""
        with ExitStack() as stack:
            yield self._enter(stack)

    def _enter(self, stack: ExitStack) -> Snapshot:
        """Borrow from the file that serves, again where it was swapped in between."""
        while True:
            file = self._file
            try:
                return stack.enter_context(file.snapshot())
            except apsw.ConnectionClosedError:
                if file is self._file:
                    raise

    def progress(self) -> Progress:
        """Say how far it is."""
        head = self._log.tail.position
        with self.snapshot() as snapshot:
            position, unknown = snapshot.reached, snapshot.unknown_type_count()
        return Progress(
            self.name,
            self._projection.version,
            self._state(position),
            position,
            max(0, head - position),
            unknown,
            self._error,
        )

    def _state(self, position: int) -> str:
        if self._error:
            return "STOPPED"
        if self._rebuilding.locked():
            return "REBUILDING"
        return "BUILDING" if self._is_new and position < self._floor else "LIVE"

    def rebuild(self) -> Iterator[RebuildProgress]:
        """Build the read model anew aside, yield progress, and swap it in when it has caught up.

        Abandoned or killed on the way, the old one goes on serving. Raises `RebuildRunning`.
        """
        if not self._rebuilding.acquire(blocking=False):
            raise RebuildRunning(self.name)
        try:
            yield from self._rebuild()
        finally:
            self._rebuilding.release()

    def _rebuild(self) -> Iterator[RebuildProgress]:
        began = told = monotonic()
        aside = ProjectionFile(self._files.aside(), self._projection())
        try:
            while aside.position < self._file.position:
                _take_in(aside, self._history)
                if monotonic() - told >= _PROGRESS_SECONDS:
                    told = monotonic()
                    yield self._rebuild_progress(aside.position, told - began)
            with self._turn:
                while aside.position < self._file.position:
                    _take_in(aside, self._history)
                self._swap(aside)
        finally:
            aside.retire()
            self._files.discard_aside()
        yield self._rebuild_progress(self._file.position, monotonic() - began, done=True)

    def verify(self) -> Iterator[VerifyProgress]:
        """Build the read model anew aside, compare it with the one that serves, yield progress.

        Changes nothing and keeps nobody waiting. Raises `VerificationRunning`.
        """
        if not self._verifying.acquire(blocking=False):
            raise VerificationRunning(self.name)
        try:
            yield from self._verify()
        finally:
            self._verifying.release()

    def _verify(self) -> Iterator[VerifyProgress]:
        self._files.discard_verifying()
        aside = ProjectionFile(self._files.verifying(), self._projection())
        try:
            is_stopping = self._stopping.is_set
            yield from Verification(aside, self._history, self.snapshot, is_stopping).run()
        finally:
            aside.retire()
            self._files.discard_verifying()

    def _rebuild_progress(
        self, position: int, seconds: float, *, done: bool = False
    ) -> RebuildProgress:
        head = self._log.tail.position
        rate = position / seconds if seconds > 0 else 0.0
        remaining = None if done or not rate else (head - position) / rate
        return RebuildProgress(position, head, rate, remaining, done)

    def _swap(self, aside: ProjectionFile) -> None:
        """Put the new file in the place of the old one, whose last readers finish with it."""
        aside.close()
        old = self._file
        self._file = ProjectionFile(self._files.promote_aside(), self._projection())
        with self._moved:
            self._error = ""
            self._moved.notify_all()
        old.retire()
        self._files.discard_older()
        if not self._thread.is_alive() and not self._stopping.is_set():
            self._thread = Thread(target=self._follow, name=self._thread.name, daemon=True)
            self._thread.start()

    def _follow(self) -> None:
        while not self._stopping.is_set():
            try:
                head = self._log.wait_beyond(
                    self._file.position, _WAIT_SECONDS, self._stopping.is_set
                )
                if head > self._file.position:
                    self._advance()
            except LogClosed:
                return
            except Exception as error:
                # It must not go on over an event that it has not taken in: it stops, and says so.
                _logger.exception("projection_stopped", name=self.name, at=self._file.position)
                with self._moved:
                    self._error = f"{type(error).__name__}: {error}"
                    self._moved.notify_all()
                return

    def _advance(self) -> None:
        with self._turn:
            _take_in(self._file, self._history)
        with self._moved:
            self._moved.notify_all()
            listeners = self._listeners
        for listener in listeners:
            listener(self._file.position)


def _take_in(file: ProjectionFile, history: History) -> None:
    file.apply(history.after(file.position), history.stream)
