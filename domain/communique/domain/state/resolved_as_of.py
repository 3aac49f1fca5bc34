"""The point that an answer holds for."""

from datetime import datetime
from typing import Self

from communique.domain.model import Model
from communique.domain.time.clocks import AsOf


class ResolvedAsOf(Model):
    """The point that an answer holds for: instants aware UTC, and the log's position.

    `valid_day` and `zone` are the day, if the valid time was given as one, else empty.
    """

    valid: datetime
    known: datetime
    position: int
    valid_day: str = ""
    zone: str = ""

    @classmethod
    def of(cls, as_of: AsOf) -> Self:
        """Return the point as part of an answer."""
        day = {"valid_day": str(as_of.day.valid_date), "zone": as_of.day.zone} if as_of.day else {}
        return cls(valid=as_of.valid, known=as_of.known, position=as_of.position, **day)
