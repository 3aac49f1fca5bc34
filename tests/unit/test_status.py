"""The bilateral status: what stands between two parties as of a day, and what is said of it."""

import pytest

from communique.domain.claims.event import Claim
from communique.domain.claims.payloads import (
    AccusationMade,
    AgreementEnded,
    AgreementRatified,
    AgreementSigned,
    AgreementTerminationNotified,
    AgreementTerminationSuspended,
    AgreementTookEffect,
    CodedEventReported,
    CommitmentMade,
    DemandMade,
    DemandMet,
    DemandRejected,
    DialogueUrged,
    DiplomatsExpelled,
    MeasureAnnounced,
    MeasureLifted,
    MeasureSuspended,
    MeasureTookEffect,
    MediationOffered,
    MeetingCancelled,
    MeetingHeld,
    MeetingPlanned,
    MeetingPostponed,
    OutlookAssessed,
    ProposalAccepted,
    ProposalMade,
    RelationsChanged,
    RulingIssued,
    StanceStated,
    TalksAgreed,
    TalksRefused,
    TalksResumed,
    ThreatMade,
)
from communique.domain.claims.shape import Payload
from communique.domain.claims.values import Certainty
from communique.domain.claims.words import MeetingLevel, Outlook, RelationsChange
from communique.domain.state.element import Due
from communique.domain.state.facets import State
from communique.domain.state.status import BilateralStatus
from tests.support.given import claim, corrected, disputed, log, point, retracted, states, status
from tests.support.strategies import MICROSECOND

CHECKS = MeasureAnnounced.model_validate({"measure": "checks", "scheduled": "2019-08-28"})
NOTICE = AgreementTerminationNotified.model_validate({"ends": "2019-11-23"})
PLAN = MeetingPlanned.model_validate({"scheduled": "2019-08-30"})
PROBABLE = {"certainty": Certainty.PROBABLE}
POSSIBLE = {"certainty": Certainty.POSSIBLE}


def test_each_kind_of_facet_has_its_place() -> None:
    """Every list of a status is filled from claims of its kind, sorted by facet."""
    history = log(
        claim(RelationsChanged(change=RelationsChange.UPGRADED), "2019-01-01", "JPN+KOR"),
        claim(MeetingHeld(level=MeetingLevel.WORKING), "2019-01-02", "JPN+KOR"),
        claim(MeetingHeld(level=MeetingLevel.LEADER), "2019-01-03", "JPN+KOR"),
        claim(PLAN, "2019-01-04", "JPN+KOR", subject="m"),
        claim(TalksRefused(), "2019-01-05", "JPN>KOR", issues=("whitelist", "gsomia")),
        claim(StanceStated(position="unfair"), "2019-01-06", "KOR>JPN"),
        claim(DemandMade(demand="lift"), "2019-01-07", "KOR>JPN"),
        claim(ProposalMade(proposal="a fund"), "2019-01-08", "KOR>JPN"),
        claim(CommitmentMade(commitment="to pay"), "2019-01-09", "JPN>KOR"),
        claim(MeasureTookEffect(), "2019-01-10", "JPN>KOR"),
        claim(AgreementSigned(), "2019-01-11", "JPN+KOR"),
        claim(RulingIssued(ruling="pay"), "2019-01-12", "KOR>JPN"),
        claim(MediationOffered(), "2019-01-13", "USA>JPN,KOR"),
        claim(OutlookAssessed(outlook=Outlook.NEGATIVE), "2019-01-14", "JPN+KOR"),
        claim(CodedEventReported(code="010"), "2019-01-15", "JPN>KOR"),
        claim(ThreatMade(threat="tariffs"), "2019-01-15", "JPN>KOR"),
        claim(AccusationMade(accusation="bad faith"), "2019-01-15", "JPN>KOR"),
        claim(DiplomatsExpelled(count=3), "2019-01-15", "JPN>KOR"),
    )
    answer = status(history, "2019-01-15")

    assert answer.relations is not None
    assert answer.relations.state is State.UPGRADED
    assert [meeting.facet for meeting in answer.last_meetings] == [
        "meeting/leader",
        "meeting/working",
    ]
    assert [element.facet for element in answer.talks] == ["talks/gsomia", "talks/whitelist"]
    lists = {name: value for name, value in answer if isinstance(value, tuple)}
    assert {
        name: len(value)
        for name, value in lists.items()
        if name not in {"posture_triggers", "pattern"}
    } == {
        "last_meetings": 2,
        "upcoming_meetings": 1,
        "talks": 2,
        "stances": 1,
        "demands": 1,
        "proposals": 1,
        "commitments": 1,
        "measures": 1,
        "agreements": 1,
        "rulings": 1,
        "mediation": 1,
        "outlooks": 1,
        "reports": 1,
        "threats": 1,
        "accusations": 1,
        "expulsions": 1,
    }


