"""The rules of the posture: each decides where it alone holds, and nothing else is decided."""

from datetime import date, timedelta

import pytest

from communique.domain.claims.event import Event
from communique.domain.claims.payloads import (
    AccusationMade,
    AgreementSigned,
    AgreementTerminationNotified,
    AgreementTookEffect,
    ClaimPayload,
    DemandRejected,
    DiplomatsExpelled,
    MeasureAnnounced,
    MeasureLifted,
    MeasureSuspended,
    MeasureTookEffect,
    MeetingHeld,
    MeetingPlanned,
    MeetingStarted,
    OutlookAssessed,
    ProposalRejected,
    RelationsChanged,
    StanceStated,
    TalksAgreed,
    TalksProposed,
    TalksRefused,
    TalksResumed,
    TalksSuspended,
    ThreatMade,
)
from communique.domain.claims.values import Certainty
from communique.domain.claims.words import Outlook, RelationsChange
from communique.domain.state.posture import RULES, Posture
from tests.support.given import claim, corrected, disputed, log, retracted, status

DAY = "2019-08-21"

# Each rule with a claim of 21 August that makes it hold, and the last day on which it does.
CASES: list[tuple[str, Posture, ClaimPayload, str, str | None]] = [
    (
        "relations-severed",
        Posture.SEVERED,
        RelationsChanged(change=RelationsChange.SEVERED),
        "JPN>KOR",
        None,
    ),
    (
        "ambassador-recalled",
        Posture.CONFRONTATIONAL,
        RelationsChanged(change=RelationsChange.AMBASSADOR_RECALLED),
        "JPN>KOR",
        None,
    ),
    (
        "relations-downgraded",
        Posture.CONFRONTATIONAL,
        RelationsChanged(change=RelationsChange.DOWNGRADED),
        "JPN+KOR",
        "2020-08-19",
    ),
    (
        "diplomats-expelled",
        Posture.CONFRONTATIONAL,
        DiplomatsExpelled(count=3),
        "JPN>KOR",
        "2020-08-19",
    ),
    (
        "agreement-under-notice",
        Posture.CONFRONTATIONAL,
        AgreementTerminationNotified(notice_period=timedelta(days=90)),
        "KOR>JPN",
        None,
    ),
    ("talks-refused", Posture.STRAINED, TalksRefused(), "JPN>KOR", None),
    ("talks-suspended", Posture.STRAINED, TalksSuspended(), "JPN+KOR", None),
    ("measure-announced", Posture.STRAINED, MeasureAnnounced(measure="checks"), "JPN>KOR", None),
    ("measure-in-force", Posture.STRAINED, MeasureTookEffect(), "JPN>KOR", None),
    ("demand-rejected", Posture.STRAINED, DemandRejected(), "JPN>KOR", "2020-08-19"),
    ("proposal-rejected", Posture.STRAINED, ProposalRejected(), "JPN>KOR", "2020-08-19"),
    ("threat-made", Posture.STRAINED, ThreatMade(threat="tariffs"), "JPN>KOR", "2019-11-18"),
    ("accusation-made", Posture.STRAINED, AccusationMade(accusation="-"), "JPN>KOR", "2019-09-19"),
    (
        "outlook-negative",
        Posture.STRAINED,
        OutlookAssessed(outlook=Outlook.NEGATIVE),
        "JPN+KOR",
        "2019-11-18",
    ),
    ("talks-under-way", Posture.COOPERATIVE, TalksAgreed(), "JPN+KOR", None),
    ("talks-under-way", Posture.COOPERATIVE, TalksResumed(), "JPN+KOR", None),
    ("meeting-held", Posture.COOPERATIVE, MeetingHeld(), "JPN+KOR", "2019-11-18"),
    ("meeting-held", Posture.COOPERATIVE, MeetingStarted(), "JPN+KOR", "2019-11-18"),
    ("agreement-concluded", Posture.COOPERATIVE, AgreementSigned(), "JPN+KOR", "2020-08-19"),
    ("agreement-concluded", Posture.COOPERATIVE, AgreementTookEffect(), "JPN+KOR", "2020-08-19"),
    (
        "outlook-positive",
        Posture.COOPERATIVE,
        OutlookAssessed(outlook=Outlook.POSITIVE),
        "JPN+KOR",
        "2019-11-18",
    ),
    (
        "nothing-strains",
        Posture.NORMAL,
        RelationsChanged(change=RelationsChange.ESTABLISHED),
        "JPN+KOR",
        None,
    ),
    ("nothing-strains", Posture.NORMAL, TalksProposed(), "JPN>KOR", None),
    ("nothing-strains", Posture.NORMAL, StanceStated(position="unfair"), "JPN>KOR", None),
    ("nothing-strains", Posture.NORMAL, MeasureSuspended(), "JPN>KOR", None),
    ("nothing-strains", Posture.NORMAL, MeasureLifted(), "JPN>KOR", None),
    (
        "nothing-strains",
        Posture.NORMAL,
        OutlookAssessed(outlook=Outlook.NEUTRAL),
        "JPN+KOR",
        None,
    ),
]


def rules(*events: Event, valid: str = DAY) -> list[str]:
    """Return the names of the rules that hold between Japan and Korea."""
    return [trigger.rule for trigger in status(log(*events), valid).posture_triggers]


def after(day: str) -> str:
    """Return the day after a day."""
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def test_every_rule_has_a_case() -> None:
    """The table of cases has every rule with the posture that the rule speaks for."""
    tested = {(rule, posture) for rule, posture, *_ in CASES}

    assert tested == {(rule.name, rule.posture) for rule in RULES} | {
        ("nothing-strains", Posture.NORMAL)
    }


