"""The end of the log as it moves, for those who wait for what comes next."""

import logging
from collections.abc import Callable
from threading import Condition
from time import monotonic
from typing import Final, TypeAlias

from communique.server.log.log_errors import LogClosed
from communique.server.runtime import limits

_logger: Final = logging.getLogger(__name__)

Listener: TypeAlias = Callable[[int], object]
"""Called with the new last position."""


def never() -> bool:
    """Interrupt nothing: the default of those who wait."""
    return False


class Tail:
    """The last position, which only grows, and who is told so.

    The position moves under the lock that waiters look at it with, so no wake-up can fall between
    a look and the wait.
    """

    def __init__(self, position: int) -> None:
        """Start at the last position of the log, 0 if it is empty."""
        self._position = position
        self._is_closed = False
        self._moved = Condition()
        self._listeners: list[Listener] = []

    @property
    def position(self) -> int:
        """The last position of which this process has heard."""
        return self._position

    def add_listener(self, listener: Listener) -> Callable[[], None]:
        """Have `listener` called after each commit, in the writer's thread; return how to stop it.

        It must be quick and not wait for the log. What it raises is logged and goes no further.
        """
        with self._moved:
            self._listeners = [*self._listeners, listener]
        return lambda: self._remove(listener)

    def advance(self, position: int) -> None:
        """Move on to `position` and tell everybody; a position already passed is no news."""
        with self._moved:
            if position <= self._position:
                return
            self._position = position
            listeners = self._listeners
            self._moved.notify_all()
        for listener in listeners:
            _call(listener, position)

    def wait_beyond(
        self,
        position: int,
        timeout: float | None = None,
        is_interrupted: Callable[[], bool] = never,
    ) -> int:
        """Wait until the log goes beyond `position`; return its last position then.

        What is returned is not beyond `position` if `timeout` seconds have passed before, or if
        `is_interrupted()` has become true, which is looked at after each `wake`.

        Raises `LogClosed` if the log is closed and won't get there any more.
        """
        with self._moved:
            self._moved.wait_for(
                lambda: self._position > position or self._is_closed or is_interrupted(), timeout
            )
            if self._is_closed and self._position <= position and not is_interrupted():
                raise LogClosed
            return self._position

    def wake(self) -> None:
        """Have each waiter look at whether it is interrupted."""
        with self._moved:
            self._moved.notify_all()

    def close(self) -> None:
        """Release all waiters: the position moves no more."""
        with self._moved:
            self._is_closed = True
            self._moved.notify_all()

    def _remove(self, listener: Listener) -> None:
        with self._moved:
            self._listeners = [each for each in self._listeners if each is not listener]


class PolledTail(Tail):
    """The end of a log that another process writes: looked at again and again while one waits."""

    def __init__(self, read_position: Callable[[], int]) -> None:
        """Read the last position with `read_position`."""
        super().__init__(0)
        self._read_position = read_position

    @property
    def position(self) -> int:
        """The last position, read anew."""
        self.advance(self._read_position())
        return self._position

    def wait_beyond(
        self,
        position: int,
        timeout: float | None = None,
        is_interrupted: Callable[[], bool] = never,
    ) -> int:
        """As `Tail.wait_beyond`, up to `limits.POLL_SECONDS` late."""
        deadline = None if timeout is None else monotonic() + timeout
        while self.position <= position and not is_interrupted():
            remaining = limits.POLL_SECONDS if deadline is None else deadline - monotonic()
            if remaining <= 0:
                break
            super().wait_beyond(position, min(remaining, limits.POLL_SECONDS), is_interrupted)
        return self._position


def _call(listener: Listener, position: int) -> None:
    try:
        listener(position)
    except Exception:
        _logger.exception("a listener of the log failed at position %d", position)
