"""What is true of ordinary situations: given what was told, what stands as of a day."""

from datetime import timedelta
from typing import Any

import pytest

from communique.domain.claims.event import Claim, Event
from communique.domain.claims.payloads import (
    AgreementEnded,
    AgreementTerminationNotified,
    AgreementTerminationSuspended,
    AgreementTookEffect,
    CommitmentMade,
    DemandMade,
    DemandMet,
    DemandRejected,
    MeasureAnnounced,
    MeasureLifted,
    MeasureSuspended,
    MeasureTookEffect,
    MeetingHeld,
    MeetingPlanned,
    MeetingStarted,
    OutlookAssessed,
    RulingIssued,
    ScheduleStated,
    StanceStated,
    TalksAgreed,
    TalksProposed,
    TalksRefused,
)
from communique.domain.claims.values import Attribution, Certainty, Polarity
from communique.domain.claims.words import Finality, MeetingLevel, Outlook
from communique.domain.parties.party import Party
from communique.domain.state.element import Due, FieldOrigin, OtherState, StatusElement
from communique.domain.state.facets import State
from communique.domain.state.posture import Posture
from communique.domain.state.preferences import Preference
from tests.support.given import Log, claim, disputed, log, states, status

MINUTE = timedelta(minutes=1)
PROBABLE: dict[str, Any] = {"certainty": Certainty.PROBABLE}
POSSIBLE: dict[str, Any] = {"certainty": Certainty.POSSIBLE}
DENIAL: dict[str, Any] = {"polarity": Polarity.NEGATIVE}
CODED: dict[str, Any] = {"classification": {"dataset": "icews"}}
PACT: dict[str, Any] = {"subject": "gsomia"}
LIST: dict[str, Any] = {"subject": "whitelist"}
SUMMIT: dict[str, Any] = {"subject": "meeting/beijing"}

CHECKS = MeasureAnnounced.model_validate({"measure": "checks", "scheduled": "2019-08-28"})
NOTICE = AgreementTerminationNotified.model_validate({"ends": "2019-11-23"})
NOTICE_OF_90_DAYS = AgreementTerminationNotified(notice_period=timedelta(days=90))


def end_of_pact(day: str) -> ScheduleStated:
    """Return a statement that an agreement is due to end on a day."""
    return ScheduleStated.model_validate({"kind": "AGREEMENT", "change": "END", "scheduled": day})


def held(occurred: object, minutes: int | None = None, **more: Any) -> Claim:  # noqa: ANN401 -- as `claim`
    """Return a claim that Japan and Korea met, for so many minutes where they are given."""
    length = minutes * MINUTE if minutes else None
    payload = MeetingHeld(level=MeetingLevel.MINISTER, duration=length)
    return claim(payload, occurred, "JPN+KOR", **{**SUMMIT, **more})


def meeting(history: Log, valid: str = "2019-12-31") -> StatusElement:
    """Return the only meeting that was held by then."""
    (element,) = status(history, valid).last_meetings
    return element


def measure(history: Log, valid: str) -> StatusElement:
    """Return the only measure as of then."""
    (element,) = status(history, valid).measures
    return element


def pact(history: Log, valid: str, **of: Any) -> StatusElement:  # noqa: ANN401 -- as `point`
    """Return the only agreement as of then."""
    (element,) = status(history, valid, **of).agreements
    return element


def due(element: StatusElement) -> tuple[str | None, Due | None]:
    """Return the date that is due in an element, and whether it has come."""
    return element.scheduled.edtf if element.scheduled else None, element.due


# Vague and exact times.


def test_a_later_recap_in_vague_words_undoes_nothing() -> None:
    """A notice "in 2019", told in 2020, does not undo its suspension on 22 November 2019."""
    notice = claim(NOTICE, "2019-08-22", "KOR>JPN", known="2019-08-22", **PACT)
    suspended = claim(
        AgreementTerminationSuspended(), "2019-11-22", "KOR>JPN", known="2019-11-22", **PACT
    )
    recap = claim(NOTICE, "2019", "KOR>JPN", known="2020-02-01", **PACT)

    assert pact(log(notice, suspended, recap), "2020-03-01").state is State.NOTICE_SUSPENDED


def test_a_refusal_on_a_day_answers_a_proposal_at_ten_that_day() -> None:
    """Talks proposed at 10:00 and refused on that day stand refused, and the next day's do not."""
    refused = claim(TalksRefused(), "2019-08-21", "JPN>KOR")
    proposed = claim(TalksProposed(), "2019-08-21T10:00", "KOR>JPN")
    again = claim(TalksProposed(), "2019-08-22T00:00", "KOR>JPN")

    assert states(status(log(refused, proposed), "2019-08-21").talks) == {
        "talks/general": State.REFUSED
    }
    assert states(status(log(refused, proposed, again), "2019-08-22").talks) == {
        "talks/general": State.PROPOSED
    }


