"""The connection that all questions of a client share."""

import time
from typing import TYPE_CHECKING, Self, TypeVar

import grpc

from communique.client.errors import decoded
from communique.client.transport import Retry, channel_to
from communique.v1.projection_service_pb2_grpc import ProjectionServiceStub
from communique.v1.record_service_pb2_grpc import RecordServiceStub
from communique.v1.timeline_service_pb2_grpc import TimelineServiceStub

if TYPE_CHECKING:
    from google.protobuf.message import Message

_Request = TypeVar("_Request", bound="Message")
_Answer = TypeVar("_Answer", bound="Message")


class Connection:
    """A channel to one server with the stubs of its services; a context manager that closes it."""

    def __init__(
        self,
        target: str = "127.0.0.1:50551",
        *,
        timeout_seconds: float = 30.0,
        credentials: grpc.ChannelCredentials | None = None,
        retry: Retry | None = None,
    ) -> None:
        """Prepare a connection, which is made with the first call.

        `timeout_seconds` is for each call that gives one answer, all attempts together; streams may
        take as long as they make progress. Without `credentials` the connection is not encrypted.
        """
        self._timeout_seconds = timeout_seconds
        self._retry = retry or Retry()
        self._channel = channel_to(target, credentials)
        self._records = RecordServiceStub(self._channel)
        self._timelines = TimelineServiceStub(self._channel)
        self._projections = ProjectionServiceStub(self._channel)

    def close(self) -> None:
        """Close the connection; what is under way is cancelled."""
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _call(
        self, method: "grpc.UnaryUnaryMultiCallable[_Request, _Answer]", request: _Request
    ) -> _Answer:
        """Return the answer, trying again within the time allowed when that can help.

        Raises:
            CommuniqueError: the last failure.
        """
        deadline, failures = time.monotonic() + self._timeout_seconds, 0
        while True:
            try:
                return method(request, timeout=max(deadline - time.monotonic(), 0.001))
            except grpc.RpcError as error:
                fault = decoded(error)
            failures += 1
            delay = self._retry.delay_seconds(fault, failures)
            if delay is None or time.monotonic() + delay >= deadline:
                raise fault
            time.sleep(delay)
