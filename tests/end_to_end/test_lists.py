"""Lists: pages that fit together, pinned to the point that the first one was asked from."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest

from communique.server.app import running_server
from communique.server.runtime.settings import Settings
from communique.v1 import event_pb2, time_pb2
from communique.v1.record_service_pb2 import (
    DIRECTION_BACKWARDS,
    EventFilter,
    ListEventsRequest,
    ListEventsResponse,
)
from communique.v1.timeline_service_pb2 import ListTimelineRequest, ListTimelineResponse
from tests.support.calls import (
    Stubs,
    connected,
    correction,
    dispute,
    meeting,
    meetings,
    refused,
    retraction,
    submit,
)

Page = ListEventsResponse | ListTimelineResponse


def listed(stubs: Stubs, **fields: Any) -> ListEventsResponse:  # noqa: ANN401  any field
    """List events."""
    return stubs.records.ListEvents(ListEventsRequest(**fields), timeout=30)


def timeline(stubs: Stubs, **fields: Any) -> ListTimelineResponse:  # noqa: ANN401  as above
    """List a timeline."""
    return stubs.timelines.ListTimeline(ListTimelineRequest(**fields), timeout=30)


LISTS: list[Callable[..., Page]] = [listed, timeline]


def pages(ask: Callable[..., Page], stubs: Stubs, **fields: object) -> Iterator[Page]:
    """Yield all pages of a list."""
    token = ""
    while True:
        page = ask(stubs, page_token=token, **fields)
        yield page
        token = page.next_page_token
        if not token:
            return


def ids(events: Iterable[event_pb2.EventAsOf]) -> list[str]:
    """The ids of events."""
    return [event.event.event_id for event in events]


@pytest.mark.parametrize("ask", LISTS)
def test_pages_fit_together(stubs: Stubs, ask: Callable[..., Page]) -> None:
    """A list gives all events once, in pages of at most the size asked for, as of one point."""
    batch = meetings(95)
    submit(stubs, *batch)
    answers = list(pages(ask, stubs, page_size=10, min_position=95))
    assert max(len(page.events) for page in answers) <= 10
    assert [event_id for page in answers for event_id in ids(page.events)] == ids_of(batch)
    assert len({page.as_of.SerializeToString() for page in answers}) == 1
    assert answers[0].as_of.position == 95


def ids_of(batch: list[event_pb2.Event]) -> list[str]:
    """The ids of submitted events."""
    return [event.event_id for event in batch]


def test_page_sizes_have_a_default_and_a_ceiling(stubs: Stubs) -> None:
    """A page of a list has 100 events by default and 1,000 at most."""
    batch = meetings(1_000)
    submit(stubs, *batch)
    (last,) = submit(stubs, meeting(occurred="2019-08-22"))
    page = listed(stubs, min_position=last.position)
    assert len(page.events) == 100
    assert len(listed(stubs, page_size=10**6).events) == 1_000
    resized = listed(
        stubs, min_position=last.position, page_token=page.next_page_token, page_size=7
    )
    assert ids(resized.events) == ids_of(batch[100:107])


@pytest.mark.parametrize("ask", LISTS)
def test_what_comes_later_is_not_on_later_pages(stubs: Stubs, ask: Callable[..., Page]) -> None:
    """A list stays what it was when it began, whatever is recorded or retracted meanwhile."""
    batch = meetings(20)
    submit(stubs, *batch)
    going = pages(ask, stubs, page_size=5, min_position=20)
    first = next(going)
    late = meeting(occurred="2000-01-01")
    (*_, last) = submit(stubs, late, *map(retraction, ids_of(batch[10:])), correction(batch[7]))
    assert not set(ids(ask(stubs, min_position=last.position).events)) & set(ids_of(batch[10:]))
    assert [event_id for page in (first, *going) for event_id in ids(page.events)] == ids_of(batch)


def test_a_token_outlives_the_server(settings: Settings) -> None:
    """A list that was begun before a restart can be finished after the restart."""
    batch = meetings(10)
    with running_server(settings) as address, connected(address) as stubs:
        submit(stubs, *batch)
        first = listed(stubs, page_size=5, min_position=10)
    with running_server(settings) as address, connected(address) as stubs:
        second = listed(stubs, page_token=first.next_page_token, min_position=10)
    assert ids(first.events) + ids(second.events) == ids_of(batch)


def test_every_change_of_a_token_is_noticed(stubs: Stubs) -> None:
    """A page token with any character changed, added or taken away is refused."""
    submit(stubs, *meetings(3))
    token = listed(stubs, page_size=1, min_position=3).next_page_token
    changed = [
        token[:at] + ("x" if token[at] != "x" else "y") + token[at + 1 :]
        for at in range(len(token))
    ]
    for bad in [
        *changed,
        f"{token}A",
        token[:-1],
        token[4:],
        f"{token[:8]}!{token[8:]}",
        "AAAA",
    ]:
        error = refused(lambda: listed(stubs, page_token=bad, min_position=3))  # noqa: B023
        assert (error.reason, list(error.violations)) == ("PAGE_TOKEN_INVALID", ["page_token"])


OTHER_ARGUMENTS: list[dict[str, Any]] = [
    {"filter": EventFilter(dyad="JPN-KOR")},
    {"as_of": time_pb2.AsOf(position=2)},
    {"as_of": time_pb2.AsOf(zone="Asia/Seoul")},
    {"min_position": 1},
]


@pytest.mark.parametrize("arguments", OTHER_ARGUMENTS, ids=str)
def test_a_token_belongs_to_its_request(stubs: Stubs, arguments: dict[str, Any]) -> None:
    """A page token that is used with another filter, point or list is refused."""
    submit(stubs, *meetings(3))
    token = listed(stubs, page_size=1, min_position=3).next_page_token
    request = {"min_position": 3, "page_token": token} | arguments
    assert refused(lambda: listed(stubs, **request)).reason == "PAGE_TOKEN_INVALID"
    request = {"min_position": 3, "page_token": token}
    assert refused(lambda: timeline(stubs, **request)).reason == "PAGE_TOKEN_INVALID"


def test_a_timeline_stands_in_the_order_of_valid_times(stubs: Stubs) -> None:
    """A timeline lists events by when they happened, either way, with amendments applied."""
    batch = [meeting(occurred=f"2019-08-{day:02}") for day in (5, 1, 4, 2, 3)]
    moved = correction(batch[0])
    moved.event_corrected.content.occurred.edtf = "2019-07-30"
    (*_, last) = submit(
        stubs, *batch, moved, dispute(batch[1].event_id), retraction(batch[2].event_id)
    )
    forwards = timeline(stubs, min_position=last.position)
    expected = ids_of([batch[0], batch[1], batch[3], batch[4]])
    assert ids(forwards.events) == expected
    assert forwards.events[0].corrected_by == moved.event_id
    assert forwards.events[0].event.gist == "corrected"
    assert len(forwards.events[1].disputed_by_events) == 1
    backwards = list(pages(timeline, stubs, page_size=1, direction=DIRECTION_BACKWARDS))
    assert [event_id for page in backwards for event_id in ids(page.events)] == expected[::-1]


def test_filters_are_read_in_the_zone_of_the_request(stubs: Stubs) -> None:
    """A day of a filter is read in the zone of the request, from first moment to last."""
    early, late = (
        meeting(occurred="2019-08-21T00:30+09:00"),
        meeting(occurred="2019-08-21T23:30+09:00"),
    )
    submit(stubs, early, late)
    day = time_pb2.PointInTime(text="2019-08-21")
    chosen = EventFilter(occurred_from=day, occurred_to=day)
    seoul = time_pb2.AsOf(zone="Asia/Seoul")
    answer = timeline(stubs, filter=chosen, as_of=seoul, min_position=2)
    assert ids(answer.events) == ids_of([early, late])
    assert ids(timeline(stubs, filter=chosen, min_position=2).events) == ids_of([late])


def test_pages_of_large_events_are_cut_short(stubs: Stubs) -> None:
    """A page of large events fits into the 4 MiB that gRPC clients take by default."""
    labels = {f"label-{number}": "x" * 256 for number in range(20)}
    large = [meeting(gist="x" * 2_000, labels=labels) for _ in range(500)]
    submit(stubs, *large)
    answers = list(pages(listed, stubs, page_size=1_000, min_position=500))
    assert len(answers) > 1
    assert max(page.ByteSize() for page in answers) < 4 * 2**20
    assert [event_id for page in answers for event_id in ids(page.events)] == ids_of(large)


def test_events_say_who_recorded_them_when(stubs: Stubs) -> None:
    """An event as of a point says when the log got it and since when it could be known."""
    event = meeting(known=time_pb2.KnownTime(text="2019-08-22", zone="Asia/Seoul"))
    (receipt,) = submit(stubs, event)
    (shown,) = listed(stubs, min_position=1).events
    assert (shown.position, shown.record_time) == (1, receipt.record_time)
    assert shown.known.ToDatetime(UTC) == datetime(2019, 8, 22, 14, 59, 59, 999999, tzinfo=UTC)


def test_a_status_of_a_list_is_out_of_range_beyond_the_head(stubs: Stubs) -> None:
    """A list as of a position that is not recorded is refused as out of range."""
    error = refused(lambda: listed(stubs, as_of=time_pb2.AsOf(position=1)))
    assert (error.code, error.reason) == (
        grpc.StatusCode.OUT_OF_RANGE,
        "POSITION_BEYOND_HEAD",
    )
    assert error.metadata == {"position": "1", "head": "0"}
