"""What changed between two points, and many statuses at once: over a real channel."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple
from unittest.mock import patch

import grpc
import pytest

from communique.client import Client, InvalidRequest, OutOfRange, Point
from communique.domain.claims.event import EventCorrected, EventRetracted
from communique.domain.state.comparison import ChangeKind
from communique.domain.state.posture import Posture
from communique.server.runtime import limits
from communique.v1 import time_pb2
from communique.v1.timeline_service_pb2 import (
    BatchGetBilateralStatusRequest,
    CompareBilateralStatusRequest,
    GetBilateralStatusRequest,
    ListBilateralStatusesRequest,
)
from tests.support import nineteen_claims
from tests.support.calls import Stubs, meeting, meetings, refused, retraction, submit
from tests.support.given import amended
from tests.support.servers import desk_with

CLAIMS = nineteen_claims.claims()
HEAD = len(CLAIMS)
REFUSAL, NOTICE = CLAIMS[9], CLAIMS[18]
INVALID = grpc.StatusCode.INVALID_ARGUMENT
AsOf = time_pb2.AsOf
NOW = time_pb2.PointInTime(text="2100-01-01")
AUGUST_20, AUGUST_22 = (
    Point(valid_at=day, zone="Asia/Seoul") for day in ("2019-08-20", "2019-08-22")
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of a server with the sample, which all tests that only ask share."""
    with desk_with(tmp_path_factory.mktemp("desk"), CLAIMS) as desk:
        yield desk.client


def test_how_things_moved(desk: Client) -> None:
    """A comparison over valid time shows the notice of 22 August with the claim that told of it."""
    comparison = desk.compare("KOR", "JPN", before=AUGUST_20, after=AUGUST_22)
    (change,) = (change for change in comparison.changes if change.facet.startswith("agreement/"))
    assert (change.kind, change.before) == (ChangeKind.APPEARED, None)
    assert change.cause_event_ids == (NOTICE.event_id,)
    assert (comparison.posture_before, comparison.posture_after) == (
        Posture.STRAINED,
        Posture.CONFRONTATIONAL,
    )


def test_what_was_learnt(client: Client) -> None:
    """A comparison over known time shows what was published in between about the same day."""
    client.submit(CLAIMS)
    before, after = (
        Point("2019-08-21", day, zone="Asia/Seoul") for day in ("2019-08-20", "2019-08-23")
    )
    comparison = client.compare("KOR", "JPN", before=before, after=after, min_position=HEAD)
    known = {claim.event_id: claim.known.instant for claim in CLAIMS if claim.known}
    causes = {cause for change in comparison.changes for cause in change.cause_event_ids}
    assert REFUSAL.event_id in causes
    assert all(comparison.before.known < known[cause] <= comparison.after.known for cause in causes)


def test_what_corrections_changed(client: Client) -> None:
    """A comparison over positions names corrections and retractions as causes of changes."""
    client.submit(CLAIMS)
    content = REFUSAL.model_copy(update={"gist": "Not now."})
    correction = amended(
        EventCorrected(amends=REFUSAL.event_id, content=content, reason="misheard")
    )
    retraction = amended(EventRetracted(amends=NOTICE.event_id, reason="unfounded"))
    (*_, last) = client.submit([correction, retraction])
    comparison = client.compare(
        "KOR",
        "JPN",
        before=Point("2019-08-23", position=HEAD),
        after=Point("2019-08-23"),
        min_position=last.position,
    )
    causes = {change.facet: (change.kind, change.cause_event_ids) for change in comparison.changes}
    agreement = next(facet for facet in causes if facet.startswith("agreement/"))
    assert causes["talks/export-controls"] == (ChangeKind.CHANGED, (correction.event_id,))
    assert causes[agreement][0] is ChangeKind.ENDED
    assert set(causes[agreement][1]) == {NOTICE.event_id, retraction.event_id}


