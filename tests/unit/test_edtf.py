"""Valid time: what each EDTF text means, how it is displayed, and what is refused and why."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import TypeAdapter, ValidationError

from communique.domain.time.edtf import CEILING, EdtfError, Precision, ValidTime
from communique.domain.time.zones import UnknownZone

SEOUL = "Asia/Seoul"


def utc(text: str) -> datetime:
    """Return the aware datetime of a text without an offset."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("edtf", "earliest", "latest", "precision"),
    [
        ("2019-08-21", "2019-08-20T15:00", "2019-08-21T15:00", Precision.DAY),
        ("2019-08", "2019-07-31T15:00", "2019-08-31T15:00", Precision.MONTH),
        ("2019-08-XX", "2019-07-31T15:00", "2019-08-31T15:00", Precision.MONTH),
        ("2019-12", "2019-11-30T15:00", "2019-12-31T15:00", Precision.MONTH),
        ("2019", "2018-12-31T15:00", "2019-12-31T15:00", Precision.YEAR),
        ("2019-XX", "2018-12-31T15:00", "2019-12-31T15:00", Precision.YEAR),
        ("2019-XX-XX", "2018-12-31T15:00", "2019-12-31T15:00", Precision.YEAR),
        ("201X", "2009-12-31T15:00", "2019-12-31T15:00", Precision.DECADE),
        ("20XX", "1999-12-31T15:00", "2099-12-31T15:00", Precision.CENTURY),
        ("2020-02-29", "2020-02-28T15:00", "2020-02-29T15:00", Precision.DAY),
        ("2019-08-21T15:00", "2019-08-21T06:00", "2019-08-21T06:01", Precision.MINUTE),
        ("2019-08-21T15:00Z", "2019-08-21T15:00", "2019-08-21T15:01", Precision.MINUTE),
        ("2019-08-21T15:00-05:30", "2019-08-21T20:30", "2019-08-21T20:31", Precision.MINUTE),
        ("2019-08-21T15:00+09", "2019-08-21T06:00", "2019-08-21T06:01", Precision.MINUTE),
        ("2019-08-21T15:00:07", "2019-08-21T06:00:07", "2019-08-21T06:00:08", Precision.SECOND),
        (
            "2019-08-21T15:00:07.25",
            "2019-08-21T06:00:07.250000",
            "2019-08-21T06:00:07.250001",
            Precision.MICROSECOND,
        ),
    ],
)
def test_a_text_means_a_half_open_stretch_in_its_zone(
    edtf: str, earliest: str, latest: str, precision: Precision
) -> None:
    """A date runs from its first microsecond to just before the next one's, in its zone."""
    valid = ValidTime.parse(edtf, SEOUL)

    assert (valid.earliest, valid.latest) == (utc(earliest), utc(latest))
    assert valid.precision is precision
    assert not valid.is_interval


@pytest.mark.parametrize(
    ("edtf", "earliest", "latest", "precision"),
    [
        (
            "2019-08-21T15:00+09:00/2019-08-21T15:30+09:00",
            "2019-08-21T06:00",
            "2019-08-21T06:30",
            Precision.MINUTE,
        ),
        ("2019-08-21/2019-08-23", "2019-08-21", "2019-08-24", Precision.DAY),
        ("2019-08-21/2019-08-21", "2019-08-21", "2019-08-22", Precision.DAY),
        ("2019-08-21T15:00:01/2019-09", "2019-08-21T15:00:01", "2019-10-01", Precision.MONTH),
        ("2019/2019-08-21T15:00", "2019-01-01", "2019-08-21T15:00", Precision.YEAR),
        ("2019-08-21/2019-08", "2019-08-21", "2019-09-01", Precision.MONTH),
        ("201X/2019", "2010-01-01", "2020-01-01", Precision.DECADE),
    ],
)
def test_an_interval_ends_at_its_end_s_instant_or_with_its_end_s_date(
    edtf: str, earliest: str, latest: str, precision: Precision
) -> None:
    """An interval's end is exclusive with a time of day, and whole as a date."""
    valid = ValidTime.parse(edtf)

    assert (valid.earliest, valid.latest) == (utc(earliest), utc(latest))
    assert valid.precision is precision
    assert valid.is_interval


