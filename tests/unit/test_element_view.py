"""What people see of one element: why it is contested, what is due, and who tells of it."""

from collections.abc import Callable

import pytest

from communique.cli import comparison_view, element_view, event_view, status_view
from communique.client import EventHistory
from communique.domain.claims.event import Claim, Event
from communique.domain.claims.payloads import (
    AgreementTerminationNotified,
    CodedEventReported,
    DemandMade,
    DiplomatsExpelled,
    MeasureAnnounced,
    MeasureLifted,
    MeasureTookEffect,
    MeetingHeld,
    OutlookAssessed,
    ScheduleStated,
    StanceStated,
    TalksAgreed,
    TalksRefused,
    TalksSuspended,
)
from communique.domain.claims.shape import Payload
from communique.domain.claims.values import Attribution, Certainty, Grade, Place, Polarity, Source
from communique.domain.claims.words import (
    Finality,
    Likelihood,
    MeetingFormat,
    MeetingLevel,
    Outlook,
    ScheduledChange,
    ScheduledKind,
)
from communique.domain.state.comparison import compare
from communique.domain.state.element import StatusElement
from communique.domain.time.edtf import ValidTime
from communique.export import wording
from tests.support.given import claim, disputed, log, status
from tests.support.screens import WIDTHS, shown

VALID = "2019-08-29"
CURBS = "measure/JPN/curbs"
MEETING = "meeting/JPN-KOR"


def said(payload: Payload, occurred: str, **more: object) -> Claim:
    """What Japan did to Korea, known at once unless `more` says otherwise."""
    return claim(payload, occurred, "JPN>KOR", **{"known": occurred, **more})


def held(occurred: str, outlet: str, **more: object) -> Claim:
    """The ministers' meeting as an outlet tells it."""
    payload = MeetingHeld(level=MeetingLevel.MINISTER)
    given: dict[str, object] = {"known": "2019-08-25", "subject": MEETING, "payload": payload}
    given |= more
    return claim(given.pop("payload"), occurred, "JPN+KOR", outlet=outlet, **given)  # type: ignore[arg-type]


ANNOUNCED = said(
    MeasureAnnounced(measure="curbs", scheduled=ValidTime.parse("2019-08-28")),
    "2019-08-02",
    subject=CURBS,
)


def lines(*events: Event, valid: str = VALID, width: int = 120, explain: bool = False) -> list[str]:
    """How the two stand by these events, as it is printed, without the header."""
    standing = status(log(*events), valid)
    printed = shown(
        lambda screen: status_view.print_status(screen, standing, "UTC", explain=explain), width
    )
    return [line.strip() for line in printed[3:]]


def element(*events: Event, valid: str = VALID) -> StatusElement:
    """The only element by these events."""
    [standing] = status(log(*events), valid).elements
    return standing


@pytest.mark.parametrize(
    ("valid", "text"),
    [
        ("2019-08-28", "due to be in force 28 Aug 2019"),
        (VALID, "due to be in force 28 Aug 2019, unconfirmed: no report says that it is"),
    ],
)
def test_a_date_is_due_and_then_unconfirmed(valid: str, text: str) -> None:
    """A date that was set is due, and unconfirmed once it has passed."""
    assert text in lines(ANNOUNCED, valid=valid)


def test_a_date_that_a_report_denies_is_not_met() -> None:
    """A denial of what was due on a date says that it was not met."""
    denial = said(
        MeasureTookEffect(), "2019-08-28", subject=CURBS, polarity=Polarity.NEGATIVE, outlet="Jiji"
    )
    printed = lines(ANNOUNCED, denial)
    assert "due to be in force 28 Aug 2019, not met: a report denies it" in printed
    assert any(line.endswith("certain, not met") for line in printed)


