"""Health as orchestrators and load balancers ask for it: `grpc.health.v1`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from grpc_health.v1.health import aio
from grpc_health.v1.health_pb2 import HealthCheckResponse

from communique.server.health import HealthReport

_SERVING: Final = HealthCheckResponse.SERVING
_NOT_SERVING: Final = HealthCheckResponse.NOT_SERVING


class HealthService:
    """Answers for the whole server, under the empty name, and for each service of the contract."""

    def __init__(self) -> None:
        """Know nothing yet: whoever asks hears that no service is known."""
        self.servicer = aio.HealthServicer()

    async def publish(self, report: HealthReport) -> None:
        """Answer by this report from now on."""
        serving = {
            "communique.v1.RecordService": not report.log_faults,
            "communique.v1.TimelineService": not report.read_model_faults,
            "communique.v1.ProjectionService": True,
            "": not report.faults,
        }
        for service, is_serving in serving.items():
            await self.servicer.set(service, _SERVING if is_serving else _NOT_SERVING)

    @asynccontextmanager
    async def answering(self) -> AsyncIterator[None]:
        """Answer for the length of the block; at its end nothing serves any more."""
        try:
            yield
        finally:
            await self.servicer.enter_graceful_shutdown()
