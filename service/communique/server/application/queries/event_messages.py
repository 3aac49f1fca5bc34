"""Events as they stood at a point, as messages of the contract."""

from uuid import UUID

from communique import codec
from communique.codec.wire import recorded_message, timestamp_of
from communique.server.views.timeline.event_lists import ListedEvent
from communique.server.views.timeline.subject_pages import ListedClaim
from communique.v1 import event_pb2, subject_pb2


def event_as_of_message(listed: ListedEvent) -> event_pb2.EventAsOf:
    """Return an event as it stood, put together from the log's own bytes."""
    entry, claim, content, dispute_ids = listed
    return event_pb2.EventAsOf(
        position=claim.position,
        record_time=timestamp_of(claim.record_micros),
        submitter=claim.submitter,
        known=timestamp_of(entry.known),
        event=codec.content_message(content.state, entry.event_id),
        corrected_by=str(UUID(bytes=entry.corrected_by)) if entry.corrected_by else "",
        disputed_by_events=[str(UUID(bytes=dispute_id)) for dispute_id in dispute_ids],
    )


def subject_claim_message(listed: ListedClaim) -> subject_pb2.SubjectClaim:
    """Return a claim about a subject, with its amendments."""
    return subject_pb2.SubjectClaim(
        event=event_as_of_message(listed.event),
        amendments=map(recorded_message, listed.amendments),
    )
