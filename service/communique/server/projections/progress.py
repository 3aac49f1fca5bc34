"""What the read models are asked, and what they answer."""

from datetime import datetime
from typing import NamedTuple

from communique.domain.time.clocks import AsOf
from communique.v1 import event_pb2


class Question(NamedTuple):
    """The point that is asked from: instants aware UTC; no position means the latest reached."""

    valid: datetime
    known: datetime
    position: int | None = None


class Page(NamedTuple):
    """How many events at most, and the key after which they follow (None: from the start)."""

    size: int
    after_key: bytes | None = None


class EventPage(NamedTuple):
    """Events as messages of the contract, and the key to go on after; None at the end."""

    events: list[event_pb2.EventAsOf]
    next_key: bytes | None
    as_of: AsOf


class Progress(NamedTuple):
    """How far a projection is. `state` is `LIVE`, `BUILDING`, `REBUILDING` or `STOPPED`."""

    name: str
    version: int
    state: str
    position: int
    lag: int
    unknown_type_count: int
    error: str


class RebuildProgress(NamedTuple):
    """How far a projection's rebuild is; `remaining_seconds` is None while there is no estimate."""

    name: str
    position: int
    head: int
    events_per_second: float
    remaining_seconds: float | None
    done: bool


class VerifyProgress(NamedTuple):
    """How far a verification is, up to the `head` that the live read model has reached.

    `first_difference` of the last one, which is `done`, says where the live read model is not what
    the log gives; it is empty where they are equal.
    """

    position: int
    head: int
    events_per_second: float
    remaining_seconds: float | None
    done: bool
    first_difference: str