def test_a_comparison_obeys_its_laws(desk: Client) -> None:
    """Comparing a point with itself is empty, and swapping two points mirrors the changes."""
    forth = desk.compare("KOR", "JPN", before=AUGUST_20, after=AUGUST_22)
    back = desk.compare("JPN", "KOR", before=AUGUST_22, after=AUGUST_20)
    again = desk.compare("KOR", "JPN", before=forth.after, after=forth.after)
    assert again.changes == ()
    assert [(change.facet, change.before, change.after) for change in forth.changes] == [
        (change.facet, change.after, change.before) for change in back.changes
    ]
    causes = [change.cause_event_ids for change in forth.changes]
    assert causes == [change.cause_event_ids for change in back.changes]


def test_two_points_of_one_request_have_one_now(desk: Client) -> None:
    """Two points of one request that are left open are the same moment and position."""
    comparison = desk.compare("KOR", "JPN", before=Point(), after=Point())
    assert comparison.before == comparison.after
    assert comparison.changes == ()


def test_many_statuses_are_as_of_one_point(desk: Client) -> None:
    """Statuses of several dyads come in the order asked, each as if asked for alone."""
    asked = ["KOR-JPN", "CHN-KOR", "FRA-DEU", "JPN-KOR"]
    statuses = desk.statuses(asked, valid_at="2019-08-22")
    assert [status.dyad for status in statuses] == ["JPN-KOR", "CHN-KOR", "DEU-FRA", "JPN-KOR"]
    assert len({status.as_of.model_dump_json() for status in statuses}) == 1
    alone = [desk.status(*status.dyad.split("-"), as_of=status.as_of) for status in statuses]
    assert alone == statuses
    assert statuses[2].posture is Posture.UNKNOWN


def test_a_party_s_statuses_come_with_the_strongest_first(desk: Client) -> None:
    """A party's statuses come by posture, the strongest first, or by the latest event."""
    by_posture = list(desk.statuses_of("KOR", valid_at="2019-08-22"))
    assert [status.dyad for status in by_posture] == ["JPN-KOR", "CHN-KOR"]
    assert list(desk.statuses_of("KOR", as_of=by_posture[0].as_of, page_size=1)) == by_posture
    assert list(desk.statuses_of("FRA")) == []
    latest = list(desk.statuses_of("CHN", order_by="latest-event", valid_at="2019-08-22"))
    assert [status.dyad for status in latest] == ["CHN-JPN", "CHN-KOR"]


def test_pages_of_statuses_fit_together(stubs: Stubs) -> None:
    """Pages of statuses are as of the first page's point, whatever is recorded in between."""
    codes = ["CHN", "DEU", "FRA", "USA", "JPN"]
    events = [meeting("KOR", code) for code in codes]
    last = submit(stubs, *events)[-1].position
    request = ListBilateralStatusesRequest(party="KOR", page_size=2, min_position=last)
    first = stubs.timelines.ListBilateralStatuses(request, timeout=30)
    submit(stubs, meeting("KOR", "ZAF"), *meetings(3))
    statuses, page = [*first.statuses], first
    while page.next_page_token:
        request.page_token = page.next_page_token
        page = stubs.timelines.ListBilateralStatuses(request, timeout=30)
        assert page.as_of == first.as_of
        statuses += page.statuses
    assert [status.dyad for status in statuses] == sorted(status.dyad for status in statuses)
    assert len(statuses) == len(codes)


def test_a_page_of_large_statuses_is_cut_short(desk: Client) -> None:
    """Statuses too large to share a message come on pages of their own, and none is lost."""
    whole = list(desk.statuses_of("KOR", valid_at="2019-08-22"))
    with patch.object(limits, "PAGE_BYTES_MAX", 1):
        assert list(desk.statuses_of("KOR", as_of=whole[0].as_of)) == whole


def test_page_sizes_of_statuses_are_kept_in_bounds(desk: Client) -> None:
    """A page size of a million is taken for a list of statuses, which comes whole."""
    assert len(list(desk.statuses_of("KOR", page_size=10**6))) == 2