def test_a_ratified_agreement_is_signed_no_more_and_not_yet_in_force() -> None:
    """Of claims of one day, ratified goes before signed, and in force before ratified."""
    signed = claim(AgreementSigned(), "2019-08-21", "JPN+KOR", subject="pact")
    ratified = claim(AgreementRatified(), "2019-08-21", "KOR>JPN", subject="pact")
    in_force = claim(AgreementTookEffect(), "2019-08-21", "JPN+KOR", subject="pact")

    assert states(status(log(ratified, signed), "2019-08-22").agreements) == {
        "agreement/pact": State.RATIFIED
    }
    assert states(status(log(in_force, ratified, signed), "2019-08-22").agreements) == {
        "agreement/pact": State.IN_FORCE
    }


def test_an_element_says_what_its_claim_says() -> None:
    """An element carries its claim's parties, words, times, certainty, source and id."""
    said = claim(
        TalksRefused(grounds="trust"),
        "2019-08-20",
        "JPN>KOR",
        issues=("export-controls",),
        subject="talks",
        gist="no talks",
        known="2019-08-21T16:30+09:00",
        outlet="Yonhap",
    )
    (element,) = status(log(said), "2019-08-20").talks

    assert (element.facet, element.issue, element.subject) == (
        "talks/export-controls",
        "export-controls",
        "talks",
    )
    assert (element.actors, element.recipients) == (said.actors, said.recipients)
    assert (element.grounds, element.gist, element.outlet) == ("trust", "no talks", "Yonhap")
    assert (element.occurred, element.certainty) == (said.occurred, Certainty.CERTAIN)
    assert said.known is not None
    assert element.known == said.known.instant
    assert element.event_ids == (said.event_id,)


def test_the_answer_names_its_point() -> None:
    """A status names its dyad and its point, even when nothing stands."""
    answer = status(log(), "2019-08-20", position=0)

    assert answer.dyad == "JPN-KOR"
    assert answer.as_of.valid == point("2019-08-20").valid
    assert answer.as_of.position == 0


def test_a_later_agreement_never_rewrites_an_earlier_refusal() -> None:
    """A refusal stands as of its day, whatever is agreed later."""
    history = log(
        claim(TalksRefused(), "2019-08-20", "JPN>KOR"),
        claim(TalksAgreed(), "2019-12-16", "JPN+KOR"),
    )

    assert states(status(history, "2019-08-20").talks) == {"talks/general": State.REFUSED}
    assert states(status(history, "2019-12-15").talks) == {"talks/general": State.REFUSED}
    assert states(status(history, "2019-12-16").talks) == {"talks/general": State.AGREED}


def test_an_older_claim_that_arrives_late_changes_only_its_own_days() -> None:
    """A claim that arrives late changes its own days, and later ones still stand."""
    resumed = claim(TalksResumed(), "2019-12-16", "JPN+KOR")
    refused = claim(TalksRefused(), "2019-08-20", "JPN>KOR")

    for history in (log(resumed, refused), log(refused, resumed)):
        assert states(status(history, "2019-08-20").talks) == {"talks/general": State.REFUSED}
        assert states(status(history, "2020-01-01").talks) == {"talks/general": State.RESUMED}


@pytest.mark.parametrize(
    ("loser", "winner"),
    [
        ({"occurred": "2019-08-20"}, {"occurred": "2019-08-21"}),
        ({"occurred": "2019-08"}, {"occurred": "2019-08-02"}),
        ({"certainty": Certainty.POSSIBLE}, {"certainty": Certainty.PROBABLE}),
        ({"certainty": Certainty.UNCOMMITTED}, {"certainty": Certainty.POSSIBLE}),
        ({"known": "2019-08-22"}, {"known": "2019-08-23"}),
        ({}, {}),
    ],
)
def test_the_greater_rank_wins(loser: dict[str, object], winner: dict[str, object]) -> None:
    """The later, more certain, later known claim with the greater id wins a facet."""
    equal = {"occurred": "2019-08-21", "who": "JPN>KOR", "known": "2019-08-22"}
    less = claim(TalksRefused(grounds="less"), **(equal | loser))  # type: ignore[arg-type]
    more = claim(TalksRefused(grounds="more"), **(equal | winner))  # type: ignore[arg-type]

    for history in (log(less, more), log(more, less)):
        (element,) = status(history, "2019-08-31").talks
        assert element.grounds == "more"


