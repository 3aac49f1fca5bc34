"""Disagreements: what counts as saying different things, and which reading is preferred."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from communique.domain.claims.event import Claim
from communique.domain.claims.payloads import (
    AgreementTerminationNotified,
    DialogueUrged,
    MeetingHeld,
    MeetingStarted,
    OutlookAssessed,
    StanceStated,
    TalksAgreed,
    TalksRefused,
)
from communique.domain.claims.shape import Payload
from communique.domain.claims.values import (
    Certainty,
    Coordinates,
    Participant,
    Place,
    Polarity,
    Role,
)
from communique.domain.claims.words import Finality, MeetingLevel, Outlook
from communique.domain.parties.party import Party
from communique.domain.state.disagreement import disagreements
from communique.domain.state.preferences import Disagreement, Preference, Reading
from communique.domain.state.subject import SubjectEntry
from communique.domain.time.clocks import known_at
from tests.support.given import RECORDED, claim

MINUTE = timedelta(minutes=1)
DENIAL = {"polarity": Polarity.NEGATIVE}


def held(occurred: object = "2019-08-21", who: str = "JPN+KOR", **more: Any) -> Claim:  # noqa: ANN401 -- as `claim`
    """Return a claim that a meeting was held, of so many `minutes` where they are given."""
    minutes = more.pop("minutes", None)
    return claim(MeetingHeld(duration=minutes and minutes * MINUTE), occurred, who, **more)


def among(*claims: Claim) -> tuple[Disagreement, ...]:
    """Return where claims that name one subject disagree."""
    naming = [claim.model_copy(update={"subject": "meeting/JPN-KOR"}) for claim in claims]
    return disagreements([SubjectEntry(claim, known_at(claim.known, RECORDED)) for claim in naming])


def fields(*claims: Claim) -> dict[str, list[str]]:
    """Return the readings of each field in which they disagree, the preferred one first."""
    return {
        conflict.field: [reading.value for reading in conflict.readings]
        for conflict in among(*claims)
    }


def test_two_lengths_of_one_meeting_stay_side_by_side() -> None:
    """Two lengths of one meeting are two readings, each with its claims and outlets."""
    first, second = held(minutes=30, outlet="Arirang"), held(minutes=35, outlet="Yonhap")
    third = held(minutes=30, outlet="Kyodo")

    assert among(first, second, third) == (
        Disagreement(
            type="MeetingHeld",
            field="duration",
            readings=(
                Reading(value="30 min", event_ids=(third.event_id, first.event_id), outlet_count=2),
                Reading(value="35 min", event_ids=(second.event_id,), outlet_count=1),
            ),
            reason="more outlets",
            preference=Preference.MORE_OUTLETS,
        ),
    )


def test_claims_that_agree_are_not_mentioned() -> None:
    """Claims that agree, a claim alone and no claim at all make no disagreement."""
    assert among() == among(held(minutes=30)) == among(held(minutes=30), held(minutes=30)) == ()


def test_claims_that_name_no_subject_are_not_compared() -> None:
    """Claims that share only a derived key are not compared."""
    said = [held(minutes=30), held(minutes=35)]
    entries = [SubjectEntry(claim, known_at(claim.known, RECORDED)) for claim in said]
    assert disagreements(entries) == ()


def test_claims_of_two_types_are_not_compared() -> None:
    """Claims of two types about one subject are not compared."""
    assert among(held("2019-08-21"), claim(MeetingStarted(), "2019-08-20", "JPN+KOR")) == ()


def test_what_is_not_said_disagrees_with_nothing() -> None:
    """A claim without a length, a place or words takes no side on that field."""
    silent = claim(TalksRefused(), "2019-08-21", "JPN>KOR")
    wordy = claim(
        TalksRefused(finality=Finality.NOT_NOW, grounds="trust"),
        "2019-08-21",
        "JPN>KOR",
        place=Place(name="Tokyo"),
    )

    assert among(held(), held(minutes=30)) == among(silent, wordy) == ()


def test_disagreements_are_told_in_the_order_of_type_and_field() -> None:
    """Disagreements on several fields of several types come sorted."""
    begun = [claim(MeetingStarted(), day, "JPN+KOR") for day in ("2019-08-20", "2019-08-21")]
    meetings = [held("2019-08-20", minutes=30), held("2019-08-21", minutes=35)]

    assert [(conflict.type, conflict.field) for conflict in among(*begun, *meetings)] == [
        ("MeetingHeld", "duration"),
        ("MeetingHeld", "occurred"),
        ("MeetingStarted", "occurred"),
    ]


@pytest.mark.parametrize(
    ("first", "second", "field", "readings"),
    [
        (
            MeetingHeld(level=MeetingLevel.DIRECTOR_GENERAL),
            MeetingHeld(level=MeetingLevel.MINISTER),
            "level",
            ["minister", "director general"],
        ),
        (
            MeetingHeld.model_validate({"scheduled": "2019-08-21"}),
            MeetingHeld.model_validate({"scheduled": "2019-08-22"}),
            "scheduled",
            ["22 Aug 2019 (UTC)", "21 Aug 2019 (UTC)"],
        ),
        (
            MeetingHeld(duration=timedelta(days=1, hours=2, seconds=3, milliseconds=500)),
            MeetingHeld(duration=timedelta(milliseconds=20)),
            "duration",
            ["0.02 s", "1 d 2 h 3.5 s"],
        ),
    ],
    ids=["level", "scheduled", "duration"],
)
def test_what_can_be_compared_can_be_disagreed_on(
    first: Payload, second: Payload, field: str, readings: list[str]
) -> None:
    """Words of a list, times and lengths can be disagreed on, with readings in words."""
    claims = [claim(payload, "2019-08-21", "JPN+KOR") for payload in (first, second)]

    assert fields(*claims) == {field: readings}


def test_four_end_dates_are_four_readings() -> None:
    """Four sources' end dates of an agreement are four readings."""
    days = ["2019-11-22", "2019-11-23", "2019-11-24", "2019-11-25"]
    notices = [
        claim(
            AgreementTerminationNotified.model_validate({"ends": {"edtf": day, "zone": zone}}),
            "2019-08-22",
            "KOR>JPN",
        )
        for day, zone in zip(days, ["UTC", "UTC", "Asia/Seoul", "UTC"], strict=True)
    ]

    assert fields(*notices) == {
        "ends": [
            "25 Nov 2019 (UTC)",
            "24 Nov 2019 (Asia/Seoul)",
            "23 Nov 2019 (UTC)",
            "22 Nov 2019 (UTC)",
        ]
    }


