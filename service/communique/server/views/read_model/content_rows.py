"""The rows of an event: each of its contents in each region of points where that decides.

Times are microseconds since 1970 UTC, ids are bytes. What most rows have in common is None: a
content that is never amended is visible from its position and known time on, for ever.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from communique.domain.claims.event import Recorded
from communique.domain.claims.history import Content, contents, disputes
from communique.domain.time.clocks import Window, micros, window_of
from communique.domain.time.edtf import ValidTime
from communique.server.views.read_model.content_shape import ContentShape, shape_of

REGION_BITS: Final = 13
"""The bits of a region in an entry's number: 100 amendments make 5,151 regions at most."""


class ContentTimes(NamedTuple):
    """The times of a content.

    Attributes:
        first: the first instant at which what it says can have begun.
        settled: how long after that it must have begun: see `Window`.
        settled_day: the number of the date by which it must have begun, if it has no time of day.
        latest: how long after `first` it was over; None where that is open.
        known: when the content could be known.
    """

    first: int
    settled: int
    settled_day: int | None
    latest: int | None
    known: int

    @classmethod
    def of(cls, occurred: ValidTime, window: Window, known: int) -> "ContentTimes":
        """Return the times of a content that could be known at `known`, in microseconds."""
        first, over = micros(window.first), occurred.over
        return cls(
            first,
            micros(window.settled) - first,
            window.settled_day,
            None if over is None else micros(over) - first,
            known,
        )


class ContentRegion(NamedTuple):
    """Where a content decides, and which version gives it.

    Attributes:
        position_from: None where it is the claim's position.
        position_to, known_to: None without end.
        known_from: None where it is the content's known time.
        content_position: of the version that gives the content; None for the claim.
        corrected_by: the id of the correction that gives it; None for the claim.
    """

    position_from: int | None = None
    position_to: int | None = None
    known_from: int | None = None
    known_to: int | None = None
    content_position: int | None = None
    corrected_by: bytes | None = None


EVERYWHERE: Final = ContentRegion()
"""The region of a claim that was never amended."""


class ContentRow(NamedTuple):
    """One content in one region.

    `entry` is the claim's position with the region's number in its lowest bits.
    """

    entry: int
    event_id: bytes
    shape: ContentShape
    times: ContentTimes
    region: ContentRegion
    is_disputed: bool

    @property
    def is_foreseen(self) -> bool:
        """Whether a content is known in its region before what it says must have begun."""
        first, settled, _, _, known = self.times
        known_from = self.region.known_from
        return (known if known_from is None else known_from) < first + settled


class DisputeRow(NamedTuple):
    """A dispute of the claim `event_id`."""

    event_id: bytes
    position: int
    known: int
    dispute_id: bytes


class EventRows(NamedTuple):
    """The rows of one event or of several."""

    contents: Sequence[ContentRow]
    disputes: Sequence[DisputeRow] = ()


def rows_of(history: Sequence[Recorded]) -> EventRows:
    """Return the rows of a claim and its amendments, in the order of their positions; pure."""
    first = history[0]
    if first.event is None:
        return EventRows(())
    event_id = first.event.event_id.bytes
    disputed = [
        DisputeRow(event_id, dispute.position, micros(dispute.known), dispute.event_id.bytes)
        for dispute in disputes(history)
    ]
    rows, shapes = list[ContentRow](), dict[int, tuple[ContentShape, ContentTimes]]()
    for entry, content in enumerate(contents(history), first.position << REGION_BITS):
        # A content that decides in several regions is the same in all of them.
        shape, times = shapes.get(id(content.claim)) or shapes.setdefault(
            id(content.claim), _shape_and_times(content)
        )
        region = _region(content, first.position)
        rows.append(ContentRow(entry, event_id, shape, times, region, bool(disputed)))
    return EventRows(rows, disputed)


def _shape_and_times(content: Content) -> tuple[ContentShape, ContentTimes]:
    claim, known = content.claim, content.known
    window = window_of(claim.occurred, claim.known, known)
    times = ContentTimes.of(claim.occurred, window, micros(known))
    return shape_of(claim, foreseen=window.foreseen), times


def _region(content: Content, position: int) -> ContentRegion:
    region = content.region
    return ContentRegion(
        None if region.position_from == position else region.position_from,
        region.position_to,
        None if region.known_from == content.known else micros(region.known_from),
        None if region.known_to is None else micros(region.known_to),
        None if content.position == position else content.position,
        content.corrected_by.bytes if content.corrected_by else None,
    )
