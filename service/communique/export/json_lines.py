"""Events as JSON objects in the domain's own form, without defaults."""

import json
from datetime import UTC, datetime
from typing import Any, Final

from communique.domain.claims.event import Event, EventCorrected, Recorded
from communique.domain.claims.history import EventAsOf

_TIMES: Final = frozenset({"occurred", "known", "scheduled", "ends"})

JsonObject = dict[str, Any]


def event_line(event: Event) -> str:
    """Return an event as one line of JSON without a line end."""
    return json_text(event_object(event))


def recorded_line(recorded: Recorded) -> str:
    """Return a recorded event as one line of JSON without a line end."""
    return json_text(
        {
            "position": recorded.position,
            "record_time": utc_text(recorded.record_time, "microseconds"),
            "revision": recorded.revision,
            "submitter": recorded.submitter,
            "event": event_object(recorded.event) if recorded.event else None,
        }
    )


def event_object(event: Event) -> JsonObject:
    """Return an event as plain data, without defaults; `importers.jsonl.event_of` reads it back."""
    data = event.model_dump(mode="json", exclude_defaults=True)
    payload = {"type": event.payload.type, **data.get("payload", {})}
    if isinstance(event.payload, EventCorrected):
        payload["content"] = event_object(event.payload.content)
    return _compact(data) | {"payload": _compact(payload)}


def event_as_of_object(event: EventAsOf) -> JsonObject:
    """Return an event as of a point as plain data."""
    return {
        "position": event.position,
        "record_time": utc_text(event.record_time),
        "known": utc_text(event.known),
        "submitter": event.submitter,
        "corrected_by": event.corrected_by,
        "disputed_by": [*map(str, event.disputed_by)],
        "event": event_object(event.event) if event.event else None,
    }


def utc_text(instant: datetime, timespec: str = "auto") -> str:
    """Return an instant in UTC as ISO 8601 text: `2019-08-21T06:30:00Z`."""
    return instant.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def _compact(data: JsonObject) -> JsonObject:
    """Return the data with each time in UTC, the default zone, as its text alone."""
    return {
        name: value.get("edtf") or value.get("text")
        if name in _TIMES and value.get("zone") == "UTC"
        else value
        for name, value in data.items()
    }


def json_text(value: object) -> str:
    """Return a value as one line of JSON; an object that JSON does not know becomes its text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
