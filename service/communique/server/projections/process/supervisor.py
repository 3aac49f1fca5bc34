"""The server's end of the projector: started, fed with the log's head, heard, and started again."""

import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Lock, Thread
from time import monotonic, sleep
from typing import Any, Final

import structlog

from communique.server.application.queries.read_models import PROJECTIONS
from communique.server.log import LogClosed, LogInUse
from communique.server.log.sqlite_store.sqlite_log import EventLog
from communique.server.projections.process import protocol as messages
from communique.server.projections.process.remote_follower import RemoteFollower
from communique.server.projections.projection_errors import ReadModelStopped
from communique.server.runtime.file_lock import FileLock
from communique.server.runtime.settings import Settings

_logger: Final = structlog.get_logger(__name__)

_PROGRAM: Final = "communique.server.projections.process.child"
_GATHER_SECONDS: Final = 0.1
"""How long a head that moves on is not told again, unless somebody waits for it.

With 1,000 commits a second following then takes 350 microseconds an event instead of 530 with a
fifth of it: its three files are committed once for all that has come meanwhile.
"""
_PAUSE_SECONDS_MIN: Final = 0.1
_PAUSE_SECONDS_MAX: Final = 10.0
_WELL_SECONDS: Final = 60.0
"""After a projector that has lived so long the next is started with the shortest pause again."""
_STOP_SECONDS_MAX: Final = 30.0
_LOCK_SECONDS_MAX: Final = 10.0
_LOOK_SECONDS: Final = 0.01


