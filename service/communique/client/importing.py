"""Bulk import: a bounded number of batches is sent ahead of the answers."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from queue import SimpleQueue
from typing import Final

import grpc

from communique.client import answers
from communique.client.errors import CommuniqueError, decoded
from communique.client.results import REJECTIONS_KEPT_MAX, ImportReport
from communique.client.transport import Retry
from communique.codec import message_of
from communique.domain.claims.event import Event
from communique.v1 import event_pb2, record_service_pb2
from communique.v1.record_service_pb2_grpc import RecordServiceStub

BATCHES_AHEAD_MAX: Final = 4
BATCH_BYTES_MAX: Final = 4 * 1024 * 1024

OnProgress = Callable[[ImportReport], None]


class Importing:
    """One import, over as many calls as it takes.

    The events are drawn in the caller's thread. A batch is kept until it is answered, and sent
    again when the connection broke before, since event ids are idempotency keys.
    """

    def __init__(
        self, stub: RecordServiceStub, events: Iterable[Event], batch_size: int, retry: Retry
    ) -> None:
        self._stub = stub
        self._batches = _batches(events, batch_size)
        self._unanswered: deque[record_service_pb2.ImportRequest] = deque()
        self._retry = retry
        self._report = ImportReport()

    def run(self, on_progress: OnProgress | None) -> ImportReport:
        """Send all events; `on_progress` is called with the report so far after each batch."""
        failures = 0
        while True:
            received = self._report.received
            try:
                return self._stream(on_progress)
            except grpc.RpcError as error:
                failures = 1 if self._report.received > received else failures + 1
                self._retry.pause(decoded(error), failures)

    def _stream(self, on_progress: OnProgress | None) -> ImportReport:
        outbox: SimpleQueue[record_service_pb2.ImportRequest | None] = SimpleQueue()
        for batch in self._unanswered:
            outbox.put(batch)
        before = self._report
        frames = self._stub.Import(iter(outbox.get, None))
        try:
            while self._send_ahead(outbox):
                self._take(before, next(frames, None))
                if on_progress:
                    on_progress(self._report)
            outbox.put(None)
            next(frames, None)
        except BaseException:
            frames.cancel()
            raise
        finally:
            outbox.put(None)
        return self._report

    def _send_ahead(self, outbox: "SimpleQueue[record_service_pb2.ImportRequest | None]") -> bool:
        """Fill the window with batches; return whether any answer is still to come."""
        while len(self._unanswered) < BATCHES_AHEAD_MAX and (batch := next(self._batches, None)):
            self._unanswered.append(batch)
            outbox.put(batch)
        return bool(self._unanswered)

    def _take(self, before: ImportReport, answer: record_service_pb2.ImportResponse | None) -> None:
        if answer is None:
            raise CommuniqueError("the server ended the import before it had answered every batch")
        self._unanswered.popleft()
        rejections = [answers.rejection(refused, before.received) for refused in answer.rejections]
        left = REJECTIONS_KEPT_MAX - len(self._report.rejections)
        self._report = replace(
            self._report,
            received=before.received + answer.received_count,
            appended=before.appended + answer.appended_count,
            duplicates=before.duplicates + answer.duplicate_count,
            rejected=before.rejected + answer.rejected_count,
            rejected_by_reason=self._report.rejected_by_reason
            + Counter(rejection.reason for rejection in rejections),
            rejections=(*self._report.rejections, *rejections[:left]),
            position=max(self._report.position, answer.position),
        )


def _batches(events: Iterable[Event], size: int) -> Iterator[record_service_pb2.ImportRequest]:
    batch: list[event_pb2.Event] = []
    byte_count = 0
    for message in map(message_of, events):
        message_bytes = message.ByteSize()
        if batch and byte_count + message_bytes > BATCH_BYTES_MAX:
            yield record_service_pb2.ImportRequest(events=batch)
            batch, byte_count = [], 0
        batch.append(message)
        byte_count += message_bytes
        if len(batch) == size:
            yield record_service_pb2.ImportRequest(events=batch)
            batch, byte_count = [], 0
    if batch:
        yield record_service_pb2.ImportRequest(events=batch)
