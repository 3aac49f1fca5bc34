"""Subscriptions: the log from a position on, without an end.

A subscription has a cursor, the position up to which everything was looked at. What follows it is
read from the log until the ring of `tailing` holds it; from then on it comes from there. Both are
looked at in the same step of the event loop in which the subscriber begins to wait, so there is no
gap at the hand-over. Frames are the bytes of `SubscribeResponse`.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from time import monotonic

from communique.codec.frames import (
    caught_up_frame,
    checkpoint_frame,
    fell_behind_frame,
    heartbeat_frame,
    items_frame,
)
from communique.server.application.live.log_read import Read, Span
from communique.server.application.live.ring import Tailing
from communique.server.application.queries.filters import Filter
from communique.server.log.sqlite_store.log_reader import LogReader
from communique.server.runtime.limits import CHECKPOINT_POSITIONS_MAX, CHECKPOINT_SECONDS
from communique.server.runtime.threads import Workers


class Subscription:
    """One subscription under way.

    Attributes:
        cursor: everything up to this position was looked at, and given where it is selected.
        event_count: how many events were given, or read to be given next.
    """

    def __init__(
        self,
        tailing: Tailing,
        reader: LogReader,
        workers: Workers,
        heartbeat_seconds: float,
        after: int,
        selection: Filter | None,
    ) -> None:
        """Start behind the position `after`; the log is read in the threads of `workers`."""
        self.cursor = after
        self.event_count = 0
        self._tailing = tailing
        self._reader = reader
        self._workers = workers
        self._heartbeat_seconds = heartbeat_seconds
        self._selection = selection
        self._target = reader.tail.position
        self._is_live = False
        self._said = after
        self._said_at = monotonic()

    async def frames(self) -> AsyncGenerator[bytes, None]:
        """Yield frames for ever; raise `ShuttingDown` when the server stops, and `LogUnavailable`.

        Each round looks at where the cursor is and does one thing.
        """
        with self._tailing.subscribed(self._selection):
            while True:
                self._tailing.pulse.check()
                if self._is_behind():
                    async for frame in self._from_log():
                        yield frame
                elif not self._is_live and self.cursor >= self._target:
                    self._is_live = True
                    yield self._told(caught_up_frame(self.cursor))
                elif given := self._sign_of_life() or self._live():
                    yield given
                elif self.cursor >= self._tailing.position:
                    seconds = self._seconds_to_sign()
                    await self._tailing.beyond(self.cursor, self._selection, seconds)

    def _is_behind(self) -> bool:
        """Whether what follows the cursor is recorded and has to be read from the log."""
        return self.cursor < self._tailing.position and not self._tailing.has_next(
            self.cursor, self._selection
        )

    async def _from_log(self) -> AsyncIterator[bytes]:
        """Read from the log up to where the ring ends now."""
        if self._is_live and self.cursor < self._tailing.first:
            self._is_live, self._target = False, self._reader.tail.position
            yield self._told(fell_behind_frame(self.cursor))
        span = Span(self.cursor, self._tailing.position, selection=self._selection)
        read = Read(self._reader, self._workers, span)
        given = self.event_count
        async for frame in read.frames():
            self._tailing.pulse.check()
            self.event_count = given + read.event_count
            yield frame
        # The last frame of a read is a checkpoint at its end.
        self.cursor = self._said = span.until
        self._said_at = monotonic()

    def _live(self) -> bytes | None:
        """Take what follows out of the ring; None where there is nothing or it is not selected."""
        taken = self._tailing.take(self.cursor, self._selection)
        if taken is None:
            return None
        self.cursor = taken.cursor
        if not taken.items:
            return None
        self.event_count += len(taken.items)
        return self._told(items_frame(taken.items))

    def _sign_of_life(self) -> bytes | None:
        """A checkpoint where a filter passed over events, a heartbeat where none were recorded."""
        silent = monotonic() - self._said_at
        unsaid = self.cursor - self._said
        if unsaid >= CHECKPOINT_POSITIONS_MAX or (unsaid and silent >= CHECKPOINT_SECONDS):
            return self._told(checkpoint_frame(self.cursor))
        if silent >= self._heartbeat_seconds and self.cursor >= self._tailing.position:
            return self._told(heartbeat_frame(self.cursor))
        return None

    def _seconds_to_sign(self) -> float:
        due = CHECKPOINT_SECONDS if self.cursor > self._said else self._heartbeat_seconds
        seconds = max(0.0, self._said_at + due - monotonic())
        # What a filter passes over wakes nobody: it has to be looked after.
        return seconds if self._selection is None else min(seconds, CHECKPOINT_SECONDS)

    def _told(self, frame: bytes) -> bytes:
        """Note that the client now knows the cursor, and when it heard of it."""
        self._said, self._said_at = self.cursor, monotonic()
        return frame
