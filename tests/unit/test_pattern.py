"""The posture by the pattern of coded reports: shares and counts, never a single row."""

from collections.abc import Iterator
from datetime import date, timedelta
from math import ceil

import pytest

from communique.domain.claims.event import Claim
from communique.domain.claims.payloads import CodedEventReported, MeetingHeld, TalksRefused
from communique.domain.claims.values import Certainty, Classification, Polarity
from communique.domain.state.pattern import RULES, Counted, PatternRule, Quad
from communique.domain.state.posture import Posture, PostureBasis
from communique.domain.state.status import BilateralStatus
from tests.support.given import claim, log, retracted, status

FIRST = {
    Counted.DEEDS: Quad.MATERIAL_CONFLICT,
    Counted.CONFLICT: Quad.VERBAL_CONFLICT,
    Counted.FRIENDLY: Quad.CONSULTATION,
    Counted.ANY: Quad.NEITHER,
}
DAY = date(2019, 8, 21)
CODES = {
    Quad.MATERIAL_CONFLICT: "190",
    Quad.VERBAL_CONFLICT: "112",
    Quad.NEITHER: "010",
    Quad.VERBAL_COOPERATION: "050",
    Quad.MATERIAL_COOPERATION: "060",
    Quad.CONSULTATION: "040",
}


def coded(quad: Quad, day: date = DAY, **more: object) -> Claim:
    """Return a coded report of a class, known at the end of its day."""
    code = CODES[quad]
    return claim(
        CodedEventReported(code=code),
        str(day),
        "JPN>KOR",
        certainty=Certainty.PROBABLE,
        classification=Classification(cameo_code=code, dataset="test"),
        known=str(day),
        **more,
    )


def on_days(quad: Quad, count: int, days: int) -> Iterator[Claim]:
    """Yield reports of a class, evenly over so many days up to the day asked for."""
    for number in range(count):
        yield coded(quad, DAY - timedelta(days=number % days))


def asked(*claims: Claim, valid: date = DAY) -> BilateralStatus:
    """Return the status by all that these claims say."""
    return status(log(*claims), str(valid))


def rules(answer: BilateralStatus) -> list[str]:
    """Return the names of the rules that hold."""
    return [trigger.rule for trigger in answer.posture_triggers]


@pytest.mark.parametrize("quad", [*Quad])
def test_one_coded_row_moves_no_posture(quad: Quad) -> None:
    """A single coded report, whatever it says, leaves the posture unknown, and says why."""
    answer = asked(coded(quad))

    assert (answer.posture, answer.posture_basis) == (Posture.UNKNOWN, PostureBasis.NOTHING)
    assert rules(answer) == ["too-few-reports"]
    assert answer.pattern[0].event_count == 1


