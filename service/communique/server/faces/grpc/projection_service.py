"""`ProjectionService`: the operator's view of the read models."""

import asyncio
from collections.abc import AsyncIterator, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from google.protobuf.duration_pb2 import Duration

from communique.server.application.queries.query_runner import Asking
from communique.server.application.queries.read_models import ReadModels
from communique.server.projections.progress import Progress, RebuildProgress, VerifyProgress
from communique.server.runtime.call import Context
from communique.server.runtime.call_log import note
from communique.v1 import projection_service_pb2 as pb
from communique.v1.projection_service_pb2_grpc import ProjectionServiceServicer

Item = TypeVar("Item")


@dataclass(frozen=True)
class ProjectionService(ProjectionServiceServicer):
    """Says how far the read models are, rebuilds them, and compares them with the log."""

    read_models: ReadModels
    asking: Asking

    async def ListProjections(
        self, request: pb.ListProjectionsRequest, context: Context
    ) -> pb.ListProjectionsResponse:
        """Return every projection, in the order of their names."""
        progress = await self.asking.run(self.read_models.progress)
        return pb.ListProjectionsResponse(projections=map(_projection, progress))

    async def RebuildProjection(
        self, request: pb.RebuildProjectionRequest, context: Context
    ) -> AsyncIterator[pb.RebuildProjectionResponse]:
        """Rebuild one or all, with progress. A client that goes away abandons the rebuild."""
        async for progress in in_a_thread(self.read_models.rebuild(request.name)):
            note(projection=request.name or "all", position=progress.position)
            yield _rebuild_progress(progress)

    async def VerifyProjection(
        self, request: pb.VerifyProjectionRequest, context: Context
    ) -> AsyncIterator[pb.VerifyProjectionResponse]:
        """Compare a projection with the log, with progress. A client that goes away ends it."""
        async for progress in in_a_thread(self.read_models.verify(request.name)):
            note(projection=request.name, position=progress.position)
            yield _verify_progress(progress)


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


def _projection(progress: Progress) -> pb.Projection:
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


def _rebuild_progress(progress: RebuildProgress) -> pb.RebuildProjectionResponse:
    return pb.RebuildProjectionResponse(
        name=progress.name,
        position=progress.position,
        head=progress.head,
        events_per_second=progress.events_per_second,
        remaining=_remaining(progress.remaining_seconds),
        done=progress.done,
    )


def _verify_progress(progress: VerifyProgress) -> pb.VerifyProjectionResponse:
    return pb.VerifyProjectionResponse(
        position=progress.position,
        head=progress.head,
        events_per_second=progress.events_per_second,
        remaining=_remaining(progress.remaining_seconds),
        done=progress.done,
        first_difference=progress.first_difference,
    )


def _remaining(seconds: float | None) -> Duration | None:
    if seconds is None:
        return None
    remaining = Duration()
    remaining.FromMilliseconds(round(seconds * 1_000))
    return remaining