def test_a_meeting_held_that_day_was_held_though_it_started_at_three() -> None:
    """A meeting that started at 15:00 and was held on that day was held."""
    started = claim(
        MeetingStarted(level=MeetingLevel.MINISTER), "2019-08-21T15:00", "JPN+KOR", **SUMMIT
    )
    history = log(held("2019-08-21"), started)

    assert meeting(history, "2019-08-21T16:00").state is State.STARTED
    assert meeting(history, "2019-08-21").state is State.HELD


def test_about_august_known_on_the_29th_is_asserted_from_the_29th_on() -> None:
    """What happened about August 2019 by a report of the 29th had surely happened on the 29th."""
    refused = claim(TalksRefused(), "2019-08~", "JPN>KOR", known="2019-08-29")

    assert status(log(refused), "2019-08-10").talks == ()
    assert status(log(refused), "2019-08-28").talks == ()
    assert len(status(log(refused), "2019-08-29").talks) == 1


@pytest.mark.parametrize(
    ("valid", "zone", "stands"),
    [
        ("2019-08-20", "UTC", False),
        ("2019-08-21", "UTC", True),
        ("2019-08-20", "Asia/Seoul", False),
        ("2019-08-21", "Asia/Seoul", True),
        ("2019-08-21", "America/New_York", True),
        ("2019-08-21T23:59Z", "UTC", False),
        ("2019-08-22T03:59:59Z", "UTC", False),
        ("2019-08-22T04:00Z", "UTC", True),
        ("2019-08-22T12:59+09:00", "Asia/Seoul", False),
        ("2019-08-22T13:00+09:00", "Asia/Seoul", True),
    ],
)
def test_a_day_in_washington_is_that_day_everywhere(valid: str, zone: str, *, stands: bool) -> None:
    """What is dated by a day in Washington stands on that date in any zone, or from its end on."""
    said = claim(TalksAgreed(), {"edtf": "2019-08-21", "zone": "America/New_York"}, "JPN+KOR")

    assert bool(status(log(said), valid, zone=zone).talks) is stands


def test_states_of_one_stage_on_one_vague_day_are_in_no_known_order() -> None:
    """A demand met and rejected on one day is contested, and names the state of unknown order."""
    made = claim(DemandMade(demand="pay"), "2019-08-01", "KOR>JPN")
    met = claim(DemandMet(), "2019-08-21", "JPN>KOR", known="2019-08-22")
    rejected = claim(DemandRejected(), "2019-08-21", "JPN>KOR", known="2019-08-23")
    (demand,) = status(log(made, rejected, met), "2019-08-31").demands

    assert (demand.state, demand.contested) == (State.REJECTED, True)
    assert demand.order_unknown == (OtherState(state=State.MET, event_ids=(met.event_id,)),)


# Intervals.


@pytest.mark.parametrize(
    ("occurred", "valid", "under_way"),
    [
        ("2019-08-21T15:00/", "2019-08-21T15:00", True),
        ("2019-08-21T15:00/", "2019-08-21T23:59", True),
        ("2019-08-21T15:00/", "2019-08-22T00:00", False),
        ("2019-08-21T15:00/..", "2019-08-22T00:00", True),
        ("2019-08-21T15:00/..", "2019-08-22T23:59", True),
        ("2019-08-21T15:00/..", "2019-08-23T00:00", False),
    ],
)
def test_a_meeting_without_a_stated_end_is_over_with_a_day(
    occurred: str, valid: str, *, under_way: bool
) -> None:
    """A meeting is over with its day if its end is unknown, and if open with the day of report."""
    history = log(held(occurred, known="2019-08-22T09:00"))

    assert meeting(history, valid).under_way is under_way


def test_an_open_end_of_anything_else_goes_on() -> None:
    """Talks agreed over an open interval are under way for ever, until another claim ends them."""
    talks = claim(TalksAgreed(), "2019-07-12T14:00/..", "JPN+KOR", known="2019-07-12")
    refused = claim(TalksRefused(), "2019-08-21", "JPN>KOR")

    assert status(log(talks), "2029-01-01").talks[0].under_way
    assert not status(log(talks, refused), "2029-01-01").talks[0].under_way


def test_the_length_of_an_interval_is_held_against_a_stated_one() -> None:
    """A meeting from 15:00 to 15:30 that another source says lasted 35 minutes is contested."""
    interval = held("2019-08-21T15:00/2019-08-21T15:30", outlet="Kyodo")
    stated = held("2019-08-21", 35)
    element = meeting(log(interval, stated))
    (found,) = element.disagreements

    assert element.contested
    assert (found.field, {reading.value for reading in found.readings}) == (
        "duration",
        {"30 min", "35 min"},
    )