def test_at_one_moment_the_later_stage_wins() -> None:
    """A probable answer wins over a certain demand of the same day."""
    asked = claim(DemandMade(demand="lift"), "2019-08-21", "KOR>JPN")
    answered = claim(DemandRejected(), "2019-08-21", "JPN>KOR", **PROBABLE)

    for history in (log(asked, answered), log(answered, asked)):
        (element,) = status(history, "2019-08-21").demands
        assert (element.state, element.last_certain and element.last_certain.state) == (
            State.REJECTED,
            State.DEMANDED,
        )


def test_less_than_certain_names_the_last_certain() -> None:
    """An uncertain element names the last certain one with its evidence."""
    oldest = claim(TalksAgreed(), "2019-06-01", "JPN+KOR")
    certain = claim(TalksRefused(), "2019-07-01", "JPN>KOR")
    possible = claim(TalksAgreed(), "2019-08-01", "JPN+KOR", **POSSIBLE)
    probable = claim(TalksResumed(), "2019-08-02", "JPN+KOR", **PROBABLE)
    (element,) = status(log(probable, possible, certain, oldest), "2019-08-31").talks

    assert element.event_ids == (probable.event_id,)
    assert element.last_certain is not None
    assert element.last_certain.event_ids == (certain.event_id,)


def test_a_certain_winner_names_no_other() -> None:
    """A certain element, and one without a certain predecessor, name no last certain one."""
    certain = claim(TalksRefused(), "2019-07-01", "JPN>KOR")
    probable = claim(TalksResumed(), "2019-06-01", "JPN+KOR", **PROBABLE)

    assert status(log(certain, probable), "2019-08-31").talks[0].last_certain is None
    assert status(log(probable), "2019-08-31").talks[0].last_certain is None


@pytest.mark.parametrize(
    ("opening", "closing", "part"),
    [
        (DemandMade(demand="lift"), DemandMet(), "demands"),
        (ProposalMade(proposal="a fund"), ProposalAccepted(), "proposals"),
        (MeasureTookEffect(), MeasureLifted(), "measures"),
        (AgreementTookEffect(), AgreementEnded(), "agreements"),
        (PLAN, MeetingCancelled(), "upcoming_meetings"),
        (PLAN, MeetingHeld(), "upcoming_meetings"),
    ],
)
def test_what_is_over_no_longer_stands(opening: Payload, closing: Payload, part: str) -> None:
    """An element stands until the day before its end, and as of that day for ever."""
    who = "JPN+KOR" if part == "upcoming_meetings" else "JPN>KOR"
    history = log(
        claim(opening, "2019-08-01", who, subject="it"),
        claim(closing, "2019-08-20", who, subject="it"),
    )

    assert len(getattr(status(history, "2019-08-19"), part)) == 1
    assert getattr(status(history, "2019-08-20"), part) == ()


def test_an_end_that_is_less_than_certain_is_shown_with_what_was_certain() -> None:
    """A measure probably lifted is shown as lifted and as last certainly in force."""
    imposed = claim(MeasureTookEffect(), "2019-07-04", "JPN>KOR")
    lifted = claim(MeasureLifted(), "2019-08-20", "JPN>KOR", **PROBABLE)
    (element,) = status(log(imposed, lifted), "2019-08-31").measures

    assert (element.state, element.certainty) == (State.LIFTED, Certainty.PROBABLE)
    assert element.last_certain is not None
    assert element.last_certain.state is State.IN_FORCE


@pytest.mark.parametrize("certain", [[], [claim(MeasureLifted(), "2019-07-01", "JPN>KOR")]])
def test_an_uncertain_end_of_nothing_is_not_shown(certain: list[Claim]) -> None:
    """An uncertain end is not shown where nothing was certainly open."""
    lifted = claim(MeasureLifted(), "2019-08-20", "JPN>KOR", **PROBABLE)

    assert status(log(*certain, lifted), "2019-08-31").measures == ()


