"""What happens around every call: it is counted, its errors are mapped, and it is logged."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from time import perf_counter
from typing import Any, Final, NamedTuple, TypeAlias

import grpc
import grpc.aio
from google.protobuf.message import DecodeError
from grpc_status import rpc_status

from communique.service.context import Context, seconds_left
from communique.service.errors import rule_of, shortened, status_of
from communique.service.logging import Logger, noting
from communique.service.refusals import InvalidRequest, Overloaded, ShuttingDown
from communique.v1.record_service_pb2 import ErrorReason

_OURS: Final = "/communique.v1."
_Code = grpc.StatusCode

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
HandlerOrNone: TypeAlias = "grpc.RpcMethodHandler[Any, Any] | None"
Facts = dict[str, Any]


class _Outcome(NamedTuple):
    """How a call ended: `error` is None where nothing was raised or the client went away."""

    code: grpc.StatusCode = _Code.OK
    error: Exception | None = None


class CallInterceptor(grpc.aio.ServerInterceptor):
    """Wraps the calls of our services; health checks and reflection pass by."""

    def __init__(self, logger: Logger, calls_max: int) -> None:
        """Log with `logger`, and let at most `calls_max` calls be under way."""
        self._logger = logger
        self._calls_max = calls_max
        self._calls = 0
        self._none_under_way = asyncio.Event()
        self._none_under_way.set()
        self._is_draining = False

    def drain(self) -> None:
        """Take no more calls; those under way go on."""
        self._is_draining = True

    async def ended(self, seconds: float) -> None:
        """Wait until no call is under way, or `seconds` have passed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._none_under_way.wait()

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[HandlerOrNone]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> HandlerOrNone:
        """Return the method's handler, wrapped for this one call."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or not method.startswith(_OURS):
            return handler
        facts: Facts = {"method": method.removeprefix(_OURS)}
        return _wrapped(
            handler,
            _decoder(handler.request_deserializer, facts),
            self._unary(handler.unary_unary, facts),
            self._stream(handler.unary_stream or handler.stream_stream, facts),
        )

    def _unary(self, behaviour: Any, facts: Facts) -> Any:  # noqa: ANN401  gRPC has no type for it
        async def answer(request: object, context: Context) -> object:
            async with self._call(context, facts):
                return await behaviour(_checked(request), context)

        return answer

    def _stream(self, behaviour: Any, facts: Facts) -> Any:  # noqa: ANN401  as above
        # Not a generator: gRPC may close one after the call has ended, outside the call's task.
        async def answers(request: object, context: Context) -> None:
            async with (
                self._call(context, facts),
                aclosing(behaviour(_checked(request), context)) as responses,
            ):
                async for response in responses:
                    await context.write(response)

        return answers

    @asynccontextmanager
    async def _call(self, context: Context, facts: Facts) -> AsyncIterator[None]:
        """Count a call, turn what it raises into a status, and write its line."""
        started = perf_counter()
        # Once the call has ended, asking gRPC about it can crash the process: all is asked here.
        facts["peer"] = context.peer()
        deadline = started + seconds_left(context)
        outcome = _Outcome()
        self._calls += 1
        self._none_under_way.clear()
        try:
            with noting(facts):
                self._admit()
                yield
        except asyncio.CancelledError:
            outcome = _Outcome(_code_of_cancelled(deadline))
            raise
        except Exception as error:  # noqa: BLE001  whatever it was, the client gets a status
            outcome = _Outcome(rule_of(error).code, error)
            await _abort(context, error)
        finally:
            self._calls -= 1
            if not self._calls:
                self._none_under_way.set()
            facts["duration_ms"] = round((perf_counter() - started) * 1e3, 2)
            self._log(outcome, facts)

    def _admit(self) -> None:
        if self._is_draining:
            raise ShuttingDown
        if self._calls > self._calls_max:
            raise Overloaded(f"{self._calls_max} calls are under way")

    def _log(self, outcome: _Outcome, facts: Facts) -> None:
        code, error = outcome
        facts["code"] = code.name
        if error is not None:
            facts["reason"] = ErrorReason.Name(rule_of(error).reason)
            facts["error"] = shortened(str(error))
        if code is _Code.INTERNAL:
            self._logger.error("call", exc_info=error, **facts)
        elif code is _Code.UNAVAILABLE:
            self._logger.warning("call", cause=repr(error.__cause__) if error else "", **facts)
        else:
            self._logger.info("call", **facts)


def _wrapped(handler: Handler, decode: Any, unary: Any, stream: Any) -> Handler:  # noqa: ANN401  as above
    if handler.unary_unary:
        return grpc.unary_unary_rpc_method_handler(unary, decode, handler.response_serializer)
    if handler.unary_stream:
        return grpc.unary_stream_rpc_method_handler(stream, decode, handler.response_serializer)
    return grpc.stream_stream_rpc_method_handler(stream, decode, handler.response_serializer)


def _decoder(decode: Callable[[bytes], Any] | None, facts: Facts) -> Callable[[bytes], Any]:
    """Count the bytes that come in, and pass on as a value what can't be decoded."""

    def decoded(data: bytes) -> object:
        facts["request_bytes"] = facts.get("request_bytes", 0) + len(data)
        try:
            return decode(data) if decode else data
        except DecodeError as error:
            return error

    return decoded


def _checked(request: Any) -> Any:  # noqa: ANN401  as above
    """Return the request or the stream of them; raise `InvalidRequest` where one was no message."""
    if hasattr(request, "__aiter__"):
        return _each_checked(request)
    if isinstance(request, DecodeError):
        raise InvalidRequest.at("request", f"is no message of the contract: {request}")
    return request


async def _each_checked(requests: AsyncIterator[object]) -> AsyncIterator[object]:
    async for request in requests:
        yield _checked(request)


def _code_of_cancelled(deadline: float) -> grpc.StatusCode:
    return _Code.DEADLINE_EXCEEDED if perf_counter() >= deadline else _Code.CANCELLED


async def _abort(context: Context, error: Exception) -> None:
    status = rpc_status.to_status(status_of(error))
    await context.abort(status.code, status.details, status.trailing_metadata)
