"""The calls without an end that are under way, so that they end when the server does."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class OpenStreams:
    """Counts the streams of one event loop, and ends them."""

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
