"""The seam between stored bytes and the domain, as the `eventsourcing` library draws it.

Topics are the contract's type words, never paths of Python classes. What is read through the mapper
is validated; projections take the claims of the log out of slices (`codec.trusted_claim`).
"""

from dataclasses import dataclass
from uuid import UUID

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import Mapper, MapperDeserialisationError, StoredEvent
from google.protobuf.message import DecodeError

from communique import codec
from communique.domain.claims.event import Event
from communique.domain.claims.event import Recorded as DomainRecorded
from communique.domain.time.clocks import from_micros
from communique.server.log import Recorded
from communique.v1 import event_pb2


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """An event in its stream: `originator_id` is the claim's id, `originator_version` the revision.

    `event` is None where its type is newer than this release.
    """

    originator_id: UUID
    originator_version: int
    event: Event | None


class ContractMapper(Mapper[UUID]):
    """Maps events to the contract's bytes, and back through the domain's validation."""

    def __init__(self) -> None:
        """Need neither a transcoder nor a cipher: the contract is the format."""

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredEvent:
        """Return the bytes of a `StreamEvent` under its type word.

        Raises `TypeError` for anything else, and for an event that this release did not understand.
        """
        if not isinstance(domain_event, StreamEvent) or domain_event.event is None:
            raise TypeError(f"no event to store: {domain_event!r}")
        message = codec.message_of(domain_event.event)
        return StoredEvent(
            domain_event.originator_id,
            domain_event.originator_version,
            domain_event.event.payload.type,
            message.SerializeToString(deterministic=True),
        )

    def to_domain_event(self, stored_event: StoredEvent) -> StreamEvent:
        """Return the `StreamEvent` of stored bytes.

        Raises `MapperDeserialisationError` if they are no valid event, or of another type than
        their topic says.
        """
        event = event_of(stored_event.topic, stored_event.state)
        stream_id = stored_event.originator_id
        originator_id = stream_id if isinstance(stream_id, UUID) else UUID(stream_id)
        return StreamEvent(originator_id, stored_event.originator_version, event)


def recorded_of(row: Recorded) -> DomainRecorded:
    """Return the domain's view of a row of the log; raises as `event_of` does.

    A claim is trusted, as it was validated when it came in; all else is validated.
    """
    event: Event | None = codec.trusted_claim(row.state)
    if event is None or event.payload.type != row.topic:
        event = event_of(row.topic, row.state)
    record_time = from_micros(row.record_micros)
    return DomainRecorded(row.position, record_time, row.revision, event, row.submitter)


def event_of(topic: str, state: bytes) -> Event | None:
    """Return the event of stored bytes, None where what it says is newer than this release.

    Raises `MapperDeserialisationError` if they are no valid event of the type that `topic` says.
    """
    try:
        event = codec.stored_bytes(state)
    except (DecodeError, OverflowError, ValueError) as error:
        raise MapperDeserialisationError(f"no event under {topic!r}: {error}") from error
    if event is not None and event.payload.type != topic:
        raise MapperDeserialisationError(f"the state under {topic!r} is a {event.payload.type}")
    if event is None and topic in codec.TYPE_WORDS and not _has_payload(state):
        raise MapperDeserialisationError(f"the state under {topic!r} has no payload")
    return event


def _has_payload(state: bytes) -> bool:
    """Whether it is of a known type; it may say something newer, such as a word, all the same."""
    return event_pb2.Event.FromString(state).WhichOneof("payload") is not None