def test_parties_are_compared_by_their_codes() -> None:
    """Participants are compared by sorted codes, and not by persons or roles."""
    bilateral, trilateral = held(who="KOR+JPN"), held(who="KOR+JPN+CHN")
    host = Participant(party=Party(code="KOR", person="Kang Kyung-wha"), role=Role.HOST)
    hosted = held(participants=[host, Participant(party=Party(code="JPN"))])

    assert fields(bilateral, trilateral) == {"participants": ["CHN, JPN, KOR", "JPN, KOR"]}
    assert fields(bilateral, hosted) == {}


def test_actors_and_recipients_are_compared_apart() -> None:
    """Actors and recipients are compared apart, and not with participants."""
    assert fields(
        claim(TalksAgreed(), "2019-08-21", "JPN>KOR"),
        claim(TalksAgreed(), "2019-08-21", "KOR>JPN"),
        claim(TalksAgreed(), "2019-08-21", "JPN+KOR"),
    ) == {"actors": ["KOR", "JPN"], "recipients": ["JPN", "KOR"]}
    assert fields(
        claim(DialogueUrged(between=("KOR", "JPN")), "2019-08-21", "USA>JPN,KOR"),
        claim(DialogueUrged(between=("JPN", "CHN")), "2019-08-21", "USA>JPN,KOR"),
    ) == {"between": ["CHN, JPN", "JPN, KOR"]}


