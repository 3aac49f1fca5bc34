"""UmaDB, an event store in Rust behind gRPC: its own server, and its own client in Rust."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, Final
from uuid import UUID

from bench.server import Server, free_port, listens
from bench.subject import Subject, installed, ready

_IN_FLIGHT: Final = 32
_FRAME_EVENTS: Final = 500
_ID: Final = slice(2, 38)
"""Where an event has its id: the first field, with a tag and a length before it."""


class UmaDb(Subject):
    """An event store that takes any bytes."""

    name: ClassVar[str] = "umadb"
    about: ClassVar[str] = (
        "UmaDB's server and client as they come, durable. Events are appended with their ids, but "
        "without tags and conditions, which is its fastest: nothing is validated, checked for "
        "duplicates or projected. What is read are the client's objects, as the service's frames "
        "are: not looked into."
    )
    address: str = ""
    _umadb: Any
    _client: Any
    _threads: ThreadPoolExecutor

    def version(self) -> str:
        """Return that of the package, which brings both sides."""
        return installed("umadb")

    def start(self, folder: Path) -> Server:
        """Start the server."""
        self.version()
        self.address = f"127.0.0.1:{free_port()}"
        given = ["--listen", self.address, "--db-path", str(folder / "uma.db")]
        server = Server("bench.servers.umadb", given, {}, folder / "server.log")
        return ready(server, lambda: listens(self.address))

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Open one channel. Its client blocks, so that calls at a time take threads."""
        self._umadb = import_module("umadb")
        self._client = self._umadb.Client(f"http://{self.address}", batch_size=_FRAME_EVENTS)
        with ThreadPoolExecutor(_IN_FLIGHT) as self._threads:
            yield

    async def append_one(self, event: bytes) -> int:
        """Append one event, in a thread that waits for the answer."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._append, [event])

    async def append_batch(self, events: Sequence[bytes]) -> int:
        """Append events in one call."""
        return self._append(events)

    def _append(self, events: Sequence[bytes]) -> int:
        event = self._umadb.Event
        position: int = self._client.append(
            [event("Event", state, uuid=UUID(state[_ID].decode())) for state in events]
        )
        return position

    async def read_all(self) -> AsyncIterator[list[Any]]:
        """Yield the events as the client gives them, a batch of objects at a time."""
        response = self._client.read()
        while batch := response.next_batch():
            yield batch

    def events_in(self, frame: list[Any]) -> Sequence[bytes]:
        """Return what was appended."""
        return [recorded.event.data for recorded in frame]
