"""The live end of the log: followed once for the process, and kept in memory for all subscribers.

What is recorded comes as *blocks*, each event of which is put into wire form once, and held once
against those filters that may select it (`matching`). The last blocks stay in a ring. A subscriber
has a cursor, a position up to which it was given everything, and takes what follows it; it has no
queue, so one that is slow costs nothing. A cursor that the ring has left behind is served from the
log. Subscribers whose filter passes over a block are not woken: a thousand that wait for a dyad
each cost no more than the few that are spoken of. While nobody subscribes nothing is read, and the
ring begins anew at the log's end with the first who does.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Final, NamedTuple

from communique.codec.frames import item_of
from communique.server.application.live.filter_index import Matching
from communique.server.application.queries.filters import Filter
from communique.server.application.request_errors import ShuttingDown
from communique.server.log import LogUnavailable
from communique.server.log.sqlite_store.sqlite_log import EventLog
from communique.server.runtime.call_log import Logger
from communique.server.runtime.limits import (
    EVENTS_PER_FRAME_MAX,
    FRAME_BYTES_MAX,
    RING_BYTES_MAX,
    RING_POSITIONS_MAX,
)
from communique.server.runtime.position_signal import Fault, Pulse
from communique.server.runtime.threads import Workers

_PAUSE_SECONDS: Final = 0.5
"""After the log could not be read."""


@dataclass(frozen=True, slots=True)
class Block:
    """What was recorded with `after` < position <= `until`, ready to be sent.

    `items` are the events in wire form; `found` says which of them the filters of `looked` select,
    and leaves out those that select none.
    """

    after: int
    until: int
    items: Sequence[bytes]
    byte_count: int
    looked: frozenset[Filter]
    found: Mapping[Filter, Sequence[int]]

    def selected(self, selection: Filter | None) -> Sequence[bytes]:
        """Return what a filter selects, None being one that selects all."""
        if selection is None:
            return self.items
        return [self.items[index] for index in self.found.get(selection, ())]


class _Lookout:
    """A filter that subscribers share.

    Its pulse is at the end of the last block that it selects from, or at its first: behind that
    nothing was selected. `since` is None until a block was looked at.
    """

    def __init__(self) -> None:
        self.subscribers = 0
        self.since: int | None = None
        self.pulse = Pulse(0)


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
        self._lookouts: dict[Filter, _Lookout] = {}
        self._matching = Matching(())
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
            self._fail(ShuttingDown)

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
            with self._looking(selection):
                yield
        finally:
            self._subscribers -= 1

    def _begin_anew(self) -> None:
        self._blocks.clear()
        self._byte_count = 0
        self.pulse.move(self._log.tail.position)
        self.first = self.position

    @contextmanager
    def _looking(self, selection: Filter | None) -> Iterator[None]:
        if selection is None:
            yield
            return
        lookout = self._lookouts.setdefault(selection, _Lookout())
        lookout.subscribers += 1
        try:
            yield
        finally:
            lookout.subscribers -= 1
            if not lookout.subscribers:
                del self._lookouts[selection]

    def has_next(self, cursor: int, selection: Filter | None) -> bool:
        """Whether what follows a cursor lies here, and was looked at by the filter."""
        block = self._blocks.get(cursor)
        is_here = block is not None and (selection is None or selection in block.looked)
        return is_here or self._has_passed(cursor, selection)

    def _has_passed(self, cursor: int, selection: Filter | None) -> bool:
        """Whether the filter has looked at all that follows a cursor, and selects none of it."""
        lookout = self._lookouts.get(selection) if selection else None
        return (
            lookout is not None and lookout.since is not None and cursor >= lookout.pulse.position
        )

    async def beyond(self, cursor: int, selection: Filter | None, seconds: float) -> None:
        """Wait until something selected may follow a cursor, or `seconds` have passed.

        Subscribers whose filter passes over what is recorded are not woken. Raises the fault.
        """
        pulse = self._lookouts[selection].pulse if selection else self.pulse
        await pulse.beyond(cursor, seconds)

    def _fail(self, fault: Fault | None) -> None:
        """Have everybody raise the fault from now on; None: no more."""
        self.pulse.fail(fault)
        for lookout in self._lookouts.values():
            lookout.pulse.fail(fault)

    def take(self, cursor: int, selection: Filter | None) -> Taken | None:
        """Return as much of what follows as fits into a frame; None: nothing is here."""
        items: list[bytes] = []
        size, start = 0, cursor
        while self.has_next(cursor, selection):
            if self._has_passed(cursor, selection):
                cursor = self.position
                break
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
                    matching = self._matching_now()
                    self._keep(await self._workers.run(self._next_block, matching))
            except Exception:
                # Subscribers hear of it, and it is tried again.
                self._logger.exception("tailing", at=self.position)
                self._fail(LogUnavailable)
                await asyncio.sleep(_PAUSE_SECONDS)
                self._fail(None)
                self._recorded.set()

    def _matching_now(self) -> Matching:
        """The filters of all subscribers, filed anew where they have changed."""
        if self._matching.selections != self._lookouts.keys():
            self._matching = Matching(self._lookouts)
        return self._matching

    def _next_block(self, matching: Matching) -> Block:
        after = self.position
        rows = self._log.read(after, EVENTS_PER_FRAME_MAX, bytes_max=FRAME_BYTES_MAX)
        items = [item_of(row) for row in rows]
        found, size = matching.found(rows), sum(map(len, items))
        return Block(after, after + len(rows), items, size, matching.selections, found)

    def _keep(self, block: Block) -> None:
        """Put a block into the ring, let go of the oldest, and wake those whom it concerns."""
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
        self._wake_lookouts(block)

    def _wake_lookouts(self, block: Block) -> None:
        for selection in block.found.keys() & self._lookouts.keys():
            self._lookouts[selection].pulse.move(block.until)
        new = [it for it in self._lookouts.items() if it[1].since is None]
        for selection, lookout in new:
            if selection in block.looked:
                lookout.since = block.after
                lookout.pulse.move(block.after)
            else:  # its subscribers have to read this block from the log
                lookout.pulse.move(block.until)