@pytest.mark.parametrize(
    ("exact", "vague"),
    [
        ("2019-08-21T15:00", "2019-08-21"),
        ("2019-08-21", "2019-08"),
        ("2019-08-21", "2019-08-21~"),
        ("2019-08-21", "2019-08-21/.."),
        ("2019-08-31", "2019-08"),
        ("2019-08-21T15:00/..", "2019-08-21/.."),
        ("2019-08-21/2019-08-22", "2019-08-21/.."),
        ("2019-08-21T15:00Z", {"edtf": "2019-08-22T00:00", "zone": "Asia/Seoul"}),
    ],
)
def test_a_less_exact_time_agrees_with_one_within_it(exact: str, vague: object) -> None:
    """A time agrees with itself and with any more exact time within."""
    assert fields(held(exact), held(vague)) == fields(held(vague), held(exact)) == {}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2019-08-21", "2019-08-22"),
        ("2019-08-21T15:00", "2019-08-21T15:01"),
        ("2019-08-21/..", "2019-08-20"),
        ("2019-08-22/..", "2019-08-21/.."),
        ("2019-08-21/2019-08-23", "2019-08-22/2019-08-24"),
    ],
)
def test_times_apart_disagree(first: object, second: object) -> None:
    """Two times of which neither can have begun when the other did are two readings."""
    assert [*fields(held(first), held(second))] == ["occurred"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2019-08-21", {"edtf": "2019-08-21", "zone": "Asia/Seoul"}),
        ("2019-08/2019-08-23", "2019-08-21/2019-08-24"),
    ],
)
def test_times_that_meet_do_not_disagree(first: object, second: object) -> None:
    """Two times that can have begun at one instant can both be right."""
    assert fields(held(first), held(second)) == {}


def test_what_happens_again_has_several_times() -> None:
    """A refusal, a stance or a plan of two days is no disagreement: it can be repeated."""
    refusals = [claim(TalksRefused(), day, "JPN>KOR") for day in ("2019-08-20", "2019-08-21")]

    assert fields(*refusals) == {}


def test_the_length_of_an_interval_is_held_against_a_stated_one() -> None:
    """A meeting from 15:00 to 15:30 disagrees with one that is said to have lasted 35 minutes."""
    interval = held("2019-08-21T15:00/2019-08-21T15:30")

    assert fields(interval, held(minutes=35)) == {"duration": ["30 min", "35 min"]}
    assert fields(interval, held(minutes=30)) == {}


def test_free_text_is_never_compared() -> None:
    """Two wordings of one stance, outcome or venue are no disagreement."""
    stances = [
        claim(StanceStated(position=words), "2019-08-21", "KOR>JPN") for words in ("unfair", "-")
    ]
    venues = [
        claim(MeetingHeld(venue=venue), "2019-08-21", "JPN+KOR") for venue in ("Beijing", "Guam")
    ]

    assert fields(*stances) == fields(*venues) == {}


def test_who_is_less_exact_takes_no_side_between_two() -> None:
    """A time that holds two readings supports neither and is no reading itself."""
    month, day, next_day = held("2019-08", outlet="Kyodo"), held("2019-08-21"), held("2019-08-22")
    (conflict,) = among(month, day, next_day)

    assert conflict.readings == (
        Reading(value="22 Aug 2019 (UTC)", event_ids=(next_day.event_id,), outlet_count=1),
        Reading(value="21 Aug 2019 (UTC)", event_ids=(day.event_id,), outlet_count=1),
    )


def test_support_by_less_exact_times_can_decide() -> None:
    """Less exact times that hold one reading only count as support for that reading."""
    claims = [
        held("2019", outlet="Kyodo"),
        held("2019-08", outlet="Yonhap"),
        held("2019-08-31"),
        held("2018-08-21", known="2019-12-01"),
    ]
    (conflict,) = among(*claims)

    assert [reading.outlet_count for reading in conflict.readings] == [3, 1]
    assert conflict.readings[0].value == "31 Aug 2019 (UTC)"
    assert conflict.readings[0].event_ids == tuple(claim.event_id for claim in reversed(claims[:3]))


def test_places_are_compared_by_country() -> None:
    """Two places disagree in their countries alone, and a place without one says nothing."""
    silent = [Place(name="Beijing"), Place(coordinates=Coordinates(latitude=39.9, longitude=116.4))]
    china = [Place(country="CHN"), Place(name="Beijing", country="CHN")]
    agreeing = [held(place=place) for place in (*silent, *china)]

    assert fields(*agreeing) == {}
    assert fields(*agreeing, held(place=Place(name="Guam", country="USA"))) == {
        "place": ["USA", "CHN"]
    }


def test_a_denial_says_nothing_but_that_it_denies() -> None:
    """A denial adds no reading to any field."""
    affirms = held("2019-08-21", minutes=30)
    denial = held("2019-08-22", minutes=35, **DENIAL)

    assert fields(affirms, denial) == {"polarity": ["negative", "positive"]}


