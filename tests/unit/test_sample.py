"""The sample's nineteen claims, and what a desk sees of them by the naive definition."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from communique import codec
from communique.cli import sample
from communique.domain.claims.event import Recorded
from communique.domain.claims.values import Certainty, LinkKind, Polarity
from communique.domain.parties.party import Dyad
from communique.domain.state.element import Due, StatusElement
from communique.domain.state.facets import State
from communique.domain.state.posture import Posture
from communique.domain.state.status import BilateralStatus
from communique.domain.time.clocks import AsOf, end_of_day, parse_point
from communique.domain.time.zones import zone_named
from tests.support import oracle
from tests.support.screens import CLAIMS, fact

RECORDED_FROM = datetime(2026, 1, 1, tzinfo=UTC)
LOG = [
    Recorded(position, RECORDED_FROM + timedelta(seconds=position), 1, claim)
    for position, claim in enumerate(CLAIMS, 1)
]
LATER = datetime(2027, 1, 1, tzinfo=UTC)


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


def test_there_are_nineteen_facts_with_ids_of_their_own() -> None:
    """Each fact has a fixed UUIDv7 that ends with its number: submitting it twice is harmless."""
    assert [number_of(claim.event_id.int) for claim in CLAIMS] == list(range(1, 20))
    assert {claim.event_id.version for claim in CLAIMS} == {7}


def test_the_facts_stand_in_the_order_in_which_they_happened() -> None:
    """No fact of the sample is of an earlier day than the one before."""
    days = [claim.occurred.earliest.astimezone(zone_named(sample.ZONE)).date() for claim in CLAIMS]
    assert all(earlier <= later for earlier, later in pairwise(days))


def test_every_claim_is_a_valid_submission() -> None:
    """The contract carries every claim of the sample without loss."""
    assert [codec.submitted(codec.message_of(claim)) for claim in CLAIMS] == CLAIMS


def test_every_claim_names_its_source_and_its_publication() -> None:
    """Each claim of the sample names its source and a publication after the event."""
    outlets = {claim.source.outlet for claim in CLAIMS}
    assert outlets == {"Arirang", "Jiji", "Yonhap"}
    assert all(
        claim.known is not None and claim.occurred.earliest < claim.known.instant
        for claim in CLAIMS
    )


def test_every_claim_is_told_in_few_words_of_its_own() -> None:
    """Each gist of the sample is one or two short sentences, and no two are the same."""
    gists = [claim.gist for claim in CLAIMS]
    assert len(set(gists)) == 19
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
    """Facts 15 to 18, which are "expected to have" happened, are probable."""
    probable = [n for n, claim in enumerate(CLAIMS, 1) if claim.certainty is Certainty.PROBABLE]
    assert probable == [15, 16, 17, 18]
    assert fact(18).polarity is Polarity.NEGATIVE


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


def test_before_the_report_only_july_s_meeting_was_known() -> None:
    """At 16:00 on 21 August neither the refusal nor the meeting an hour before was known."""
    answer = status("2019-08-21T16:00", known=seoul("2019-08-21T16:00"))
    assert numbers(*everything(answer)) == [5]
    assert answer.posture is Posture.COOPERATIVE


def test_after_the_report_the_meeting_and_the_refusal_are_known() -> None:
    """At 17:00 on 21 August the report of 16:30 counts, and the relation is strained."""
    answer = status("2019-08-21T17:00", known=seoul("2019-08-21T17:00"))
    assert numbers(*answer.talks) == [10]
    assert numbers(*answer.last_meetings) == [9, 14, 5]
    assert numbers(*answer.mediation) == [13]
    assert (answer.posture, answer.measures) == (Posture.STRAINED, ())


def test_the_report_counts_from_its_minute_on() -> None:
    """At 16:29 nothing of the report is known, and at 16:30 all of it."""
    before = status("2019-08-21", known=seoul("2019-08-21T16:29"))
    after = status("2019-08-21", known=seoul("2019-08-21T16:30"))
    assert len(everything(before)) == 1
    assert len(everything(after)) == 10


def test_the_certain_and_the_expected_are_told_apart() -> None:
    """As of 21 August the meeting is certain, and the demands made there are expected."""
    answer = status("2019-08-21", known=seoul("2019-08-21T17:00"))
    expected = [
        element for element in everything(answer) if element.certainty is not Certainty.CERTAIN
    ]
    assert sorted(numbers(*expected)) == [15, 16, 17, 18]
    assert not any(element.last_certain for element in expected)


def test_during_the_meeting_it_is_under_way() -> None:
    """The meeting of 21 August is under way as of 15:15 and over as of 15:30."""
    during, over = status("2019-08-21T15:15:00"), status("2019-08-21T15:30:00")
    marks = [
        [meeting.under_way for meeting in answer.last_meetings if numbers(meeting) == [14]]
        for answer in (during, over)
    ]
    assert marks == [[True], [False]]


@pytest.mark.parametrize(
    ("valid", "state", "by_schedule"),
    [
        ("2019-08-01", None, False),
        ("2019-08-10", State.ANNOUNCED, False),
        ("2019-08-27", State.ANNOUNCED, False),
        ("2019-08-28", State.ANNOUNCED, False),
        ("2019-08-29", State.ANNOUNCED, True),
    ],
)
def test_the_removal_from_the_list_follows_its_schedule(
    valid: str,
    state: State | None,
    by_schedule: bool,  # noqa: FBT001  a case of the table
) -> None:
    """The removal announced on 2 August is due on the 28th, and then unconfirmed."""
    removals = [measure for measure in status(valid).measures if numbers(measure) == [6]]
    shown = [(element.state, element.by_schedule) for element in removals]
    assert shown == ([(state, by_schedule)] if state else [])


def test_the_export_rules_are_one_measure() -> None:
    """The export rules' announcement and start are about one subject, and the later stands."""
    announced, in_force = status("2019-07-03"), status("2019-07-04")
    assert [numbers(*answer.measures) for answer in (announced, in_force)] == [[3], [4]]


def test_the_pact_is_under_notice_from_22_august() -> None:
    """Seoul's notice ends the pact after 90 days, and makes the relation confrontational."""
    before, after = status("2019-08-21"), status("2019-08-22")
    [pact] = after.agreements
    assert (before.agreements, pact.state) == ((), State.UNDER_NOTICE)
    assert pact.scheduled is not None
    assert pact.scheduled.edtf == "2019-11-20"
    assert after.posture is Posture.CONFRONTATIONAL


def test_the_notice_runs_out_without_a_report() -> None:
    """The pact stays under notice, unconfirmed, when the ninety days of its notice are over."""
    ahead, passed = status("2019-11-20").agreements, status("2019-11-21").agreements
    assert [(pact.state, pact.due) for pact in ahead] == [(State.UNDER_NOTICE, Due.AHEAD)]
    assert [(pact.state, pact.due) for pact in passed] == [(State.UNDER_NOTICE, Due.UNCONFIRMED)]
    assert status("2019-11-21").posture is Posture.CONFRONTATIONAL


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
