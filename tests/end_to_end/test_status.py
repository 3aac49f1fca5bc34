"""How things stand: as of any point, as fresh as asked for."""

from typing import Any

import pytest

from communique.v1 import status_pb2, time_pb2
from communique.v1.timeline_service_pb2 import GetBilateralStatusRequest
from tests.support.calls import Stubs, meeting, meetings, retraction, submit


def status(stubs: Stubs, *parties: str, **fields: Any) -> status_pb2.BilateralStatus:  # noqa: ANN401  any field
    """Ask for the status of two parties, Korea and Japan unless others are given."""
    request = GetBilateralStatusRequest(parties=parties or ("KOR", "JPN"), **fields)
    return stubs.timelines.GetBilateralStatus(request, timeout=30).status


def as_of(valid: str = "", known: str = "", **fields: Any) -> time_pb2.AsOf:  # noqa: ANN401  as above
    """A point in words."""
    point = time_pb2.AsOf(**fields)
    if valid:
        point.valid.text = valid
    if known:
        point.known.text = known
    return point


def test_a_receipt_is_enough_to_read_ones_own_writes(stubs: Stubs) -> None:
    """A status asked to be as fresh as a receipt takes the receipt's event in."""
    for day in range(1, 29):
        (receipt,) = submit(stubs, meeting(occurred=f"2019-08-{day:02}"))
        answer = status(stubs, min_position=receipt.position)
        assert answer.as_of.position >= receipt.position
        assert [meeting.event_ids[0] for meeting in answer.last_meetings] == [receipt.event_id]


def test_parties_may_come_in_any_order(stubs: Stubs) -> None:
    """A status is the same in whichever order its two parties are named."""
    submit(stubs, meeting())
    point = as_of("2020-01-01", "2100-01-01", position=1)
    first, second = status(stubs, as_of=point), status(stubs, "JPN", "KOR", as_of=point)
    assert first == second
    assert first.dyad == "JPN-KOR"


def test_the_same_question_has_the_same_answer_for_ever(stubs: Stubs) -> None:
    """A status asked with an answer's point has that answer's bytes despite later records."""
    event = meeting()
    submit(stubs, event)
    first = status(stubs, min_position=1)
    point = time_pb2.AsOf(
        valid=time_pb2.PointInTime(instant=first.as_of.valid),
        known=time_pb2.PointInTime(instant=first.as_of.known),
        position=first.as_of.position,
    )
    (*_, last) = submit(stubs, *meetings(10), retraction(event.event_id))
    assert status(stubs, min_position=last.position).last_meetings != first.last_meetings
    again = status(stubs, as_of=point)
    assert again.SerializeToString(deterministic=True) == first.SerializeToString(
        deterministic=True
    )


@pytest.mark.parametrize(
    ("point", "is_held"),
    [
        (as_of("2019-08-20", zone="Asia/Seoul"), False),
        (as_of("2019-08-20"), False),
        (as_of("2019-08-21"), True),
        (as_of("2019-08-20T15:00:00Z"), False),
        (as_of("2019-08-21T14:59:59.999999Z"), True),
        (as_of("2019-08-20", zone="Pacific/Honolulu"), False),
        (as_of("2019-08-21", zone="Pacific/Honolulu"), True),
        (as_of("2019-08-21", "2019-08-21", zone="Asia/Seoul"), False),
        (as_of("2019-08-21", "2019-08-22", zone="Asia/Seoul"), True),
        (as_of("2019-08-21", "2019-08-22"), True),
        (as_of(position=0), False),
    ],
    ids=str,
)
def test_days_are_read_in_the_zone_of_the_request(
    stubs: Stubs, point: time_pb2.AsOf, *, is_held: bool
) -> None:
    """Days compare as dates, each in its own zone; by an instant a day must be over."""
    submit(stubs, meeting(known=time_pb2.KnownTime(text="2019-08-22", zone="Asia/Seoul")))
    assert bool(status(stubs, as_of=point, min_position=1).last_meetings) is is_held


def test_an_answer_names_the_point_that_it_is_true_for(stubs: Stubs) -> None:
    """A status resolves clocks left out by one reading, and days to their end."""
    submit(stubs, meeting())
    resolved = status(stubs, min_position=1).as_of
    assert resolved.valid == resolved.known
    assert resolved.position == 1
    day = status(stubs, as_of=as_of("2019-08-21")).as_of.valid
    assert day.ToJsonString() == "2019-08-21T23:59:59.999999Z"