def test_a_denial_of_an_assessment_is_an_assessment() -> None:
    """A denied assessment gives its readings beside the others."""
    up, down = OutlookAssessed(outlook=Outlook.POSITIVE), OutlookAssessed(outlook=Outlook.NEGATIVE)

    assert fields(
        claim(up, "2019-08-21", "JPN+KOR"), claim(down, "2019-08-21", "JPN+KOR", **DENIAL)
    ) == {"outlook": ["negative", "positive"], "polarity": ["negative", "positive"]}


def preferred(*claims: Claim) -> tuple[str, str]:
    """Return the preferred reading of the only disagreement, and why."""
    (conflict,) = among(*claims)
    return conflict.readings[0].value, conflict.reason


def test_a_surer_claim_goes_before_more_outlets() -> None:
    """A certain reading is preferred to a probable one of two outlets, a curated to a coded one."""
    sure = held(minutes=30, known="2019-08-22")
    probable = [
        held(minutes=35, outlet=name, certainty=Certainty.PROBABLE) for name in ("Kyodo", "Yonhap")
    ]
    coded = held(minutes=35, classification={"dataset": "icews"}, grade="A1")

    assert preferred(sure, *probable) == ("30 min", "more certain")
    assert preferred(sure, coded) == ("30 min", "more certain")


def test_more_outlets_go_before_a_better_grade() -> None:
    """A reading of two outlets is preferred to one of the best grade."""
    best = held(minutes=35, outlet="Kyodo", grade="A1", known="2019-08-30")
    poor = [held(minutes=30, outlet=name, known="2019-08-22") for name in ("Arirang", "Yonhap")]
    twice = [held(minutes=30, outlet=name, known="2019-08-22") for name in ("Arirang", "arirang")]

    assert preferred(best, *poor) == ("30 min", "more outlets")
    assert preferred(best, *twice) == ("35 min", "better grade")


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("A-", "B1"),
        ("B2", "B3"),
        ("B6", "B-"),
        ("F-", "-1"),
        ("-5", "-6"),
        ("-6", None),
    ],
)
def test_a_better_grade_goes_before_a_later_report(better: str, worse: str | None) -> None:
    """A better reliability, and then credibility, is preferred to a later report."""
    good = held(minutes=30, grade=better, known="2019-08-22")

    assert preferred(good, held(minutes=35, grade=worse)) == ("30 min", "better grade")


def test_a_reading_has_the_grade_of_its_best_claim() -> None:
    """A reading has the grade of its best claim, whatever poor report stands beside."""
    both = [held(minutes=30, grade=f"{mark}-", known="2019-08-22") for mark in ("E", "A")]

    assert preferred(*both, held(minutes=35, grade="B-")) == ("30 min", "better grade")


def test_a_later_report_goes_before_the_event_id() -> None:
    """The reading known last is preferred when outlets and grades are equal."""
    later = held(minutes=30, known="2019-08-23")

    assert preferred(later, held(minutes=35, known="2019-08-22")) == ("30 min", "known later")


def test_a_reading_was_known_when_its_latest_claim_was() -> None:
    """A reading was known when its latest claim was."""
    both = [held(minutes=30, known=known) for known in ("2019-08-21", "2019-08-23")]

    assert preferred(*both, held(minutes=35, known="2019-08-22")) == ("30 min", "known later")


def test_the_event_id_decides_in_the_end() -> None:
    """The event id decides between readings that are equal in all else."""
    first = held(minutes=30, known="2019-08-22", event_id=UUID(int=1 << 100))
    second = held(minutes=35, known="2019-08-22")

    assert preferred(first, second) == preferred(second, first) == ("30 min", "rank")


def test_the_known_time_is_that_of_the_entry() -> None:
    """A claim without a known time counts from the known time of its entry."""
    subject = "meeting/JPN-KOR"
    first, second = held(minutes=30, subject=subject), held(minutes=35, subject=subject)
    conflicts = disagreements(
        [
            SubjectEntry(first, datetime(2026, 1, 2, tzinfo=UTC)),
            SubjectEntry(second, datetime(2026, 1, 1, tzinfo=UTC)),
        ]
    )

    assert conflicts[0].readings[0].value == "30 min"
