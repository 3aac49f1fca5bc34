"""The three clocks, and the only place that compares them.

*Valid* time is when an event happened, *known* time when it could be known, *record* time (or its
exact form, the position) when the log got it. A question is asked from a point on all: `AsOf`.

What is visible and asserted at a point is given by tables of comparisons, which the functions here
evaluate and from which the read models generate their SQL.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from operator import gt, le
from typing import Any, Final, NamedTuple, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from communique.domain.time.edtf import EdtfError, Precision, ValidTime
from communique.domain.time.zones import zone_named

SKEW_MAX: Final = timedelta(minutes=5)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_ZONES_APART_MAX: Final = timedelta(days=2)


class KnownInFuture(ValueError):
    """A known time is later than the record time, by more than clocks may differ."""


@dataclass(frozen=True, slots=True)
class KnownTime:
    """When a source published: an instant, or a civil day, which means the end of that day.

    Make one with `parse` or `at`.

    Attributes:
        text: a day or date-time in EDTF, as it was given.
        zone: IANA name of the source's zone, in which the text is meant.
        instant: aware UTC; for a day its last microsecond.
        begins: aware UTC; for a day its first microsecond, else `instant`.
    """

    text: str
    zone: str
    instant: datetime
    begins: datetime

    @classmethod
    def parse(cls, text: str, zone: str = "UTC") -> "KnownTime":
        """Read a day or a date-time in a zone.

        Raises:
            EdtfError: neither a day nor a date-time, or impossible.
            UnknownZone: there is no such zone.
        """
        return _known(text.strip(), zone)

    @classmethod
    def at(cls, instant: datetime) -> Self:
        """Return the known time at an aware datetime; `EdtfError` when naive or out of range."""
        exact = ValidTime.instant(instant)
        return cls(exact.edtf, exact.zone, exact.earliest, exact.earliest)

    @property
    def is_day(self) -> bool:
        """Whether the text is a day."""
        return self.begins != self.instant

    def __str__(self) -> str:
        """Return the text."""
        return self.text

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler, /
    ) -> CoreSchema:
        """Take an instance, text or `{"text": ..., "zone": ...}`; dump the last."""
        return core_schema.no_info_plain_validator_function(
            _validated, serialization=core_schema.plain_serializer_function_ser_schema(_dumped)
        )


@dataclass(frozen=True, slots=True)
class AsOf:
    """The resolved point that a question is asked from.

    Attributes:
        valid: what had happened by then; aware UTC, inclusive.
        known: what could be known by then; aware UTC, inclusive.
        position: what the log held then; the last position that counts, 0 for none.
    """

    valid: datetime
    known: datetime
    position: int


class Version(NamedTuple):
    """One version of an event: its claim, a correction or a retraction.

    Attributes:
        position: in the log.
        known: from when on an amendment counts; ignored for the claim.
        content_known: the known time of the content; None for a retraction.
    """

    position: int
    known: datetime
    content_known: datetime | None


class Comparison(NamedTuple):
    """A comparison of a bound, by name, with a coordinate of the point asked from.

    Attributes:
        bound: a field; the comparison holds if its value is None.
        sign: `<=` or `>`, with the bound on the left.
        coordinate: `valid`, `known` or `position`.
    """

    bound: str
    sign: str
    coordinate: str

    def holds(self, bound: Any, coordinate: Any) -> bool:  # noqa: ANN401  of any clock
        """Whether the comparison holds for these values of the bound and the coordinate."""
        return bound is None or bool(_SIGNS[self.sign](bound, coordinate))


_SIGNS: Final = {"<=": le, ">": gt}

COVERS: Final = (
    Comparison("position_from", "<=", "position"),
    Comparison("position_to", ">", "position"),
    Comparison("known_from", "<=", "known"),
    Comparison("known_to", ">", "known"),
)
"""The comparisons that hold if a region covers a point."""
AMENDMENT_VISIBLE: Final = (
    Comparison("position", "<=", "position"),
    Comparison("known", "<=", "known"),
)
"""The comparisons that hold if an amendment counts: it is recorded and known by then."""
ASSERTED: Final = Comparison("earliest", "<=", "valid")
"""The comparison that holds if a claim is asserted: its valid time has begun by then."""


class Region(NamedTuple):
    """A rectangle of points: `from` inclusive, `to` exclusive, None without end."""

    position_from: int
    position_to: int | None
    known_from: datetime
    known_to: datetime | None

    def covers(self, known: datetime, position: int) -> bool:
        """Whether the point at this known time and position lies inside."""
        point = {"known": known, "position": position}
        return all(rule.holds(getattr(self, rule.bound), point[rule.coordinate]) for rule in COVERS)


def known_at(known: KnownTime | None, record_time: datetime) -> datetime:
    """Return the instant from which on an event counts as known, at the latest its record time.

    A day that was not over, or a clock that was ahead, gives the record time.
    """
    return record_time if known is None else min(known.instant, record_time)


def check_known(known: KnownTime | None, now: datetime) -> None:
    """Raise `KnownInFuture` when `known` begins more than five minutes after `now` (aware)."""
    if known is not None and known.begins > now + SKEW_MAX:
        raise KnownInFuture(
            f"known time {known.text} ({known.zone}) is after the record time {now.isoformat()}: "
            "give the time of publication, or none for now"
        )


def amendment_visible(position: int, known: datetime, as_of: AsOf) -> bool:
    """Whether an amendment counts: it is recorded and known by then."""
    bounds = {"position": position, "known": known}
    return all(
        rule.holds(bounds[rule.bound], getattr(as_of, rule.coordinate))
        for rule in AMENDMENT_VISIBLE
    )


def asserted(earliest: datetime, as_of: AsOf) -> bool:
    """Whether an event at `earliest` (aware) had happened by then."""
    return ASSERTED.holds(earliest, as_of.valid)


def passed(scheduled: ValidTime, as_of: AsOf) -> bool:
    """Whether the last instant that a scheduled time can mean lies before the point."""
    return scheduled.last is not None and scheduled.last < as_of.valid


def is_foreseen(occurred: ValidTime, given: KnownTime | None, known: datetime) -> bool:
    """Whether what a claim says had not begun when the claim could be known.

    `given` is the known time that the claim gives, and `known` the instant that counts, aware UTC.
    Dates compare with dates, each in its own zone: what is dated by the day or coarser is foreseen
    only if it was known on an earlier date.
    """
    if occurred.precision.coarser(Precision.HOUR) is Precision.HOUR:
        return known < occurred.earliest
    if abs(known - occurred.earliest) > _ZONES_APART_MAX:
        return known < occurred.earliest
    known_zone = zone_named(given.zone if given else occurred.zone)
    known_date = known.astimezone(known_zone).date()
    return known_date < occurred.earliest.astimezone(zone_named(occurred.zone)).date()


def regions(claim: Version, amendments: Sequence[Version]) -> list[tuple[int, Region]]:
    """Return the regions of (position, known) in which each version of an event decides.

    Version 0 is the claim, version `i` is `amendments[i - 1]`: a correction or a retraction. At a
    point the last version by position decides that is recorded and known; its content is visible
    from the content's known time on, and a retraction has none. For example a claim at position 1,
    known on the 5th, and a correction at position 4, known on the 7th:

        (0, Region(1, 4, 5th, None))
        (0, Region(4, None, 5th, 7th))
        (1, Region(4, None, 7th, None))

    No two regions overlap, and outside all of them the event is not visible.

    Raises:
        ValueError: the positions do not ascend, or the claim has no content.
    """
    versions = (claim, *amendments)
    if claim.content_known is None:
        raise ValueError("a claim has a content: only an amendment retracts")
    if any(earlier.position >= later.position for earlier, later in pairwise(versions)):
        raise ValueError("versions are given by ascending position")
    return [
        (index, region)
        for index, version in enumerate(versions)
        for region in _regions_of(version, versions[index + 1 :], is_claim=index == 0)
    ]


def _regions_of(version: Version, later: Sequence[Version], *, is_claim: bool) -> Iterator[Region]:
    """Yield the regions that the later versions leave to this one, from position to position."""
    if version.content_known is None:
        return
    shown = version.content_known if is_claim else max(version.known, version.content_known)
    begins, until = version.position, None
    for successor in later:
        if until is not None and until <= successor.known:
            continue
        yield Region(begins, successor.position, shown, until)
        begins, until = successor.position, successor.known
        if until <= shown:
            return
    yield Region(begins, None, shown, until)


def end_of_day(day: str, zone: str = "UTC") -> datetime:
    """Return the last microsecond (aware UTC) of a civil day such as `2019-08-22` in a zone.

    Raises:
        EdtfError: not a day.
        UnknownZone: there is no such zone.
    """
    point = KnownTime.parse(day, zone)
    if not point.is_day:
        raise EdtfError(f"{day!r} is not a day: give one such as 2019-08-22")
    return point.instant


def last_of_day(instant: datetime, zone: str) -> datetime:
    """Return the last microsecond (aware UTC) of the day in a zone that an instant lies in."""
    try:
        return end_of_day(f"{instant.astimezone(zone_named(zone)):%Y-%m-%d}", zone)
    except OverflowError:  # the last hours of 9999 are in the year 10000 further east
        return instant


def parse_point(text: str, zone: str = "UTC") -> datetime:
    """Return the instant (aware UTC) that a date-time means, or the last microsecond of a day.

    A date-time without an offset is read in `zone`.

    Raises:
        EdtfError: neither a day nor a date-time.
        UnknownZone: there is no such zone.
    """
    return KnownTime.parse(text, zone).instant


def micros(instant: datetime) -> int:
    """Return the whole microseconds since 1970 UTC of an aware datetime; `TypeError` if naive."""
    age = instant - _EPOCH
    return (age.days * 86_400 + age.seconds) * 1_000_000 + age.microseconds


def from_micros(count: int) -> datetime:
    """Return the aware UTC datetime `count` microseconds after 1970, or raise `OverflowError`."""
    return _EPOCH + timedelta(microseconds=count)


@lru_cache(maxsize=1 << 14)
def _known(text: str, zone: str) -> KnownTime:
    valid = ValidTime.parse(text, zone)
    exact = not (valid.is_interval or valid.approximate or valid.uncertain)
    if exact and valid.precision.is_moment:
        return KnownTime(text, zone, valid.earliest, valid.earliest)
    if exact and valid.precision is Precision.DAY and valid.latest is not None:
        return KnownTime(text, zone, valid.latest - _MICROSECOND, valid.earliest)
    raise EdtfError(
        f"{text!r} is not a point: give a day such as 2019-08-22, which means its end, "
        "or a date-time such as 2019-08-22T18:20+09:00"
    )


def _validated(value: object) -> KnownTime:
    match value:
        case KnownTime():
            return value
        case str():
            return KnownTime.parse(value)
        case {"text": str(text), "zone": str(zone)}:
            return KnownTime.parse(text, zone)
        case _:
            raise EdtfError('give a day or date-time, or {"text": "2019-08-22", "zone": "UTC"}')


def _dumped(value: KnownTime) -> dict[str, str]:
    return {"text": value.text, "zone": value.zone}
