"""A follower that advances in a thread of this process."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from itertools import zip_longest
from pathlib import Path
from threading import Event, Lock
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
from communique.server.projections.scheduler import ProjectionScheduler
from communique.server.projections.verification import Verification
from communique.server.runtime import limits

_logger: Final = structlog.get_logger(__name__)

HandOver: TypeAlias = Callable[[str, Path], object]
"""Called with a projection's name and the file that serves from now on.

When it returns, whoever read the old file has let go of it, and the old file is removed.
"""


def no_hand_over(_name: str, _path: Path) -> None:
    """Hand over to nobody: all readers are in this process."""


def thread_followers(
    projections: Iterable[type[ViewProjection]],
    folder: Path,
    log: LogReader,
    hand_over: HandOver = no_hand_over,
) -> list[Follower]:
    """Return a follower for each projection, with its file in `folder`."""
    decoded, scheduler = DecodedLog(log), ProjectionScheduler(log)
    return [
        ThreadFollower(folder, projection, log, decoded, scheduler, hand_over)
        for projection in projections
    ]


class ThreadFollower(Follower):
    """Follows the log in the scheduler's thread, the only one to write the projection's file."""

    def __init__(
        self,
        folder: Path,
        projection: type[ViewProjection],
        log: LogReader,
        decoded: DecodedLog,
        scheduler: ProjectionScheduler,
        hand_over: HandOver = no_hand_over,
    ) -> None:
        """Open the projection's file, or make it; nothing moves before `start`."""
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
        """Take a batch into each in turn: the first decodes it, the others find it remembered."""
        with ExitStack() as stack:
            builds = [stack.enter_context(closing(each.build())) for each in (self, *others)]
            for reports in zip_longest(*builds):
                yield from filter(None, reports)

    def build(self) -> Generator[RebuildReport, None, None]:
        """Build the new file, yield a report after each batch, and swap the file in."""
        began = monotonic()
        aside = ProjectionFile(self._files.aside(), self._projection())
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
            self._files.discard_aside()
        yield self._rebuild_report(self._file.position, monotonic() - began, done=True)

    def _verify(self) -> Iterator[VerificationReport]:
        self._files.discard_verifying()
        aside = ProjectionFile(self._files.verifying(), self._projection())
        aside.stop_syncing()
        try:
            is_stopping = self._stopping.is_set
            yield from Verification(aside, self._decoded, self.snapshot, is_stopping).run()
        finally:
            aside.retire()
            self._files.discard_verifying()

    def _rebuild_report(
        self, position: int, seconds: float, *, done: bool = False
    ) -> RebuildReport:
        head = self._tail.position
        rate = position / seconds if seconds > 0 else 0.0
        remaining = None if done or not rate else (head - position) / rate
        return RebuildReport(self.name, position, head, rate, remaining, done)

    def _swap(self, aside: ProjectionFile) -> None:
        """Put the new file in the place of the old one, whose last readers finish with it."""
        aside.close()
        old = self._file
        self._file = ProjectionFile(self._files.promote_aside(), self._projection())
        self._hand_over(self.name, self._file.path)
        self._notify()
        old.retire()
        self._files.discard_older()

    def advance(self) -> None:
        """Take in the next batch. At an event that it cannot take in it stops, and says so."""
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
    """Tell whether a file is being built rather than followed: then it is written without fsync.

    A power cut would then make what is to be done at most five times as much. With a narrower rule
    an import that is followed at half its pace would be synced most of the time.
    """
    return head - position > max(position // 4, limits.UNWRITTEN_EVENTS_MAX)


def _take_in(file: ProjectionFile, decoded: DecodedLog, head: int) -> None:
    """Take in the next batch; of one that cannot be taken in, all before the event at fault."""
    try:
        file.take_in(decoded.after(file.taken), decoded.read_stream)
        if file.is_due(head):
            file.write()
    except LogClosed:
        raise
    except Exception:  # noqa: BLE001  it is raised again by the event at fault
        file.write()
        for _ in range(limits.DECODED_EVENTS_PER_BATCH):
            file.apply(decoded.after(file.position, 1), decoded.read_stream)
