"""A record service in memory that breaks connections where a test says, and a client of it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from typing import Any
from uuid import UUID

import grpc

from communique.client import Client, Retry
from communique.domain.claims.event import Claim, event_from
from communique.v1 import event_pb2, record_service_pb2, record_service_pb2_grpc

QUICK = Retry(first_delay_seconds=0.001)


class Fragile(record_service_pb2_grpc.RecordServiceServicer):
    """A log in memory; `breaks` says which frames, counted over all calls, end their call."""

    def __init__(self, breaks: set[int]) -> None:
        self.breaks = breaks
        self.frames = count()
        self.recorded: dict[str, event_pb2.RecordedEvent] = {}

    def record(self, event: event_pb2.Event) -> bool:
        """Record an event; tell whether it is new."""
        new = event.event_id not in self.recorded
        kept = event_pb2.RecordedEvent(position=len(self.recorded) + 1, revision=1, event=event)
        self.recorded.setdefault(event.event_id, kept)
        return new

    def may_break(self, context: grpc.ServicerContext) -> None:
        """End the call here if the test wants it."""
        if next(self.frames) in self.breaks:
            context.abort(grpc.StatusCode.UNAVAILABLE, "the connection broke")

    def Submit(  # noqa: N802  gRPC's name
        self, request: record_service_pb2.SubmitRequest, context: grpc.ServicerContext
    ) -> record_service_pb2.SubmitResponse:
        """Record first, and then perhaps lose the answer."""
        new = [self.record(event) for event in request.events]
        self.may_break(context)
        receipts = [
            record_service_pb2.Receipt(event_id=event.event_id, duplicate=not is_new)
            for event, is_new in zip(request.events, new, strict=True)
        ]
        return record_service_pb2.SubmitResponse(receipts=receipts)

    def Import(  # noqa: N802  gRPC's name
        self,
        request_iterator: Iterator[record_service_pb2.ImportRequest],
        context: grpc.ServicerContext,
    ) -> Iterator[record_service_pb2.ImportResponse]:
        """Record each batch, and then perhaps lose the answer."""
        answer = record_service_pb2.ImportResponse()
        for batch in request_iterator:
            good = [event for event in batch.events if event.gist != "refused"]
            appended = sum(map(self.record, good))
            self.may_break(context)
            del answer.rejections[:]
            for index, event in enumerate(batch.events, answer.received_count):
                if event.gist == "refused":
                    answer.rejections.add(index=index, reason="ERROR_REASON_INVALID_FIELD")
            answer.received_count += len(batch.events)
            answer.appended_count += appended
            answer.duplicate_count += len(good) - appended
            answer.rejected_count += len(answer.rejections)
            answer.position = len(self.recorded)
            yield answer

    def Read(  # noqa: N802  gRPC's name
        self, request: record_service_pb2.ReadRequest, context: grpc.ServicerContext
    ) -> Iterator[record_service_pb2.ReadResponse]:
        """Give frames of two events, and then a checkpoint."""
        backwards = request.direction == record_service_pb2.DIRECTION_BACKWARDS
        log = sorted(self.recorded.values(), key=lambda entry: entry.position, reverse=backwards)
        after = request.after_position if request.HasField("after_position") else None
        left = [entry for entry in log if after is None or (entry.position < after) == backwards]
        left = [entry for entry in left if entry.position != after][: request.limit or None]
        for start in range(0, len(left), 2):
            self.may_break(context)
            frame = record_service_pb2.RecordedEvents(events=left[start : start + 2])
            yield record_service_pb2.ReadResponse(events=frame)
        self.may_break(context)
        end = record_service_pb2.Checkpoint(position=0 if backwards else len(log))
        yield record_service_pb2.ReadResponse(checkpoint=end)

    Subscribe: Any = None
    GetEvent: Any = None
    ListEvents: Any = None
    GetHead: Any = None
    GetPosition: Any = None


@contextmanager
def client_of(service: Fragile) -> Iterator[Client]:
    """Lend a client of a server with this service."""
    server = grpc.server(ThreadPoolExecutor(8))
    record_service_pb2_grpc.add_RecordServiceServicer_to_server(service, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with Client(f"127.0.0.1:{port}", retry=QUICK) as client:
        yield client
    server.stop(0).wait()


def claim(number: int, gist: str = "") -> Claim:
    """Some claim, told from others by its number."""
    event = event_from(
        {
            "event_id": UUID(int=number),
            "occurred": "2019-08-20",
            "actors": [{"code": "JPN"}],
            "recipients": [{"code": "KOR"}],
            "certainty": "CERTAIN",
            "source": {"outlet": "Arirang"},
            "gist": gist,
            "payload": {"type": "TalksRefused"},
        }
    )
    assert isinstance(event, Claim)
    return event


CLAIMS = [claim(number) for number in range(1, 12)]
POSITIONS = list(range(1, 12))
