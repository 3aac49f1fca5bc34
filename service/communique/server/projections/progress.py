"""How far projections, rebuilds and verifications are."""

from typing import NamedTuple


class ProjectionProgress(NamedTuple):
    """How far a projection is. `state` is `LIVE`, `BUILDING`, `REBUILDING` or `STOPPED`."""

    name: str
    version: int
    state: str
    position: int
    lag: int
    unknown_type_count: int
    error: str


class RebuildReport(NamedTuple):
    """How far a projection's rebuild is; `remaining_seconds` is None while there is no estimate."""

    name: str
    position: int
    head: int
    events_per_second: float
    remaining_seconds: float | None
    done: bool


class VerificationReport(NamedTuple):
    """How far a verification is, up to the `head` that the live read model has reached.

    `first_difference` of the last report, which is `done`, says where the live read model is not
    what the log gives; it is empty where they are equal.
    """

    position: int
    head: int
    events_per_second: float
    remaining_seconds: float | None
    done: bool
    first_difference: str
