"""What claims count on the scales, who acts in them, and the steps that days fall into."""

from datetime import date
from typing import Any

import pytest

from communique.domain.claims.event import Claim
from communique.domain.claims.payloads import (
    AgreementSigned,
    ClaimPayload,
    CodedEventReported,
    DialogueUrged,
    MeasureTookEffect,
    MeetingHeld,
    MeetingPostponed,
    OutlookAssessed,
    RelationsChanged,
    StanceStated,
    TalksRefused,
)
from communique.domain.claims.values import Classification, Polarity
from communique.domain.claims.words import Outlook, RelationsChange
from communique.domain.parties.party import Dyad
from communique.domain.state.score_series import (
    NEAREST,
    SCORES,
    TABLE_VERSION,
    Bucket,
    DayScore,
    Scale,
    Side,
    first_day,
    millionths_of,
    series_of,
    sides_of,
    step_count,
)
from communique.domain.time.clocks import AsOf, end_of_day
from communique.importers import cameo
from tests.support.given import claim
from tests.support.strategies import PAYLOADS

JPN_KOR = Dyad.of("JPN", "KOR")
QUADS = {
    **dict.fromkeys(["AGREE", "CONSULT", "SUPPORT", "CONCEDE"], 1),
    **dict.fromkeys(["COOPERATE", "AID", "RETREAT"], 2),
    **dict.fromkeys(["REQUEST", "ACCUSE", "REJECT", "THREATEN"], -1),
    **dict.fromkeys(["PROTEST", "MOBILIZE", "SANCTION", "COERCE", "ASSAULT"], -2),
}


def scored(payload: ClaimPayload, who: str = "JPN>KOR", **fields: Any) -> tuple[Any, Any]:  # noqa: ANN401  any field
    """Return what a claim counts on both scales, in units."""
    counts = [millionths_of(claimed(payload, who, **fields), scale) for scale in Scale]
    goldstein, plover = (None if count is None else count / 1_000_000 for count in counts)
    return goldstein, plover


def claimed(payload: ClaimPayload, who: str = "JPN>KOR", **fields: Any) -> Claim:  # noqa: ANN401  any field
    """Return a claim of Japan towards Korea, or between others."""
    return claim(payload, "2019-08-02", who, **fields)


def test_every_type_has_its_nearest_code_or_none() -> None:
    """Each payload type has its nearest code by name or words, or is coded itself."""
    by_words = {*Outlook, *RelationsChange}
    by_type = {kind.__name__ for kind in PAYLOADS}
    coded = {"CodedEventReported"}
    split = {"OutlookAssessed", "RelationsChanged"}
    assert set(NEAREST) == (by_type - coded - split) | by_words


def test_every_nearest_code_has_its_scores() -> None:
    """Every nearest code has its scores, and all twenty roots are there."""
    assert {code for code in NEAREST.values() if code} <= set(SCORES)
    assert {f"{root:02}" for root in range(1, 21)} <= set(SCORES)


@pytest.mark.parametrize("code", SCORES)
def test_a_code_counts_what_imported_rows_of_it_do(code: str) -> None:
    """A code counts on both scales what the importers' table gives."""
    assert SCORES[code].goldstein == cameo.goldstein_of(code)
    assert SCORES[code].plover == QUADS.get(cameo.plover_of(code))


@pytest.mark.parametrize("scale", Scale)
def test_no_score_is_beyond_its_scale(scale: Scale) -> None:
    """Goldstein goes from -10 to 10, Plover from -2 to 2."""
    limit = {Scale.GOLDSTEIN: 10, Scale.PLOVER: 2}[scale]
    scores = [getattr(score, scale.value.lower()) for score in SCORES.values()]
    assert all(abs(score) <= limit for score in scores if score is not None)


@pytest.mark.parametrize(
    ("payload", "who", "expected"),
    [
        (MeetingHeld(), "JPN+KOR", (1.0, 1)),
        (AgreementSigned(), "JPN+KOR", (8.0, 1)),
        (TalksRefused(), "JPN>KOR", (-5.0, -1)),
        (MeasureTookEffect(), "JPN>KOR", (-8.0, -2)),
        (StanceStated(position="fair"), "JPN>KOR", (0.0, None)),
        (DialogueUrged(), "JPN>KOR", (4.0, None)),
        (MeetingPostponed(), "JPN+KOR", (None, None)),
        (OutlookAssessed(outlook=Outlook.NEGATIVE), "JPN>KOR", (-0.4, None)),
        (RelationsChanged(change=RelationsChange.SEVERED), "JPN>KOR", (-4.0, -2)),
        (RelationsChanged(change=RelationsChange.RESTORED), "JPN>KOR", (6.0, 1)),
        (CodedEventReported(code="1383"), "JPN>KOR", (-6.0, -1)),
        (CodedEventReported(code="190"), "JPN>KOR", (-10.0, -2)),
        (CodedEventReported(code="999"), "JPN>KOR", (None, None)),
    ],
    ids=lambda value: getattr(value, "type", None),
)
def test_a_type_counts_what_the_code_nearest_to_it_does(
    payload: ClaimPayload, who: str, expected: tuple[float | None, int | None]
) -> None:
    """A payload type counts its nearest code's scores, and a coded event its root's."""
    assert scored(payload, who) == expected


