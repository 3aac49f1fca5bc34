"""The three clocks, and the only place that compares them.

*Valid* time is when an event happened, *known* time when it could be known, *record* time (or its
exact form, the position) when the log got it. A question is asked from a point on all: `AsOf`.

What is visible and asserted at a point is given by tables of comparisons, which the functions here
evaluate and from which the read models generate their SQL.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise
from operator import gt, le
from typing import Any, Final, NamedTuple

from communique.domain.time.edtf import EdtfError, ValidTime
from communique.domain.time.known_time import KnownTime
from communique.domain.time.zones import zone_named

SKEW_MAX: Final = timedelta(minutes=5)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class KnownInFuture(ValueError):
    """A known time is later than the record time, by more than clocks may differ."""


@dataclass(frozen=True, slots=True)
class AsOf:
    """The resolved point that a question is asked from.

    Attributes:
        valid: what had happened by then; aware UTC, inclusive.
        known: what could be known by then; aware UTC, inclusive.
        position: what the log held then; the last position that counts, 0 for none.
        day: the civil day that `valid` is the last instant of, where it was given as a day.
    """

    valid: datetime
    known: datetime
    position: int
    day: "CivilDay | None" = None

    @property
    def valid_day(self) -> int | None:
        """The number of the day, as in `date.toordinal`; None where an instant was given."""
        return None if self.day is None else self.day.valid_date.toordinal()


class CivilDay(NamedTuple):
    """A day in a zone (IANA name), from which a question is asked."""

    valid_date: date
    zone: str

    @classmethod
    def of(cls, point: KnownTime) -> "CivilDay | None":
        """Return the day that a point was given as; None for a date-time."""
        return cls(date.fromisoformat(point.text), point.zone) if point.is_day else None

    @property
    def last_instant(self) -> datetime:
        """The last microsecond of the day, aware UTC."""
        return end_of_day(self.valid_date.isoformat(), self.zone)


class Window(NamedTuple):
    """When what a claim claims must have begun, given when it was known. Instants are aware UTC.

    Attributes:
        first: the first instant at which it can have begun.
        settled: the instant by which it must have begun, inclusive: the last one at which it can
            have, or the known time if that lies between, as a report comes after what it reports.
        settled_day: the number of the date by which it must have begun, in its own zone, as in
            `date.toordinal`; None for what has a time of day.
        foreseen: whether the claim was known before it.
    """

    first: datetime
    settled: datetime
    settled_day: int | None
    foreseen: bool


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
ASSERTED: Final = (
    Comparison("settled_day", "<=", "valid_day"),
    Comparison("settled", "<=", "valid"),
)
"""Of these comparisons the first with both sides given holds if a claim is asserted.

It must have begun by then: a claim without a time of day by the day asked for, any other claim, and
any claim where an instant is asked for, by that instant.
"""


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


def asserted(window: Window, as_of: AsOf) -> bool:
    """Whether what a claim claims must have begun by then."""
    sides = (
        (rule, getattr(window, rule.bound), getattr(as_of, rule.coordinate)) for rule in ASSERTED
    )
    return next(
        rule.holds(bound, point)
        for rule, bound, point in sides
        if bound is not None and point is not None
    )


def passed(scheduled: ValidTime, as_of: AsOf) -> bool:
    """Whether the last instant that a scheduled time can mean lies before the point.

    Dates compare with dates: a day asked for is not after the same day in another zone.
    """
    last = scheduled.last
    if last is None:
        return False
    if as_of.valid_day is None or not scheduled.starts_by_date:
        return last < as_of.valid
    return _day_number(last, zone_named(scheduled.zone)) < as_of.valid_day


def window_of(occurred: ValidTime, given: KnownTime | None, known: datetime) -> Window:
    """Return when what a claim says must have begun.

    `given` is the known time that the claim gives, and `known` the instant that counts, aware UTC.
    For example a claim of August 2019 that was known on the 29th must have begun by that day, one
    that was known in September by the end of August, and one that was known in July foresaw it.
    """
    first, last = occurred.earliest, occurred.latest_start
    if not occurred.starts_by_date:
        settled = known if first <= known <= last else last
        return Window(first, settled, None, known < first)
    zone = zone_named(occurred.zone)
    first_day, last_day = _day_number(first, zone), _day_number(last, zone)
    # Dates compare with dates, each in its own zone.
    known_day = _day_number(known, zone_named(given.zone) if given else zone)
    settled_day = known_day if first_day <= known_day <= last_day else last_day
    settled = known if first <= known <= last else last
    return Window(first, settled, settled_day, known < first and known_day < first_day)


def _day_number(instant: datetime, zone: tzinfo) -> int:
    try:
        return instant.astimezone(zone).toordinal()
    except OverflowError:  # the last hours of 9999 are in the year 10000 further east
        return instant.toordinal() + 1


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