@pytest.mark.parametrize(
    ("kind", "change", "text"),
    [
        (ScheduledKind.AGREEMENT, ScheduledChange.END, "due to end 3 Sep 2019"),
        (ScheduledKind.AGREEMENT, ScheduledChange.TAKE_EFFECT, "due to be in force 3 Sep 2019"),
        (ScheduledKind.MEASURE, ScheduledChange.END, "due to be lifted 3 Sep 2019"),
        (ScheduledKind.MEETING, ScheduledChange.BEGIN, "due to begin 3 Sep 2019"),
        (ScheduledKind.TALKS, ScheduledChange.BEGIN, "due to begin 3 Sep 2019"),
        (ScheduledKind.DEMAND, ScheduledChange.BE_ANSWERED, "due to be answered 3 Sep 2019"),
    ],
)
def test_a_schedule_alone_says_what_is_due(
    kind: ScheduledKind, change: ScheduledChange, text: str
) -> None:
    """A subject of which only a date is known stands as scheduled, with what is due."""
    who = "JPN>KOR" if kind in {ScheduledKind.MEASURE, ScheduledKind.DEMAND} else "JPN+KOR"
    payload = ScheduleStated(kind=kind, change=change, scheduled=ValidTime.parse("2019-09-03"))
    stated = claim(payload, "2019-08-20", who, subject="x/1", known="2019-08-20")
    printed = lines(stated)
    assert text in printed
    assert any("scheduled  20 Aug 2019" in line for line in printed)


def test_a_demand_is_due_to_be_answered() -> None:
    """The date of a demand is when an answer is due, and says who set it only if asked."""
    payload = ScheduleStated(
        kind=ScheduledKind.DEMAND,
        change=ScheduledChange.BE_ANSWERED,
        scheduled=ValidTime.parse("2019-08-20"),
    )
    made = said(DemandMade(demand="an answer"), "2019-08-02", subject="demand/1")
    stated = said(payload, "2019-08-03", subject="demand/1", outlet="Kyodo")
    text = "due to be answered 20 Aug 2019, unconfirmed: no report says that it was"
    assert text in lines(made, stated)
    explained = lines(made, stated, explain=True)
    assert f"date due from {stated.event_id}, the only one given" in explained


def test_a_date_of_another_outlet_names_it() -> None:
    """Where a later source names no date, the one that stands is said to be the first one's."""
    again = said(MeasureAnnounced(measure="curbs"), "2019-08-02", subject=CURBS, outlet="Jiji")
    again = again.model_copy(update={"known": held("2019-08-21", "Jiji").known})
    printed = lines(ANNOUNCED, again, valid="2019-08-26")
    assert "due to be in force 28 Aug 2019 (date from Arirang)" in printed
    assert "told by 2 reports of 2 outlets" in printed


def test_a_date_that_no_source_names_says_so() -> None:
    """An end that follows from a period of notice is said to be worked out."""
    notice = said(
        AgreementTerminationNotified.model_validate({"title": "G", "notice_period": "P90D"}),
        "2019-08-22",
        subject="agreement/G",
    )
    assert "due to end 20 Nov 2019 (worked out from the notice period)" in lines(notice)


def test_a_dispute_is_a_reason() -> None:
    """What is contested by a dispute alone says so."""
    refusal = said(TalksRefused(), "2019-08-20")
    assert "contested: a report of it is disputed" in lines(refusal, disputed(refusal))


def test_values_stand_side_by_side_with_who_gives_them() -> None:
    """Lengths that differ are shown with their outlets, the preferred one first and why."""
    half = MeetingHeld.model_validate({"level": "MINISTER", "duration": "PT30M"})
    graded = Grade.model_validate({"reliability": "A", "credibility": "1"})
    short = held("2019-08-21", "Kyodo", payload=half, grade=graded)
    long = held("2019-08-21T10:00/2019-08-21T11:00", "Arirang")
    assert (
        "contested: length 30 min (Kyodo), preferred as better graded; or 1 h (Arirang)"
    ) in lines(short, long)


def test_of_many_values_only_the_first_are_shown() -> None:
    """More than four values are counted after the fourth."""
    days = [held(f"2019-08-1{day}", f"Outlet {day}") for day in range(6)]
    [text] = [line for line in lines(*days, width=400) if line.startswith("contested: when")]
    assert text.count(" or ") == 4
    assert text.endswith("or one of 2 more values")


def test_a_denial_names_how_many_deny() -> None:
    """What an outlet denies says by how many, and which side is preferred."""
    meeting, denial = (
        held("2019-08-21", "Kyodo"),
        held("2019-08-21", "Jiji", polarity=Polarity.NEGATIVE, certainty=Certainty.PROBABLE),
    )
    text = "contested: denied by 1 outlet; what says that it is so is preferred as more certain"
    assert text in lines(meeting, denial)
    explained = " ".join(lines(meeting, denial, explain=True))
    assert f"denied by 1 outlet ({denial.event_id})" in explained


