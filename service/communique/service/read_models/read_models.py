"""All read models of one log: kept up by their followers, asked from any thread."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

from communique.codec import timestamp
from communique.domain.clocks import AsOf, from_micros
from communique.domain.parties import Dyad
from communique.domain.status import BilateralStatus
from communique.service.log import EventLog, Recorded
from communique.service.read_models.bilateral_status import (
    BilateralStatusProjection,
    bilateral_status,
)
from communique.service.read_models.elements import Elements
from communique.service.read_models.errors import UnknownProjection
from communique.service.read_models.follower import Follower
from communique.service.read_models.history import History
from communique.service.read_models.questions import (
    EventPage,
    Page,
    Progress,
    Question,
    RebuildProgress,
)
from communique.service.read_models.timeline import (
    Entry,
    Found,
    TimelineProjection,
    list_by_position,
    list_by_valid,
)
from communique.v1 import event_pb2

if TYPE_CHECKING:
    from communique.service.filters import Filter

_PROJECTIONS: Final = (BilateralStatusProjection, TimelineProjection)


class ReadModels:
    """Answers from the read models. Blocking; safe to use from any thread."""

    def __init__(self, folder: Path, event_log: EventLog) -> None:
        """Open the files in `folder`, or make them. The caller closes the log, after this."""
        self._log = event_log
        self._elements = Elements(event_log)
        history = History(event_log)
        self._followers = {
            projection.name: Follower(folder, projection, event_log, history)
            for projection in _PROJECTIONS
        }
        self._status = self._followers[BilateralStatusProjection.name]
        self._timeline = self._followers[TimelineProjection.name]

    def start(self) -> None:
        """Begin to follow the log."""
        for follower in self._followers.values():
            follower.start()

    def close(self) -> None:
        """Stop following and close the files."""
        for follower in self._followers.values():
            follower.close()

    def bilateral_status(self, dyad: Dyad, question: Question) -> BilateralStatus:
        """Return how things stand between two; raise `ReadModelBehind` for a position ahead."""
        with self._status.snapshot() as snapshot:
            as_of = snapshot.as_of(self._status.name, question)
            recorded = self._record_micros(as_of)
            return bilateral_status(snapshot.connection, self._elements, dyad, as_of, recorded)

    def list_events(self, selection: "Filter", question: Question, page: Page) -> EventPage:
        """Return a page of the events selected, in the order of their positions."""
        with self._timeline.snapshot() as snapshot:
            as_of = snapshot.as_of(self._timeline.name, question)
            found = list_by_position(
                snapshot.connection, selection, as_of, page.size, page.after_key
            )
        return self._event_page(found, as_of)

    def list_timeline(
        self, selection: "Filter", question: Question, page: Page, *, backwards: bool = False
    ) -> EventPage:
        """Return a page of the events selected, in the order of (earliest valid time, event id)."""
        with self._timeline.snapshot() as snapshot:
            as_of = snapshot.as_of(self._timeline.name, question)
            found = list_by_valid(
                snapshot.connection,
                selection,
                as_of,
                page.size,
                page.after_key,
                backwards=backwards,
            )
        return self._event_page(found, as_of)

    def wait_for(self, position: int, timeout_seconds: float) -> None:
        """Wait until all read models have taken in a position: see `Follower.wait_for`."""
        for follower in self._followers.values():
            follower.wait_for(position, timeout_seconds)

    def progress(self) -> list[Progress]:
        """Return how far each projection is, in the order of their names."""
        return [self._followers[name].progress() for name in sorted(self._followers)]

    def rebuild(self, name: str) -> Iterator[RebuildProgress]:
        """Rebuild a projection from the log: see `Follower.rebuild`. Raises `UnknownProjection`."""
        if name not in self._followers:
            raise UnknownProjection(name, tuple(sorted(self._followers)))
        return self._followers[name].rebuild()

    def _record_micros(self, as_of: AsOf) -> int:
        """The record time of the position asked from; before the first, nothing was recorded."""
        rows = self._log.by_positions([as_of.position]) if as_of.position else []
        return rows[0].record_micros if rows else 0

    def _event_page(self, found: Found, as_of: AsOf) -> EventPage:
        """Put the page together from the log's own bytes."""
        positions = {one.position for one, _ in found.entries}
        positions |= {one.content_position for one, _ in found.entries}
        rows = {row.position: row for row in self._log.by_positions(sorted(positions))}
        events = [_event_as_of(one, disputes, rows) for one, disputes in found.entries]
        return EventPage(events, found.next_key, as_of)


def _event_as_of(
    entry: Entry, disputes: list[bytes], rows: dict[int, Recorded]
) -> event_pb2.EventAsOf:
    claim, content = rows[entry.position], rows[entry.content_position]
    event = event_pb2.Event.FromString(content.state)
    if entry.corrected_by is not None:
        event = event.event_corrected.content
        event.event_id = str(UUID(bytes=entry.event_id))
    return event_pb2.EventAsOf(
        position=claim.position,
        record_time=timestamp(from_micros(claim.record_micros)),
        submitter=claim.submitter,
        known=timestamp(from_micros(entry.known)),
        event=event,
        corrected_by=str(UUID(bytes=entry.corrected_by)) if entry.corrected_by else "",
        disputed_by_events=[str(UUID(bytes=one)) for one in disputes],
    )
