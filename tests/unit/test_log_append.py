"""What an append does, seen from outside: receipts, duplicates, amendments, expectations."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest

from communique.server.log.entries import AmendmentEntry, ClaimEntry, Entry, EntryReceipt
from communique.server.log.log_errors import (
    AlreadyRetracted,
    EventIdConflict,
    NotAmendable,
    RevisionMismatch,
    TooManyAmendments,
    UnknownEvent,
    UnstorableRequest,
)
from communique.server.log.sqlite_store.sqlite_log import SQLiteEventLog
from communique.server.runtime.limits import LogLimits

A, B, C, D = (UUID(int=number) for number in range(1, 5))
A_HELD = ClaimEntry(A, "MeetingHeld", b"30 minutes")
B_HELD = ClaimEntry(B, "MeetingHeld", b"35 minutes")
A_CORRECTED = AmendmentEntry(C, A, "EventCorrected", b"31 minutes")
A_RETRACTED = AmendmentEntry(D, A, "EventRetracted", b"a mistake", retracts=True)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SQLiteEventLog]:
    """An empty log whose clock shows 1000, 1001, 1002, ... microseconds."""
    with SQLiteEventLog.open(tmp_path / "log.db", count(1000).__next__) as log:
        yield log


def test_receipts_say_where_and_when(log: SQLiteEventLog) -> None:
    """Each entry gets the next position, the commit's record time and its stream's version."""
    receipts = log.append([A_HELD, B_HELD, A_CORRECTED]).result()
    assert receipts == [
        EntryReceipt(A, 1, 1000, duplicate=False, revision=1),
        EntryReceipt(B, 2, 1000, duplicate=False, revision=1),
        EntryReceipt(C, 3, 1000, duplicate=False, revision=2),
    ]


def test_an_amendment_is_filed_under_its_target(log: SQLiteEventLog) -> None:
    """An event's stream is its claim and its amendments, in order."""
    log.append([A_HELD, B_HELD, A_CORRECTED], submitter="desk").result()
    assert [tuple(recorded) for recorded in log.stream(A)] == [
        (1, A.bytes, 1, "MeetingHeld", b"30 minutes", 1000, "desk"),
        (3, A.bytes, 2, "EventCorrected", b"31 minutes", 1000, "desk"),
    ]


def test_the_same_again_is_a_duplicate(log: SQLiteEventLog) -> None:
    """An entry that was recorded before gets its first receipt, marked as a duplicate."""
    request: list[Entry] = [A_HELD, A_CORRECTED, A_RETRACTED]
    first = log.append(request).result()
    again = log.append(request).result()
    assert again == [receipt._replace(duplicate=True) for receipt in first]
    assert log.head() == (3, 1000)


def test_a_duplicate_within_one_request_is_recognised(log: SQLiteEventLog) -> None:
    """The second of two equal entries in one request is a duplicate of the first."""
    receipts = log.append([A_HELD, A_HELD]).result()
    assert [(receipt.position, receipt.duplicate) for receipt in receipts] == [
        (1, False),
        (1, True),
    ]


def test_duplicates_and_new_events_mix(log: SQLiteEventLog) -> None:
    """A batch that is sent again with one event more records that event alone."""
    log.append([A_HELD]).result()
    receipts = log.append([A_HELD, B_HELD]).result()
    assert [(receipt.position, receipt.duplicate) for receipt in receipts] == [
        (1, True),
        (2, False),
    ]


@pytest.mark.parametrize(
    "entry",
    [
        ClaimEntry(A, "MeetingHeld", b"40 minutes"),
        ClaimEntry(A, "MeetingStarted", b"30 minutes"),
        AmendmentEntry(A, B, "MeetingHeld", b"30 minutes"),
        AmendmentEntry(A, A, "MeetingHeld", b"30 minutes"),
    ],
    ids=["state", "topic", "amendment", "amendment of itself"],
)
def test_a_claims_id_is_given_once(log: SQLiteEventLog, entry: ClaimEntry | AmendmentEntry) -> None:
    """A claim's id with other content is refused, with the place where the id is taken."""
    log.append([B_HELD, A_HELD]).result()
    with pytest.raises(EventIdConflict) as caught:
        log.append([B_HELD, entry]).result()
    assert (caught.value.index, caught.value.event_id, caught.value.position) == (1, A, 2)


@pytest.mark.parametrize(
    "entry",
    [
        AmendmentEntry(C, B, "EventCorrected", b"31 minutes"),
        AmendmentEntry(C, A, "EventCorrected", b"32 minutes"),
        AmendmentEntry(C, A, "EventCorrected", b"31 minutes", retracts=True),
        ClaimEntry(C, "EventCorrected", b"31 minutes"),
    ],
    ids=["target", "state", "retraction", "claim"],
)
def test_an_amendments_id_is_given_once(
    log: SQLiteEventLog, entry: ClaimEntry | AmendmentEntry
) -> None:
    """An amendment's id with other content is refused as a claim's would be."""
    log.append([A_HELD, B_HELD, A_CORRECTED]).result()
    with pytest.raises(EventIdConflict) as caught:
        log.append([entry]).result()
    assert (caught.value.index, caught.value.event_id, caught.value.position) == (0, C, 3)


def test_an_amendment_needs_its_event(log: SQLiteEventLog) -> None:
    """An amendment of an unrecorded event is refused with its whole request."""
    with pytest.raises(UnknownEvent) as caught:
        log.append([B_HELD, A_CORRECTED]).result()
    assert (caught.value.index, caught.value.event_id, caught.value.target) == (1, C, A)
    assert log.head() == (0, 0)


