"""A follower that advances in a thread of this process."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic
from typing import Final, TypeAlias

import structlog

from communique.server.log.event_log import LogReader
from communique.server.log.log_errors import LogClosed
from communique.server.projections.follower import Follower
from communique.server.projections.generations import Generations
from communique.server.projections.progress import RebuildReport, VerificationReport
from communique.server.projections.projection import ViewProjection
from communique.server.projections.projection_file import ProjectionFile
from communique.server.projections.verification import Verification
from communique.server.runtime import limits

_logger: Final = structlog.get_logger(__name__)

HandOver: TypeAlias = Callable[[Path], object]
"""Called with the file that serves from now on.

When it returns, no other process reads the old file, which is then removed.
"""


class ThreadFollower(Follower):
    """Follows the log in a thread of its own, the only one to write the projection's file."""

    def __init__(
        self,
        folder: Path,
        projection: type[ViewProjection],
        log: LogReader,
        hand_over: HandOver | None = None,
    ) -> None:
        """Open the projection's file, or make it."""
        self._files = Generations(folder, projection.name, projection.version)
        self._file = ProjectionFile(self._files.current(), projection())
        super().__init__(projection, log.tail, self._file.position)
        if not self._is_new:
            self._files.discard_outdated()
        self._log = log
        self._hand_over = hand_over
        self._writing = Lock()
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="projections", daemon=True)

    @property
    def position(self) -> int:
        """The position that the file has reached."""
        return self._file.position

    @property
    def _serving(self) -> ProjectionFile:
        return self._file

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def close(self) -> None:
        """Stop at the end of the current batch, and close the file."""
        self._stopping.set()
        self._tail.wake()
        if self._thread.is_alive():
            self._thread.join()
        self._file.close()

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                head = self._tail.position
                if self.position < head and not self.error:
                    self.advance()
                else:
                    self._tail.wait_beyond(
                        head, limits.FOLLOWER_WAIT_SECONDS, self._stopping.is_set
                    )
        except LogClosed:
            return

    def _rebuild(self) -> Iterator[RebuildReport]:
        began = monotonic()
        aside = ProjectionFile(self._files.aside("building"), self._projection())
        aside.stop_syncing()
        try:
            while aside.position < self._file.position:
                _take_in(aside, self._log, self._file.position)
                yield self._rebuild_report(aside.taken, monotonic() - began)
            with self._writing:
                while aside.position < self._file.position:
                    _take_in(aside, self._log, self._file.position)
                self._swap(aside)
        finally:
            aside.retire()
            self._files.discard("building")
        yield self._rebuild_report(self._file.position, monotonic() - began, done=True)

    def _verify(self) -> Iterator[VerificationReport]:
        self._files.discard("verifying")
        aside = ProjectionFile(self._files.aside("verifying"), self._projection())
        aside.stop_syncing()
        try:
            is_stopping = self._stopping.is_set
            yield from Verification(aside, self._log, self.snapshot, is_stopping).run()
        finally:
            aside.retire()
            self._files.discard("verifying")

    def _rebuild_report(
        self, position: int, seconds: float, *, done: bool = False
    ) -> RebuildReport:
        head = self._tail.position
        rate = position / seconds if seconds > 0 else 0.0
        remaining = None if done or not rate else (head - position) / rate
        return RebuildReport(self.name, position, head, rate, remaining, done)

    def _swap(self, aside: ProjectionFile) -> None:
        """Replace the old file by the new one; the last readers of the old one finish with it."""
        aside.close()
        old = self._file
        self._file = ProjectionFile(self._files.promote(), self._projection())
        if self._hand_over:
            self._hand_over(self._file.path)
        self._notify()
        old.retire()
        self._files.discard_older()

    def advance(self) -> None:
        """Take in the next batch; stop with an error at an event that cannot be taken in."""
        try:
            with self._writing:
                head = self._tail.position
                if is_far_behind(self.position, head):
                    self._file.stop_syncing()
                else:
                    self._file.sync()
                _take_in(self._file, self._log, head)
        except LogClosed:
            raise
        except Exception as error:
            _logger.exception("projection_stopped", name=self.name, at=self._file.position)
            self._notify(f"{type(error).__name__}: {error}")
        else:
            self._notify()


def is_far_behind(position: int, head: int) -> bool:
    """Tell whether a file is so far behind that it is written without fsync.

    Losing it in a power cut then makes the remaining work at most five times as much. A narrower
    rule would sync during most of an import.
    """
    return head - position > max(position // 4, limits.UNWRITTEN_EVENTS_MAX)


def _take_in(file: ProjectionFile, log: LogReader, head: int) -> None:
    """Take in the next batch; if that fails, all events before the one at fault."""
    read_stream = log.stream
    try:
        file.take_in(log.read(file.taken, limits.EVENTS_TAKEN_IN_AT_ONCE))
        if file.is_due(head):
            file.write(read_stream)
    except LogClosed:
        raise
    except Exception:  # noqa: BLE001  the event at fault raises it again
        file.write(read_stream)
        for _ in range(limits.EVENTS_TAKEN_IN_AT_ONCE):
            file.apply(log.read(file.position, 1), read_stream)
