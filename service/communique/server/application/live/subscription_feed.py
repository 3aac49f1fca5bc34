"""Subscriptions: the log from a position on, without an end.

What follows the cursor of a subscription is read from the log until the ring holds it, and taken
from the ring from then on. The subscription compares its cursor with both in the same step of the
event loop in which it begins to wait, so there is no gap at the hand-over.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from time import monotonic

from communique.codec.wire import (
    caught_up_frame,
    checkpoint_frame,
    events_frame,
    fell_behind_frame,
    heartbeat_frame,
)
from communique.domain.state.event_filter import Filter
from communique.server.application.live.log_read import LogRead, ReadSpan
from communique.server.application.live.ring import LogRing
from communique.server.log.event_log import LogReader
from communique.server.runtime import limits
from communique.server.runtime.threads import WorkerPool


class SubscriptionFeed:
    """One subscription under way; `log` is read in the threads of `workers`.

    Attributes:
        cursor: everything selected up to this position was given; it begins `after` a position.
        event_count: how many events were given, or read to be given next.
    """

    def __init__(
        self,
        ring: LogRing,
        log: LogReader,
        workers: WorkerPool,
        heartbeat_seconds: float,
        after: int,
        selection: Filter | None,
    ) -> None:
        self.cursor = after
        self.event_count = 0
        self._ring = ring
        self._log = log
        self._workers = workers
        self._heartbeat_seconds = heartbeat_seconds
        self._selection = selection
        self._catch_up_until = log.tail.position
        self._is_live = False
        self._sent = after
        self._sent_at = monotonic()

    async def frames(self) -> AsyncGenerator[bytes, None]:
        """Yield frames for ever, as bytes of `SubscribeResponse`.

        Raises `ShuttingDown` when the server stops, and `LogUnavailable`.
        """
        with self._ring.subscribed(self._selection):
            while True:
                self._ring.signal.check()
                if self._must_read_log():
                    async for frame in self._frames_from_log():
                        yield frame
                elif not self._is_live and self.cursor >= self._catch_up_until:
                    self._is_live = True
                    yield self._sending(caught_up_frame(self.cursor))
                elif due := self._keepalive() or self._frame_from_ring():
                    yield due
                elif self.cursor >= self._ring.position:
                    seconds = self._seconds_to_keepalive()
                    await self._ring.wait_beyond(self.cursor, self._selection, seconds)

    def _must_read_log(self) -> bool:
        """Whether what follows the cursor is recorded and has to be read from the log."""
        return self.cursor < self._ring.position and not self._ring.has_next(
            self.cursor, self._selection
        )

    async def _frames_from_log(self) -> AsyncIterator[bytes]:
        """Read from the log up to where the ring ends now."""
        if self._is_live and self.cursor < self._ring.first:
            self._is_live, self._catch_up_until = False, self._log.tail.position
            yield self._sending(fell_behind_frame(self.cursor))
        span = ReadSpan(self.cursor, self._ring.position, selection=self._selection)
        read = LogRead(self._log, self._workers, span)
        count_before = self.event_count
        async for frame in read.frames():
            self._ring.signal.check()
            self.event_count = count_before + read.event_count
            yield frame
        # The last frame of a read is a checkpoint at its end.
        self.cursor = self._sent = span.until
        self._sent_at = monotonic()

    def _frame_from_ring(self) -> bytes | None:
        """Take what follows from the ring; None where it holds nothing or nothing is selected."""
        items, self.cursor = self._ring.take(self.cursor, self._selection)
        if not items:
            return None
        self.event_count += len(items)
        return self._sending(events_frame(items))

    def _keepalive(self) -> bytes | None:
        """Return a checkpoint if a filter passed over events, a heartbeat if none were recorded."""
        silent = monotonic() - self._sent_at
        unsent = self.cursor - self._sent
        if unsent >= limits.CHECKPOINT_POSITIONS_MAX or (
            unsent and silent >= limits.CHECKPOINT_SECONDS
        ):
            return self._sending(checkpoint_frame(self.cursor))
        if silent >= self._heartbeat_seconds and self.cursor >= self._ring.position:
            return self._sending(heartbeat_frame(self.cursor))
        return None

    def _seconds_to_keepalive(self) -> float:
        due = limits.CHECKPOINT_SECONDS if self.cursor > self._sent else self._heartbeat_seconds
        seconds = max(0.0, self._sent_at + due - monotonic())
        # Events that a filter passes over wake no subscriber, and still want a checkpoint in time.
        return seconds if self._selection is None else min(seconds, limits.CHECKPOINT_SECONDS)

    def _sending(self, frame: bytes) -> bytes:
        """Note that the client is sent the cursor with this frame, and when."""
        self._sent, self._sent_at = self.cursor, monotonic()
        return frame
