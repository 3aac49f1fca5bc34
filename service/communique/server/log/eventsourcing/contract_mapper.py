"""The library's mapper over the contract's bytes.

Topics are the contract's type words, never paths of Python classes. What is read through the mapper
is validated.
"""

from dataclasses import dataclass
from uuid import UUID

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import Mapper, MapperDeserialisationError, StoredEvent

from communique import codec
from communique.domain.claims.event import Event
from communique.server.log.decoding import UndecodableEvent, event_of


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
        try:
            event = event_of(stored_event.topic, stored_event.state)
        except UndecodableEvent as error:
            raise MapperDeserialisationError(str(error)) from error
        stream_id = stored_event.originator_id
        originator_id = stream_id if isinstance(stream_id, UUID) else UUID(stream_id)
        return StreamEvent(originator_id, stored_event.originator_version, event)
