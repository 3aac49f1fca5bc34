"""Imports: progress for each batch, and events at fault that do not stop the rest."""

from collections.abc import Iterator
from threading import Event

import grpc
import pytest

from communique.v1 import event_pb2
from communique.v1.record_service_pb2 import ErrorReason, ImportRequest, ImportResponse
from tests.support.calls import (
    Stubs,
    correction,
    head,
    meeting,
    meetings,
    refused,
    retraction,
    submit,
)


def imported(stubs: Stubs, *batches: list[event_pb2.Event]) -> list[ImportResponse]:
    """Import batches and return the progress."""
    return list(stubs.records.Import(iter([ImportRequest(events=batch) for batch in batches])))


def counts(progress: ImportResponse) -> tuple[int, int, int, int]:
    """What was received, appended, recognised and rejected."""
    return (
        progress.received_count,
        progress.appended_count,
        progress.duplicate_count,
        progress.rejected_count,
    )


def reasons(progress: ImportResponse) -> list[tuple[int, str]]:
    """The number of each event that was rejected, and why."""
    return [
        (one.index, ErrorReason.Name(one.reason).removeprefix("ERROR_REASON_"))
        for one in progress.rejections
    ]


def test_each_batch_is_reported_when_it_is_durable(stubs: Stubs) -> None:
    """Progress frames come in the order of the batches, one for each, with running totals."""
    events = meetings(250)
    progress = imported(stubs, *[events[start : start + 50] for start in range(0, 250, 50)])
    assert [one.received_count for one in progress] == [50, 100, 150, 200, 250]
    assert [one.position for one in progress] == [50, 100, 150, 200, 250]
    assert counts(progress[-1]) == (250, 250, 0, 0)
    assert head(stubs) == 250


def test_an_interrupted_import_is_resumed_by_sending_all_again(stubs: Stubs) -> None:
    """What had gone in is recognised, and the rest is appended."""
    events = meetings(30)
    imported(stubs, events[:20])
    (progress,) = imported(stubs, events)
    assert counts(progress) == (30, 10, 20, 0)
    assert progress.position == 30


def test_events_at_fault_are_reported_and_the_others_go_in(stubs: Stubs) -> None:
    """Each rejection names the event's number in the call, its id, the reason and the field."""
    taken = meeting()
    submit(stubs, taken)
    other = meeting("KOR", "CHN", event_id=taken.event_id)
    misnamed = meeting("KOR", "JPM")
    first = [meeting(), misnamed, meeting(), other]
    second = [retraction(meeting().event_id), meeting(), meeting(event_id="row-7"), taken]
    one, two = imported(stubs, first, second)
    assert counts(one) == (4, 2, 0, 2)
    assert reasons(one) == [(1, "INVALID_FIELD"), (3, "EVENT_ID_CONFLICT")]
    assert one.rejections[0].event_id == misnamed.event_id
    assert one.rejections[0].message.startswith("participants[1].party.code: unknown party 'JPM'")
    assert counts(two) == (8, 3, 1, 4)
    assert reasons(two) == [(4, "EVENT_NOT_FOUND"), (6, "INVALID_FIELD")]
    assert two.rejections[1].event_id == "row-7"
    assert head(stubs) == 4


def test_an_amendment_may_follow_its_event_into_the_next_batch(stubs: Stubs) -> None:
    """Batches go in one after the other, also where one has to be taken apart."""
    event, bad = meeting(), retraction(meeting().event_id)
    one, two = imported(stubs, [bad, event], [correction(event), retraction(event.event_id)])
    assert counts(one) == (2, 1, 0, 1)
    assert counts(two) == (4, 3, 0, 1)


def test_a_batch_of_conflicts_is_taken_apart_quickly(stubs: Stubs) -> None:
    """A thousand events that all conflict are all reported, and the one that does not goes in."""
    events = meetings(999)
    imported(stubs, events)
    for event in events:
        event.gist = "changed"
    (progress,) = imported(stubs, [*events, meeting()])
    assert counts(progress) == (1000, 1, 0, 999)
    assert {one.reason for one in progress.rejections} == {
        ErrorReason.Value("ERROR_REASON_EVENT_ID_CONFLICT")
    }


@pytest.mark.parametrize("count", [0, 1_001])
def test_a_batch_of_the_wrong_size_ends_the_import_after_those_before_it(
    stubs: Stubs, count: int
) -> None:
    """The batches before it are durable and reported; then the call fails."""
    requests = [ImportRequest(events=[meeting()]), ImportRequest(events=[meeting()] * count)]
    answers = stubs.records.Import(iter(requests))
    assert next(answers).appended_count == 1
    error = refused(lambda: answers)
    assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD")
    assert head(stubs) == 1


def test_an_empty_import_is_no_fault(stubs: Stubs) -> None:
    """An import without batches ends without progress."""
    assert imported(stubs) == []


def test_progress_comes_while_the_import_goes_on(stubs: Stubs) -> None:
    """A client can wait for the progress of a batch before it sends the next."""
    told = Event()

    def requests() -> Iterator[ImportRequest]:
        yield ImportRequest(events=meetings(3))
        assert told.wait(10)
        yield ImportRequest(events=meetings(2))

    answers = stubs.records.Import(requests())
    assert next(answers).position == 3
    told.set()
    assert next(answers).position == 5


def test_a_client_that_goes_away_leaves_whole_batches(stubs: Stubs) -> None:
    """An import that is cancelled keeps what it reported, and the server goes on."""
    going_on = Event()

    def requests() -> Iterator[ImportRequest]:
        yield ImportRequest(events=meetings(10))
        going_on.wait(10)

    answers = stubs.records.Import(requests())
    assert next(answers).position == 10
    answers.cancel()
    going_on.set()
    assert head(stubs) == 10
    submit(stubs, meeting())
