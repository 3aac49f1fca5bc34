"""Subscriptions and watches: what they share, and how they end."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from communique.server.application.live.ring import LogRing
from communique.server.application.queries.read_models import ReadModels
from communique.server.application.request_errors import ShuttingDown
from communique.server.runtime import limits
from communique.server.runtime.clock import Clock
from communique.server.runtime.position_signal import PositionSignal
from communique.server.runtime.threads import WorkerPool


@dataclass(frozen=True)
class LiveStreams:
    """What subscriptions and watches share in a process. Belongs to one event loop.

    Attributes:
        read_models: the read models.
        clock: the "now" of watches.
        ring: the end of the log.
        status_position: the position of the read model of statuses.
        log_readers: the threads in which subscriptions read the log.
        status_readers: the threads in which watches ask the read models.
        heartbeat_seconds: how often a quiet stream says that it is alive.
    """

    read_models: ReadModels
    clock: Clock
    ring: LogRing
    status_position: PositionSignal
    log_readers: WorkerPool
    status_readers: WorkerPool
    heartbeat_seconds: float
    _open: set[asyncio.Task[Any]] = field(default_factory=set, init=False)

    @contextmanager
    def joined(self) -> Iterator[None]:
        """Count the current task among the open streams for the length of the block."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a stream runs in a task")
        self._open.add(task)
        try:
            yield
        finally:
            self._open.discard(task)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow the log and the read model for the length of the block; then end all streams.

        Streams that wait for their clients are cancelled `limits.END_SECONDS` later.
        """
        loop = asyncio.get_running_loop()
        remove = self.read_models.add_status_listener(
            lambda position: loop.call_soon_threadsafe(self.status_position.advance, position)
        )
        try:
            async with self.ring.following():
                yield
        finally:
            remove()
            self.status_position.fail(ShuttingDown)
            if self._open:
                await asyncio.wait(self._open, timeout=limits.END_SECONDS)
            for task in self._open:
                task.cancel()
