"""Which server style: `grpc.aio` on one loop, or the blocking server on a pool of threads?

A bare echo server of each style in a process of its own, and one asyncio client: unary calls with
32 in flight, one stream of 64 KiB frames, and unary calls again beside 1,000 idle streams.
`python bench/concurrency_style.py [CALLS]`

Found on two cores: unary calls cost the same, about half a millisecond of CPU. With 1,000 idle
streams the loop has 8 threads and 18 MiB more, the pool 1,008 threads and 43 MiB. So the server is
`grpc.aio`.

The one on a loop is also what the benchmark holds the service against: see `subjects/echo.py`.
"""

import asyncio
import multiprocessing
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import Any, TypeAlias

import grpc
import grpc.aio
import psutil

CALLS, FRAMES, FRAME_BYTES, IN_FLIGHT, IDLE_STREAMS = 5_000, 2_000, 65_536, 32, 1_000
CALMED = [("grpc.so_reuseport", 0), ("grpc.max_concurrent_streams", 10_000)]

_Stream: TypeAlias = "grpc.aio.UnaryStreamMultiCallable[bytes, bytes]"


def handlers(echo: Any, frames: Any, idle: Any) -> grpc.GenericRpcHandler:  # noqa: ANN401  gRPC's
    """Return the methods of the echo server."""
    stream = grpc.unary_stream_rpc_method_handler
    methods: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
        "echo": grpc.unary_unary_rpc_method_handler(echo)
    }
    return grpc.method_handlers_generic_handler(
        "bench", methods | {"frames": stream(frames), "idle": stream(idle)}
    )


def asked_for(request: bytes) -> Iterator[bytes]:
    """The frames that a request names by their number and size, such as `2000 65536`."""
    count, size = map(int, request.split())
    frame = bytes(size)
    yield from (frame for _ in range(count))


def serve_threads(ready: Connection) -> None:
    """Serve on a pool of threads for ever; the port is sent to `ready`."""

    def frames(request: bytes, _context: object) -> Iterator[bytes]:
        yield from asked_for(request)

    def idle(_request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        over = threading.Event()
        context.add_callback(over.set)
        yield b"open"
        over.wait()

    server = grpc.server(ThreadPoolExecutor(IDLE_STREAMS + IN_FLIGHT), options=CALMED)
    server.add_generic_rpc_handlers((handlers(lambda request, _: request, frames, idle),))
    ready.send(server.add_insecure_port("127.0.0.1:0"))
    server.start()
    server.wait_for_termination()


async def serving_loop(address: str, ready: Callable[[int], object]) -> None:
    """Serve on the running loop for ever; `ready` gets the port."""

    async def echo(request: bytes, _context: object) -> bytes:
        return request

    async def frames(request: bytes, _context: object) -> AsyncIterator[bytes]:
        for frame in asked_for(request):
            yield frame

    async def idle(_request: bytes, _context: object) -> AsyncIterator[bytes]:
        yield b"open"
        await asyncio.Event().wait()

    server = grpc.aio.server(options=CALMED)
    server.add_generic_rpc_handlers((handlers(echo, frames, idle),))
    port = server.add_insecure_port(address)
    await server.start()
    ready(port)
    await server.wait_for_termination()


def serve_loop(ready: Connection) -> None:
    """Serve on a loop for ever; the port is sent to `ready`."""
    asyncio.run(serving_loop("127.0.0.1:0", ready.send))


async def measure(port: int, server: psutil.Process, call_count: int) -> None:
    """Measure a server, and print what comes out."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        echo: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary("/bench/echo")
        frames: _Stream = channel.unary_stream("/bench/frames")
        idle: _Stream = channel.unary_stream("/bench/idle")

        async def calls(count: int) -> None:
            for _ in range(count):
                await echo(b"x" * 500, wait_for_ready=True)

        async def unary(title: str) -> None:
            before, cpu = time.perf_counter(), sum(server.cpu_times()[:2])
            await asyncio.gather(*(calls(call_count // IN_FLIGHT) for _ in range(IN_FLIGHT)))
            seconds, cpu = time.perf_counter() - before, sum(server.cpu_times()[:2]) - cpu
            per_call = cpu / call_count * 1e6
            print(
                f"  {title:<34}{call_count / seconds:>8,.0f} calls/s{per_call:>8.0f} us CPU a call"
            )

        await unary("unary, 32 in flight")
        started = time.perf_counter()
        wanted = f"{FRAMES} {FRAME_BYTES}".encode()
        count = len([frame async for frame in frames(wanted)])
        seconds = time.perf_counter() - started
        print(f"  {'frames of 64 KiB':<34}{count / seconds:>8,.0f} frames/s")
        started, memory = time.perf_counter(), server.memory_info().rss
        streams = [idle(b"") for _ in range(IDLE_STREAMS)]
        await asyncio.gather(*(stream.read() for stream in streams))
        seconds, memory = time.perf_counter() - started, server.memory_info().rss - memory
        threads = f"{server.num_threads()} threads, {memory / 2**20:.0f} MiB"
        print(f"  {'1,000 idle streams opened in':<34}{seconds * 1e3:>8,.0f} ms, {threads}")
        await unary("unary, beside 1,000 idle streams")
        for stream in streams:
            stream.cancel()


def main() -> None:
    """Measure both styles."""
    call_count = int(sys.argv[1]) if len(sys.argv) > 1 else CALLS
    spawn = multiprocessing.get_context("spawn")
    for serve in (serve_loop, serve_threads):
        receiver, sender = spawn.Pipe()
        process = spawn.Process(target=serve, args=(sender,), daemon=True)
        process.start()
        print(serve.__name__)
        asyncio.run(measure(receiver.recv(), psutil.Process(process.pid), call_count))
        process.kill()


if __name__ == "__main__":
    main()
