"""The grammar of one date or date-time, in EDTF (ISO 8601-2) level 0 and most of level 1."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from enum import StrEnum
from typing import Final, NamedTuple

YEAR_MIN: Final = 1000
CEILING: Final = datetime.max.replace(tzinfo=UTC)
"""The last instant, 9999-12-31T23:59:59.999999Z, to which every later end is moved."""


class EdtfError(ValueError):
    """The text is not a valid time that the record understands; the message shows one."""


class Precision(StrEnum):
    """How exactly a valid time is given, from the finest to the coarsest."""

    MICROSECOND = "MICROSECOND"
    SECOND = "SECOND"
    MINUTE = "MINUTE"
    HOUR = "HOUR"
    DAY = "DAY"
    MONTH = "MONTH"
    YEAR = "YEAR"
    DECADE = "DECADE"
    CENTURY = "CENTURY"

    @property
    def is_moment(self) -> bool:
        """Whether this is a time of day that is exact to the minute or finer."""
        return _COARSENESS[self] <= _COARSENESS[Precision.MINUTE]

    def coarser(self, other: "Precision") -> "Precision":
        """Return the coarser of the two."""
        return self if _COARSENESS[self] >= _COARSENESS[other] else other


class DateRange(NamedTuple):
    """The range of instants that one date or date-time means.

    `earliest` (inclusive) and `latest` (exclusive) are aware UTC; `timed` is whether the text has a
    time of day; `qualifier` is `~`, `?`, `%` or empty.
    """

    earliest: datetime
    latest: datetime
    precision: Precision
    timed: bool
    qualifier: str

    @property
    def moment(self) -> datetime:
        """The time as written, aware UTC: the middle of an approximate hour, or `earliest`."""
        return self.earliest + _HALF_HOUR if self.precision is Precision.HOUR else self.earliest


_COARSENESS: Final = {precision: rank for rank, precision in enumerate(Precision)}
_YEARS: Final = (Precision.YEAR, Precision.DECADE, Precision.CENTURY)
_YEAR_COUNTS: Final = {Precision.YEAR: 1, Precision.DECADE: 10, Precision.CENTURY: 100}
_WIDTHS: Final = {
    Precision.MINUTE: timedelta(minutes=1),
    Precision.SECOND: timedelta(seconds=1),
    Precision.MICROSECOND: timedelta(microseconds=1),
}
_HALF_HOUR: Final = timedelta(minutes=30)
_OFFSET_MAX: Final = timedelta(hours=18)
_DECEMBER: Final = 12
_SEASONS: Final = range(21, 42)

_DATE: Final = re.compile(
    r"(?P<year>\d{4}|\d{3}X|\d{2}XX)(?:-(?P<month>\d\d|XX)(?:-(?P<day>\d\d|XX))?)?"
    r"(?:T(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d{1,6}))?)?"
    r"(?P<offset>Z|[+-]\d\d(?::\d\d)?)?)?(?P<qualifier>[?~%])?",
    re.ASCII,
)
_FORMS: Final = (
    "give a date such as 2019-08-21, 2019-08, 2019 or 201X, a date-time such as "
    "2019-08-21T15:00+09:00, or an interval such as 2019-08-21/2019-08-23 or 2019-08-21/.."
)
_FAULTS: Final = (
    (r"", "says nothing"),
    (r"Y.*|\d{5}([-T?~%].*)?", "has a year of more than four digits: years go from 1000 to 9999"),
    (r"-.*", "has a negative year: years go from 1000 to 9999"),
    (r".*/.*", "has a second slash: an interval has two ends"),
    (r"(?i:open|now|present|ongoing|unknown)", "is no date: for an end that is open write .."),
    (r"[\[{].*", "is a set: submit one event for each date, or give an interval"),
    (r"\d{4}-?\d\d-?\d\dT.*[.,]\d{7,}.*", "is finer than a microsecond: six decimals at most"),
    (r"\d{4}-\d\d-\d\d(T\d\d)?", "has no minutes: write 2019-08-21T15:00, or the day alone"),
    (r"\d{4}-\d\d-\d\d[ t]\d.*", "has no T between the day and the time of day"),
    (r"\d{8}(T.*)?", "has no hyphens: write 2019-08-21"),
    (r"\d{4}-\d(-.*)?|\d{4}-\d\d-\d", "needs two digits for a month or day, as in 2019-08-01"),
    (
        r"[\d-]*[xXuU][\d\w-]*",
        "has open digits out of place: write 201X, 20XX, 2019-XX, 2019-08-XX",
    ),
    (r"[?~%\dX-]+", "has a qualifier out of place: one of ? ~ % at the end, as in 2019-08~"),
)


def read(text: str, local: tzinfo) -> DateRange:
    """Return the range of one date or date-time in the zone `local`; `CEILING` bounds both ends.

    Raises:
        EdtfError: neither a date nor a date-time, impossible, or outside the years 1000 to 9999.
    """
    match = _DATE.fullmatch(text)
    if match is None:
        raise EdtfError(_diagnosis(text))
    try:
        return _moment(match, local) if match["hour"] else _days(match, local)
    except ValueError as error:
        raise EdtfError(f"{text!r} {error}") from None


def _moment(match: re.Match[str], local: tzinfo) -> DateRange:
    year, month, day, hour, minute, second, fraction, offset, qualifier = match.groups()
    if qualifier and (qualifier != "~" or second is not None):
        hint = "only a date can have one, but 2019-08-21T15:00~ is about three o'clock"
        raise ValueError(f"has {qualifier} after a time of day: {hint}")
    if day is None or "X" in year + month + day:
        raise ValueError("has a time of day, so it needs a whole day: 2019-08-21T15:00")
    first, _ = _first_day(year, month, day)
    if hour > "23" or minute > "59" or (second or "00") > "59":
        raise ValueError(
            "has no such time of day: 00:00 to 23:59:59.999999, midnight is 00:00 next day"
        )
    parts = (int(hour), int(minute), int(second or 0), int((fraction or "").ljust(6, "0")))
    zone = _fixed(offset) if offset else local
    earliest = _utc(datetime(first.year, first.month, first.day, *parts, tzinfo=zone))
    if qualifier:
        if earliest >= CEILING:
            raise ValueError("is about an hour after the last instant of the year 9999")
        latest = earliest + _HALF_HOUR if CEILING - earliest > _HALF_HOUR else CEILING
        return DateRange(
            earliest - _HALF_HOUR, latest, Precision.HOUR, timed=True, qualifier=qualifier
        )
    precision = Precision.MINUTE if second is None else Precision.SECOND
    if fraction is not None:
        precision = Precision.MICROSECOND
    width = _WIDTHS[precision]
    latest = earliest + width if CEILING - earliest > width else CEILING
    return DateRange(earliest, latest, precision, timed=True, qualifier="")


def _days(match: re.Match[str], local: tzinfo) -> DateRange:
    first, precision = _first_day(match["year"], match["month"], match["day"])
    earliest = _midnight(first, local)
    following = _following(first, precision)
    latest = _midnight(following, local) if following else CEILING
    if latest <= earliest < CEILING:
        raise ValueError(f"is a day that was skipped in {local}")
    return DateRange(earliest, latest, precision, timed=False, qualifier=match["qualifier"] or "")


def _first_day(year: str, month: str | None, day: str | None) -> tuple[date, Precision]:
    if (month and "X" in year) or (month == "XX" and day not in {None, "XX"}):
        raise ValueError("gives digits after an open one: write 201X, 2019-XX or 2019-08-XX")
    number = int(year.replace("X", "0"))
    if number < YEAR_MIN:
        raise ValueError("is before the year 1000: years go from 1000 to 9999")
    if month is None or month == "XX":
        return date(number, 1, 1), _YEARS[year.count("X")]
    if int(month) in _SEASONS:
        raise ValueError("is a season: give its months as an interval, such as 2019-06/2019-08")
    if not 1 <= int(month) <= _DECEMBER:
        raise ValueError(f"has no such month as {month}: they go from 01 to 12")
    if day is None or day == "XX":
        return date(number, int(month), 1), Precision.MONTH
    last = monthrange(number, int(month))[1]
    if not 1 <= int(day) <= last:
        days = f"the days of {number}-{month} go from 01 to {last}"
        raise ValueError(f"is no day of the calendar: {days}, or give the month alone")
    return date(number, int(month), int(day)), Precision.DAY


def _following(first: date, precision: Precision) -> date | None:
    """Return the first day after the day, month, year, ... of `first`; None after the year 9999."""
    match precision:
        case Precision.DAY:
            return first + timedelta(days=1) if first < date.max else None
        case Precision.MONTH if first.month < _DECEMBER:
            return first.replace(month=first.month + 1)
        case _:
            year = first.year + _YEAR_COUNTS.get(precision, 1)
            return date(year, 1, 1) if year <= date.max.year else None


def _fixed(offset: str) -> tzinfo:
    if offset == "Z":
        return UTC
    east = timedelta(hours=int(offset[1:3]), minutes=int(offset[4:6] or 0))
    if east > _OFFSET_MAX or offset[4:6] > "59":
        raise ValueError(f"has no such offset as {offset}: they go from -18:00 to +18:00")
    return timezone(-east if offset[0] == "-" else east)


def _midnight(day: date, local: tzinfo) -> datetime:
    return _utc(datetime(day.year, day.month, day.day, tzinfo=local))


def _utc(local: datetime) -> datetime:
    try:
        return local.astimezone(UTC)
    except OverflowError:
        return CEILING


def _diagnosis(text: str) -> str:
    for pattern, fault in _FAULTS:
        if re.fullmatch(pattern, text, re.ASCII):
            return f"{text!r} {fault}"
    return f"{text!r} is not an EDTF date: {_FORMS}"
