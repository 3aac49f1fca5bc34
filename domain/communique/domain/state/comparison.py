"""The difference between two points of one dyad, and the events that cause it."""

from collections.abc import Callable, Iterable
from uuid import UUID

from communique.domain.claims.event import Amendment, Recorded
from communique.domain.claims.history import is_visible
from communique.domain.model import Model, Word
from communique.domain.state.element import StatusElement
from communique.domain.state.posture import Posture
from communique.domain.state.resolved_as_of import ResolvedAsOf
from communique.domain.state.status import BilateralStatus
from communique.domain.time.clocks import AsOf


class ChangeKind(Word):
    """How an element differs between two points."""

    APPEARED = "APPEARED"
    CHANGED = "CHANGED"
    ENDED = "ENDED"


class ElementChange(Model):
    """How one element differs, and the events that cause the difference, sorted by id."""

    facet: str
    kind: ChangeKind
    before: StatusElement | None = None
    after: StatusElement | None = None
    cause_event_ids: tuple[UUID, ...]


class BilateralComparison(Model):
    """The difference between two points of one dyad; changes are sorted by facet."""

    dyad: str
    before: ResolvedAsOf
    after: ResolvedAsOf
    posture_before: Posture
    posture_after: Posture
    changes: tuple[ElementChange, ...] = ()


def compare(
    before: BilateralStatus, after: BilateralStatus, causes: Callable[[str], Iterable[UUID]]
) -> BilateralComparison:
    """Return how `after` differs from `before`.

    `causes` returns the events that cause the difference in a facet, as `causes_between` does; it
    is called only for facets that differ.

    Raises:
        ValueError: the two are of different dyads.
    """
    if before.dyad != after.dyad:
        raise ValueError(f"{before.dyad} cannot be compared with {after.dyad}: give one dyad")
    return BilateralComparison(
        dyad=before.dyad,
        before=before.as_of,
        after=after.as_of,
        posture_before=before.posture,
        posture_after=after.posture,
        changes=changes_between(before.elements, after.elements, causes),
    )


def changes_between(
    before: Iterable[StatusElement],
    after: Iterable[StatusElement],
    causes: Callable[[str], Iterable[UUID]],
) -> tuple[ElementChange, ...]:
    """Return how the elements of one point differ from those of another, sorted by facet."""
    earlier = {element.facet: element for element in before}
    later = {element.facet: element for element in after}
    return tuple(
        ElementChange(
            facet=facet,
            kind=_kind(earlier.get(facet), later.get(facet)),
            before=earlier.get(facet),
            after=later.get(facet),
            cause_event_ids=tuple(sorted(set(causes(facet)))),
        )
        for facet in sorted(earlier.keys() | later.keys())
        if earlier.get(facet) != later.get(facet)
    )


def _kind(before: StatusElement | None, after: StatusElement | None) -> ChangeKind:
    if before is None:
        return ChangeKind.APPEARED
    return ChangeKind.ENDED if after is None else ChangeKind.CHANGED


def causes_between(
    before: StatusElement | None,
    after: StatusElement | None,
    amendments: Callable[[UUID], Iterable[UUID]],
) -> tuple[UUID, ...]:
    """Return the events that make a facet differ between two points, sorted.

    A claim is a cause if at only one of the points it is one of the evidence: the witnesses listed,
    what gives a field, denies a state or may be a later one, here or in what stands more surely. So
    is an amendment of a claim of the evidence at either point, if it is visible at only one.
    Without such a cause time alone made the difference, and the cause is the winner.

    `before` and `after` are the facet's winners as claimed, even where they are over. `amendments`
    returns those of an event that are visible at only one of the points, as `amendments_between`.
    """
    evidence = _evidence(before), _evidence(after)
    causes = evidence[0] ^ evidence[1]
    causes.update(*(amendments(event_id) for event_id in evidence[0] | evidence[1]))
    if not causes and before:
        return (before.event_ids[0],)
    return tuple(sorted(causes))


def _evidence(element: StatusElement | None) -> set[UUID]:
    """Return the ids of the events that an element and the surer ones below it rest on."""
    if element is None:
        return set()
    return {
        *element.event_ids,
        *(origin.event_id for origin in element.origins),
        *(event_id for other in element.order_unknown for event_id in other.event_ids),
        *(
            event_id
            for difference in element.disagreements
            for reading in difference.readings
            for event_id in reading.event_ids
        ),
        *(event_id for surer in element.surer_ones for event_id in _evidence(surer)),
    }


def amendments_between(stream: Iterable[Recorded], first: AsOf, second: AsOf) -> tuple[UUID, ...]:
    """Return the amendments in an event's stream that are visible at only one of two points."""
    return tuple(
        entry.event.event_id
        for entry in stream
        if isinstance(entry.event, Amendment)
        and is_visible(entry, first) != is_visible(entry, second)
    )
