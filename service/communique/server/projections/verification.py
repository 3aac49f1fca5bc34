"""Verifying a read model: comparing it with a second file that is built from the log."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from time import monotonic

from communique.server.log.event_log import LogReader
from communique.server.projections.file_differences import first_difference
from communique.server.projections.progress import VerificationReport
from communique.server.projections.projection_file import ProjectionFile
from communique.server.projections.snapshot import Snapshot
from communique.server.runtime import limits


@dataclass(slots=True)
class Verification:
    """One verification with an empty file `aside`, which the caller closes.

    `live` lends a state of the read model that serves, held only while the two are compared. Once
    `is_stopping`, a query under way is interrupted with `apsw.InterruptError`.
    """

    aside: ProjectionFile
    log: LogReader
    live: Callable[[], AbstractContextManager[Snapshot]]
    is_stopping: Callable[[], bool]
    _began: float = field(default_factory=monotonic)
    _reported: float = field(default_factory=monotonic)

    def run(self) -> Iterator[VerificationReport]:
        """Build, compare, and yield reports; the last one is `done`."""
        with self.live() as snapshot:
            reached = snapshot.reached
        yield from self._build(reached)
        with self.live() as snapshot:
            yield from self._build(snapshot.reached)
            yield from self._compare(snapshot)

    def _build(self, until: int) -> Iterator[VerificationReport]:
        """Take in the log up to a position, or to its end if that comes first."""
        while self.aside.taken < until:
            before = self.aside.taken
            self.aside.take_in(self.log.read(before, limits.EVENTS_TAKEN_IN_AT_ONCE, until=until))
            if self.aside.taken == before:
                break
            if self.aside.is_due(until):
                self.aside.write(self.log.stream)
            yield from self._report_if_due(until)
        self.aside.write(self.log.stream)

    def _compare(self, live: Snapshot) -> Iterator[VerificationReport]:
        difference = ""
        if self.aside.position < live.reached:
            end = self.aside.position
            difference = f"tracking: the live file is at {live.reached}, but the log ends at {end}"
        else:
            with self.aside.snapshot() as rebuilt, self._interruptible(live, rebuilt):
                for sign in first_difference(live.connection, rebuilt.connection):
                    difference = sign
                    yield from self._report_if_due(live.reached)
        yield self._report(live.reached, is_done=True, difference=difference)

    @contextmanager
    def _interruptible(self, *snapshots: Snapshot) -> Iterator[None]:
        """Let the end of the process interrupt the sorting of a large table."""
        steps = limits.SQLITE_STEPS_BETWEEN_LOOKS
        try:
            for snapshot in snapshots:
                snapshot.connection.set_progress_handler(self.is_stopping, steps)
            yield
        finally:
            for snapshot in snapshots:
                snapshot.connection.set_progress_handler(None)

    def _report_if_due(self, head: int) -> Iterator[VerificationReport]:
        """Yield a report where there has been none for a while."""
        if monotonic() - self._reported >= limits.PROGRESS_SECONDS:
            self._reported = monotonic()
            yield self._report(head)

    def _report(
        self, head: int, *, is_done: bool = False, difference: str = ""
    ) -> VerificationReport:
        position, seconds = self.aside.taken, monotonic() - self._began
        rate = position / seconds if seconds > 0 else 0.0
        remaining = None if is_done or not rate else (head - position) / rate
        return VerificationReport(position, head, rate, remaining, is_done, difference)
