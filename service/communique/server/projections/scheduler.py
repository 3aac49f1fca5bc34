"""Followers take turns: one thread in which all of a log's projections move on, batch by batch.

In threads of their own they would wait for the interpreter most of the time, drift apart, and each
decode every event. In turn, the first decodes a batch and the others find it remembered.
"""

from abc import abstractmethod
from threading import Lock, Thread
from typing import Final, Protocol

from communique.server.log import LogClosed
from communique.server.log.sqlite_store.log_reader import LogReader

_WAIT_SECONDS: Final = 1.0


class Mover(Protocol):
    """What takes turns."""

    @property
    @abstractmethod
    def position(self) -> int:
        """The position reached."""

    @property
    @abstractmethod
    def error(self) -> str:
        """Why it does not move; empty while it does."""

    @abstractmethod
    def move_on(self) -> None:
        """Take in the next batch; raises nothing but `LogClosed`."""


class Turns:
    """The thread, and those that move in it."""

    def __init__(self, reader: LogReader) -> None:
        """Follow what `reader` reads; the thread begins with the first who joins."""
        self._reader = reader
        self._movers: tuple[Mover, ...] = ()
        self._joining = Lock()
        self._moving = Lock()
        self._thread = Thread()

    def join(self, mover: Mover) -> None:
        """Have one more move on whenever something was recorded."""
        with self._joining:
            self._movers = (*self._movers, mover)
            if len(self._movers) == 1:
                self._thread = Thread(target=self._run, name="projections", daemon=True)
                self._thread.start()
        self._reader.tail.wake()

    def leave(self, mover: Mover) -> None:
        """Let it move no more, once its batch in hand is done; one that never joined may leave."""
        with self._joining:
            self._movers = tuple(each for each in self._movers if each is not mover)
            is_last = not self._movers and self._thread.is_alive()
        self._reader.tail.wake()
        with self._moving:
            pass
        if is_last:
            self._thread.join()

    def _run(self) -> None:
        try:
            while movers := self._movers:
                self._wait(movers)
                for mover in movers:
                    self._move(mover)
        except LogClosed:
            return

    def _wait(self, movers: tuple[Mover, ...]) -> None:
        """Wait until one of them is behind, or others have joined or left."""
        head = self._reader.tail.position
        hindmost = min((each.position for each in movers if not each.error), default=head)
        self._reader.wait_beyond(hindmost, _WAIT_SECONDS, lambda: self._movers is not movers)

    def _move(self, mover: Mover) -> None:
        with self._moving:
            is_behind = mover.position < self._reader.tail.position
            if is_behind and not mover.error and mover in self._movers:
                mover.move_on()
