"""A position that grows, and the tasks of the event loop that wait for it."""

import asyncio
from collections.abc import Callable

MakeError = Callable[[], Exception]
"""Makes an exception for each task that is to raise it."""


class PositionSignal:
    """A position that only grows, and the tasks that wait for it. Belongs to one event loop."""

    def __init__(self, position: int) -> None:
        self.position = position
        self._make_error: MakeError | None = None
        self._changed = asyncio.Event()

    def advance(self, position: int) -> None:
        """Move on, and wake the waiting tasks; a position already passed is ignored."""
        if position > self.position:
            self.position = position
            self._wake()

    def fail(self, make_error: MakeError | None) -> None:
        """Have every task raise the error from now on; None ends that."""
        self._make_error = make_error
        self._wake()

    def check(self) -> None:
        """Raise the error, if there is one."""
        if self._make_error:
            raise self._make_error()

    async def wait_beyond(self, position: int, seconds: float) -> None:
        """Wait until it is beyond a position, or `seconds` have passed; raise the error."""
        try:
            async with asyncio.timeout(seconds):
                while self.position <= position:
                    self.check()
                    await self._changed.wait()
        except TimeoutError:
            return
        self.check()

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
