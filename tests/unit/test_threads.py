"""Threads for what blocks."""

import asyncio
from threading import Event
from time import monotonic

import pytest

from communique.server.runtime.threads import ServerBusy, WorkerPool


def test_more_than_may_wait_is_turned_away() -> None:
    """A pool turns calls away beyond its threads and queue, until one is done."""

    async def overload() -> None:
        workers, done = WorkerPool("questions", 1, 1), Event()
        busy = [asyncio.create_task(workers.run(done.wait, 10)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(ServerBusy, match="2 questions are under way"):
            await workers.run(done.wait, 10)
        done.set()
        assert await asyncio.gather(*busy) == [True, True]
        assert await workers.run(int, "7") == 7
        workers.close()

    asyncio.run(overload())


def test_a_caller_that_goes_away_is_not_worked_for() -> None:
    """Work that has not begun when its caller is cancelled is never called."""

    async def cancel() -> list[str]:
        workers, done, called = WorkerPool("reads", 1, 5), Event(), list[str]()
        busy = asyncio.create_task(workers.run(done.wait, 10))
        waiting = asyncio.create_task(workers.run(called.append, "late"))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.sleep(0)
        done.set()
        await busy
        await workers.run(called.append, "next")
        workers.close()
        return called

    assert asyncio.run(cancel()) == ["next"]


def test_the_loop_goes_on_while_a_thread_blocks() -> None:
    """The event loop goes on while a thread of the pool blocks."""

    async def block() -> float:
        workers, done = WorkerPool("reads", 1, 5), Event()
        busy = asyncio.create_task(workers.run(done.wait, 10))
        began = monotonic()
        await asyncio.sleep(0.01)
        done.set()
        await busy
        workers.close()
        return monotonic() - began

    assert asyncio.run(block()) < 5
