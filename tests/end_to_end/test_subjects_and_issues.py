"""Subjects and issues, over a real server: as calls, through the client, as commands."""

import csv
import doctest
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from unittest.mock import patch
from uuid import UUID, uuid4, uuid5

import grpc
import pytest

from communique.client import Client, EventFilter, NotFound
from communique.client.topics import TopicQuestions
from communique.domain.claims.event import (
    Claim,
    Event,
    EventCorrected,
    EventDisputed,
    Recorded,
)
from communique.domain.state.facets import State
from communique.domain.time.known_time import KnownTime
from communique.server.app import running_server
from communique.server.runtime import limits
from communique.v1 import event_pb2, subject_pb2, time_pb2
from communique.v1.record_service_pb2 import EventFilter as FilterMessage
from communique.v1.timeline_service_pb2 import (
    GetIssueRequest,
    GetSubjectRequest,
    ListIssuesRequest,
    ListSubjectsRequest,
)
from tests.support import nineteen_claims, oracle_subjects
from tests.support.calls import Stubs, meeting, meetings, refused, retraction, submit
from tests.support.given import amended, asked_by
from tests.support.servers import Desk, desk_with, settings_in

CLAIMS = nineteen_claims.claims()
ZONE = nineteen_claims.ZONE
KEY = "meeting/JPN-KOR/2019-08-21"


def retold(number: int, outlet: str, minutes: int) -> Claim:
    """The meeting of the ministers as another outlet tells it, of another length."""
    first = next(claim for claim in CLAIMS if claim.subject == KEY)
    payload = first.payload.model_copy(update={"duration": None})
    length = type(first.payload).model_validate(
        payload.model_dump(exclude_defaults=True) | {"duration": minutes * 60}
    )
    source = first.source.model_copy(update={"outlet": outlet})
    known = KnownTime.parse(f"2019-08-2{number + 1}", ZONE)
    return first.model_copy(
        update={
            "event_id": uuid5(first.event_id, str(number)),
            "payload": length,
            "source": source,
            "known": known,
        }
    )


RETOLD = [retold(1, "Kyodo", 35), retold(2, "Yonhap", 30), retold(3, "NHK", 35)]
DISPUTE = amended(EventDisputed(amends=RETOLD[0].event_id, statement="It was a briefing."))
CORRECTION = amended(
    EventCorrected(amends=RETOLD[1].event_id, content=retold(2, "Yonhap", 40), reason="slip")
)
ALL: list[Event] = [*CLAIMS, *RETOLD, DISPUTE, CORRECTION]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A server with the sample and more reports of one meeting, which all tests here share."""
    with desk_with(tmp_path_factory.mktemp("desk"), ALL) as desk:
        yield desk


@pytest.fixture
def client(desk: Desk) -> Client:
    """A client of that server."""
    return desk.client


def test_a_subject_tells_where_reports_disagree(client: Client) -> None:
    """A subject shows 35 minutes beside 40, with who says each, and its claims' amendments."""
    subject = client.subject(KEY)
    (length,) = (conflict for conflict in subject.disagreements if conflict.field == "duration")
    assert [(reading.value, reading.outlet_count) for reading in length.readings][:1] == [
        ("35 min", 2)
    ]
    assert {reading.value for reading in length.readings} >= {"35 min", "40 min"}
    assert [step.state for step in subject.life_cycle] == [State.HELD]
    assert not subject.earlier_claims_omitted

    amendments = {
        claim.event.event.event_id: claim for claim in subject.claims if claim.event.event
    }
    assert [amendment.event for amendment in amendments[RETOLD[0].event_id].amendments] == [DISPUTE]
    assert [amendment.event for amendment in amendments[RETOLD[1].event_id].amendments] == [
        CORRECTION
    ]
    assert amendments[RETOLD[0].event_id].event.disputed_by == (DISPUTE.event_id,)
    assert amendments[RETOLD[1].event_id].event.corrected_by == CORRECTION.event_id


def test_an_answer_names_a_point_that_gives_it_for_ever(client: Client) -> None:
    """A subject, board or list asked with its own point is the same again."""
    subject = client.subject(KEY, known_at="2019-08-23", zone=ZONE, position=21)
    assert len(subject.claims) == 3
    assert client.subject(KEY, as_of=subject.as_of) == subject
    board = client.issue("export-controls", valid_at="2019-08-20", zone=ZONE)
    assert client.issue("export-controls", as_of=board.as_of) == board
    listing = client.subjects(valid_at="2019-08-20", zone=ZONE)
    assert list(client.subjects(as_of=listing.as_of)) == list(listing)


