"""Valid time: when something happened in the world, as exactly as the source gives it.

A valid time is a text in EDTF (ISO 8601-2), level 0 and most of level 1, read in an IANA zone:

| text | begins (inclusive) | ends (exclusive) |
|---|---|---|
| `2019-08-21` | 00:00 that day | 00:00 the next day |
| `2019-08`, `2019-08-XX` | 1 August, 00:00 | 1 September, 00:00 |
| `2019`, `2019-XX`, `201X`, `20XX` | the year, decade or century | its end |
| `2019-08-21T15:00` | 15:00 | 15:01 |
| `2019-08-21T15:00~`, about that hour | 14:30 | 15:30 |
| `2019-08-21T15:00/2019-08-21T15:30` | 15:00 | 15:30 |
| `2019-08-21/2019-08-23` | 21 August, 00:00 | 24 August, 00:00 |
| `2019-07-12T14:00+09:00/..` | 14:00 | open: still running |
| `2019-07-12T14:00+09:00/` | 14:00 | unknown |

`~` after a date makes it approximate, `?` uncertain, `%` both; `~` after a time of day is our own
extension of EDTF. `Z` or an offset after a time of day replaces the zone. A local time that the
clocks showed twice is the first of the two; a local time that they skipped is read with the offset
from before the change (`fold=0`).
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final, NamedTuple, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from communique.domain.time.dates import CEILING, YEAR_MIN, DateRange, EdtfError, Precision, read
from communique.domain.time.zones import zone_named

__all__ = ["CEILING", "TEXT_LENGTH_MAX", "EdtfError", "Precision", "ValidTime"]

TEXT_LENGTH_MAX: Final = 64
_MICROSECOND: Final = timedelta(microseconds=1)
_MONTHS: Final = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)
_CLOCKS: Final = {
    Precision.HOUR: "%H:%M",
    Precision.MINUTE: "%H:%M",
    Precision.SECOND: "%H:%M:%S",
    Precision.MICROSECOND: "%H:%M:%S.%f",
}
_HEDGES: Final = {"": "", "~": "about ", "?": "perhaps ", "%": "perhaps about "}


@dataclass(frozen=True, slots=True)
class ValidTime:
    """When something happened: the EDTF text and what it means.

    Make one with `parse`, `instant` or `interval`; the constructor trusts its arguments.

    Attributes:
        edtf: the text as it was given, without white space around it, 4 to 64 characters.
        zone: IANA name of the zone in which its local times are meant.
        earliest: aware UTC, inclusive.
        latest: aware UTC, exclusive and after `earliest`; None where the end is open or unknown.
        precision: for an interval, the coarser precision of its two ends.
        approximate: whether either end has `~` or `%`.
        uncertain: whether either end has `?` or `%`.
    """

    edtf: str
    zone: str
    earliest: datetime
    latest: datetime | None
    precision: Precision
    approximate: bool = False
    uncertain: bool = False

    @classmethod
    def parse(cls, edtf: str, zone: str = "UTC") -> "ValidTime":
        """Read an EDTF text whose local times are meant in `zone`.

        Raises:
            EdtfError: the text is none of the forms above, or says something impossible.
            UnknownZone: there is no such zone.
        """
        return _parse(edtf.strip(), zone)

    @classmethod
    def instant(cls, at: datetime, zone: str = "UTC") -> Self:
        """Return the microsecond at an aware datetime, to be displayed in `zone`.

        Raises:
            EdtfError: naive, or outside the years 1000 to 9999.
            UnknownZone: there is no such zone.
        """
        zone_named(zone)
        text = _edtf_text(at, "microseconds")
        utc = at.astimezone(UTC)
        if utc == CEILING:
            raise EdtfError(f"{text} is the last instant of the year 9999: nothing begins there")
        return cls(text, zone, utc, utc + _MICROSECOND, Precision.MICROSECOND)

    @classmethod
    def interval(cls, start: datetime, end: datetime | None, zone: str = "UTC") -> "ValidTime":
        """Return the interval from an aware datetime to another, or an open one.

        Raises:
            EdtfError: naive, outside the years 1000 to 9999, or an end that is not after the start.
            UnknownZone: there is no such zone.
        """
        return cls.parse(f"{_edtf_text(start)}/{'..' if end is None else _edtf_text(end)}", zone)

    @property
    def is_interval(self) -> bool:
        """Whether this is a period of time, rather than a time that is not known more exactly."""
        return "/" in self.edtf

    @property
    def has_unknown_end(self) -> bool:
        """Whether this is an interval of which nobody says when it ended, or whether it did."""
        return self.edtf.endswith("/")

    @property
    def over(self) -> datetime | None:
        """When this is over, aware UTC and exclusive; None while it is open.

        What has an unknown end is over with the last day on which it can have begun.
        """
        return _over(self.edtf, self.zone) if self.has_unknown_end else self.latest

    @property
    def last(self) -> datetime | None:
        """The last instant that this can mean, aware UTC and inclusive; None while it is open."""
        if self.precision.is_moment and not self.is_interval:
            return self.earliest
        return None if self.over is None else self.over - _MICROSECOND

    @property
    def latest_start(self) -> datetime:
        """The last instant at which this can have begun, aware UTC and inclusive.

        A time of day that is exact to the minute is that moment; an interval begins before it ends.
        """
        if self.is_interval:
            return _start_of(self.edtf, self.zone).last
        if self.latest is None or self.precision.is_moment:
            return self.earliest
        return self.latest - _MICROSECOND

    @property
    def start_range_end(self) -> datetime:
        """The end (aware UTC, exclusive) of the range in which this begins as it is written.

        Of 15:00 that is 15:01, of the interval 15:00 to 15:30 too.
        """
        return _start_of(self.edtf, self.zone).range_end

    @property
    def starts_by_date(self) -> bool:
        """Whether the beginning is dated by the day or coarser, without a time of day."""
        if self.is_interval:
            return _start_of(self.edtf, self.zone).by_date
        return self.precision.coarser(Precision.HOUR) is not Precision.HOUR

    def under_way_at(self, instant: datetime) -> bool:
        """Whether this is an interval that has begun and is not over at an aware instant."""
        begun = self.is_interval and self.earliest <= instant
        over = self.over
        return begun and (over is None or instant < over)

    def display(self) -> str:
        """Return the time in short words in its zone, such as `21 Aug 2019 15:00–15:30 KST`."""
        return _displayed(self.edtf, self.zone)

    def __str__(self) -> str:
        """Return the EDTF text."""
        return self.edtf

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler, /
    ) -> CoreSchema:
        """Take an instance, EDTF text or `{"edtf": ..., "zone": ...}`; dump the last."""
        return core_schema.no_info_plain_validator_function(
            _validated, serialization=core_schema.plain_serializer_function_ser_schema(_dumped)
        )


@lru_cache(maxsize=1 << 16)
def _parse(edtf: str, zone: str) -> ValidTime:
    if len(edtf) > TEXT_LENGTH_MAX:
        raise EdtfError(f"the text has {len(edtf)} characters, {TEXT_LENGTH_MAX} are allowed")
    local = zone_named(zone)
    start_text, slash, end_text = edtf.partition("/")
    if not slash:
        point = _begin(edtf, local)
        return _valid_time(edtf, zone, point.latest, point, point)
    if start_text in {"", ".."}:
        hint = "give the earliest date it can have begun, such as 2019-08/.."
        raise EdtfError(f"{edtf!r} has no start: {hint}")
    start = _begin(start_text, local)
    if end_text in {"", ".."}:
        return _valid_time(edtf, zone, None, start, start)
    end = read(end_text, local)
    # An end with a time of day is that very moment; an end without one includes all of its date.
    latest = end.moment if end.timed else end.latest
    if end.earliest < start.earliest and latest <= start.earliest:
        raise EdtfError(f"{edtf!r} ends before it begins: swap its two ends")
    if latest == start.earliest:
        raise EdtfError(f"{edtf!r} ends when it begins: give a later end, or the start alone")
    return _valid_time(edtf, zone, latest, start, end)


@lru_cache(maxsize=1 << 10)
def _over(edtf: str, zone: str) -> datetime:
    """Return the end of the last day on which an interval can have begun."""
    local = zone_named(zone)
    last_begin = read(edtf.partition("/")[0], local).latest - _MICROSECOND
    with suppress(OverflowError):  # as in `_words`
        last_begin = last_begin.astimezone(local)
    return read(f"{last_begin:%Y-%m-%d}", local).latest


class _Start(NamedTuple):
    """The beginning of a time: see the properties of `ValidTime`."""

    last: datetime
    range_end: datetime
    by_date: bool


@lru_cache(maxsize=1 << 14)
def _start_of(edtf: str, zone: str) -> _Start:
    local = zone_named(zone)
    start_text, _, end_text = edtf.partition("/")
    start = read(start_text, local)
    range_end = start.latest
    if end_text not in {"", ".."}:
        end = read(end_text, local)
        range_end = min(range_end, end.moment if end.timed else end.latest)
    last = start.earliest if start.precision.is_moment else range_end - _MICROSECOND
    return _Start(last, range_end, not start.timed)


def _begin(text: str, local: tzinfo) -> DateRange:
    begin = read(text, local)
    if begin.earliest >= CEILING:
        raise EdtfError(f"{text!r} begins at or after the last instant of the year 9999")
    return begin


def _valid_time(
    edtf: str, zone: str, latest: datetime | None, start: DateRange, end: DateRange
) -> ValidTime:
    marks = start.qualifier + end.qualifier
    return ValidTime(
        edtf,
        zone,
        start.earliest,
        latest,
        start.precision.coarser(end.precision),
        approximate="~" in marks or "%" in marks,
        uncertain="?" in marks or "%" in marks,
    )


def _edtf_text(at: datetime, timespec: str = "auto") -> str:
    if at.tzinfo is None:
        raise EdtfError(f"{at.isoformat()} has no zone: give an aware datetime")
    utc = at.astimezone(UTC)
    if utc.year < YEAR_MIN:
        raise EdtfError(f"{utc.isoformat()} is outside the years {YEAR_MIN} to {CEILING.year}")
    return utc.replace(tzinfo=None).isoformat(timespec=timespec) + "Z"


def _validated(value: object) -> ValidTime:
    match value:
        case ValidTime():
            return value
        case str():
            return ValidTime.parse(value)
        case {"edtf": str(edtf), "zone": str(zone)}:
            return ValidTime.parse(edtf, zone)
        case _:
            raise EdtfError('give EDTF text, or {"edtf": "2019-08-21", "zone": "Asia/Seoul"}')


def _dumped(value: ValidTime) -> dict[str, str]:
    return {"edtf": value.edtf, "zone": value.zone}


@lru_cache(maxsize=1 << 10)
def _displayed(edtf: str, zone: str) -> str:
    local = zone_named(zone)
    start_text, slash, end_text = edtf.partition("/")
    start = read(start_text, local)
    day, clock, name = _words(start, local)
    if not slash:
        return f"{day}{clock}{name}"
    if end_text == "..":
        return f"since {day}{clock}{name}"
    if not end_text:
        return f"from {day}{clock}{name}"
    end = read(end_text, local)
    end_day, end_clock, end_name = _words(end, local)
    if start.timed and end.timed and end_day == day:
        return f"{day}{clock}–{end_clock.lstrip()}{end_name}"
    shown_name = "" if name == end_name else name
    return f"{day}{clock}{shown_name} – {end_day}{end_clock}{end_name}"


def _words(end: DateRange, local: tzinfo) -> tuple[str, str, str]:
    """Return the day, the time of day and the zone of one end, the last two empty or spaced."""
    at = end.moment
    with suppress(OverflowError):  # the last hours of 9999 are in the year 10000 further east
        at = at.astimezone(local)
    day = _HEDGES[end.qualifier] + _day_words(at, end.precision)
    if not end.timed:
        return day, "", ""
    return day, f" {at:{_CLOCKS[end.precision]}}", f" {at.tzname()}"


def _day_words(at: datetime, precision: Precision) -> str:
    match precision:
        case Precision.CENTURY:
            return f"{at.year}–{at.year + 99}"
        case Precision.DECADE:
            return f"{at.year}s"
        case Precision.YEAR:
            return f"{at.year}"
        case Precision.MONTH:
            return f"{_MONTHS[at.month - 1]} {at.year}"
        case _:
            return f"{at.day} {_MONTHS[at.month - 1]} {at.year}"