def test_two_wordings_of_one_outcome_are_no_disagreement() -> None:
    """Two sources that word the outcome of one meeting in two ways do not contest it."""
    words = ("They agreed to keep talking.", "Dialogue goes on.")
    claims = [
        claim(MeetingHeld(outcome=outcome), "2019-08-21", "JPN+KOR", **SUMMIT) for outcome in words
    ]
    element = meeting(log(*claims))

    assert (element.witness_count, element.contested) == (2, False)
    assert element.statement == "Dialogue goes on."


# Witnesses.


def test_a_second_source_that_names_no_date_erases_no_due_date() -> None:
    """A later report of an announcement that names no date leaves the date of the first due."""
    dated = claim(CHECKS, "2019-08-02", "JPN>KOR", known="2019-08-02", **LIST)
    silent = claim(
        MeasureAnnounced(measure="off the list"),
        "2019-08-02",
        "JPN>KOR",
        known="2019-08-21",
        **LIST,
    )
    history = log(dated, silent)
    before, after = measure(history, "2019-08-27"), measure(history, "2019-08-29")

    assert before.event_ids == (silent.event_id, dated.event_id)
    assert before.statement == "off the list"
    assert (due(before), before.by_schedule) == (("2019-08-28", Due.AHEAD), False)
    assert (due(after), after.by_schedule) == (("2019-08-28", Due.UNCONFIRMED), True)
    assert (after.state, after.scheduled_state) == (State.ANNOUNCED, State.IN_FORCE)
    assert after.scheduled_by == dated.event_id


def test_a_dispute_of_any_witness_contests_the_element() -> None:
    """An element is contested when any of its witnesses is disputed, not the winner alone."""
    first = held("2019-08-21", known="2019-08-21")
    second = held("2019-08-21", known="2019-08-22", outlet="Kyodo")
    element = meeting(log(first, second, disputed(first)))

    assert (element.event_ids[0], element.contested) == (second.event_id, True)
    assert not meeting(log(first, second)).contested


def test_a_coded_witness_is_counted_and_gives_no_field() -> None:
    """A coded row that says the same is counted, and adds no place and no length."""
    report = held("2019-08-21")
    row = held("2019-08-21", 35, place={"country": "CHN"}, outlet="ICEWS", **CODED)
    element = meeting(log(row, report))

    assert (element.place, element.duration, element.coded) == (None, None, False)
    assert (element.witness_count, element.outlet_count, element.report_count) == (2, 2, 1)
    assert element.event_ids == (report.event_id, row.event_id)


def test_an_element_of_coded_rows_alone_says_so() -> None:
    """An element that rests on two coded rows says that it does, and how many they are."""
    rows = [held("2019-08-21", outlet=name, **CODED) for name in ("ICEWS", "GDELT")]
    element = meeting(log(*rows))

    assert (element.coded, element.report_count) == (True, 2)


def origin(field: str, said: Claim, reason: Preference) -> tuple[FieldOrigin, ...]:
    """Return the origins of an element of which one field is not the winner's own."""
    return (FieldOrigin(field=field, event_id=said.event_id, reason=reason),)


def test_a_less_exact_time_speaks_for_the_more_exact_one_within_it() -> None:
    """A meeting at 15:00, and from 15:00 to 15:30 by another source, has the interval."""
    exact = held("2019-08-21T15:00/2019-08-21T15:30", known="2019-08-21T18:00")
    less = held("2019-08-21T15:00", known="2019-08-22", outlet="Kyodo")
    month = held("2019-08", known="2019-09-01", outlet="Yonhap")
    element = meeting(log(exact, less, month))

    assert element.event_ids == (less.event_id, exact.event_id, month.event_id)
    assert element.occurred == exact.occurred
    assert element.origins == origin("occurred", exact, Preference.ONLY_ONE)
    assert not element.contested


def test_of_two_days_that_of_more_outlets_is_shown() -> None:
    """A meeting on the 20th by two outlets and the 21st by one was on the 20th, contested."""
    first = held("2019-08-20", known="2019-08-22", outlet="Kyodo")
    second = held("2019-08-20", known="2019-08-22", outlet="Yonhap")
    other = held("2019-08-21", known="2019-08-22")
    element = meeting(log(first, second, other))

    assert element.event_ids[0] == other.event_id
    assert element.occurred.edtf == "2019-08-20"
    assert element.origins == origin("occurred", second, Preference.MORE_OUTLETS)
    assert element.contested


