"""The live end of the log: read once for the process, and kept in memory for all subscribers.

What is recorded is read in *blocks*. Each event of a block is put into wire form once, and compared
once with those filters that may select it (`filter_index`). The last blocks stay in a ring. A
subscriber has a cursor, the position up to which it was given everything, and takes what follows
it; it has no queue, so a slow subscriber costs nothing. A subscriber whose cursor lies before the
ring reads the log. A block wakes only the subscribers whose filter selects some of it. While nobody
subscribes nothing is read, and the ring begins anew at the log's end with the first subscriber.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

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

    `items` are the events in wire form. `selected` says which of them each of the `filters`
    selects, and leaves out filters that select none.
    """

    after: int
    until: int
    items: Sequence[bytes]
    byte_count: int
    filters: frozenset[Filter]
    selected: Mapping[Filter, Sequence[int]]

    def selected_items(self, selection: Filter | None) -> Sequence[bytes]:
        """Return the events that a filter selects; None selects all."""
        if selection is None:
            return self.items
        return [self.items[index] for index in self.selected.get(selection, ())]


@dataclass(slots=True)
class _SharedFilter:
    """A filter that subscribers share.

    Its signal is at the end of the last block that it selects from, or at the start of the first
    block that was compared with it: nothing after the signal was selected. `since` is that start,
    None until a block was compared with the filter.
    """

    subscribers: int = 0
    since: int | None = None
    signal: PositionSignal = field(default_factory=lambda: PositionSignal(0))


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
        """Follow the log while the block runs; at its end all subscribers raise `ShuttingDown`."""
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
        """Have the log followed, and its events compared with a filter, while the block runs.

        What was recorded before lies in the ring or else in the log.
        """
        if not self._subscribers:
            self._blocks.clear()
            self._byte_count = 0
            self.signal.advance(self._log.tail.position)
            self.first = self.position
        self._subscribers += 1
        # Only after that: every later record sets the event, and this call covers the earlier ones.
        self._recorded.set()
        shared = self._shared.setdefault(selection, _SharedFilter()) if selection else None
        if shared:
            shared.subscribers += 1
        try:
            yield
        finally:
            self._subscribers -= 1
            if selection and shared:
                shared.subscribers -= 1
                if not shared.subscribers:
                    del self._shared[selection]

    def has_next(self, cursor: int, selection: Filter | None) -> bool:
        """Whether what follows a cursor lies in the ring, and was compared with the filter."""
        block = self._blocks.get(cursor)
        is_held = block is not None and (selection is None or selection in block.filters)
        return is_held or self._selects_nothing_after(cursor, selection)

    def _selects_nothing_after(self, cursor: int, selection: Filter | None) -> bool:
        """Whether the filter was compared with all that follows a cursor and selects none of it."""
        shared = self._shared.get(selection) if selection else None
        return shared is not None and shared.since is not None and cursor >= shared.signal.position

    async def wait_beyond(self, cursor: int, selection: Filter | None, seconds: float) -> None:
        """Wait until something selected may follow a cursor, or `seconds` have passed.

        Raises `ShuttingDown`, and `LogUnavailable` where the log could not be followed.
        """
        signal = self._shared[selection].signal if selection else self.signal
        await signal.wait_beyond(cursor, seconds)

    def _fail(self, make_error: MakeError | None) -> None:
        """Have all subscribers raise the error from now on; None ends that."""
        self.signal.fail(make_error)
        for shared in self._shared.values():
            shared.signal.fail(make_error)

    def take(self, cursor: int, selection: Filter | None) -> tuple[Sequence[bytes], int]:
        """Return the events behind a cursor that fit into a frame, and the cursor behind them.

        The cursor stays where it is if the ring does not hold what follows it.
        """
        items: list[bytes] = []
        size = 0
        while self.has_next(cursor, selection):
            if self._selects_nothing_after(cursor, selection):
                return items, max(cursor, self.position)
            more = self._blocks[cursor].selected_items(selection)
            size += sum(map(len, more))
            is_full = len(items) + len(more) > limits.EVENTS_PER_FRAME_MAX
            if items and (is_full or size > limits.FRAME_BYTES_MAX):
                break
            items += more
            cursor = self._blocks[cursor].until
        return items, cursor

    async def _follow(self) -> None:
        """Read whenever something was recorded; subscribers learn of a log that can't be read."""
        while True:
            await self._recorded.wait()
            self._recorded.clear()
            try:
                while self._subscribers and self._log.tail.position > self.position:
                    if self._index.filters != self._shared.keys():
                        self._index = FilterIndex(self._shared)
                    self._keep(await self._workers.run(self._next_block, self._index))
            except Exception:
                self._logger.exception("tailing", at=self.position)
                self._fail(LogUnavailable)
                await asyncio.sleep(limits.RING_RETRY_SECONDS)
                self._fail(None)
                self._recorded.set()

    def _next_block(self, index: FilterIndex) -> RingBlock:
        after = self.position
        rows = self._log.read(after, limits.EVENTS_PER_FRAME_MAX, bytes_max=limits.FRAME_BYTES_MAX)
        items = [event_bytes(row) for row in rows]
        selected, size = index.selected(rows), sum(map(len, items))
        return RingBlock(after, after + len(rows), items, size, index.filters, selected)

    def _keep(self, block: RingBlock) -> None:
        """Put a block into the ring, drop the oldest, and wake the subscribers that it concerns."""
        if block.after != self.position:  # the ring has begun anew while the block was read
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
        for selection in block.selected.keys() & self._shared.keys():
            self._shared[selection].signal.advance(block.until)
        for selection, shared in self._shared.items():
            if shared.since is not None:
                continue
            if selection in block.filters:
                shared.since = block.after
                shared.signal.advance(block.after)
            else:  # its subscribers have to read this block from the log
                shared.signal.advance(block.until)
