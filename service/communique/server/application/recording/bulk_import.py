"""Bulk imports: batch after batch, where an event at fault is reported and the others go in.

While one batch commits, the next ones are validated. Batches are appended one after the other,
since an amendment may name an event of the batch before.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from concurrent.futures import Future
from contextlib import aclosing
from typing import NamedTuple, TypeAlias, TypeVar

from communique.server import log
from communique.server.application.reasons import message_of, rule_of
from communique.server.application.recording.validation import Examined, Intake
from communique.server.application.request_errors import InvalidRequest
from communique.server.log.sqlite_store.sqlite_log import EventLog
from communique.server.runtime.limits import BATCHES_VALIDATED_AHEAD_MAX, RETRY_SECONDS
from communique.v1 import event_pb2
from communique.v1.record_service_pb2 import ImportRequest, ImportResponse, Rejection

Item = TypeVar("Item")
Outcome: TypeAlias = log.Receipt | InvalidRequest | log.AppendRejected
"""What became of one event."""


class _Batch(NamedTuple):
    """A request's events, and what they are."""

    messages: Sequence[event_pb2.Event]
    examined: list[Examined]


class Importer:
    """Takes in the batches of one import."""

    def __init__(self, intake: Intake, event_log: EventLog, submitter: str) -> None:
        """Validate with `intake`, and append to `event_log` in the name of `submitter`."""
        self._intake = intake
        self._log = event_log
        self._submitter = submitter
        self._progress = ImportResponse()

    async def run(self, requests: AsyncIterator[ImportRequest]) -> AsyncIterator[ImportResponse]:
        """Yield progress once for each batch, in their order, when the batch is durable.

        Raises `InvalidRequest` for a batch that is empty or too large, after those before it.
        """
        async with aclosing(
            ahead(self._validated(requests), BATCHES_VALIDATED_AHEAD_MAX)
        ) as batches:
            async for batch in batches:
                yield self._told(batch, await self._outcomes(batch.examined))

    async def _validated(self, requests: AsyncIterator[ImportRequest]) -> AsyncIterator[_Batch]:
        async for request in requests:
            yield _Batch(request.events, await self._intake.examined(request.events))

    async def _outcomes(self, examined: Sequence[Examined]) -> list[Outcome]:
        """Append what can be appended; return what became of each event, in their order."""
        entries = [one for one in examined if not isinstance(one, InvalidRequest)]
        appended = iter(await self._append(entries))
        return [one if isinstance(one, InvalidRequest) else next(appended) for one in examined]

    async def _append(
        self, entries: Sequence[log.Entry]
    ) -> Sequence[log.Receipt | log.AppendRejected]:
        """Append all as one; where that is rejected, each by itself, committed together."""
        if not entries:
            return []
        try:
            return await asyncio.wrap_future(await self._queued(entries))
        except log.AppendRejected:
            answers = [await self._queued([entry]) for entry in entries]
            return [await _receipt_or_rejection(answer) for answer in answers]

    async def _queued(self, entries: Sequence[log.Entry]) -> Future[list[log.Receipt]]:
        """Queue an append once the log has room for it: an import is slowed down, not refused."""
        while True:
            try:
                return self._log.append(entries, submitter=self._submitter)
            except log.LogOverloaded:
                await asyncio.sleep(RETRY_SECONDS)

    def _told(self, batch: _Batch, outcomes: Sequence[Outcome]) -> ImportResponse:
        """Add a batch to the progress, and return it as it stands now."""
        total = self._progress
        total.ClearField("rejections")
        for message, outcome in zip(batch.messages, outcomes, strict=True):
            match outcome:
                case log.Receipt(position=position, duplicate=duplicate):
                    total.position = max(total.position, position)
                    total.duplicate_count += duplicate
                    total.appended_count += not duplicate
                case _:
                    total.rejected_count += 1
                    total.rejections.append(_rejection(total.received_count, message, outcome))
            total.received_count += 1
        told = ImportResponse()
        told.CopyFrom(total)
        return told


async def ahead(items: AsyncIterator[Item], count: int) -> AsyncGenerator[Item, None]:
    """Yield the items, of which up to `count` are made while an earlier one is being dealt with.

    What making one raises is raised in its place, after the items before it.
    """
    made: asyncio.Queue[Item | BaseException] = asyncio.Queue(count)

    async def make() -> None:
        try:
            async for item in items:
                await made.put(item)
        except Exception as error:  # noqa: BLE001  it is raised again, in its turn
            await made.put(error)
        else:
            await made.put(StopAsyncIteration())

    maker = asyncio.create_task(make())
    try:
        while not isinstance(item := await made.get(), BaseException):
            yield item
        if not isinstance(item, StopAsyncIteration):
            raise item
    finally:
        maker.cancel()


async def _receipt_or_rejection(
    answer: Future[list[log.Receipt]],
) -> log.Receipt | log.AppendRejected:
    try:
        return (await asyncio.wrap_future(answer))[0]
    except log.AppendRejected as rejection:
        return rejection


def _rejection(
    index: int, message: event_pb2.Event, error: InvalidRequest | log.AppendRejected
) -> Rejection:
    """Say what is wrong with the event that came as number `index` of the call."""
    return Rejection(
        index=index,
        event_id=message.event_id[:64],
        reason=rule_of(error).reason,
        message=message_of(error),
    )