@pytest.mark.parametrize(("rule", "posture", "payload", "who", "last"), CASES)
def test_a_rule_decides_where_it_alone_holds(
    rule: str, posture: Posture, payload: ClaimPayload, who: str, last: str | None
) -> None:
    """A rule that holds alone names the posture and the event until its days are over."""
    said = claim(payload, DAY, who)
    answer = status(log(said), valid=last or "2030-01-01")

    assert answer.posture is posture
    assert [trigger.rule for trigger in answer.posture_triggers] == [rule]
    assert answer.posture_triggers[0].event_ids == (
        () if rule == "nothing-strains" else (said.event_id,)
    )
    if last:
        assert rules(said, valid=after(last)) == ["nothing-strains"]


def test_where_nothing_is_recorded_nothing_is_known() -> None:
    """The posture of an empty record, and before the first event, is unknown."""
    assert rules() == ["nothing-recorded"]
    assert status(log(), DAY).posture is Posture.UNKNOWN
    assert rules(claim(TalksRefused(), DAY, "JPN>KOR"), valid="2019-08-20") == ["nothing-recorded"]


def test_a_plan_alone_is_no_record_once_it_is_over() -> None:
    """A plan alone gives a posture until a year after its day, and then none is known."""
    plan = claim(MeetingPlanned.model_validate({"scheduled": "2019-08-28"}), DAY, "JPN+KOR")

    assert rules(plan, valid="2019-08-29") == ["nothing-strains"]
    assert rules(plan, valid="2020-08-27") == ["nothing-strains"]
    assert rules(plan, valid="2020-08-28") == ["nothing-recorded"]


def test_the_strongest_rule_names_the_posture_and_all_are_answered() -> None:
    """The strongest rule names the posture, and all triggers follow in order."""
    refused = claim(TalksRefused(), DAY, "JPN>KOR", issues=("export-controls", "whitelist"))
    met = claim(MeetingHeld(), DAY, "JPN+KOR")
    notice = claim(AgreementTerminationNotified(), DAY, "KOR>JPN")
    answer = status(log(met, refused, notice), DAY)

    assert answer.posture is Posture.CONFRONTATIONAL
    assert [(trigger.rule, trigger.event_ids) for trigger in answer.posture_triggers] == [
        ("agreement-under-notice", (notice.event_id,)),
        ("talks-refused", (refused.event_id,)),
        ("meeting-held", (met.event_id,)),
    ]


@pytest.mark.parametrize(
    ("certainty", "expected"),
    [
        (Certainty.CERTAIN, "talks-refused"),
        (Certainty.PROBABLE, "talks-refused"),
        (Certainty.POSSIBLE, "nothing-recorded"),
        (Certainty.UNCOMMITTED, "nothing-recorded"),
    ],
)
def test_only_certain_and_probable_claims_count(certainty: Certainty, expected: str) -> None:
    """A claim that is merely possible names no posture."""
    assert rules(claim(TalksRefused(), DAY, "JPN>KOR", certainty=certainty)) == [expected]


def test_a_rumour_takes_no_certain_claim_away() -> None:
    """A certain claim still counts for the posture beneath a merely possible one."""
    severed = claim(RelationsChanged(change=RelationsChange.SEVERED), "2019-08-01", "JPN>KOR")
    rumour = claim(
        RelationsChanged(change=RelationsChange.RESTORED),
        DAY,
        "JPN+KOR",
        certainty=Certainty.POSSIBLE,
    )
    answer = status(log(severed, rumour), DAY)

    assert answer.posture is Posture.SEVERED
    assert answer.posture_triggers[0].event_ids == (severed.event_id,)


def test_a_probable_claim_counts_beside_an_older_certain_one() -> None:
    """A probable claim adds to what was certain before, and takes nothing away."""
    refused = claim(TalksRefused(), "2019-08-01", "JPN>KOR")
    resumed = claim(TalksResumed(), DAY, "JPN+KOR", certainty=Certainty.PROBABLE)

    assert rules(refused, resumed) == ["talks-refused", "talks-under-way"]


def test_a_measure_that_may_be_lifted_still_strains() -> None:
    """A measure still strains the posture until its end is certain."""
    imposed = claim(MeasureTookEffect(), "2019-08-01", "JPN>KOR")

    for certainty, expected in [
        (Certainty.POSSIBLE, "measure-in-force"),
        (Certainty.CERTAIN, "nothing-strains"),
    ]:
        lifted = claim(MeasureLifted(), DAY, "JPN>KOR", certainty=certainty)
        assert rules(imposed, lifted) == [expected]


def test_a_notice_that_has_run_out_unconfirmed_still_counts() -> None:
    """A notice whose day has passed without a report still counts, and beneath a rumour, too."""
    notice = claim(AgreementTerminationNotified(notice_period=timedelta(days=90)), DAY, "KOR>JPN")
    rumour = claim(AgreementSigned(), "2019-11-01", "JPN+KOR", certainty=Certainty.POSSIBLE)

    assert rules(notice, rumour, valid="2019-11-18") == ["agreement-under-notice"]
    assert rules(notice, rumour, valid="2019-11-30") == ["agreement-under-notice"]
    assert rules(notice, valid="2019-11-30") == ["agreement-under-notice"]


def test_a_dispute_leaves_the_posture_and_a_retraction_changes_it() -> None:
    """A disputed claim counts for the posture, a retracted not, a corrected one anew."""
    refused = claim(TalksRefused(), DAY, "JPN>KOR")

    assert rules(refused, disputed(refused)) == ["talks-refused"]
    assert rules(refused, retracted(refused)) == ["nothing-recorded"]
    assert rules(refused, corrected(refused, payload=TalksAgreed())) == ["talks-under-way"]
