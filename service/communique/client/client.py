"""The client: one method for each thing that can be asked of the service."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from communique import codec
from communique.client import answers
from communique.client.importing import Importing, OnProgress
from communique.client.live import LiveQuestions
from communique.client.questions import EventFilter, Moment, as_of_message, filter_message
from communique.client.reading import Reading, direction
from communique.client.results import (
    EventHistory,
    Head,
    ImportReport,
    Page,
    Projection,
    RebuildProgress,
    Receipt,
    VerifyProgress,
)
from communique.client.series import SeriesQuestions
from communique.client.statuses import StatusQuestions
from communique.client.subjects_and_issues import WholeQuestions
from communique.client.tables import EventListing
from communique.client.transport import decoding
from communique.domain.claims.event import Event, Recorded
from communique.domain.claims.history import EventAsOf
from communique.domain.state.status import ResolvedAsOf
from communique.v1 import projection_service_pb2, record_service_pb2, timeline_service_pb2

_State = TypeVar("_State")


class Client(StatusQuestions, SeriesQuestions, LiveQuestions, WholeQuestions):
    """A connection to one server; thread-safe, and a context manager that closes it.

    Every method raises a `CommuniqueError`. Calls are tried again when the server is briefly out of
    reach or overloaded, which is always safe here: event ids are idempotency keys.

    Where a question takes an as-of: `valid_at` asks for the state of the world at that moment,
    `known_at` for what could be known then, `position` for what the log held then; each left out
    means now, or the latest. A moment is an aware datetime or a text, and a day (`2019-08-21`)
    means its end in `zone`. `min_position` asks for an answer at least as fresh as that receipt.
    Every answer says in `as_of` what point it is true for: handed back as `as_of`, for what is left
    out, it gives the same answer for ever.
    """

    def submit(
        self, events: Sequence[Event], *, expectations: Mapping[UUID, int] | None = None
    ) -> list[Receipt]:
        """Record 1 to 1,000 events, all or none, and return their receipts when they are durable.

        `expectations` are revisions that events must be at before: 0 for one not yet recorded.

            >>> [receipt] = record.submit([claim])
            >>> record.submit([claim]) == [replace(receipt, duplicate=True)]
            True

        Raises:
            InvalidRequest: `violations` names each field at fault.
            Conflict: an id is in use with other content, or an event cannot be amended.
            RevisionConflict: an expectation does not hold.
            NotFound: an amendment of an event that is not there.
        """
        request = record_service_pb2.SubmitRequest(
            events=map(codec.message_of, events),
            expectations=[
                record_service_pb2.Expectation(event_id=str(event_id), revision=revision)
                for event_id, revision in (expectations or {}).items()
            ],
        )
        return [answers.receipt(one) for one in self._call(self._records.Submit, request).receipts]

    def import_events(
        self,
        events: Iterable[Event],
        *,
        batch_size: int = 500,
        on_progress: OnProgress | None = None,
    ) -> ImportReport:
        """Record any number of events; one at fault is reported and does not stop the rest.

        Each batch (1 to 1,000 events) is durable when `on_progress` is called with the report so
        far. What was interrupted is resumed by importing everything again: it gives duplicates.

            >>> report = record.import_events(claims)
            >>> (report.appended, report.duplicates, report.rejected)
            (8436, 0, 0)
        """
        return Importing(self._records, events, batch_size, self._retry).run(on_progress)

    def event(self, event_id: UUID) -> EventHistory:
        """Return an event, named by its own id or one of its amendments', as it was recorded.

        Raises:
            NotFound: there is none.
        """
        request = record_service_pb2.GetEventRequest(event_id=str(event_id))
        return answers.history(self._call(self._records.GetEvent, request))

    def events(  # noqa: PLR0913  a point has three clocks and a zone
        self,
        filter: EventFilter | None = None,  # noqa: A002  the contract's word
        *,
        valid_at: Moment | None = None,
        known_at: Moment | None = None,
        position: int | None = None,
        zone: str = "UTC",
        as_of: ResolvedAsOf | None = None,
        min_position: int = 0,
        page_size: int = 0,
    ) -> EventListing:
        """Return the events that match, as of a point, in the order of their positions.

        >>> refusals = EventFilter(dyad="JPN-KOR", types=["TalksRefused"])
        >>> [one.event.occurred.display() for one in record.events(refusals)]
        ['20 Aug 2019']
        """
        request = record_service_pb2.ListEventsRequest(
            filter=filter_message(filter),
            as_of=as_of_message(valid_at, known_at, position, zone, as_of),
            min_position=min_position,
            page_size=page_size,
        )

        def fetch(token: str) -> Page[EventAsOf]:
            request.page_token = token
            return answers.page(self._call(self._records.ListEvents, request))

        return EventListing(fetch)

    def timeline(  # noqa: PLR0913  a point has three clocks and a zone
        self,
        filter: EventFilter | None = None,  # noqa: A002  the contract's word
        *,
        valid_at: Moment | None = None,
        known_at: Moment | None = None,
        position: int | None = None,
        zone: str = "UTC",
        as_of: ResolvedAsOf | None = None,
        min_position: int = 0,
        page_size: int = 0,
        backwards: bool = False,
    ) -> EventListing:
        """Return the events that match, as of a point, in the order in which they happened.

        >>> last = next(record.timeline(EventFilter(dyad="JPN-KOR"), backwards=True))
        >>> last.event.payload.type
        'AgreementTerminationNotified'
        """
        request = timeline_service_pb2.ListTimelineRequest(
            filter=filter_message(filter),
            as_of=as_of_message(valid_at, known_at, position, zone, as_of),
            min_position=min_position,
            direction=direction(backwards=backwards),
            page_size=page_size,
        )

        def fetch(token: str) -> Page[EventAsOf]:
            request.page_token = token
            return answers.page(self._call(self._timelines.ListTimeline, request))

        return EventListing(fetch)

    def read(
        self,
        after: int = 0,
        *,
        filter: EventFilter | None = None,  # noqa: A002  the contract's word
        limit: int | None = None,
        backwards: bool = False,
    ) -> Iterator[Recorded]:
        """Yield the log in the order of its positions, amendments included, up to its head.

        It starts behind the position `after`; backwards before it, or at the head. A broken
        connection is taken up again where it was. `limit` is how many at most; None means all.

            >>> [one.position for one in record.read(after=16)]
            [17, 18, 19]
        """
        return self._reading(after, filter, limit, backwards=backwards).events()

    def replay(
        self,
        fold: Callable[[_State, Recorded], _State],
        initial: _State,
        *,
        after: int = 0,
        filter: EventFilter | None = None,  # noqa: A002  the contract's word
    ) -> tuple[_State, int]:
        """Fold the log into a state, and return it with the position to go on from.

        >>> def count(seen: int, recorded: Recorded) -> int: return seen + 1
        >>> state, position = record.replay(count, 0)
        >>> state, position = record.replay(count, state, after=position)  # what came since
        """
        state, position = initial, after
        for frame in self._reading(after, filter, None, backwards=False).frames():
            for recorded in frame.events:
                state = fold(state, recorded)
            position = frame.position
        return state, position

    def head(self) -> Head:
        """Return the last position of the log and when it was recorded."""
        request = record_service_pb2.GetHeadRequest()
        return answers.head(self._call(self._records.GetHead, request))

    def position_at(self, record_time: datetime) -> int:
        """Return the last position recorded by an aware datetime; 0 where there is none."""
        request = record_service_pb2.GetPositionRequest(record_time=codec.timestamp(record_time))
        return self._call(self._records.GetPosition, request).position

    def projections(self) -> list[Projection]:
        """Return every projection and how far it is, in the order of their names."""
        request = projection_service_pb2.ListProjectionsRequest()
        answer = self._call(self._projections.ListProjections, request)
        return [answers.projection(one) for one in answer.projections]

    def rebuild(self, name: str = "") -> Iterator[RebuildProgress]:
        """Build a read model anew from the log, and yield how far it is; the last one is `done`.

        Without a name all are built together, which takes less than one after the other; of each
        the last one is `done`.

        Raises:
            NotFound: no projection has this name.
            Conflict: it is being rebuilt already.
        """
        request = projection_service_pb2.RebuildProjectionRequest(name=name)
        with decoding():
            for message in self._projections.RebuildProjection(request):
                yield answers.rebuild_progress(message)

    def verify(self, name: str) -> Iterator[VerifyProgress]:
        """Compare a read model with the log, and yield how far it is; the last one is `done`.

            >>> *_, last = record.verify("timeline")
            >>> last.first_difference  # nothing: what answers is what the log gives
            ''

        Raises:
            NotFound: no projection has this name.
            Conflict: it is being verified already.
        """
        request = projection_service_pb2.VerifyProjectionRequest(name=name)
        with decoding():
            for message in self._projections.VerifyProjection(request):
                yield answers.verify_progress(message)

    def _reading(
        self,
        after: int,
        wanted: EventFilter | None,
        limit: int | None,
        *,
        backwards: bool,
    ) -> Reading:
        start = None if backwards and not after else after
        return Reading(self._records, self._retry, start, wanted, limit, backwards)