def test_an_approximate_hour_is_half_an_hour_on_either_side() -> None:
    """An approximate hour is an hour long, approximate, and displayed as it is written."""
    valid = ValidTime.parse("2019-08-21T15:00~", SEOUL)

    assert (valid.earliest, valid.latest) == (utc("2019-08-21T05:30"), utc("2019-08-21T06:30"))
    assert (valid.precision, valid.approximate) == (Precision.HOUR, True)
    assert valid.display() == "about 21 Aug 2019 15:00 KST"
    assert not valid.is_interval


def test_an_interval_until_an_approximate_hour_ends_at_that_hour() -> None:
    """An interval whose end is an approximate hour ends at the hour as written."""
    valid = ValidTime.parse("2019-08-21T14:00/2019-08-21T15:00~", SEOUL)

    assert (valid.earliest, valid.latest) == (utc("2019-08-21T05:00"), utc("2019-08-21T06:00"))


@pytest.mark.parametrize(
    ("edtf", "over"),
    [
        ("2019-07-12T14:00/", "2019-07-12T15:00"),
        ("2019-07-12/", "2019-07-12T15:00"),
        ("2019-07/", "2019-07-31T15:00"),
    ],
)
def test_an_unknown_end_is_over_with_the_last_day_it_can_have_begun(edtf: str, over: str) -> None:
    """An interval with an unknown end has no latest instant, and is over with a day in its zone."""
    valid = ValidTime.parse(edtf, SEOUL)

    assert valid.latest is None
    assert valid.over == utc(over)
    assert valid.under_way_at(utc(over) - timedelta(microseconds=1))
    assert not valid.under_way_at(utc(over))


def test_an_open_interval_has_no_latest_instant() -> None:
    """An interval with `..` after the slash has no latest instant."""
    valid = ValidTime.parse("2019-07-12T14:00+09:00/..", SEOUL)

    assert valid.earliest == utc("2019-07-12T05:00")
    assert valid.latest is None
    assert valid.precision is Precision.MINUTE


@pytest.mark.parametrize(
    ("edtf", "approximate", "uncertain"),
    [
        ("2019-08", False, False),
        ("2019-08~", True, False),
        ("2019-08?", False, True),
        ("2019-08%", True, True),
        ("201X~", True, False),
        ("2019~/2020", True, False),
        ("2019/2020?", False, True),
        ("2019~/2020?", True, True),
        ("2019~/..", True, False),
    ],
)
def test_qualifiers_at_either_end_make_the_whole_approximate_or_uncertain(
    edtf: str, *, approximate: bool, uncertain: bool
) -> None:
    """Qualifiers at either end of an interval make the whole approximate or uncertain."""
    valid = ValidTime.parse(edtf)

    assert (valid.approximate, valid.uncertain) == (approximate, uncertain)


