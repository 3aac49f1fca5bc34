"""What the timelines of web pages make of an event: TimelineJS 3 and vis-timeline.

Both put what they are given into a page as HTML, so every text is escaped.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any, Final

from communique.domain.claims.event import Claim
from communique.domain.claims.history import EventAsOf
from communique.domain.claims.values import Certainty, Polarity
from communique.domain.time.dates import Precision
from communique.domain.time.zones import zone_named
from communique.export import wording as words

Plain = dict[str, Any]

NO_ISSUE: Final = "no issue"

_DATES: Final = (Precision.DAY, Precision.MONTH)
_PARTS: Final = {
    Precision.MICROSECOND: ("year", "month", "day", "hour", "minute", "second", "millisecond"),
    Precision.SECOND: ("year", "month", "day", "hour", "minute", "second"),
    Precision.MINUTE: ("year", "month", "day", "hour", "minute"),
    Precision.DAY: ("year", "month", "day"),
    Precision.MONTH: ("year", "month"),
}
_YEAR: Final = ("year",)
_TIMED: Final = frozenset({Precision.MICROSECOND, Precision.SECOND, Precision.MINUTE})
_MICROSECOND: Final = timedelta(microseconds=1)


def slide(one: EventAsOf, claim: Claim) -> Plain:
    """Return an event of TimelineJS 3: dates as in the zone where it happened, grouped by issue.

    `display_date` says how precise a date is, such as `about Aug 2019`, and in which zone.
    """
    occurred = claim.occurred
    start = _parts(occurred.earliest, occurred.precision, occurred.zone)
    found: Plain = {
        "unique_id": str(claim.event_id),
        "start_date": start,
        "display_date": occurred.display(),
        "text": {"headline": escape(_headline(claim)), "text": _paragraph(one, claim)},
        "group": words.spaced(claim.issues[0]) if claim.issues else NO_ISSUE,
    }
    end = _end(claim)
    if end is not None and end != start:
        found["end_date"] = end
    return found


def items(one: EventAsOf, claim: Claim, running_until: datetime) -> Iterator[Plain]:
    """Yield an item of vis-timeline for each issue of an event; without one, a single item.

    A moment is a `point`; an interval, a day, a month and the like are the `range` that they may
    lie in. What is still running ends at `running_until`, and has the class `running`.
    """
    occurred = claim.occurred
    for issue in claim.issues or ("",):
        several = f"/{issue}" if len(claim.issues) > 1 else ""
        item: Plain = {
            "id": f"{claim.event_id}{several}",
            "group": issue,
            "content": escape(_headline(claim)),
            "title": f"{escape(occurred.display())}<br>{_paragraph(one, claim)}",
            "start": _iso(occurred.earliest),
            "type": "point",
            "className": " ".join(_classes(one, claim)),
        }
        if occurred.is_interval or occurred.precision not in _TIMED:
            end = occurred.latest or max(running_until, occurred.earliest)
            item |= {"type": "range", "end": _iso(end)}
        yield item


def group(issue: str) -> Plain:
    """Return the group of vis-timeline that the items of an issue are in."""
    return {"id": issue, "content": escape(words.spaced(issue) or NO_ISSUE)}


def _headline(claim: Claim) -> str:
    return f"{words.spaced(claim.payload.type).capitalize()}: {words.who(claim)}"


def _paragraph(one: EventAsOf, claim: Claim) -> str:
    marks = ", ".join(_marks(one, claim))
    source = f"{claim.source.outlet} ({marks})" if marks else claim.source.outlet
    return words.listed(map(escape, (claim.gist or words.told(claim), source)), "<br>")


def _marks(one: EventAsOf, claim: Claim) -> Iterator[str]:
    if claim.certainty is not Certainty.CERTAIN:
        yield claim.certainty.value.lower()
    if claim.polarity is Polarity.NEGATIVE:
        yield "denied"
    if one.corrected_by:
        yield "corrected"
    if one.disputed_by:
        yield "contested"


def _classes(one: EventAsOf, claim: Claim) -> Iterator[str]:
    yield words.spaced(claim.payload.type).replace(" ", "-")
    yield from _marks(one, claim)
    if claim.occurred.latest is None:
        yield "running"


def _end(claim: Claim) -> Plain | None:
    """Return the date of the end, the last that belongs to it; None while it is running."""
    occurred = claim.occurred
    if occurred.latest is None:
        return None
    # The latest instant is the first that is not part of it: of an interval of hours its end,
    # of days the midnight after.
    is_timed = occurred.is_interval and occurred.precision in _TIMED
    last = occurred.latest if is_timed else occurred.latest - _MICROSECOND
    return _parts(last, occurred.precision, occurred.zone)


def _parts(instant: datetime, precision: Precision, zone: str) -> Plain:
    local = _shifted(instant, zone)
    names = _PARTS.get(precision, _YEAR)
    values = {"millisecond": local.microsecond // 1_000}
    return {name: values[name] if name in values else getattr(local, name) for name in names}


def _shifted(instant: datetime, zone: str) -> datetime:
    try:
        return instant.astimezone(zone_named(zone))
    except OverflowError:  # the last hours of 9999 are in the year 10000 further east
        return instant


def _iso(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
