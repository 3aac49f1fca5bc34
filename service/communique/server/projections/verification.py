"""Verifying a read model: built anew aside, up to where the live one is, and compared with it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from communique.server.projections.decoded_log import History
from communique.server.projections.file_differences import first_difference
from communique.server.projections.progress import VerifyProgress
from communique.server.projections.projection import ProjectionFile, Snapshot

_PROGRESS_SECONDS: Final = 0.2
_STEPS_BETWEEN_LOOKS: Final = 100_000
"""Instructions of SQLite, a few milliseconds."""


@dataclass(slots=True)
class Verification:
    """One verification, from an empty file `aside`, which belongs to the caller.

    `live` lends a state of the read model that serves. It is held only while the two are compared:
    what is recorded meanwhile is not in the way, and the log may grow during the build. Once
    `is_stopping`, a query under way is broken off with `apsw.InterruptError`.
    """

    aside: ProjectionFile
    history: History
    live: Callable[[], AbstractContextManager[Snapshot]]
    is_stopping: Callable[[], bool]
    _began: float = field(default_factory=monotonic)
    _told: float = field(default_factory=monotonic)

    def run(self) -> Iterator[VerifyProgress]:
        """Build, compare, and yield progress; the last one is `done`."""
        with self.live() as snapshot:
            reached = snapshot.reached
        yield from self._build(reached)
        with self.live() as snapshot:
            yield from self._build(snapshot.reached)
            yield from self._compare(snapshot)

    def _build(self, until: int) -> Iterator[VerifyProgress]:
        """Take in the log up to a position, or to its end where that comes first."""
        while self.aside.taken < until:
            before = self.aside.taken
            steps = self.history.after(before)
            self.aside.take_in(
                [step for step in steps if step.recorded.position <= until], self.history.stream
            )
            if self.aside.taken == before:
                break
            if self.aside.is_due(until):
                self.aside.write()
            yield from self._progress(until)
        self.aside.write()

    def _compare(self, live: Snapshot) -> Iterator[VerifyProgress]:
        found = ""
        if self.aside.position < live.reached:
            end = self.aside.position
            found = f"tracking: the live file is at {live.reached}, but the log ends at {end}"
        else:
            with self.aside.snapshot() as rebuilt, self._breakable(live, rebuilt):
                for told in first_difference(live.connection, rebuilt.connection):
                    found = told
                    yield from self._progress(live.reached)
        yield self._said(live.reached, is_done=True, difference=found)

    @contextmanager
    def _breakable(self, *snapshots: Snapshot) -> Iterator[None]:
        """Keep the sorting of a large table from holding up the end of the process."""
        try:
            for one in snapshots:
                one.connection.set_progress_handler(self.is_stopping, _STEPS_BETWEEN_LOOKS)
            yield
        finally:
            for one in snapshots:
                one.connection.set_progress_handler(None)

    def _progress(self, head: int) -> Iterator[VerifyProgress]:
        """Yield progress where there has been none for a while."""
        if monotonic() - self._told >= _PROGRESS_SECONDS:
            self._told = monotonic()
            yield self._said(head)

    def _said(self, head: int, *, is_done: bool = False, difference: str = "") -> VerifyProgress:
        position, seconds = self.aside.taken, monotonic() - self._began
        rate = position / seconds if seconds > 0 else 0.0
        remaining = None if is_done or not rate else (head - position) / rate
        return VerifyProgress(position, head, rate, remaining, is_done, difference)
