"""`TimelineService`: the answers."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from communique import codec
from communique.domain.parties.party import Dyad, known_code
from communique.server.application.live.live_streams import Live
from communique.server.application.live.log_read import is_backwards
from communique.server.application.queries.query_runner import Asking, resolved
from communique.server.application.queries.read_models import ReadModels
from communique.server.application.queries.score_window import series_wanted
from communique.server.application.queries.status_lists import dyads_of, list_statuses
from communique.server.application.queries.summaries import list_issues, list_subjects
from communique.server.application.queries.whole_subjects import get_issue, get_subject
from communique.server.application.request_errors import Faults, InvalidRequest
from communique.server.projections.progress import Question
from communique.server.runtime.call import Context
from communique.server.runtime.call_log import note
from communique.v1 import status_pb2, time_pb2
from communique.v1 import timeline_service_pb2 as pb
from communique.v1.timeline_service_pb2_grpc import TimelineServiceServicer

_TWO: Final = 2


@dataclass(frozen=True)
class TimelineService(TimelineServiceServicer):
    """Asks the read models how things stand, and what happened."""

    read_models: ReadModels
    asking: Asking
    live: Live

    async def GetBilateralStatus(
        self, request: pb.GetBilateralStatusRequest, context: Context
    ) -> pb.GetBilateralStatusResponse:
        """Return how things stand between two parties as of a point."""
        dyad = _dyad(request.parties)
        question = await self.asking.question(request.as_of, request.min_position, context)
        status = await self.asking.run(self._status, dyad, question)
        note(dyad=str(dyad), position=status.as_of.position)
        return pb.GetBilateralStatusResponse(status=status)

    async def BatchGetBilateralStatus(
        self, request: pb.BatchGetBilateralStatusRequest, context: Context
    ) -> pb.BatchGetBilateralStatusResponse:
        """Return how things stand between several pairs, all as of one point."""
        dyads = dyads_of(request.dyads)
        question = await self.asking.question(request.as_of, request.min_position, context)
        statuses = await self.asking.run(self._statuses, dyads, question)
        note(dyads=len(dyads), position=statuses[0].as_of.position)
        return pb.BatchGetBilateralStatusResponse(statuses=statuses)

    async def ListBilateralStatuses(
        self, request: pb.ListBilateralStatusesRequest, context: Context
    ) -> pb.ListBilateralStatusesResponse:
        """Return a page of how things stand between a party and all others."""
        return await list_statuses(self.asking, self.read_models, request, context)

    async def CompareBilateralStatus(
        self, request: pb.CompareBilateralStatusRequest, context: Context
    ) -> pb.CompareBilateralStatusResponse:
        """Return what changed between two points, and which events changed it."""
        dyad = _dyad(request.parties)
        points = {"before": request.before, "after": request.after}
        before, after = await self.asking.questions(points, request.min_position, context)
        found = await self.asking.run(self.read_models.compare, dyad, before, after)
        note(dyad=str(dyad), position=found.after.position, changes=len(found.changes))
        return pb.CompareBilateralStatusResponse(comparison=codec.comparison_message(found))

    async def WatchBilateralStatus(
        self, request: pb.WatchBilateralStatusRequest, context: Context
    ) -> AsyncIterator[pb.WatchBilateralStatusResponse]:
        """Return how things stand between two parties, and then each change as it happens."""
        dyad = _dyad(request.parties)
        note(dyad=str(dyad))
        with self.live.streams.joined():
            await self.asking.question(time_pb2.AsOf(), 0, context)
            async for frame in self.live.watch(dyad).frames():
                yield frame

    async def GetScoreSeries(
        self, request: pb.GetScoreSeriesRequest, context: Context
    ) -> pb.GetScoreSeriesResponse:
        """Return the scores of a pair over time, as of a point."""
        wanted = series_wanted(_dyad(request.parties), request)
        question = await self.asking.question(request.as_of, request.min_position, context)
        series = await self.asking.run(self.read_models.score_series, wanted, question)
        note(dyad=series.dyad, position=series.as_of.position, steps=len(series.steps))
        return pb.GetScoreSeriesResponse(series=codec.series_message(series))

    async def GetSubject(
        self, request: pb.GetSubjectRequest, context: Context
    ) -> pb.GetSubjectResponse:
        """Return one subject: its life cycle, all claims about it, and where they disagree."""
        return await get_subject(self.asking, self.read_models, request, context)

    async def ListSubjects(
        self, request: pb.ListSubjectsRequest, context: Context
    ) -> pb.ListSubjectsResponse:
        """Return a page of the subjects with a claim that a filter selects."""
        return await list_subjects(self.asking, self.read_models, request, context)

    async def GetIssue(self, request: pb.GetIssueRequest, context: Context) -> pb.GetIssueResponse:
        """Return the board of one issue."""
        return await get_issue(self.asking, self.read_models, request, context)

    async def ListIssues(
        self, request: pb.ListIssuesRequest, context: Context
    ) -> pb.ListIssuesResponse:
        """Return a page of the issues with a claim that a filter selects."""
        return await list_issues(self.asking, self.read_models, request, context)

    async def ListTimeline(
        self, request: pb.ListTimelineRequest, context: Context
    ) -> pb.ListTimelineResponse:
        """Return a page of the events that a filter selects, in the order of their valid times."""
        backwards = is_backwards(request.direction)
        ask = partial(self.read_models.list_timeline, backwards=backwards)
        page, token = await self.asking.list_page(request, context, ask)
        return pb.ListTimelineResponse(
            events=page.events, next_page_token=token, as_of=resolved(page.as_of)
        )

    # In the thread that has asked, so that the event loop is not kept by long answers.

    def _status(self, dyad: Dyad, question: Question) -> status_pb2.BilateralStatus:
        return codec.status_message(self.read_models.bilateral_status(dyad, question))

    def _statuses(
        self, dyads: Sequence[Dyad], question: Question
    ) -> list[status_pb2.BilateralStatus]:
        found = self.read_models.bilateral_statuses(dyads, question)
        return [codec.status_message(status) for status in found]


def _dyad(parties: Sequence[str]) -> Dyad:
    """Return the dyad of exactly two different codes; raise `InvalidRequest` for anything else."""
    if len(parties) != _TWO:
        raise InvalidRequest.at("parties", f"exactly two parties are needed, not {len(parties)}")
    faults = Faults()
    for index, code in enumerate(parties):
        faults.read(f"parties[{index}]", known_code, code)
    faults.refuse()
    one, other = parties
    if one == other:
        raise InvalidRequest.at("parties[1]", f"two different parties are needed, not {one} twice")
    return Dyad.of(one, other)