def test_what_is_suspended_stands() -> None:
    """A suspended measure, and a suspended notice, still stand."""
    measure = claim(MeasureSuspended(), "2019-08-20", "JPN>KOR")
    notice = claim(AgreementTerminationSuspended(), "2019-08-20", "JPN>KOR")
    answer = status(log(measure, notice), "2019-08-31")

    assert states(answer.measures) == {"measure/JPN/general": State.SUSPENDED}
    assert states(answer.agreements) == {"agreement/general": State.NOTICE_SUSPENDED}


def test_a_rejected_demand_stays_open() -> None:
    """A rejected demand still stands."""
    history = log(
        claim(DemandMade(demand="lift"), "2019-08-01", "KOR>JPN"),
        claim(DemandRejected(), "2019-08-02", "JPN>KOR"),
    )

    assert states(status(history, "2019-08-31").demands) == {"demand/KOR/general": State.REJECTED}


def measure(answer: BilateralStatus) -> tuple[State, bool]:
    """Return how the one measure stands, and whether by schedule."""
    (element,) = answer.measures
    return element.state, element.by_schedule


def test_a_measure_stays_announced_when_its_day_has_passed() -> None:
    """An announced measure stays so, and is marked from the day after the one it was due on."""
    history = log(claim(CHECKS, "2019-08-02", "JPN>KOR", subject="whitelist"))

    assert status(history, "2019-08-01").measures == ()
    assert measure(status(history, "2019-08-10")) == (State.ANNOUNCED, False)
    assert measure(status(history, "2019-08-27")) == (State.ANNOUNCED, False)
    assert measure(status(history, "2019-08-28")) == (State.ANNOUNCED, False)
    assert measure(status(history, "2019-08-29T00:00")) == (State.ANNOUNCED, True)
    (element,) = status(history, "2019-08-29").measures
    assert (element.due, element.scheduled_state) == (Due.UNCONFIRMED, State.IN_FORCE)


def test_a_measure_that_a_claim_puts_in_force_is_not_by_schedule() -> None:
    """A measure that a claim puts in force is not in force by schedule."""
    history = log(
        claim(CHECKS, "2019-08-02", "JPN>KOR", subject="whitelist"),
        claim(MeasureTookEffect(), "2019-08-28", "JPN>KOR", subject="whitelist"),
    )

    assert measure(status(history, "2019-08-28")) == (State.IN_FORCE, False)


def test_a_measure_without_a_date_stays_announced() -> None:
    """A measure without a date stays announced."""
    history = log(claim(MeasureAnnounced(measure="checks"), "2019-08-02", "JPN>KOR"))

    assert measure(status(history, "2029-08-02")) == (State.ANNOUNCED, False)


def test_the_last_certain_measure_is_unconfirmed_too() -> None:
    """A last certain measure below a rumour of its end is marked when its day has passed."""
    history = log(
        claim(CHECKS, "2019-08-02", "JPN>KOR", subject="whitelist"),
        claim(MeasureLifted(), "2019-09-01", "JPN>KOR", subject="whitelist", **POSSIBLE),
    )
    (element,) = status(history, "2019-09-02").measures

    assert (element.state, element.by_schedule) == (State.LIFTED, False)
    assert element.last_certain is not None
    assert (element.last_certain.state, element.last_certain.by_schedule) == (State.ANNOUNCED, True)


def test_a_date_of_an_earlier_announcement_is_not_due_again() -> None:
    """A measure that was lifted and announced again has no date of the first announcement."""
    lifted = claim(MeasureLifted(), "2019-08-10", "JPN>KOR", subject="whitelist")
    again = claim(MeasureAnnounced(measure="-"), "2019-08-20", "JPN>KOR", subject="whitelist")
    dated = claim(CHECKS, "2019-08-02", "JPN>KOR", subject="whitelist")

    (element,) = status(log(dated, lifted, again), "2019-08-21").measures

    assert (element.scheduled, element.due) == (None, None)


def test_a_rumoured_date_of_a_certain_announcement_names_the_rumour() -> None:
    """A date that a rumour alone gives is due, with the rumour as its origin."""
    rumour = claim(CHECKS, "2019-08-02", "JPN>KOR", subject="whitelist", **POSSIBLE)
    silent = claim(MeasureAnnounced(measure="-"), "2019-08-03", "JPN>KOR", subject="whitelist")
    (element,) = status(log(rumour, silent), "2019-08-21").measures

    assert (element.certainty, element.due) == (Certainty.CERTAIN, Due.AHEAD)
    assert element.scheduled_by == rumour.event_id
    assert [(it.field, it.event_id) for it in element.origins] == [("scheduled", rumour.event_id)]