@pytest.mark.parametrize(
    ("better", "worse", "reason"),
    [
        ({"grade": "A1"}, {"grade": "C3"}, Preference.BETTER_GRADE),
        ({"grade": "B2"}, {}, Preference.BETTER_GRADE),
        ({"known": "2019-08-23"}, {}, Preference.KNOWN_LATER),
    ],
)
def test_of_two_lengths_the_better_one_is_shown(
    better: dict[str, Any], worse: dict[str, Any], reason: Preference
) -> None:
    """The length of the better graded source is shown, or of the later one, where they differ."""
    on_22 = {"known": "2019-08-22"}
    winner = held("2019-08-21T15:00", 30, **{**on_22, **worse})
    said = held("2019-08-21", 35, outlet="Kyodo", **{**on_22, **better})
    element = meeting(log(said, winner))
    (found,) = element.disagreements

    assert element.event_ids[0] == winner.event_id
    assert element.duration == 35 * MINUTE
    assert element.origins == origin("duration", said, reason)
    assert (found.preference, found.readings[0].event_ids) == (reason, (said.event_id,))


def test_a_surer_length_goes_before_that_of_more_outlets() -> None:
    """One certain length is shown before the probable one of two other outlets."""
    sure = held("2019-08-21", 30)
    others = [held("2019-08-21", 35, outlet=name, **PROBABLE) for name in ("Kyodo", "Yonhap")]
    element = meeting(log(sure, *others))

    assert (element.duration, element.origins) == (30 * MINUTE, ())
    assert element.disagreements[0].preference is Preference.MORE_CERTAIN


def test_an_attribution_is_told_with_the_element() -> None:
    """An element says to whom its claim is attributed, an unnamed source included."""
    element = meeting(log(held("2019-08-21", attributions=[{"addressee": "Arirang"}])))

    assert element.attributions == (Attribution(speaker="", addressee="Arirang"),)


def test_who_published_a_report_again_is_told_with_its_witness() -> None:
    """A witness names its outlet, and with whom the report was read."""
    (witness,) = meeting(log(held("2019-08-21", outlet="Kyodo", via="Arirang"))).witnesses

    assert (witness.outlet, witness.via) == ("Kyodo", "Arirang")


# What can be said again, and what there is several times.


def test_repeated_refusals_are_not_contested() -> None:
    """A refusal that is repeated in firmer words has those words, and is not contested."""
    soft, firm = TalksRefused(finality=Finality.NOT_NOW), TalksRefused(finality=Finality.WILL_NOT)
    first = claim(soft, "2019-08-12", "JPN>KOR", subject="talks/exports")
    second = claim(firm, "2019-08-21", "JPN>KOR", subject="talks/exports")
    (talks,) = status(log(second, first), "2019-08-31").talks

    assert (talks.finality, talks.witness_count) == (Finality.WILL_NOT, 2)
    assert (talks.contested, talks.occurred.edtf) == (False, "2019-08-21")


def test_a_plan_for_another_day_is_not_contested() -> None:
    """A later plan of one meeting replaces the day of the earlier one, and contests nothing."""
    plans = [
        MeetingPlanned.model_validate({"scheduled": day}) for day in ("2019-08-30", "2019-09-15")
    ]
    first = claim(plans[0], "2019-08-12", "JPN+KOR", **SUMMIT)
    second = claim(plans[1], "2019-08-21", "JPN+KOR", **SUMMIT)
    (plan,) = status(log(second, first), "2019-08-31").upcoming_meetings

    assert (due(plan), plan.contested) == (("2019-09-15", Due.AHEAD), False)


def test_a_stance_stated_again_is_not_contested() -> None:
    """A stance that is stated again in other words has the later words, and is not contested."""
    said = [
        claim(StanceStated(position=words), day, "KOR>JPN", subject="stance/list")
        for day, words in (("2019-08-12", "unfair"), ("2019-08-21", "against the rules"))
    ]
    (stance,) = status(log(*said), "2019-08-31").stances

    assert (stance.statement, stance.contested) == ("against the rules", False)


def test_a_notice_announced_one_day_and_handed_over_the_next_is_one_notice() -> None:
    """A notice that was announced on the 22nd and handed over on the 23rd is not contested."""
    announced = claim(NOTICE, "2019-08-22", "KOR>JPN", **PACT)
    handed_over = claim(NOTICE, "2019-08-23", "KOR>JPN", **PACT)
    element = pact(log(announced, handed_over), "2019-08-31")

    assert (element.witness_count, element.contested) == (2, False)
    assert due(element) == ("2019-11-23", Due.AHEAD)


@pytest.mark.parametrize("subjects", [("a", "b"), (None, None)], ids=["named", "unnamed"])
def test_two_meetings_of_one_level_on_one_day_do_not_contest_each_other(
    subjects: tuple[str | None, str | None],
) -> None:
    """Of two meetings at 10:00 and at 19:00 the last one stands, alone and not contested."""
    morning = held("2019-08-21T10:00", 30, subject=subjects[0])
    evening = held("2019-08-21T19:00", 50, subject=subjects[1])
    element = meeting(log(evening, morning), "2019-08-21")

    assert (element.event_ids, element.contested) == ((evening.event_id,), False)


