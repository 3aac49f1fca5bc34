"""Followers that advance in a thread of this process."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from itertools import zip_longest
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic
from typing import Final, Self, TypeAlias

import structlog

from communique.server.log.event_log import LogReader
from communique.server.log.log_errors import LogClosed
from communique.server.projections.decoded_log import DecodedLog
from communique.server.projections.follower import Follower
from communique.server.projections.generations import Generations
from communique.server.projections.progress import RebuildReport, VerificationReport
from communique.server.projections.projection import ViewProjection
from communique.server.projections.projection_file import ProjectionFile
from communique.server.projections.verification import Verification
from communique.server.runtime import limits

_logger: Final = structlog.get_logger(__name__)

HandOver: TypeAlias = Callable[[str, Path], object]
"""Called with a projection's name and the file that serves from now on.

When it returns, no other process reads the old file, which is then removed.
"""


def thread_followers(
    projections: Iterable[type[ViewProjection]],
    folder: Path,
    log: LogReader,
    hand_over: HandOver | None = None,
) -> list[Follower]:
    """Return a follower for each projection, with its file in `folder`."""
    decoded, scheduler = DecodedLog(log), ProjectionScheduler(log)
    return [
        ThreadFollower(folder, projection, log, decoded, scheduler, hand_over)
        for projection in projections
    ]


class ProjectionScheduler:
    """One thread in which all of a log's projections advance in turn, batch by batch.

    In threads of their own they would drift apart, and each decode every event. In turn, the first
    decodes a batch and the others find it remembered.
    """

    def __init__(self, log: LogReader) -> None:
        self._log = log
        self._followers: tuple[ThreadFollower, ...] = ()
        self._changing = Lock()
        self._advancing = Lock()
        self._thread = Thread()

    def add(self, follower: "ThreadFollower") -> None:
        """Have a follower advance as events are recorded; the first one starts the thread."""
        with self._changing:
            self._followers = (*self._followers, follower)
            if len(self._followers) == 1:
                self._thread = Thread(target=self._run, name="projections", daemon=True)
                self._thread.start()
        self._log.tail.wake()

    def remove(self, follower: "ThreadFollower") -> None:
        """Stop a follower at the end of its current batch; one that was not added is ignored."""
        with self._changing:
            self._followers = tuple(kept for kept in self._followers if kept is not follower)
            is_last = not self._followers and self._thread.is_alive()
        self._log.tail.wake()
        with self._advancing:
            pass
        if is_last:
            self._thread.join()

    def _run(self) -> None:
        try:
            while followers := self._followers:
                self._wait(followers)
                for follower in followers:
                    self._advance(follower)
        except LogClosed:
            return

    def _wait(self, followers: "tuple[ThreadFollower, ...]") -> None:
        """Wait until a follower is behind, or others were added or removed."""
        head = self._log.tail.position
        positions = (follower.position for follower in followers if not follower.error)
        hindmost = min(positions, default=head)
        self._log.tail.wait_beyond(
            hindmost, limits.SCHEDULER_WAIT_SECONDS, lambda: self._followers is not followers
        )

    def _advance(self, follower: "ThreadFollower") -> None:
        with self._advancing:
            is_behind = follower.position < self._log.tail.position
            if is_behind and not follower.error and follower in self._followers:
                follower.advance()


class ThreadFollower(Follower):
    """Follows the log in the scheduler's thread, the only one to write the projection's file."""

    def __init__(
        self,
        folder: Path,
        projection: type[ViewProjection],
        log: LogReader,
        decoded: DecodedLog,
        scheduler: ProjectionScheduler,
        hand_over: HandOver | None = None,
    ) -> None:
        """Open the projection's file, or make it."""
        self._files = Generations(folder, projection.name, projection.version)
        self._file = ProjectionFile(self._files.current(), projection())
        super().__init__(projection, log.tail, self._file.position)
        if not self._is_new:
            self._files.discard_outdated()
        self._decoded = decoded
        self._scheduler = scheduler
        self._hand_over = hand_over
        self._writing = Lock()
        self._stopping = Event()

    @property
    def position(self) -> int:
        """The position that the file has reached."""
        return self._file.position

    @property
    def _serving(self) -> ProjectionFile:
        return self._file

    def start(self) -> None:
        """Begin to follow."""
        self._scheduler.add(self)

    def close(self) -> None:
        """Stop at the end of the current batch, and close the file."""
        self._stopping.set()
        self._scheduler.remove(self)
        self._file.close()

    def _rebuild(self, others: Sequence[Self]) -> Iterator[RebuildReport]:
        """Take in a batch in turn: the first file decodes it, the others find it remembered."""
        with ExitStack() as stack:
            builds = [
                stack.enter_context(closing(follower.build())) for follower in (self, *others)
            ]
            for reports in zip_longest(*builds):
                yield from filter(None, reports)

    def build(self) -> Generator[RebuildReport, None, None]:
        """Build the new file, yield a report after each batch, and swap the file in."""
        began = monotonic()
        aside = ProjectionFile(self._files.aside("building"), self._projection())
        aside.stop_syncing()
        try:
            while aside.position < self._file.position:
                _take_in(aside, self._decoded, self._file.position)
                yield self._rebuild_report(aside.taken, monotonic() - began)
            with self._writing:
                while aside.position < self._file.position:
                    _take_in(aside, self._decoded, self._file.position)
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
            yield from Verification(aside, self._decoded, self.snapshot, is_stopping).run()
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
            self._hand_over(self.name, self._file.path)
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
                _take_in(self._file, self._decoded, head)
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


def _take_in(file: ProjectionFile, decoded: DecodedLog, head: int) -> None:
    """Take in the next batch; if that fails, all events before the one at fault."""
    try:
        file.take_in(decoded.after(file.taken), decoded.read_stream)
        if file.is_due(head):
            file.write()
    except LogClosed:
        raise
    except Exception:  # noqa: BLE001  the event at fault raises it again
        file.write()
        for _ in range(limits.DECODED_EVENTS_PER_BATCH):
            file.apply(decoded.after(file.position, 1), decoded.read_stream)
