"""Filters, and the points that questions are asked from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from communique.codec import timestamp
from communique.domain.claims.values import Certainty
from communique.domain.parties.party import Dyad
from communique.domain.state.resolved_as_of import ResolvedAsOf
from communique.domain.time.clocks import parse_point
from communique.v1 import record_service_pb2, time_pb2, values_pb2

Moment = datetime | str
"""An aware datetime, an RFC 3339 text, or a day: its end in the zone of the question."""


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Selects events: a field left empty selects all, and several values of one mean any of them.

    Attributes:
        dyad: two parties, such as `JPN-KOR` in any order.
        parties: codes of parties that take part.
        issues: slugs, such as `export-controls`.
        subjects: keys of the things that claims are about.
        types: type words, such as `MeetingHeld`.
        certainties: how firmly the source commits.
        outlets: publishers, by exact name.
        occurred_from: keeps what reaches this moment or later.
        occurred_to: keeps what begins at this moment or before.

    A field holds at most 50 values.
    """

    dyad: Dyad | str | None = None
    parties: Sequence[str] = ()
    issues: Sequence[str] = ()
    subjects: Sequence[str] = ()
    types: Sequence[str] = ()
    certainties: Sequence[Certainty] = ()
    outlets: Sequence[str] = ()
    occurred_from: Moment | None = None
    occurred_to: Moment | None = None


def filter_message(selection: EventFilter | None) -> record_service_pb2.EventFilter | None:
    """Return the message of a filter, None of none."""
    if selection is None:
        return None
    certainty = values_pb2.Certainty.Value
    return record_service_pb2.EventFilter(
        dyad=str(selection.dyad or ""),
        parties=selection.parties,
        issues=selection.issues,
        subjects=selection.subjects,
        types=selection.types,
        certainties=[certainty(f"CERTAINTY_{word}") for word in selection.certainties],
        outlets=selection.outlets,
        occurred_from=moment_message(selection.occurred_from),
        occurred_to=moment_message(selection.occurred_to),
    )


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a question that has two; a clock that is left out means now, or the latest.

    Attributes:
        valid_at: as of when in the world.
        known_at: by what could be known when.
        position: by what the log held then.
        zone: the time zone of days and of date-times without an offset.
    """

    valid_at: Moment | None = None
    known_at: Moment | None = None
    position: int | None = None
    zone: str = "UTC"


def point_message(point: Point | ResolvedAsOf) -> time_pb2.AsOf:
    """Return the message of a point."""
    if isinstance(point, ResolvedAsOf):
        return as_of_message(None, None, None, "UTC", point)
    return as_of_message(point.valid_at, point.known_at, point.position, point.zone)


def as_of_message(
    valid_at: Moment | None,
    known_at: Moment | None,
    position: int | None,
    zone: str,
    as_of: ResolvedAsOf | None = None,
) -> time_pb2.AsOf:
    """Return the message of a point; a clock that is None is that of `as_of`, or now or latest."""
    if as_of is not None:
        if as_of.valid_day and valid_at is None:
            if isinstance(known_at, str):  # the zone is from now on that of the day
                known_at = parse_point(known_at, zone)
            valid_at, zone = as_of.valid_day, as_of.zone
        valid_at = as_of.valid if valid_at is None else valid_at
        known_at = as_of.known if known_at is None else known_at
        position = as_of.position if position is None else position
    return time_pb2.AsOf(
        valid=moment_message(valid_at), known=moment_message(known_at), position=position, zone=zone
    )


def moment_message(moment: Moment | None) -> time_pb2.PointInTime | None:
    """Return the message of a moment, None of none."""
    if moment is None:
        return None
    if isinstance(moment, str):
        return time_pb2.PointInTime(text=moment)
    return time_pb2.PointInTime(instant=timestamp(moment))