def test_every_answer_can_be_asked_for_again(stubs: Stubs, client: Client) -> None:
    """An answer asked for with its own point is the same after much was recorded since."""
    client.submit(CLAIMS)
    status = client.status("KOR", "JPN", min_position=HEAD)
    as_of = status.as_of
    july = Point("2019-07-01", known_at=as_of.known, position=HEAD)

    def answers() -> list[object]:
        return [
            client.status("KOR", "JPN", as_of=as_of).model_dump_json(),
            [
                status.model_dump_json()
                for status in client.statuses(["JPN-KOR", "CHN-KOR"], as_of=as_of)
            ],
            [status.model_dump_json() for status in client.statuses_of("KOR", as_of=as_of)],
            client.compare("KOR", "JPN", before=july, after=as_of).model_dump_json(),
            list(client.events(as_of=as_of)),
            list(client.timeline(as_of=as_of)),
        ]

    first = answers()
    assert first[0] == status.model_dump_json()
    client.submit([amended(EventRetracted(amends=NOTICE.event_id, reason="unfounded"))])
    last = submit(stubs, *meetings(5))[-1].position
    assert client.status("KOR", "JPN", min_position=last) != status
    assert answers() == first


def test_pinned_answers_have_the_same_bytes_for_ever(stubs: Stubs) -> None:
    """An answer as of a fixed point has the same bytes on the wire, whatever is recorded later."""
    first = meeting()
    submit(stubs, first, *meetings(3))
    day = time_pb2.PointInTime(text="2019-08-22")
    past, pinned = AsOf(valid=day, known=NOW, position=0), AsOf(valid=day, known=NOW, position=4)
    parties = ["KOR", "JPN"]

    def answers() -> list[bytes]:
        timelines = stubs.timelines
        messages = (
            timelines.BatchGetBilateralStatus(
                BatchGetBilateralStatusRequest(dyads=["JPN-KOR"], as_of=pinned),
                timeout=30,
            ),
            timelines.ListBilateralStatuses(
                ListBilateralStatusesRequest(party="KOR", as_of=pinned),
                timeout=30,
            ),
            timelines.CompareBilateralStatus(
                CompareBilateralStatusRequest(parties=parties, before=past, after=pinned),
                timeout=30,
            ),
        )
        return [answer.SerializeToString(deterministic=True) for answer in messages]

    before = answers()
    last = submit(stubs, retraction(first.event_id), *meetings(5))[-1].position
    request = GetBilateralStatusRequest(parties=parties, min_position=last)
    stubs.timelines.GetBilateralStatus(request, timeout=30)
    assert answers() == before


def test_a_point_given_back_can_be_moved(desk: Client) -> None:
    """A clock given beside `as_of` replaces that part of the point, and the rest stays."""
    now = desk.status("KOR", "JPN").as_of
    moved = desk.status("KOR", "JPN", as_of=now, valid_at="2019-08-20").as_of
    assert moved.valid.isoformat() == "2019-08-20T23:59:59.999999+00:00"
    assert (moved.known, moved.position) == (now.known, now.position)


class Case(NamedTuple):
    """A call that is refused, the field that is named, and words that are said."""

    call: Callable[[Stubs], object]
    field: str
    words: str = ""


NOWHEN = AsOf(valid=time_pb2.PointInTime(text="yesterday"))


def comparing(*parties: str, **fields: object) -> Callable[[Stubs], object]:
    """Compare two points."""
    request = CompareBilateralStatusRequest(parties=parties, **fields)  # type: ignore[arg-type]
    return lambda stubs: stubs.timelines.CompareBilateralStatus(request)


def batch(*dyads: str, **fields: object) -> Callable[[Stubs], object]:
    """Ask for many statuses."""
    request = BatchGetBilateralStatusRequest(dyads=dyads, **fields)  # type: ignore[arg-type]
    return lambda stubs: stubs.timelines.BatchGetBilateralStatus(request)


def listing(**fields: object) -> Callable[[Stubs], object]:
    """List a party's statuses."""
    request = ListBilateralStatusesRequest(**{"party": "KOR", **fields})  # type: ignore[arg-type]
    return lambda stubs: stubs.timelines.ListBilateralStatuses(request)