def test_two_rulings_on_one_issue_both_stand() -> None:
    """Two rulings with subjects of their own on one issue are two elements of the status."""
    rulings = [
        claim(
            RulingIssued(ruling=f"{who} pays"),
            day,
            "KOR>JPN",
            issues=("forced-labour",),
            subject=f"ruling/{who}",
        )
        for who, day in (("nippon-steel", "2018-10-30"), ("mitsubishi", "2018-11-29"))
    ]

    assert states(status(log(*rulings), "2019-08-21").rulings) == {
        "ruling/ruling/mitsubishi": State.RULED,
        "ruling/ruling/nippon-steel": State.RULED,
    }


def test_what_two_parties_commit_themselves_to_together_stands() -> None:
    """A joint commitment is one of each of its participants, towards the other."""
    joint = claim(CommitmentMade(commitment="to talk"), "2019-08-21", "JPN+KOR")

    assert states(status(log(joint), "2019-08-21").commitments) == {
        "commitment/JPN/general": State.COMMITTED,
        "commitment/KOR/general": State.COMMITTED,
    }


def test_an_assessor_who_is_no_party_is_named_by_the_attribution_alone() -> None:
    """An outlook between two parties names the expert who saw it, and is of no other relation."""
    said = claim(
        OutlookAssessed(outlook=Outlook.NEGATIVE),
        "2019-08-21",
        "JPN+KOR",
        attributions=[{"speaker": "Scott Snyder", "addressee": "Arirang"}],
    )
    (outlook,) = status(log(said), "2019-08-21").outlooks

    assert outlook.attributions == (Attribution(speaker="Scott Snyder", addressee="Arirang"),)
    assert [member.party for member in outlook.participants] == [
        Party(code="JPN"),
        Party(code="KOR"),
    ]
    assert (outlook.actors, outlook.recipients) == ((), ())


# The less than certain.


def test_one_probable_misreading_closes_no_agreement() -> None:
    """A probable end of the pact is shown above its certain notice, and relations stay bad."""
    notice = claim(NOTICE, "2019-08-22", "KOR>JPN", **PACT)
    misread = claim(AgreementEnded(), "2019-08-24", "KOR>JPN", **PACT, **PROBABLE)
    history = log(notice, misread)
    element = pact(history, "2019-08-31")

    assert (element.state, element.certainty) == (State.ENDED, Certainty.PROBABLE)
    assert element.last_certain is not None
    assert element.last_certain.state is State.UNDER_NOTICE
    assert due(element.last_certain) == ("2019-11-23", Due.AHEAD)
    assert status(history, "2019-08-23").posture is Posture.CONFRONTATIONAL
    assert status(history, "2019-08-31").posture is Posture.CONFRONTATIONAL


def test_what_was_known_before_it_happened_is_probable_at_most() -> None:
    """An agreement on the 30th that was told on the 20th is foreseen, and only probable."""
    foreseen = claim(TalksAgreed(), "2019-08-30", "JPN+KOR", known="2019-08-20")
    (talks,) = status(log(foreseen), "2019-08-31").talks

    assert (talks.foreseen, talks.certainty) == (True, Certainty.PROBABLE)
    assert status(log(foreseen), "2019-08-29").talks == ()


def test_a_rumour_and_a_forecast_stand_above_a_certain_report() -> None:
    """A rumour is shown above a forecast, and the forecast above what is certain."""
    in_force = claim(MeasureTookEffect(), "2019-07-04", "JPN>KOR", known="2019-07-04", **LIST)
    forecast = claim(MeasureLifted(), "2019-08-21", "JPN>KOR", known="2019-08-01", **LIST)
    rumour = claim(MeasureSuspended(), "2019-08-25", "JPN>KOR", **LIST, **POSSIBLE)
    element = measure(log(in_force, forecast, rumour), "2019-08-31")
    shown = [(it.state, it.certainty, it.foreseen) for it in (element, *element.surer_ones)]

    assert shown == [
        (State.SUSPENDED, Certainty.POSSIBLE, False),
        (State.LIFTED, Certainty.PROBABLE, True),
        (State.IN_FORCE, Certainty.CERTAIN, False),
    ]
    assert element.last_certain is not None
    assert element.last_certain.event_ids == (in_force.event_id,)


def test_a_rumour_of_what_a_certain_report_came_after_is_not_shown() -> None:
    """A rumour of a lifting does not stand above a certain report of a later day."""
    rumour = claim(MeasureLifted(), "2019-07-01", "JPN>KOR", **LIST, **POSSIBLE)
    in_force = claim(MeasureTookEffect(), "2019-07-04", "JPN>KOR", **LIST)
    element = measure(log(rumour, in_force), "2019-08-31")

    assert (element.state, element.surer_ones) == (State.IN_FORCE, ())


