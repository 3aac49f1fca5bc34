"""The history of one event: what its claim and amendments say at each point (position, known)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from communique.domain.claims.event import (
    Amendment,
    Claim,
    EventCorrected,
    EventDisputed,
    EventRetracted,
    Recorded,
)
from communique.domain.time.clocks import (
    AsOf,
    Region,
    Version,
    amendment_visible,
    known_at,
    regions,
)


@dataclass(frozen=True, slots=True)
class EventAsOf:
    """An event as it stood at a point, its amendments applied.

    Attributes:
        position: of the claim in the log.
        record_time: aware UTC; when the log got the claim.
        submitter: who submitted the claim, or empty.
        known: aware UTC; when its content could be known.
        event: the content; None where its type is newer than this release.
        corrected_by: the correction that decides the content; None where the claim itself does.
        disputed_by: the disputes visible at the point: where there are any, it is contested.
    """

    position: int
    record_time: datetime
    submitter: str
    known: datetime
    event: Claim | None
    corrected_by: UUID | None
    disputed_by: tuple[UUID, ...]


class Content(NamedTuple):
    """What an event says in a region of points.

    Attributes:
        claim: the content.
        known: aware UTC; when the content could be known.
        region: the points (position, known) where the content decides.
        position: of the claim or the correction that gives the content.
        corrected_by: the id of that correction; None for the claim itself.
    """

    claim: Claim
    known: datetime
    region: Region
    position: int
    corrected_by: UUID | None


class Dispute(NamedTuple):
    """A dispute of an event, which counts from its position and its known time (aware UTC) on."""

    position: int
    known: datetime
    event_id: UUID


def contents(stream: Sequence[Recorded]) -> list[Content]:
    """Return what one event says at every point where it is visible.

    `stream` is the event's claim and its amendments in the order of their positions. A content that
    gives no known time has the record time of the claim. A claim of a newer type has no content.
    """
    first, rest = stream[0], stream[1:]
    if not isinstance(first.event, Claim):
        return []
    if not rest:  # a short cut to what `regions` gives: most events are never amended
        alone = Region(first.position, None, known_at(first.event.known, first.record_time), None)
        return [Content(first.event, alone.known_from, alone, first.position, None)]
    given: list[tuple[Claim, int, UUID | None]] = [(first.event, first.position, None)]
    versions = [_version(first, first.event, first.record_time)]
    for recorded in rest:
        match recorded.event:
            case Amendment(payload=EventCorrected(content=content)) as amendment:
                given.append((content, recorded.position, amendment.event_id))
                versions.append(_version(recorded, content, first.record_time))
            case Amendment(payload=EventRetracted()):
                given.append((first.event, recorded.position, None))
                versions.append(_version(recorded, None, first.record_time))
            case _:
                pass
    return [
        Content(claim, known, region, position, corrected_by)
        for index, region in regions(versions[0], versions[1:])
        for claim, position, corrected_by in (given[index],)
        if (known := versions[index].content_known) is not None
    ]


def disputes(stream: Sequence[Recorded]) -> list[Dispute]:
    """Return the disputes among an event's amendments, in the order of their positions."""
    return [
        Dispute(entry.position, known_at(event.known, entry.record_time), event.event_id)
        for entry in stream
        if isinstance(event := entry.event, Amendment) and isinstance(event.payload, EventDisputed)
    ]


def is_visible(amendment: Recorded, as_of: AsOf) -> bool:
    """Whether an amendment counts at a point; one of a newer type does from its record time on."""
    known = amendment.event.known if amendment.event else None
    return amendment_visible(amendment.position, known_at(known, amendment.record_time), as_of)


def _version(recorded: Recorded, content: Claim | None, claim_recorded: datetime) -> Version:
    known = known_at(recorded.event.known if recorded.event else None, recorded.record_time)
    content_known = known_at(content.known, claim_recorded) if content else None
    return Version(recorded.position, known, content_known)
