"""`ProjectionService`: the operator's use cases. Each checks, asks and answers."""

import asyncio
from collections.abc import AsyncIterator, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from google.protobuf.duration_pb2 import Duration

from communique.server.application.queries.query_runner import QueryRunner
from communique.server.projections.progress import (
    ProjectionProgress,
    RebuildReport,
    VerificationReport,
)
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
        progress = await self.queries.run(self.queries.read_models.progress)
        return pb.ListProjectionsResponse(projections=map(_projection, progress))

    async def RebuildProjection(
        self, request: pb.RebuildProjectionRequest, _call: Call
    ) -> AsyncIterator[pb.RebuildProjectionResponse]:
        """Rebuild one or all, with progress. A client that goes away abandons the rebuild."""
        async for report in in_a_thread(self.queries.read_models.rebuild(request.name)):
            note(projection=request.name or "all", position=report.position)
            yield _rebuild_progress(report)

    async def VerifyProjection(
        self, request: pb.VerifyProjectionRequest, _call: Call
    ) -> AsyncIterator[pb.VerifyProjectionResponse]:
        """Compare a projection with the log, with progress. A client that goes away ends it."""
        async for report in in_a_thread(self.queries.read_models.verify(request.name)):
            note(projection=request.name, position=report.position)
            yield _verify_progress(report)


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


def _projection(progress: ProjectionProgress) -> pb.Projection:
    state = pb.ProjectionState.Value(f"PROJECTION_STATE_{progress.state}")
    return pb.Projection(
        name=progress.name,
        version=progress.version,
        state=state,
        position=progress.position,
        lag=progress.lag,
        unknown_type_count=progress.unknown_type_count,
        error=progress.error,
    )


def _rebuild_progress(report: RebuildReport) -> pb.RebuildProjectionResponse:
    return pb.RebuildProjectionResponse(
        name=report.name,
        position=report.position,
        head=report.head,
        events_per_second=report.events_per_second,
        remaining=_remaining(report.remaining_seconds),
        done=report.done,
    )


def _verify_progress(report: VerificationReport) -> pb.VerifyProjectionResponse:
    return pb.VerifyProjectionResponse(
        position=report.position,
        head=report.head,
        events_per_second=report.events_per_second,
        remaining=_remaining(report.remaining_seconds),
        done=report.done,
        first_difference=report.first_difference,
    )


def _remaining(seconds: float | None) -> Duration | None:
    if seconds is None:
        return None
    remaining = Duration()
    remaining.FromMilliseconds(round(seconds * 1_000))
    return remaining
