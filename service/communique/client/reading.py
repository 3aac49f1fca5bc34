"""Reads of the log that resume after a broken connection."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import grpc

from communique import codec
from communique.client.errors import decoded
from communique.client.questions import EventFilter, filter_message
from communique.client.transport import Retry
from communique.domain.claims.event import Recorded
from communique.v1 import record_service_pb2
from communique.v1.record_service_pb2_grpc import RecordServiceStub


class Frame(NamedTuple):
    """The next events, perhaps none, and the last position that has been searched for them."""

    events: list[Recorded]
    position: int


@dataclass(slots=True)
class LogReading:
    """One read of the log, over as many calls as it takes: complete, in order, nothing twice.

    `after` is the position to resume from, None before the first frame of a read from the end;
    `limit` is how many events are still wanted, None for all.
    """

    stub: RecordServiceStub
    retry: Retry
    after: int | None
    filter: EventFilter | None
    limit: int | None
    backwards: bool

    def events(self) -> Iterator[Recorded]:
        """Yield the events."""
        return chain.from_iterable(frame.events for frame in self.frames())

    def frames(self) -> Iterator[Frame]:
        """Yield the frames; a read that is not finished is cancelled when the caller stops."""
        failures = 0
        while self.limit is None or self.limit > 0:
            call = self.stub.Read(self._request())
            try:
                for message in call:
                    failures = 0
                    yield self._frame(message)
            except grpc.RpcError as error:
                failures += 1
                self.retry.pause(decoded(error), failures)
            else:
                return
            finally:
                call.cancel()

    def _frame(self, message: record_service_pb2.ReadResponse) -> Frame:
        events = [*map(codec.recorded, message.events.events)]
        if events:
            self.after = events[-1].position
        elif message.HasField("checkpoint"):
            self.after = message.checkpoint.position
        if self.limit is not None:
            self.limit -= len(events)
        return Frame(events, self.after or 0)

    def _request(self) -> record_service_pb2.ReadRequest:
        return record_service_pb2.ReadRequest(
            after_position=self.after,
            filter=filter_message(self.filter),
            limit=self.limit or 0,
            direction=direction(backwards=self.backwards),
        )


def direction(*, backwards: bool) -> record_service_pb2.Direction.ValueType:
    """Return a direction in the contract."""
    if backwards:
        return record_service_pb2.DIRECTION_BACKWARDS
    return record_service_pb2.DIRECTION_FORWARDS
