"""The sample's claims, and what a desk sees of them by the naive definition."""

from datetime import UTC, datetime, timedelta

import pytest

from communique import codec
from communique.cli import sample
from communique.domain.claims.event import Claim, Recorded
from communique.domain.claims.values import Certainty, LinkKind, Polarity
from communique.domain.parties.party import Dyad
from communique.domain.state.element import Due, StatusElement
from communique.domain.state.facets import State
from communique.domain.state.posture import Posture
from communique.domain.state.status import BilateralStatus
from communique.domain.time.clocks import AsOf, end_of_day, parse_point
from tests.support import oracle

CLAIMS = sample.claims()
RECORDED_FROM = datetime(2026, 1, 1, tzinfo=UTC)
LOG = [
    Recorded(position, RECORDED_FROM + timedelta(seconds=position), 1, claim)
    for position, claim in enumerate(CLAIMS, 1)
]
LATER = datetime(2027, 1, 1, tzinfo=UTC)


def fact(number: int) -> Claim:
    """Return the claim with a number."""
    return next(claim for claim in CLAIMS if number_of(claim.event_id.int) == number)


def seoul(text: str) -> datetime:
    """The instant of a Korean time, or the end of a Korean day."""
    return parse_point(text, sample.ZONE)


def status(
    valid: str, known: datetime = LATER, dyad: str = "JPN-KOR", log: list[Recorded] = LOG
) -> BilateralStatus:
    """How things stood, by the naive definition."""
    return oracle.status(log, Dyad.parse(dyad), AsOf(seoul(valid), known, len(log)))


def numbers(*elements: StatusElement) -> list[int]:
    """Which facts stand behind the elements: their numbers in the sample."""
    return [number_of(element.event_ids[0].int) for element in elements]


def number_of(event_id: int) -> int:
    """The number of a fact, which its id ends with."""
    return int(f"{event_id:x}"[-4:])


def everything(status: BilateralStatus) -> list[StatusElement]:
    """All elements of a status, in the order of the answer."""
    lists = (value for _, value in status if isinstance(value, tuple))
    return [value for elements in lists for value in elements if isinstance(value, StatusElement)]


def test_the_facts_have_ids_of_their_own() -> None:
    """Each fact has a fixed UUIDv7 that ends with its number: submitting it twice is harmless."""
    assert [number_of(claim.event_id.int) for claim in CLAIMS] == list(range(1, 30))
    assert {claim.event_id.version for claim in CLAIMS} == {7}


def test_every_claim_is_a_valid_submission() -> None:
    """The contract carries every claim of the sample without loss."""
    assert [codec.submitted(codec.message_of(claim)) for claim in CLAIMS] == CLAIMS


def test_every_claim_names_its_source_and_its_publication() -> None:
    """Each claim of the sample names its source and a publication after the event."""
    outlets = {claim.source.outlet for claim in CLAIMS}
    assert outlets == {
        "Arirang",
        "Jiji",
        "Ministry of Economy, Trade and Industry",
        "Ministry of Foreign Affairs (KOR)",
        "Supreme Court of Korea",
        "Yonhap",
    }
    assert all(
        claim.known is not None and claim.occurred.earliest < claim.known.instant
        for claim in CLAIMS
    )


def test_every_claim_is_told_in_few_words_of_its_own() -> None:
    """Each gist of the sample is one or two short sentences, and no two are the same."""
    gists = [claim.gist for claim in CLAIMS]
    assert len(set(gists)) == 29
    assert all(20 <= len(gist) <= 140 for gist in gists)


def test_every_link_leads_somewhere() -> None:
    """Each link of the sample names an event or a subject of the sample."""
    subjects = {claim.subject for claim in CLAIMS}
    ids = {claim.event_id for claim in CLAIMS}
    links = [link for claim in CLAIMS for link in claim.links]
    assert links
    assert all(link.event_id in ids or link.subject in subjects for link in links)


def test_what_is_known_to_have_happened_is_certain_and_unattributed() -> None:
    """A fact "known to have" happened is certain and has an unnamed source."""
    assert [
        number
        for number, claim in enumerate(CLAIMS, 1)
        if claim.attributions and not claim.attributions[0].speaker
    ] == [11, 14]
    assert {fact(11).certainty, fact(14).certainty} == {Certainty.CERTAIN}


