"""`ProjectionService`: the operator's use cases. Each checks, asks and answers."""

import asyncio
from collections.abc import AsyncIterator, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from google.protobuf.duration_pb2 import Duration

from communique.server.application.queries.query_runner import QueryRunner
from communique.server.projections.progress import RebuildReport, VerificationReport
from communique.server.runtime.call import Call
from communique.server.runtime.call_log import note
from communique.v1 import projection_service_pb2 as pb

Item = TypeVar("Item")


@dataclass(frozen=True)
class ProjectionService:
    """Says how far the read models are, rebuilds them, and compares them with the log."""

    queries: QueryRunner

    async def ListProjections(
        self, _request: pb.ListProjectionsRequest, _call: Call
    ) -> pb.ListProjectionsResponse:
        """Return every projection, in the order of their names."""
        projections = [
            pb.Projection(
                name=projection.name,
                version=projection.version,
                state=pb.ProjectionState.Value(f"PROJECTION_STATE_{projection.state}"),
                position=projection.position,
                lag=projection.lag,
                unknown_type_count=projection.unknown_type_count,
                error=projection.error,
            )
            for projection in await self.queries.run(self.queries.read_models.progress)
        ]
        return pb.ListProjectionsResponse(projections=projections)

    async def RebuildProjection(
        self, request: pb.RebuildProjectionRequest, _call: Call
    ) -> AsyncIterator[pb.RebuildProjectionResponse]:
        """Rebuild a projection or all, with progress; a client that goes away abandons it."""
        async for report in in_a_thread(self.queries.read_models.rebuild(request.name)):
            note(projection=request.name or "all", position=report.position)
            yield pb.RebuildProjectionResponse(
                name=report.name,
                position=report.position,
                head=report.head,
                events_per_second=report.events_per_second,
                remaining=_remaining(report),
                done=report.done,
            )

    async def VerifyProjection(
        self, request: pb.VerifyProjectionRequest, _call: Call
    ) -> AsyncIterator[pb.VerifyProjectionResponse]:
        """Compare a projection with the log, with progress. A client that goes away ends it."""
        async for report in in_a_thread(self.queries.read_models.verify(request.name)):
            note(projection=request.name, position=report.position)
            yield pb.VerifyProjectionResponse(
                position=report.position,
                head=report.head,
                events_per_second=report.events_per_second,
                remaining=_remaining(report),
                done=report.done,
                first_difference=report.first_difference,
            )


async def in_a_thread(items: Iterator[Item]) -> AsyncIterator[Item]:
    """Yield what a blocking generator yields, run in a thread of its own, and close it there."""
    thread, loop = ThreadPoolExecutor(1), asyncio.get_running_loop()
    try:
        while (item := await loop.run_in_executor(thread, next, items, None)) is not None:
            yield item
    finally:
        if isinstance(items, Generator):
            thread.submit(items.close)
        thread.shutdown(wait=False)


def _remaining(report: RebuildReport | VerificationReport) -> Duration | None:
    if report.remaining_seconds is None:
        return None
    remaining = Duration()
    remaining.FromMilliseconds(round(report.remaining_seconds * 1_000))
    return remaining