@pytest.mark.parametrize(
    ("edtf", "says"),
    [
        ("", "says nothing"),
        ("../2019", "has no start: give the earliest"),
        ("/2019", "has no start: give the earliest"),
        ("2019/open", r"for an end that is open write \.\."),
        ("2019-22", "is a season: give its months"),
        ("{2018,2019}", "is a set: submit one event for each"),
        ("[2018,2019]", "is a set: submit one event for each"),
        ("-0044", "negative year"),
        ("Y12019", "years go from 1000 to 9999"),
        ("12019", "years go from 1000 to 9999"),
        ("2019/12019-08-21T15:00", "years go from 1000 to 9999"),
        ("0999", "before the year 1000"),
        ("00XX", "before the year 1000"),
        ("2019-02-30", "the days of 2019-02 go from 01 to 28"),
        ("2019-02-29T12:00", "the days of 2019-02 go from 01 to 28"),
        ("2019-01-00", "is no day"),
        ("2019-13", "no such month as 13"),
        ("2019-00", "no such month as 00"),
        ("2019-08-21T24:00", "midnight is 00:00 next day"),
        ("2019-08-21T15:60", "no such time of day"),
        ("2019-08-21T15:00:60Z", "no such time of day"),
        ("2019-08-21T15", "has no minutes"),
        ("2019-08T15:00", "needs a whole day"),
        ("2019-08-XXT15:00", "needs a whole day"),
        ("2019-08-21T15:00:00~", "2019-08-21T15:00~ is about three o'clock"),
        ("2019-08-21T15:00?", "only a date can have one"),
        ("2019-08-21T15~", "out of place|not an EDTF date"),
        ("2019-08-21T25:00~", "no such time of day"),
        ("2019-08-21T15:60~", "no such time of day"),
        ("2019-08-21T15:00~?", "not an EDTF date"),
        ("2019-08T15:00~", "needs a whole day"),
        ("2019-08-21T15:00~/2019-08-21T14:00", "ends before it begins"),
        ("2019-08-21T15:00+19:00", r"go from -18:00 to \+18:00"),
        ("2019-08-21T15:00+09:75", r"go from -18:00 to \+18:00"),
        ("2019-08-21T15:00:00.1234567Z", "six decimals at most"),
        ("2019-08-21 15:00", "has no T between"),
        ("20190821", "has no hyphens"),
        ("2019-8-1", "needs two digits"),
        ("201X-08", "after an open one"),
        ("2019-XX-21", "after an open one"),
        ("201x", "open digits out of place"),
        ("?2019", "qualifier out of place"),
        ("2019/2020/2021", "second slash"),
        ("yesterday", "give a date such as 2019-08-21"),
        ("２０１９", "give a date such as 2019-08-21"),
        ("2019\n-08", "give a date such as 2019-08-21"),
        ("2020/2019", "ends before it begins"),
        ("2019-08-21T15:00/2019-08-21T14:59", "ends before it begins"),
        ("2019-08-21T15:00/2019-08-21T15:00", "ends when it begins"),
        ("2019-08-21/2019-08-21T00:00", "ends when it begins"),
        ("9999-12-31T23:59:59.999999Z", "last instant of the year 9999"),
        ("9999-12-31T23:00-05:00", "last instant of the year 9999"),
        ("9999-12-31T23:00-05:00~", "last instant of the year 9999"),
        ("2019/9999-12-31T23:00-05:00~", "last instant of the year 9999"),
        ("2" * 65, "65 characters, 64 are allowed"),
    ],
)
def test_what_is_refused_says_what_is_wrong_and_what_is_allowed(edtf: str, says: str) -> None:
    """A refused text is told its fault, and the rule or an example."""
    with pytest.raises(EdtfError, match=says):
        ValidTime.parse(edtf)


@pytest.mark.parametrize(
    ("zone", "says"),
    [
        ("Asia/Soul", r"did you mean Asia/Seoul\?"),
        ("seoul", r"did you mean Asia/Seoul\?"),
        ("new york", r"did you mean America/New_York\?"),
        ("posix/Asia/Seoul", r"did you mean Asia/Seoul\?"),
        ("KST", "give an IANA name such as Asia/Seoul"),
        ("../../etc/passwd", "give an IANA name"),
        ("A" * 65, "at most 64 characters"),
    ],
)
def test_an_unknown_zone_is_refused_with_the_closest_one(zone: str, says: str) -> None:
    """A zone that is not an exact IANA name is refused with the closest one."""
    with pytest.raises(UnknownZone, match=says):
        ValidTime.parse("2019-08-21T15:00Z", zone)


def test_white_space_around_the_text_is_not_kept() -> None:
    """A valid time keeps its text as given but for white space around."""
    assert ValidTime.parse(" 2019-08~\n").edtf == "2019-08~"


