"""Whatever a client gets wrong: a clear error, an unchanged log, and a server that goes on."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from communique.v1 import event_pb2, record_service_pb2, time_pb2, timeline_service_pb2, values_pb2
from communique.v1.projection_service_pb2 import RebuildProjectionRequest
from tests.support.calls import (
    MEGABYTE,
    Stubs,
    correction,
    dispute,
    head,
    meeting,
    refused,
    retraction,
    submit,
)

INVALID = grpc.StatusCode.INVALID_ARGUMENT
CLAIM = meeting(event_id=str(UUID(int=1)))
RETRACTED = meeting(event_id=str(UUID(int=2)))
AMENDMENT = dispute(CLAIM.event_id)
NOBODY = str(UUID(int=3))
BIG = 10 * MEGABYTE


class Case(NamedTuple):
    """A request, and what is to be said of it: `words`, of the field `named`."""

    call: Callable[[Stubs], object]
    reason: str
    named: str = ""
    words: str = ""
    code: grpc.StatusCode = INVALID


def submitting(*events: event_pb2.Event) -> Callable[[Stubs], object]:
    """Submit events."""
    return lambda stubs: submit(stubs, *events)


def expecting(event: event_pb2.Event, *expected: tuple[str, int]) -> Callable[[Stubs], object]:
    """Submit an event with expectations."""
    request = record_service_pb2.SubmitRequest(events=[event])
    for event_id, revision in expected:
        request.expectations.add(event_id=event_id, revision=revision)
    return lambda stubs: stubs.records.Submit(request)


def asking(*parties: str, **fields: object) -> Callable[[Stubs], object]:
    """Ask for a bilateral status."""
    request = timeline_service_pb2.GetBilateralStatusRequest(parties=parties, **fields)  # type: ignore[arg-type]
    return lambda stubs: stubs.timelines.GetBilateralStatus(request)


def listing(**fields: object) -> Callable[[Stubs], object]:
    """List events."""
    request = record_service_pb2.ListEventsRequest(**fields)  # type: ignore[arg-type]
    return lambda stubs: stubs.records.ListEvents(request)


def continuing(token: str) -> Callable[[Stubs], object]:
    """Go on with a list."""
    return listing(page_token=token)


def selecting(**fields: object) -> Callable[[Stubs], object]:
    """List events that a filter selects."""
    return listing(filter=record_service_pb2.EventFilter(**fields))  # type: ignore[arg-type]


def reading(**fields: object) -> Callable[[Stubs], object]:
    """Read the log."""
    request = record_service_pb2.ReadRequest(**fields)  # type: ignore[arg-type]
    return lambda stubs: stubs.records.Read(request)


def changed(**fields: object) -> event_pb2.Event:
    """A meeting with other fields."""
    event = meeting()
    for name, value in fields.items():
        event.ClearField(name)  # type: ignore[arg-type]
        event.MergeFrom(event_pb2.Event(**{name: value}))  # type: ignore[arg-type]
    return event


def demand(**fields: object) -> event_pb2.Event:
    """A demand, with whatever parties are given."""
    event = event_pb2.Event(
        event_id=str(uuid4()),
        occurred=time_pb2.ValidTime(edtf="2019-08-21"),
        certainty=values_pb2.CERTAINTY_CERTAIN,
        source=values_pb2.Source(outlet="Yonhap"),
        **fields,  # type: ignore[arg-type]
    )
    event.demand_made.demand = "withdraw it"
    return event


def occurring(edtf: str, zone: str = "UTC") -> event_pb2.Event:
    """A meeting at some time."""
    return changed(occurred=time_pb2.ValidTime(edtf=edtf, zone=zone))


def known_in(ahead: timedelta) -> event_pb2.Event:
    """A meeting known only in the future."""
    known = Timestamp()
    known.FromDatetime(datetime.now(UTC) + ahead)
    return changed(known=time_pb2.KnownTime(instant=known))


def with_unknown_enum() -> event_pb2.Event:
    """A meeting at a level that this release does not know."""
    event = meeting()
    event.meeting_held.level = 99  # type: ignore[assignment]
    return event


def without_payload() -> event_pb2.Event:
    """A meeting about which nothing is said."""
    event = meeting()
    event.ClearField("meeting_held")
    return event


def of_size(size: int) -> event_pb2.Event:
    """An event of exactly so many bytes, far over what a gist may hold."""
    event = meeting()
    event.gist = "x" * (size - event.ByteSize() - 4)
    event.gist += "x" * (size - event.ByteSize())
    return event


def changed_token(stubs: Stubs) -> object:
    """Go on with a list by a token in which one character is another."""
    request = record_service_pb2.ListEventsRequest(page_size=1, min_position=head(stubs))
    token = stubs.records.ListEvents(request).next_page_token
    assert token
    request.page_token = token[:10] + ("A" if token[10] != "A" else "B") + token[11:]
    return stubs.records.ListEvents(request)


def borrowed_token(stubs: Stubs) -> object:
    """Go on with a list by the token of another one."""
    request = record_service_pb2.ListEventsRequest(page_size=1, min_position=head(stubs))
    token = stubs.records.ListEvents(request).next_page_token
    assert token
    narrower = record_service_pb2.EventFilter(parties=["KOR"])
    borrowing = record_service_pb2.ListEventsRequest(filter=narrower, page_token=token)
    return stubs.records.ListEvents(borrowing)


def of(code: str) -> values_pb2.Party:
    """A party."""
    return values_pb2.Party(code=code)


def day(text: str) -> time_pb2.PointInTime:
    """A moment in words."""
    return time_pb2.PointInTime(text=text)


AsOf = time_pb2.AsOf
CASES = {
    "unknown country": Case(
        submitting(meeting("KOR", "JPM")),
        "INVALID_FIELD",
        "events[0].participants[1].party.code",
        "did you mean JPN (Japan)?",
    ),
    "unknown organisation": Case(
        submitting(demand(actors=[of("ASEAM")], recipients=[of("CHN")])),
        "INVALID_FIELD",
        "events[0].actors[0].code",
        "did you mean ASEAN",
    ),
    "one party where two are needed": Case(
        submitting(demand(actors=[of("KOR")])),
        "INVALID_FIELD",
        "events[0].recipients",
        "needs actors and recipients",
    ),
    "one participant": Case(
        submitting(meeting("KOR")),
        "INVALID_FIELD",
        "events[0].participants",
        "two different parties are needed, not KOR alone",
    ),
    "a party twice": Case(
        submitting(meeting("KOR", "JPN", "KOR")),
        "INVALID_FIELD",
        "events[0].participants",
        "KOR is named twice",
    ),
    "EDTF that does not parse": Case(
        submitting(occurring("21 August 2019")), "INVALID_FIELD", "events[0].occurred", "EDTF"
    ),
    "no such day": Case(
        submitting(occurring("2019-02-29")), "INVALID_FIELD", "events[0].occurred", "01 to 28"
    ),
    "earliest after latest": Case(
        submitting(occurring("2019-08-22/2019-08-21")),
        "INVALID_FIELD",
        "events[0].occurred",
        "ends before it begins",
    ),
    "unknown zone": Case(
        submitting(occurring("2019-08-21", "Asia/Soul")),
        "INVALID_FIELD",
        "events[0].occurred",
        "did you mean Asia/Seoul?",
    ),
    "no occurred": Case(submitting(changed(occurred=None)), "INVALID_FIELD", "events[0].occurred"),
    "known in the future": Case(
        submitting(known_in(timedelta(hours=1))), "KNOWN_IN_FUTURE", "events[0].known"
    ),
    "correction known in the future": Case(
        submitting(correction(known_in(timedelta(hours=1)))),
        "KNOWN_IN_FUTURE",
        "events[0].event_corrected.content.known",
    ),
    "unset payload": Case(submitting(without_payload()), "INVALID_FIELD", "events[0].payload"),
    "unknown enum value": Case(
        submitting(with_unknown_enum()), "INVALID_FIELD", "events[0].meeting_held.level", "'LEADER'"
    ),
    "unspecified certainty": Case(
        submitting(changed(certainty=None)), "INVALID_FIELD", "events[0].certainty"
    ),
    "amendment of an unknown event": Case(
        submitting(retraction(NOBODY)), "EVENT_NOT_FOUND", "", NOBODY, grpc.StatusCode.NOT_FOUND
    ),
    "amendment of a retracted event": Case(
        submitting(dispute(RETRACTED.event_id)),
        "EVENT_RETRACTED",
        "",
        RETRACTED.event_id,
        grpc.StatusCode.FAILED_PRECONDITION,
    ),
    "amendment of an amendment": Case(
        submitting(retraction(AMENDMENT.event_id)),
        "NOT_AMENDABLE",
        "",
        AMENDMENT.event_id,
        grpc.StatusCode.FAILED_PRECONDITION,
    ),
    "same id, other content": Case(
        submitting(meeting("KOR", "CHN", event_id=CLAIM.event_id)),
        "EVENT_ID_CONFLICT",
        "",
        "taken at position 1",
        grpc.StatusCode.ALREADY_EXISTS,
    ),
    "stale expected revision": Case(
        expecting(dispute(CLAIM.event_id), (CLAIM.event_id, 1)),
        "REVISION_CONFLICT",
        "",
        "is at revision 2, not 1",
        grpc.StatusCode.ABORTED,
    ),
    "negative expected revision": Case(
        expecting(meeting(), (CLAIM.event_id, -1)), "INVALID_FIELD", "expectations[0].revision"
    ),
    "expectation twice": Case(
        expecting(meeting(), (CLAIM.event_id, 1), (CLAIM.event_id.upper(), 1)),
        "INVALID_FIELD",
        "expectations[1].event_id",
        "named twice",
    ),
    "expectation of no UUID": Case(
        expecting(meeting(), ("one", 1)), "INVALID_FIELD", "expectations[0].event_id", "UUID"
    ),
    "empty batch": Case(submitting(), "INVALID_FIELD", "events", "1 to 1,000"),
    "1,001 events": Case(submitting(*[meeting()] * 1_001), "INVALID_FIELD", "events", "not 1,001"),
    "an event of 65 KiB": Case(
        submitting(meeting(), of_size(65 * 1024)), "TOO_LARGE", "events[1]", "at most 65536 bytes"
    ),
    "an id that is no UUID": Case(
        submitting(meeting(event_id="event-1")), "INVALID_FIELD", "events[0].event_id", "UUID"
    ),
    "a target that is no UUID": Case(
        submitting(retraction("event-1")),
        "INVALID_FIELD",
        "events[0].event_retracted.amends",
        "UUID",
    ),
    "getting no UUID": Case(
        lambda stubs: stubs.records.GetEvent(record_service_pb2.GetEventRequest(event_id="x")),
        "INVALID_FIELD",
        "event_id",
        "UUID",
    ),
    "getting an unknown event": Case(
        lambda stubs: stubs.records.GetEvent(record_service_pb2.GetEventRequest(event_id=NOBODY)),
        "EVENT_NOT_FOUND",
        "",
        NOBODY,
        grpc.StatusCode.NOT_FOUND,
    ),
    "a control character": Case(
        submitting(changed(gist="a\0b")), "INVALID_FIELD", "events[0].gist", "U+0000"
    ),
    "a line feed in a name": Case(
        submitting(changed(source=values_pb2.Source(outlet="Yon\nhap"))),
        "INVALID_FIELD",
        "events[0].source.outlet",
        "U+000A",
    ),
    "a string of 10 MB": Case(
        submitting(changed(gist="x" * BIG)), "TOO_LARGE", "events[0]", "at most 65536 bytes"
    ),
    "an id of 10 MB": Case(
        lambda stubs: stubs.records.GetEvent(
            record_service_pb2.GetEventRequest(event_id="0" * BIG)
        ),
        "INVALID_FIELD",
        "event_id",
    ),
    "a dyad of 10 MB": Case(selecting(dyad="K" * BIG), "INVALID_FIELD", "filter.dyad"),
    "a zone of 10 MB": Case(
        asking("KOR", "JPN", as_of=AsOf(zone="Z" * BIG)), "INVALID_FIELD", "as_of.zone"
    ),
    "a party of 10 MB": Case(asking("KOR", "J" * BIG), "INVALID_FIELD", "parties[1]"),
    "a page token of 10 MB": Case(continuing("x" * BIG), "PAGE_TOKEN_INVALID"),
    "a page token that is none": Case(continuing("né"), "PAGE_TOKEN_INVALID"),
    "a page token that was changed": Case(changed_token, "PAGE_TOKEN_INVALID", "page_token"),
    "a page token of another list": Case(borrowed_token, "PAGE_TOKEN_INVALID", "page_token"),
    "a negative page size": Case(listing(page_size=-1), "INVALID_FIELD", "page_size"),
    "a status of one party": Case(asking("KOR"), "INVALID_FIELD", "parties", "two"),
    "a status of three parties": Case(asking("KOR", "JPN", "CHN"), "INVALID_FIELD", "parties"),
    "a status with itself": Case(
        asking("KOR", "KOR"), "INVALID_FIELD", "parties[1]", "not KOR twice"
    ),
    "a status with an unknown party": Case(
        asking("KOR", "japan"), "INVALID_FIELD", "parties[1]", "did you mean JPN (Japan)?"
    ),
    "as of no time": Case(
        asking("KOR", "JPN", as_of=AsOf(valid=day("yesterday"))), "INVALID_FIELD", "as_of.valid"
    ),
    "as of an impossible instant": Case(
        asking(
            "KOR",
            "JPN",
            as_of=AsOf(known=time_pb2.PointInTime(instant=Timestamp(seconds=2**62))),
        ),
        "INVALID_FIELD",
        "as_of.known",
    ),
    "as of a position beyond the head": Case(
        asking("KOR", "JPN", as_of=AsOf(position=10**6)),
        "POSITION_BEYOND_HEAD",
        "",
        "position 1000000",
        grpc.StatusCode.OUT_OF_RANGE,
    ),
    "fresher than the head": Case(
        asking("KOR", "JPN", min_position=10**6),
        "POSITION_BEYOND_HEAD",
        code=grpc.StatusCode.OUT_OF_RANGE,
    ),
    "a negative position": Case(
        asking("KOR", "JPN", as_of=AsOf(position=-1)), "INVALID_FIELD", "as_of.position"
    ),
    "reading beyond the head": Case(
        reading(after_position=10**6),
        "POSITION_BEYOND_HEAD",
        code=grpc.StatusCode.OUT_OF_RANGE,
    ),
    "reading a negative position": Case(
        reading(after_position=-1), "INVALID_FIELD", "after_position"
    ),
    "reading a negative number": Case(reading(limit=-1), "INVALID_FIELD", "limit"),
    "reading in no direction": Case(reading(direction=9), "INVALID_FIELD", "direction"),
    "an unknown dyad": Case(
        selecting(dyad="KOR-JPM"), "INVALID_FIELD", "filter.dyad", "did you mean JPN (Japan)?"
    ),
    "an unknown type": Case(
        selecting(types=["MeetingHold"]),
        "INVALID_FIELD",
        "filter.types[0]",
        "did you mean MeetingHeld?",
    ),
    "an unknown certainty": Case(
        selecting(certainties=[9]), "INVALID_FIELD", "filter.certainties[0]", "CERTAIN"
    ),
    "an issue that is no slug": Case(
        selecting(issues=["Export Controls"]), "INVALID_FIELD", "filter.issues[0]"
    ),
    "51 parties": Case(
        selecting(parties=["KOR"] * 51), "INVALID_FIELD", "filter.parties", "at most 50"
    ),
    "from after to": Case(
        selecting(occurred_from=day("2019-08-22"), occurred_to=day("2019-08-21")),
        "INVALID_FIELD",
        "filter.occurred_from",
    ),
    "a position at no record time": Case(
        lambda stubs: stubs.records.GetPosition(record_service_pb2.GetPositionRequest()),
        "INVALID_FIELD",
        "record_time",
    ),
    "an unknown projection": Case(
        lambda stubs: stubs.projections.RebuildProjection(
            RebuildProjectionRequest(name="timelines")
        ),
        "PROJECTION_NOT_FOUND",
        "",
        "timeline",
        grpc.StatusCode.NOT_FOUND,
    ),
}


@pytest.fixture(scope="module")
def stubs(shared_stubs: Stubs) -> Iterator[Stubs]:
    """A server whose log holds a disputed claim and a retracted one, before and after all tests."""
    submit(shared_stubs, CLAIM, RETRACTED, AMENDMENT, retraction(RETRACTED.event_id))
    yield shared_stubs
    assert head(shared_stubs) == 4


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_bad_input_is_refused_with_a_clear_error(stubs: Stubs, case: Case) -> None:
    """A request at fault is told which field is wrong and what is allowed, and changes nothing."""
    error = refused(lambda: case.call(stubs))
    assert (error.code, error.reason) == (case.code, case.reason)
    assert case.words in error.message
    if case.named:
        assert case.named in error.violations
        assert case.words in error.violations[case.named]
    assert len(error.message) <= 300
    assert head(stubs) == 4


def test_faults_of_all_events_are_told_at_once(stubs: Stubs) -> None:
    """A submission is refused with the faults of all its events in one answer, up to fifty."""
    events = [changed(gist="\0"), meeting(), meeting("KOR", "XXX"), without_payload()]
    error = refused(lambda: submit(stubs, *events))
    assert list(error.violations) == [
        "events[0].gist",
        "events[2].participants[1].party.code",
        "events[3].payload",
    ]
    refusal = refused(lambda: submit(stubs, *[changed(gist="\0") for _ in range(100)]))
    assert 20 < len(refusal.violations) <= 50


def test_a_message_beyond_the_limit_of_the_transport_is_refused(stubs: Stubs) -> None:
    """A message of more than 16 MiB is refused before the server reads it, and calls go on."""
    with pytest.raises(grpc.RpcError) as caught:
        submit(stubs, changed(gist="x" * 2 * BIG))
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert head(stubs) == 4


def raw_call(stubs: Stubs, method: str, request: bytes) -> object:
    """Call a method with bytes as they are."""
    call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = stubs.channel.unary_unary(
        f"/communique.v1.RecordService/{method}"
    )
    return call(request)


def test_bytes_that_are_no_message_are_refused(stubs: Stubs) -> None:
    """A request whose bytes cannot be parsed is refused as the client's fault."""
    error = refused(lambda: raw_call(stubs, "Submit", b"\xff\xff\xff"))
    assert (error.code, error.reason) == (INVALID, "INVALID_FIELD")
    not_utf_8 = b"\x0a\x01\xff"
    assert refused(lambda: raw_call(stubs, "GetEvent", not_utf_8)).code is INVALID


def test_an_event_of_exactly_64_kib_is_judged_by_its_content(stubs: Stubs) -> None:
    """An event of exactly 65,536 bytes is refused for its gist and not for its size."""
    error = refused(lambda: submit(stubs, of_size(65_536)))
    assert (error.reason, list(error.violations)) == ("INVALID_FIELD", ["events[0].gist"])
    assert refused(lambda: submit(stubs, of_size(65_537))).reason == "TOO_LARGE"