def test_a_possible_lifting_does_not_close_a_probable_measure() -> None:
    """A measure that is probably in force and possibly lifted is shown as both."""
    in_force = claim(MeasureTookEffect(), "2019-07-04", "JPN>KOR", **LIST, **PROBABLE)
    lifted = claim(MeasureLifted(), "2019-08-21", "JPN>KOR", **LIST, **POSSIBLE)
    history = log(in_force, lifted)
    element = measure(history, "2019-08-31")

    assert [it.state for it in (element, *element.surer_ones)] == [State.LIFTED, State.IN_FORCE]
    assert status(history, "2019-08-31").posture is Posture.STRAINED


def test_a_coded_end_does_not_close_what_was_curated() -> None:
    """A coded row that says a measure was lifted is shown above the curated one in force."""
    in_force = claim(MeasureTookEffect(), "2019-07-04", "JPN>KOR", **LIST)
    row = claim(MeasureLifted(), "2019-08-21", "JPN>KOR", **LIST, **CODED)
    element = measure(log(in_force, row), "2019-08-31")

    assert [(it.state, it.coded) for it in (element, *element.surer_ones)] == [
        (State.LIFTED, True),
        (State.IN_FORCE, False),
    ]


# Denials.


def test_a_denial_contests_what_it_denies() -> None:
    """A denial by another source asserts nothing, and contests the talks that it denies."""
    agreed = claim(TalksAgreed(), "2019-08-21", "JPN+KOR")
    denial = claim(TalksAgreed(), "2019-08-21", "JPN+KOR", outlet="Yonhap", **DENIAL)
    (talks,) = status(log(agreed, denial), "2019-08-31").talks
    (found,) = talks.disagreements

    assert (talks.state, talks.contested, talks.event_ids) == (
        State.AGREED,
        True,
        (agreed.event_id,),
    )
    assert {reading.value: reading.event_ids for reading in found.readings} == {
        "positive": (agreed.event_id,),
        "negative": (denial.event_id,),
    }
    assert status(log(denial), "2019-08-31").talks == ()


def test_an_earlier_denial_does_not_contest_what_was_agreed_later() -> None:
    """A denial of talks as of the 12th says nothing of an agreement on the 21st."""
    denial = claim(TalksAgreed(), "2019-08-12", "JPN+KOR", **DENIAL)
    agreed = claim(TalksAgreed(), "2019-08-21", "JPN+KOR")
    (talks,) = status(log(denial, agreed), "2019-08-31").talks

    assert not talks.contested


def test_a_denial_that_a_measure_took_effect_says_that_its_date_was_not_met() -> None:
    """A measure due on the 28th that did not take effect stays announced, its date not met."""
    announced = claim(CHECKS, "2019-08-02", "JPN>KOR", **LIST)
    denial = claim(MeasureTookEffect(), "2019-08-28", "JPN>KOR", **LIST, **DENIAL)
    history = log(announced, denial)
    element = measure(history, "2019-08-29")

    assert due(measure(history, "2019-08-27")) == ("2019-08-28", Due.AHEAD)
    assert due(element) == ("2019-08-28", Due.NOT_MET)
    assert (element.state, element.by_schedule) == (State.ANNOUNCED, False)


# Dates that are due.


def test_a_notice_and_its_period_make_nothing_vanish() -> None:
    """A date worked out from 90 days of notice is marked as derived, and ends nothing."""
    history = log(claim(NOTICE_OF_90_DAYS, "2019-08-22", "KOR>JPN", **PACT))
    element = pact(history, "2020-01-01")
    (found,) = element.origins

    assert (found.field, found.derived) == ("scheduled", True)
    assert due(pact(history, "2019-11-20")) == ("2019-11-20", Due.AHEAD)
    assert due(element) == ("2019-11-20", Due.UNCONFIRMED)
    assert (element.state, element.scheduled_state) == (State.UNDER_NOTICE, State.ENDED)
    assert status(history, "2020-01-01").posture is Posture.CONFRONTATIONAL


@pytest.mark.parametrize("known", ["2019-08-22", "2019-08-23", "2019-08-24"])
def test_a_stated_date_wins_over_a_derived_one(known: str) -> None:
    """The end on 23 November that a source names goes before the one of notice plus 90 days."""
    derived = claim(NOTICE_OF_90_DAYS, "2019-08-22", "KOR>JPN", known="2019-08-23", **PACT)
    stated = claim(NOTICE, "2019-08-22", "KOR>JPN", known=known, outlet="Yonhap", **PACT)
    element = pact(log(derived, stated), "2019-08-31")

    assert due(element) == ("2019-11-23", Due.AHEAD)
    assert not any(origin.derived for origin in element.origins)
    assert not element.contested


