"""The sample's nineteen claims, and what a desk sees of them by the naive definition."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from communique import codec
from communique.cli import sample
from communique.domain.claims.event import Claim, Recorded
from communique.domain.claims.values import Certainty, LinkKind, Polarity
from communique.domain.parties.party import Dyad
from communique.domain.state.element import StatusElement
from communique.domain.state.facets import State
from communique.domain.state.posture import Posture
from communique.domain.state.status import BilateralStatus
from communique.domain.time.clocks import AsOf, end_of_day, parse_point
from communique.domain.time.zones import zone_named
from tests.support import oracle

CLAIMS = sample.claims()
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
    return [one for elements in lists for one in elements if isinstance(one, StatusElement)]


def fact(number: int) -> Claim:
    """A claim of the sample by its number."""
    return CLAIMS[number - 1]


def test_there_are_nineteen_facts_with_ids_of_their_own() -> None:
    """Each fact has a fixed UUIDv7 that ends with its number: submitting it twice is harmless."""
    assert [number_of(claim.event_id.int) for claim in CLAIMS] == list(range(1, 20))
    assert {claim.event_id.version for claim in CLAIMS} == {7}


def test_the_facts_stand_in_the_order_in_which_they_happened() -> None:
    """The file reads as a story: no fact is of an earlier day than the one before it."""
    days = [claim.occurred.earliest.astimezone(zone_named(sample.ZONE)).date() for claim in CLAIMS]
    assert all(earlier <= later for earlier, later in pairwise(days))


def test_every_claim_is_a_valid_submission() -> None:
    """The contract carries every claim without loss."""
    assert [codec.submitted(codec.message_of(claim)) for claim in CLAIMS] == CLAIMS


def test_every_claim_names_its_source_and_its_publication() -> None:
    """Each claim says where it was read and when that came out, which was after it happened."""
    outlets = {claim.source.outlet for claim in CLAIMS}
    assert outlets == {"Arirang", "Jiji", "Yonhap"}
    assert all(
        claim.known is not None and claim.occurred.earliest < claim.known.instant
        for claim in CLAIMS
    )


def test_every_claim_is_told_in_few_words_of_its_own() -> None:
    """Each gist is one or two short sentences, and no two are the same."""
    gists = [claim.gist for claim in CLAIMS]
    assert len(set(gists)) == 19
    assert all(20 <= len(gist) <= 140 for gist in gists)


def test_every_link_leads_somewhere() -> None:
    """A link names an event or a subject of the sample."""
    subjects = {claim.subject for claim in CLAIMS}
    ids = {claim.event_id for claim in CLAIMS}
    links = [link for claim in CLAIMS for link in claim.links]
    assert links
    assert all(link.event_id in ids or link.subject in subjects for link in links)


def test_what_is_known_to_have_happened_is_certain_and_unattributed() -> None:
    """What "is known to have" happened is certain, and an unnamed source says so."""
    assert [
        number
        for number, claim in enumerate(CLAIMS, 1)
        if claim.attributions and not claim.attributions[0].speaker
    ] == [11, 14]
    assert {fact(11).certainty, fact(14).certainty} == {Certainty.CERTAIN}


def test_what_is_expected_to_have_happened_is_probable() -> None:
    """What "is expected to have" happened is probable: facts 15 to 18, all about the past."""
    probable = [n for n, claim in enumerate(CLAIMS, 1) if claim.certainty is Certainty.PROBABLE]
    assert probable == [15, 16, 17, 18]
    assert fact(18).polarity is Polarity.NEGATIVE


def test_the_outlook_is_argued_from_the_refusal() -> None:
    """The negative outlook names the refusal of the day before as its ground."""
    [link] = fact(18).links
    assert (link.kind, link.event_id) == (LinkKind.BASED_ON, fact(10).event_id)


def test_on_20_august_talks_are_refused_for_ever() -> None:
    """As of 20 August the relation is strained by a refusal, whatever was learned or done since."""
    found = status("2019-08-20")
    [talks] = found.talks
    assert (talks.state, talks.issue, talks.statement) == (
        State.REFUSED,
        "export-controls",
        "will not",
    )
    assert (found.posture, numbers(talks)) == (Posture.STRAINED, [10])
    assert found.posture_triggers[0].rule == "talks-refused"


def test_on_20_august_the_ministers_have_not_met() -> None:
    """As of 20 August the last meetings are those of the directors-general and of officials."""
    found = status("2019-08-20")
    assert numbers(*found.last_meetings) == [9, 5]
    assert numbers(*found.demands, *found.stances, *found.outlooks, *found.agreements) == []


def test_before_the_report_only_july_s_meeting_was_known() -> None:
    """At 16:00 on 21 August nobody could know of the refusal or the meeting an hour before."""
    found = status("2019-08-21T16:00", known=seoul("2019-08-21T16:00"))
    assert numbers(*everything(found)) == [5]
    assert found.posture is Posture.COOPERATIVE


def test_after_the_report_the_meeting_and_the_refusal_are_known() -> None:
    """At 17:00 the same evening the report of 16:30 counts, and the relation is strained."""
    found = status("2019-08-21T17:00", known=seoul("2019-08-21T17:00"))
    assert numbers(*found.talks) == [10]
    assert numbers(*found.last_meetings) == [9, 14, 5]
    assert numbers(*found.mediation) == [13]
    assert (found.posture, found.measures) == (Posture.STRAINED, ())


def test_the_report_counts_from_its_minute_on() -> None:
    """At 16:29 nothing of the report is known, and at 16:30 all of it."""
    before = status("2019-08-21", known=seoul("2019-08-21T16:29"))
    after = status("2019-08-21", known=seoul("2019-08-21T16:30"))
    assert len(everything(before)) == 1
    assert len(everything(after)) == 10


def test_the_certain_and_the_expected_are_told_apart() -> None:
    """As of 21 August that they met is certain; what they demanded of each other is expected."""
    found = status("2019-08-21", known=seoul("2019-08-21T17:00"))
    expected = [one for one in everything(found) if one.certainty is not Certainty.CERTAIN]
    assert sorted(numbers(*expected)) == [15, 16, 17, 18]
    assert not any(one.last_certain for one in expected)


def test_during_the_meeting_it_is_under_way() -> None:
    """As of 15:15 the ministers sit together, as was known later; as of 15:30 they have parted."""
    during, over = status("2019-08-21T15:15:00"), status("2019-08-21T15:30:00")
    marks = [
        [one.under_way for one in found.last_meetings if numbers(one) == [14]]
        for found in (during, over)
    ]
    assert marks == [[True], [False]]


@pytest.mark.parametrize(
    ("valid", "state", "by_schedule"),
    [
        ("2019-08-01", None, False),
        ("2019-08-10", State.ANNOUNCED, False),
        ("2019-08-27", State.ANNOUNCED, False),
        ("2019-08-28", State.IN_FORCE, True),
    ],
)
def test_the_removal_from_the_list_follows_its_schedule(
    valid: str,
    state: State | None,
    by_schedule: bool,  # noqa: FBT001  a case of the table
) -> None:
    """Announced on 2 August for the 28th: announced until then, and from then on by schedule."""
    found = [one for one in status(valid).measures if numbers(one) == [6]]
    shown = [(one.state, one.by_schedule) for one in found]
    assert shown == ([(state, by_schedule)] if state else [])


def test_the_export_rules_are_one_measure() -> None:
    """Its announcement and its taking effect are claims about one subject, and the later stands."""
    announced, in_force = status("2019-07-03"), status("2019-07-04")
    assert [numbers(*found.measures) for found in (announced, in_force)] == [[3], [4]]


def test_the_pact_is_under_notice_from_22_august() -> None:
    """Seoul's notice ends the pact after 90 days, and makes the relation confrontational."""
    before, after = status("2019-08-21"), status("2019-08-22")
    [pact] = after.agreements
    assert (before.agreements, pact.state) == ((), State.UNDER_NOTICE)
    assert pact.scheduled is not None
    assert pact.scheduled.edtf == "2019-11-20"
    assert after.posture is Posture.CONFRONTATIONAL


