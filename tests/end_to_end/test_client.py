"""The client against a real server: what goes in comes out, as domain objects."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from uuid import UUID

import pytest

from communique.client import (
    Client,
    CommuniqueError,
    Conflict,
    EventFilter,
    InvalidRequest,
    NotFound,
    OutOfRange,
    Retry,
    RevisionConflict,
)
from communique.domain.claims.event import (
    Claim,
    EventCorrected,
    EventDisputed,
    EventRetracted,
    Recorded,
)
from communique.domain.claims.values import Certainty
from communique.domain.parties.party import Dyad
from communique.domain.state.facets import State
from communique.domain.state.posture import Posture
from communique.domain.time.clocks import parse_point
from communique.domain.time.known_time import KnownTime
from communique.server.app import running_server
from tests.support import nineteen_claims, oracle
from tests.support.given import amended, asked_by
from tests.support.servers import desk_with, settings_in

CLAIMS = nineteen_claims.claims()
REFUSAL = CLAIMS[9]
UNKNOWN = UUID(int=1)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of a server with the sample, which all tests that only ask share."""
    with desk_with(tmp_path_factory.mktemp("desk"), CLAIMS) as desk:
        yield desk.client


def renamed(number: int) -> Claim:
    """The refusal again, as a claim with another id."""
    return REFUSAL.model_copy(update={"event_id": UUID(int=number + 100)})


def test_events_come_back_as_they_were_submitted(desk: Client) -> None:
    """Reading the log gives the claims, equal to those submitted and in their order."""
    assert [recorded.event for recorded in desk.read()] == CLAIMS
    assert [recorded.position for recorded in desk.read()] == list(range(1, 20))


def test_a_receipt_is_the_same_for_ever(client: Client) -> None:
    """Submitting claims again gives the first receipts, marked as duplicates, and appends none."""
    first = client.submit(CLAIMS)
    again = client.submit(CLAIMS)
    assert again == [replace(receipt, duplicate=True) for receipt in first]
    assert client.head().position == 19


def test_the_same_id_with_other_content_is_a_conflict(client: Client) -> None:
    """An id in use refuses the submission, names its place, and nothing else is recorded."""
    client.submit([REFUSAL])
    conflicting = REFUSAL.model_copy(update={"gist": "something else"})
    with pytest.raises(Conflict) as raised:
        client.submit([CLAIMS[0], conflicting])
    assert raised.value.reason == "EVENT_ID_CONFLICT"
    assert raised.value.metadata["index"] == "1"
    assert client.head().position == 1


def test_faults_name_their_fields(client: Client) -> None:
    """A submission at fault says which field of which event is wrong."""
    far = KnownTime.parse("9000-01-01")
    known = REFUSAL.model_copy(update={"event_id": UNKNOWN, "known": None})
    future = known.model_copy(update={"event_id": UUID(int=2), "known": far})
    with pytest.raises(InvalidRequest) as raised:
        client.submit([known, future])
    assert [violation.field for violation in raised.value.violations] == ["events[1].known"]
    assert raised.value.reason == "KNOWN_IN_FUTURE"


def test_an_expectation_that_does_not_hold_is_a_revision_conflict(client: Client) -> None:
    """Of two amendments that expect the same revision, the second is told that it lost."""
    client.submit([REFUSAL])
    disputes = [
        amended(EventDisputed(amends=REFUSAL.event_id, statement="no"), number) for number in (1, 2)
    ]
    client.submit(disputes[:1], expectations={REFUSAL.event_id: 1})
    with pytest.raises(RevisionConflict) as raised:
        client.submit(disputes[1:], expectations={REFUSAL.event_id: 1})
    assert raised.value.metadata["actual"] == "2"


def test_amending_what_is_not_there_is_not_found(client: Client) -> None:
    """An amendment of an event that is not recorded is refused as not found."""
    with pytest.raises(NotFound):
        client.submit([amended(EventRetracted(amends=UNKNOWN, reason="never happened"))])


def test_an_event_has_a_history(client: Client) -> None:
    """An event comes with its amendments, found by its own id or an amendment's."""
    dispute = amended(EventDisputed(amends=REFUSAL.event_id, statement="they only paused"), 1)
    retraction = amended(EventRetracted(amends=REFUSAL.event_id, reason="withdrawn"), 2)
    client.submit([REFUSAL, dispute, retraction])
    history = client.event(REFUSAL.event_id)
    assert history.claim.event == REFUSAL
    assert [amendment.event for amendment in history.amendments] == [dispute, retraction]
    assert [amendment.revision for amendment in history.amendments] == [2, 3]
    assert client.event(retraction.event_id) == history


