"""The service, started as a user starts it, and called with bytes that need no more encoding."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar, Final, TypeAlias

import grpc
import grpc.aio
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc

from bench.server import Server, free_port, listens
from bench.subject import Question, Subject
from communique.server.app import READ_MODELS_FOLDER
from communique.v1 import record_service_pb2 as records
from communique.v1 import status_pb2, time_pb2, timeline_service_pb2

_BATCHES_AHEAD: Final = 4
_PATIENCE: Final = 5_000
"""How often a question is asked that the server waits for five seconds to answer: seven hours.

After an import of ten million events the read models catch up for most of an hour.
"""
_OPTIONS: Final = (("grpc.max_receive_message_length", 64 * 2**20),)
_RECORDS: Final = "/communique.v1.RecordService"
_TIMELINE: Final = "/communique.v1.TimelineService"
_ELEMENT: Final = status_pb2.StatusElement.DESCRIPTOR
_EVENTS_TAG: Final = bytes([records.SubmitRequest.EVENTS_FIELD_NUMBER << 3 | 2])

_Check: TypeAlias = (
    "grpc.UnaryUnaryMultiCallable[health_pb2.HealthCheckRequest, health_pb2.HealthCheckResponse]"
)


class Communique(Subject):
    """The service as it ships: durable, with its read models, one log line a call."""

    name: ClassVar[str] = "communique"
    address: str = ""
    pid: int = 0
    _submit: Any
    _import: Any
    _read: Any
    _status: Any

    def start(self, folder: Path) -> Server:
        """Start the server on the data in `folder`."""
        self.address = f"127.0.0.1:{free_port()}"
        environment = {
            "COMMUNIQUE_DATA_DIR": str(folder / "data"),
            "COMMUNIQUE_LISTEN": self.address,
        }
        server = Server("communique.cli", ["serve"], environment, folder / "server.log")
        self.pid = server.pid
        _wait_until_serving(self.address, server)
        return server

    def asked_files(self, folder: Path) -> list[Path]:
        """Return the files of the read models; those of the log are not looked at."""
        return sorted((folder / "data" / READ_MODELS_FOLDER).glob("*.db*"))

    @staticmethod
    def bytes_kept(folder: Path) -> dict[str, int]:
        """Return the sizes of the files in a folder: those of the read models, and the log's."""
        data = folder / "data"
        sizes = {path: path.stat().st_size for path in data.rglob("*") if path.is_file()}
        views = sum(size for path, size in sizes.items() if READ_MODELS_FOLDER in path.parts)
        return {"views": views, "log": sum(sizes.values()) - views}

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Open one channel."""
        async with grpc.aio.insecure_channel(self.address, _OPTIONS) as channel:
            await channel.channel_ready()
            self._submit = channel.unary_unary(
                f"{_RECORDS}/Submit", response_deserializer=records.SubmitResponse.FromString
            )
            self._import = channel.stream_stream(
                f"{_RECORDS}/Import", response_deserializer=records.ImportResponse.FromString
            )
            self._read = channel.unary_stream(f"{_RECORDS}/Read")
            self._status = channel.unary_unary(f"{_TIMELINE}/GetBilateralStatus")
            yield

    async def append_one(self, event: bytes) -> int:
        """Submit one event."""
        return await self.append_batch([event])

    async def append_batch(self, events: Sequence[bytes]) -> int:
        """Submit up to 1,000 events."""
        response: records.SubmitResponse = await self._submit(_with_events(events))
        return response.receipts[-1].position

    async def append_all(self, batches: Iterable[Sequence[bytes]]) -> int:
        """Import the batches, a few of them ahead of the answers."""
        call, waiting, response = self._import(), 0, records.ImportResponse()
        for batch in batches:
            if waiting == _BATCHES_AHEAD:
                response = await call.read()
                waiting -= 1
            await call.write(_with_events(batch))
            waiting += 1
        await call.done_writing()
        for _ in range(waiting):
            response = await call.read()
        if response.appended_count != response.received_count:
            raise RuntimeError(f"not everything was appended: {response}")
        return response.position

    async def read_all(self, after: int = 0) -> AsyncIterator[bytes]:
        """Yield the frames of what follows a position, not yet decoded."""
        async for frame in self._read(
            records.ReadRequest(after_position=after).SerializeToString()
        ):
            yield frame

    def events_in(self, frame: bytes) -> Sequence[bytes]:
        """Return the events, without what the log says about them."""
        recorded = records.ReadResponse.FromString(frame).events.events
        return [event.event.SerializeToString(deterministic=True) for event in recorded]

    async def as_of(self, question: Question) -> bytes:
        """Ask for the bilateral status, again while a read model is behind; it is not decoded."""
        return await _answer(self._status, _request(question))

    def pinned(self, question: Question, answer: bytes) -> Question:
        """Return the question as of the point that it was answered for."""
        status = timeline_service_pb2.GetBilateralStatusResponse.FromString(answer).status
        if status.dyad != "-".join(sorted(question.pair)):
            raise ValueError(f"the answer to {question} is about {status.dyad}")
        return Question(
            question.pair,
            status.as_of.valid.ToMicroseconds(),
            status.as_of.known.ToMicroseconds(),
            status.as_of.position,
        )

    def winners(self, answer: bytes) -> Mapping[str, str]:
        """Return the first piece of evidence of each element."""
        status = timeline_service_pb2.GetBilateralStatusResponse.FromString(answer).status
        elements = [status.relations] if status.HasField("relations") else []
        for field, value in status.ListFields():
            if field.message_type is _ELEMENT and field.name != "relations":
                elements += value
        return {element.facet: element.event_ids[0] for element in elements}


class _Behind(Exception):
    """A read model has not come so far yet."""


async def _answer(ask: Any, request: Message) -> bytes:  # noqa: ANN401  gRPC's
    """Ask, again while the read model is behind."""
    for _ in range(_PATIENCE):
        with suppress(_Behind):
            return await _one_answer(ask, request.SerializeToString())
    raise TimeoutError(f"the read model never came so far: {request}")


async def _one_answer(ask: Any, request: bytes) -> bytes:  # noqa: ANN401  gRPC's
    try:
        answer: bytes = await ask(request)
    except grpc.aio.AioRpcError as error:
        if error.code() is grpc.StatusCode.UNAVAILABLE:
            raise _Behind from error
        raise
    return answer


def _request(question: Question) -> timeline_service_pb2.GetBilateralStatusRequest:
    """Return the question as the contract asks it."""
    return timeline_service_pb2.GetBilateralStatusRequest(
        parties=question.pair, as_of=as_of(question), min_position=question.min_position
    )


def as_of(question: Question) -> time_pb2.AsOf:
    """Return the point that a question is asked from."""
    return time_pb2.AsOf(
        valid=_point(question.valid_micros),
        known=_point(question.known_micros),
        position=question.position,
    )


def _point(micros: int | None) -> time_pb2.PointInTime | None:
    if micros is None:
        return None
    point = time_pb2.PointInTime()
    point.instant.FromMicroseconds(micros)
    return point


def _with_events(events: Sequence[bytes]) -> bytes:
    """Return a `SubmitRequest` or an `ImportRequest`, which have their events in the same field."""
    return b"".join(_pieces(events))


def _pieces(events: Sequence[bytes]) -> Iterator[bytes]:
    for event in events:
        yield _EVENTS_TAG
        yield _varint(len(event))
        yield event


def _varint(number: int) -> bytes:
    """Return a length as protobuf writes it."""
    low, high = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _varint(high) if high else bytes([low])


def _wait_until_serving(address: str, server: Server) -> None:
    server.wait_for(lambda: listens(address))
    with grpc.insecure_channel(address) as channel:
        check: _Check = health_pb2_grpc.HealthStub(channel).Check  # type: ignore[attr-defined]
        server.wait_for(lambda: _is_serving(check))


def _is_serving(check: _Check) -> bool:
    try:
        answer = check(health_pb2.HealthCheckRequest(), timeout=5)
    except grpc.RpcError:
        return False
    return answer.status == health_pb2.HealthCheckResponse.SERVING