def just_enough(rule: PatternRule) -> list[Claim]:
    """Return the fewest reports for which a rule holds; the first is one that counts."""
    counted = rule.counted_min
    if rule.counted is Counted.FRIENDLY:
        counted = max(counted, ceil(rule.share_min * rule.events_min))
    others = max(rule.events_min - counted, 0)
    quads = [*[FIRST[rule.counted]] * counted, *[Quad.NEITHER] * others]
    days = [DAY - timedelta(days=number % rule.days_min) for number in range(len(quads))]
    return [coded(quad, day) for quad, day in zip(quads, days, strict=True)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_pattern_needs_its_events_its_days_and_its_share(rule: PatternRule) -> None:
    """A rule holds from its counts on, and not with one event fewer of those that count."""
    reports = just_enough(rule)
    answer = asked(*reports)
    assert rule.name in rules(answer)
    held = next(it for it in answer.posture_triggers if it.rule == rule.name)
    assert (held.posture, held.basis) == (rule.posture, PostureBasis.CODED)
    window = next(it for it in answer.pattern if it.days == rule.days)
    assert window.event_count >= rule.events_min
    assert window.day_count >= rule.days_min

    assert rule.name not in rules(asked(*reports[1:]))


@pytest.mark.parametrize("rule", [it for it in RULES if it.conflict_min], ids=lambda it: it.name)
def test_a_pattern_of_conflict_needs_its_share(rule: PatternRule) -> None:
    """A rule of conflict does not hold among so many cooperating events that its share is less."""
    reports = just_enough(rule)
    share = max(rule.share_min, rule.conflict_min)
    friendly = int(rule.counted_min / share) - rule.counted_min
    assert rule.name in rules(asked(*reports, *on_days(Quad.MATERIAL_COOPERATION, friendly, 5)))
    one_more = on_days(Quad.MATERIAL_COOPERATION, friendly + 1, 5)
    assert rule.name not in rules(asked(*reports, *one_more))


def test_consultations_do_not_make_peace() -> None:
    """Enemies who meet and call each other are as hostile as without; friends may only consult."""
    hostile = [*on_days(Quad.MATERIAL_CONFLICT, 12, 6), *on_days(Quad.CONSULTATION, 40, 20)]
    assert asked(*hostile).posture is Posture.CONFRONTATIONAL
    assert asked(*on_days(Quad.CONSULTATION, 5, 5)).posture is Posture.COOPERATIVE


def test_the_pattern_counts_what_was_reported_of_two_windows() -> None:
    """An answer has the counts of the last 30 and 90 days by class, without denials and others."""
    answer = asked(
        coded(Quad.VERBAL_CONFLICT),
        coded(Quad.MATERIAL_CONFLICT, DAY - timedelta(days=29)),
        coded(Quad.MATERIAL_COOPERATION, DAY - timedelta(days=30)),
        coded(Quad.VERBAL_COOPERATION, DAY - timedelta(days=89)),
        coded(Quad.NEITHER, DAY - timedelta(days=89)),
        coded(Quad.NEITHER, DAY - timedelta(days=90)),
        coded(Quad.MATERIAL_CONFLICT, polarity=Polarity.NEGATIVE),
        claim(TalksRefused(), str(DAY), "JPN>KOR"),
    )
    month, quarter = answer.pattern

    assert (month.days, month.event_count, month.day_count) == (30, 2, 2)
    assert (month.verbal_conflict_count, month.material_conflict_count) == (1, 1)
    assert (quarter.days, quarter.event_count, quarter.day_count) == (90, 5, 4)
    assert quarter.cooperation_count == 2


def test_what_is_not_known_yet_is_in_no_pattern() -> None:
    """A pattern counts what was known then, and what is retracted no more."""
    reports = [*on_days(Quad.VERBAL_CONFLICT, 8, 8)]
    assert asked(*reports).posture is Posture.STRAINED
    before = status(log(*reports), str(DAY), known=str(DAY - timedelta(days=7)))
    assert before.posture is Posture.UNKNOWN
    history = log(*reports, *(retracted(report) for report in reports[1:]))
    assert status(history, str(DAY)).posture is Posture.UNKNOWN


def test_curated_claims_of_the_last_year_decide() -> None:
    """While a rule holds by curated claims of the last year, the worse pattern only follows it."""
    meeting = claim(MeetingHeld(), str(DAY), "JPN+KOR")
    answer = asked(meeting, *on_days(Quad.MATERIAL_CONFLICT, 20, 10))

    assert (answer.posture, answer.posture_basis) == (Posture.COOPERATIVE, PostureBasis.CURATED)
    assert rules(answer)[:2] == ["meeting-held", "pattern-hostile"]


def test_an_old_curated_rule_yields_to_the_pattern() -> None:
    """A refusal of two years ago follows the pattern of what is reported now, if it is worse."""
    refused = claim(TalksRefused(), "2017-08-21", "JPN>KOR")
    answer = asked(refused, *on_days(Quad.VERBAL_COOPERATION, 20, 10))

    assert (answer.posture, answer.posture_basis) == (Posture.COOPERATIVE, PostureBasis.CODED)
    assert rules(answer)[-1] == "talks-refused"
    assert asked(refused).posture is Posture.STRAINED


def test_a_coded_claim_moves_no_rule_for_curated_ones() -> None:
    """A coded meeting, refusal or force is no meeting, refusal or force of the written rules."""
    row = Classification(cameo_code="040", dataset="test")
    meeting = claim(MeetingHeld(), str(DAY), "JPN+KOR", classification=row)
    assert rules(asked(meeting)) == ["too-few-reports"]

    refused = claim(TalksRefused(), "2019-08-01", "JPN>KOR")
    agreed = claim(CodedEventReported(code="190"), "2019-08-20", "JPN>KOR", classification=row)
    assert rules(asked(refused, agreed)) == ["talks-refused"]


def test_an_element_of_coded_claims_alone_says_so() -> None:
    """An element that rests on coded claims alone is marked, with how many reports."""
    (report,) = asked(coded(Quad.NEITHER), coded(Quad.NEITHER)).reports

    assert (report.coded, report.report_count) == (True, 2)