def test_the_notice_runs_out() -> None:
    """When the ninety days are over the pact is no longer among what stands."""
    assert status("2019-11-19").agreements
    assert not status("2019-11-20").agreements


def test_the_meeting_of_three_is_one_event_in_three_relations() -> None:
    """The trilateral meeting is the last one of ministers for China and Japan, and stored once."""
    dyads = ("CHN-JPN", "CHN-KOR", "JPN-KOR")
    last = [numbers(*status("2019-08-21", dyad=dyad).last_meetings) for dyad in dyads]
    assert last == [[12], [12], [9, 14, 5]]


def test_china_s_appeal_is_about_the_two_others() -> None:
    """A third party's appeal changes how the two stand, not how it stands with them."""
    assert numbers(*status("2019-08-21").mediation) == [13]
    assert status("2019-08-21", dyad="CHN-KOR").mediation == ()


def test_the_order_of_arrival_does_not_matter() -> None:
    """Whatever order the claims are recorded in, the answers about the world are the same."""
    reordered = [
        Recorded(position, RECORDED_FROM, 1, claim)
        for position, claim in enumerate(reversed(CLAIMS), 1)
    ]
    known = end_of_day("2019-08-21", sample.ZONE)
    assert everything(status("2019-08-21", known)) == everything(
        status("2019-08-21", known, log=reordered)
    )
