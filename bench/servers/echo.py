"""The server of `Echo` in either style: `python -m bench.servers.echo STYLE HOST:PORT`.

`aio` is `grpc.aio` on one loop, as the service is; `threads` the blocking server on a pool. Beside
calls that give back what they get there are frames to read, and streams that stay open.
"""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import grpc
import grpc.aio

STREAMS_MAX: Final = 1_000
_THREADS: Final = STREAMS_MAX + 32
"""A stream that stays open keeps a thread."""
_OPTIONS: Final = [("grpc.so_reuseport", 0), ("grpc.max_concurrent_streams", 10_000)]


def _handlers(echo: Any, frames: Any, idle: Any) -> grpc.GenericRpcHandler:  # noqa: ANN401  gRPC's
    stream = grpc.unary_stream_rpc_method_handler
    methods: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
        "echo": grpc.unary_unary_rpc_method_handler(echo)
    }
    return grpc.method_handlers_generic_handler(
        "bench", methods | {"frames": stream(frames), "idle": stream(idle)}
    )


def _asked_for(request: bytes) -> Iterator[bytes]:
    """The frames that a request names by their number and size, such as `2000 65536`."""
    count, size = map(int, request.split())
    frame = bytes(size)
    yield from (frame for _ in range(count))


def serve_threads(address: str) -> None:
    """Serve on a pool of threads for ever."""

    def frames(request: bytes, _context: object) -> Iterator[bytes]:
        yield from _asked_for(request)

    def idle(_request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        over = threading.Event()
        context.add_callback(over.set)
        yield b"open"
        over.wait()

    server = grpc.server(ThreadPoolExecutor(_THREADS), options=_OPTIONS)
    server.add_generic_rpc_handlers((_handlers(lambda request, _: request, frames, idle),))
    server.add_insecure_port(address)
    server.start()
    server.wait_for_termination()


async def serve_loop(address: str) -> None:
    """Serve on the running loop for ever."""

    async def echo(request: bytes, _context: object) -> bytes:
        return request

    async def frames(request: bytes, _context: object) -> AsyncIterator[bytes]:
        for frame in _asked_for(request):
            yield frame

    async def idle(_request: bytes, _context: object) -> AsyncIterator[bytes]:
        yield b"open"
        await asyncio.Event().wait()

    server = grpc.aio.server(options=_OPTIONS)
    server.add_generic_rpc_handlers((_handlers(echo, frames, idle),))
    server.add_insecure_port(address)
    await server.start()
    await server.wait_for_termination()


def main(style: str, address: str) -> None:
    """Serve in a style."""
    if style == "threads":
        serve_threads(address)
    else:
        asyncio.run(serve_loop(address))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
