"""Valid time on random texts: what must hold for each one."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import assume, example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from communique.domain.time.clocks import from_micros, micros
from communique.domain.time.edtf import CEILING, TEXT_LENGTH_MAX, ValidTime

ZONES = st.sampled_from(
    ["UTC", "Asia/Seoul", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe"]
)
DAYS = st.dates(date(1000, 1, 1), date(9999, 12, 31))
INSTANTS = st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 -- Hypothesis adds the zone
QUALIFIERS = st.sampled_from(["", "~", "?", "%"])
MESS = st.text("0123456789X-T:Z/.~?%+[]{} Y", max_size=40) | st.text(max_size=70)


@st.composite
def dates(draw: st.DrawFn) -> str:
    """Draw a date of any precision with any qualifier."""
    day = draw(DAYS).isoformat()
    cut = draw(st.sampled_from([day, day[:7], day[:4], day[:7] + "-XX", day[:3] + "X"]))
    return cut + draw(QUALIFIERS)


@st.composite
def moments(draw: st.DrawFn) -> str:
    """Draw a date-time of any precision with any offset or none."""
    at = draw(INSTANTS).replace(tzinfo=None)
    fineness = draw(st.sampled_from(["minutes", "seconds", "milliseconds", "microseconds"]))
    offset = draw(st.sampled_from(["", "Z", "+09:00", "-05:30"]))
    hedge = draw(st.sampled_from(["", "~"])) if fineness == "minutes" else ""
    return at.isoformat(timespec=fineness) + offset + hedge


ENDS = dates() | moments()


@given(ENDS, ZONES)
def test_every_date_begins_before_it_ends(text: str, zone: str) -> None:
    """A valid time of any text and zone has some length below the ceiling."""
    valid = ValidTime.parse(text, zone)

    assert valid.latest is not None
    assert valid.earliest < valid.latest <= CEILING
    assert valid.earliest.tzinfo is UTC


@given(ENDS, ENDS, ZONES)
def test_two_dates_in_order_make_an_interval_that_spans_them(
    first: str, last: str, zone: str
) -> None:
    """An interval of two dates begins with the first and has the coarser precision."""
    start, end = ValidTime.parse(first, zone), ValidTime.parse(last, zone)
    assume(start.earliest < end.earliest and len(first) + len(last) < TEXT_LENGTH_MAX)
    whole = ValidTime.parse(f"{first}/{last}", zone)

    assert whole.earliest == start.earliest
    to_the_hour = timedelta(minutes=30 if last.endswith("~") else 0)
    assert whole.latest == (end.earliest + to_the_hour if "T" in last else end.latest)
    assert whole.precision is start.precision.coarser(end.precision)


@given(st.dates(date(1000, 1, 1), date(9999, 12, 30)), ZONES)
def test_days_tile_the_calendar(day: date, zone: str) -> None:
    """A day ends at the instant at which the next day begins."""
    today = ValidTime.parse(day.isoformat(), zone)
    tomorrow = ValidTime.parse((day + timedelta(days=1)).isoformat(), zone)

    assert today.latest == tomorrow.earliest


@given(DAYS, ZONES)
def test_a_day_lies_in_its_month_its_year_and_its_decade(day: date, zone: str) -> None:
    """A coarser reading of a date contains the finer one."""
    text = day.isoformat()
    inner = ValidTime.parse(text, zone)
    for coarser in (text[:7], text[:4], text[:3] + "X", text[:2] + "XX"):
        outer = ValidTime.parse(coarser, zone)
        assert inner.latest is not None
        assert outer.latest is not None
        assert outer.earliest <= inner.earliest
        assert inner.latest <= outer.latest


@given(DAYS, QUALIFIERS, ZONES)
def test_a_qualifier_moves_no_bound(day: date, qualifier: str, zone: str) -> None:
    """The qualifiers of a date move neither of its bounds."""
    plain = ValidTime.parse(day.isoformat(), zone)
    qualified = ValidTime.parse(day.isoformat() + qualifier, zone)

    assert (qualified.earliest, qualified.latest) == (plain.earliest, plain.latest)


@given(INSTANTS, ZONES)
def test_an_instant_is_the_same_in_every_zone(at: datetime, zone: str) -> None:
    """An instant is the same in every zone, and its text parses to that instant."""
    valid = ValidTime.instant(at, zone)

    assert valid.earliest == at
    assert valid == ValidTime.parse(valid.edtf, zone)


@given(INSTANTS, INSTANTS, ZONES)
def test_an_interval_keeps_both_its_datetimes(first: datetime, second: datetime, zone: str) -> None:
    """An interval of two datetimes is under way from the first until just before the second."""
    assume(first != second)
    start, end = sorted((first, second))
    valid = ValidTime.interval(start, end, zone)

    assert (valid.earliest, valid.latest) == (start, end)
    assert valid.under_way_at(start)
    assert not valid.under_way_at(end)


@given(ENDS, ZONES)
def test_what_pydantic_dumps_it_reads_back(text: str, zone: str) -> None:
    """A valid time survives JSON."""
    adapter = TypeAdapter(ValidTime)
    valid = ValidTime.parse(text, zone)

    assert adapter.validate_json(adapter.dump_json(valid)) == valid


@given(ENDS, st.just("..") | ENDS, ZONES)
def test_whatever_parses_can_be_displayed(text: str, end: str, zone: str) -> None:
    """A valid time is displayed in words up to the edges of the calendar."""
    first, last = sorted((text, end)) if end != ".." else (text, end)
    try:
        valid = ValidTime.parse(f"{first}/{last}", zone)
    except ValueError:
        valid = ValidTime.parse(text, zone)

    assert valid.display()


@given(MESS)
@example("9999-12-31T23:59:59.999999-18:00")
@example("9999-12-31T23:59Z/9999-12-31T23:59-18:00")
def test_any_text_is_read_or_refused_with_words(text: str) -> None:
    """Any text gives a valid time, or a ValueError with a message."""
    try:
        assert ValidTime.parse(text, "Asia/Seoul").display()
    except ValueError as error:
        assert str(error)  # noqa: PT017 -- either outcome is right, silence is not


@given(INSTANTS)
def test_microseconds_are_exact(at: datetime) -> None:
    """An instant survives the way to whole microseconds and back."""
    assert from_micros(micros(at)) == at
    assert isinstance(micros(at), int)
