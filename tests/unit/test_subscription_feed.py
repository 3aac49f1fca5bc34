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


class Desk:
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
        claims = [claim(TalksRefused(), "2019-08-20", f"{one}>KOR") for one in parties]
        entries = [ClaimEntry(it.event_id, it.payload.type, state_of(it)) for it in claims]
        await asyncio.wrap_future(self.log.append(entries))

    async def published(self, position: int) -> None:
        """Wait until the ring holds a position."""
        while self.tailing.position < position:
            await self.tailing.signal.wait_beyond(self.tailing.position, 1)


@asynccontextmanager
async def open_desk(
    real: RealLog, positions_max: int = 40, heartbeat_seconds: float = 60
) -> AsyncIterator[Desk]:
    """Follow a log for the length of the block."""
    desk = Desk(real, positions_max, heartbeat_seconds)
    async with desk.tailing.following():
        yield desk
    desk.workers.close()
    desk.tails.close()


def at_a_desk(use: Callable[[Desk], Awaitable[None]], positions_max: int = 40) -> None:
    """Run a test at a desk with an empty log."""

    async def run() -> None:
        with real_log() as real:
            async with open_desk(real, positions_max) as desk:
                await asyncio.wait_for(use(desk), 30)

    asyncio.run(run())


async def next_frame(frames: AsyncIterator[bytes]) -> SubscribeResponse:
    """The next frame, as a client reads it."""
    return SubscribeResponse.FromString(await anext(frames))


def test_a_slow_subscriber_falls_behind_and_catches_up() -> None:
    """One that takes too long is told so, is read the log, and is told when it is live again."""

    async def use(desk: Desk) -> None:
        async with aclosing(desk.subscription(0).frames()) as frames:
            assert (await next_frame(frames)).caught_up.position == 0
            for _ in range(60):
                await desk.write("JPN")
            await desk.published(60)
            assert (await next_frame(frames)).fell_behind.position == 0
            seen = await next_frame(frames)
            assert [it.position for it in seen.events.events] == list(range(1, 61))
            kinds = [(await next_frame(frames)).WhichOneof("frame") for _ in range(2)]
            assert kinds == ["checkpoint", "caught_up"]
            await desk.write("JPN")
            assert (await next_frame(frames)).events.events[0].position == 61

    at_a_desk(use)


def test_what_was_recorded_while_nobody_subscribed_is_given_once() -> None:
    """The ring begins anew with the next subscriber, who is read the log up to there."""

    async def use(desk: Desk) -> None:
        for written in (1, 4, 7):
            async with aclosing(desk.subscription(0).frames()) as frames:
                await desk.write("JPN")
                seen: list[int] = []
                while len(seen) < written:
                    frame = await next_frame(frames)
                    seen += [it.position for it in frame.events.events]
                assert seen == list(range(1, written + 1))
            await desk.write("JPN")
            await desk.write("CHN")

    at_a_desk(use)


def test_one_that_keeps_up_with_a_batch_larger_than_the_ring_is_not_behind() -> None:
    """The last batch always stays in the ring, whatever its size."""

    async def use(desk: Desk) -> None:
        async with aclosing(desk.subscription(0).frames()) as frames:
            await next_frame(frames)
            await desk.write(*["JPN"] * 100)
            assert len((await next_frame(frames)).events.events) == 100

    at_a_desk(use)


def test_what_came_one_by_one_is_given_in_batches() -> None:
    """A subscriber that is a little late is given all that came since in one frame."""

    async def use(desk: Desk) -> None:
        async with aclosing(desk.subscription(0).frames()) as frames:
            await next_frame(frames)
            for _ in range(20):
                await desk.write("JPN", "CHN")
            await desk.published(40)
            assert len((await next_frame(frames)).events.events) == 40

    at_a_desk(use)


def test_all_are_told_when_it_ends() -> None:
    """One that waits, one that does not, and one that comes later raise `ShuttingDown`."""

    async def use(desk: Desk) -> None:
        waits, late = desk.subscription(0).frames(), desk.subscription(0).frames()
        for frames in (waits, late):
            await next_frame(frames)
        waiting = asyncio.create_task(next_frame(waits))
        await asyncio.sleep(0)
        desk.tailing.signal.fail(ShuttingDown)
        for frame in (waiting, next_frame(late), next_frame(desk.subscription(0).frames())):
            with pytest.raises(ShuttingDown):
                await frame

    at_a_desk(use)


def test_a_move_is_not_missed() -> None:
    """However moves and looks interleave, one that waits for a position comes to it."""

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


async def follow(desk: Desk, code: str | None, until: int, dice: random.Random) -> list[int]:
    """Follow the log up to a position, stalling, going away and coming back at random."""
    selection = Filter(parties=frozenset({code})) if code else None
    seen: list[int] = []
    position = 0
    while position < until:
        async with aclosing(desk.subscription(position, selection).frames()) as frames:
            while position < until and dice.random() > 0.05:
                frame = await next_frame(frames)
                kind = frame.WhichOneof("frame")
                found = [it.position for it in frame.events.events]
                seen += found
                position = found[-1] if found else getattr(frame, kind or "").position
                await asyncio.sleep(dice.choice([0, 0, 0, 0.001, 0.02]))
    return seen


@pytest.mark.parametrize("seed", range(4))
def test_every_subscriber_sees_the_filtered_log_once(seed: int) -> None:
    """Whoever stalls, goes away and comes back while others write: complete, in order, once."""
    dice = random.Random(seed)
    told = [[dice.choice(PARTIES) for _ in range(dice.randint(1, 30))] for _ in range(150)]
    parties = [one for batch in told for one in batch]

    async def use(desk: Desk) -> None:
        # The last event is selected by all, so that all come to the end.
        wanted = [dice.choice([None, *PARTIES]) for _ in range(20)]
        end = len(parties) + len(PARTIES)
        following = [
            asyncio.create_task(follow(desk, code, end - 2, random.Random(seed + index)))
            for index, code in enumerate(wanted)
        ]
        for batch in told:
            await desk.write(*batch)
            await asyncio.sleep(dice.choice([0, 0, 0.005]))
        await desk.write(*PARTIES)
        every = [*parties, *PARTIES]
        for code, seen in zip(wanted, await asyncio.gather(*following), strict=True):
            expected = [at for at, one in enumerate(every, 1) if code in {None, one}]
            assert seen == [at for at in expected if at <= seen[-1]]
            assert seen[-1] >= max(at for at in expected if at <= end - 2)

    at_a_desk(use)