def test_a_date_told_before_the_notice_gives_way_to_that_of_the_notice() -> None:
    """An expiry on 24 August that was told before the notice does not count beside its date."""
    in_force = claim(AgreementTookEffect(), "2016-11-23", "JPN+KOR", known="2016-11-23", **PACT)
    told = claim(end_of_pact("2019-08-24"), "2019-08-01", "JPN+KOR", known="2019-08-01", **PACT)
    notice = claim(NOTICE, "2019-08-22", "KOR>JPN", known="2019-08-22", **PACT)
    history = log(in_force, told, notice)
    before, after = pact(history, "2019-08-21"), pact(history, "2019-08-31")

    assert (before.state, due(before)) == (State.IN_FORCE, ("2019-08-24", Due.AHEAD))
    assert before.scheduled_by == told.event_id
    assert (after.state, due(after)) == (State.UNDER_NOTICE, ("2019-11-23", Due.AHEAD))
    assert not after.contested


def test_a_date_does_not_outlive_the_suspension_of_the_notice() -> None:
    """An end that was told before the notice was suspended is due no more."""
    notice = claim(NOTICE, "2019-08-22", "KOR>JPN", known="2019-08-22", **PACT)
    told = claim(end_of_pact("2019-11-23"), "2019-09-01", "JPN+KOR", known="2019-09-01", **PACT)
    suspended = claim(
        AgreementTerminationSuspended(), "2019-11-22", "KOR>JPN", known="2019-11-22", **PACT
    )
    element = pact(log(notice, told, suspended), "2019-12-01")

    assert (element.state, due(element)) == (State.NOTICE_SUSPENDED, (None, None))


def test_a_date_told_after_the_notice_counts_as_its_date() -> None:
    """An end that is told after a notice without a date is due, though nothing else was said."""
    notice = claim(
        AgreementTerminationNotified(), "2019-08-22", "KOR>JPN", known="2019-08-22", **PACT
    )
    told = claim(end_of_pact("2019-11-23"), "2019-09-01", "JPN+KOR", known="2019-09-01", **PACT)
    element = pact(log(notice, told), "2019-12-01")

    assert (element.state, due(element)) == (
        State.UNDER_NOTICE,
        ("2019-11-23", Due.UNCONFIRMED),
    )
    assert element.event_ids == (notice.event_id,)
    assert element.origins == origin("scheduled", told, Preference.ONLY_ONE)


def test_two_dates_for_one_end_are_contested() -> None:
    """Two sources that name two days for the end of one notice are a disagreement."""
    others = AgreementTerminationNotified.model_validate({"ends": "2019-11-22"})
    first = claim(NOTICE, "2019-08-22", "KOR>JPN", known="2019-08-22", **PACT)
    second = claim(others, "2019-08-22", "KOR>JPN", known="2019-08-23", outlet="Yonhap", **PACT)
    element = pact(log(first, second), "2019-08-31")
    (found,) = element.disagreements

    assert element.contested
    assert (found.field, found.preference) == ("scheduled", Preference.KNOWN_LATER)
    assert element.scheduled is not None
    assert element.scheduled.edtf == "2019-11-22"


@pytest.mark.parametrize(
    ("valid", "expected"),
    [
        ("2019-08-21T13:00", Due.AHEAD),
        ("2019-08-21T16:00", Due.AHEAD),
        ("2019-08-21T18:00", Due.UNCONFIRMED),
    ],
)
def test_a_plan_for_an_afternoon_is_ahead_until_the_afternoon_is_over(
    valid: str, expected: Due
) -> None:
    """A meeting planned from 14:00 to 17:00 is ahead at one and at four, unconfirmed at six."""
    afternoon = {"scheduled": "2019-08-21T14:00/2019-08-21T17:00"}
    plan = claim(MeetingPlanned.model_validate(afternoon), "2019-08-20", "JPN+KOR", **SUMMIT)
    (upcoming,) = status(log(plan), valid).upcoming_meetings

    assert (upcoming.state, upcoming.due) == (State.PLANNED, expected)


def test_a_plan_of_which_nothing_more_is_heard_is_upcoming_for_a_year() -> None:
    """A meeting planned for the 30th is unconfirmed from the 31st on, and gone after a year."""
    plan = MeetingPlanned.model_validate({"scheduled": "2019-08-30"})
    history = log(claim(plan, "2019-08-20", "JPN+KOR", **SUMMIT))

    def dues(valid: str) -> list[Due | None]:
        return [upcoming.due for upcoming in status(history, valid).upcoming_meetings]

    assert dues("2019-08-30") == [Due.AHEAD]
    assert dues("2019-08-31") == dues("2020-08-29T23:59") == [Due.UNCONFIRMED]
    assert dues("2020-08-30") == []