def test_an_unknown_event_is_not_found(desk: Client) -> None:
    """Asking for an event that is not recorded is refused as not found."""
    with pytest.raises(NotFound) as raised:
        desk.event(UNKNOWN)
    assert raised.value.reason == "EVENT_NOT_FOUND"


@pytest.mark.parametrize("dyad", ["JPN-KOR", "CHN-KOR", "CHN-JPN"])
@pytest.mark.parametrize(
    ("valid", "known"),
    [
        ("2019-08-20", None),
        ("2019-08-21T16:00", "2019-08-21T16:00"),
        ("2019-08-21T17:00", "2019-08-21T17:00"),
        ("2019-08-28", None),
    ],
)
def test_a_status_is_the_naive_one(desk: Client, dyad: str, valid: str, known: str | None) -> None:
    """The server's status is the one that the naive definition gives for the same log."""
    wanted = Dyad.parse(dyad)
    status = desk.status(
        wanted.second, wanted.first, valid_at=valid, known_at=known, zone=nineteen_claims.ZONE
    )
    as_of = asked_by(status.as_of)
    assert as_of.valid == parse_point(valid, nineteen_claims.ZONE)
    assert status == oracle.status([*desk.read()], wanted, as_of)


def test_a_status_asked_again_as_of_its_own_point_is_the_same(desk: Client) -> None:
    """A status asked for as of the point that an answer names is equal to that answer."""
    first = desk.status("JPN", "KOR")
    again = desk.status(
        "JPN",
        "KOR",
        valid_at=first.as_of.valid,
        known_at=first.as_of.known,
        position=first.as_of.position,
    )
    assert again == first


def test_the_report_of_half_past_four_changes_what_is_known(desk: Client) -> None:
    """Known at 16:00, 21 August is cooperative; known at 17:00, talks are refused."""
    before, after = (
        desk.status("KOR", "JPN", valid_at=at, known_at=at, zone=nineteen_claims.ZONE)
        for at in ("2019-08-21T16:00", "2019-08-21T17:00")
    )
    assert (before.posture, before.talks) == (Posture.COOPERATIVE, ())
    assert (after.posture, after.talks[0].state) == (Posture.STRAINED, State.REFUSED)


def test_a_timeline_stands_in_the_order_of_what_happened(desk: Client) -> None:
    """A timeline goes from the earliest to the latest, or backwards, whatever its page size."""
    wanted = EventFilter(dyad="KOR-JPN")
    forwards = [seen.event for seen in desk.timeline(wanted, page_size=4)]
    backwards = [seen.event for seen in desk.timeline(wanted, page_size=5, backwards=True)]
    assert forwards == backwards[::-1]
    starts = [event.occurred.earliest for event in forwards if event]
    assert starts == sorted(starts)
    assert len(starts) == 18


def test_a_listing_fetches_only_what_is_looked_at(desk: Client) -> None:
    """The first events of a listing come with its first page, which says what they are as of."""
    listing = desk.events(page_size=3)
    assert listing.as_of.position == 19
    assert [event.position for event in islice(listing, 2)] == [1, 2]
    assert [event.position for event in listing] == list(range(3, 20))


def test_filters_select(desk: Client) -> None:
    """Each part of a filter narrows what is listed."""
    filters = {
        (10,): EventFilter(types=["TalksRefused"]),
        (15, 16, 17, 18): EventFilter(certainties=[Certainty.PROBABLE]),
        (6,): EventFilter(outlets=["Jiji"]),
        (3, 4): EventFilter(subjects=["measure/JPN/export-rules-for-three-materials"]),
        (19,): EventFilter(occurred_from="2019-08-22"),
        (1, 2): EventFilter(occurred_to=datetime(2019, 1, 1, tzinfo=UTC)),
        (7, 11, 12, 13): EventFilter(parties=["CHN"]),
        (13,): EventFilter(issues=["free-trade"]),
    }
    selected = {
        tuple(event.position for event in desk.events(wanted, zone=nineteen_claims.ZONE)): wanted
        for wanted in filters.values()
    }
    assert selected == filters


def test_a_correction_shows_in_a_listing_and_not_before_it(client: Client) -> None:
    """A corrected event shows its new content only from the correction's position on."""
    content = REFUSAL.model_copy(update={"gist": "put right"})
    correction = amended(
        EventCorrected(amends=REFUSAL.event_id, content=content, reason="a misprint")
    )
    receipts = client.submit([REFUSAL, correction])
    [now] = client.events(min_position=receipts[-1].position)
    [then] = client.events(position=1)
    assert (now.event, now.corrected_by) == (content, correction.event_id)
    assert (then.event, then.corrected_by) == (REFUSAL, None)


