"""Health as orchestrators and load balancers ask for it: `grpc.health.v1`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from grpc_health.v1.health import aio
from grpc_health.v1.health_pb2 import HealthCheckResponse

from communique.server.health import HealthReport


class HealthService:
    """Answers for the whole server, under the empty name, and for each service of the contract."""

    def __init__(self) -> None:
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
            status = HealthCheckResponse.SERVING if is_serving else HealthCheckResponse.NOT_SERVING
            await self.servicer.set(service, status)

    @asynccontextmanager
    async def answering(self) -> AsyncIterator[None]:
        """Answer for the length of the block; at its end nothing serves any more."""
        try:
            yield
        finally:
            await self.servicer.enter_graceful_shutdown()
