"""A position that moves, and the calls without an end that wait for it on the event loop."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Fault = Callable[[], Exception]
"""Makes the exception anew for each who is to raise it."""


class Pulse:
    """A position that only grows, told to all who wait for it. Belongs to one event loop.

    Looking and beginning to wait are one step of the loop, so no move can fall in between.
    """

    def __init__(self, position: int) -> None:
        """Start at a position."""
        self.position = position
        self._fault: Fault | None = None
        self._moved = asyncio.Event()

    def move(self, position: int) -> None:
        """Move on, and wake those who wait; a position already passed is no news."""
        if position > self.position:
            self.position = position
            self._wake()

    def fail(self, fault: Fault | None) -> None:
        """Have everybody raise the fault from now on; None: no more."""
        self._fault = fault
        self._wake()

    def check(self) -> None:
        """Raise the fault, if there is one."""
        if self._fault:
            raise self._fault()

    async def beyond(self, position: int, seconds: float) -> None:
        """Wait until it is beyond a position, or `seconds` have passed; raise the fault."""
        try:
            async with asyncio.timeout(seconds):
                while self.position <= position:
                    self.check()
                    await self._moved.wait()
        except TimeoutError:
            return
        self.check()

    def _wake(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()


class Streams:
    """The calls without an end that are under way, so that they end when the server does."""

    def __init__(self) -> None:
        """Start with none."""
        self._tasks: set[asyncio.Task[object]] = set()

    @contextmanager
    def joined(self) -> Iterator[None]:
        """Count the call of this task among them for the length of the block."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a stream runs in a task")
        self._tasks.add(task)
        try:
            yield
        finally:
            self._tasks.discard(task)

    async def end(self, seconds: float) -> None:
        """Give them `seconds` to end by themselves; cancel those that wait for their clients."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in self._tasks:
            task.cancel()
