"""Watches: how things stand between two, and then each change as it happens."""

import asyncio
from collections.abc import AsyncIterator
from time import monotonic

from communique import codec
from communique.domain.parties.party import Dyad
from communique.domain.state.comparison import BilateralComparison
from communique.domain.state.status import BilateralStatus
from communique.server.application.queries.read_models import ReadModels
from communique.server.projections.progress import Question
from communique.server.runtime.clock import Clock
from communique.server.runtime.limits import LOOK_SECONDS_MIN
from communique.server.runtime.position_signal import Pulse
from communique.server.runtime.threads import Workers
from communique.v1 import time_pb2
from communique.v1 import timeline_service_pb2 as pb


class Watch:
    """One watch under way: it looks again when the read model has moved, and now and then.

    Now and then, because time alone changes how things stand: a meeting is over, a measure comes
    into force by its schedule.
    """

    def __init__(
        self,
        pulse: Pulse,
        read_models: ReadModels,
        workers: Workers,
        clock: Clock,
        heartbeat_seconds: float,
        dyad: Dyad,
    ) -> None:
        """Look in the threads of `workers`; `pulse` is the position of the read model."""
        self._pulse = pulse
        self._read_models = read_models
        self._workers = workers
        self._clock = clock
        self._heartbeat_seconds = heartbeat_seconds
        self._dyad = dyad

    async def frames(self) -> AsyncIterator[pb.WatchBilateralStatusResponse]:
        """Yield the status, then changes and heartbeats for ever; raise `ShuttingDown` at the end.

        The read models must have reached what was recorded before the start of the server.
        """
        told = seen = await self._look()
        yield pb.WatchBilateralStatusResponse(status=codec.status_message(told))
        said_at = monotonic()
        while True:
            left = said_at + self._heartbeat_seconds - monotonic()
            await self._pulse.beyond(seen.as_of.position, max(0.0, left))
            seen = await self._look()
            if _differ(told, seen):
                comparison = await self._comparison(told, seen)
                told, said_at = seen, monotonic()
                yield pb.WatchBilateralStatusResponse(
                    comparison=codec.comparison_message(comparison)
                )
            elif monotonic() - said_at >= self._heartbeat_seconds:
                said_at = monotonic()
                yield pb.WatchBilateralStatusResponse(heartbeat=_as_of(seen))
            await asyncio.sleep(LOOK_SECONDS_MIN)

    async def _look(self) -> BilateralStatus:
        self._pulse.check()
        now = self._clock.now()
        ask = self._read_models.bilateral_status
        return await self._workers.run(ask, self._dyad, Question(now, now))

    async def _comparison(
        self, before: BilateralStatus, after: BilateralStatus
    ) -> BilateralComparison:
        points = (_pinned(before), _pinned(after))
        return await self._workers.run(self._read_models.compare, self._dyad, *points)


def _differ(before: BilateralStatus, after: BilateralStatus) -> bool:
    """Whether the posture or an element differs."""
    return before.posture is not after.posture or before.elements != after.elements


def _pinned(status: BilateralStatus) -> Question:
    """The question that has this very status for its answer, for ever."""
    return Question(status.as_of.valid, status.as_of.known, status.as_of.position)


def _as_of(status: BilateralStatus) -> time_pb2.ResolvedAsOf:
    return codec.status_message(status).as_of
