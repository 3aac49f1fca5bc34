"""What changed between two points of one dyad, and which events make the difference."""

from collections.abc import Callable, Iterable
from typing import NamedTuple
from uuid import UUID

from communique.domain.claims.event import Amendment, Recorded
from communique.domain.claims.history import is_visible
from communique.domain.model import Model, Word
from communique.domain.state.element import StatusElement
from communique.domain.state.posture import Posture
from communique.domain.state.status import BilateralStatus, ResolvedAsOf
from communique.domain.time.clocks import AsOf


class ChangeKind(Word):
    """How an element differs between two points."""

    APPEARED = "APPEARED"
    CHANGED = "CHANGED"
    ENDED = "ENDED"


class ElementChange(Model):
    """How one element differs, and which events make the difference, sorted by id."""

    facet: str
    kind: ChangeKind
    before: StatusElement | None = None
    after: StatusElement | None = None
    cause_event_ids: tuple[UUID, ...]


class BilateralComparison(Model):
    """What changed between two points of one dyad; changes are sorted by facet."""

    dyad: str
    before: ResolvedAsOf
    after: ResolvedAsOf
    posture_before: Posture
    posture_after: Posture
    changes: tuple[ElementChange, ...] = ()


def compare(
    before: BilateralStatus, after: BilateralStatus, causes: Callable[[str], Iterable[UUID]]
) -> BilateralComparison:
    """Return how `after` differs from `before`; the other way round it is the mirror image.

    `causes` gives the events that make the difference in a facet, such as `causes_between` finds
    them, and is asked only for facets that differ.

    Raises:
        ValueError: they are of different dyads.
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
    was = {one.facet: one for one in before}
    now = {one.facet: one for one in after}
    return tuple(
        ElementChange(
            facet=facet,
            kind=_kind(was.get(facet), now.get(facet)),
            before=was.get(facet),
            after=now.get(facet),
            cause_event_ids=tuple(sorted(set(causes(facet)))),
        )
        for facet in sorted(was.keys() | now.keys())
        if was.get(facet) != now.get(facet)
    )


def _kind(before: StatusElement | None, after: StatusElement | None) -> ChangeKind:
    if before is None:
        return ChangeKind.APPEARED
    return ChangeKind.ENDED if after is None else ChangeKind.CHANGED


class _Behind(NamedTuple):
    """The claims behind an element: the winner, and the last certain one where that is less."""

    winner: UUID | None = None
    last_certain: UUID | None = None


def causes_between(
    before: StatusElement | None,
    after: StatusElement | None,
    amendments: Callable[[UUID], Iterable[UUID]],
) -> tuple[UUID, ...]:
    """Return the events that make a facet differ between two points, sorted; in any order of both.

    They are the claims that win, or are the last certain one below a winner, at only one of the
    points, and those amendments of all these claims that are visible at only one of them. Where
    there are none, time alone made the difference, and it is the winner itself.

    Args:
        before: the facet's winner at one point as claimed, even where it is over; None without one.
        after: the same at the other point.
        amendments: gives those of an event that are visible at only one of the points, such as
            `amendments_between` finds them.
    """
    one, other = _behind(before), _behind(after)
    moved = [each for each in zip(one, other, strict=True) if each[0] != each[1]]
    claims = {event_id for event_id in (*one, *other) if event_id}
    causes = {event_id for each in moved for event_id in each if event_id}
    causes.update(*(amendments(event_id) for event_id in claims))
    if not causes and one.winner:
        return (one.winner,)
    return tuple(sorted(causes))


def _behind(element: StatusElement | None) -> _Behind:
    if element is None:
        return _Behind()
    certain = element.last_certain
    return _Behind(element.event_ids[0], certain.event_ids[0] if certain else None)


def amendments_between(stream: Iterable[Recorded], one: AsOf, other: AsOf) -> tuple[UUID, ...]:
    """Return the amendments in an event's stream that are visible at only one of two points."""
    return tuple(
        it.event.event_id
        for it in stream
        if isinstance(it.event, Amendment) and is_visible(it, one) != is_visible(it, other)
    )