CASES = {
    "one party": Case(comparing("KOR"), "parties", "exactly two"),
    "the same party twice": Case(comparing("KOR", "KOR"), "parties[1]", "two different"),
    "an unknown party": Case(comparing("KOR", "JPX"), "parties[1]", "did you mean JPN"),
    "no time before": Case(comparing("KOR", "JPN", before=NOWHEN), "before.valid"),
    "no time after": Case(comparing("KOR", "JPN", after=NOWHEN), "after.valid"),
    "no zone": Case(comparing("KOR", "JPN", after=AsOf(zone="Mars/Base")), "after.zone"),
    "a negative position": Case(
        comparing("KOR", "JPN", before=AsOf(position=-1)), "before.position"
    ),
    "a negative receipt": Case(comparing("KOR", "JPN", min_position=-1), "min_position"),
    "no dyads": Case(batch(), "dyads", "at least one"),
    "101 dyads": Case(batch(*["JPN-KOR"] * 101), "dyads", "at most 100"),
    "no dyad": Case(batch("JPN-KOR", "JPNKOR"), "dyads[1]", "such as JPN-KOR"),
    "a dyad of one": Case(batch("KOR-KOR"), "dyads[0]", "two different"),
    "a dyad with nobody": Case(batch("JPN-KOX"), "dyads[0]", "KOR"),
    "no such party": Case(listing(party="KOX"), "party", "did you mean"),
    "no party": Case(listing(party=""), "party"),
    "no order": Case(listing(order_by=9), "order_by", "POSTURE, LATEST_EVENT"),
    "a negative page": Case(listing(page_size=-1), "page_size"),
    "a made-up token": Case(listing(page_token="AAAA"), "page_token"),  # noqa: S106  no secret
    "a list as of no time": Case(listing(as_of=NOWHEN), "as_of.valid"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_wrong_is_named(shared_stubs: Stubs, case: Case) -> None:
    """A refused comparison or list of statuses names the field at fault and what is allowed."""
    error = refused(lambda: case.call(shared_stubs))
    assert error.code is INVALID
    assert case.words in error.violations[case.field]


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_position_beyond_the_head_is_named_by_its_side(shared_stubs: Stubs, side: str) -> None:
    """A comparison ahead of the log says which of its two points is beyond the head."""
    ahead: dict[str, object] = {side: AsOf(position=10**6)}
    error = refused(lambda: comparing("KOR", "JPN", **ahead)(shared_stubs))
    assert (error.code, error.reason) == (grpc.StatusCode.OUT_OF_RANGE, "POSITION_BEYOND_HEAD")
    assert error.message.startswith(f"{side}.position: position 1000000 is beyond the head")


def test_a_token_belongs_to_its_request(stubs: Stubs) -> None:
    """A page token of statuses is refused with another party, order or point."""
    codes = ["CHN", "DEU", "FRA"]
    events = [meeting("KOR", code) for code in codes]
    last = submit(stubs, *events)[-1].position
    request = ListBilateralStatusesRequest(party="KOR", page_size=1, min_position=last)
    token = stubs.timelines.ListBilateralStatuses(request, timeout=30).next_page_token
    for changes in ({"party": "CHN"}, {"order_by": 2}, {"as_of": AsOf(position=1)}):
        call = listing(page_token=token, min_position=last, **changes)
        error = refused(partial(call, stubs))
        assert (error.code, error.reason) == (INVALID, "PAGE_TOKEN_INVALID")


def test_the_client_raises_what_the_service_refuses(desk: Client) -> None:
    """Refusals of comparisons have their exceptions, and an unknown order is refused at once."""
    with pytest.raises(InvalidRequest, match="parties"):
        desk.compare("KOR", "KOR", before=Point())
    with pytest.raises(OutOfRange, match=r"after\.position"):
        desk.compare("KOR", "JPN", before=Point(), after=Point(position=10**6))
    with pytest.raises(InvalidRequest, match="dyads"):
        desk.statuses([])
    with pytest.raises(ValueError, match="one of posture, latest-event"):
        desk.statuses_of("KOR", order_by="name")  # type: ignore[arg-type]
