"""The live end of the log: followed once for the process, and kept in memory for all subscribers.

What is recorded comes as *blocks*. Each event of a block is put into wire form once, and held once
against those filters that may select it (`filter_index`). The last blocks stay in a ring. A
subscriber has a cursor, a position up to which it was given everything, and takes what follows it;
it has no queue, so a slow subscriber costs nothing. A cursor that the ring has left behind is
served from the log. Subscribers whose filter passes over a block are not woken: a thousand
subscribers that wait for a dyad each cost no more than the few whose dyads are concerned. While
nobody subscribes nothing is read, and the ring begins anew at the log's end with the first
subscriber.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from communique.codec.wire import event_bytes
from communique.domain.state.event_filter import Filter
from communique.server.application.live.filter_index import FilterIndex
from communique.server.application.request_errors import ShuttingDown
from communique.server.log.event_log import EventLog
from communique.server.log.log_errors import LogUnavailable
from communique.server.runtime import limits
from communique.server.runtime.call_log import Logger
from communique.server.runtime.position_signal import MakeError, PositionSignal
from communique.server.runtime.threads import WorkerPool


@dataclass(frozen=True, slots=True)
class RingBlock:
    """What was recorded with `after` < position <= `until`, ready to be sent.

    `items` are the events in wire form; `selected` says which of them the `filters` that looked at
    the block select, and leaves out those that select none.
    """

    after: int
    until: int
    items: Sequence[bytes]
    byte_count: int
    filters: frozenset[Filter]
    selected: Mapping[Filter, Sequence[int]]

    def selected_items(self, selection: Filter | None) -> Sequence[bytes]:
        """Return what a filter selects, None being one that selects all."""
        if selection is None:
            return self.items
        return [self.items[index] for index in self.selected.get(selection, ())]


class _SharedFilter:
    """A filter that subscribers share.

    Its signal is at the end of the last block that it selects from, or at its first block: nothing
    after that was selected. `since` is None until a block was looked at.
    """

    def __init__(self) -> None:
        self.subscribers = 0
        self.since: int | None = None
        self.signal = PositionSignal(0)


class RingItems(NamedTuple):
    """The events that follow a cursor, and where the cursor is after them."""

    items: Sequence[bytes]
    cursor: int


class LogRing:
    """Follows the log and keeps its end. Belongs to one event loop."""

    def __init__(
        self,
        event_log: EventLog,
        workers: WorkerPool,
        logger: Logger,
        positions_max: int = limits.RING_POSITIONS_MAX,
    ) -> None:
        """Keep at most `positions_max` positions; read the log in a thread of `workers`."""
        self.signal = PositionSignal(event_log.tail.position)
        self.first = self.signal.position
        self._log = event_log
        self._workers = workers
        self._logger = logger
        self._positions_max = positions_max
        self._blocks: dict[int, RingBlock] = {}
        self._byte_count = 0
        self._subscribers = 0
        self._shared: dict[Filter, _SharedFilter] = {}
        self._index = FilterIndex(())
        self._recorded = asyncio.Event()

    @property
    def position(self) -> int:
        """The last position that the ring holds."""
        return self.signal.position

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Follow the log for the length of the block; at its end every subscriber hears of it."""
        loop = asyncio.get_running_loop()

        def recorded(_position: int) -> None:
            if self._subscribers:
                loop.call_soon_threadsafe(self._recorded.set)

        remove = self._log.tail.add_listener(recorded)
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
        self.signal.advance(self._log.tail.position)
        self.first = self.position

    @contextmanager
    def _looking(self, selection: Filter | None) -> Iterator[None]:
        if selection is None:
            yield
            return
        shared = self._shared.setdefault(selection, _SharedFilter())
        shared.subscribers += 1
        try:
            yield
        finally:
            shared.subscribers -= 1
            if not shared.subscribers:
                del self._shared[selection]

    def has_next(self, cursor: int, selection: Filter | None) -> bool:
        """Whether what follows a cursor lies here, and was looked at by the filter."""
        block = self._blocks.get(cursor)
        is_here = block is not None and (selection is None or selection in block.filters)
        return is_here or self._selects_nothing_after(cursor, selection)

    def _selects_nothing_after(self, cursor: int, selection: Filter | None) -> bool:
        """Whether the filter has looked at all that follows a cursor, and selects none of it."""
        shared = self._shared.get(selection) if selection else None
        return shared is not None and shared.since is not None and cursor >= shared.signal.position

    async def wait_beyond(self, cursor: int, selection: Filter | None, seconds: float) -> None:
        """Wait until something selected may follow a cursor, or `seconds` have passed.

        Subscribers whose filter passes over what is recorded are not woken. Raises the error that
        the log was followed into.
        """
        signal = self._shared[selection].signal if selection else self.signal
        await signal.wait_beyond(cursor, seconds)

    def _fail(self, make_error: MakeError | None) -> None:
        """Have everybody raise the error from now on; None: no more."""
        self.signal.fail(make_error)
        for shared in self._shared.values():
            shared.signal.fail(make_error)

    def take(self, cursor: int, selection: Filter | None) -> RingItems | None:
        """Return as much of what follows as fits into a frame; None: nothing is here."""
        items: list[bytes] = []
        size, start = 0, cursor
        while self.has_next(cursor, selection):
            if self._selects_nothing_after(cursor, selection):
                cursor = self.position
                break
            more = self._blocks[cursor].selected_items(selection)
            size += sum(map(len, more))
            is_full = len(items) + len(more) > limits.EVENTS_PER_FRAME_MAX
            if items and (is_full or size > limits.FRAME_BYTES_MAX):
                break
            items += more
            cursor = self._blocks[cursor].until
        return RingItems(items, cursor) if cursor > start else None

    async def _follow(self) -> None:
        """Read whenever something was recorded; all hear of a log that can't be read."""
        while True:
            await self._recorded.wait()
            self._recorded.clear()
            try:
                while self._subscribers and self._log.tail.position > self.position:
                    index = self._current_index()
                    self._keep(await self._workers.run(self._next_block, index))
            except Exception:
                # Subscribers hear of it, and it is tried again.
                self._logger.exception("tailing", at=self.position)
                self._fail(LogUnavailable)
                await asyncio.sleep(limits.RING_RETRY_SECONDS)
                self._fail(None)
                self._recorded.set()

    def _current_index(self) -> FilterIndex:
        """Return the filters of all subscribers, filed anew where they have changed."""
        if self._index.filters != self._shared.keys():
            self._index = FilterIndex(self._shared)
        return self._index

    def _next_block(self, index: FilterIndex) -> RingBlock:
        after = self.position
        rows = self._log.read(after, limits.EVENTS_PER_FRAME_MAX, bytes_max=limits.FRAME_BYTES_MAX)
        items = [event_bytes(row) for row in rows]
        selected, size = index.selected(rows), sum(map(len, items))
        return RingBlock(after, after + len(rows), items, size, index.filters, selected)

    def _keep(self, block: RingBlock) -> None:
        """Put a block into the ring, drop the oldest, and wake those whom it concerns."""
        if block.after != self.position:  # the ring has begun anew while it was read
            return
        self._blocks[block.after] = block
        self._byte_count += block.byte_count
        while len(self._blocks) > 1 and (
            block.until - self.first > self._positions_max
            or self._byte_count > limits.RING_BYTES_MAX
        ):
            oldest = self._blocks.pop(self.first)
            self._byte_count -= oldest.byte_count
            self.first = oldest.until
        self.signal.advance(block.until)
        self._wake_filters(block)

    def _wake_filters(self, block: RingBlock) -> None:
        for selection in block.selected.keys() & self._shared.keys():
            self._shared[selection].signal.advance(block.until)
        new = [item for item in self._shared.items() if item[1].since is None]
        for selection, shared in new:
            if selection in block.filters:
                shared.since = block.after
                shared.signal.advance(block.after)
            else:  # its subscribers have to read this block from the log
                shared.signal.advance(block.until)
