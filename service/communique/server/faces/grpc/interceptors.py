"""What happens around every call: it is counted, its errors are mapped, and it is logged."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, suppress
from time import perf_counter
from typing import Any, Final, NamedTuple, NoReturn, TypeAlias, TypeVar

import grpc
import grpc.aio
from google.protobuf.message import DecodeError
from grpc_status import rpc_status

from communique.server.application.reasons import rule_of, shortened, status_of
from communique.server.application.request_errors import InvalidRequest, Overloaded, ShuttingDown
from communique.server.runtime.call import Context, seconds_left
from communique.server.runtime.call_log import Logger, noting
from communique.v1.record_service_pb2 import ErrorReason

_OURS: Final = "/communique.v1."
_Code = grpc.StatusCode

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
HandlerOrNone: TypeAlias = "grpc.RpcMethodHandler[Any, Any] | None"
Facts = dict[str, Any]
Decode: TypeAlias = Callable[[bytes], Any] | None
Answer = TypeVar("Answer")


class _Outcome(NamedTuple):
    """How a call ended: `error` is None where nothing was raised or the client went away."""

    code: grpc.StatusCode = _Code.OK
    error: Exception | None = None


_WENT_WELL: Final = _Outcome()


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
        self._wrapped: dict[str, Handler] = {}

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
        """Return the method's handler, wrapped."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or not method.startswith(_OURS):
            return handler
        if method not in self._wrapped:
            self._wrapped[method] = self._wrap(method.removeprefix(_OURS), handler)
        return self._wrapped[method]

    def _wrap(self, name: str, handler: Handler) -> Handler:
        """Return a handler that takes bytes and decodes them within the call: once for a method."""
        encode = handler.response_serializer
        if handler.unary_unary:
            return grpc.unary_unary_rpc_method_handler(self._unary(name, handler), None, encode)
        stream = self._stream(name, handler)
        if handler.unary_stream:
            return grpc.unary_stream_rpc_method_handler(stream, None, encode)
        return grpc.stream_stream_rpc_method_handler(stream, None, encode)

    def _unary(self, name: str, handler: Handler) -> Any:  # noqa: ANN401  gRPC has no type for it
        behaviour: Any = handler.unary_unary
        decode = handler.request_deserializer

        async def answer(data: bytes, context: Context) -> object:
            facts: Facts = {"method": name}
            return await self._call(
                context, facts, lambda: behaviour(_decoded(decode, data, facts), context)
            )

        return answer

    def _stream(self, name: str, handler: Handler) -> Any:  # noqa: ANN401  as above
        behaviour: Any = handler.unary_stream or handler.stream_stream
        read: Any = _decoded if handler.unary_stream else _each_decoded

        # Not a generator: gRPC may close one after the call has ended, outside the call's task.
        async def answers(data: Any, context: Context) -> None:  # noqa: ANN401  as above
            facts: Facts = {"method": name}

            async def write_all() -> None:
                request = read(handler.request_deserializer, data, facts)
                async with aclosing(behaviour(request, context)) as responses:
                    async for response in responses:
                        await context.write(response)

            await self._call(context, facts, write_all)

        return answers

    async def _call(
        self, context: Context, facts: Facts, answer: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        """Count a call, turn what it raises into a status, and write its line."""
        started = perf_counter()
        # Once the call has ended, asking gRPC about it can crash the process: all is asked here.
        facts["peer"] = context.peer()
        deadline = started + seconds_left(context)
        outcome = _WENT_WELL
        self._calls += 1
        self._none_under_way.clear()
        try:
            with noting(facts):
                self._admit()
                return await answer()
        except asyncio.CancelledError:
            outcome = _Outcome(_code_of_cancelled(deadline))
            raise
        except Exception as error:  # noqa: BLE001  whatever it was, the client gets a status
            outcome = _Outcome(rule_of(error).code, error)
            return await _abort(context, error)
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


def _decoded(decode: Decode, data: bytes, facts: Facts) -> Any:  # noqa: ANN401  as above
    """Count the bytes, and return the message; raise `InvalidRequest` where they are none."""
    facts["request_bytes"] = facts.get("request_bytes", 0) + len(data)
    try:
        return decode(data) if decode else data
    except DecodeError as error:
        raise InvalidRequest.at("request", f"is no message of the contract: {error}") from error


async def _each_decoded(
    decode: Decode, requests: AsyncIterator[bytes], facts: Facts
) -> AsyncIterator[object]:
    async for data in requests:
        yield _decoded(decode, data, facts)


def _code_of_cancelled(deadline: float) -> grpc.StatusCode:
    return _Code.DEADLINE_EXCEEDED if perf_counter() >= deadline else _Code.CANCELLED


async def _abort(context: Context, error: Exception) -> NoReturn:
    status = rpc_status.to_status(status_of(error))
    await context.abort(status.code, status.details, status.trailing_metadata)
