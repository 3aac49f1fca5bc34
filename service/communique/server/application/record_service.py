"""`RecordService`: the use cases of the log. Each checks, asks and answers."""

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol
from uuid import UUID

from communique.codec.wire import recorded_message, timestamp_of
from communique.domain.time.clocks import micros
from communique.server.application.live.live_streams import LiveStreams
from communique.server.application.live.log_read import LogRead, ReadSpan, is_backwards
from communique.server.application.live.subscription_feed import SubscriptionFeed
from communique.server.application.queries.event_pages import list_page
from communique.server.application.queries.filters import filter_or_none
from communique.server.application.queries.query_runner import QueryRunner, run_shortly
from communique.server.application.queries.requested_as_of import (
    check_not_negative,
    check_recorded,
    instant_of,
)
from communique.server.application.recording.bulk_import import Batch, BulkImport
from communique.server.application.recording.validation import (
    EventValidator,
    expectations_of,
)
from communique.server.application.request_errors import (
    EventNotFound,
    Faults,
    InvalidFields,
    checked,
    decoded,
    uuid_of,
)
from communique.server.log.entries import LogRow
from communique.server.log.event_log import EventLog
from communique.server.runtime.call import Call
from communique.server.runtime.call_log import note
from communique.server.runtime.threads import WorkerPool
from communique.v1 import record_service_pb2 as pb


class Submission(Batch, Protocol):
    """A `SubmitRequest` with its parts as bytes."""

    @property
    @abstractmethod
    def expectations(self) -> Sequence[bytes]:
        """The messages of what is expected."""


@dataclass(frozen=True)
class RecordService:
    """Writes to the log and reads from it; `ListEvents` asks the read models."""

    event_log: EventLog
    validator: EventValidator
    queries: QueryRunner
    readers: WorkerPool
    live: LiveStreams

    async def Submit(self, request: Submission, call: Call) -> pb.SubmitResponse:
        """Record the events, all or none. A commit once begun goes through, whoever went away."""
        note(events=len(request.events))
        expectations = expectations_of(
            [decoded(pb.Expectation, part) for part in request.expectations]
        )
        entries = await self.validator.entries(request.events)
        answer = self.event_log.append(entries, expectations, call.principal)
        response, record_time = pb.SubmitResponse(), cache(timestamp_of)
        for receipt in await asyncio.wrap_future(answer):
            response.receipts.add(
                event_id=str(receipt.event_id),
                position=receipt.position,
                record_time=record_time(receipt.record_micros),
                duplicate=receipt.duplicate,
                revision=receipt.revision,
            )
        note(position=response.receipts[-1].position)
        return response

    async def Import(
        self, requests: AsyncIterator[Batch], call: Call
    ) -> AsyncIterator[pb.ImportResponse]:
        """Record batches in bulk, with progress for each."""
        bulk_import = BulkImport(self.validator, self.event_log, call.principal)
        async for progress in bulk_import.run(requests):
            note(
                events=progress.received_count,
                rejected=progress.rejected_count,
                position=progress.position,
            )
            yield progress

    async def GetEvent(self, request: pb.GetEventRequest, _call: Call) -> pb.GetEventResponse:
        """Return an event with its amendments."""
        event_id = checked("event_id", uuid_of, request.event_id)
        claim, *amendments = await run_shortly(self.readers, self._stream, event_id)
        note(position=claim.position)
        return pb.GetEventResponse(
            claim=recorded_message(claim), amendments=map(recorded_message, amendments)
        )

    async def ListEvents(self, request: pb.ListEventsRequest, call: Call) -> pb.ListEventsResponse:
        """Return a page of the events that a filter selects, in the order of their positions."""
        list_events = self.queries.read_models.list_events
        return await list_page(self.queries, list_events, request, call, pb.ListEventsResponse)

    async def Read(self, request: pb.ReadRequest, _call: Call) -> AsyncIterator[bytes]:
        """Read the log; the frames are the bytes of `ReadResponse`: see `codec.wire`."""
        span = _span(request, await self._head(request.after_position))
        read = LogRead(self.event_log, self.readers, span)
        async for frame in read.frames():
            yield frame
        note(events=read.event_count, position=span.until)

    async def Subscribe(self, request: pb.SubscribeRequest, _call: Call) -> AsyncIterator[bytes]:
        """Follow the log; the frames are the bytes of `SubscribeResponse`: see `codec.wire`."""
        after = head = await self._head(request.after_position)
        if request.HasField("after_position"):
            after = request.after_position
            faults = Faults()
            check_not_negative("after_position", after, faults)
            faults.refuse()
            check_recorded(after, head)
        live, selection = self.live, filter_or_none(request.filter)
        subscription = SubscriptionFeed(
            live.ring, self.event_log, live.log_readers, live.heartbeat_seconds, after, selection
        )
        try:
            with live.joined():
                async for frame in subscription.frames():
                    yield frame
        finally:
            note(events=subscription.event_count, position=subscription.cursor)

    async def GetHead(self, _request: pb.GetHeadRequest, _call: Call) -> pb.GetHeadResponse:
        """Return the last position and its record time."""
        position, record_micros = await run_shortly(self.readers, self.event_log.head)
        if not position:
            return pb.GetHeadResponse()
        return pb.GetHeadResponse(position=position, record_time=timestamp_of(record_micros))

    async def GetPosition(
        self, request: pb.GetPositionRequest, _call: Call
    ) -> pb.GetPositionResponse:
        """Return the last position that was recorded at or before a record time."""
        if not request.HasField("record_time"):
            raise InvalidFields.at("record_time", "is required")
        moment = checked("record_time", instant_of, request.record_time)
        position = await run_shortly(self.readers, self.event_log.position_at, micros(moment))
        return pb.GetPositionResponse(position=position)

    async def _head(self, position: int) -> int:
        """Return the last position, read from the log itself if a client knows a later one.

        Readers of the log can see a commit a moment before its writer announces it.
        """
        head = self.event_log.tail.position
        if position > head:
            head, _ = await run_shortly(self.readers, self.event_log.head)
        return head

    def _stream(self, event_id: UUID) -> list[LogRow]:
        """Return the claim and amendments of an event, named by its own or an amendment's id."""
        stream = self.event_log.stream(event_id)
        if stream:
            return stream
        position = self.event_log.find(event_id)
        if position is None:
            raise EventNotFound(event_id)
        amendment = self.event_log.by_positions([position])[0]
        return self.event_log.stream(UUID(bytes=amendment.event_id))


def _span(request: pb.ReadRequest, head: int) -> ReadSpan:
    """Return what a request asks to read of a log whose last position is `head`."""
    faults = Faults()
    check_not_negative("after_position", request.after_position, faults)
    check_not_negative("limit", request.limit, faults)
    faults.refuse()
    check_recorded(request.after_position, head)
    limit, selection = request.limit or None, filter_or_none(request.filter)
    if is_backwards(request.direction):
        from_head = head + 1 if head else 0
        before = request.after_position if request.HasField("after_position") else from_head
        return ReadSpan(0, before - 1, is_backwards=True, limit=limit, selection=selection)
    return ReadSpan(request.after_position, head, limit=limit, selection=selection)
