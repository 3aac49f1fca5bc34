"""What a call costs at least: a bare echo of an event, by a server of each style, one client.

The client is an asyncio one in a process of its own, as it is of the service.
"""

import asyncio
from contextlib import AsyncExitStack
from time import perf_counter
from typing import Final

from bench import load
from bench.bed import Bed, serving
from bench.figures import Sample, latencies
from bench.history import History
from bench.runs import memory_of
from bench.servers.echo import STREAMS_MAX
from bench.subjects import Echo

ONE, MANY = "one call at a time", "32 calls in flight"
BESIDE_STREAMS: Final = "32 calls in flight, 1,000 idle streams"
IN_FLIGHT: Final = {ONE: 1, MANY: 32, BESIDE_STREAMS: 32}
"""The cases, with how many calls are on their way at a time."""
WARM_UP_CALLS: Final = 200


def measured(bed: Bed, echo: Echo, history: History, case: str) -> Sample:
    """Send each event of a history there and back; those to warm up are not timed."""
    stream_count = STREAMS_MAX if case == BESIDE_STREAMS else 0
    with serving(echo, bed.fresh()) as server:
        pid = server.pid if server else 0
        given = history, pid, IN_FLIGHT[case], stream_count
        done, memory = load.made(echo, _calls, *given), memory_of(server)
    count = len(done.latencies)
    rate = {"events_per_second": count / done.seconds}
    cpu = {"server_cpu_us": done.cpu_seconds / count * 1e6}
    return rate | latencies(done.latencies) | cpu | memory


async def _calls(
    echo: Echo, history: History, server_pid: int, in_flight: int, stream_count: int
) -> load.Appended:
    """Make the calls beside so many open streams."""
    events = map(history.__getitem__, range(len(history)))
    taken: list[float] = []

    async def call_until(count: int) -> None:
        while len(taken) < count and (event := next(events, None)):
            began = perf_counter()
            await echo.append_one(event)
            taken.append(perf_counter() - began)

    async with AsyncExitStack() as streams:
        for _ in range(stream_count):
            await streams.enter_async_context(echo.idle_stream())
        await call_until(WARM_UP_CALLS)
        taken.clear()
        began, cpu_before = perf_counter(), load.cpu_seconds_so_far(server_pid)
        await asyncio.gather(*(call_until(len(history)) for _ in range(in_flight)))
        seconds, cpu = perf_counter() - began, load.cpu_seconds_so_far(server_pid) - cpu_before
    return load.Appended(seconds, seconds, taken, cpu, cpu)
