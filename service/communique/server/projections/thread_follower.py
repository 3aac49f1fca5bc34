"""A follower that moves in a thread of this process."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from itertools import zip_longest
from pathlib import Path
from threading import Event, Lock
from time import monotonic
from typing import Final, Self, TypeAlias

import structlog

from communique.server.log import LogClosed
from communique.server.log.sqlite_store.log_reader import LogReader
from communique.server.projections.decoded_log import BATCH_EVENTS, History
from communique.server.projections.follower import Follower
from communique.server.projections.generations import Generations
from communique.server.projections.progress import RebuildProgress, VerifyProgress
from communique.server.projections.projection import (
    UNWRITTEN_EVENTS_MAX,
    Projection,
    ProjectionFile,
)
from communique.server.projections.scheduler import Turns
from communique.server.projections.verification import Verification

_logger: Final = structlog.get_logger(__name__)

Handover: TypeAlias = Callable[[str, Path], object]
"""Called with a projection's name and the file that serves from now on.

Whoever reads the old file has let go of it on return, and it is removed.
"""


def nobody(_name: str, _path: Path) -> None:
    """Hand over to nobody: all who read are of this process."""


class ThreadFollower(Follower):
    """Follows the log in the thread of `turns`, the only one to write the projection's file."""

    def __init__(
        self,
        folder: Path,
        projection: type[Projection],
        reader: LogReader,
        history: History,
        turns: Turns,
        hand_over: Handover = nobody,
    ) -> None:
        """Open the projection's file, or make it; nothing moves before `start`."""
        self._files = Generations(folder, projection.name, projection.version)
        self._file = ProjectionFile(self._files.current(), projection())
        super().__init__(projection, reader.tail, self._file.position)
        if not self._is_new:
            self._files.discard_outdated()
        self._history = history
        self._turns = turns
        self._hand_over = hand_over
        self._turn = Lock()
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
        self._turns.join(self)

    def close(self) -> None:
        """Stop at the end of the batch in hand, and close the file."""
        self._stopping.set()
        self._turns.leave(self)
        self._file.close()

    def _rebuild(self, others: Sequence[Self]) -> Iterator[RebuildProgress]:
        """Take a batch into each in turn: the first decodes it, the others find it remembered."""
        with ExitStack() as stack:
            builds = [stack.enter_context(closing(each.build())) for each in (self, *others)]
            for progress in zip_longest(*builds):
                yield from filter(None, progress)

    def build(self) -> Generator[RebuildProgress, None, None]:
        """Build the new file, yield progress after each batch, and swap it in."""
        began = monotonic()
        aside = ProjectionFile(self._files.aside(), self._projection())
        aside.stop_syncing()
        try:
            while aside.position < self._file.position:
                _take_in(aside, self._history, self._file.position)
                yield self._rebuild_progress(aside.taken, monotonic() - began)
            with self._turn:
                while aside.position < self._file.position:
                    _take_in(aside, self._history, self._file.position)
                self._swap(aside)
        finally:
            aside.retire()
            self._files.discard_aside()
        yield self._rebuild_progress(self._file.position, monotonic() - began, done=True)

    def _verify(self) -> Iterator[VerifyProgress]:
        self._files.discard_verifying()
        aside = ProjectionFile(self._files.verifying(), self._projection())
        aside.stop_syncing()
        try:
            is_stopping = self._stopping.is_set
            yield from Verification(aside, self._history, self.snapshot, is_stopping).run()
        finally:
            aside.retire()
            self._files.discard_verifying()

    def _rebuild_progress(
        self, position: int, seconds: float, *, done: bool = False
    ) -> RebuildProgress:
        head = self._tail.position
        rate = position / seconds if seconds > 0 else 0.0
        remaining = None if done or not rate else (head - position) / rate
        return RebuildProgress(self.name, position, head, rate, remaining, done)

    def _swap(self, aside: ProjectionFile) -> None:
        """Put the new file in the place of the old one, whose last readers finish with it."""
        aside.close()
        old = self._file
        self._file = ProjectionFile(self._files.promote_aside(), self._projection())
        self._hand_over(self.name, self._file.path)
        self._tell()
        old.retire()
        self._files.discard_older()

    def move_on(self) -> None:
        """Take in the next batch. It never goes on over an event that it cannot: it says so."""
        try:
            with self._turn:
                head = self._tail.position
                if is_far_behind(self.position, head):
                    self._file.stop_syncing()
                else:
                    self._file.sync()
                _take_in(self._file, self._history, head)
        except LogClosed:
            raise
        except Exception as error:
            _logger.exception("projection_stopped", name=self.name, at=self._file.position)
            self._tell(f"{type(error).__name__}: {error}")
        else:
            self._tell()


def is_far_behind(position: int, head: int) -> bool:
    """Tell whether a file is built rather than followed, where it need not be synced.

    A power cut would then make what is to be done at most five times as much. With a narrower rule
    an import that is followed at half its pace would be synced most of the time.
    """
    return head - position > max(position // 4, UNWRITTEN_EVENTS_MAX)


def _take_in(file: ProjectionFile, history: History, head: int) -> None:
    """Take in the next batch; of one that cannot be taken in, all before the event at fault."""
    try:
        file.take_in(history.after(file.taken), history.stream)
        if file.is_due(head):
            file.write()
    except LogClosed:
        raise
    except Exception:  # noqa: BLE001  it is raised again by the event at fault
        file.write()
        for _ in range(BATCH_EVENTS):
            file.apply(history.after(file.position, 1), history.stream)