def test_an_agreement_is_under_notice_until_a_claim_ends_it() -> None:
    """An agreement stays under notice, unconfirmed, when the day that the notice names is over."""
    history = log(
        claim(AgreementTookEffect(title="GSOMIA"), "2016-11-23", "JPN+KOR", subject="gsomia"),
        claim(NOTICE, "2019-08-22", "KOR>JPN", subject="gsomia"),
    )

    assert states(status(history, "2019-08-21").agreements) == {"agreement/gsomia": State.IN_FORCE}
    assert states(status(history, "2019-08-22").agreements) == {
        "agreement/gsomia": State.UNDER_NOTICE
    }
    assert states(status(history, "2019-11-22").agreements) == {
        "agreement/gsomia": State.UNDER_NOTICE
    }
    (pact,) = status(history, "2019-12-01").agreements
    assert (pact.state, pact.due, pact.scheduled_state) == (
        State.UNDER_NOTICE,
        Due.UNCONFIRMED,
        State.ENDED,
    )
    ended = claim(AgreementEnded(), "2019-11-23", "KOR>JPN", subject="gsomia")
    told = log(claim(NOTICE, "2019-08-22", "KOR>JPN", subject="gsomia"), ended)
    assert status(told, "2019-12-01").agreements == ()


def test_a_suspended_notice_ends_nothing() -> None:
    """An agreement whose notice is suspended goes on past the day of its end."""
    history = log(
        claim(NOTICE, "2019-08-22", "KOR>JPN", subject="gsomia"),
        claim(AgreementTerminationSuspended(), "2019-11-22", "KOR>JPN", subject="gsomia"),
    )

    assert states(status(history, "2020-01-01").agreements) == {
        "agreement/gsomia": State.NOTICE_SUSPENDED
    }


def test_an_uncertain_notice_that_ran_out_leaves_the_certain_agreement() -> None:
    """An uncertain notice that ran out is shown above the agreement last in force."""
    history = log(
        claim(AgreementTookEffect(), "2016-11-23", "JPN+KOR", subject="gsomia"),
        claim(NOTICE, "2019-08-22", "KOR>JPN", subject="gsomia", **PROBABLE),
    )
    (element,) = status(history, "2019-11-24").agreements

    assert (element.state, element.by_schedule) == (State.UNDER_NOTICE, True)
    assert element.last_certain is not None
    assert element.last_certain.state is State.IN_FORCE


def test_a_meeting_put_off_is_upcoming_on_its_new_day() -> None:
    """A meeting put off is due on its new date, or without a date for ever if none is named."""
    plan = claim(PLAN, "2019-08-20", "JPN+KOR", subject="m")
    later = MeetingPostponed.model_validate({"scheduled": "2019-09-15"})

    history = log(plan, claim(later, "2019-08-25", "JPN+KOR", subject="m"))
    dues = {
        valid: [meeting.due for meeting in status(history, valid).upcoming_meetings]
        for valid in ("2019-09-15", "2019-09-16", "2020-09-15")
    }
    assert dues == {"2019-09-15": [Due.AHEAD], "2019-09-16": [Due.UNCONFIRMED], "2020-09-15": []}

    history = log(plan, claim(MeetingPostponed(), "2019-08-25", "JPN+KOR", subject="m"))
    assert states(status(history, "2029-09-10").upcoming_meetings) == {"agenda/m": State.POSTPONED}


def test_a_meeting_whose_interval_is_running_is_under_way() -> None:
    """A meeting is under way from its first moment until just before its end."""
    span = {"edtf": "2019-08-21T15:00/2019-08-21T15:30", "zone": "Asia/Seoul"}
    history = log(claim(MeetingHeld(), span, "JPN+KOR"))

    def under_way(valid: str) -> list[bool]:
        return [meeting.under_way for meeting in status(history, valid).last_meetings]

    assert under_way("2019-08-21T14:59:59+09:00") == []
    assert under_way("2019-08-21T15:00+09:00") == [True]
    assert under_way("2019-08-21T15:29:59.999999+09:00") == [True]
    assert under_way("2019-08-21T15:30+09:00") == [False]