@contextmanager
def projecting(
    folder: Path, event_log: EventLog, settings: Settings
) -> Iterator[list[RemoteFollower]]:
    """Have a projector keep the files in `folder` up with the log for the length of the block.

    Waits for the projector of a server that was killed to be gone, and raises `LogInUse` if it does
    not go; for its own projector it does not wait.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = _locked(folder)
    try:
        process = ProjectorProcess(folder, event_log, settings, lock)
        process.start()
        try:
            yield process.followers
        finally:
            process.close()
    finally:
        lock.release()


def _locked(folder: Path) -> FileLock:
    deadline = monotonic() + _LOCK_SECONDS_MAX
    while True:
        try:
            return FileLock(folder / "lock", folder)
        except LogInUse:
            if monotonic() > deadline:
                raise
        sleep(_LOOK_SECONDS)


class ProjectorProcess:
    """A child process that projects, and the thread that keeps one alive."""

    def __init__(
        self, folder: Path, event_log: EventLog, settings: Settings, lock: FileLock
    ) -> None:
        """Open the files in `folder` to read them; the child inherits the `lock` on them."""
        self._folder, self._log, self._settings, self._lock = folder, event_log, settings, lock
        self._guard = Lock()
        self._outbox = deque[Any]()
        self._calls = dict[int, SimpleQueue[messages.Answer | messages.Ended | None]]()
        self._numbers = count()
        self._hurried = Event()
        self._stopping = Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._thread = Thread(target=self._run, name="projector", daemon=True)
        self.fault = ""
        self.followers = [
            RemoteFollower(folder, projection, event_log.tail, self) for projection in PROJECTIONS
        ]
        self._named = {follower.name: follower for follower in self.followers}

    def start(self) -> None:
        """Start a child, without waiting for it."""
        self._thread.start()

    def close(self) -> None:
        """Have the child end with the batch in hand; kill it if that takes too long."""
        with self._guard:
            self._stopping.set()
            self._outbox.append(messages.Stop())
        self._wake_feeder()
        self._thread.join(_STOP_SECONDS_MAX)
        if self._thread.is_alive() and self._child:
            self._child.kill()
            self._thread.join()

    def hurry(self) -> None:
        """Have the child told of the log's head without delay."""
        self._hurried.set()

    def call(self, task: messages.Task, *names: str) -> Iterator[Any]:
        """Have the child do something with projections, and yield its answers.

        Raises what is raised there, and `ReadModelStopped` if the child dies on the way.
        """
        number = next(self._numbers)
        answers = SimpleQueue[messages.Answer | messages.Ended | None]()
        with self._guard:
            if self._stopping.is_set():
                raise LogClosed
            self._calls[number] = answers
            self._outbox.append(messages.Call(number, task, names))
        self._wake_feeder()
        while isinstance(answer := answers.get(), messages.Answer):
            try:
                yield answer.item
            except GeneratorExit:
                self._send(messages.Cancel(number))
                while isinstance(answers.get(), messages.Answer):
                    pass
                raise
        if answer is None:
            raise self._died(names[0])
        if answer.fault:
            raise answer.fault.exception()

    def _died(self, name: str) -> Exception:
        """Why a call has no answer."""
        if self._stopping.is_set():
            return LogClosed()
        head, reached = self._log.tail.position, self._named[name].position
        return ReadModelStopped(name, head, reached, self.fault)

    def _send(self, message: tuple[Any, ...]) -> None:
        self._outbox.append(message)
        self._wake_feeder()

    def _wake_feeder(self) -> None:
        self._hurried.set()
        self._log.tail.wake()

    def _run(self) -> None:
        """Keep a child alive until the server stops."""
        pause = _PAUSE_SECONDS_MIN
        while not self._stopping.is_set():
            began = monotonic()
            how = self._live()
            if self._stopping.is_set():
                return
            if monotonic() - began > _WELL_SECONDS:
                pause = _PAUSE_SECONDS_MIN
            _logger.error("projector_ended", how=how, again_in_seconds=pause)
            self._stopping.wait(pause)
            pause = min(2 * pause, _PAUSE_SECONDS_MAX)

    def _live(self) -> str:
        """Be with one child from its start to its end; say how it ended."""
        try:
            for follower in self.followers:
                follower.reopen()
            how = self._lived()
        except Exception as error:  # noqa: BLE001  such as no memory: the next may have more luck
            how = f"{type(error).__name__}: {error}"
        self.fault = f"its process has ended ({how}); another one takes over"
        with self._guard:
            self._outbox.clear()
            for answers in self._calls.values():
                answers.put(None)
            self._calls.clear()
        return how

    def _lived(self) -> str:
        ours, theirs = Pipe()
        with ours:
            with theirs:
                self._child = child = self._started(theirs)
            is_over = Event()
            feeder = Thread(target=self._feed, args=(ours, is_over), daemon=True)
            feeder.start()
            try:
                with suppress(EOFError, OSError):
                    while True:
                        self._hear(ours.recv())
            finally:
                ours.close()  # whatever ended it, there are never two children
                code = child.wait()
                is_over.set()
                self._wake_feeder()
                feeder.join()
        return f"code {code}" if code >= 0 else signal.Signals(-code).name

    def _started(self, theirs: Connection) -> "subprocess.Popen[bytes]":
        given = theirs.fileno(), self._lock.fileno()
        return subprocess.Popen(  # noqa: S603  our own program
            [sys.executable, "-P", "-m", _PROGRAM, *map(str, given)],
            pass_fds=given,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            # It finds the modules where we have found them, and a terminal's Ctrl-C is ours alone.
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,
        )

    def _feed(self, connection: Connection, is_over: Event) -> None:
        """Tell the child of the log's head, and send what there is to send."""
        tail, told = self._log.tail, self._log.tail.position
        with suppress(OSError, LogClosed):
            opening = messages.Opening(self._folder, self._log.path, told, self._settings)
            connection.send(opening)
            while not is_over.is_set():
                head = tail.wait_beyond(told, None, lambda: is_over.is_set() or bool(self._outbox))
                while self._outbox:
                    connection.send(self._outbox.popleft())
                if head > told:
                    connection.send(messages.Head(head))
                    told = head
                    self._hurried.wait(_GATHER_SECONDS)
                    self._hurried.clear()

    def _hear(self, message: Any) -> None:  # noqa: ANN401  the pipe's other end is ours
        match message:
            case messages.Reached(name, position, error):
                self.fault = ""
                self._named[name].reached(position, error)
            case messages.Swapped(name, path):
                self._named[name].swap(path)
                self._send(messages.LetGo(name))
            case messages.Answer(number):
                self._calls[number].put(message)
            case messages.Ended(number):
                self._calls.pop(number).put(message)