def test_what_is_expected_to_have_happened_is_probable() -> None:
    """Facts that are "expected to have" happened, or are the reporter's own view, are probable."""
    probable = [n for n, claim in enumerate(CLAIMS, 1) if claim.certainty is Certainty.PROBABLE]
    assert probable == [15, 16, 17, 18, 24, 25, 26]
    assert {claim.polarity for claim in CLAIMS} == {Polarity.POSITIVE}


def test_the_background_was_known_when_it_was_first_public() -> None:
    """Rulings and measures are known from the day they were announced, by those who made them."""
    days = [str(known)[:10] for number in (1, 2, 3, 4, 6) if (known := fact(number).known)]
    assert days == ["2018-10-30", "2018-11-29", "2019-07-01", "2019-07-04", "2019-08-02"]


def test_no_place_or_name_is_put_into_the_report_s_mouth() -> None:
    """The report names no place of the officials' meeting and nobody who spoke for Japan."""
    assert [fact(number).place for number in (9, 10)] == [None, None]
    assert {party.person for number in (16, 17) for party in fact(number).actors} == {""}


def test_the_outlook_is_argued_from_the_refusal() -> None:
    """The negative outlook names the refusal of the day before as its ground."""
    [link] = fact(18).links
    assert (link.kind, link.event_id) == (LinkKind.BASED_ON, fact(10).event_id)


def test_on_20_august_talks_are_refused_for_ever() -> None:
    """The status as of 20 August is strained by a refusal, whatever came since."""
    answer = status("2019-08-20")
    [talks] = answer.talks
    assert (talks.state, talks.issue, talks.statement) == (
        State.REFUSED,
        "export-controls",
        "will not",
    )
    assert (answer.posture, numbers(talks)) == (Posture.STRAINED, [10])
    assert answer.posture_triggers[0].rule == "talks-refused"


def test_on_20_august_the_ministers_have_not_met() -> None:
    """The last meetings as of 20 August are those of directors-general and officials."""
    answer = status("2019-08-20")
    assert numbers(*answer.last_meetings) == [9, 5]
    assert numbers(*answer.demands, *answer.stances, *answer.outlooks, *answer.agreements) == []


def test_before_the_report_the_curbs_were_known() -> None:
    """At 16:00 on 21 August the curbs, the rulings and July's meeting were known, no refusal."""
    answer = status("2019-08-21T16:00", known=seoul("2019-08-21T16:00"))
    assert sorted(numbers(*everything(answer))) == [1, 2, 4, 5, 6]
    assert [(measure.state, measure.due) for measure in answer.measures] == [
        (State.IN_FORCE, None),
        (State.ANNOUNCED, Due.AHEAD),
    ]
    assert answer.posture is Posture.STRAINED
    assert "talks-refused" not in {trigger.rule for trigger in answer.posture_triggers}


def test_after_the_report_the_meeting_and_the_refusal_are_known() -> None:
    """At 17:00 on 21 August the report counts: the refusal, the outlook, the ministers' meeting."""
    answer = status("2019-08-21T17:00", known=seoul("2019-08-21T17:00"))
    rules = {trigger.rule for trigger in answer.posture_triggers}
    assert numbers(*answer.talks) == [10]
    assert numbers(*answer.last_meetings) == [9, 14, 5]
    assert numbers(*answer.mediation) == [13]
    assert answer.posture is Posture.STRAINED
    assert rules >= {"talks-refused", "outlook-negative", "measure-in-force", "meeting-held"}


def test_the_report_counts_from_its_minute_on() -> None:
    """At 16:29 nothing of the report is known, and at 16:30 all of it."""
    before = status("2019-08-21", known=seoul("2019-08-21T16:29"))
    after = status("2019-08-21", known=seoul("2019-08-21T16:30"))
    assert not {*numbers(*everything(before))} & {*range(7, 19), *range(20, 27)}
    assert {*numbers(*everything(after))} >= {8, 9, 10, 13, 14, 15, 16, 17, 18, 24}


def test_the_certain_and_the_expected_are_told_apart() -> None:
    """As of 21 August the meeting is certain, and the demands made there are expected."""
    answer = status("2019-08-21", known=seoul("2019-08-21T17:00"))
    expected = [
        element for element in everything(answer) if element.certainty is not Certainty.CERTAIN
    ]
    assert sorted(numbers(*expected)) == [15, 16, 17, 18, 24]
    assert not any(element.last_certain for element in expected)


def test_the_meeting_names_its_unnamed_source() -> None:
    """The ministers' meeting is certain, and attributed to a source without a name."""
    meetings = status("2019-08-21", known=seoul("2019-08-21T17:00")).last_meetings
    [meeting] = [meeting for meeting in meetings if numbers(meeting) == [14]]
    assert [attribution.speaker for attribution in meeting.attributions] == [""]


