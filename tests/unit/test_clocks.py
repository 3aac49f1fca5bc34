"""The three clocks: known times, points to ask from, what is visible there."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import TypeAdapter, ValidationError

from communique.domain.time.clocks import (
    SKEW_MAX,
    AsOf,
    CivilDay,
    KnownInFuture,
    Region,
    Version,
    Window,
    amendment_visible,
    asserted,
    check_known,
    end_of_day,
    from_micros,
    known_at,
    micros,
    parse_point,
    passed,
    regions,
    window_of,
)
from communique.domain.time.edtf import EdtfError, ValidTime
from communique.domain.time.known_time import KnownTime
from communique.domain.time.zones import UnknownZone

SEOUL = "Asia/Seoul"
NOON = datetime(2019, 8, 22, 12, 0, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def day(number: int) -> datetime:
    """Return the midnight with which a day of August 2019 begins."""
    return datetime(2019, 8, number, tzinfo=UTC)


def test_a_known_day_means_its_last_microsecond_in_the_source_s_zone() -> None:
    """A known day means its last microsecond in the source's zone."""
    known = KnownTime.parse("2019-08-22", SEOUL)

    assert known.instant == datetime(2019, 8, 22, 15, tzinfo=UTC) - MICROSECOND
    assert known.begins == datetime(2019, 8, 21, 15, tzinfo=UTC)
    assert known.is_day


@pytest.mark.parametrize("text", ["2019-08-22T21:00+09:00", "2019-08-22T12:00:00Z"])
def test_a_known_instant_means_itself(text: str) -> None:
    """A known date-time means its first microsecond."""
    known = KnownTime.parse(text, SEOUL)

    assert known.instant == known.begins == NOON
    assert not known.is_day


def test_a_known_time_of_a_datetime_is_what_its_text_parses_to() -> None:
    """A known time made from a datetime keeps the microsecond."""
    at = NOON + MICROSECOND

    assert KnownTime.at(at).instant == at
    assert KnownTime.at(at) == KnownTime.parse(str(KnownTime.at(at)))


@pytest.mark.parametrize("text", ["2019-08", "2019", "2019-08-22~", "2019-08-22/..", "soon", ""])
def test_a_known_time_is_a_day_or_a_date_time(text: str) -> None:
    """A known time that is coarser than a day, uncertain or an interval is refused."""
    with pytest.raises(EdtfError):
        KnownTime.parse(text)


def test_without_a_known_time_the_record_time_counts() -> None:
    """A claim without a known time was known when it was recorded."""
    assert known_at(None, NOON) == NOON


@pytest.mark.parametrize("text", ["2019-08-22", "2019-08-22T12:03Z"])
def test_nothing_counts_as_known_later_than_it_was_recorded(text: str) -> None:
    """A known time after the record time counts as the record time."""
    assert known_at(KnownTime.parse(text), NOON) == NOON


def test_a_past_known_time_counts_as_it_is() -> None:
    """A known time in the past counts as it is."""
    assert known_at(KnownTime.parse("2019-08-02"), NOON) == day(3) - MICROSECOND


@pytest.mark.parametrize(
    "known",
    [
        None,
        KnownTime.parse("2019-08-22"),
        KnownTime.parse("2019-08-22", "America/New_York"),
        KnownTime.at(NOON + SKEW_MAX),
    ],
)
def test_a_known_time_within_the_skew_is_accepted(known: KnownTime | None) -> None:
    """A known day that has begun, or an instant up to five minutes ahead, is accepted."""
    check_known(known, NOON)


@pytest.mark.parametrize(
    "known", [KnownTime.parse("2019-08-23"), KnownTime.at(NOON + SKEW_MAX + MICROSECOND)]
)
def test_a_known_time_beyond_the_skew_is_refused(known: KnownTime) -> None:
    """A known time more than the skew ahead is refused."""
    with pytest.raises(KnownInFuture, match="after the record time 2019-08-22T12:00"):
        check_known(known, NOON)


def test_a_day_may_begin_within_the_skew() -> None:
    """A known day is accepted from five minutes before its midnight on."""
    tomorrow = KnownTime.parse("2019-08-23")

    check_known(tomorrow, day(23) - SKEW_MAX)
    with pytest.raises(KnownInFuture):
        check_known(tomorrow, day(23) - SKEW_MAX - MICROSECOND)


@pytest.mark.parametrize(
    ("position", "known", "visible"),
    [(5, day(10), True), (6, day(10), False), (5, day(10) + MICROSECOND, False), (1, day(1), True)],
)
def test_visible_needs_both_the_position_and_the_known_time(
    position: int, known: datetime, *, visible: bool
) -> None:
    """An amendment is visible within both of its inclusive bounds only."""
    as_of = AsOf(valid=day(20), known=day(10), position=5)

    assert amendment_visible(position, known, as_of) is visible


def window(occurred: str, zone: str, known: str, source_zone: str = "UTC") -> Window:
    """Return when what a claim says must have begun, given when it was published."""
    given = KnownTime.parse(known, source_zone)
    return window_of(ValidTime.parse(occurred, zone), given, given.instant)


