"""Queries of the read models: a point is resolved and waited for, then they answer in a thread."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import ParamSpec, TypeVar

from communique.server.application.queries.read_models import ReadModels
from communique.server.application.queries.requested_as_of import point_of
from communique.server.log.event_log import LogReader
from communique.server.projections.projection_errors import ReadModelBehind
from communique.server.projections.snapshot import RequestedAsOf
from communique.server.runtime import limits
from communique.server.runtime.call import Call
from communique.server.runtime.clock import Clock
from communique.server.runtime.threads import WorkerPool
from communique.server.sqlite.short_reads import NotShort, shortly
from communique.v1 import time_pb2

Params = ParamSpec("Params")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class QueryRunner:
    """Asks the read models on behalf of calls, in the threads of `workers`.

    It waits `wait_seconds_max` at most until the read models have reached a position.
    """

    log: LogReader
    read_models: ReadModels
    workers: WorkerPool
    clock: Clock
    wait_seconds_max: float

    async def as_of(self, message: time_pb2.AsOf, min_position: int, call: Call) -> RequestedAsOf:
        """Return the point that a request asks from, once the read models are as far as it needs.

        Raises `InvalidFields`, `PositionBeyondHead`, and what `ReadModels.wait_for` raises.
        """
        (asked,) = await self.as_ofs({"as_of": message}, min_position, call)
        return asked

    async def as_ofs(
        self, messages: Mapping[str, time_pb2.AsOf], min_position: int, call: Call
    ) -> list[RequestedAsOf]:
        """Return each point that a request asks from, by its field, all at one reading of now.

        Raises as `as_of`.
        """
        head = self.log.tail.position
        points = [point_of(message, min_position, head, name) for name, message in messages.items()]
        now = self.clock.now()
        await self._wait_for(max(point.reached_min for point in points), call)
        return [
            RequestedAsOf(point.valid or now, point.known or now, point.position, point.day)
            for point in points
        ]

    async def run(
        self, query: Callable[Params, Answer], *args: Params.args, **kwargs: Params.kwargs
    ) -> Answer:
        """Return `query(...)`, called in a thread."""
        return await self.workers.run(query, *args, **kwargs)

    async def run_shortly(
        self, query: Callable[Params, Answer], *args: Params.args, **kwargs: Params.kwargs
    ) -> Answer:
        """Return `query(...)`, called on the event loop if that is short, else in a thread."""
        return await run_shortly(self.workers, query, *args, **kwargs)

    async def _wait_for(self, position: int, call: Call) -> None:
        """Poll, on the event loop, until the read models have reached the position."""
        patience = call.seconds_left() - limits.DEADLINE_MARGIN_SECONDS
        deadline = monotonic() + min(self.wait_seconds_max, patience)
        pause = limits.WAIT_PAUSE_SECONDS_MIN
        while True:
            try:
                return self.read_models.wait_for(position, 0)
            except ReadModelBehind:
                if monotonic() >= deadline:
                    raise
            await asyncio.sleep(pause)
            pause = min(2 * pause, limits.WAIT_PAUSE_SECONDS_MAX)


async def run_shortly(
    workers: WorkerPool,
    query: Callable[Params, Answer],
    *args: Params.args,
    **kwargs: Params.kwargs,
) -> Answer:
    """Return `query(...)`, called on the event loop if it reads shortly, else in a thread.

    The loop is not held up by a disk, by locks or for more than a fraction of a millisecond.
    """
    try:
        return shortly(partial(query, *args, **kwargs), limits.SHORT_READ_STEPS_MAX)
    except NotShort:
        return await workers.run(query, *args, **kwargs)