def test_a_day_with_a_change_of_clocks_is_23_or_25_hours_long() -> None:
    """A day with a change of clocks is 23 or 25 hours long."""
    spring = ValidTime.parse("2019-03-31", "Europe/Berlin")
    autumn = ValidTime.parse("2019-10-27", "Europe/Berlin")

    assert spring.latest is not None
    assert autumn.latest is not None
    assert spring.latest - spring.earliest == timedelta(hours=23)
    assert autumn.latest - autumn.earliest == timedelta(hours=25)


def test_a_day_without_a_midnight_begins_when_the_clocks_jump() -> None:
    """A day without a midnight begins when the clocks jump."""
    assert ValidTime.parse("2018-11-04", "America/Sao_Paulo").earliest == utc("2018-11-04T03:00")


def test_a_local_time_shown_twice_is_the_first_of_the_two() -> None:
    """A local time that clocks show twice is the first of the two."""
    valid = ValidTime.parse("2019-10-27T02:30", "Europe/Berlin")

    assert valid.earliest == utc("2019-10-27T00:30")


def test_a_skipped_local_time_is_read_with_the_offset_from_before() -> None:
    """A local time that clocks skip is read with the offset from before."""
    valid = ValidTime.parse("2019-03-31T02:30", "Europe/Berlin")

    assert valid.earliest == utc("2019-03-31T01:30")


def test_a_day_that_a_zone_skipped_is_refused() -> None:
    """A day that its zone skipped, as Samoa did 30 December 2011, is refused."""
    with pytest.raises(EdtfError, match="skipped in Pacific/Apia"):
        ValidTime.parse("2011-12-30", "Pacific/Apia")


def test_an_end_beyond_the_ceiling_is_the_ceiling() -> None:
    """No valid time ends after the last microsecond of 9999."""
    assert ValidTime.parse("9999").latest == CEILING
    assert ValidTime.parse("9999-12-31", "America/New_York").latest == CEILING
    assert ValidTime.parse("2019/9999-12-31T23:59-05:00").latest == CEILING
    assert ValidTime.parse("99XX").latest == CEILING
    assert ValidTime.parse("9999-12-31T23:45~").latest == CEILING


def test_an_instant_is_one_microsecond_and_its_text_says_so() -> None:
    """An instant made from a datetime is the microsecond that its text parses to."""
    at = datetime(2019, 8, 21, 15, 0, tzinfo=timezone(timedelta(hours=9)))
    valid = ValidTime.instant(at, SEOUL)

    assert valid.edtf == "2019-08-21T06:00:00.000000Z"
    assert valid == ValidTime.parse(valid.edtf, SEOUL)
    assert (valid.earliest, valid.precision) == (at, Precision.MICROSECOND)


def test_an_interval_of_datetimes_is_what_its_text_parses_to() -> None:
    """An interval made from datetimes begins and ends exactly there, or stays open."""
    start, end = utc("2019-08-21T06:00"), utc("2019-08-21T06:30:00.000001")

    assert ValidTime.interval(start, end).latest == end
    assert ValidTime.interval(start, end).edtf == "2019-08-21T06:00:00Z/2019-08-21T06:30:00.000001Z"
    assert ValidTime.interval(start, CEILING).latest == CEILING
    assert ValidTime.interval(start, None).edtf == "2019-08-21T06:00:00Z/.."


@pytest.mark.parametrize("at", [datetime.min.replace(tzinfo=UTC), CEILING])
def test_an_instant_out_of_range_is_refused(at: datetime) -> None:
    """An instant before the year 1000 or in the last microsecond of all is refused."""
    with pytest.raises(EdtfError, match=r"1000|9999"):
        ValidTime.instant(at)


def test_a_naive_datetime_is_refused() -> None:
    """A naive datetime is refused as an instant."""
    naive = datetime(2019, 8, 21, tzinfo=UTC).replace(tzinfo=None)

    with pytest.raises(EdtfError, match="aware"):
        ValidTime.instant(naive)
    with pytest.raises(EdtfError, match="aware"):
        ValidTime.interval(naive, None)


