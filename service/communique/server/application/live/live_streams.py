"""Subscriptions and watches: what they share, and how they end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from communique.domain.parties.party import Dyad
from communique.domain.state.event_filter import Filter
from communique.server.application.live.open_streams import OpenStreams
from communique.server.application.live.ring import LogRing
from communique.server.application.live.status_watch import StatusWatch
from communique.server.application.live.subscription_feed import SubscriptionFeed
from communique.server.application.queries.read_models import ReadModels
from communique.server.application.request_errors import ShuttingDown
from communique.server.log.event_log import EventLog
from communique.server.runtime import limits
from communique.server.runtime.clock import Clock
from communique.server.runtime.position_signal import PositionSignal
from communique.server.runtime.threads import WorkerPool


@dataclass(frozen=True)
class LiveStreams:
    """What subscriptions and watches share in a process.

    Attributes:
        event_log: the log.
        read_models: the read models.
        clock: what "now" is at each look of a watch.
        ring: the end of the log.
        status_position: the position of the read model of statuses.
        open_streams: the calls under way.
        catch_ups: the threads in which subscriptions read the log.
        looks: the threads in which watches look at the read models.
        heartbeat_seconds: how often a quiet stream says that it is alive.
    """

    event_log: EventLog
    read_models: ReadModels
    clock: Clock
    ring: LogRing
    status_position: PositionSignal
    open_streams: OpenStreams
    catch_ups: WorkerPool
    looks: WorkerPool
    heartbeat_seconds: float

    def subscription(self, after: int, selection: Filter | None) -> SubscriptionFeed:
        """Return a subscription to what `selection` selects (None: all) behind a position."""
        return SubscriptionFeed(
            self.ring, self.event_log, self.catch_ups, self.heartbeat_seconds, after, selection
        )

    def watch(self, dyad: Dyad) -> StatusWatch:
        """Return a watch of a dyad."""
        return StatusWatch(
            self.status_position,
            self.read_models,
            self.looks,
            self.clock,
            self.heartbeat_seconds,
            dyad,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow the log and the read model for the length of the block; then end all streams."""
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
            await self.open_streams.end(limits.END_SECONDS)
