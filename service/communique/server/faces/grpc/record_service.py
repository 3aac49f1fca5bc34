"""`RecordService`: the log. Each method checks, asks and answers; what it raises `errors` maps."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from communique.codec.frames import recorded_message
from communique.codec.wire import timestamp_of
from communique.domain.time.clocks import micros
from communique.server import log
from communique.server.application.live.live_streams import Live
from communique.server.application.live.log_read import Read, Span, is_backwards
from communique.server.application.queries.filters import Filter, filter_of
from communique.server.application.queries.query_runner import Asking, resolved
from communique.server.application.queries.read_models import ReadModels
from communique.server.application.queries.requested_points import (
    check_not_negative,
    check_recorded,
    instant_of,
)
from communique.server.application.recording.admission import Gathering
from communique.server.application.recording.bulk_import import Importer
from communique.server.application.recording.commit_answers import Answers
from communique.server.application.recording.validation import (
    Intake,
    expectations_of,
    is_examined_inline,
)
from communique.server.application.request_errors import (
    EventNotFound,
    Faults,
    InvalidRequest,
    checked,
    uuid_of,
)
from communique.server.log.sqlite_store.sqlite_log import EventLog
from communique.server.runtime.call import Context, submitter_of
from communique.server.runtime.call_log import note
from communique.server.runtime.threads import Workers
from communique.v1 import record_service_pb2 as pb
from communique.v1.record_service_pb2_grpc import RecordServiceServicer


@dataclass(frozen=True)
class RecordService(RecordServiceServicer):
    """Writes to the log and reads from it; `ListEvents` asks the read models."""

    event_log: EventLog
    read_models: ReadModels
    answers: Answers
    intake: Intake
    gathering: Gathering
    asking: Asking
    readers: Workers
    live: Live

    async def Submit(self, request: pb.SubmitRequest, context: Context) -> pb.SubmitResponse:
        """Record the events, all or none. A commit once begun goes through, whoever went away.

        Calls of few events go on together: see `Gathering`. Many are examined in a thread.
        """
        note(events=len(request.events))
        if not is_examined_inline(request.events):
            return await self._recorded(request, context)
        await self.gathering.enter(request.ByteSize())
        try:
            return await self._recorded(request, context)
        finally:
            self.gathering.leave()

    async def Import(
        self, request_iterator: AsyncIterator[pb.ImportRequest], context: Context
    ) -> AsyncIterator[pb.ImportResponse]:
        """Record batches in bulk, with progress for each."""
        importer = Importer(self.intake, self.event_log, submitter_of(context))
        async for progress in importer.run(request_iterator):
            note(
                events=progress.received_count,
                rejected=progress.rejected_count,
                position=progress.position,
            )
            yield progress

    async def GetEvent(self, request: pb.GetEventRequest, context: Context) -> pb.GetEventResponse:
        """Return an event with its amendments."""
        event_id = checked("event_id", uuid_of, request.event_id)
        claim, *amendments = await self.readers.run(self._stream, event_id)
        note(position=claim.position)
        return pb.GetEventResponse(
            claim=recorded_message(claim), amendments=map(recorded_message, amendments)
        )

    async def ListEvents(
        self, request: pb.ListEventsRequest, context: Context
    ) -> pb.ListEventsResponse:
        """Return a page of the events that a filter selects, in the order of their positions."""
        page, token = await self.asking.list_page(request, context, self.read_models.list_events)
        return pb.ListEventsResponse(
            events=page.events, next_page_token=token, as_of=resolved(page.as_of)
        )

    async def Read(self, request: pb.ReadRequest, context: Context) -> AsyncIterator[bytes]:  # type: ignore[override]
        """Read the log; the frames are the bytes of `ReadResponse`: see `frames`."""
        span = _span(request, await self._head(request.after_position))
        read = Read(self.event_log, self.readers, span)
        async for frame in read.frames():
            yield frame
        note(events=read.event_count, position=span.until)

    async def Subscribe(  # type: ignore[override]
        self, request: pb.SubscribeRequest, context: Context
    ) -> AsyncIterator[bytes]:
        """Follow the log; the frames are the bytes of `SubscribeResponse`: see `frames`."""
        after, selection = _start(request, await self._head(request.after_position))
        subscription = self.live.subscription(after, selection)
        try:
            with self.live.streams.joined():
                async for frame in subscription.frames():
                    yield frame
        finally:
            note(events=subscription.event_count, position=subscription.cursor)

    async def GetHead(self, request: pb.GetHeadRequest, context: Context) -> pb.GetHeadResponse:
        """Return the last position and its record time."""
        position, record_micros = await self.readers.run(self.event_log.head)
        if not position:
            return pb.GetHeadResponse()
        return pb.GetHeadResponse(position=position, record_time=timestamp_of(record_micros))

    async def GetPosition(
        self, request: pb.GetPositionRequest, context: Context
    ) -> pb.GetPositionResponse:
        """Return the last position that was recorded at or before a record time."""
        if not request.HasField("record_time"):
            raise InvalidRequest.at("record_time", "is required")
        moment = checked("record_time", instant_of, request.record_time)
        position = await self.readers.run(self.event_log.position_at, micros(moment))
        return pb.GetPositionResponse(position=position)

    async def _recorded(self, request: pb.SubmitRequest, context: Context) -> pb.SubmitResponse:
        expectations = expectations_of(request.expectations)
        entries = await self.intake.entries(request.events)
        answer = self.event_log.append(entries, expectations, submitter_of(context))
        receipts = await self.answers.of(answer)
        note(position=receipts[-1].position)
        return pb.SubmitResponse(receipts=map(_receipt, receipts))

    async def _head(self, position: int) -> int:
        """Return the last position, looked for in the log itself if a client knows a later one.

        Whoever reads the log can see a commit a moment before its writer has said so.
        """
        head = self.event_log.tail.position
        if position > head:
            head, _ = await self.readers.run(self.event_log.head)
        return head

    def _stream(self, event_id: UUID) -> list[log.Recorded]:
        """The claim and amendments of an event, named by its own id or by that of an amendment."""
        stream = self.event_log.stream(event_id)
        if stream:
            return stream
        position = self.event_log.find(event_id)
        if position is None:
            raise EventNotFound(event_id)
        amendment = self.event_log.by_positions([position])[0]
        return self.event_log.stream(UUID(bytes=amendment.event_id))


def _receipt(receipt: log.Receipt) -> pb.Receipt:
    return pb.Receipt(
        event_id=str(receipt.event_id),
        position=receipt.position,
        record_time=timestamp_of(receipt.record_micros),
        duplicate=receipt.duplicate,
        revision=receipt.revision,
    )


def _span(request: pb.ReadRequest, head: int) -> Span:
    """Return what a request asks to read of a log whose last position is `head`."""
    faults = Faults()
    check_not_negative("after_position", request.after_position, faults)
    check_not_negative("limit", request.limit, faults)
    faults.refuse()
    check_recorded(request.after_position, head)
    limit, selected = request.limit or None, _selection(request.filter)
    if is_backwards(request.direction):
        from_head = head + 1 if head else 0
        before = request.after_position if request.HasField("after_position") else from_head
        return Span(0, before - 1, is_backwards=True, limit=limit, selection=selected)
    return Span(request.after_position, head, limit=limit, selection=selected)


def _start(request: pb.SubscribeRequest, head: int) -> tuple[int, Filter | None]:
    """Return where a subscription begins, in a log that ends at `head`, and its filter."""
    if not request.HasField("after_position"):
        return head, _selection(request.filter)
    faults = Faults()
    check_not_negative("after_position", request.after_position, faults)
    faults.refuse()
    check_recorded(request.after_position, head)
    return request.after_position, _selection(request.filter)


def _selection(message: pb.EventFilter) -> Filter | None:
    """Return what a filter's message selects, None where that is all."""
    selection = filter_of(message)
    return None if selection == Filter() else selection
