"""Health as orchestrators and load balancers ask for it: `grpc.health.v1`."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

from grpc_health.v1.health import aio
from grpc_health.v1.health_pb2 import HealthCheckResponse

from communique.server.application.queries.read_models import ReadModels
from communique.server.log.sqlite_store.sqlite_log import EventLog
from communique.server.projections.progress import Progress
from communique.server.runtime.call_log import Logger

_SERVING: Final = HealthCheckResponse.SERVING
_NOT_SERVING: Final = HealthCheckResponse.NOT_SERVING
RECORD_SERVICE: Final = "communique.v1.RecordService"
TIMELINE_SERVICE: Final = "communique.v1.TimelineService"
PROJECTION_SERVICE: Final = "communique.v1.ProjectionService"
SERVICES: Final = (RECORD_SERVICE, TIMELINE_SERVICE, PROJECTION_SERVICE)


class Health:
    """Looks at the log and the read models again and again, and tells whoever asks or watches."""

    def __init__(
        self, event_log: EventLog, read_models: ReadModels, lag_max: int, logger: Logger
    ) -> None:
        """Hold a read model for unfit once it is more than `lag_max` positions behind."""
        self.servicer = aio.HealthServicer()
        self._log = event_log
        self._read_models = read_models
        self._lag_max = lag_max
        self._logger = logger
        self._faults: list[str] = []

    @asynccontextmanager
    async def watched(self, seconds: float) -> AsyncIterator[None]:
        """Look every `seconds` for the length of the block; at its end nothing serves any more."""
        await self.look()
        watching = asyncio.create_task(self._watch(seconds))
        try:
            yield
        finally:
            watching.cancel()
            await self.servicer.enter_graceful_shutdown()

    async def look(self) -> None:
        """Look once, and log what has changed."""
        faults = await self._look_at_read_models()
        serving = {RECORD_SERVICE: self._log.healthy, TIMELINE_SERVICE: not faults}
        if not self._log.healthy:
            faults.append("the log can't be written")
        serving |= {PROJECTION_SERVICE: True, "": not faults}
        await self._set(serving)
        if faults != self._faults:
            self._logger.warning("health", is_serving=not faults, faults=faults)
        self._faults = faults

    async def _watch(self, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            await self.look()

    async def _set(self, serving: Mapping[str, bool]) -> None:
        for service, is_serving in serving.items():
            await self.servicer.set(service, _SERVING if is_serving else _NOT_SERVING)

    async def _look_at_read_models(self) -> list[str]:
        try:
            progress = await asyncio.to_thread(self._read_models.progress)
        except Exception as error:  # noqa: BLE001  a read model that can't be read doesn't serve
            return [f"the read models can't be read: {error}"]
        return faults_of(progress, self._lag_max)


def faults_of(progress: Sequence[Progress], lag_max: int) -> list[str]:
    """Return what keeps the read models from serving, in words."""
    stopped = [f"{one.name} has stopped: {one.error}" for one in progress if one.state == "STOPPED"]
    building = [f"{one.name} is being built" for one in progress if one.state == "BUILDING"]
    lagging = [f"{one.name} lags too far behind" for one in progress if one.lag > lag_max]
    return stopped + building + lagging
