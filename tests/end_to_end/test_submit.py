"""Submitting: what is recorded, and what happens when it is submitted again."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID

import grpc

from communique.server.app import running_server
from communique.server.runtime.settings import Settings
from communique.v1.record_service_pb2 import (
    GetEventRequest,
    GetPositionRequest,
    ReadRequest,
    Receipt,
    SubmitRequest,
)
from tests.support.calls import (
    Stubs,
    connected,
    correction,
    dispute,
    head,
    meeting,
    meetings,
    refused,
    retraction,
    submit,
)


def as_duplicate(receipt: Receipt, *, duplicate: bool = True) -> Receipt:
    """The receipt that the same event gets when it comes again."""
    copy = Receipt()
    copy.CopyFrom(receipt)
    copy.duplicate = duplicate
    return copy


def test_receipts_say_where_and_when(stubs: Stubs) -> None:
    """Submitted events are recorded in order at dense positions, under one record time."""
    before = datetime.now(UTC)
    receipts = submit(stubs, *meetings(3))
    assert [receipt.position for receipt in receipts] == [1, 2, 3]
    assert {receipt.revision for receipt in receipts} == {1}
    assert not any(receipt.duplicate for receipt in receipts)
    moments = {receipt.record_time.ToDatetime(UTC) for receipt in receipts}
    assert len(moments) == 1
    assert before <= moments.pop() <= datetime.now(UTC)


def test_the_server_gives_ids_where_there_are_none(stubs: Stubs) -> None:
    """An event without an id gets a version 7 UUID, under which it can be read."""
    events = meetings(2)
    for event in events:
        event.event_id = ""
    ids = [UUID(receipt.event_id) for receipt in submit(stubs, *events)]
    assert [event_id.version for event_id in ids] == [7, 7]
    assert ids[0] < ids[1]
    answer = stubs.records.GetEvent(GetEventRequest(event_id=str(ids[1])))
    assert answer.claim.event.event_id == str(ids[1])


def test_an_event_is_kept_as_it_was_accepted(stubs: Stubs) -> None:
    """The log gives back every field of an event, derived and unknown ones included."""
    event = meeting(gist="They met.", labels={"desk": "Asia"})
    unknown = b"\xfa\x3e\x05hello"  # field 1007
    sent = type(event).FromString(event.SerializeToString() + unknown)
    submit(stubs, sent)
    kept = stubs.records.GetEvent(GetEventRequest(event_id=event.event_id)).claim.event
    assert kept.occurred.earliest.ToDatetime(UTC) == datetime(2019, 8, 20, 15, tzinfo=UTC)
    assert unknown in kept.SerializeToString()
    kept.occurred.ClearField("earliest")
    kept.occurred.ClearField("latest")
    kept.occurred.ClearField("precision")
    kept.DiscardUnknownFields()
    assert kept == event


def test_the_same_batch_from_many_clients_is_recorded_once(address: str) -> None:
    """A batch submitted 100 times by 8 clients is stored once, and all get the same receipts."""
    batch = meetings(20)

    def submit_some(times: int) -> list[list[Receipt]]:
        with connected(address) as stubs:
            return [list(submit(stubs, *batch)) for _ in range(times)]

    with ThreadPoolExecutor(8) as clients:
        answers = [
            receipt
            for share in clients.map(submit_some, [13, 13, 13, 13, 12, 12, 12, 12])
            for receipt in share
        ]
    assert len(answers) == 100
    firsts = [answer for answer in answers if not any(receipt.duplicate for receipt in answer)]
    assert len(firsts) == 1
    expected = [as_duplicate(receipt) for receipt in firsts[0]]
    assert all(answer == expected for answer in answers if answer is not firsts[0])
    with connected(address) as stubs:
        assert head(stubs) == 20


def test_receipts_stay_the_same_across_restarts(settings: Settings) -> None:
    """A restarted server recognises what it had recorded and goes on counting."""
    first, second = meeting(), meeting("KOR", "CHN")
    with running_server(settings) as address, connected(address) as stubs:
        (before,) = submit(stubs, first)
    with running_server(settings) as address, connected(address) as stubs:
        again, following = submit(stubs, first, second)
    assert again == as_duplicate(before)
    assert following.position == 2
    assert following.record_time.ToNanoseconds() >= before.record_time.ToNanoseconds()


def test_nothing_is_recorded_of_a_batch_at_fault(stubs: Stubs) -> None:
    """A batch with one bad event or one conflict is not recorded at all."""
    bad = meeting("KOR", "XXX")
    assert refused(lambda: submit(stubs, meeting(), bad)).reason == "INVALID_FIELD"
    error = refused(lambda: submit(stubs, meeting(), retraction(meeting().event_id)))
    assert (error.reason, error.metadata["index"]) == ("EVENT_NOT_FOUND", "1")
    assert head(stubs) == 0


def test_amendments_continue_the_stream_of_their_event(stubs: Stubs) -> None:
    """A correction, a dispute and a retraction are revisions 2, 3 and 4, and end the stream."""
    event = meeting()
    amendments = [correction(event), dispute(event.event_id), retraction(event.event_id)]
    receipts = submit(stubs, event, *amendments)
    assert [receipt.revision for receipt in receipts] == [1, 2, 3, 4]
    for event_id in (event.event_id, amendments[1].event_id):
        answer = stubs.records.GetEvent(GetEventRequest(event_id=event_id))
        assert answer.claim.event.event_id == event.event_id
        assert [amendment.revision for amendment in answer.amendments] == [2, 3, 4]
        assert [amendment.event.event_id for amendment in answer.amendments] == [
            amendment.event_id for amendment in amendments
        ]
    assert refused(lambda: submit(stubs, dispute(event.event_id))).reason == "EVENT_RETRACTED"
    again = submit(stubs, amendments[2])
    assert again[0] == as_duplicate(receipts[3])


def test_of_two_racing_amendments_one_loses(address: str) -> None:
    """Of two simultaneous amendments of one revision, one is told to read again."""
    event = meeting()
    with connected(address) as stubs:
        submit(stubs, event)

    def amend(_: int) -> str:
        with connected(address) as stubs:
            try:
                submit(stubs, dispute(event.event_id), expected={event.event_id: 1})
            except grpc.RpcError as error:
                return error.code().name
            return "OK"

    with ThreadPoolExecutor(8) as clients:
        assert sorted(clients.map(amend, range(8))) == ["ABORTED"] * 7 + ["OK"]


def test_a_lost_answer_is_found_again_under_the_same_expectation(stubs: Stubs) -> None:
    """A retried amendment that went in gets its receipt although the revision moved on."""
    event, remark = meeting(), dispute(meeting().event_id)
    remark.event_disputed.amends = event.event_id
    submit(stubs, event)
    (first,) = submit(stubs, remark, expected={event.event_id: 1})
    (again,) = submit(stubs, remark, expected={event.event_id: 1})
    assert again == as_duplicate(first)


def test_a_client_that_goes_away_does_not_undo_its_commit(stubs: Stubs) -> None:
    """Calls cancelled at any moment leave dense positions, and each event once at most."""
    events = meetings(200)
    for index, event in enumerate(events):
        call = stubs.records.Submit.future(SubmitRequest(events=[event]), timeout=index % 20 / 1e3)
        if index % 3 == 0:
            call.cancel()
    receipts = submit(stubs, *events)
    assert sorted(receipt.position for receipt in receipts) == list(range(1, 201))
    frames = stubs.records.Read(ReadRequest())
    ids = [event.event.event_id for frame in frames for event in frame.events.events]
    assert sorted(ids) == sorted(event.event_id for event in events)


def test_a_position_is_found_by_its_record_time(stubs: Stubs) -> None:
    """`GetPosition` gives the last position recorded by a moment, which may be none."""
    (first,) = submit(stubs, meeting())
    (second,) = submit(stubs, meeting())
    assert first.record_time.ToNanoseconds() < second.record_time.ToNanoseconds()

    def position_at(receipt: Receipt, nanos: int) -> int:
        request = GetPositionRequest()
        request.record_time.FromNanoseconds(receipt.record_time.ToNanoseconds() + nanos)
        return stubs.records.GetPosition(request).position

    assert [position_at(first, -1_000), position_at(first, 0)] == [0, 1]
    assert [position_at(second, -1_000), position_at(second, 10**9)] == [1, 2]