def test_a_dispute_marks_what_it_is_about(client: Client) -> None:
    """A disputed event is listed with its dispute, and contested in the status."""
    dispute = amended(EventDisputed(amends=REFUSAL.event_id, statement="they only paused"))
    position = client.submit([REFUSAL, dispute])[-1].position
    [listed] = client.timeline(min_position=position)
    assert listed.disputed_by == (dispute.event_id,)
    [talks] = client.status("JPN", "KOR", min_position=position).talks
    assert talks.contested


def test_a_log_is_read_from_any_position_and_backwards(desk: Client) -> None:
    """A read starts behind or before a position, and stops at its limit."""
    assert [recorded.position for recorded in desk.read(after=16)] == [17, 18, 19]
    assert [recorded.position for recorded in desk.read(after=3, backwards=True)] == [2, 1]
    assert [recorded.position for recorded in desk.read(backwards=True, limit=2)] == [19, 18]
    probable = EventFilter(certainties=[Certainty.PROBABLE])
    assert [recorded.position for recorded in desk.read(filter=probable, limit=3)] == [15, 16, 17]


def test_a_replay_that_finds_nothing_still_moves_on(desk: Client) -> None:
    """A replay whose filter selects nothing returns the head of the log."""

    def count(seen: int, _: Recorded) -> int:
        return seen + 1

    assert desk.replay(count, 0, filter=EventFilter(types=["MeetingHeld"])) == (5, 19)
    assert desk.replay(count, 0, filter=EventFilter(types=["RelationsChanged"])) == (0, 19)


def test_an_import_is_complete_and_harmless_again(client: Client) -> None:
    """An import appends each event once, and a repeated import finds duplicates only."""
    claims = [renamed(number) for number in range(1_234)]
    first = client.import_events(iter(claims), batch_size=100)
    again = client.import_events(iter(claims))
    assert (first.received, first.appended, first.rejected) == (1_234, 1_234, 0)
    assert (again.received, again.duplicates) == (1_234, 1_234)
    assert first.position == again.position == client.head().position == 1_234


def test_an_import_goes_on_past_what_is_at_fault(client: Client) -> None:
    """An import reports events at fault with number and reason, and records the rest."""
    claims = [renamed(number) for number in range(10)]
    claims[3] = claims[2].model_copy(update={"gist": "another content under the same id"})
    lost = amended(EventRetracted(amends=UNKNOWN, reason="never happened"))
    report = client.import_events([*claims, lost], batch_size=4)
    assert [(rejection.index, rejection.reason) for rejection in report.rejections] == [
        (3, "EVENT_ID_CONFLICT"),
        (10, "EVENT_NOT_FOUND"),
    ]
    assert (report.appended, report.rejected) == (9, 2)


def test_the_head_and_positions_are_told_by_record_time(desk: Client, client: Client) -> None:
    """An empty log has head 0, and each record time has the last position recorded by then."""
    assert client.head() == (0, None)
    position, record_time = desk.head()
    assert position == 19
    assert record_time is not None
    assert desk.position_at(record_time) == 19
    assert desk.position_at(record_time - timedelta(hours=1)) == 0


def test_read_models_are_listed_and_rebuilt(client: Client) -> None:
    """Every projection says how far it is, and can be rebuilt up to the head of the log."""
    position = client.submit(CLAIMS)[-1].position
    client.status("JPN", "KOR", min_position=position)
    names = [projection.name for projection in client.projections()]
    assert "read-models" in names
    last = [*client.rebuild("read-models")][-1]
    assert (last.name, last.done, last.position) == ("read-models", True, 19)
    assert sorted(progress.name for progress in client.rebuild() if progress.done) == names
    with pytest.raises(NotFound, match="read-models"):
        next(client.rebuild("bilateral"))


def test_what_lies_beyond_the_head_is_out_of_range(desk: Client) -> None:
    """A position that the log has not reached is refused together with the head of the log."""
    with pytest.raises(OutOfRange) as raised:
        desk.status("JPN", "KOR", position=20)
    assert raised.value.metadata == {"position": "20", "head": "19"}


def test_a_question_that_makes_no_sense_names_its_fields(desk: Client) -> None:
    """A status of one party, or of an unknown one, is refused with the field at fault."""
    for codes in (("KOR", "KOR"), ("KOR", "JPX")):
        with pytest.raises(InvalidRequest) as raised:
            desk.status(*codes)
        assert [violation.field for violation in raised.value.violations] == ["parties[1]"]


def test_every_failure_is_of_one_family(tmp_path: Path) -> None:
    """Every failure of a call is a `CommuniqueError`, even when the server has gone away."""
    with running_server(settings_in(tmp_path)) as address:
        client = Client(address, retry=Retry(attempts_max=1))
        client.submit(CLAIMS)
        listing = client.events(page_size=2, min_position=19)
        next(listing)
    for call in (client.head, lambda: list(listing), lambda: list(client.read())):
        with pytest.raises(CommuniqueError):
            call()
    client.close()
