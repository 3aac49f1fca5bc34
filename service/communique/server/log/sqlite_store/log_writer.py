"""The writer: one thread, one transaction for all that waits, an answer once it is durable."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any, Final

import apsw

from communique.server.log.entries import AppendRequest, Entry, UncheckedEvent
from communique.server.log.log_errors import (
    AppendRejected,
    LogUnavailable,
    UnstorableRequest,
    VersionTaken,
)
from communique.server.log.sqlite_store.append_queue import AppendQueue, WriteJob
from communique.server.log.sqlite_store.write_transaction import WritingConnection
from communique.server.log.tail import Tail
from communique.server.runtime.limits import LogLimits

_logger: Final = logging.getLogger(__name__)

_UNSTORABLE: Final = (
    apsw.ConstraintError,
    apsw.MismatchError,
    apsw.TooBigError,
    TypeError,
    ValueError,
    OverflowError,
)
"""Raised for a value that SQLite can't hold, whatever the disk's state."""


class LogWriter:
    """Group commit: requests that arrive during one commit share the next.

    The thread outlives every failure of the disk. While `is_healthy` is false it tries again by
    itself.
    """

    def __init__(self, path: Path, clock: Callable[[], int], limits: LogLimits) -> None:
        """Open the log at `path` and start the thread. `clock` gives microseconds since 1970 UTC.

        Raises what `connect` raises.
        """
        self._connection = WritingConnection(path, limits)
        self._clock = clock
        self._limits = limits
        self._queue = AppendQueue(limits)
        self._is_failing = False
        self.tail = Tail(self._connection.position)
        self._thread = Thread(target=self._run, name="log-writer", daemon=True)
        self._thread.start()

    @property
    def is_healthy(self) -> bool:
        """Whether the last write, or try to write, went through and more can follow."""
        return not self._is_failing and self._thread.is_alive()

    def submit(
        self,
        request: AppendRequest | Sequence[UncheckedEvent],
        events: Sequence[Entry | UncheckedEvent],
    ) -> Future[Any]:
        """Queue a request, whose `events` count towards the limits; return its future.

        Raises `LogOverloaded` or `LogClosed` at once. The result is the receipts of an
        `AppendRequest`, or else positions: see `EventLog`.
        """
        size = sum(len(event.state) for event in events)
        job = WriteJob(request, Future(), len(events), size)
        self._queue.put(job)
        return job.answer

    def close(self) -> None:
        """Commit and answer all that waits, then stop; a second call does nothing."""
        self._queue.close()
        self._thread.join()
        self.tail.close()

    def _run(self) -> None:
        try:
            self._serve()
        finally:  # whatever ended the thread, no caller may be left waiting
            self._queue.close()
            while not self._queue.is_finished:
                _refuse(self._queue.take(0), LogUnavailable(), None)

    def _serve(self) -> None:
        while not self._queue.is_finished:
            group = self._queue.take(self._seconds_to_wait())
            if group:
                self._commit(group)
            elif self._is_failing:
                self._is_failing = not self._attempt("probe", self._connection.probe)
            self._attempt(
                "checkpoint", partial(self._connection.checkpoint_if_due, is_idle=not group)
            )
        self._attempt("close", self._connection.close)

    def _seconds_to_wait(self) -> float | None:
        """Return how long to wait for requests before a probe or checkpoint; None: for ever."""
        if self._is_failing:
            return self._limits.probe_seconds
        return self._limits.idle_seconds if self._connection.is_due(is_idle=True) else None

    def _commit(self, group: list[WriteJob]) -> None:
        """Write a group and answer it; write its requests singly if one of them is unstorable."""
        try:
            outcomes = self._write(group)
        except _UNSTORABLE as error:
            if len(group) == 1:
                _refuse(group, UnstorableRequest(), error)
            else:
                for job in group:
                    self._commit([job])
        except VersionTaken as error:
            _refuse(group, error, error.__cause__)
        except BaseException as error:  # noqa: BLE001  whatever it was, the callers must hear of it
            self._note_failure("commit", error)
            _refuse(group, LogUnavailable(), error)
        else:
            self._is_failing = False
            self.tail.advance(self._connection.position)
            _answer(group, outcomes)

    def _write(self, group: list[WriteJob]) -> Sequence[object]:
        first = group[0].request
        if not isinstance(first, AppendRequest):
            return [self._connection.insert(first, self._clock())]
        requests = [job.request for job in group if isinstance(job.request, AppendRequest)]
        return self._connection.append(requests, self._clock())

    def _attempt(self, action_name: str, action: Callable[[], None]) -> bool:
        """Do what no caller waits for; return whether it went well, and log a failure."""
        try:
            action()
        except Exception as error:  # noqa: BLE001  the thread must outlive it, and health tells
            self._note_failure(action_name, error)
            return False
        return True

    def _note_failure(self, action_name: str, error: BaseException) -> None:
        if not self._is_failing:
            _logger.error("the log's %s failed", action_name, exc_info=error)
        self._is_failing = True
        self._connection.recover()


def _answer(group: Sequence[WriteJob], outcomes: Sequence[object]) -> None:
    for job, outcome in zip(group, outcomes, strict=True):
        if isinstance(outcome, AppendRejected):
            job.answer.set_exception(outcome)
        else:
            job.answer.set_result(outcome)


def _refuse(group: Sequence[WriteJob], error: Exception, cause: BaseException | None) -> None:
    error.__cause__ = cause
    for job in group:
        job.answer.set_exception(error)
