"""Threads for what blocks, so that the event loop never does."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


@dataclass(eq=False)
class ServerBusy(Exception):
    """Too much is going on at once; the same request may pass a moment later."""

    what: str

    def __str__(self) -> str:
        """Say what is full."""
        return f"the server is overloaded: {self.what}"


class WorkerPool:
    """A few threads and a bounded queue before them. Belongs to one event loop."""

    def __init__(self, name: str, threads: int, queued_max: int) -> None:
        """Start no thread yet; `name` is what is overloaded when the queue is full."""
        self._name = name
        self._waiting_max = threads + queued_max
        self._waiting = 0
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def run(
        self, function: Callable[Given, Answer], *given: Given.args, **named: Given.kwargs
    ) -> Answer:
        """Return `function(...)`, called in a thread; it is not called if the caller is cancelled.

        Raises `ServerBusy` if too many wait already.
        """
        if self._waiting >= self._waiting_max:
            raise ServerBusy(f"{self._waiting} {self._name} are under way")
        self._waiting += 1
        try:
            return await asyncio.wrap_future(self._pool.submit(function, *given, **named))
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Let those under way come to their end and take no more."""
        self._pool.shutdown(cancel_futures=True)
