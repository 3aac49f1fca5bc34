"""Events as JSON, in the domain's own form: one object for each, defaults left out."""

import json
from datetime import UTC, datetime
from typing import Any, Final, cast

from communique.domain.claims.event import Event, EventCorrected, Recorded
from communique.domain.claims.history import EventAsOf

_TIMES: Final = frozenset({"occurred", "known", "scheduled", "ends"})

JsonObject = dict[str, Any]


def event_line(event: Event) -> str:
    """Return an event as one line of JSON without its end: defaults are left out."""
    return _written(event_object(event))


def recorded_line(recorded: Recorded) -> str:
    """Return an event as the log keeps it as one line of JSON without its end."""
    at = recorded.record_time.astimezone(UTC).replace(tzinfo=None)
    return _written(
        {
            "position": recorded.position,
            "record_time": f"{at.isoformat(timespec='microseconds')}Z",
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


def event_as_of_object(one: EventAsOf) -> JsonObject:
    """Return an event as of a point as plain data."""
    return {
        "position": one.position,
        "record_time": _iso(one.record_time),
        "known": _iso(one.known),
        "submitter": one.submitter,
        "corrected_by": one.corrected_by,
        "disputed_by": [str(dispute_id) for dispute_id in one.disputed_by],
        "event": event_object(one.event) if one.event else None,
    }


def _iso(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def _compact(data: JsonObject) -> JsonObject:
    """Write a time in UTC, the default zone, as its text alone."""
    return {
        name: _text(value) if name in _TIMES and value.get("zone") == "UTC" else value
        for name, value in data.items()
    }


def _text(written: JsonObject) -> str:
    return cast("str", written.get("edtf") or written.get("text"))


def _written(data: JsonObject) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
