"""The live end of the log: followed once for the process, and kept in memory for all subscribers.

What is recorded comes as *blocks*, each event of which is put into wire form once and looked at
once by each distinct filter. The last blocks stay in a ring. A subscriber has a cursor, a position
up to which it was given everything, and takes what follows it; it has no queue, so one that is slow
costs nothing. A cursor that the ring has left behind is served from the log. While nobody
subscribes nothing is read, and the ring begins anew at the log's end with the first who does.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from communique.service.filters import Filter
from communique.service.frames import item_of
from communique.service.limits import (
    EVENTS_PER_FRAME_MAX,
    FRAME_BYTES_MAX,
    RING_BYTES_MAX,
    RING_POSITIONS_MAX,
)
from communique.service.log import EventLog, LogUnavailable
from communique.service.logging import Logger
from communique.service.mapper import event_of
from communique.service.pulse import Pulse
from communique.service.reading import Sieve
from communique.service.refusals import ShuttingDown
from communique.service.workers import Workers

_PAUSE_SECONDS: Final = 0.5
"""After the log could not be read."""
_EVENTS_DECODED_MAX: Final = 256


@dataclass(frozen=True, slots=True)
class Block:
    """What was recorded with `after` < position <= `until`, ready to be sent.

    `items` are the events in wire form; `found` says for each filter which of them it selects.
    """

    after: int
    until: int
    items: Sequence[bytes]
    byte_count: int
    found: Mapping[Filter, Sequence[int]]

    def selected(self, selection: Filter | None) -> Sequence[bytes]:
        """Return what a filter selects, None being one that selects all."""
        if selection is None:
            return self.items
        return [self.items[index] for index in self.found[selection]]


class Taken(NamedTuple):
    """The events that follow a cursor, and where the cursor is after them."""

    items: Sequence[bytes]
    cursor: int


class Tailing:
    """Follows the log and keeps its end. Belongs to one event loop."""

    def __init__(
        self,
        event_log: EventLog,
        workers: Workers,
        logger: Logger,
        positions_max: int = RING_POSITIONS_MAX,
    ) -> None:
        """Keep at most `positions_max` positions; read the log in a thread of `workers`."""
        self.pulse = Pulse(event_log.tail.position)
        self.first = self.pulse.position
        self._log = event_log
        self._workers = workers
        self._logger = logger
        self._positions_max = positions_max
        self._blocks: dict[int, Block] = {}
        self._byte_count = 0
        self._subscribers = 0
        self._filters: Counter[Filter] = Counter()
        self._sieves: dict[Filter, Sieve] = {}
        self._decode = lru_cache(_EVENTS_DECODED_MAX)(event_of)
        self._recorded = asyncio.Event()

    @property
    def position(self) -> int:
        """The last position that the ring holds."""
        return self.pulse.position

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Follow the log for the length of the block; at its end every subscriber is told."""
        loop = asyncio.get_running_loop()

        def recorded(_position: int) -> None:
            if self._subscribers:
                loop.call_soon_threadsafe(self._recorded.set)

        remove = self._log.add_listener(recorded)
        task = asyncio.create_task(self._follow())
        try:
            yield
        finally:
            remove()
            task.cancel()
            self.pulse.fail(ShuttingDown)

    @contextmanager
    def subscribed(self, selection: Filter | None) -> Iterator[None]:
        """Have the log followed, and its events looked at by a filter, for the length of the block.

        What was recorded before lies in the ring or else in the log.
        """
        if not self._subscribers:
            self._begin_anew()
        self._subscribers += 1
        # In this order: whatever is recorded from now on is heard of, and what was before is here.
        self._recorded.set()
        try:
            with self._sieving(selection):
                yield
        finally:
            self._subscribers -= 1

    def _begin_anew(self) -> None:
        self._blocks.clear()
        self._byte_count = 0
        self.pulse.move(self._log.tail.position)
        self.first = self.position

    @contextmanager
    def _sieving(self, selection: Filter | None) -> Iterator[None]:
        if selection is None:
            yield
            return
        self._filters[selection] += 1
        self._sieves.setdefault(selection, Sieve(selection, self._decode))
        try:
            yield
        finally:
            self._filters[selection] -= 1
            if not self._filters[selection]:
                del self._filters[selection], self._sieves[selection]

    def holds_next(self, cursor: int, selection: Filter | None) -> bool:
        """Whether what follows a cursor lies here, and was looked at by the filter."""
        block = self._blocks.get(cursor)
        return block is not None and (selection is None or selection in block.found)

    def take(self, cursor: int, selection: Filter | None) -> Taken | None:
        """Return as much of what follows as fits into a frame; None: nothing is here."""
        items: list[bytes] = []
        size, start = 0, cursor
        while self.holds_next(cursor, selection):
            more = self._blocks[cursor].selected(selection)
            size += sum(map(len, more))
            if items and (len(items) + len(more) > EVENTS_PER_FRAME_MAX or size > FRAME_BYTES_MAX):
                break
            items += more
            cursor = self._blocks[cursor].until
        return Taken(items, cursor) if cursor > start else None

    async def _follow(self) -> None:
        """Read on whenever something was recorded; a log that can't be read is told to all."""
        while True:
            await self._recorded.wait()
            self._recorded.clear()
            try:
                while self._subscribers and self._log.tail.position > self.position:
                    sieves = dict(self._sieves)
                    self._keep(await self._workers.run(self._next_block, sieves))
            except Exception:
                # Subscribers hear of it, and it is tried again.
                self._logger.exception("tailing", at=self.position)
                self.pulse.fail(LogUnavailable)
                await asyncio.sleep(_PAUSE_SECONDS)
                self.pulse.fail(None)
                self._recorded.set()

    def _next_block(self, sieves: Mapping[Filter, Sieve]) -> Block:
        after = self.position
        rows = self._log.read(after, EVENTS_PER_FRAME_MAX, bytes_max=FRAME_BYTES_MAX)
        items = [item_of(row) for row in rows]
        found = {
            selection: [index for index, row in enumerate(rows) if sieve.selects(row)]
            for selection, sieve in sieves.items()
        }
        return Block(after, after + len(rows), items, sum(map(len, items)), found)

    def _keep(self, block: Block) -> None:
        """Put a block into the ring, let go of the oldest, and wake everybody."""
        if block.after != self.position:  # the ring has begun anew while it was read
            return
        self._blocks[block.after] = block
        self._byte_count += block.byte_count
        while len(self._blocks) > 1 and (
            block.until - self.first > self._positions_max or self._byte_count > RING_BYTES_MAX
        ):
            oldest = self._blocks.pop(self.first)
            self._byte_count -= oldest.byte_count
            self.first = oldest.until
        self.pulse.move(block.until)
