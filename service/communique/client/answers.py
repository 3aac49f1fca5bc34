"""Conversion of the service's messages to the client's results."""

from functools import cache
from uuid import UUID

from google.protobuf.descriptor import EnumDescriptor

from communique import codec
from communique.client.results import (
    EventHistory,
    Head,
    Page,
    Projection,
    RebuildProgress,
    Receipt,
    Rejection,
    VerifyProgress,
)
from communique.codec.names import words_of
from communique.domain.claims.event import Claim
from communique.domain.claims.history import EventAsOf
from communique.domain.state.resolved_as_of import ResolvedAsOf
from communique.v1 import (
    event_pb2,
    projection_service_pb2,
    record_service_pb2,
    time_pb2,
    timeline_service_pb2,
)


def receipt(message: record_service_pb2.Receipt) -> Receipt:
    """Return a receipt."""
    return Receipt(
        UUID(message.event_id),
        message.position,
        codec.instant(message.record_time),
        message.duplicate,
        message.revision,
    )


def rejection(message: record_service_pb2.Rejection, offset: int) -> Rejection:
    """Return a rejection of a call that began after `offset` events of the import."""
    reason = word(record_service_pb2.ErrorReason.DESCRIPTOR, message.reason)
    return Rejection(offset + message.index, message.event_id, reason, message.message)


def history(message: record_service_pb2.GetEventResponse) -> EventHistory:
    """Return an event with its amendments."""
    return EventHistory(
        codec.recorded(message.claim), tuple(map(codec.recorded, message.amendments))
    )


def page(
    message: record_service_pb2.ListEventsResponse | timeline_service_pb2.ListTimelineResponse,
) -> Page[EventAsOf]:
    """Return a page of events."""
    events = [*map(event_as_of, message.events)]
    return Page(events, message.next_page_token, resolved(message.as_of))


def event_as_of(message: event_pb2.EventAsOf) -> EventAsOf:
    """Return an event as it stood at a point."""
    event = codec.stored(message.event)
    return EventAsOf(
        message.position,
        codec.instant(message.record_time),
        message.submitter,
        codec.instant(message.known),
        event if isinstance(event, Claim) else None,
        UUID(message.corrected_by) if message.corrected_by else None,
        tuple(map(UUID, message.disputed_by_events)),
    )


def resolved(message: time_pb2.ResolvedAsOf) -> ResolvedAsOf:
    """Return the point that an answer holds for."""
    return ResolvedAsOf(
        valid=codec.instant(message.valid),
        known=codec.instant(message.known),
        position=message.position,
        valid_day=message.valid_day,
        zone=message.zone,
    )


def head(message: record_service_pb2.GetHeadResponse) -> Head:
    """Return the head of the log."""
    recorded = codec.instant(message.record_time) if message.HasField("record_time") else None
    return Head(message.position, recorded)


def projection(message: projection_service_pb2.Projection) -> Projection:
    """Return a projection."""
    return Projection(
        message.name,
        message.version,
        word(projection_service_pb2.ProjectionState.DESCRIPTOR, message.state),
        message.position,
        message.lag,
        message.unknown_type_count,
        message.error,
    )


def rebuild_progress(message: projection_service_pb2.RebuildProjectionResponse) -> RebuildProgress:
    """Return how far a rebuild is."""
    return RebuildProgress(
        message.name,
        message.position,
        message.head,
        message.events_per_second,
        message.remaining.ToTimedelta() if message.HasField("remaining") else None,
        message.done,
    )


def verify_progress(message: projection_service_pb2.VerifyProjectionResponse) -> VerifyProgress:
    """Return how far a verification is."""
    return VerifyProgress(
        message.position,
        message.head,
        message.events_per_second,
        message.remaining.ToTimedelta() if message.HasField("remaining") else None,
        message.done,
        message.first_difference,
    )


def word(enum: EnumDescriptor, number: int) -> str:
    """Return an enum value's name without its prefix, or the number of one that is newer."""
    return _words_of(enum).get(number, str(number))


_words_of = cache(words_of)
