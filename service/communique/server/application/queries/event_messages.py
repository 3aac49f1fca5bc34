"""Messages of the contract, put together from the log's own bytes."""

from collections.abc import Mapping
from uuid import UUID

from communique.codec import timestamp
from communique.domain.time.clocks import from_micros
from communique.server.log import Recorded
from communique.server.views.timeline.event_lists import Entry
from communique.v1 import event_pb2


def event_as_of(
    entry: Entry, disputes: list[bytes], rows: Mapping[int, Recorded]
) -> event_pb2.EventAsOf:
    """Return an event as it stood; `rows` holds the claim and the version of its content."""
    claim = rows[entry.position]
    return event_pb2.EventAsOf(
        position=claim.position,
        record_time=timestamp(from_micros(claim.record_micros)),
        submitter=claim.submitter,
        known=timestamp(from_micros(entry.known)),
        event=content_of(rows[entry.content_position], entry.event_id),
        corrected_by=str(UUID(bytes=entry.corrected_by)) if entry.corrected_by else "",
        disputed_by_events=[str(UUID(bytes=one)) for one in disputes],
    )


def content_of(version: Recorded, event_id: bytes) -> event_pb2.Event:
    """Return the content that a version of an event gives, under the event's own id."""
    event = event_pb2.Event.FromString(version.state)
    if not event.HasField("event_corrected"):
        return event
    content = event.event_corrected.content
    content.event_id = str(UUID(bytes=event_id))
    return content
