"""The points that requests ask from."""

from datetime import datetime
from functools import partial
from typing import Final, NamedTuple

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from communique.codec import instant, timestamp
from communique.domain.time.clocks import AsOf, CivilDay
from communique.domain.time.known_time import KnownTime
from communique.domain.time.zones import zone_named
from communique.server.application.request_errors import Faults, PositionBeyondHead
from communique.v1 import time_pb2

_SECONDS: Final = range(-30_610_224_000, 253_402_300_800)
"""The years 1000 to 9999, in seconds since 1970."""


class GivenPoint(NamedTuple):
    """The point that a request asks from, in aware UTC; None is what it leaves to the server.

    `day` is the valid time, if that was given as a day. The answer has to take into account the
    position `reached_min` at least.
    """

    valid: datetime | None
    known: datetime | None
    position: int | None
    reached_min: int
    day: CivilDay | None = None


def point_of(
    message: time_pb2.AsOf, min_position: int, head: int, field: str = "as_of"
) -> GivenPoint:
    """Return the point that `field` of a request asks from, in a log that ends at `head`.

    Raises `InvalidFields`, and `PositionBeyondHead` for a position that is not recorded yet.
    """
    faults = Faults()
    zone = zone_of(message, faults, field)
    position = message.position if message.HasField("position") else None
    check_not_negative(f"{field}.position", position or 0, faults)
    check_not_negative("min_position", min_position, faults)
    valid = moment_in(message, "valid", zone, faults, f"{field}.")
    known = moment_in(message, "known", zone, faults, f"{field}.")
    faults.refuse()
    check_recorded(position or 0, head, f"{field}.position")
    check_recorded(min_position, head, "min_position")
    return GivenPoint(
        valid.instant if valid else None,
        known.instant if known else None,
        position,
        max(min_position, position or 0),
        CivilDay.of(valid) if valid else None,
    )


def zone_of(message: time_pb2.AsOf, faults: Faults, field: str = "as_of") -> str:
    """Return the zone of a request, UTC where it names none; one that does not exist is a fault."""
    faults.read(f"{field}.zone", zone_named, message.zone or "UTC")
    return message.zone if message.zone and not faults.violations else "UTC"


def moment_in(
    message: Message, field: str, zone: str, faults: Faults, path: str = ""
) -> KnownTime | None:
    """Return the `PointInTime` of a field, None where it is missing or at fault.

    It is an instant, or a day in `zone` with its two ends. `path` is where the request has the
    message.
    """
    if not message.HasField(field):
        return None
    return faults.read(f"{path}{field}", partial(_moment, zone), getattr(message, field))


def _moment(zone: str, message: time_pb2.PointInTime) -> KnownTime:
    if message.WhichOneof("point") == "instant":
        return KnownTime.at(instant_of(message.instant))
    return KnownTime.parse(message.text, zone)


def instant_of(message: Timestamp) -> datetime:
    """Return the instant, aware UTC; `ValueError` outside the years 1000 to 9999."""
    if message.seconds not in _SECONDS or not 0 <= message.nanos < 1_000_000_000:  # noqa: PLR2004
        parts = f"seconds {message.seconds} and nanos {message.nanos}"
        raise ValueError(f"{parts} are no instant of the years 1000 to 9999")
    return instant(message)


def check_not_negative(field: str, count: int, faults: Faults) -> None:
    """Note a fault if `count` is negative."""
    if count < 0:
        faults.add(field, f"should not be negative, is {count}")


def check_recorded(position: int, head: int, field: str = "") -> None:
    """Raise `PositionBeyondHead` if the position, in that field, is not recorded yet."""
    if position > head:
        raise PositionBeyondHead(position, head, field)


def pinned_message(as_of: AsOf) -> time_pb2.AsOf:
    """Return the request for the very point that an answer was true for."""
    day = as_of.day
    moment = time_pb2.PointInTime
    return time_pb2.AsOf(
        valid=moment(text=str(day.valid_date)) if day else moment(instant=timestamp(as_of.valid)),
        known=time_pb2.PointInTime(instant=timestamp(as_of.known)),
        position=as_of.position,
        zone=day.zone if day else "",
    )


def resolved_message(as_of: AsOf) -> time_pb2.ResolvedAsOf:
    """Return the point that an answer is true for, as a message."""
    return time_pb2.ResolvedAsOf(
        valid=timestamp(as_of.valid),
        known=timestamp(as_of.known),
        position=as_of.position,
        valid_day=str(as_of.day.valid_date) if as_of.day else "",
        zone=as_of.day.zone if as_of.day else "",
    )
