"""The log's answers, brought from the writer's thread to the event loop."""

import asyncio
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from communique.server.log.event_log import EventLog

Answer = TypeVar("Answer")


class CommitAnswers:
    """Hands over all answers of one commit with one wake-up of the running event loop.

    `asyncio.wrap_future` wakes the loop for each answer, and each time the writer's thread lets go
    of the interpreter's lock in the middle of its answers. A log has one of these at most.
    """

    def __init__(self, event_log: EventLog) -> None:
        self._loop = asyncio.get_running_loop()
        self._done = deque[tuple[asyncio.Future[Any], Future[Any]]]()
        event_log.call_after_answers(self._wake)

    async def wait(self, answer: Future[Answer]) -> Answer:
        """Wait for an answer of the log; a caller that is cancelled cancels what it asked for."""
        waiting: asyncio.Future[Answer] = self._loop.create_future()
        answer.add_done_callback(lambda done: self._done.append((waiting, done)))
        if answer.done():  # its commit may have been over before the line above
            self._hand_over()
        try:
            return await waiting
        except asyncio.CancelledError:
            answer.cancel()
            raise

    def _wake(self) -> None:
        """Have the loop hand the answers over, from any thread; on a closed loop nothing waits."""
        if self._done:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._hand_over)

    def _hand_over(self) -> None:
        while self._done:
            waiting, answer = self._done.popleft()
            if waiting.done():
                continue
            if error := answer.exception():
                waiting.set_exception(error)
            else:
                waiting.set_result(answer.result())
