"""The server, put together in one place and taken apart in the reverse order."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, Final, NamedTuple

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2_grpc
from grpc_health.v1.health import SERVICE_NAME as HEALTH_SERVICE
from grpc_reflection.v1alpha import reflection

from communique.server.application.live.live_streams import Live
from communique.server.application.live.ring import Tailing
from communique.server.application.queries.query_runner import Asking
from communique.server.application.queries.read_models import ReadModels
from communique.server.application.recording.admission import Gathering
from communique.server.application.recording.commit_answers import Answers
from communique.server.application.recording.validation import Intake
from communique.server.faces.grpc.interceptors import CallInterceptor
from communique.server.faces.grpc.projection_service import ProjectionService
from communique.server.faces.grpc.record_service import RecordService
from communique.server.faces.grpc.timeline_service import TimelineService
from communique.server.health import RECORD_SERVICE, SERVICES, Health
from communique.server.log.sqlite_store.sqlite_log import EventLog
from communique.server.projections.process.supervisor import projecting
from communique.server.runtime import limits
from communique.server.runtime import process as runtime
from communique.server.runtime.call_log import Logger, logger_of
from communique.server.runtime.clock import Clock
from communique.server.runtime.event_ids import EventIds
from communique.server.runtime.position_signal import Pulse, Streams
from communique.server.runtime.settings import Settings
from communique.server.runtime.threads import Workers
from communique.v1 import (
    projection_service_pb2_grpc,
    record_service_pb2,
    record_service_pb2_grpc,
    timeline_service_pb2_grpc,
)

LOG_FILE: Final = "log.db"
READ_MODELS_FOLDER: Final = "read-models"

_REFLECTED: Final = (*SERVICES, HEALTH_SERVICE, reflection.SERVICE_NAME)

_OPTIONS: Final = (
    ("grpc.so_reuseport", 0),  # two servers on one port would share its calls: an error instead
    ("grpc.max_receive_message_length", limits.MESSAGE_BYTES_MAX),
    ("grpc.max_send_message_length", limits.MESSAGE_BYTES_MAX),
    ("grpc.max_concurrent_streams", limits.STREAMS_PER_CONNECTION_MAX),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
)


class CannotListen(Exception):
    """The address can't be listened at; most often another process does."""


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; all log lines of the process go to standard error.

    Raises `CannotListen`, the log's `LogInUse`, `UnusableFile` and `LogUnavailable`, and `OSError`
    for a folder or a TLS file.
    """
    runtime.settle(settings)
    asyncio.run(serve(settings))


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, in the main thread's loop; raises as `run` does."""
    logger, stopping = logger_of(settings), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with serving(settings, logger, apart=True):
        await stopping.wait()


@contextmanager
def running_server(settings: Settings, *, apart: bool = False) -> Iterator[str]:
    """Serve in a background thread for the length of the block; give the address.

    The projections follow the log in threads or, `apart`, in a process of their own. Raises as
    `run` does.
    """
    started: Future[tuple[str, Callable[[], None]]] = Future()
    work = _serve_until_told(settings, started, apart=apart)
    thread = Thread(target=lambda: asyncio.run(work), name="server")
    thread.start()
    try:
        address, stop = started.result()
        try:
            yield address
        finally:
            stop()
    finally:
        thread.join()


@asynccontextmanager
async def serving(settings: Settings, logger: Logger, *, apart: bool) -> AsyncIterator[str]:
    """Serve for the length of the block; give the address. Raises as `run` does.

    The projections follow the log in threads or, `apart`, in a process of their own. At the end
    streams without an end are ended, other calls get their grace, then the read models are closed,
    then the log.
    """
    with ExitStack() as stack:
        kept = clock, event_log, read_models = _open(settings, stack, apart=apart)
        readers = _workers(stack, "reads", limits.READ_THREADS, settings.concurrent_calls_max)
        checkers = _workers(stack, "checks", limits.CHECK_THREADS, settings.concurrent_calls_max)
        askers = _workers(stack, "questions", limits.ANSWER_THREADS, limits.ANSWERS_QUEUED_MAX)
        intake = Intake(EventIds(), clock.now, checkers)
        asking = Asking(event_log, read_models, askers, clock, settings.wait_seconds_max)
        health = Health(event_log, read_models, settings.lag_max, logger)
        live = _live(stack, settings, logger, kept)
        calls = CallInterceptor(logger, settings.concurrent_calls_max)

        server = grpc.aio.server(interceptors=[calls], options=_OPTIONS)
        answers, gathering = Answers(event_log), Gathering()
        records = RecordService(
            event_log, read_models, answers, intake, gathering, asking, readers, live
        )
        timelines = TimelineService(read_models, asking, live)
        projections = ProjectionService(read_models, asking)
        record_service_pb2_grpc.add_RecordServiceServicer_to_server(records, server)
        timeline_service_pb2_grpc.add_TimelineServiceServicer_to_server(timelines, server)
        projection_service_pb2_grpc.add_ProjectionServiceServicer_to_server(projections, server)
        health_pb2_grpc.add_HealthServicer_to_server(health.servicer, server)
        _pass_frames_as_bytes(records, server)
        reflection.enable_server_reflection(_REFLECTED, server)

        address = _listen(server, settings)
        await server.start()
        try:
            async with health.watched(settings.health_seconds), live.running():
                logger.info("serving", address=address, sqlite=event_log.sqlite_version)
                yield address
                logger.info("stopping", grace_seconds=settings.grace_seconds)
        finally:
            calls.drain()
            await _stop(server, calls, settings.grace_seconds)