@pytest.mark.parametrize("day", ["2018-12-31", "2019-07-31", "2019-08-20", "2019-08-22"])
def test_boards_are_the_oracle_s(client: Client, day: str) -> None:
    """Each listed issue has on each day the board that the naive definition gives."""
    listing = client.issues(valid_at=day, zone=ZONE)
    names = [summary.issue for summary in listing]
    assert names == sorted(names) != []
    as_of = listing.as_of
    point = asked_by(as_of)
    log = [
        Recorded(entry.position, entry.record_time, entry.revision, entry.event)
        for entry in client.read()
    ]
    for name in names:
        assert client.issue(name, as_of=as_of) == oracle_subjects.board(log, name, point)


def test_lists_count_what_a_filter_selects(client: Client) -> None:
    """A list of subjects counts, and dates, only the claims that its filter selects."""
    meetings = [summary.subject for summary in client.subjects("meeting/")]
    assert KEY in meetings
    assert all(key.startswith("meeting/") for key in meetings)

    trilateral = EventFilter(issues=["trilateral"])
    assert {summary.subject for summary in client.subjects(filter=trilateral)} == {
        "meeting/CHN-JPN-KOR/2019-08-21",
        "meeting/CHN-KOR/2019-08-20",
    }
    (summary,) = client.subjects(filter=EventFilter(outlets=["Kyodo", "NHK"]))
    assert (summary.subject, summary.claim_count) == (KEY, 2)
    assert summary.latest == RETOLD[0].occurred
    with_china = client.issues(EventFilter(dyad="CHN-KOR"))
    assert "trilateral" in {summary.issue for summary in with_china}


def test_the_examples_of_the_client_hold(tmp_path: Path) -> None:
    """The client's examples of subjects and issues have the answers that they show."""
    with running_server(settings_in(tmp_path)) as address, Client(address) as record:
        record.status(*nineteen_claims.DYAD, min_position=record.submit(CLAIMS)[-1].position)
        names = {"record": record, "EventFilter": EventFilter}
        for examples in doctest.DocTestFinder().find(TopicQuestions, globs=names):
            assert doctest.DocTestRunner(verbose=False).run(examples).failed == 0


def test_lists_go_over_pages(client: Client) -> None:
    """A list of subjects or issues is the same whatever the size of its pages."""
    whole = list(client.subjects())
    assert len(whole) > 10
    assert list(client.subjects(page_size=3)) == whole
    assert list(islice(client.issues(page_size=1), 2)) == list(client.issues())[:2]


def test_derived_subjects_are_found_through_filters(client: Client) -> None:
    """A claim that names no subject is found by its derived key, in lists and in the log."""
    stance = "stance/JPN-KOR/JPN/export-controls"
    wanted = EventFilter(subjects=[stance])
    (listed,) = client.timeline(wanted)
    (read,) = client.read(filter=wanted)
    assert listed.event == read.event
    assert listed.event is not None
    assert listed.event.subject is None
    assert client.subject(stance).claims[0].event == listed


def test_all_claims_of_a_subject_come_page_by_page(client: Client) -> None:
    """All claims of a subject come once, the latest first, whatever the size of the pages."""
    whole = client.subject(KEY)
    claims = list(client.subject_claims(KEY, page_size=1))
    assert claims == [*reversed(whole.claims)]
    assert len(claims) == whole.claim_count > 3
    short = client.subject(KEY, page_size=2, as_of=whole.as_of)
    assert (short.claims, short.earlier_claims_omitted) == (whole.claims[-2:], True)
    assert (short.life_cycle, short.disagreements) == (whole.life_cycle, whole.disagreements)
    with pytest.raises(NotFound):
        next(client.subject_claims("meeting/JPN-KOR/2019-08-22"))


def test_a_board_is_the_same_in_pages_of_any_size(client: Client) -> None:
    """The client puts a board together alike from pages of any size."""
    whole = client.issue("export-controls")
    assert client.issue("export-controls", as_of=whole.as_of, page_size=1) == whole
    assert client.issue("export-controls", as_of=whole.as_of, page_size=3) == whole


def test_what_is_not_found_names_what_is_near(client: Client) -> None:
    """An unknown subject or issue is refused with the closest visible at the same point."""
    with pytest.raises(NotFound, match="did you mean export-controls") as refused_issue:
        client.issue("export-control")
    assert refused_issue.value.metadata == {"issue": "export-control"}
    with pytest.raises(NotFound, match=f"did you mean {KEY}") as refused_subject:
        client.subject("meeting/JPN-KOR/2019-08-22")
    assert refused_subject.value.reason == "SUBJECT_NOT_FOUND"
    with pytest.raises(NotFound) as early:
        client.issue("export-control", valid_at="2018-01-01")
    assert "did you mean" not in str(early.value)
    with pytest.raises(NotFound):
        client.subject(KEY, valid_at="2018-01-01")


