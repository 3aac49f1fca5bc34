"""The use cases, put together over any log and its read models, for any face."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from communique.server.application.live.live_streams import LiveStreams
from communique.server.application.live.ring import LogRing
from communique.server.application.projection_service import ProjectionService
from communique.server.application.queries.query_runner import QueryRunner
from communique.server.application.queries.read_models import ReadModels
from communique.server.application.record_service import RecordService
from communique.server.application.recording.validation import EventValidator
from communique.server.application.timeline_service import TimelineService
from communique.server.application.use_case_runner import UseCaseRunner
from communique.server.log.event_log import EventLog
from communique.server.runtime import limits
from communique.server.runtime.call_log import Logger
from communique.server.runtime.clock import Clock
from communique.server.runtime.event_ids import EventIds
from communique.server.runtime.position_signal import PositionSignal
from communique.server.runtime.settings import Settings
from communique.server.runtime.threads import WorkerPool


@dataclass(frozen=True)
class UseCases:
    """The services of the contract, what runs their methods, and the streams that they share."""

    record: RecordService
    timeline: TimelineService
    projection: ProjectionService
    runner: UseCaseRunner
    live: LiveStreams


@contextmanager
def use_cases(
    settings: Settings, logger: Logger, clock: Clock, event_log: EventLog, read_models: ReadModels
) -> Iterator[UseCases]:
    """Put the use cases together on the running loop; at the end their threads have ended."""
    with ExitStack() as stack:

        def pool(name: str, threads: int, queued_max: int) -> WorkerPool:
            workers = WorkerPool(name, threads, queued_max)
            stack.callback(workers.close)
            return workers

        calls_max = settings.concurrent_calls_max
        questions = pool("questions", limits.ANSWER_THREADS, limits.ANSWERS_QUEUED_MAX)
        queries = QueryRunner(event_log, read_models, questions, clock, settings.wait_seconds_max)
        live = LiveStreams(
            read_models,
            clock,
            LogRing(event_log, pool("tails", limits.TAIL_THREADS, 0), logger),
            PositionSignal(event_log.tail.position),
            pool("catch-ups", limits.CATCH_UP_THREADS, calls_max),
            pool("looks", limits.LOOK_THREADS, calls_max),
            settings.heartbeat_seconds,
        )
        checks = pool("checks", limits.CHECK_THREADS, calls_max)
        record = RecordService(
            event_log,
            EventValidator(EventIds(), clock.now, checks),
            queries,
            pool("reads", limits.READ_THREADS, calls_max),
            live,
        )
        timeline, projection = TimelineService(queries, live), ProjectionService(queries)
        yield UseCases(record, timeline, projection, UseCaseRunner(logger, calls_max), live)
