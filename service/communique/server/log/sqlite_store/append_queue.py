"""The queue before the writer: bounded at its entrance, taken in groups."""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Condition
from typing import Any

from communique.server.log.entries import AppendRequest, UncheckedEvent
from communique.server.log.log_errors import LogClosed, LogOverloaded
from communique.server.runtime.limits import LogLimits


@dataclass(frozen=True, slots=True, eq=False)
class WriteJob:
    """A request to write, and the future of its receipts or positions.

    `events` counts its events, `size` the bytes of their states.
    """

    request: AppendRequest | Sequence[UncheckedEvent]
    answer: Future[Any]
    events: int
    size: int


class AppendQueue:
    """Jobs in order of arrival. Any thread puts, one thread takes."""

    def __init__(self, limits: LogLimits) -> None:
        self._limits = limits
        self._changed = Condition()
        self._jobs: deque[WriteJob] = deque()
        self._events = 0
        self._bytes = 0
        self._is_closed = False

    def put(self, job: WriteJob) -> None:
        """Queue a job.

        Raises `LogOverloaded` if it does not fit behind those that wait, `LogClosed` after `close`.
        """
        with self._changed:
            if self._is_closed:
                raise LogClosed
            if self._jobs and self._is_beyond_limits(job):
                raise LogOverloaded(len(self._jobs), self._events, self._bytes)
            self._jobs.append(job)
            self._events += job.events
            self._bytes += job.size
            self._changed.notify()

    def take(self, seconds_max: float | None) -> list[WriteJob]:
        """Wait for jobs and take those that are committed together; none after `seconds_max`.

        A job that was cancelled while it waited is dropped; the others can't be cancelled any more.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._jobs or self._is_closed, seconds_max)
            group = self._take_group()
        return [job for job in group if job.answer.set_running_or_notify_cancel()]

    def close(self) -> None:
        """Accept no more jobs; those that wait can still be taken."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()

    @property
    def is_finished(self) -> bool:
        """Whether no job waits and none can come."""
        return self._is_closed and not self._jobs

    def _is_beyond_limits(self, job: WriteJob) -> bool:
        limits = self._limits
        return (
            len(self._jobs) >= limits.queued_requests_max
            or self._events + job.events > limits.queued_events_max
            or self._bytes + job.size > limits.queued_bytes_max
        )

    def _take_group(self) -> list[WriteJob]:
        """Take the first job, and the appends behind it as far as the group's bounds allow."""
        limits = self._limits
        group: list[WriteJob] = []
        events = size = 0
        while self._jobs:
            job = self._jobs[0]
            events, size = events + job.events, size + job.size
            fits = events <= limits.group_events_max and size <= limits.group_bytes_max
            if group and not (
                fits
                and isinstance(job.request, AppendRequest)
                and isinstance(group[0].request, AppendRequest)
            ):
                break
            group.append(self._jobs.popleft())
            self._events -= job.events
            self._bytes -= job.size
        return group
