"""Events for the timelines of web pages: TimelineJS 3 and vis-timeline.

Both put texts into a page as HTML, so every text is escaped.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from html import escape
from typing import Final

from communique.domain.claims.event import Claim
from communique.domain.claims.history import EventAsOf
from communique.domain.claims.values import Certainty, Polarity
from communique.domain.time.dates import Precision
from communique.export import wording
from communique.export.json_lines import JsonObject, utc_text

NO_ISSUE: Final = "no issue"

_PARTS: Final = {
    Precision.MICROSECOND: ("year", "month", "day", "hour", "minute", "second", "millisecond"),
    Precision.SECOND: ("year", "month", "day", "hour", "minute", "second"),
    Precision.MINUTE: ("year", "month", "day", "hour", "minute"),
    Precision.HOUR: ("year", "month", "day", "hour", "minute"),
    Precision.DAY: ("year", "month", "day"),
    Precision.MONTH: ("year", "month"),
}
_YEAR: Final = ("year",)
_MICROSECOND: Final = timedelta(microseconds=1)


def slide(event: EventAsOf, claim: Claim) -> JsonObject:
    """Return an event of TimelineJS 3: dates as in the zone where it happened, grouped by issue.

    `display_date` says how precise a date is, such as `about Aug 2019`, and in which zone.
    """
    occurred = claim.occurred
    start = _parts(occurred.earliest, occurred.precision, occurred.zone)
    slide_object: JsonObject = {
        "unique_id": str(claim.event_id),
        "start_date": start,
        "display_date": occurred.display(),
        "text": {"headline": escape(_headline(claim)), "text": _paragraph(event, claim)},
        "group": wording.spaced(claim.issues[0]) if claim.issues else NO_ISSUE,
    }
    end = _end(claim)
    if end is not None and end != start:
        slide_object["end_date"] = end
    return slide_object


def items(event: EventAsOf, claim: Claim, running_until: datetime) -> Iterator[JsonObject]:
    """Yield an item of vis-timeline for each issue of an event, or one item if it has no issue.

    A moment is a `point`; an interval, a day, a month and the like are the `range` that they may
    lie in. An event that is still running ends at `running_until` and has the class `running`.
    """
    occurred = claim.occurred
    for issue in claim.issues or ("",):
        suffix = f"/{issue}" if len(claim.issues) > 1 else ""
        item: JsonObject = {
            "id": f"{claim.event_id}{suffix}",
            "group": issue,
            "content": escape(_headline(claim)),
            "title": f"{escape(occurred.display())}<br>{_paragraph(event, claim)}",
            "start": utc_text(occurred.earliest),
            "type": "point",
            "className": " ".join(_classes(event, claim)),
        }
        is_range = occurred.is_interval or not occurred.precision.is_moment
        if is_range and not occurred.has_unknown_end:
            end = occurred.latest or max(running_until, occurred.earliest)
            item |= {"type": "range", "end": utc_text(end)}
        yield item


def group(issue: str) -> JsonObject:
    """Return the group of vis-timeline that the items of an issue are in."""
    return {"id": issue, "content": escape(wording.spaced(issue) or NO_ISSUE)}


def _headline(claim: Claim) -> str:
    return f"{wording.spaced(claim.payload.type).capitalize()}: {wording.who(claim)}"


def _paragraph(event: EventAsOf, claim: Claim) -> str:
    marks = ", ".join(_marks(event, claim))
    source = f"{claim.source.outlet} ({marks})" if marks else claim.source.outlet
    return wording.listed(map(escape, (claim.gist or wording.payload_text(claim), source)), "<br>")


def _marks(event: EventAsOf, claim: Claim) -> Iterator[str]:
    if claim.certainty is not Certainty.CERTAIN:
        yield claim.certainty.value.lower()
    if claim.polarity is Polarity.NEGATIVE:
        yield "denied"
    if event.corrected_by:
        yield "corrected"
    if event.disputed_by:
        yield "contested"


def _classes(event: EventAsOf, claim: Claim) -> Iterator[str]:
    yield wording.spaced(claim.payload.type).replace(" ", "-")
    yield from _marks(event, claim)
    if claim.occurred.over is None:
        yield "running"


def _end(claim: Claim) -> JsonObject | None:
    """Return the last date of an event; None while it is running."""
    occurred = claim.occurred
    if occurred.latest is None:
        return None
    # `latest` is exclusive: an interval of hours ends at it, one of days at the midnight before it.
    is_timed = occurred.is_interval and occurred.precision.is_moment
    last = occurred.latest if is_timed else occurred.latest - _MICROSECOND
    return _parts(last, occurred.precision, occurred.zone)


def _parts(instant: datetime, precision: Precision, zone: str) -> JsonObject:
    local = wording.local_time(instant, zone)
    names = _PARTS.get(precision, _YEAR)
    values = {"millisecond": local.microsecond // 1_000}
    return {name: values[name] if name in values else getattr(local, name) for name in names}
