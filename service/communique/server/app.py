"""The server, put together in one place and taken apart in the reverse order.

This is the only module that names a store, a view and a face.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import partial
from threading import Thread
from typing import Final

from communique.server.application.queries.read_models import ReadModels
from communique.server.application.use_cases import use_cases
from communique.server.faces.grpc.grpc_server import CannotListen, GrpcServer
from communique.server.faces.grpc.health_service import HealthService
from communique.server.health import HealthMonitor
from communique.server.log.event_log import EventLog
from communique.server.log.log_errors import LogUnavailable
from communique.server.log.sqlite_store.log_reader import SQLiteLogReader
from communique.server.log.sqlite_store.sqlite_log import SQLiteEventLog
from communique.server.projections.process.supervisor import projecting
from communique.server.projections.thread_follower import ThreadFollower
from communique.server.runtime.call_log import Logger, logger_of
from communique.server.runtime.clock import Clock
from communique.server.runtime.file_lock import FileInUse
from communique.server.runtime.process import settle
from communique.server.runtime.settings import Settings
from communique.server.sqlite.database_file import UnusableFile, sqlite_version
from communique.server.views.read_model.read_model_projection import ReadModelProjection

LOG_FILE: Final = "log.db"
READ_MODELS_FOLDER: Final = "read-models"
START_ERRORS: Final = (CannotListen, FileInUse, UnusableFile, LogUnavailable)
"""Why a server may not start, beside `OSError` for a folder or a TLS file."""


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; all log lines of the process go to standard error.

    Raises `START_ERRORS`, and `OSError` for a folder or a TLS file.
    """
    settle(settings)
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
    started: Future[tuple[str, Callable[[], object]]] = Future()

    async def serve_until_stopped() -> None:
        loop, stopping = asyncio.get_running_loop(), asyncio.Event()
        try:
            async with serving(settings, logger_of(settings), apart=apart) as address:
                started.set_result((address, partial(loop.call_soon_threadsafe, stopping.set)))
                await stopping.wait()
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    thread = Thread(target=lambda: asyncio.run(serve_until_stopped()), name="server")
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
        clock, event_log, read_models = _open(settings, stack, apart=apart)
        cases = stack.enter_context(use_cases(settings, logger, clock, event_log, read_models))
        health = HealthService()
        monitor = HealthMonitor(event_log, read_models, settings.lag_max, logger, health.publish)
        server = GrpcServer(settings, cases, health)
        await server.start()
        try:
            watching = monitor.watching(settings.health_seconds)
            async with health.answering(), watching, cases.live.running():
                logger.info("serving", address=server.address, sqlite=sqlite_version())
                yield server.address
                logger.info("stopping", grace_seconds=settings.grace_seconds)
        finally:
            await server.stop(settings.grace_seconds)


def _open(
    settings: Settings, stack: ExitStack, *, apart: bool
) -> tuple[Clock, EventLog, ReadModels]:
    """Open what is kept on disk, to be closed in the reverse order, with its clock."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    clock = Clock()
    path = settings.data_dir / LOG_FILE
    event_log = SQLiteEventLog.open(path, clock.micros)
    stack.callback(event_log.close)
    clock.reach(event_log.head()[1])
    folder = settings.data_dir / READ_MODELS_FOLDER
    if apart:
        open_log = partial(SQLiteLogReader, path)
        projector = projecting(ReadModelProjection, folder, open_log, event_log.tail, settings)
        read_models = ReadModels(event_log, stack.enter_context(projector))
    else:
        read_models = ReadModels(event_log, ThreadFollower(folder, ReadModelProjection, event_log))
    stack.callback(read_models.close)
    read_models.start()
    return clock, event_log, read_models
