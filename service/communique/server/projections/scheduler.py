"""One thread in which all of a log's projections advance in turn, batch by batch.

In threads of their own they would wait for the interpreter most of the time, drift apart, and each
decode every event. In turn, the first decodes a batch and the others find it remembered.
"""

from abc import abstractmethod
from threading import Lock, Thread
from typing import Protocol

from communique.server.log.event_log import LogReader
from communique.server.log.log_errors import LogClosed
from communique.server.runtime import limits


class ScheduledFollower(Protocol):
    """What the scheduler lets advance."""

    @property
    @abstractmethod
    def position(self) -> int:
        """The position reached."""

    @property
    @abstractmethod
    def error(self) -> str:
        """Why it does not advance; empty while it does."""

    @abstractmethod
    def advance(self) -> None:
        """Take in the next batch; raises nothing but `LogClosed`."""


class ProjectionScheduler:
    """The thread, and the followers that advance in it."""

    def __init__(self, log: LogReader) -> None:
        """Follow `log`; the thread starts with the first follower that is added."""
        self._log = log
        self._followers: tuple[ScheduledFollower, ...] = ()
        self._changing = Lock()
        self._advancing = Lock()
        self._thread = Thread()

    def add(self, follower: ScheduledFollower) -> None:
        """Let one more follower advance whenever something was recorded."""
        with self._changing:
            self._followers = (*self._followers, follower)
            if len(self._followers) == 1:
                self._thread = Thread(target=self._run, name="projections", daemon=True)
                self._thread.start()
        self._log.tail.wake()

    def remove(self, follower: ScheduledFollower) -> None:
        """Let a follower advance no more, once its current batch is done; it need not be there."""
        with self._changing:
            self._followers = tuple(each for each in self._followers if each is not follower)
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

    def _wait(self, followers: tuple[ScheduledFollower, ...]) -> None:
        """Wait until a follower is behind, or others were added or removed."""
        head = self._log.tail.position
        hindmost = min((each.position for each in followers if not each.error), default=head)
        self._log.wait_beyond(
            hindmost, limits.SCHEDULER_WAIT_SECONDS, lambda: self._followers is not followers
        )

    def _advance(self, follower: ScheduledFollower) -> None:
        with self._advancing:
            is_behind = follower.position < self._log.tail.position
            if is_behind and not follower.error and follower in self._followers:
                follower.advance()
