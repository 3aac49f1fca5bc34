"""Subscriptions on the real log, with a ring so small that slow subscribers fall out of it."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager

import pytest

from communique.domain.claims.payloads import TalksRefused
from communique.domain.state.event_filter import Filter
from communique.server.application.live.ring import LogRing
from communique.server.application.live.subscription_feed import SubscriptionFeed
from communique.server.application.request_errors import ShuttingDown
from communique.server.log.entries import ClaimEntry
from communique.server.runtime.call_log import logger_of
from communique.server.runtime.position_signal import PositionSignal
from communique.server.runtime.settings import Settings
from communique.server.runtime.threads import WorkerPool
from communique.v1.record_service_pb2 import SubscribeResponse
from tests.support.given import claim
from tests.support.real_log import RealLog, real_log, state_of

PARTIES = ("JPN", "CHN", "FRA")


class LiveLog:
    """A log, its live end, and subscribers to it."""

    def __init__(self, real: RealLog, positions_max: int, heartbeat_seconds: float) -> None:
        self.log = real.log
        self.workers = WorkerPool("reads", 2, 10_000)
        self.tails = WorkerPool("tails", 1, 0)
        self.tailing = LogRing(real.log, self.tails, logger_of(Settings()), positions_max)
        self.heartbeat_seconds = heartbeat_seconds

    def subscription(self, after: int, selection: Filter | None = None) -> SubscriptionFeed:
        """Subscribe."""
        return SubscriptionFeed(
            self.tailing, self.log, self.workers, self.heartbeat_seconds, after, selection
        )

    async def write(self, *parties: str) -> None:
        """Record a claim about each party."""
        claims = [claim(TalksRefused(), "2019-08-20", f"{party}>KOR") for party in parties]
        entries = [
            ClaimEntry(claim.event_id, claim.payload.type, state_of(claim)) for claim in claims
        ]
        await asyncio.wrap_future(self.log.append(entries))

    async def published(self, position: int) -> None:
        """Wait until the ring holds a position."""
        while self.tailing.position < position:
            await self.tailing.signal.wait_beyond(self.tailing.position, 1)


@asynccontextmanager
async def open_live_log(
    real: RealLog, positions_max: int = 40, heartbeat_seconds: float = 60
) -> AsyncIterator[LiveLog]:
    """Follow a log for the length of the block."""
    live = LiveLog(real, positions_max, heartbeat_seconds)
    async with live.tailing.following():
        yield live
    live.workers.close()
    live.tails.close()


def on_a_live_log(use: Callable[[LiveLog], Awaitable[None]], positions_max: int = 40) -> None:
    """Run a test on an empty log that is followed."""

    async def run() -> None:
        with real_log() as real:
            async with open_live_log(real, positions_max) as live:
                await asyncio.wait_for(use(live), 30)

    asyncio.run(run())


async def next_frame(frames: AsyncIterator[bytes]) -> SubscribeResponse:
    """The next frame, as a client reads it."""
    return SubscribeResponse.FromString(await anext(frames))


def test_a_slow_subscriber_falls_behind_and_catches_up() -> None:
    """A slow subscriber is told that it fell behind, reads the log and is live again."""

    async def use(live: LiveLog) -> None:
        async with aclosing(live.subscription(0).frames()) as frames:
            assert (await next_frame(frames)).caught_up.position == 0
            for _ in range(60):
                await live.write("JPN")
            await live.published(60)
            assert (await next_frame(frames)).fell_behind.position == 0
            seen = await next_frame(frames)
            assert [event.position for event in seen.events.events] == list(range(1, 61))
            kinds = [(await next_frame(frames)).WhichOneof("frame") for _ in range(2)]
            assert kinds == ["checkpoint", "caught_up"]
            await live.write("JPN")
            assert (await next_frame(frames)).events.events[0].position == 61

    on_a_live_log(use)


def test_what_was_recorded_while_nobody_subscribed_is_given_once() -> None:
    """A subscriber after a pause gets each event from the log or the ring once."""

    async def use(live: LiveLog) -> None:
        for written in (1, 4, 7):
            async with aclosing(live.subscription(0).frames()) as frames:
                await live.write("JPN")
                seen: list[int] = []
                while len(seen) < written:
                    frame = await next_frame(frames)
                    seen += [event.position for event in frame.events.events]
                assert seen == list(range(1, written + 1))
            await live.write("JPN")
            await live.write("CHN")

    on_a_live_log(use)


def test_one_that_keeps_up_with_a_batch_larger_than_the_ring_is_not_behind() -> None:
    """A subscriber that keeps up with a batch larger than the ring is not behind."""

    async def use(live: LiveLog) -> None:
        async with aclosing(live.subscription(0).frames()) as frames:
            await next_frame(frames)
            await live.write(*["JPN"] * 100)
            assert len((await next_frame(frames)).events.events) == 100

    on_a_live_log(use)


def test_what_came_one_by_one_is_given_in_batches() -> None:
    """A subscriber that is a little late gets all new events in one frame."""

    async def use(live: LiveLog) -> None:
        async with aclosing(live.subscription(0).frames()) as frames:
            await next_frame(frames)
            for _ in range(20):
                await live.write("JPN", "CHN")
            await live.published(40)
            assert len((await next_frame(frames)).events.events) == 40

    on_a_live_log(use)


def test_all_are_told_when_it_ends() -> None:
    """Waiting, busy and later subscribers raise `ShuttingDown` when the feed ends."""

    async def use(live: LiveLog) -> None:
        waits, late = live.subscription(0).frames(), live.subscription(0).frames()
        for frames in (waits, late):
            await next_frame(frames)
        waiting = asyncio.create_task(next_frame(waits))
        await asyncio.sleep(0)
        live.tailing.signal.fail(ShuttingDown)
        for frame in (waiting, next_frame(late), next_frame(live.subscription(0).frames())):
            with pytest.raises(ShuttingDown):
                await frame

    on_a_live_log(use)


def test_a_move_is_not_missed() -> None:
    """A wait for a position ends however moves and looks interleave."""

    async def race() -> None:
        pulse = PositionSignal(0)

        async def wait_for_all() -> None:
            for position in range(1_000):
                await pulse.wait_beyond(position, 60)
                assert pulse.position > position

        waiting = [asyncio.create_task(wait_for_all()) for _ in range(10)]
        for position in range(1, 1_001):
            pulse.advance(position)
            if random.random() < 0.5:
                await asyncio.sleep(0)
        await asyncio.gather(*waiting)

    asyncio.run(asyncio.wait_for(race(), 30))


async def follow(live: LiveLog, code: str | None, until: int, dice: random.Random) -> list[int]:
    """Follow the log up to a position, stalling, going away and coming back at random."""
    selection = Filter(parties=frozenset({code})) if code else None
    seen: list[int] = []
    position = 0
    while position < until:
        async with aclosing(live.subscription(position, selection).frames()) as frames:
            while position < until and dice.random() > 0.05:
                frame = await next_frame(frames)
                kind = frame.WhichOneof("frame")
                positions = [event.position for event in frame.events.events]
                seen += positions
                position = positions[-1] if positions else getattr(frame, kind or "").position
                await asyncio.sleep(dice.choice([0, 0, 0, 0.001, 0.02]))
    return seen


@pytest.mark.parametrize("seed", range(4))
def test_every_subscriber_sees_the_filtered_log_once(seed: int) -> None:
    """Subscribers that stall and come back see the filtered log complete, in order, once."""
    dice = random.Random(seed)
    batches = [[dice.choice(PARTIES) for _ in range(dice.randint(1, 30))] for _ in range(150)]
    parties = [party for batch in batches for party in batch]

    async def use(live: LiveLog) -> None:
        # The last event is selected by all, so that all come to the end.
        wanted = [dice.choice([None, *PARTIES]) for _ in range(20)]
        end = len(parties) + len(PARTIES)
        following = [
            asyncio.create_task(follow(live, code, end - 2, random.Random(seed + index)))
            for index, code in enumerate(wanted)
        ]
        for batch in batches:
            await live.write(*batch)
            await asyncio.sleep(dice.choice([0, 0, 0.005]))
        await live.write(*PARTIES)
        every = [*parties, *PARTIES]
        for code, seen in zip(wanted, await asyncio.gather(*following), strict=True):
            expected = [at for at, party in enumerate(every, 1) if code in {None, party}]
            assert seen == [at for at in expected if at <= seen[-1]]
            assert seen[-1] >= max(at for at in expected if at <= end - 2)

    on_a_live_log(use)