@pytest.mark.parametrize(
    ("occurred", "known", "first", "settled", "settled_day"),
    [
        ("2019-08-21", "2019-09-01", "2019-08-21T00:00", "2019-08-21", 21),
        ("2019-08-21", "2019-08-21T12:00", "2019-08-21T00:00", "2019-08-21T12:00", 21),
        ("2019-08", "2019-08-29T12:00", "2019-08-01T00:00", "2019-08-29T12:00", 29),
        ("2019-08~", "2019-08-29T12:00", "2019-08-01T00:00", "2019-08-29T12:00", 29),
        ("2019-08", "2019-09-01", "2019-08-01T00:00", "2019-08-31", 31),
        ("2019-08-21T15:00", "2019-09-01", "2019-08-21T15:00", "2019-08-21T15:00", None),
        (
            "2019-08-21T15:00~",
            "2019-09-01",
            "2019-08-21T14:30",
            "2019-08-21T15:29:59.999999",
            None,
        ),
        ("2019-08-21T15:00~", "2019-08-21T15:10", "2019-08-21T14:30", "2019-08-21T15:10", None),
        ("2019-08-21/2019-08-23", "2019-09-01", "2019-08-21T00:00", "2019-08-21", 21),
        ("2019-08/2019-08-23", "2019-09-01", "2019-08-01T00:00", "2019-08-23", 23),
        ("2019-08-21T15:00/..", "2019-09-01", "2019-08-21T15:00", "2019-08-21T15:00", None),
    ],
)
def test_a_window_goes_from_when_it_can_to_when_it_must_have_begun(
    occurred: str, known: str, first: str, settled: str, settled_day: int | None
) -> None:
    """A window ends with the last instant of what is written, or when a report within came."""
    found = window(occurred, "UTC", known)
    day_number = settled_day and day(settled_day).toordinal()

    assert (found.first, found.settled) == (parse_point(first), parse_point(settled))
    assert (found.settled_day, found.foreseen) == (day_number, False)


@pytest.mark.parametrize(
    ("occurred", "zone", "known", "source_zone", "foreseen"),
    [
        ("2019-08-21T15:00", SEOUL, "2019-08-21T14:59", SEOUL, True),
        ("2019-08-21T15:00", SEOUL, "2019-08-21T15:00", SEOUL, False),
        ("2019-08-21T15:00~", SEOUL, "2019-08-21T14:29", SEOUL, True),
        ("2019-08-21T15:00~", SEOUL, "2019-08-21T14:31", SEOUL, False),
        ("2019-08-21", SEOUL, "2019-08-20T23:00", SEOUL, True),
        ("2019-08-21", SEOUL, "2019-08-21T00:01", SEOUL, False),
        ("2019-08-21", "America/New_York", "2019-08-21T01:00", SEOUL, False),
        ("2019-08-21", SEOUL, "2019-08-20T20:00", "America/New_York", False),
        ("2019-08", "UTC", "2019-08-03", "UTC", False),
        ("2019-08", "UTC", "2019-07-31", "UTC", True),
        ("2019-08-21/2019-08-23", "UTC", "2019-08-20", "UTC", True),
        ("2019-08-21/2019-08-23", "UTC", "2019-08-21T12:00", "UTC", False),
    ],
)
def test_what_was_known_before_its_window_was_foreseen(
    occurred: str, zone: str, known: str, source_zone: str, *, foreseen: bool
) -> None:
    """A claim is foreseen that was known before its time; of a day, also on an earlier date."""
    assert window(occurred, zone, known, source_zone).foreseen is foreseen


def test_asserted_needs_it_to_have_begun() -> None:
    """A claim is asserted from the very instant by which it must have begun."""
    as_of = AsOf(valid=day(10), known=day(1), position=0)
    begun = Window(day(9), day(10), None, foreseen=False)

    assert asserted(begun, as_of)
    assert not asserted(begun._replace(settled=day(10) + MICROSECOND), as_of)


def test_a_day_asked_for_is_compared_with_days() -> None:
    """As of a day a dated claim is asserted by its date, and one with a time of day by that."""
    the_ninth = CivilDay(day(9).date(), SEOUL)
    as_of = AsOf(day(9) + timedelta(hours=15) - MICROSECOND, day(1), 0, the_ninth)
    dated = window("2019-08-09", "America/New_York", "2019-09-01")

    assert asserted(dated, as_of)
    assert not asserted(dated, AsOf(as_of.valid, as_of.known, 0))
    assert not asserted(window("2019-08-10", SEOUL, "2019-09-01"), as_of)
    assert asserted(window("2019-08-09T23:59", SEOUL, "2019-09-01"), as_of)
    assert not asserted(window("2019-08-09T12:00", "America/New_York", "2019-09-01"), as_of)