def test_an_open_interval_is_under_way_for_ever_and_a_day_never_is() -> None:
    """Talks over an open interval are under way for ever, and those of a day never."""
    talks = claim(TalksAgreed(), "2019-07-12T14:00/..", "JPN+KOR", issues=("gsomia",))
    day = claim(TalksAgreed(), "2019-07-12", "JPN+KOR", issues=("whitelist",))
    under_way = {talk.facet: talk.under_way for talk in status(log(talks, day), "2019-07-12").talks}

    assert under_way == {"talks/gsomia": True, "talks/whitelist": False}


def test_before_it_was_known_it_was_not_known() -> None:
    """A refusal known from 16:30 on does not stand at an earlier known time."""
    history = log(claim(TalksRefused(), "2019-08-20", "JPN>KOR", known="2019-08-21T16:30+09:00"))

    assert status(history, "2019-08-21", known="2019-08-21T16:29:59+09:00").talks == ()
    assert len(status(history, "2019-08-21", known="2019-08-21T16:30+09:00").talks) == 1


def test_a_visible_dispute_makes_an_element_contested_and_nothing_else() -> None:
    """A dispute marks its element, and a last certain one, from where it is visible on."""
    refused = claim(TalksRefused(), "2019-08-20", "JPN>KOR", known="2019-08-20")
    doubt = disputed(refused, known="2019-08-22")
    history = log(refused, doubt)

    (before,) = status(history, "2019-08-20", known="2019-08-21").talks
    (since,) = status(history, "2019-08-20", known="2019-08-22").talks
    (then,) = status(history, "2019-08-20", known="2019-08-22", position=1).talks
    assert (before.contested, since.contested, then.contested) == (False, True, False)
    assert since.model_copy(update={"contested": False}) == before

    resumed = claim(TalksResumed(), "2019-08-21", "JPN+KOR", **PROBABLE)
    (element,) = status(log(refused, doubt, resumed), "2019-08-21").talks
    assert (element.contested, element.last_certain and element.last_certain.contested) == (
        False,
        True,
    )


def test_a_corrected_dyad_moves_the_claim() -> None:
    """A claim whose dyad is corrected moves to the other status once that is known."""
    wrong = claim(TalksRefused(), "2019-08-20", "JPN>KOR", known="2019-08-20")
    right = corrected(wrong, "2019-08-22", recipients=[{"code": "CHN"}])
    history = log(wrong, right)

    assert len(status(history, "2019-08-20", known="2019-08-21").talks) == 1
    assert status(history, "2019-08-20", known="2019-08-22").talks == ()
    assert len(status(history, "2019-08-20", dyad="CHN-JPN", known="2019-08-22").talks) == 1
    assert len(status(history, "2019-08-20", known="2019-08-22", position=1).talks) == 1


def test_a_retraction_brings_back_what_stood_before() -> None:
    """A retraction lets the next greatest claim win."""
    refused = claim(TalksRefused(), "2019-08-20", "JPN>KOR")
    agreed = claim(TalksAgreed(), "2019-08-21", "JPN+KOR")
    history = log(refused, agreed, retracted(agreed))

    assert states(status(history, "2019-08-31").talks) == {"talks/general": State.REFUSED}
    assert states(status(history, "2019-08-31", position=2).talks) == {
        "talks/general": State.AGREED
    }


def test_a_third_party_s_step_stands_between_those_it_steps_between() -> None:
    """China's urging of Korea stands between Japan and Korea, not between China and Korea."""
    urged = DialogueUrged(between=("JPN", "KOR"))
    history = log(claim(urged, "2019-08-20", "CHN>KOR"))

    assert states(status(history, "2019-08-20").mediation) == {"mediation/CHN": State.URGED}
    assert status(history, "2019-08-20", dyad="CHN-KOR").mediation == ()


def test_the_moment_itself_counts() -> None:
    """Valid and known times include the asked microsecond, and exclude the one before."""
    said = claim(TalksRefused(), "2019-08-20T09:00", "JPN>KOR", known="2019-08-20T10:00")
    at, before = "2019-08-20T09:00", "2019-08-20T08:59:59.999999"

    assert point(at).valid - point(before).valid == MICROSECOND
    assert len(status(log(said), at, known="2019-08-20T10:00").talks) == 1
    assert status(log(said), before).talks == ()
    assert status(log(said), at, known="2019-08-20T09:59:59.999999").talks == ()
