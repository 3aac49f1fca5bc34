"""Watches: how things stand between two parties, and then each change as it happens."""

import asyncio
from collections.abc import AsyncIterator
from time import monotonic

from communique import codec
from communique.domain.parties.party import Dyad
from communique.domain.state.comparison import BilateralComparison
from communique.domain.state.status import BilateralStatus
from communique.server.application.queries.read_models import ReadModels
from communique.server.projections.snapshot import RequestedAsOf
from communique.server.runtime import limits
from communique.server.runtime.clock import Clock
from communique.server.runtime.position_signal import PositionSignal
from communique.server.runtime.threads import WorkerPool
from communique.v1 import time_pb2
from communique.v1 import timeline_service_pb2 as pb


class StatusWatch:
    """One watch under way: it looks again when the read model has moved, and now and then.

    Now and then, because time alone changes how things stand: a meeting is over, a measure comes
    into force by its schedule.
    """

    def __init__(
        self,
        status_position: PositionSignal,
        read_models: ReadModels,
        workers: WorkerPool,
        clock: Clock,
        heartbeat_seconds: float,
        dyad: Dyad,
    ) -> None:
        """Look in the threads of `workers`; `status_position` is that of the read model."""
        self._position = status_position
        self._read_models = read_models
        self._workers = workers
        self._clock = clock
        self._heartbeat_seconds = heartbeat_seconds
        self._dyad = dyad

    async def frames(self) -> AsyncIterator[pb.WatchBilateralStatusResponse]:
        """Yield the status, then changes and heartbeats for ever; raise `ShuttingDown` at the end.

        The read models must have reached what was recorded before the start of the server.
        """
        sent = seen = await self._look()
        yield pb.WatchBilateralStatusResponse(status=codec.status_message(sent))
        sent_at = monotonic()
        while True:
            left = sent_at + self._heartbeat_seconds - monotonic()
            await self._position.wait_beyond(seen.as_of.position, max(0.0, left))
            seen = await self._look()
            if _differ(sent, seen):
                comparison = await self._comparison(sent, seen)
                sent, sent_at = seen, monotonic()
                yield pb.WatchBilateralStatusResponse(
                    comparison=codec.comparison_message(comparison)
                )
            elif monotonic() - sent_at >= self._heartbeat_seconds:
                sent_at = monotonic()
                yield pb.WatchBilateralStatusResponse(heartbeat=_as_of(seen))
            await asyncio.sleep(limits.LOOK_SECONDS_MIN)

    async def _look(self) -> BilateralStatus:
        self._position.check()
        now = self._clock.now()
        ask = self._read_models.bilateral_status
        return await self._workers.run(ask, self._dyad, RequestedAsOf(now, now))

    async def _comparison(
        self, before: BilateralStatus, after: BilateralStatus
    ) -> BilateralComparison:
        points = (_pinned(before), _pinned(after))
        return await self._workers.run(self._read_models.compare, self._dyad, *points)


def _differ(before: BilateralStatus, after: BilateralStatus) -> bool:
    """Whether the posture or an element differs."""
    return before.posture is not after.posture or before.elements != after.elements


def _pinned(status: BilateralStatus) -> RequestedAsOf:
    """The question that has this very status for its answer, for ever."""
    return RequestedAsOf(status.as_of.valid, status.as_of.known, status.as_of.position)


def _as_of(status: BilateralStatus) -> time_pb2.ResolvedAsOf:
    return codec.status_message(status).as_of