def test_an_amendment_cannot_be_amended(log: SQLiteEventLog) -> None:
    """An amendment of an amendment is refused."""
    log.append([A_HELD, A_CORRECTED]).result()
    with pytest.raises(NotAmendable) as caught:
        log.append([AmendmentEntry(D, C, "EventCorrected", b"")]).result()
    assert (caught.value.index, caught.value.target) == (0, C)


def test_a_retraction_ends_the_stream(log: SQLiteEventLog) -> None:
    """A retracted event takes no further amendment, even in the request that retracts it."""
    with pytest.raises(AlreadyRetracted):
        log.append([A_HELD, A_RETRACTED, A_CORRECTED]).result()
    log.append([A_HELD, A_RETRACTED]).result()
    with pytest.raises(AlreadyRetracted) as caught:
        log.append([A_CORRECTED]).result()
    assert (caught.value.index, caught.value.event_id, caught.value.target) == (0, C, A)


def test_amendments_are_limited(tmp_path: Path) -> None:
    """An event takes as many amendments as the limit says, and not one more."""
    limits = LogLimits(amendments_per_event_max=2)
    with SQLiteEventLog.open(tmp_path / "log.db", int, limits) as log:
        log.append([A_HELD, A_CORRECTED, AmendmentEntry(B, A, "EventDisputed", b"")]).result()
        with pytest.raises(TooManyAmendments) as caught:
            log.append([A_RETRACTED]).result()
    assert (caught.value.index, caught.value.target, caught.value.amendments_max) == (0, A, 2)


def test_expectations_are_kept(log: SQLiteEventLog) -> None:
    """A request passes where its expected revisions hold, 0 standing for no event."""
    log.append([A_HELD], {A: 0}).result()
    log.append([A_CORRECTED], {A: 1, C: 0}).result()
    assert log.append([B_HELD], {A: 2, B: 0, C: 1}).result()[0].position == 3


@pytest.mark.parametrize(("expected", "actual"), [(0, 1), (2, 1)])
def test_other_revisions_are_a_conflict(log: SQLiteEventLog, expected: int, actual: int) -> None:
    """A request that expects another revision is refused with the actual one."""
    log.append([A_HELD]).result()
    with pytest.raises(RevisionMismatch) as caught:
        log.append([A_CORRECTED], {A: expected}).result()
    error = caught.value
    assert (error.event_id, error.expected, error.actual) == (A, expected, actual)
    assert log.head()[0] == 1


def test_of_two_racing_amendments_one_loses(log: SQLiteEventLog) -> None:
    """Of two requests that expect one revision only one passes, even in one commit."""
    log.append([A_HELD]).result()
    rival = AmendmentEntry(D, A, "EventCorrected", b"29 minutes")
    answers = [log.append([entry], {A: 1}) for entry in (A_CORRECTED, rival)]
    assert [type(answer.exception()) for answer in answers] == [type(None), RevisionMismatch]


def test_a_lost_answer_can_be_asked_for_again(log: SQLiteEventLog) -> None:
    """A recorded request is answered again although its expectations hold no more."""
    first = log.append([A_HELD, A_CORRECTED], {A: 0}).result()
    again = log.append([A_HELD, A_CORRECTED], {A: 0}).result()
    assert [receipt.position for receipt in again] == [receipt.position for receipt in first]


def test_an_expectation_goes_before_an_entry(log: SQLiteEventLog) -> None:
    """A request that breaks an expectation and a rule is refused as a conflict."""
    log.append([A_HELD, A_RETRACTED]).result()
    with pytest.raises(RevisionMismatch):
        log.append([A_CORRECTED], {A: 1}).result()


def test_an_empty_request_checks_its_expectations(log: SQLiteEventLog) -> None:
    """A request without entries records nothing, and fails if its expectations do."""
    assert log.append([], {A: 0}).result() == []
    with pytest.raises(RevisionMismatch):
        log.append([], {A: 1}).result()


def test_a_rejected_request_leaves_its_neighbours_alone(log: SQLiteEventLog) -> None:
    """A rejected request leaves others in its commit alone, and positions stay dense."""
    requests: list[list[Entry]] = [
        [A_HELD],
        [B_HELD, AmendmentEntry(D, C, "EventCorrected", b"")],
        [B_HELD],
    ]
    answers = [log.append(request) for request in requests]
    assert isinstance(answers[1].exception(), UnknownEvent)
    assert [answers[index].result()[0].position for index in (0, 2)] == [1, 2]


def test_what_sqlite_cannot_hold_is_refused_alone(log: SQLiteEventLog) -> None:
    """An entry that is no valid text fails its own request and no other of the commit."""
    answers = [
        log.append([A_HELD]),
        log.append([ClaimEntry(C, "\ud800", b"")]),
        log.append([B_HELD]),
    ]
    assert isinstance(answers[1].exception(), UnstorableRequest)
    assert [answers[index].result()[0].position for index in (0, 2)] == [1, 2]


def test_all_of_it_survives_a_restart(tmp_path: Path) -> None:
    """A reopened log knows its duplicates, conflicts, retractions and revisions."""
    with SQLiteEventLog.open(tmp_path / "log.db", int) as log:
        first = log.append([A_HELD, A_CORRECTED, A_RETRACTED]).result()
    with SQLiteEventLog.open(tmp_path / "log.db", int) as log:
        again = log.append([A_HELD, A_CORRECTED, A_RETRACTED]).result()
        assert again == [receipt._replace(duplicate=True) for receipt in first]
        with pytest.raises(AlreadyRetracted):
            log.append([AmendmentEntry(B, A, "EventDisputed", b"")], {A: 3}).result()
        with pytest.raises(EventIdConflict):
            log.append([ClaimEntry(D, "MeetingHeld", b"")]).result()