def test_a_subject_of_which_a_date_alone_is_known_is_scheduled() -> None:
    """An agreement of which only the day of its end is told is scheduled to end."""
    told = claim(end_of_pact("2019-11-23"), "2019-09-01", "JPN+KOR", **PACT)
    before, after = pact(log(told), "2019-09-01"), pact(log(told), "2019-11-24")

    assert status(log(told), "2019-08-31").agreements == ()
    assert (before.state, before.scheduled_state) == (State.SCHEDULED, State.ENDED)
    assert (due(before), due(after)) == (
        ("2019-11-23", Due.AHEAD),
        ("2019-11-23", Due.UNCONFIRMED),
    )


def test_no_later_plan_re_opens_a_meeting_that_was_held() -> None:
    """A plan told on the 23rd of a meeting held on the 21st puts nothing among the upcoming."""
    plan = MeetingPlanned.model_validate({"scheduled": "2019-08-21"})
    history = log(held("2019-08-21"), claim(plan, "2019-08-23", "JPN+KOR", **SUMMIT))

    assert status(history, "2019-08-31").upcoming_meetings == ()


@pytest.mark.parametrize("doubt", ["disputed", "denied"])
def test_an_end_that_is_contested_is_shown(doubt: str) -> None:
    """A lifting that someone disputes or denies stays in the status, contested."""
    lifted = claim(MeasureLifted(), "2019-08-21", "JPN>KOR", **LIST)
    doubts: dict[str, Event] = {
        "disputed": disputed(lifted),
        "denied": claim(MeasureLifted(), "2019-08-21", "JPN>KOR", **LIST, **DENIAL),
    }
    in_force = claim(MeasureTookEffect(), "2019-07-04", "JPN>KOR", **LIST)
    shown = measure(log(in_force, lifted, doubts[doubt]), "2019-08-31")

    assert (shown.state, shown.contested) == (State.LIFTED, True)
    assert status(log(in_force, lifted), "2019-08-31").measures == ()


def test_a_report_of_the_same_morning_is_no_forecast() -> None:
    """What is dated 21 August in Seoul and told there that morning is not foreseen."""
    said = claim(
        TalksAgreed(),
        {"edtf": "2019-08-21", "zone": "Asia/Seoul"},
        "JPN+KOR",
        known="2019-08-21T08:30+09:00",
    )
    (talks,) = status(log(said), "2019-08-31").talks

    assert (talks.foreseen, talks.certainty) == (False, Certainty.CERTAIN)


def test_a_date_that_was_not_met_names_who_denies_it() -> None:
    """An element whose due date was not met has the denial among its origins."""
    announced = claim(CHECKS, "2019-08-02", "JPN>KOR", **LIST)
    denial = claim(MeasureTookEffect(), "2019-08-28", "JPN>KOR", **LIST, **DENIAL)
    shown = measure(log(announced, denial), "2019-12-31")

    assert shown.due is Due.NOT_MET
    assert shown.origins == origin("due", denial, Preference.ONLY_ONE)


def test_a_less_sure_telling_takes_no_certain_state_away() -> None:
    """What certain claims alone say still stands beside what a possible claim makes of them."""
    certain = (
        claim(MeasureTookEffect(), "2019-08-21T09:00", "JPN>KOR", **LIST),
        claim(MeasureSuspended(), "2019-08", "JPN>KOR", known="2019-08-31", **LIST),
    )
    possible = claim(MeasureSuspended(), "2019-08-21T15:00", "JPN>KOR", **LIST, **POSSIBLE)
    alone = measure(log(*certain), "2019-12-31")
    shown = measure(log(*certain, possible), "2019-12-31")

    assert alone.state in {shown.state, *(surer.state for surer in shown.surer_ones)}


def test_a_later_date_that_is_less_sure_replaces_no_certain_one() -> None:
    """A date that may be October leaves the certain 28 August due, and both are shown."""
    announced = claim(CHECKS, "2019-08-02", "JPN>KOR", **LIST)
    later = ScheduleStated.model_validate(
        {"kind": "MEASURE", "change": "TAKE_EFFECT", "scheduled": "2019-10"}
    )
    rumour = claim(later, "2019-08-20", "JPN>KOR", **LIST, **POSSIBLE)
    shown = measure(log(announced, rumour), "2019-08-25")

    assert due(shown) == ("2019-08-28", Due.AHEAD)
    assert [it.preference for it in shown.disagreements] == [Preference.MORE_CERTAIN]


def test_the_last_saying_counts_before_1970_too() -> None:
    """Of a stance stated twice in 1965 the later words stand."""
    said = [
        claim(StanceStated(position=words), day, "JPN>KOR", outlet=words)
        for words, day in (("never", "1965-01-01"), ("perhaps", "1965-06-22"))
    ]
    (stance,) = status(log(*said), "1965-12-31").stances

    assert stance.statement == "perhaps"
