"""`TimelineService`: the use cases that ask the read models. Each checks, asks and answers."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from communique import codec
from communique.domain.parties.party import Dyad, known_code
from communique.server.application.live.live_streams import LiveStreams
from communique.server.application.live.log_read import is_backwards
from communique.server.application.live.status_watch import StatusWatch
from communique.server.application.queries.event_pages import list_page
from communique.server.application.queries.query_runner import QueryRunner
from communique.server.application.queries.score_window import score_window_of
from communique.server.application.queries.status_lists import dyads_of, list_statuses
from communique.server.application.queries.subjects_and_issues import (
    get_issue,
    get_subject,
    list_issues,
    list_subjects,
)
from communique.server.application.request_errors import Faults, InvalidFields
from communique.server.runtime.call import Call
from communique.server.runtime.call_log import note
from communique.v1 import time_pb2
from communique.v1 import timeline_service_pb2 as pb

_PARTY_COUNT: Final = 2


@dataclass(frozen=True)
class TimelineService:
    """Asks the read models how things stand, and what happened."""

    queries: QueryRunner
    live: LiveStreams

    async def GetBilateralStatus(
        self, request: pb.GetBilateralStatusRequest, call: Call
    ) -> pb.GetBilateralStatusResponse:
        """Return how things stand between two parties as of a point."""
        dyad = _dyad(request.parties)
        asked = await self.queries.as_of(request.as_of, request.min_position, call)
        ask = self.queries.read_models.bilateral_status
        # Like all long answers, converted where it is asked for.
        status = await self.queries.run_shortly(lambda: codec.status_message(ask(dyad, asked)))
        note(dyad=str(dyad), position=status.as_of.position)
        return pb.GetBilateralStatusResponse(status=status)

    async def BatchGetBilateralStatus(
        self, request: pb.BatchGetBilateralStatusRequest, call: Call
    ) -> pb.BatchGetBilateralStatusResponse:
        """Return how things stand between several pairs, all as of one point."""
        dyads = dyads_of(request.dyads)
        asked = await self.queries.as_of(request.as_of, request.min_position, call)
        ask = self.queries.read_models.bilateral_statuses
        statuses = await self.queries.run(
            lambda: [codec.status_message(status) for status in ask(dyads, asked)]
        )
        note(dyads=len(dyads), position=statuses[0].as_of.position)
        return pb.BatchGetBilateralStatusResponse(statuses=statuses)

    async def ListBilateralStatuses(
        self, request: pb.ListBilateralStatusesRequest, call: Call
    ) -> pb.ListBilateralStatusesResponse:
        """Return a page of how things stand between a party and all others."""
        return await list_statuses(self.queries, request, call)

    async def CompareBilateralStatus(
        self, request: pb.CompareBilateralStatusRequest, call: Call
    ) -> pb.CompareBilateralStatusResponse:
        """Return what changed between two points, and which events changed it."""
        dyad = _dyad(request.parties)
        points = {"before": request.before, "after": request.after}
        before, after = await self.queries.as_ofs(points, request.min_position, call)
        compare = self.queries.read_models.compare
        comparison = await self.queries.run(compare, dyad, before, after)
        position, changes = comparison.after.position, len(comparison.changes)
        note(dyad=str(dyad), position=position, changes=changes)
        message = codec.comparison_message(comparison)
        return pb.CompareBilateralStatusResponse(comparison=message)

    async def WatchBilateralStatus(
        self, request: pb.WatchBilateralStatusRequest, call: Call
    ) -> AsyncIterator[pb.WatchBilateralStatusResponse]:
        """Return how things stand between two parties, and then each change as it happens."""
        dyad = _dyad(request.parties)
        note(dyad=str(dyad))
        with self.live.joined():
            await self.queries.as_of(time_pb2.AsOf(), 0, call)
            async for frame in StatusWatch(self.live, dyad).frames():
                yield frame

    async def GetScoreSeries(
        self, request: pb.GetScoreSeriesRequest, call: Call
    ) -> pb.GetScoreSeriesResponse:
        """Return the scores of a pair over time, as of a point."""
        window = score_window_of(_dyad(request.parties), request)
        asked = await self.queries.as_of(request.as_of, request.min_position, call)
        series = await self.queries.run(self.queries.read_models.score_series, window, asked)
        note(dyad=series.dyad, position=series.as_of.position, steps=len(series.steps))
        return pb.GetScoreSeriesResponse(series=codec.series_message(series))

    async def GetSubject(self, request: pb.GetSubjectRequest, call: Call) -> pb.GetSubjectResponse:
        """Return one subject: its life cycle, all claims about it, and where they disagree."""
        return await get_subject(self.queries, request, call)

    async def ListSubjects(
        self, request: pb.ListSubjectsRequest, call: Call
    ) -> pb.ListSubjectsResponse:
        """Return a page of the subjects with a claim that a filter selects."""
        return await list_subjects(self.queries, request, call)

    async def GetIssue(self, request: pb.GetIssueRequest, call: Call) -> pb.GetIssueResponse:
        """Return the board of one issue."""
        return await get_issue(self.queries, request, call)

    async def ListIssues(self, request: pb.ListIssuesRequest, call: Call) -> pb.ListIssuesResponse:
        """Return a page of the issues with a claim that a filter selects."""
        return await list_issues(self.queries, request, call)

    async def ListTimeline(
        self, request: pb.ListTimelineRequest, call: Call
    ) -> pb.ListTimelineResponse:
        """Return a page of the events that a filter selects, in the order of their valid times."""
        backwards = is_backwards(request.direction)
        list_timeline = partial(self.queries.read_models.list_timeline, backwards=backwards)
        return await list_page(self.queries, list_timeline, request, call, pb.ListTimelineResponse)


def _dyad(parties: Sequence[str]) -> Dyad:
    """Return the dyad of exactly two different codes; raise `InvalidFields` for anything else."""
    if len(parties) != _PARTY_COUNT:
        raise InvalidFields.at("parties", f"exactly two parties are needed, not {len(parties)}")
    faults = Faults()
    for index, code in enumerate(parties):
        faults.read(f"parties[{index}]", known_code, code)
    faults.refuse()
    first, second = parties
    if first == second:
        raise InvalidFields.at("parties[1]", f"two different parties are needed, not {first} twice")
    return Dyad.of(first, second)