def test_figures_of_the_classification_come_first() -> None:
    """An imported row's own score and category count before those of its type."""
    both = Classification(goldstein=-5.8, plover_code="threaten")
    assert scored(StanceStated(position="-"), classification=both) == (-5.8, -1)
    zero = Classification(goldstein=0.0)
    assert scored(TalksRefused(), classification=zero) == (0.0, -1)
    unknown = Classification(plover_code="DANCE")
    assert scored(TalksRefused(), classification=unknown) == (-5.0, -1)
    beyond = Classification(goldstein=2.5)
    assert scored(CodedEventReported(code="999"), classification=beyond) == (2.5, None)


def test_a_denial_counts_nothing() -> None:
    """A denial has no score, even if its row brings one."""
    figures = Classification(goldstein=-5.0)
    denied: dict[str, Any] = {"polarity": Polarity.NEGATIVE, "classification": figures}
    assert scored(TalksRefused(), **denied) == (None, None)


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("JPN>KOR", {"JPN-KOR": Side.FIRST}),
        ("KOR>JPN", {"JPN-KOR": Side.SECOND}),
        ("JPN>KOR,CHN", {"CHN-JPN": Side.SECOND, "JPN-KOR": Side.FIRST}),
        ("JPN+KOR", {"JPN-KOR": Side.TOGETHER}),
        ("JPN+KOR+CHN", dict.fromkeys(["CHN-JPN", "CHN-KOR", "JPN-KOR"], Side.TOGETHER)),
    ],
)
def test_who_acts_upon_whom(who: str, expected: dict[str, Side]) -> None:
    """Actors act on each recipient, and participants each with each other."""
    payload = TalksRefused() if ">" in who else MeetingHeld()
    sides = sides_of(claimed(payload, who))
    assert {str(dyad): side for dyad, side in sides.items()} == expected


def test_those_between_whom_one_mediates_have_done_nothing() -> None:
    """An appeal to two is an act of its author upon each, and none between the two."""
    urged = claimed(DialogueUrged(between=("JPN", "KOR")), "USA>JPN,KOR")
    assert {str(dyad): side for dyad, side in sides_of(urged).items()} == {
        "JPN-USA": Side.SECOND,
        "KOR-USA": Side.SECOND,
    }


@pytest.mark.parametrize(
    ("day", "bucket", "expected"),
    [
        ("2019-08-21", Bucket.DAY, "2019-08-21"),
        ("2019-08-21", Bucket.WEEK, "2019-08-19"),
        ("2019-08-19", Bucket.WEEK, "2019-08-19"),
        ("2019-08-18", Bucket.WEEK, "2019-08-12"),
        ("2020-01-01", Bucket.WEEK, "2019-12-30"),
        ("2019-08-31", Bucket.MONTH, "2019-08-01"),
        ("1000-01-01", Bucket.WEEK, "0999-12-30"),
    ],
)
def test_a_step_is_named_by_its_first_day(day: str, bucket: Bucket, expected: str) -> None:
    """A step is named by its first day, the Monday of a week or the first of a month."""
    assert first_day(date.fromisoformat(day), bucket).isoformat() == expected


@pytest.mark.parametrize(
    ("first", "last", "bucket", "expected"),
    [
        ("2019-08-01", "2019-08-01", Bucket.DAY, 1),
        ("2019-08-01", "2019-08-31", Bucket.DAY, 31),
        ("2019-08-18", "2019-08-19", Bucket.WEEK, 2),
        ("2019-08-31", "2019-09-01", Bucket.MONTH, 2),
        ("2018-12-31", "2020-01-01", Bucket.MONTH, 14),
    ],
)
def test_steps_are_counted_with_both_ends(
    first: str, last: str, bucket: Bucket, expected: int
) -> None:
    """A window of two days in different weeks or months has two steps."""
    assert step_count(date.fromisoformat(first), date.fromisoformat(last), bucket) == expected


def test_days_are_added_up_exactly_and_in_any_order() -> None:
    """Days are added up exactly in any order, and those without a score have no step."""
    as_of = AsOf(end_of_day("2019-08-31"), end_of_day("2019-08-31"), 9)
    days = [DayScore(32, 1, 100_000), DayScore(0, 2, 200_000), DayScore(31, 1, 200_000)]
    empty = DayScore(99, 0, 0)
    first, second = (
        series_of(JPN_KOR, "JPN", as_of, Scale.GOLDSTEIN, Bucket.MONTH, scores)
        for scores in ([*days, empty], [empty, *days[::-1]])
    )
    assert first == second
    assert (first.table_version, first.actor, first.dyad) == (TABLE_VERSION, "JPN", "JPN-KOR")
    steps = [(step.day, step.event_count, step.score_sum) for step in first.steps]
    assert steps == [("1970-01-01", 2, 0.2), ("1970-02-01", 2, 0.3)]
