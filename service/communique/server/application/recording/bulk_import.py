"""Bulk imports: batch after batch, where an event at fault is reported and the others go in.

While one batch commits, the next batches are validated. They are appended one after the other,
since an amendment may name an event of the batch before.
"""

import asyncio
from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from concurrent.futures import Future
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, TypeVar

from communique.server.application.reasons import failure_of
from communique.server.application.recording.validation import EventValidator, Refused, Validated
from communique.server.log.entries import Entry, EntryReceipt
from communique.server.log.event_log import EventLog
from communique.server.log.log_errors import AppendRejected, LogOverloaded
from communique.server.runtime import limits
from communique.v1.record_service_pb2 import ImportResponse

Item = TypeVar("Item")
Outcome: TypeAlias = EntryReceipt | Exception
"""What became of one event."""


class Batch(Protocol):
    """An `ImportRequest` with its events as bytes."""

    @property
    @abstractmethod
    def events(self) -> Sequence[bytes]:
        """The events as the client sent them."""


@dataclass(frozen=True)
class BulkImport:
    """Appends the batches of one import in the name of `submitter`."""

    validator: EventValidator
    event_log: EventLog
    submitter: str
    _progress: ImportResponse = field(default_factory=ImportResponse, init=False)

    async def run(self, requests: AsyncIterator[Batch]) -> AsyncIterator[ImportResponse]:
        """Yield progress once for each batch, in their order, when the batch is durable.

        Raises `InvalidFields` for a batch that is empty or too large, after those before it.
        """
        ahead_max = limits.BATCHES_VALIDATED_AHEAD_MAX
        validated_batches = (
            await self.validator.validated(request.events) async for request in requests
        )
        async with aclosing(prefetched(validated_batches, ahead_max)) as batches:
            async for validated in batches:
                yield self._progress_with(validated, await self._outcomes(validated))

    async def _outcomes(self, validated: Sequence[Validated]) -> list[Outcome]:
        """Append the valid entries; return what became of each event, in their order."""
        entries = [entry for entry in validated if not isinstance(entry, Refused)]
        appended = iter(await self._append(entries))
        return [
            entry.error if isinstance(entry, Refused) else next(appended) for entry in validated
        ]

    async def _append(self, entries: Sequence[Entry]) -> Sequence[EntryReceipt | AppendRejected]:
        """Append all entries as one; if that is rejected, each by itself, all in one commit."""
        if not entries:
            return []
        try:
            return await asyncio.wrap_future(await self._queued(entries))
        except AppendRejected:
            answers = [await self._queued([entry]) for entry in entries]
            return [await _receipt_or_rejection(answer) for answer in answers]

    async def _queued(self, entries: Sequence[Entry]) -> Future[list[EntryReceipt]]:
        """Queue an append once the log has room for it: an import is slowed down, not refused."""
        while True:
            try:
                return self.event_log.append(entries, submitter=self.submitter)
            except LogOverloaded:
                await asyncio.sleep(limits.RETRY_SECONDS)

    def _progress_with(
        self, validated: Sequence[Validated], outcomes: Sequence[Outcome]
    ) -> ImportResponse:
        """Add a batch to the progress, and return a copy of the progress."""
        total = self._progress
        total.ClearField("rejections")
        receipts = [outcome for outcome in outcomes if isinstance(outcome, EntryReceipt)]
        duplicates = sum(receipt.duplicate for receipt in receipts)
        total.position = max(total.position, *(receipt.position for receipt in receipts), 0)
        total.duplicate_count += duplicates
        total.appended_count += len(receipts) - duplicates
        total.rejected_count += len(outcomes) - len(receipts)
        for index, (event, outcome) in enumerate(zip(validated, outcomes, strict=True)):
            if not isinstance(outcome, EntryReceipt):
                failure = failure_of(outcome)
                total.rejections.add(
                    index=total.received_count + index,
                    event_id=str(event.event_id)[: limits.REJECTED_ID_LENGTH_MAX],
                    reason=failure.reason,
                    message=failure.message,
                )
        total.received_count += len(outcomes)
        progress = ImportResponse()
        progress.CopyFrom(total)
        return progress


async def prefetched(items: AsyncIterator[Item], count: int) -> AsyncGenerator[Item, None]:
    """Yield the items, of which up to `count` are made while an earlier one is being processed.

    What making an item raises is raised in its place, after the items before it.
    """
    made: asyncio.Queue[Item | BaseException] = asyncio.Queue(count)

    async def make() -> None:
        try:
            async for item in items:
                await made.put(item)
        except Exception as error:  # noqa: BLE001  raised again by the consumer, in its turn
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
    answer: Future[list[EntryReceipt]],
) -> EntryReceipt | AppendRejected:
    try:
        return (await asyncio.wrap_future(answer))[0]
    except AppendRejected as rejection:
        return rejection
