"""Submissions: what arrives during one commit is examined, appended and answered together."""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from uuid import UUID

from communique.service.intake import (
    Examined,
    Intake,
    accepted,
    check_count,
    expectations_of,
)
from communique.service.limits import (
    EVENTS_VALIDATED_INLINE_MAX,
    GROUP_EXAMINED_SECONDS_MAX,
    SUBMITTED_BYTES_WAITING_MAX,
)
from communique.service.log import Append, EventLog, LogClosed, Receipt
from communique.service.refusals import Overloaded
from communique.v1.record_service_pb2 import SubmitRequest


@dataclass(slots=True, eq=False)
class _Submission:
    """A submission on its way: examined already, or not; then in the log's hands, with `answer`."""

    request: SubmitRequest
    byte_count: int
    expectations: Mapping[UUID, int]
    submitter: str
    examined: list[Examined] | None
    receipts: asyncio.Future[list[Receipt]]
    answer: Future[list[Receipt]] | None = None


class Submissions:
    """Takes submissions in, group after group: one is under way, the next one gathers meanwhile.

    Nobody waits for a group to fill. Between two calls gRPC needs the processor's caches for
    itself: a call's event takes 115 microseconds to examine by itself, 35 among others. And where
    they have more to do at a time, the log's thread and the loop's wait less for each other.
    """

    def __init__(self, intake: Intake, event_log: EventLog) -> None:
        """Belong to the running loop, and to the log alone: it has one of them."""
        self._loop = asyncio.get_running_loop()
        self._intake = intake
        self._log = event_log
        self._waiting = deque[_Submission]()
        self._bytes = 0
        self._under_way = deque[_Submission]()
        event_log.call_after_answers(self._wake)

    async def receipts(self, request: SubmitRequest, submitter: str) -> list[Receipt]:
        """Record the events, all or none, and return their receipts once they are durable.

        A caller that is cancelled takes them back, unless their commit has begun.

        Raises `InvalidRequest` with the faults of the expectations, or of all events; `Overloaded`
        if too much waits; and what `EventLog.append_all` raises or answers.
        """
        expectations, events = expectations_of(request.expectations), request.events
        check_count(len(events))
        examined = None
        if len(events) > EVENTS_VALIDATED_INLINE_MAX:
            examined = await self._intake.examined(events)
        receipts: asyncio.Future[list[Receipt]] = self._loop.create_future()
        one = _Submission(request, request.ByteSize(), expectations, submitter, examined, receipts)
        self._enter(one)
        try:
            return await receipts
        except asyncio.CancelledError:
            if one.answer is not None:
                one.answer.cancel()
                self._hand_over()
            raise

    def _enter(self, submission: _Submission) -> None:
        if self._waiting and self._bytes + submission.byte_count > SUBMITTED_BYTES_WAITING_MAX:
            raise Overloaded(f"{len(self._waiting)} submissions of {self._bytes:,} bytes wait")
        self._waiting.append(submission)
        self._bytes += submission.byte_count
        self._loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        """Begin with the next group, unless one is under way or nobody waits."""
        if self._under_way or not self._waiting:
            return
        group, requests = self._examined_group()
        try:
            answers = self._log.append_all(requests)
        except LogClosed as error:
            _refuse(group, error)
        else:
            for submission, answer in zip(group, answers, strict=True):
                submission.answer = answer
            self._under_way.extend(group)
        self._hand_over()

    def _examined_group(self) -> tuple[list[_Submission], list[Append]]:
        """Take submissions out and examine them, until they have kept the loop long enough."""
        group, requests = list[_Submission](), list[Append]()
        until = perf_counter() + GROUP_EXAMINED_SECONDS_MAX
        while self._waiting:
            submission = self._waiting.popleft()
            self._bytes -= submission.byte_count
            if submission.receipts.done():
                continue
            try:
                requests.append(self._request(submission))
                group.append(submission)
            except Exception as error:  # noqa: BLE001  whatever it was, the caller gets it
                _refuse([submission], error)
            if perf_counter() > until:
                break
        return group, requests

    def _request(self, submission: _Submission) -> Append:
        """Examine a submission, unless it was; raise `InvalidRequest` with all of its faults."""
        examined = submission.examined or self._intake.examine(submission.request.events)
        return Append(accepted(examined), submission.expectations, submission.submitter)

    def _wake(self) -> None:
        """Have the loop hand over, from any thread; one that is closed has nobody left to wait.

        Once for a commit: to wake it for each answer lets go of the interpreter's lock each time.
        """
        if self._under_way:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._hand_over)

    def _hand_over(self) -> None:
        """Give to the callers what the log has answered: in the order in which it was asked."""
        while self._under_way and (answer := self._under_way[0].answer) and answer.done():
            receipts = self._under_way.popleft().receipts
            if receipts.done():
                continue
            if error := answer.exception():
                receipts.set_exception(error)
            else:
                receipts.set_result(answer.result())
        self._loop.call_soon(self._go_on)


def _refuse(group: Sequence[_Submission], error: Exception) -> None:
    for submission in group:
        submission.receipts.set_exception(error)