@pytest.mark.parametrize(
    ("scheduled", "zone", "point", "has_passed"),
    [
        ("2019-08-28", "UTC", "2019-08-28T23:59:59.999999", False),
        ("2019-08-28", "UTC", "2019-08-29T00:00", True),
        ("2019-08-28", "America/New_York", "2019-08-29T00:00", False),
        ("2019-08-28", "America/New_York", "2019-08-28", False),
        ("2019-08-28", SEOUL, "2019-08-28", False),
        ("2019-08-28", SEOUL, "2019-08-29", True),
        ("2019-08-28T15:00", "UTC", "2019-08-28T15:00", False),
        ("2019-08-28T15:00", "UTC", "2019-08-28", True),
        ("2019-08-28/2019-08-30", "UTC", "2019-08-30", False),
        ("2019-08-28/2019-08-30", "UTC", "2019-08-31", True),
        ("2019-08-28/..", "UTC", "2029-08-28", False),
        ("2019-08-28/", "UTC", "2019-08-29", True),
    ],
)
def test_a_date_that_was_set_has_passed_after_its_last_instant(
    scheduled: str, zone: str, point: str, *, has_passed: bool
) -> None:
    """A date has passed once all that it can mean is over, and by a day only on a later one."""
    asked = KnownTime.parse(point)
    as_of = AsOf(asked.instant, asked.instant, 0, CivilDay.of(asked))

    assert passed(ValidTime.parse(scheduled, zone), as_of) is has_passed


def test_a_point_is_an_instant_or_the_end_of_a_day() -> None:
    """A point given as a day is the end of that day in its zone."""
    assert parse_point("2019-08-22T21:00:00+09:00") == NOON
    assert parse_point("2019-08-22T21:00", SEOUL) == NOON
    assert parse_point("2019-08-22") == day(23) - MICROSECOND
    assert parse_point("2019-08-22", SEOUL) == end_of_day("2019-08-22", SEOUL)
    assert end_of_day("2019-08-22", SEOUL) == day(22) + timedelta(hours=15) - MICROSECOND


def test_the_end_of_what_is_not_a_day_is_refused() -> None:
    """The end of a day is refused for a date-time and for an unknown zone."""
    with pytest.raises(EdtfError, match="is not a day"):
        end_of_day("2019-08-22T12:00")
    with pytest.raises(UnknownZone):
        end_of_day("2019-08-22", "Asia/Soul")


def test_microseconds_count_from_1970_in_whole_numbers() -> None:
    """Microseconds are whole numbers from 1970 on, and negative before."""
    assert micros(datetime(1970, 1, 1, tzinfo=UTC)) == 0
    assert micros(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == -1
    assert micros(datetime.max.replace(tzinfo=UTC)) == 253_402_300_799_999_999
    assert from_micros(253_402_300_799_999_999) == datetime.max.replace(tzinfo=UTC)


def test_a_naive_datetime_has_no_microseconds() -> None:
    """A naive datetime is refused, since without a zone there is no instant."""
    with pytest.raises(TypeError):
        micros(NOON.replace(tzinfo=None))


def test_a_claim_alone_decides_from_its_position_and_known_time_on() -> None:
    """A claim without amendments has one region that is open above."""
    assert regions(Version(3, day(5), day(5)), []) == [(0, Region(3, None, day(5), None))]


def test_a_correction_known_later_leaves_the_claim_a_stretch_before_it() -> None:
    """A correction known later leaves the claim to those who knew or read less."""
    decided = regions(Version(1, day(5), day(5)), [Version(4, day(7), day(7))])

    assert decided == [
        (0, Region(1, 4, day(5), None)),
        (0, Region(4, None, day(5), day(7))),
        (1, Region(4, None, day(7), None)),
    ]


def test_a_correction_known_before_the_claim_replaces_it_from_its_position_on() -> None:
    """A correction known before the claim replaces the claim from its position on."""
    decided = regions(Version(1, day(5), day(5)), [Version(4, day(3), day(3))])

    assert decided == [(0, Region(1, 4, day(5), None)), (1, Region(4, None, day(3), None))]


def test_a_retraction_has_no_region_of_its_own() -> None:
    """A retraction leaves no region where it decides."""
    decided = regions(Version(1, day(5), day(5)), [Version(4, day(7), None)])

    assert decided == [(0, Region(1, 4, day(5), None)), (0, Region(4, None, day(5), day(7)))]


def test_versions_out_of_order_are_refused() -> None:
    """Versions whose positions do not ascend, or a claim without content, are refused."""
    with pytest.raises(ValueError, match="ascending position"):
        regions(Version(4, day(5), day(5)), [Version(4, day(7), None)])
    with pytest.raises(ValueError, match="only an amendment retracts"):
        regions(Version(1, day(5), None), [])


def test_a_pydantic_field_takes_a_known_time_its_text_or_text_and_zone() -> None:
    """A known time in a model is read from what it is dumped as, and from its text."""
    adapter = TypeAdapter(KnownTime)
    known = KnownTime.parse("2019-08-22", SEOUL)

    assert adapter.validate_json(adapter.dump_json(known)) == known
    assert adapter.validate_python(known) is known
    assert adapter.validate_python("2019-08-22") == KnownTime.parse("2019-08-22")
    with pytest.raises(ValidationError):
        adapter.validate_python(20190822)
