"""The client, with one method for each call of the service."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from communique import codec
from communique.client import answers
from communique.client.following import Subscription, Watch
from communique.client.importing import Importing, OnProgress
from communique.client.questions import EventFilter, Moment, as_of_message, filter_message
from communique.client.reading import LogReading, direction
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
from communique.client.statuses import StatusQuestions
from communique.client.tables import EventListing
from communique.client.topics import TopicQuestions
from communique.client.transport import decoding
from communique.domain.claims.event import Event, Recorded
from communique.domain.claims.history import EventAsOf
from communique.domain.state.resolved_as_of import ResolvedAsOf
from communique.v1 import projection_service_pb2, record_service_pb2, timeline_service_pb2

_State = TypeVar("_State")


class Client(StatusQuestions, TopicQuestions):
    """A connection to one server; thread-safe, and a context manager that closes it.

    Every method raises a `CommuniqueError`. Calls are tried again when the server is briefly out of
    reach or overloaded, which is always safe here: event ids are idempotency keys.

    In questions `valid_at` asks for the state of the world at that moment, `known_at` for what
    could be known then, `position` for what the log held then; each left out means now, or the
    latest. A moment is an aware datetime or a text, and a day (`2019-08-21`) means its end in
    `zone`. `min_position` asks for an answer at least as fresh as that receipt. Every answer says
    in `as_of` what point it holds for: passed as `as_of`, it fills in the clocks that are left out,
    and so gives the same answer for ever.
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
        return [*map(answers.receipt, self._call(self._records.Submit, request).receipts)]

    def import_events(
        self,
        events: Iterable[Event],
        *,
        batch_size: int = 500,
        on_progress: OnProgress | None = None,
    ) -> ImportReport:
        """Record any number of events; an invalid one is reported and does not stop the rest.

        Each batch (1 to 1,000 events) is durable when `on_progress` is called with the report so
        far. To resume an interrupted import, import everything again: it gives duplicates.

            >>> report = record.import_events(claims)
            >>> (report.appended, report.duplicates, report.rejected)
            (8436, 0, 0)
        """
        return Importing(self._records, events, batch_size, self._retry).run(on_progress)

    def event(self, event_id: UUID) -> EventHistory:
        """Return an event as it was recorded, by its own id or the id of one of its amendments.

        Raises:
            NotFound: no event has this id.
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
        >>> [refusal.event.occurred.display() for refusal in record.events(refusals)]
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

        It starts behind the position `after`; backwards before it, or at the head. It resumes after
        a broken connection. `limit` is how many events at most; None means all.

            >>> [recorded.position for recorded in record.read(after=16)]
            [17, 18, 19]
        """
        start = None if backwards and not after else after
        return LogReading(self._records, self._retry, start, filter, limit, backwards).events()

    def replay(
        self,
        fold: Callable[[_State, Recorded], _State],
        initial: _State,
        *,
        after: int = 0,
        filter: EventFilter | None = None,  # noqa: A002  the contract's word
    ) -> tuple[_State, int]:
        """Fold the log into a state, and return it with the position to resume from.

        >>> def count(seen: int, recorded: Recorded) -> int: return seen + 1
        >>> state, position = record.replay(count, 0)
        >>> state, position = record.replay(count, state, after=position)  # recorded since
        """
        state, position = initial, after
        reading = LogReading(self._records, self._retry, after, filter, limit=None, backwards=False)
        for frame in reading.frames():
            for recorded in frame.events:
                state = fold(state, recorded)
            position = frame.position
        return state, position

    def subscribe(
        self,
        after: int | None = None,
        *,
        filter: EventFilter | None = None,  # noqa: A002  the contract's word
    ) -> Subscription:
        """Yield the log behind the position `after`, and then each event as it is recorded.

        The events, amendments included, are in order, complete and without duplicates, also after a
        broken connection. With None the subscription begins at the end of the log.

        >>> with record.subscribe(after=16) as subscription:
        ...     first = next(subscription)
        >>> (first.position, subscription.position)  # the second is where to resume
        (17, 17)

        Raises, at the first `next`:
            OutOfRange: the log has not reached that position.
        """
        return Subscription(self._records, self._retry, after, filter)

    def watch(self, one: str, other: str) -> Watch:
        """Yield how things stand now between two parties, given by their codes, and each change.

        A `BilateralStatus` comes first, and again after a broken connection; then come comparisons
        of how things stand with how they stood before.

            >>> with record.watch("KOR", "JPN") as watch:
            ...     status = next(watch)
            ...     change = next(watch)  # waits for a change
            >>> [(change.facet, change.kind.value) for change in change.changes]
            [('talks/export-controls', 'CHANGED')]
        """
        return Watch(self._timelines, self._retry, (one, other))

    def head(self) -> Head:
        """Return the last position of the log and when it was recorded."""
        request = record_service_pb2.GetHeadRequest()
        return answers.head(self._call(self._records.GetHead, request))

    def position_at(self, record_time: datetime) -> int:
        """Return the last position recorded by an aware datetime; 0 where there is none."""
        request = record_service_pb2.GetPositionRequest(record_time=codec.timestamp(record_time))
        return self._call(self._records.GetPosition, request).position

    def projections(self) -> list[Projection]:
        """Return every projection and its progress, in the order of their names."""
        request = projection_service_pb2.ListProjectionsRequest()
        answer = self._call(self._projections.ListProjections, request)
        return [*map(answers.projection, answer.projections)]

    def rebuild(self, name: str = "") -> Iterator[RebuildProgress]:
        """Rebuild a read model from the log, and yield its progress; the last one is `done`.

        Without a name all are rebuilt together, which is faster than one after the other; of each
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
        """Compare a read model with the log, and yield the progress; the last one is `done`.

            >>> *_, last = record.verify("timeline")
            >>> last.first_difference  # empty: the read model is what the log gives
            ''

        Raises:
            NotFound: no projection has this name.
            Conflict: it is being verified already.
        """
        request = projection_service_pb2.VerifyProjectionRequest(name=name)
        with decoding():
            for message in self._projections.VerifyProjection(request):
                yield answers.verify_progress(message)
