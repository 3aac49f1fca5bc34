"""`TimelineService`: the answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from communique import codec
from communique.domain.parties import Dyad, known_code
from communique.service.asking import Asking, resolved
from communique.service.context import Context
from communique.service.logging import note
from communique.service.read_models import ReadModels
from communique.service.reading import is_backwards
from communique.service.refusals import Faults, InvalidRequest
from communique.v1 import timeline_service_pb2 as pb
from communique.v1.timeline_service_pb2_grpc import TimelineServiceServicer

_TWO: Final = 2


@dataclass(frozen=True)
class TimelineService(TimelineServiceServicer):
    """Asks the read models how things stand, and what happened."""

    read_models: ReadModels
    asking: Asking

    async def GetBilateralStatus(
        self, request: pb.GetBilateralStatusRequest, context: Context
    ) -> pb.GetBilateralStatusResponse:
        """Return how things stand between two parties as of a point."""
        dyad = _dyad(request.parties)
        question = await self.asking.question(request.as_of, request.min_position, context)
        status = await self.asking.run(self.read_models.bilateral_status, dyad, question)
        note(dyad=str(dyad), position=status.as_of.position)
        return pb.GetBilateralStatusResponse(status=codec.status_message(status))

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
