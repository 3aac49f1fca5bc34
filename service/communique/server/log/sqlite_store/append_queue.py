"""The queue before the writer: bounded at its entrance, handed out in groups."""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Condition
from typing import TypeAlias

from communique.server.log.entries import AppendRequest, EntryReceipt, UncheckedEvent
from communique.server.log.log_errors import LogClosed, LogOverloaded
from communique.server.runtime.limits import LogLimits


@dataclass(frozen=True, slots=True, eq=False)
class AppendJob:
    """A request on its way, and the promise of its receipts; `size` is the bytes of its states."""

    request: AppendRequest
    answer: Future[list[EntryReceipt]]
    events: int
    size: int


@dataclass(frozen=True, slots=True, eq=False)
class InsertJob:
    """Events that pass by the rules, and the promise of their positions; `size` as above."""

    unchecked: Sequence[UncheckedEvent]
    answer: Future[list[int]]
    events: int
    size: int


Job: TypeAlias = AppendJob | InsertJob


class AppendQueue:
    """Jobs in order of arrival. Any thread puts, one thread takes."""

    def __init__(self, limits: LogLimits) -> None:
        """Start empty and open."""
        self._limits = limits
        self._changed = Condition()
        self._jobs: deque[Job] = deque()
        self._events = 0
        self._bytes = 0
        self._is_closed = False

    def put(self, job: Job) -> None:
        """Queue a job.

        Raises `LogOverloaded` if it doesn't fit behind those that wait, `LogClosed` after `close`.
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

    def take(self, seconds_max: float | None) -> list[Job]:
        """Wait for jobs and take those that are committed together; none after `seconds_max`.

        A job whose answer was cancelled while it waited is dropped; the others can't be cancelled
        any more.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._jobs or self._is_closed, seconds_max)
            group = self._take_group()
        return [job for job in group if job.answer.set_running_or_notify_cancel()]

    def close(self) -> None:
        """Take no more jobs in; those inside can still be taken out."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()

    @property
    def is_finished(self) -> bool:
        """Whether nothing waits and nothing can come."""
        return self._is_closed and not self._jobs

    def _is_beyond_limits(self, job: Job) -> bool:
        limits = self._limits
        return (
            len(self._jobs) >= limits.queued_requests_max
            or self._events + job.events > limits.queued_events_max
            or self._bytes + job.size > limits.queued_bytes_max
        )

    def _take_group(self) -> list[Job]:
        """Take the first job, and the appends behind it as far as the group's bounds allow."""
        group: list[Job] = []
        events = size = 0
        while self._jobs:
            job = self._jobs[0]
            events, size = events + job.events, size + job.size
            if group and not self._fits_group(group[0], job, events, size):
                break
            group.append(self._jobs.popleft())
            self._events -= job.events
            self._bytes -= job.size
        return group

    def _fits_group(self, first: Job, job: Job, events: int, size: int) -> bool:
        limits = self._limits
        return (
            isinstance(first, AppendJob)
            and isinstance(job, AppendJob)
            and events <= limits.group_events_max
            and size <= limits.group_bytes_max
        )