async def _stop(server: grpc.aio.Server, calls: CallInterceptor, grace_seconds: float) -> None:
    """Give calls under way their grace; answers that nobody fetches do not use it up."""
    stopping = asyncio.create_task(server.stop(grace_seconds))
    await calls.ended(grace_seconds)
    await asyncio.wait([stopping], timeout=limits.END_SECONDS)
    await server.stop(None)
    await stopping


class Kept(NamedTuple):
    """What is kept on disk, and the clock that it goes by."""

    clock: Clock
    event_log: EventLog
    read_models: ReadModels


def _open(settings: Settings, stack: ExitStack, *, apart: bool) -> Kept:
    """Open what is kept on disk, to be closed in the reverse order."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    clock = Clock()
    event_log = EventLog.open(settings.data_dir / LOG_FILE, clock.micros)
    stack.callback(event_log.close)
    clock.reach(event_log.head()[1])
    folder = settings.data_dir / READ_MODELS_FOLDER
    followers = stack.enter_context(projecting(folder, event_log, settings)) if apart else None
    read_models = ReadModels(folder, event_log, followers)
    stack.callback(read_models.close)
    read_models.start()
    return Kept(clock, event_log, read_models)


def _live(stack: ExitStack, settings: Settings, logger: Logger, kept: Kept) -> Live:
    calls_max = settings.concurrent_calls_max
    tails = _workers(stack, "tails", limits.TAIL_THREADS, 0)
    return Live(
        event_log=kept.event_log,
        read_models=kept.read_models,
        clock=kept.clock,
        tailing=Tailing(kept.event_log, tails, logger),
        pulse=Pulse(kept.event_log.tail.position),
        streams=Streams(),
        catch_ups=_workers(stack, "catch-ups", limits.CATCH_UP_THREADS, calls_max),
        looks=_workers(stack, "looks", limits.LOOK_THREADS, calls_max),
        heartbeat_seconds=settings.heartbeat_seconds,
    )


def _workers(stack: ExitStack, name: str, threads: int, queued_max: int) -> Workers:
    workers = Workers(name, threads, queued_max)
    stack.callback(workers.close)
    return workers


async def _serve_until_told(
    settings: Settings, started: Future[tuple[str, Callable[[], None]]], *, apart: bool
) -> None:
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    try:
        async with serving(settings, logger_of(settings), apart=apart) as address:
            started.set_result((address, lambda: _from_outside(loop, stopping)))
            await stopping.wait()
    except BaseException as error:
        if started.done():
            raise
        started.set_exception(error)


def _from_outside(loop: asyncio.AbstractEventLoop, stopping: asyncio.Event) -> None:
    loop.call_soon_threadsafe(stopping.set)


def _pass_frames_as_bytes(records: RecordService, server: grpc.aio.Server) -> None:
    """Register `Read` and `Subscribe` once more, without serializers: their frames are bytes."""
    handler, pb = grpc.unary_stream_rpc_method_handler, record_service_pb2
    methods: dict[str, grpc.RpcMethodHandler[Any, bytes]] = {
        "Read": handler(records.Read, pb.ReadRequest.FromString),
        "Subscribe": handler(records.Subscribe, pb.SubscribeRequest.FromString),
    }
    server.add_registered_method_handlers(RECORD_SERVICE, methods)


def _listen(server: grpc.aio.Server, settings: Settings) -> str:
    credentials = _credentials(settings)
    try:
        if credentials:
            port = server.add_secure_port(settings.listen, credentials)
        else:
            port = server.add_insecure_port(settings.listen)
    except RuntimeError as error:
        raise CannotListen(f"can't listen at {settings.listen}: is it in use?") from error
    return f"{settings.listen.rpartition(':')[0]}:{port}"


def _credentials(settings: Settings) -> grpc.ServerCredentials | None:
    if settings.tls_key is None or settings.tls_certificate is None:
        return None
    pair = (settings.tls_key.read_bytes(), settings.tls_certificate.read_bytes())
    authorities = _read(settings.tls_client_ca)
    return grpc.ssl_server_credentials([pair], authorities, authorities is not None)


def _read(path: Path | None) -> bytes | None:
    return path.read_bytes() if path else None