def test_a_surer_denial_is_preferred() -> None:
    """A denial that is surer than what it denies is named as the preferred side."""
    meeting = held("2019-08-21", "Kyodo", certainty=Certainty.POSSIBLE)
    denial = held("2019-08-21", "Jiji", polarity=Polarity.NEGATIVE)
    assert "contested: denied by 1 outlet; the denial is preferred as more certain" in lines(
        meeting, denial
    )


def test_two_states_without_an_order_are_both_named() -> None:
    """A refusal and an agreement that no time puts in order are both named, with their claims."""
    refused = said(TalksRefused(finality=Finality.NOT_NOW), "2019-08-20", subject="talks/1")
    agreed = said(TalksAgreed(), "2019-08", subject="talks/1", known="2019-08-21")
    printed = lines(refused, agreed, explain=True)
    assert "order unknown: refused and agreed, no time says which came first" in printed
    assert f"agreed: {agreed.event_id}" in printed
    assert "says not now" in printed


@pytest.mark.parametrize("valid", ["2019-08-27", VALID])
def test_surer_claims_stand_below(valid: str) -> None:
    """Below a possible lifting stand the probable start and the certain announcement."""
    printed = lines(
        said(MeasureLifted(), "2019-08-20", subject=CURBS, certainty=Certainty.POSSIBLE),
        said(MeasureTookEffect(), "2019-08-10", subject=CURBS, certainty=Certainty.PROBABLE),
        ANNOUNCED,
        valid=valid,
    )
    rows = [line.split() for line in printed if "Aug 2019" in line and "due" not in line]
    assert [row[0] for row in rows] == ["general", "└", "└"]
    assert [" ".join(row[1:3]) for row in rows[1:]] == ["more surely", "most surely"]


def test_who_tells_of_it_is_counted() -> None:
    """Several claims of one outlet are times that it told so, those of several are counted."""
    one, two, three = (held("2019-08-21", outlet) for outlet in ("Kyodo", "Kyodo", "Jiji"))
    assert element_view.told_by(element(one)) == ""
    assert element_view.told_by(element(one, two)) == "told 2 times by Kyodo"
    assert element_view.told_by(element(one, two, three)) == "told by 3 reports of 2 outlets"


def test_what_rests_on_coded_reports_alone_says_so() -> None:
    """An element of coded rows is marked, and says how many there are."""
    rows = [said(CodedEventReported(code="112"), "2019-08-20", outlet="GDELT") for _ in range(3)]
    printed = lines(*rows)
    assert "rests on 3 coded reports" in printed
    assert any(line.endswith("certain, coded") for line in printed)


def test_an_explained_element_names_its_witnesses_and_where_fields_are_from() -> None:
    """With its reasons an element lists who else says so, and what is from whom."""
    winner = held("2019-08-21", "Yonhap", gist="They met.")
    other = held(
        "2019-08-21",
        "Kyodo",
        known="2019-08-22",
        certainty=Certainty.PROBABLE,
        place=Place(name="Beijing", country="CHN"),
        grade=Grade.model_validate({"reliability": "B", "credibility": "2"}),
        gist="They met in Beijing.",
    ).model_copy(update={"source": Source(outlet="Kyodo", via="Jiji")})
    text = " ".join(lines(winner, other, explain=True))
    known = "known at the end of 22 Aug 2019, probable, graded B2"
    assert f"Kyodo via Jiji, {known}: {other.event_id}" in text
    assert f"place from {other.event_id}, the only one given" in text
    assert "in Beijing, China" in text
    assert "Yonhap, known at the end of 25 Aug 2019: They met." in text


def test_by_when_it_must_have_begun_is_said_where_the_time_is_vague() -> None:
    """A claim of a month, known within it, must have begun by then."""
    vague = said(StanceStated(position="no"), "2019-08", known="2019-08-12")
    exact = said(StanceStated(position="no"), "2019-08-12")
    begun = "begun by the end of 12 Aug 2019"
    assert begun in lines(vague, explain=True)
    assert begun not in lines(exact, explain=True)


def test_how_and_where_a_meeting_was_held_is_told() -> None:
    """The form, the place and the length of a meeting stand below its row."""
    payload = MeetingHeld.model_validate(
        {"level": "MINISTER", "format": MeetingFormat.SIDELINES, "duration": "PT1H30M"}
    )
    meeting = held("2019-08-21", "Kyodo", payload=payload, place=Place(name="Beijing"))
    assert "on the sidelines, in Beijing, for 1 h 30 min" in lines(meeting)