BAD: dict[str, tuple[object, str]] = {
    "no subject": (GetSubjectRequest(), "subject"),
    "a space in a key": (GetSubjectRequest(subject="meeting of two"), "subject"),
    "a key of 201 characters": (GetSubjectRequest(subject="x" * 201), "subject"),
    "no issue": (GetIssueRequest(), "issue"),
    "a slug in capitals": (GetIssueRequest(issue="GSOMIA"), "issue"),
    "a prefix that begins no key": (ListSubjectsRequest(prefix="meeting of"), "prefix"),
    "a prefix of 201 characters": (ListSubjectsRequest(prefix="x" * 201), "prefix"),
    "a negative page": (ListSubjectsRequest(page_size=-1), "page_size"),
    "a negative page of a subject": (GetSubjectRequest(subject="x", page_size=-1), "page_size"),
    "a negative page of a board": (GetIssueRequest(issue="x", page_size=-1), "page_size"),
    "a token of no subject": (
        GetSubjectRequest(subject="x", page_token="x"),  # noqa: S106  no secret
        "page_token",
    ),
    "a token of no board": (
        GetIssueRequest(issue="x", page_token="AAAA"),  # noqa: S106  no secret
        "page_token",
    ),
    "a token of nothing": (ListIssuesRequest(page_token="x"), "page_token"),  # noqa: S106  no secret
    "a party that is none": (
        ListIssuesRequest(filter=FilterMessage(parties=["XXX"])),
        "filter.parties[0]",
    ),
    "no zone": (
        GetSubjectRequest(subject="x", as_of=time_pb2.AsOf(zone="Mars")),
        "as_of.zone",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_questions_are_refused_by_field(shared_stubs: Stubs, name: str) -> None:
    """A question about subjects or issues that is at fault names the field."""
    request, field = BAD[name]
    method = getattr(shared_stubs.timelines, type(request).__name__.removesuffix("Request"))
    error = refused(lambda: method(request, timeout=30))
    assert (error.code, list(error.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, [field])


def test_a_token_is_for_one_request(stubs: Stubs) -> None:
    """A token of a list of subjects is refused by another list or with another filter."""
    submit(stubs, *meetings(3))
    request = ListSubjectsRequest(page_size=1, min_position=3)
    token = stubs.timelines.ListSubjects(request, timeout=30).next_page_token
    assert token
    filtered = ListSubjectsRequest(page_token=token, prefix="meeting/", min_position=3)
    error = refused(lambda: stubs.timelines.ListSubjects(filtered, timeout=30))
    assert error.reason == "PAGE_TOKEN_INVALID"
    issues = ListIssuesRequest(page_token=token, min_position=3)
    error = refused(lambda: stubs.timelines.ListIssues(issues, timeout=30))
    assert error.reason == "PAGE_TOKEN_INVALID"


def test_a_token_of_one_thing_is_for_no_other(stubs: Stubs) -> None:
    """A token of a subject's claims is refused for another subject and for a board."""
    several = meetings(3)
    for event in several:
        event.subject = KEY
    submit(stubs, *several)
    request = GetSubjectRequest(subject=KEY, page_size=1, min_position=3)
    token = stubs.timelines.GetSubject(request, timeout=30).next_page_token
    assert token
    pact = GetSubjectRequest(subject="pact", page_token=token, min_position=3)
    error = refused(lambda: stubs.timelines.GetSubject(pact, timeout=30))
    assert (error.reason, list(error.violations)) == ("PAGE_TOKEN_INVALID", ["page_token"])
    issue = GetIssueRequest(issue="export-controls", page_token=token, min_position=3)
    error = refused(lambda: stubs.timelines.GetIssue(issue, timeout=30))
    assert (error.reason, list(error.violations)) == ("PAGE_TOKEN_INVALID", ["page_token"])


def test_an_issue_without_a_place_on_its_board_has_an_empty_one(stubs: Stubs) -> None:
    """A meeting that is only planned names an issue, and stands on no board."""
    event = meeting()
    event.meeting_planned.scheduled.edtf = "2030-01-01"
    submit(stubs, event)
    request = GetIssueRequest(issue="export-controls", min_position=1)
    board = stubs.timelines.GetIssue(request, timeout=30).board
    assert (board.issue, board.as_of.position, list(board.meetings)) == ("export-controls", 1, [])


def test_what_is_retracted_has_no_subject(stubs: Stubs) -> None:
    """A subject whose only claim is retracted is found before that position only."""
    event = meeting()
    event.subject = KEY
    submit(stubs, event, retraction(event.event_id))
    before = GetSubjectRequest(subject=KEY, as_of=time_pb2.AsOf(position=1), min_position=2)
    assert len(stubs.timelines.GetSubject(before, timeout=30).subject.claims) == 1
    after = GetSubjectRequest(subject=KEY, min_position=2)
    error = refused(lambda: stubs.timelines.GetSubject(after, timeout=30))
    assert (error.code, error.reason) == (grpc.StatusCode.NOT_FOUND, "SUBJECT_NOT_FOUND")
    issue = GetIssueRequest(issue="export-controls", min_position=2)
    error = refused(lambda: stubs.timelines.GetIssue(issue, timeout=30))
    assert (error.code, error.reason) == (grpc.StatusCode.NOT_FOUND, "ISSUE_NOT_FOUND")


def test_a_subject_of_very_many_claims_is_told_in_pages(stubs: Stubs) -> None:
    """A subject of 1,001 claims has at most 1,000 on a page, fewer where they are large."""
    events = [large(KEY) for _ in range(1_000)]
    submit(stubs, *events)
    submit(stubs, large(KEY))
    wide = [large("pact", gist="x" * 2_000, labels=True) for _ in range(600)]
    (*_, last) = submit(stubs, *wide)
    first, *rest = pages(stubs, GetSubjectRequest(subject=KEY, min_position=last.position))
    assert [len(page.claims) for page in (first, *rest)] == [100] * 10 + [1]
    assert (first.claim_count, len(first.life_cycle[0].event_ids)) == (1_001, 1_000)
    request = GetSubjectRequest(subject=KEY, page_size=5_000, min_position=last.position)
    assert [len(page.claims) for page in pages(stubs, request)] == [1_000, 1]
    request = GetSubjectRequest(subject="pact", page_size=1_000, min_position=last.position)
    answers = pages(stubs, request)
    assert sum(len(page.claims) for page in answers) == 600
    assert all(page.ByteSize() < 4 * 2**20 for page in answers)


def pages(stubs: Stubs, request: GetSubjectRequest) -> list[subject_pb2.Subject]:
    """Return all pages of a subject."""
    subjects: list[subject_pb2.Subject] = []
    while not subjects or request.page_token:
        answer = stubs.timelines.GetSubject(request, timeout=30)
        assert answer.subject.earlier_claims_omitted == bool(answer.next_page_token)
        subjects.append(answer.subject)
        request.page_token = answer.next_page_token
    return subjects


def test_a_board_is_told_in_pages(stubs: Stubs) -> None:
    """The pages of a board make up its one page, and a retraction leaves a page short."""
    events = meetings(3)
    for event, codes in zip(events, (("JPN", "KOR"), ("CHN", "KOR"), ("CHN", "JPN")), strict=True):
        for participant, code in zip(event.participants, codes, strict=True):
            participant.party.code = code
    submit(stubs, *events, retraction(events[1].event_id))
    request = GetIssueRequest(issue="export-controls", min_position=4)
    whole = stubs.timelines.GetIssue(request, timeout=30)
    assert [meeting.dyad for meeting in whole.board.meetings] == ["CHN-JPN", "JPN-KOR"]
    assert not whole.next_page_token
    one_by_one = [["CHN-JPN"], [], ["JPN-KOR"], []]
    with patch.object(limits, "PAGE_BYTES_MAX", 1):  # which one element is too large for
        assert board_pages(stubs, request) == one_by_one
    request.page_size = 1
    assert board_pages(stubs, request) == one_by_one


def board_pages(stubs: Stubs, request: GetIssueRequest) -> list[list[str]]:
    """Return the dyads of the meetings on each page of a board."""
    dyads: list[list[str]] = []
    while not dyads or request.page_token:
        answer = stubs.timelines.GetIssue(request, timeout=30)
        dyads.append([meeting.dyad for meeting in answer.board.meetings])
        request.page_token = answer.next_page_token
    return dyads


def large(subject: str, gist: str = "", *, labels: bool = False) -> event_pb2.Event:
    """A meeting about a subject, of whatever size."""
    event = meeting(event_id=str(uuid4()), gist=gist)
    event.subject = subject
    if labels:
        event.labels.update({f"label-{number}": "x" * 256 for number in range(20)})
    return event


def test_the_subject_command_puts_values_side_by_side(desk: Desk) -> None:
    """The subject command shows the preferred value first, with outlets and the reason."""
    lines = desk.run("subject", KEY).stdout.splitlines()
    at = lines.index("Disagreement: meeting held, duration")
    assert "35 min" in lines[at + 1]
    assert lines[at + 1].endswith("preferred: more outlets")
    assert "Kyodo" in lines[at + 1]
    assert any("40 min" in line and "Yonhap" in line for line in lines[at + 2 : at + 4])
    assert any("disputed: It was a briefing." in line for line in lines)
    assert any("corrected: slip" in line for line in lines)
    assert str(RETOLD[0].event_id) not in "".join(lines)
    assert str(RETOLD[0].event_id) in desk.run("subject", KEY, "--explain").stdout


def test_the_subject_command_shows_all_claims_when_told_to(tmp_path: Path) -> None:
    """The subject command shows the latest 100 claims, and says how to get the rest."""
    first = next(claim for claim in CLAIMS if claim.subject == KEY)
    every = [
        first.model_copy(update={"event_id": uuid5(first.event_id, str(number))})
        for number in range(101)
    ]
    with desk_with(tmp_path, every) as desk:
        short = desk.run("subject", KEY, "-o", "json")
        assert len(json.loads(short.stdout)["claims"]) == 100
        assert "the latest 100 claims are shown: --all shows all" in short.stderr
        whole = desk.run("subject", KEY, "-o", "json", "--all")
        answer = json.loads(whole.stdout)
        assert len({claim["event"]["event_id"] for claim in answer["claims"]}) == 101
        assert (whole.stderr, answer["claim_count"]) == ("", 101)


def test_the_issue_command_shows_who_stands_where(desk: Desk) -> None:
    """The issue command shows each party's part first, and then what parties share."""
    given = ("issue", "export-controls", "--valid-at", "2019-08-22", "--zone", ZONE)
    lines = desk.run(*given).stdout.splitlines()
    titles = [line for line in lines if line and not line.startswith(" ")]
    assert titles[0] == "export-controls"
    assert titles[2:5] == ["Japan (JPN)", "South Korea (KOR)", "Talks"]
    assert any("security reasons" in line for line in lines)
    assert "known at" in desk.run(*given, "--explain").stdout


@pytest.mark.parametrize("command", ["subjects", "issues"])
def test_lists_are_written_for_people_and_programs(desk: Desk, command: str) -> None:
    """The lists of subjects and issues have one line each, in text, JSON lines and CSV."""
    label = command.removesuffix("s")
    lines = desk.run(command).stdout.splitlines()
    rows = [json.loads(line) for line in desk.run(command, "-o", "jsonl").stdout.splitlines()]
    table = list(csv.DictReader(desk.run(command, "-o", "csv").stdout.splitlines()))
    assert [line.split()[-1] for line in lines] == [row[label] for row in rows]
    assert [row[label] for row in table] == [row[label] for row in rows]
    assert all(row["claim_count"] >= 1 for row in rows)
    short = desk.run(command, "-n", "1")
    assert len(short.stdout.splitlines()) == 1
    assert "--limit 0 shows all" in short.stderr
    assert desk.run(command, "KOR", "JPN", "--party", "USA").stderr == f"no {command}\n"


def test_objects_are_written_for_programs(desk: Desk) -> None:
    """A subject or board in JSON is the whole answer, and in CSV a row for each part."""
    subject = json.loads(desk.run("subject", KEY, "-o", "json").stdout)
    assert [UUID(claim["event"]["event_id"]) for claim in subject["claims"]]
    assert subject["disagreements"][0]["readings"]
    readings = list(csv.DictReader(desk.run("subject", KEY, "-o", "csv").stdout.splitlines()))
    assert {row["field"] for row in readings} >= {"duration"}
    board = json.loads(desk.run("issue", "export-controls", "-o", "json").stdout)
    assert [party["party"] for party in board["parties"]] == ["JPN", "KOR"]
    rows = desk.run("issue", "export-controls", "-o", "csv").stdout.splitlines()
    assert {row["section"] for row in csv.DictReader(rows)} >= {"stances", "measures", "talks"}


def test_commands_say_what_is_near(desk: Desk) -> None:
    """A misspelled subject or issue is answered with the closest and exits as not found."""
    result = desk.run("issue", "export-control")
    assert "did you mean export-controls?" in result.stderr
    assert result.exit_code == desk.run("subject", "nothing-of-the-kind").exit_code != 0
