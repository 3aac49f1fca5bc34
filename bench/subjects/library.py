"""The `eventsourcing` library as its documentation uses it, in the process of whoever calls."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.domain import Aggregate, DomainEventProtocol, event
from eventsourcing.persistence import ListenNotifySubscription, Notification, StoredEvent, Tracking
from eventsourcing.projection import Projection, ProjectionRunner
from eventsourcing.sqlite import SQLiteApplicationRecorder

from bench import facts
from bench.subject import Question, Subject
from bench.subjects.library_view import Noted, View
from communique.v1 import event_pb2

if TYPE_CHECKING:
    from threading import Event

_FRAME_EVENTS: Final = 500
_LOOK_SECONDS: Final = 0.002


class Report(Aggregate):
    """A claim with its amendments. The library writes JSON, so that bytes go as text."""

    @event("Reported")
    def __init__(self, claim_id: UUID, state: str) -> None:
        """Report it."""
        self.claim_id = claim_id
        self.state = state

    @staticmethod
    def create_id(claim_id: UUID, **_: object) -> UUID:
        """Return the id of the claim, which is the aggregate's."""
        return claim_id

    @event("Amended")
    def amend(self, state: str) -> None:
        """Amend it."""
        self.state = state


class Reports(Application[UUID]):
    """Keeps what is reported."""

    def report(self, states: Sequence[bytes]) -> int:
        """Save events in one transaction; return the position of the last."""
        reports: dict[UUID, Report] = {}
        new: list[DomainEventProtocol[UUID]] = []
        for state in states:
            message = event_pb2.Event.FromString(state)
            text = state.decode("latin-1")
            if amends := facts.amended_by(message):
                claim_id = UUID(amends)
                report = reports.get(claim_id) or self._found(claim_id)
                report.amend(text)
            else:
                claim_id = UUID(message.event_id)
                report = Report(claim_id, text)
            reports[claim_id] = report
            new += report.collect_events()
        return self.save(*new)[-1].notification.id

    def _found(self, claim_id: UUID) -> Report:
        report: Any = self.repository.get(claim_id)
        return cast("Report", report)


class Recorder(SQLiteApplicationRecorder):
    """The library's recorder, and what it lacks for a projection: a subscription."""

    def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401  the library's
        """Nobody listens yet."""
        super().__init__(*given, **named)
        self.listeners: list[Event] = []

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        **given: Any,  # noqa: ANN401
    ) -> Sequence[int] | None:
        """Insert, then wake those that listen."""
        positions = super().insert_events(stored_events, **given)
        for listener in self.listeners:
            listener.set()
        return positions

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> "_Subscription":
        """Return the notifications after a position, the new ones too."""
        return _Subscription(recorder=self, gt=gt, topics=topics)


class _Subscription(ListenNotifySubscription[Recorder]):
    """As the library's other recorders have it: read in pages of 500 by a thread, woken up."""

    def __init__(self, recorder: Recorder, gt: int | None, topics: Sequence[str]) -> None:
        super().__init__(recorder=recorder, gt=gt, topics=topics)
        recorder.listeners.append(self._has_been_notified)


class Answers(Projection[View]):
    """Puts each event into the view."""

    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:  # noqa: ANN401
        """Hand the event over, one at a time, as the library's runner does."""
        noted = Noted(
            tracking.notification_id,
            domain_event.originator_id,
            domain_event.timestamp,
            domain_event.state.encode("latin-1"),
            isinstance(domain_event, Aggregate.Created),
        )
        self.view.take_in(noted, tracking)


_Runner = ProjectionRunner[Reports, View]


class Library(Subject):
    """An application whose aggregates are claims, and a projection equal to the service's."""

    name: ClassVar[str] = "eventsourcing"
    about: ClassVar[str] = (
        "The library's Application.save on its SQLite recorder, in the process that calls: each "
        "claim an aggregate, nothing validated. ProjectionRunner with a subscription added, which "
        "the SQLite recorder lacks: one event at a time, into SQLite without a sync, what the "
        "domain says that it asserts, is found by and counts. It starts with the first question."
    )
    folder: Path
    _reports: Reports
    _runner: _Runner | None = None

    def version(self) -> str:
        """Return that of the library."""
        return version("eventsourcing")

    def start(self, folder: Path) -> None:
        """Keep both files in the folder."""
        self.folder = folder

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Open the application; the projection begins when it is needed."""
        self._reports = Reports(self._environment())
        try:
            yield
        finally:
            self._stop()

    def _environment(self) -> dict[str, str]:
        return {
            "PERSISTENCE_MODULE": "eventsourcing.sqlite",
            "APPLICATION_RECORDER_TOPIC": f"{Recorder.__module__}:{Recorder.__qualname__}",
            "SQLITE_DBNAME": str(self.folder / "events.db"),
            "ANSWERS_SQLITE_DBNAME": str(self.folder / "answers.db"),
        }

    def _running(self) -> _Runner:
        """Return the runner, started if it was not, whose application is then the one to use."""
        if self._runner is None:
            self._reports.close()
            self._runner = ProjectionRunner(
                application_class=Reports,
                projection_class=Answers,
                view_class=View,
                env=self._environment(),
            ).__enter__()
            self._reports = self._runner.app
        return self._runner

    def _stop(self) -> None:
        if self._runner is None:
            self._reports.close()
        else:
            self._runner.__exit__(None, None, None)
            self._runner = None

    async def append_one(self, event: bytes) -> int:
        """Save one event."""
        return self._reports.report([event])

    async def append_batch(self, events: Sequence[bytes]) -> int:
        """Save events in one transaction."""
        return self._reports.report(events)

    async def read_all(self) -> AsyncIterator[Sequence[Notification]]:
        """Yield the notifications, 500 at a time."""
        last = 0
        select = self._reports.recorder.select_notifications
        while page := select(last, _FRAME_EVENTS, inclusive_of_start=False):
            yield page
            last = page[-1].id

    def events_in(self, frame: Sequence[Notification]) -> Sequence[bytes]:
        """Return what was saved."""
        events: list[Any] = [self._reports.mapper.to_domain_event(stored) for stored in frame]
        return [event.state.encode("latin-1") for event in events]

    async def as_of(self, question: Question) -> bytes:
        """Return the winner of each facet, as JSON."""
        runner = await self._caught_up(question.min_position)
        parameters: dict[str, object] = dict(facts.Point.of(question)._asdict())
        parameters["dyad"] = facts.dyad_of(question)
        return facts.answer_of(runner.view.winners(parameters))

    async def _caught_up(self, position: int) -> _Runner:
        """Return the runner when it has come to a position; its own wait looks too seldom."""
        runner = self._running()
        while not runner.view.has_tracking_id(Reports.name, position or None):
            if runner.is_interrupted.is_set():
                runner.run_forever()
                raise RuntimeError("the projection has stopped")
            await asyncio.sleep(_LOOK_SECONDS)
        return runner

    def winners(self, answer: bytes) -> Mapping[str, str]:
        """Return what the answer says of them."""
        return facts.winners_in(answer)

    async def rebuild(self) -> None:
        """Delete the view, and run the projection from the beginning."""
        self._stop()
        for path in self.folder.glob("answers.db*"):
            path.unlink()
        self._reports = Reports(self._environment())
        await self._caught_up(self._reports.recorder.max_notification_id() or 0)
