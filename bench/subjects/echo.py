"""The floor of every call: a bare gRPC server that gives back what it gets."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar, Final

import grpc.aio

from bench.server import Server, free_port, listens
from bench.subject import Question, Subject

_ANSWER: Final = bytes(4_096)
"""As long as the status of two busy parties."""
_FRAME_EVENTS: Final = 500


class Echo(Subject):
    """Keeps nothing and knows nothing; a frame of a read has as many bytes as 500 events."""

    name: ClassVar[str] = "echo"
    style: ClassVar[str] = "aio"
    """That of the service, too."""
    _echo: Any
    _frames: Any
    _idle: Any

    def __init__(self, read_events: int = 0, event_bytes: int = 0) -> None:
        """Give that many events of that size to whoever reads."""
        self.address = ""
        self._read_frames = -(-read_events // _FRAME_EVENTS)
        self._frame_bytes = _FRAME_EVENTS * event_bytes
        self._position = 0

    def start(self, folder: Path) -> Server:
        """Start the server."""
        self.address = f"127.0.0.1:{free_port()}"
        server = Server("bench.servers.echo", [self.style, self.address], {}, folder / "echo.log")
        server.wait_for(lambda: listens(self.address))
        return server

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Open one channel."""
        async with grpc.aio.insecure_channel(self.address) as channel:
            await channel.channel_ready()
            self._echo = channel.unary_unary("/bench/echo")
            self._frames = channel.unary_stream("/bench/frames")
            self._idle = channel.unary_stream("/bench/idle")
            yield

    async def append_one(self, event: bytes) -> int:
        """Send an event there and back."""
        return await self.append_batch([event])

    async def append_batch(self, events: Sequence[bytes]) -> int:
        """Send events there and back, as one message."""
        await self._echo(b"".join(events))
        self._position += len(events)
        return self._position

    async def read_all(self) -> AsyncIterator[bytes]:
        """Yield as many bytes as there are to read."""
        request = f"{self._read_frames} {self._frame_bytes}"
        async for frame in self._frames(request.encode()):
            yield frame

    @asynccontextmanager
    async def idle_stream(self) -> AsyncIterator[None]:
        """Keep a stream open that says nothing after its first word."""
        call = self._idle(b"")
        await call.read()
        try:
            yield
        finally:
            call.cancel()

    async def as_of(self, question: Question) -> bytes:  # noqa: ARG002  an echo hears nothing
        """Send as much there and back as an answer has."""
        answer: bytes = await self._echo(_ANSWER)
        return answer


class ThreadedEcho(Echo):
    """The same on a pool of threads."""

    name: ClassVar[str] = "echo on threads"
    style: ClassVar[str] = "threads"
