"""What the client does when the connection breaks, at a server that fails where a test says."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any
from uuid import UUID

import grpc
import pytest

from communique.client import Client, ImportReport, Retry, Unavailable
from communique.domain.claims.event import Claim, Recorded, event_from
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
        log = sorted(self.recorded.values(), key=lambda it: it.position, reverse=backwards)
        after = request.after_position if request.HasField("after_position") else None
        left = [it for it in log if after is None or (it.position < after) == backwards]
        left = [it for it in left if it.position != after][: request.limit or None]
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


@pytest.fixture
def fragile() -> Fragile:
    """A server that breaks nothing until a test says so."""
    return Fragile(set())


@pytest.fixture
def client(fragile: Fragile) -> Iterator[Client]:
    """A client of that server."""
    server = grpc.server(ThreadPoolExecutor(4))
    record_service_pb2_grpc.add_RecordServiceServicer_to_server(fragile, server)
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


def test_a_submission_whose_answer_was_lost_is_recorded_once(
    fragile: Fragile, client: Client
) -> None:
    """Submitting again after a broken connection gives the receipt and appends nothing."""
    fragile.breaks = {0, 1}
    [receipt] = client.submit(CLAIMS[:1])
    assert (receipt.event_id, receipt.duplicate, len(fragile.recorded)) == (UUID(int=1), True, 1)


def test_a_submission_is_given_up_after_some_attempts(fragile: Fragile, client: Client) -> None:
    """A server that stays away is told to the caller, not waited for without end."""
    fragile.breaks = set(range(100))
    with pytest.raises(Unavailable, match="the connection broke"):
        client.submit(CLAIMS[:1])
    assert next(fragile.frames) == QUICK.attempts_max


@pytest.mark.parametrize("broken", range(6))
def test_a_broken_import_is_complete(fragile: Fragile, client: Client, broken: int) -> None:
    """Wherever an import breaks, everything is recorded, once, and the report adds up."""
    fragile.breaks = {broken, broken + 1}
    report = client.import_events(iter(CLAIMS), batch_size=2)
    assert [it.event.event_id for it in fragile.recorded.values()] == [
        str(it.event_id) for it in CLAIMS
    ]
    assert report.received == report.appended + report.duplicates == 11


def test_an_import_reports_each_batch(fragile: Fragile, client: Client) -> None:
    """Progress is told after each batch, in order, and ends with the report."""
    told: list[ImportReport] = []
    report = client.import_events(CLAIMS, batch_size=4, on_progress=told.append)
    assert [it.received for it in told] == [4, 8, 11]
    assert told[-1] == report
    assert report.position == len(fragile.recorded)


def test_rejections_are_numbered_over_the_whole_import(fragile: Fragile, client: Client) -> None:
    """A rejection's index counts from the first event, also after a broken connection."""
    fragile.breaks = {2}
    claims = [claim(number, "refused" if number in {2, 9} else "") for number in range(1, 12)]
    report = client.import_events(claims, batch_size=2)
    assert [(it.index, it.reason) for it in report.rejections] == [
        (1, "INVALID_FIELD"),
        (8, "INVALID_FIELD"),
    ]
    assert (report.rejected, report.rejected_by_reason["INVALID_FIELD"]) == (2, 2)


def test_a_source_that_fails_ends_the_import(fragile: Fragile, client: Client) -> None:
    """What the events' source raises comes out unchanged, and what was sent before is recorded."""

    def failing() -> Iterator[Claim]:
        yield from CLAIMS
        raise OSError("the file ends here")

    with pytest.raises(OSError, match="the file ends here"):
        client.import_events(failing(), batch_size=1)
    assert len(fragile.recorded) >= 7


@pytest.mark.parametrize("broken", range(7))
def test_a_broken_read_is_complete(fragile: Fragile, client: Client, broken: int) -> None:
    """Wherever a read breaks, every event comes once and in order, in either direction."""
    client.submit(CLAIMS)
    fragile.breaks = {broken, broken + 1}
    fragile.frames = count()
    assert [it.position for it in client.read()] == POSITIONS
    fragile.frames = count()
    assert [it.position for it in client.read(backwards=True)] == POSITIONS[::-1]


def test_a_limited_read_that_breaks_keeps_its_limit(fragile: Fragile, client: Client) -> None:
    """What came before the connection broke counts towards the limit."""
    client.submit(CLAIMS)
    fragile.breaks, fragile.frames = {1, 3}, count()
    assert [it.position for it in client.read(after=3, limit=4)] == [4, 5, 6, 7]


def test_replay_returns_where_to_go_on(fragile: Fragile, client: Client) -> None:
    """A replay goes on from the position that the last one returned, and sees nothing twice."""

    def gathered(seen: list[int], recorded: Recorded) -> list[int]:
        return [*seen, recorded.position]

    client.submit(CLAIMS[:5])
    nothing: list[int] = []
    state, position = client.replay(gathered, nothing)
    client.submit(CLAIMS[5:])
    fragile.breaks, fragile.frames = {1}, count()
    assert client.replay(gathered, state, after=position) == (POSITIONS, 11)