def test_how_likely_an_outlook_is_held_to_be_is_told() -> None:
    """An outlook tells how likely its source holds it to be."""
    payload = OutlookAssessed(outlook=Outlook.NEGATIVE, likelihood=Likelihood.VERY_LIKELY)
    assert "held to be very likely" in lines(claim(payload, "2019-08-20", "JPN+KOR"))


def test_suspended_talks_are_due_to_resume() -> None:
    """A date for talks that were suspended is when they are due to resume."""
    payload = ScheduleStated(
        kind=ScheduledKind.TALKS,
        change=ScheduledChange.BEGIN,
        scheduled=ValidTime.parse("2019-09-03"),
    )
    suspended = said(TalksSuspended(), "2019-08-01", subject="talks/1")
    dated = said(payload, "2019-08-20", subject="talks/1")
    assert "due to resume 3 Sep 2019" in lines(suspended, dated)


def test_how_many_were_expelled_is_told_once() -> None:
    """The number of the diplomats expelled stands below the row, and not twice."""
    assert lines(said(DiplomatsExpelled(count=5), "2019-08-20")).count("5 expelled") == 1


def test_an_outlet_that_speaks_for_itself_does_not_quote() -> None:
    """An outlet's own assessment is not a quotation."""
    own = Attribution.model_validate({"speaker": "Arirang"})
    outlook = OutlookAssessed(outlook=Outlook.NEGATIVE)
    assessed = claim(outlook, "2019-08-20", "JPN+KOR", attributions=[own])
    assert any(
        line.startswith("Arirang, speaking for itself, known at")
        for line in lines(assessed, explain=True)
    )


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("explain", [False, True])
def test_no_line_is_wider_than_the_screen(
    width: int,
    explain: bool,  # noqa: FBT001  a case of the table
) -> None:
    """Reasons break between words for any width, and marks go below where there is no room."""
    told = [held(f"2019-08-2{day}", f"Outlet {day}") for day in range(5)]
    printed = lines(*told, disputed(told[0]), ANNOUNCED, width=width, explain=explain)
    assert max(map(len, printed)) <= width


def test_rows_for_programs_say_why_too() -> None:
    """The plain values of an element have the reasons, the counts and what is due."""
    told = [held("2019-08-20", "Kyodo"), held("2019-08-21", "Jiji")]
    row = element_view.flat(element(*told))
    assert row["contest"].startswith("contested: when 21 Aug 2019 (UTC) (Jiji), preferred as")
    assert (row["witness_count"], row["outlet_count"], row["due"]) == (2, 2, "")
    due = element_view.flat(element(ANNOUNCED))
    assert (due["due"], due["scheduled_state"]) == ("UNCONFIRMED", "IN_FORCE")


def test_a_comparison_says_what_contests() -> None:
    """A change to contested says by what."""
    refusal = said(TalksRefused(), "2019-08-20", known=None)
    history = log(refusal, disputed(refusal))
    before, after = (status(history, VALID, position=position) for position in (1, 2))
    comparison = compare(before, after, lambda _: ())
    printed = shown(lambda screen: comparison_view.print_comparison(screen, comparison, "UTC"))
    assert "      contested: none → a report of it is disputed" in printed
    [row] = comparison_view.flat(comparison)
    assert (row["contest_before"], row["contest_after"] != "") == ("", True)


@pytest.mark.parametrize(
    "text_of",
    [
        wording.payload_text,
        lambda stated: " ".join(
            shown(
                lambda screen: event_view.print_history(
                    screen, EventHistory(log(stated)[0], ()), "UTC"
                )
            )
        ),
    ],
)
def test_a_schedule_reads_well_wherever_it_is_shown(text_of: Callable[[Claim], str]) -> None:
    """A stated schedule names its kind, what is due and when, in plain words."""
    payload = ScheduleStated(
        kind=ScheduledKind.MEASURE,
        change=ScheduledChange.TAKE_EFFECT,
        scheduled=ValidTime.parse("2019-08-28"),
    )
    text = text_of(said(payload, "2019-08-02", subject=CURBS))
    assert "measure" in text
    assert "take effect" in text
    assert "MEASURE" not in text
    assert "28" in text
