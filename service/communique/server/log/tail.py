"""The end of the log, and how to wait until it moves."""

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


class Tail:
    """The last position, which only grows; waiters and listeners are notified when it does."""

    def __init__(self, position: int) -> None:
        """Start at the last position of the log, 0 if it is empty."""
        self._position = position
        self._is_closed = False
        self._moved = Condition()
        self._listeners: list[Listener] = []

    @property
    def position(self) -> int:
        """The last position that this process knows of."""
        return self._position

    def add_listener(self, listener: Listener) -> Callable[[], None]:
        """Have `listener` called after each commit, in the writer's thread; return how to stop it.

        It must be quick and not wait for the log. An exception of its is logged and suppressed.
        """
        with self._moved:
            self._listeners = [*self._listeners, listener]
        return lambda: self._remove(listener)

    def advance(self, position: int) -> None:
        """Move on to `position` and notify; a position already passed is ignored."""
        with self._moved:
            if position <= self._position:
                return
            self._position = position
            listeners = self._listeners
            self._moved.notify_all()
        for listener in listeners:
            try:
                listener(position)
            except Exception:
                _logger.exception("a listener of the log failed at position %d", position)

    def wait_beyond(
        self,
        position: int,
        timeout: float | None = None,
        is_interrupted: Callable[[], bool] = lambda: False,
    ) -> int:
        """Wait until the log goes beyond `position`; return its last position then.

        The result is not beyond `position` after `timeout` seconds, or if `is_interrupted()`
        has become true, which is called after each `wake`. Raises `LogClosed` if the log is closed.
        """
        with self._moved:
            self._moved.wait_for(
                lambda: self._position > position or self._is_closed or is_interrupted(), timeout
            )
            if self._is_closed and self._position <= position and not is_interrupted():
                raise LogClosed
            return self._position

    def wake(self) -> None:
        """Have each waiter check whether it is interrupted."""
        with self._moved:
            self._moved.notify_all()

    def close(self) -> None:
        """Release all waiters: the position moves no more."""
        with self._moved:
            self._is_closed = True
            self._moved.notify_all()

    def _remove(self, listener: Listener) -> None:
        with self._moved:
            self._listeners = [kept for kept in self._listeners if kept is not listener]


class PolledTail(Tail):
    """The end of a log that another process writes: polled while somebody waits."""

    def __init__(self, read_position: Callable[[], int]) -> None:
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
        is_interrupted: Callable[[], bool] = lambda: False,
    ) -> int:
        """As `Tail.wait_beyond`, up to `limits.POLL_SECONDS` late."""
        deadline = None if timeout is None else monotonic() + timeout
        while self.position <= position and not is_interrupted():
            remaining = limits.POLL_SECONDS if deadline is None else deadline - monotonic()
            if remaining <= 0:
                break
            super().wait_beyond(position, min(remaining, limits.POLL_SECONDS), is_interrupted)
        return self._position
