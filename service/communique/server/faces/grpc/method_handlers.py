"""The handlers of a service's methods, made from the contract's descriptors.

Each calls the use case that bears the method's name: `async def Method(request, call)` for one
answer, an asynchronous generator of that form for a stream of them. The request is decoded while
the use case runs, so that bytes that are no message are refused and logged like any other fault.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from math import inf
from time import monotonic
from typing import Any, TypeAlias, TypeVar, cast

import grpc
import grpc.aio
from google.protobuf.descriptor import Descriptor, MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc_status import rpc_status

from communique.codec import with_part_bytes
from communique.server.application.request_errors import decoded
from communique.server.application.use_case_runner import Facts, UseCaseFailed, UseCaseRunner
from communique.server.faces.grpc.status_codes import code_name, status_of
from communique.server.runtime.call import Call
from communique.v1 import event_pb2

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Answer = TypeVar("Answer")


def method_handlers(
    service: ServiceDescriptor, use_cases: object, runner: UseCaseRunner
) -> dict[str, Handler]:
    """Return the handler of each method of a service, by its name.

    Raises `AttributeError` where `use_cases` lacks one.
    """
    return {
        method.name: _handler(method, getattr(use_cases, method.name), runner)
        for method in service.methods
    }


def _handler(method: MethodDescriptor, use_case: Any, runner: UseCaseRunner) -> Handler:  # noqa: ANN401  any use case
    name = f"{method.containing_service.name}/{method.name}"
    request_type = _request_type(method.input_type)
    if not method.server_streaming:
        unary = _unary(name, request_type, use_case, runner)
        return grpc.unary_unary_rpc_method_handler(unary, None, _encoded)
    stream = _stream(name, request_type, use_case, runner, reads_stream=method.client_streaming)
    if method.client_streaming:
        return grpc.stream_stream_rpc_method_handler(stream, None, _encoded)
    return grpc.unary_stream_rpc_method_handler(stream, None, _encoded)


def _request_type(descriptor: Descriptor) -> type[Message]:
    """Return the type of a request; events in it stay bytes, which the use cases read."""
    parts = {field.message_type for field in descriptor.fields}
    has_events = event_pb2.Event.DESCRIPTOR in parts
    return with_part_bytes(descriptor) if has_events else GetMessageClass(descriptor)


def _unary(name: str, request_type: type[Message], use_case: Any, runner: UseCaseRunner) -> Any:  # noqa: ANN401  gRPC has no type for it
    async def answer(data: bytes, context: Context) -> object:
        call, facts = _call_of(context, name)
        return await _run(
            context,
            call,
            facts,
            runner,
            lambda: use_case(_decoded(request_type, data, facts), call),
        )

    return answer


def _stream(
    name: str,
    request_type: type[Message],
    use_case: Any,  # noqa: ANN401  as above
    runner: UseCaseRunner,
    *,
    reads_stream: bool,
) -> Any:  # noqa: ANN401  as above
    read: Any = _each_decoded if reads_stream else _decoded

    # Not a generator: gRPC may close one after the call has ended, outside the call's task.
    async def answers(data: Any, context: Context) -> None:  # noqa: ANN401  as above
        call, facts = _call_of(context, name)

        async def write_all() -> None:
            async with aclosing(use_case(read(request_type, data, facts), call)) as responses:
                async for response in responses:
                    await context.write(response)

        await _run(context, call, facts, runner, write_all)

    return answers


async def _run(
    context: Context,
    call: Call,
    facts: Facts,
    runner: UseCaseRunner,
    use_case: Callable[[], Awaitable[Answer]],
) -> Answer:
    try:
        return await runner.run(call, facts, code_name, use_case)
    except UseCaseFailed as failed:
        status = rpc_status.to_status(status_of(failed.failure))
        await context.abort(status.code, status.details, status.trailing_metadata)


def _call_of(context: Context, name: str) -> tuple[Call, Facts]:
    """Return the call, and what its log line says first.

    Once the call has ended, asking gRPC about it can crash the process: everything is asked here.
    """
    seconds = cast("float | None", context.time_remaining())
    names = [*context.auth_context().get("x509_common_name", ())]
    call = Call(
        principal=names[0].decode() if names else "",
        deadline=inf if seconds is None else monotonic() + seconds,
    )
    return call, {"method": name, "peer": context.peer()}


def _decoded(request_type: type[Message], data: bytes, facts: Facts) -> Message:
    """Count the bytes, and return the message; raise `InvalidFields` where they are none."""
    facts["request_bytes"] = facts.get("request_bytes", 0) + len(data)
    return decoded(request_type, data)


async def _each_decoded(
    request_type: type[Message], requests: AsyncIterator[bytes], facts: Facts
) -> AsyncIterator[Message]:
    async for data in requests:
        yield _decoded(request_type, data, facts)


def _encoded(answer: Message | bytes) -> bytes:
    """Return an answer's bytes: the frames of `Read` and `Subscribe` are bytes already."""
    return answer if isinstance(answer, bytes) else answer.SerializeToString()
