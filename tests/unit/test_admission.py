"""Calls that go on together."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from communique.server.application.recording.admission import AdmissionGate
from communique.server.runtime import limits
from communique.server.runtime.threads import ServerBusy


class Calls:
    """Calls that note when they are let in, and leave when they are told to."""

    def __init__(self) -> None:
        self.gathering = AdmissionGate()
        self.inside = list[int]()
        self._ends = dict[int, asyncio.Event]()

    async def begin(self, number: int, byte_count: int = 1) -> asyncio.Task[None]:
        """Make a call, and let it come as far as it comes."""
        self._ends[number] = asyncio.Event()
        task = asyncio.create_task(self._call(number, byte_count))
        await settled()
        return task

    async def _call(self, number: int, byte_count: int) -> None:
        await self.gathering.enter(byte_count)
        try:
            self.inside.append(number)
            await self._ends[number].wait()
        finally:
            self.gathering.leave()

    async def end(self, *numbers: int) -> None:
        """Have calls end, and those whom they let in begin."""
        for number in numbers:
            self.inside.remove(number)
            self._ends[number].set()
        await settled()


async def settled() -> None:
    """Let everything that can go on do so."""
    for _ in range(5):
        await asyncio.sleep(0)


def on_a_loop(does: Callable[[Calls], Awaitable[None]]) -> None:
    """Make calls on a loop of their own."""

    async def run() -> None:
        async with asyncio.timeout(20):
            await does(Calls())

    asyncio.run(run())


def test_those_who_come_meanwhile_go_on_together() -> None:
    """The first does not wait; the others wait for it, and those after them for the last of all."""

    async def does(calls: Calls) -> None:
        for number in range(4):
            await calls.begin(number)
        assert calls.inside == [0]
        await calls.end(0)
        await calls.begin(4)
        assert calls.inside == [1, 2, 3]
        await calls.end(1, 3)
        assert calls.inside == [2]
        await calls.end(2)
        assert calls.inside == [4]
        await calls.end(4)
        await calls.begin(5)
        assert calls.inside == [5]

    on_a_loop(does)


def test_a_group_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those beyond the bound go on in the group after."""
    monkeypatch.setattr(limits, "ADMITTED_CALLS_MAX", 2)

    async def does(calls: Calls) -> None:
        for number in range(4):
            await calls.begin(number)
        await calls.end(0)
        assert calls.inside == [1, 2]
        await calls.end(1, 2)
        assert calls.inside == [3]

    on_a_loop(does)


def test_what_waits_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond so many bytes a call is turned away until there is room; a large one alone waits."""
    monkeypatch.setattr(limits, "HELD_BYTES_MAX", 10)

    async def does(calls: Calls) -> None:
        await calls.begin(0, 100)
        await calls.begin(1, 11)
        with pytest.raises(ServerBusy, match="1 calls of 11 bytes wait"):
            await (await calls.begin(2, 1))
        await calls.end(0)
        await calls.begin(3, 6)
        await calls.begin(4, 4)
        await calls.end(1)
        assert calls.inside == [3, 4]

    on_a_loop(does)


def test_who_is_cancelled_while_waiting_never_goes_on() -> None:
    """The others do, as if it had not been there."""

    async def does(calls: Calls) -> None:
        await calls.begin(0)
        cancelled = await calls.begin(1)
        await calls.begin(2)
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        await calls.end(0)
        assert calls.inside == [2]
        await calls.end(2)
        await calls.begin(3)
        assert calls.inside == [3]

    on_a_loop(does)


def test_who_is_cancelled_when_let_in_makes_room() -> None:
    """One that is cancelled between being let in and going on keeps nobody waiting."""

    async def does(calls: Calls) -> None:
        await calls.gathering.enter(1)
        cancelled = await calls.begin(1)
        calls.gathering.leave()
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        await calls.begin(2)
        assert calls.inside == [2]

    on_a_loop(does)
