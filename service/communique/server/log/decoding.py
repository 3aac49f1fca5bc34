"""Stored bytes as domain events."""

from google.protobuf.message import DecodeError

from communique import codec
from communique.domain.claims.event import Event, Recorded
from communique.domain.time.clocks import from_micros
from communique.server.log.entries import LogRow


class UndecodableEvent(ValueError):
    """Stored bytes are no valid event of the type that their topic says."""


def recorded_of(row: LogRow) -> Recorded:
    """Return the domain's view of a row of the log; raises as `event_of` does.

    A claim is trusted, as it was validated before it was recorded; all else is validated.
    """
    event: Event | None = codec.trusted_claim(row.state)
    if event is None or event.payload.type != row.topic:
        event = event_of(row.topic, row.state)
    record_time = from_micros(row.record_micros)
    return Recorded(row.position, record_time, row.revision, event, row.submitter)


def event_of(topic: str, state: bytes) -> Event | None:
    """Return the event of stored bytes, None where what it says is newer than this release.

    Raises `UndecodableEvent` if they are no valid event of the type that `topic` says.
    """
    try:
        event = codec.stored_bytes(state)
    except (DecodeError, OverflowError, ValueError) as error:
        raise UndecodableEvent(f"no event under {topic!r}: {error}") from error
    if event is not None and event.payload.type != topic:
        raise UndecodableEvent(f"the state under {topic!r} is a {event.payload.type}")
    if event is None and topic in codec.TYPE_WORDS and not codec.has_payload(state):
        raise UndecodableEvent(f"the state under {topic!r} has no payload")
    return event
