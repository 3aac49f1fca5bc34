"""Pages of events, in the order of positions or of valid times."""

from collections.abc import Callable
from typing import NamedTuple

from communique.domain.state.event_filter import Filter
from communique.server.application.queries.event_messages import event_as_of_message
from communique.server.application.queries.filters import filter_of
from communique.server.application.queries.page_tokens import (
    ListRequest,
    cursor_of,
    next_token_of,
    page_size_of,
)
from communique.server.application.queries.query_runner import QueryRunner
from communique.server.application.queries.requested_as_of import resolved_message, zone_of
from communique.server.application.request_errors import Faults
from communique.server.projections.snapshot import RequestedAsOf
from communique.server.runtime import limits
from communique.server.runtime.call import Call
from communique.server.runtime.call_log import note
from communique.server.views.paging import PageRequest
from communique.server.views.timeline.event_lists import EventPage
from communique.v1 import event_pb2, time_pb2

ListEvents = Callable[[Filter, RequestedAsOf, PageRequest], EventPage]


class ListedPage(NamedTuple):
    """What a list answers; the token is empty at the end."""

    events: list[event_pb2.EventAsOf]
    next_page_token: str
    as_of: time_pb2.ResolvedAsOf


async def list_page(
    queries: QueryRunner, list_events: ListEvents, request: ListRequest, call: Call
) -> ListedPage:
    """Return a page that `list_events` gives.

    Raises as `QueryRunner.as_of`, and `PageTokenInvalid`.
    """
    size = page_size_of(request)
    cursor = cursor_of(request)
    selection = filter_of(request.filter, zone_of(request.as_of, Faults()))
    page, asked = await queries.page(request, cursor, size, call)
    found, events = await queries.run(_fitting, list_events, selection, asked, page)
    note(position=found.as_of.position, events=len(events))
    token = next_token_of(found.as_of, found.next_key, request)
    return ListedPage(events, token, resolved_message(found.as_of))


def _fitting(
    list_events: ListEvents, selection: Filter, asked: RequestedAsOf, page: PageRequest
) -> tuple[EventPage, list[event_pb2.EventAsOf]]:
    """Return the page asked for or, where it is too large for a message, a shorter one."""
    while True:
        found = list_events(selection, asked, page)
        events = [event_as_of_message(listed) for listed in found.events]
        size = sum(event.ByteSize() for event in events)
        if size <= limits.PAGE_BYTES_MAX:
            return found, events
        page = page._replace(size=len(events) * limits.PAGE_BYTES_MAX // size)
        asked = asked._replace(position=found.as_of.position)
