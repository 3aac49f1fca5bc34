"""Watches: how things stand between two parties, and then each change as it happens."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from time import monotonic

from communique import codec
from communique.domain.parties.party import Dyad
from communique.domain.state.status import BilateralStatus
from communique.server.application.live.live_streams import LiveStreams
from communique.server.projections.snapshot import RequestedAsOf
from communique.server.runtime import limits
from communique.v1 import timeline_service_pb2 as pb


@dataclass(frozen=True)
class StatusWatch:
    """A watch of one dyad, which asks again when the read model has moved, and at every heartbeat.

    At heartbeats too, because time alone changes how things stand: a meeting is over, a measure
    comes into force by its schedule.
    """

    live: LiveStreams
    dyad: Dyad

    async def frames(self) -> AsyncIterator[pb.WatchBilateralStatusResponse]:
        """Yield the status, then changes and heartbeats for ever; raise `ShuttingDown` at the end.

        The read models must have reached what was recorded before the start of the server.
        """
        live = self.live
        sent = latest = await self._status()
        yield pb.WatchBilateralStatusResponse(status=codec.status_message(sent))
        sent_at = monotonic()
        while True:
            left = sent_at + live.heartbeat_seconds - monotonic()
            await live.status_position.wait_beyond(latest.as_of.position, max(0.0, left))
            latest = await self._status()
            if sent.posture is not latest.posture or sent.elements != latest.elements:
                comparison = await live.status_readers.run(
                    live.read_models.compare, self.dyad, _pinned(sent), _pinned(latest)
                )
                sent, sent_at = latest, monotonic()
                message = codec.comparison_message(comparison)
                yield pb.WatchBilateralStatusResponse(comparison=message)
            elif monotonic() - sent_at >= live.heartbeat_seconds:
                sent_at = monotonic()
                heartbeat = codec.status_message(latest).as_of
                yield pb.WatchBilateralStatusResponse(heartbeat=heartbeat)
            await asyncio.sleep(limits.LOOK_SECONDS_MIN)

    async def _status(self) -> BilateralStatus:
        self.live.status_position.check()
        asked = RequestedAsOf(now := self.live.clock.now(), now)
        ask = self.live.read_models.bilateral_status
        return await self.live.status_readers.run(ask, self.dyad, asked)


def _pinned(status: BilateralStatus) -> RequestedAsOf:
    """Return the point whose answer is this very status, for ever."""
    return RequestedAsOf(status.as_of.valid, status.as_of.known, status.as_of.position)
