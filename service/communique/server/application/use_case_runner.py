"""The one function that runs every use case: counted, admitted, mapped, and logged."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import perf_counter
from typing import Any, TypeAlias, TypeVar

from communique.server.application.reasons import Failure, failure_of, shortened
from communique.server.application.request_errors import ShuttingDown
from communique.server.runtime.call import Call
from communique.server.runtime.call_log import Logger, noting
from communique.server.runtime.threads import ServerBusy
from communique.v1.record_service_pb2 import ErrorReason

Answer = TypeVar("Answer")
Facts: TypeAlias = dict[str, Any]
"""What the log line of a call says: the face begins with the method and the peer."""


class UseCaseFailed(Exception):
    """A use case failed; the face answers with the failure."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class UseCaseRunner:
    """Runs the use cases of all faces. Belongs to one event loop."""

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

    async def wait_until_none(self, seconds: float) -> None:
        """Wait until no call is under way, or `seconds` have passed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._none_under_way.wait()

    async def run(
        self,
        call: Call,
        facts: Facts,
        code_of: Callable[[Failure], str],
        use_case: Callable[[], Awaitable[Answer]],
    ) -> Answer:
        """Return what a use case answers; whatever it raises becomes `UseCaseFailed`.

        The log line of the call says `facts`, what the use case noted, and how the use case ended:
        `code_of` gives the name of the face's status code. A use case that is cancelled, because
        the caller went away or waited no longer, stays cancelled.
        """
        started, code, error = perf_counter(), "OK", None
        self._calls += 1
        self._none_under_way.clear()
        try:
            with noting(facts):
                self._admit()
                return await use_case()
        except asyncio.CancelledError:
            code = "DEADLINE_EXCEEDED" if call.seconds_left() <= 0 else "CANCELLED"
            raise
        except Exception as raised:
            failure = failure_of(raised)
            code, error = code_of(failure), raised
            raise UseCaseFailed(failure) from raised
        finally:
            self._calls -= 1
            if not self._calls:
                self._none_under_way.set()
            facts["duration_ms"] = round((perf_counter() - started) * 1e3, 2)
            self._log(code, error, facts)

    def _admit(self) -> None:
        if self._is_draining:
            raise ShuttingDown
        if self._calls > self._calls_max:
            raise ServerBusy(f"{self._calls_max} calls are under way")

    def _log(self, code: str, error: Exception | None, facts: Facts) -> None:
        facts["code"] = code
        if error is None:
            self._logger.info("call", **facts)
            return
        failure = failure_of(error)
        facts["reason"] = ErrorReason.Name(failure.reason)
        facts["error"] = shortened(str(error))
        if failure.is_unexpected:
            self._logger.error("call", exc_info=error, **facts)
        elif failure.is_unavailability:
            self._logger.warning("call", cause=repr(error.__cause__), **facts)
        else:
            self._logger.info("call", **facts)
