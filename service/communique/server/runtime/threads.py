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
    """Too many calls are under way; the same request may succeed a moment later."""

    what: str

    def __str__(self) -> str:
        return f"the server is overloaded: {self.what}"


class WorkerPool:
    """A few threads and a bounded queue before them. Belongs to one event loop."""

    def __init__(self, name: str, threads: int, queued_max: int) -> None:
        """Start no thread yet; `name` is for `ServerBusy`."""
        self._name = name
        self._waiting_max = threads + queued_max
        self._waiting = 0
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def run(
        self, function: Callable[Given, Answer], *given: Given.args, **named: Given.kwargs
    ) -> Answer:
        """Return `function(...)`, called in a thread unless the caller is cancelled before.

        Raises `ServerBusy` if too many calls wait.
        """
        if self._waiting >= self._waiting_max:
            raise ServerBusy(f"{self._waiting} {self._name} are under way")
        self._waiting += 1
        try:
            return await asyncio.wrap_future(self._pool.submit(function, *given, **named))
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Finish the calls under way and accept no more."""
        self._pool.shutdown(cancel_futures=True)
