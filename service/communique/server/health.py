"""Whether the server is healthy: the log can be written, the read models keep up.

`HealthMonitor` checks both again and again, logs what changes, and tells every face.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from communique.server.application.queries.read_models import ReadModels
from communique.server.log.event_log import EventLog
from communique.server.runtime.call_log import Logger


class HealthReport(NamedTuple):
    """What is wrong, in words; nothing where all is well."""

    log_faults: tuple[str, ...]
    read_model_faults: tuple[str, ...]

    @property
    def faults(self) -> tuple[str, ...]:
        """Everything that is wrong."""
        return self.read_model_faults + self.log_faults


@dataclass
class HealthMonitor:
    """Checks the log and the read models, and publishes a report to the face.

    A read model is at fault once it is more than `lag_max` positions behind.
    """

    event_log: EventLog
    read_models: ReadModels
    lag_max: int
    logger: Logger
    publish: Callable[[HealthReport], Awaitable[None]]
    _faults: tuple[str, ...] = field(default=(), init=False)

    @asynccontextmanager
    async def watching(self, seconds: float) -> AsyncIterator[None]:
        """Check every `seconds` for the length of the block."""
        await self._check()
        watch = asyncio.create_task(self._watch(seconds))
        try:
            yield
        finally:
            watch.cancel()

    async def _check(self) -> None:
        log_faults = () if self.event_log.healthy else ("the log can't be written",)
        report = HealthReport(log_faults, await self._read_model_faults())
        await self.publish(report)
        if report.faults != self._faults:
            is_serving = not report.faults
            self.logger.warning("health", is_serving=is_serving, faults=[*report.faults])
        self._faults = report.faults

    async def _watch(self, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            await self._check()

    async def _read_model_faults(self) -> tuple[str, ...]:
        try:
            progress = await asyncio.to_thread(self.read_models.progress)
        except Exception as error:  # noqa: BLE001  a read model that can't be read doesn't serve
            return (f"the read models can't be read: {error}",)
        return (
            *(
                f"{model.name} has stopped: {model.error}"
                for model in progress
                if model.state == "STOPPED"
            ),
            *(f"{model.name} is being built" for model in progress if model.state == "BUILDING"),
            *(
                f"{model.name} lags too far behind"
                for model in progress
                if model.lag > self.lag_max
            ),
        )