@pytest.mark.parametrize(
    ("edtf", "at", "under_way"),
    [
        ("2019-08-21T15:00/2019-08-21T15:30", "2019-08-21T14:59", False),
        ("2019-08-21T15:00/2019-08-21T15:30", "2019-08-21T15:00", True),
        ("2019-08-21T15:00/2019-08-21T15:30", "2019-08-21T15:29:59.999999", True),
        ("2019-08-21T15:00/2019-08-21T15:30", "2019-08-21T15:30", False),
        ("2019-07-12/..", "2019-07-11", False),
        ("2019-07-12/..", "2500-01-01", True),
        ("2019-08-21", "2019-08-21T12:00", False),
    ],
)
def test_only_an_interval_is_under_way_from_its_start_until_before_its_end(
    edtf: str, at: str, *, under_way: bool
) -> None:
    """Only an interval is under way, from its start until just before its end."""
    assert ValidTime.parse(edtf).under_way_at(utc(at)) is under_way


@pytest.mark.parametrize(
    ("edtf", "words"),
    [
        ("2019-08-21T15:00+09:00/2019-08-21T15:30+09:00", "21 Aug 2019 15:00–15:30 KST"),
        ("2019-08-21T15:00/2019-08-22T09:05", "21 Aug 2019 15:00 – 22 Aug 2019 09:05 KST"),
        ("2019-08-21T06:00Z", "21 Aug 2019 15:00 KST"),
        ("2019-08-21T15:00:07", "21 Aug 2019 15:00:07 KST"),
        ("2019-07-12T14:00/..", "since 12 Jul 2019 14:00 KST"),
        ("2019-07-12T14:00/", "from 12 Jul 2019 14:00 KST"),
        ("2019-08-21", "21 Aug 2019"),
        ("2019-08-21/2019-08-23", "21 Aug 2019 – 23 Aug 2019"),
        ("2019-08", "Aug 2019"),
        ("2019~", "about 2019"),
        ("2019-08?", "perhaps Aug 2019"),
        ("2019%/2020", "perhaps about 2019 – 2020"),
        ("201X", "2010s"),
        ("20XX", "2000–2099"),
        ("9999-12-31T23:59Z", "31 Dec 9999 23:59 UTC"),
    ],
)
def test_it_is_displayed_in_short_words_in_its_zone(edtf: str, words: str) -> None:
    """A valid time is displayed as precisely as its text, with the zone of a time of day."""
    assert ValidTime.parse(edtf, SEOUL).display() == words


def test_it_prints_as_its_text_and_cannot_be_changed() -> None:
    """A valid time prints as its text, is compared by its parts and cannot be changed."""
    valid = ValidTime.parse("2019-08~")

    assert str(valid) == "2019-08~"
    assert {valid} == {ValidTime.parse("2019-08~", "UTC")}
    with pytest.raises(AttributeError):
        valid.edtf = "2020"  # type: ignore[misc]


def test_a_pydantic_field_takes_an_instance_text_or_text_and_zone() -> None:
    """A valid time in a model is read from its text, and from its text and zone as dumped."""
    adapter = TypeAdapter(ValidTime)
    valid = ValidTime.parse("2019-08-21", SEOUL)

    assert adapter.dump_python(valid) == {"edtf": "2019-08-21", "zone": SEOUL}
    assert adapter.validate_json(adapter.dump_json(valid)) == valid
    assert adapter.validate_python(valid) is valid
    assert adapter.validate_python("2019") == ValidTime.parse("2019")


@pytest.mark.parametrize("value", [2019, None, {"edtf": "2019"}, "2019-02-30"])
def test_a_pydantic_field_refuses_the_rest(value: object) -> None:
    """A model refuses anything that is no valid time with a validation error."""
    with pytest.raises(ValidationError):
        TypeAdapter(ValidTime).validate_python(value)