def test_during_the_meeting_it_is_under_way() -> None:
    """The meeting of 21 August is under way as of 15:15 and over as of 15:30."""
    during, over = status("2019-08-21T15:15:00"), status("2019-08-21T15:30:00")
    marks = [
        [meeting.under_way for meeting in answer.last_meetings if numbers(meeting) == [14]]
        for answer in (during, over)
    ]
    assert marks == [[True], [False]]


@pytest.mark.parametrize(
    ("valid", "number", "state"),
    [
        ("2019-08-10", 29, State.ANNOUNCED),
        ("2019-08-27", 29, State.ANNOUNCED),
        ("2019-08-28", 28, State.IN_FORCE),
    ],
)
def test_the_removal_from_the_list_is_in_force_when_it_is_reported(
    valid: str, number: int, state: State
) -> None:
    """The removal announced on 2 August is in force by the report of the 28th."""
    measures = {element.issue: element for element in status(valid).measures}
    assert (numbers(measures["whitelist"]), measures["whitelist"].state) == ([number], state)


def test_without_that_report_the_removal_is_unconfirmed() -> None:
    """By what was known on the 27th the removal is announced, and unconfirmed from the 29th on."""
    answer = status("2019-08-29", known=seoul("2019-08-27"))
    measures = {element.issue: element for element in answer.measures}
    removal = measures["whitelist"]
    assert (removal.state, removal.due) == (State.ANNOUNCED, Due.UNCONFIRMED)


def test_the_second_source_keeps_the_date_of_the_first() -> None:
    """Jiji's later report names no date, so the date of the ministry's announcement stands."""
    removal = {element.issue: element for element in status("2019-08-22").measures}["whitelist"]
    assert (numbers(removal), removal.scheduled_by) == ([29], fact(6).event_id)
    assert removal.scheduled is not None
    assert removal.scheduled.edtf == "2019-08-28"


def test_the_export_rules_are_one_measure() -> None:
    """The export rules' announcement and start are about one subject, and the later stands."""
    announced, in_force = status("2019-07-03"), status("2019-07-04")
    assert [numbers(*answer.measures) for answer in (announced, in_force)] == [[3], [4]]


def test_the_pact_is_under_notice_from_22_august() -> None:
    """Seoul's announcement puts the pact under notice, and makes the relation confrontational."""
    before, after = status("2019-08-21"), status("2019-08-22")
    [pact] = after.agreements
    assert (before.agreements, pact.state) == ((), State.UNDER_NOTICE)
    assert after.posture is Posture.CONFRONTATIONAL


def test_the_pact_is_due_on_23_november_and_then_unconfirmed() -> None:
    """Nothing says that the pact ended: on 1 December it is due 23 November, unconfirmed."""
    [ahead] = status("2019-11-22").agreements
    [passed] = status("2019-12-01").agreements
    assert (ahead.due, passed.due) == (Due.AHEAD, Due.UNCONFIRMED)
    assert (passed.state, passed.scheduled_state) == (State.UNDER_NOTICE, State.ENDED)
    assert passed.scheduled is not None
    assert passed.scheduled.display() == "23 Nov 2019 00:00 KST"
    assert status("2019-12-01").posture is Posture.CONFRONTATIONAL


def test_the_meeting_of_three_is_one_event_in_three_relations() -> None:
    """The trilateral meeting is the last of ministers for China and Japan, stored once."""
    dyads = ("CHN-JPN", "CHN-KOR", "JPN-KOR")
    last = [numbers(*status("2019-08-21", dyad=dyad).last_meetings) for dyad in dyads]
    assert last == [[12], [12], [9, 14, 5]]


def test_china_s_appeal_is_about_the_two_others() -> None:
    """China's appeal stands between the two others, and not between China and them."""
    assert numbers(*status("2019-08-21").mediation) == [13]
    assert status("2019-08-21", dyad="CHN-KOR").mediation == ()


def test_the_order_of_arrival_does_not_matter() -> None:
    """The sample in any order of arrival gives the same answers about the world."""
    reordered = [
        Recorded(position, RECORDED_FROM, 1, claim)
        for position, claim in enumerate(reversed(CLAIMS), 1)
    ]
    known = end_of_day("2019-08-21", sample.ZONE)
    assert everything(status("2019-08-21", known)) == everything(
        status("2019-08-21", known, log=reordered)
    )
