"""The answers of the service that are not objects of the domain."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Generic, NamedTuple, TypeVar
from uuid import UUID

from communique.domain.claims.event import Recorded
from communique.domain.claims.history import EventAsOf
from communique.domain.state.preferences import Disagreement
from communique.domain.state.resolved_as_of import ResolvedAsOf
from communique.domain.state.subject import LifeCycleStep

Item = TypeVar("Item")

REJECTIONS_KEPT_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where and when an event was recorded, which is durable.

    `record_time` is aware UTC; `duplicate` is true where the event had been recorded before;
    `revision` is 1 for a claim and 2, 3, ... for its amendments.
    """

    event_id: UUID
    position: int
    record_time: datetime
    duplicate: bool
    revision: int


@dataclass(frozen=True, slots=True)
class Rejection:
    """An event of an import that was refused.

    `index` counts the events of the import from 0; `reason` is an `ErrorReason` without its prefix.
    """

    index: int
    event_id: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How far an import is: `received == appended + duplicates + rejected`.

    After a broken connection a batch is sent again, so events appended just before may count as
    duplicates.

    Attributes:
        received: events answered so far.
        appended: newly recorded.
        duplicates: recorded before.
        rejected: refused; `rejected_by_reason` counts them by reason, and the first 1,000 are
            kept in `rejections`.
        position: the last position written or found; 0 while there is none.
    """

    received: int = 0
    appended: int = 0
    duplicates: int = 0
    rejected: int = 0
    rejected_by_reason: Counter[str] = field(default_factory=Counter)
    rejections: tuple[Rejection, ...] = ()
    position: int = 0


class EventHistory(NamedTuple):
    """A claim and its amendments in the order of their positions, as recorded."""

    claim: Recorded
    amendments: tuple[Recorded, ...]


class SubjectClaim(NamedTuple):
    """A claim about a subject, and its visible amendments in the order of their positions."""

    event: EventAsOf
    amendments: tuple[Recorded, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject as of a point.

    Attributes:
        subject: its key.
        as_of: the point that this holds for.
        life_cycle: its states in the order of valid time.
        claims: the latest, in the order of (earliest valid time, event id).
        disagreements: where claims of one type that name the subject say different things.
        earlier_claims_omitted: whether there may be earlier claims; `subject_claims` has all.
        claim_count: how many claims life cycle and disagreements take into account.
        earlier_claims_uncounted: whether these are only the latest, 10,000 at most.
    """

    subject: str
    as_of: ResolvedAsOf
    life_cycle: tuple[LifeCycleStep, ...]
    claims: tuple[SubjectClaim, ...]
    disagreements: tuple[Disagreement, ...]
    earlier_claims_omitted: bool
    claim_count: int
    earlier_claims_uncounted: bool


class Page(NamedTuple, Generic[Item]):
    """One page of a listing."""

    items: list[Item]
    next_page_token: str
    as_of: ResolvedAsOf


class Listing(Iterator[Item]):
    """Items as of one point, fetched page by page as they are needed, and read once.

    Every page is as of the point that the first one was answered for.
    """

    def __init__(self, fetch: Callable[[str], Page[Item]]) -> None:
        self._fetch = fetch
        self._page: Page[Item] | None = None
        self._left: Iterator[Item] = iter(())

    @property
    def as_of(self) -> ResolvedAsOf:
        """The point that the answer holds for; fetches the first page."""
        return (self._page or self._next_page("")).as_of

    def __next__(self) -> Item:
        while (item := next(self._left, None)) is None:
            token = self._page.next_page_token if self._page else ""
            if self._page and not token:
                raise StopIteration
            self._next_page(token)
        return item

    def _next_page(self, token: str) -> Page[Item]:
        self._page = self._fetch(token)
        self._left = iter(self._page.items)
        return self._page


class Head(NamedTuple):
    """The last position of the log and its record time (aware UTC); 0 and None of an empty one."""

    position: int
    record_time: datetime | None


@dataclass(frozen=True, slots=True)
class Projection:
    """A projection and its progress.

    Attributes:
        name: such as `read-models`.
        version: the version of its rules.
        state: `LIVE`, `BUILDING`, `REBUILDING` or `STOPPED`.
        position: the last position that it has projected.
        lag: how many positions it is behind the head.
        unknown_type_count: events of types that are newer than the server.
        error: why it stopped; empty otherwise.
    """

    name: str
    version: int
    state: str
    position: int
    lag: int
    unknown_type_count: int
    error: str


@dataclass(frozen=True, slots=True)
class RebuildProgress:
    """The progress of a rebuild; `remaining` is None while there is no estimate."""

    name: str
    position: int
    head: int
    events_per_second: float
    remaining: timedelta | None
    done: bool


@dataclass(frozen=True, slots=True)
class VerifyProgress:
    """The progress of a verification up to the `head` that the live read model has reached.

    `first_difference` of the last one, which is `done`, says where the live read model is not what
    the log gives; it is empty where they are equal. `remaining` is None while there is no estimate.
    """

    position: int
    head: int
    events_per_second: float
    remaining: timedelta | None
    done: bool
    first_difference: str
