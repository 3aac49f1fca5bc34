"""Subscriptions: the log from a position on, without an end.

A subscription has a cursor, the position up to which everything was looked at. What follows the
cursor is read from the log until the ring holds it; from then on it comes from the ring. The
subscription looks at both in the same step of the event loop in which it begins to wait, so there
is no gap at the hand-over. Frames are the bytes of `SubscribeResponse`.
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
    """One subscription under way.

    Attributes:
        cursor: everything up to this position was looked at, and given where it is selected.
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
        """Start behind the position `after`; the log is read in the threads of `workers`."""
        self.cursor = after
        self.event_count = 0
        self._ring = ring
        self._log = log
        self._workers = workers
        self._heartbeat_seconds = heartbeat_seconds
        self._selection = selection
        self._target = log.tail.position
        self._is_live = False
        self._sent = after
        self._sent_at = monotonic()

    async def frames(self) -> AsyncGenerator[bytes, None]:
        """Yield frames for ever; raise `ShuttingDown` when the server stops, and `LogUnavailable`.

        Each round looks at where the cursor is and does one thing.
        """
        with self._ring.subscribed(self._selection):
            while True:
                self._ring.signal.check()
                if self._is_behind():
                    async for frame in self._from_log():
                        yield frame
                elif not self._is_live and self.cursor >= self._target:
                    self._is_live = True
                    yield self._sending(caught_up_frame(self.cursor))
                elif due := self._sign_of_life() or self._live():
                    yield due
                elif self.cursor >= self._ring.position:
                    seconds = self._seconds_to_sign()
                    await self._ring.wait_beyond(self.cursor, self._selection, seconds)

    def _is_behind(self) -> bool:
        """Whether what follows the cursor is recorded and has to be read from the log."""
        return self.cursor < self._ring.position and not self._ring.has_next(
            self.cursor, self._selection
        )

    async def _from_log(self) -> AsyncIterator[bytes]:
        """Read from the log up to where the ring ends now."""
        if self._is_live and self.cursor < self._ring.first:
            self._is_live, self._target = False, self._log.tail.position
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

    def _live(self) -> bytes | None:
        """Take what follows from the ring; None where nothing is there or nothing is selected."""
        taken = self._ring.take(self.cursor, self._selection)
        if taken is None:
            return None
        self.cursor = taken.cursor
        if not taken.items:
            return None
        self.event_count += len(taken.items)
        return self._sending(events_frame(taken.items))

    def _sign_of_life(self) -> bytes | None:
        """A checkpoint where a filter passed over events, a heartbeat where none were recorded."""
        silent = monotonic() - self._sent_at
        unsent = self.cursor - self._sent
        if unsent >= limits.CHECKPOINT_POSITIONS_MAX or (
            unsent and silent >= limits.CHECKPOINT_SECONDS
        ):
            return self._sending(checkpoint_frame(self.cursor))
        if silent >= self._heartbeat_seconds and self.cursor >= self._ring.position:
            return self._sending(heartbeat_frame(self.cursor))
        return None

    def _seconds_to_sign(self) -> float:
        due = limits.CHECKPOINT_SECONDS if self.cursor > self._sent else self._heartbeat_seconds
        seconds = max(0.0, self._sent_at + due - monotonic())
        # What a filter passes over wakes nobody: it is looked at now and then.
        return seconds if self._selection is None else min(seconds, limits.CHECKPOINT_SECONDS)

    def _sending(self, frame: bytes) -> bytes:
        """Note that the client is sent the cursor, and when."""
        self._sent, self._sent_at = self.cursor, monotonic()
        return frame
