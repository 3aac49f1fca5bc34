"""Whether the server is healthy: the log can be written, the read models keep up.

It looks again and again, logs what changes, and tells every face.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple, TypeAlias

from communique.server.application.queries.read_models import ReadModels
from communique.server.log.event_log import EventLog
from communique.server.projections.progress import ProjectionProgress
from communique.server.runtime.call_log import Logger


class HealthReport(NamedTuple):
    """What is wrong, in words; nothing where all is well."""

    log_faults: tuple[str, ...]
    read_model_faults: tuple[str, ...]

    @property
    def faults(self) -> tuple[str, ...]:
        """Everything that is wrong."""
        return self.read_model_faults + self.log_faults


Publish: TypeAlias = Callable[[HealthReport], Awaitable[None]]
"""Tells those who ask a face."""


class HealthMonitor:
    """Looks at the log and the read models, and publishes what it finds."""

    def __init__(
        self,
        event_log: EventLog,
        read_models: ReadModels,
        lag_max: int,
        logger: Logger,
        publish: Publish,
    ) -> None:
        """Hold a read model for unfit once it is more than `lag_max` positions behind."""
        self._log = event_log
        self._read_models = read_models
        self._lag_max = lag_max
        self._logger = logger
        self._publish = publish
        self._faults: tuple[str, ...] = ()

    @asynccontextmanager
    async def watching(self, seconds: float) -> AsyncIterator[None]:
        """Look every `seconds` for the length of the block."""
        await self.look()
        watch = asyncio.create_task(self._watch(seconds))
        try:
            yield
        finally:
            watch.cancel()

    async def look(self) -> None:
        """Look once, publish, and log what has changed."""
        log_faults = () if self._log.healthy else ("the log can't be written",)
        report = HealthReport(log_faults, await self._read_model_faults())
        await self._publish(report)
        if report.faults != self._faults:
            is_serving = not report.faults
            self._logger.warning("health", is_serving=is_serving, faults=[*report.faults])
        self._faults = report.faults

    async def _watch(self, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            await self.look()

    async def _read_model_faults(self) -> tuple[str, ...]:
        try:
            progress = await asyncio.to_thread(self._read_models.progress)
        except Exception as error:  # noqa: BLE001  a read model that can't be read doesn't serve
            return (f"the read models can't be read: {error}",)
        return faults_of(progress, self._lag_max)


def faults_of(progress: Sequence[ProjectionProgress], lag_max: int) -> tuple[str, ...]:
    """Return what keeps the read models from serving, in words."""
    stopped = [
        f"{each.name} has stopped: {each.error}" for each in progress if each.state == "STOPPED"
    ]
    building = [f"{each.name} is being built" for each in progress if each.state == "BUILDING"]
    lagging = [f"{each.name} lags too far behind" for each in progress if each.lag > lag_max]
    return (*stopped, *building, *lagging)
