"""Pages of events, in the order of positions or of valid times, as messages of the contract."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from communique import codec
from communique.codec.wire import timestamp_of
from communique.domain.state.event_filter import Filter
from communique.server.application.queries.filters import filter_of
from communique.server.application.queries.page_tokens import next_token_of, requested_page
from communique.server.application.queries.query_runner import QueryRunner
from communique.server.application.queries.requested_as_of import resolved_message, zone_of
from communique.server.application.request_errors import Faults
from communique.server.projections.snapshot import RequestedAsOf
from communique.server.runtime import limits
from communique.server.runtime.call import Call
from communique.server.runtime.call_log import note
from communique.server.views.paging import PageRequest
from communique.server.views.timeline.event_lists import EventPage, ListedEvent
from communique.v1 import event_pb2
from communique.v1.record_service_pb2 import ListEventsRequest, ListEventsResponse
from communique.v1.timeline_service_pb2 import ListTimelineRequest, ListTimelineResponse

ListEvents = Callable[[Filter, RequestedAsOf, PageRequest], EventPage]
Response = TypeVar("Response", ListEventsResponse, ListTimelineResponse)


async def list_page(
    queries: QueryRunner,
    list_events: ListEvents,
    request: ListEventsRequest | ListTimelineRequest,
    call: Call,
    response: type[Response],
) -> Response:
    """Return a page that `list_events` gives.

    Raises as `QueryRunner.as_of`, and `PageTokenInvalid`.
    """
    page, as_of = requested_page(request)
    selection = filter_of(request.filter, zone_of(request.as_of, Faults()))
    asked = await queries.as_of(as_of, request.min_position, call)
    listed, events = await queries.run(_fitting, list_events, selection, asked, page)
    note(position=listed.as_of.position, events=len(events))
    return response(
        events=events,
        next_page_token=next_token_of(listed.as_of, listed.next_key, request),
        as_of=resolved_message(listed.as_of),
    )


def event_as_of_message(listed: ListedEvent) -> event_pb2.EventAsOf:
    """Return an event as it stood, put together from the log's own bytes."""
    entry, claim, content, dispute_ids = listed
    return event_pb2.EventAsOf(
        position=claim.position,
        record_time=timestamp_of(claim.record_micros),
        submitter=claim.submitter,
        known=timestamp_of(entry.known),
        event=codec.content_message(content.state, entry.event_id),
        corrected_by=str(UUID(bytes=entry.corrected_by)) if entry.corrected_by else "",
        disputed_by_events=[str(UUID(bytes=dispute_id)) for dispute_id in dispute_ids],
    )


def _fitting(
    list_events: ListEvents, selection: Filter, asked: RequestedAsOf, page: PageRequest
) -> tuple[EventPage, list[event_pb2.EventAsOf]]:
    """Return the page asked for or, where it is too large for a message, a shorter one."""
    while True:
        listed = list_events(selection, asked, page)
        events = [event_as_of_message(event) for event in listed.events]
        size = sum(event.ByteSize() for event in events)
        if size <= limits.PAGE_BYTES_MAX:
            return listed, events
        page = page._replace(size=len(events) * limits.PAGE_BYTES_MAX // size)
        asked = asked._replace(position=listed.as_of.position)
