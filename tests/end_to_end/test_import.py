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
        (rejection.index, ErrorReason.Name(rejection.reason).removeprefix("ERROR_REASON_"))
        for rejection in progress.rejections
    ]


def test_each_batch_is_reported_when_it_is_durable(stubs: Stubs) -> None:
    """An import reports each batch in order, with running totals."""
    events = meetings(250)
    progress = imported(stubs, *[events[start : start + 50] for start in range(0, 250, 50)])
    assert [frame.received_count for frame in progress] == [50, 100, 150, 200, 250]
    assert [frame.position for frame in progress] == [50, 100, 150, 200, 250]
    assert counts(progress[-1]) == (250, 250, 0, 0)
    assert head(stubs) == 250


def test_an_interrupted_import_is_resumed_by_sending_all_again(stubs: Stubs) -> None:
    """An interrupted import that is sent again recognises old events and appends the rest."""
    events = meetings(30)
    imported(stubs, events[:20])
    (progress,) = imported(stubs, events)
    assert counts(progress) == (30, 10, 20, 0)
    assert progress.position == 30


def test_events_at_fault_are_reported_and_the_others_go_in(stubs: Stubs) -> None:
    """A rejection of an import names the event's number, its id, the reason and the field."""
    taken = meeting()
    submit(stubs, taken)
    conflicting = meeting("KOR", "CHN", event_id=taken.event_id)
    misnamed = meeting("KOR", "JPM")
    first = [meeting(), misnamed, meeting(), conflicting]
    second = [retraction(meeting().event_id), meeting(), meeting(event_id="row-7"), taken]
    faulty, total = imported(stubs, first, second)
    assert counts(faulty) == (4, 2, 0, 2)
    assert reasons(faulty) == [(1, "INVALID_FIELD"), (3, "EVENT_ID_CONFLICT")]
    assert faulty.rejections[0].event_id == misnamed.event_id
    assert faulty.rejections[0].message.startswith(
        "participants[1].party.code: unknown party 'JPM'"
    )
    assert counts(total) == (8, 3, 1, 4)
    assert reasons(total) == [(4, "EVENT_NOT_FOUND"), (6, "INVALID_FIELD")]
    assert total.rejections[1].event_id == "row-7"
    assert head(stubs) == 4


def test_an_amendment_may_follow_its_event_into_the_next_batch(stubs: Stubs) -> None:
    """Batches of an import go in one after the other, even where one is taken apart."""
    event, bad = meeting(), retraction(meeting().event_id)
    earlier, later = imported(stubs, [bad, event], [correction(event), retraction(event.event_id)])
    assert counts(earlier) == (2, 1, 0, 1)
    assert counts(later) == (4, 3, 0, 1)


def test_a_batch_of_conflicts_is_taken_apart_quickly(stubs: Stubs) -> None:
    """A batch of a thousand conflicts reports all, and the one good event goes in."""
    events = meetings(999)
    imported(stubs, events)
    for event in events:
        event.gist = "changed"
    (progress,) = imported(stubs, [*events, meeting()])
    assert counts(progress) == (1000, 1, 0, 999)
    assert {rejection.reason for rejection in progress.rejections} == {
        ErrorReason.Value("ERROR_REASON_EVENT_ID_CONFLICT")
    }


@pytest.mark.parametrize("count", [0, 1_001])
def test_a_batch_of_the_wrong_size_ends_the_import_after_those_before_it(
    stubs: Stubs, count: int
) -> None:
    """A batch of the wrong size fails the import after earlier batches are durable."""
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
    """A client can wait for the progress of a batch before sending the next."""
    reported = Event()

    def requests() -> Iterator[ImportRequest]:
        yield ImportRequest(events=meetings(3))
        assert reported.wait(10)
        yield ImportRequest(events=meetings(2))

    answers = stubs.records.Import(requests())
    assert next(answers).position == 3
    reported.set()
    assert next(answers).position == 5


def test_a_client_that_goes_away_leaves_whole_batches(stubs: Stubs) -> None:
    """A cancelled import keeps the batches that it reported, and the server goes on."""
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
