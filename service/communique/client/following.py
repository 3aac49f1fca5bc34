"""Endless streams: the log as it grows, and how things stand as they change."""

from abc import abstractmethod
from collections.abc import Iterator
from threading import Event
from typing import Final, Generic, Protocol, Self, TypeAlias, TypeVar

import grpc

from communique import codec
from communique.client.errors import decoded
from communique.client.questions import EventFilter, filter_message
from communique.client.transport import Retry
from communique.domain.claims.event import Recorded
from communique.domain.state.comparison import BilateralComparison
from communique.domain.state.status import BilateralStatus
from communique.v1 import record_service_pb2, timeline_service_pb2
from communique.v1.record_service_pb2_grpc import RecordServiceStub
from communique.v1.timeline_service_pb2_grpc import TimelineServiceStub

_Frame = TypeVar("_Frame")
_Frame_co = TypeVar("_Frame_co", covariant=True)
_Item = TypeVar("_Item")
_LIVENESS: Final = {"caught_up": True, "fell_behind": False}

Watched: TypeAlias = BilateralStatus | BilateralComparison


class StreamCall(Protocol[_Frame_co]):
    """A call under way, which yields frames and raises `grpc.RpcError`."""

    def __iter__(self) -> Iterator[_Frame_co]: ...

    def cancel(self) -> object:
        """End the call."""


class EndlessStream(Iterator[_Item], Generic[_Frame, _Item]):
    """A stream over as many calls as it takes, which only `close` ends.

    It resumes after a broken connection. `next` raises a `CommuniqueError` once as many attempts in
    a row have failed as `Retry` allows.
    """

    def __init__(self, retry: Retry) -> None:
        self._retry = retry
        self._closed = Event()
        self._current: StreamCall[_Frame] | None = None
        self._items = self._iterate()

    def __next__(self) -> _Item:
        return next(self._items)

    def close(self) -> None:
        """End the iteration, also from another thread."""
        self._closed.set()
        if self._current is not None:
            self._current.cancel()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def _call(self) -> StreamCall[_Frame]:
        """Begin a call that resumes where the last one ended."""

    @abstractmethod
    def _items_of(self, frame: _Frame) -> Iterator[_Item]:
        """Yield the items of a frame."""

    def _iterate(self) -> Iterator[_Item]:
        failures = 0
        while not self._closed.is_set():
            call = self._current = self._call()
            if self._closed.is_set():  # by another thread, which may not have seen this call
                call.cancel()
            try:
                for frame in call:
                    failures = 0
                    yield from self._items_of(frame)
            except grpc.RpcError as error:
                if self._closed.is_set():
                    return
                failures += 1
                self._retry.pause(decoded(error), failures)
            finally:
                call.cancel()


class Subscription(EndlessStream[record_service_pb2.SubscribeResponse, Recorded]):
    """The log from a position on: in order, complete, without duplicates.

    Attributes:
        position: where to resume from: all selected events up to here were yielded. None until the
            server has told the end of the log, where a subscription without a position begins.
        is_live: whether all events recorded before the start were yielded; what follows is new.
    """

    def __init__(
        self, stub: RecordServiceStub, retry: Retry, after: int | None, filter_: EventFilter | None
    ) -> None:
        super().__init__(retry)
        self.position = after
        self.is_live = False
        self._stub = stub
        self._filter = filter_message(filter_)

    def _call(self) -> StreamCall[record_service_pb2.SubscribeResponse]:
        self.is_live = False
        request = record_service_pb2.SubscribeRequest(
            after_position=self.position, filter=self._filter
        )
        return self._stub.Subscribe(request)

    def _items_of(self, frame: record_service_pb2.SubscribeResponse) -> Iterator[Recorded]:
        for message in frame.events.events:
            self.position = message.position
            yield codec.recorded(message)
        kind = frame.WhichOneof("frame")
        if kind is not None and kind != "events":
            self.position = getattr(frame, kind).position
            self.is_live = _LIVENESS.get(kind, self.is_live)


class Watch(EndlessStream[timeline_service_pb2.WatchBilateralStatusResponse, Watched]):
    """How things stand between two parties, and then each change as it happens.

    A status comes first, and again after a broken connection; a comparison says what has changed
    since the item before it.
    """

    def __init__(self, stub: TimelineServiceStub, retry: Retry, parties: tuple[str, str]) -> None:
        super().__init__(retry)
        self._stub = stub
        self._request = timeline_service_pb2.WatchBilateralStatusRequest(parties=parties)

    def _call(self) -> StreamCall[timeline_service_pb2.WatchBilateralStatusResponse]:
        return self._stub.WatchBilateralStatus(self._request)

    def _items_of(
        self, frame: timeline_service_pb2.WatchBilateralStatusResponse
    ) -> Iterator[Watched]:
        # A frame with neither is a heartbeat.
        if frame.HasField("status"):
            yield codec.model_of(BilateralStatus, frame.status)
        if frame.HasField("comparison"):
            yield codec.model_of(BilateralComparison, frame.comparison)
