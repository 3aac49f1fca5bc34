"""The calls without an end: subscriptions and watches, what they share, and how they end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from communique.domain.parties.party import Dyad
from communique.server.application.live.ring import Tailing
from communique.server.application.live.subscriptions import Subscription
from communique.server.application.live.watches import Watch
from communique.server.application.queries.filters import Filter
from communique.server.application.queries.read_models import ReadModels
from communique.server.application.request_errors import ShuttingDown
from communique.server.log.sqlite_store.sqlite_log import EventLog
from communique.server.runtime.clock import Clock
from communique.server.runtime.limits import END_SECONDS
from communique.server.runtime.position_signal import Pulse, Streams
from communique.server.runtime.threads import Workers


@dataclass(frozen=True)
class Live:
    """What subscriptions and watches share in a process.

    Attributes:
        event_log: the log.
        read_models: the read models.
        clock: what "now" is at each look of a watch.
        tailing: the log's live end.
        pulse: the position of the read model of statuses.
        streams: the calls under way.
        catch_ups: the threads in which subscriptions read the log.
        looks: the threads in which watches look at the read models.
        heartbeat_seconds: how often a quiet stream says that it is alive.
    """

    event_log: EventLog
    read_models: ReadModels
    clock: Clock
    tailing: Tailing
    pulse: Pulse
    streams: Streams
    catch_ups: Workers
    looks: Workers
    heartbeat_seconds: float

    def subscription(self, after: int, selection: Filter | None) -> Subscription:
        """Return a subscription to what `selection` selects (None: all) behind a position."""
        return Subscription(
            self.tailing,
            self.event_log,
            self.catch_ups,
            self.heartbeat_seconds,
            after,
            selection,
        )

    def watch(self, dyad: Dyad) -> Watch:
        """Return a watch of a dyad."""
        return Watch(
            self.pulse, self.read_models, self.looks, self.clock, self.heartbeat_seconds, dyad
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow the log and the read model for the length of the block; then end all streams."""
        loop = asyncio.get_running_loop()
        remove = self.read_models.add_status_listener(
            lambda position: loop.call_soon_threadsafe(self.pulse.move, position)
        )
        try:
            async with self.tailing.following():
                yield
        finally:
            remove()
            self.pulse.fail(ShuttingDown)
            await self.streams.end(END_SECONDS)
