"""The server's end of the projector: it starts the child, exchanges messages, and restarts it."""

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

from communique.server.log.log_errors import LogClosed
from communique.server.log.tail import Tail
from communique.server.projections.follower import Follower
from communique.server.projections.generations import Generations
from communique.server.projections.process import protocol
from communique.server.projections.progress import RebuildReport, VerificationReport
from communique.server.projections.projection import ViewProjection
from communique.server.projections.projection_errors import ReadModelStopped
from communique.server.projections.projection_file import ProjectionReader, format_of
from communique.server.runtime import limits
from communique.server.runtime.file_lock import FileInUse, FileLock
from communique.server.runtime.settings import Settings
from communique.server.sqlite.database_file import connect

_logger: Final = structlog.get_logger(__name__)

_PROGRAM: Final = "communique.server.projections.process.child"


class RemoteFollower(Follower):
    """A follower whose work the projector does: it reads the file, and receives the position."""

    def __init__(
        self,
        folder: Path,
        projection: type[ViewProjection],
        tail: Tail,
        process: "ProjectorProcess",
    ) -> None:
        """Open the projection's file to read it, or make it."""
        self._files = Generations(folder, projection.name, projection.version)
        self._format = format_of(projection)
        self._reader = ProjectionReader(self._current_file(), projection)
        with self._reader.snapshot() as snapshot:
            self._position = snapshot.reached
        super().__init__(projection, tail, self._position)
        self._process = process

    def _current_file(self) -> Path:
        """Return the path of the file that serves, made where there was none."""
        path = self._files.current()
        if not path.exists():
            connect(path, self._format).close()
        return path

    @property
    def position(self) -> int:
        """The position that the projector has reported."""
        return self._position

    @property
    def error(self) -> str:
        """Why it has stopped, or why the projector has."""
        return self._error or self._process.fault

    @property
    def _serving(self) -> ProjectionReader:
        return self._reader

    def start(self) -> None:
        """Do nothing: the projector starts to follow by itself."""

    def close(self) -> None:
        """Close the file."""
        self._reader.close()

    def wait_for(self, position: int, timeout_seconds: float) -> None:
        """See `Follower.wait_for`; the projector hears of the log's head without delay."""
        if position > self._position:
            self._process.hurry()
        super().wait_for(position, timeout_seconds)

    def reached(self, position: int, error: str) -> None:
        """Note and announce what the projector has reported."""
        self._position = position
        self._notify(error)

    def reopen(self) -> None:
        """Read the file that serves, whichever the last projector left."""
        self.swap(self._current_file())

    def swap(self, path: Path) -> None:
        """Read another file from now on; readers of the former one finish with it."""
        former, self._reader = self._reader, ProjectionReader(path, self._projection)
        former.close()

    def _rebuild(self) -> Iterator[RebuildReport]:
        return self._process.run_task("rebuild")

    def _verify(self) -> Iterator[VerificationReport]:
        return self._process.run_task("verify")


class ProjectorProcess:
    """A child process that projects, and the thread that keeps one alive."""

    def __init__(self, opening: protocol.Opening, tail: Tail, lock: FileLock) -> None:
        """Open the file to read it; the child inherits the `lock` on the folder."""
        self._opening, self._tail, self._lock = opening, tail, lock
        self._guard = Lock()
        self._outbox = deque[Any]()
        self._tasks = dict[int, SimpleQueue[protocol.TaskAnswer | protocol.TaskEnded | None]]()
        self._numbers = count()
        self._hurried = Event()
        self._stopping = Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._thread = Thread(target=self._run, name="projector", daemon=True)
        self.fault = ""
        self.follower = RemoteFollower(opening.folder, opening.projection, tail, self)

    def start(self) -> None:
        """Start a child, without waiting for it."""
        self._thread.start()

    def close(self) -> None:
        """Have the child end after its current batch; kill it if that takes too long."""
        with self._guard:
            self._stopping.set()
            self._outbox.append(protocol.Stop())
        self._wake_feeder()
        self._thread.join(limits.PROJECTOR_STOP_SECONDS_MAX)
        if self._thread.is_alive() and self._child:
            self._child.kill()
            self._thread.join()

    def hurry(self) -> None:
        """Tell the child of the log's head without delay."""
        self._hurried.set()

    def run_task(self, task: protocol.Task) -> Iterator[Any]:
        """Have the child run a task, and yield its reports.

        Raises what the task raises, and `ReadModelStopped` if the child dies.
        """
        number = next(self._numbers)
        answers = SimpleQueue[protocol.TaskAnswer | protocol.TaskEnded | None]()
        with self._guard:
            if self._stopping.is_set():
                raise LogClosed
            self._tasks[number] = answers
            self._outbox.append(protocol.RunTask(number, task))
        self._wake_feeder()
        while isinstance(answer := answers.get(), protocol.TaskAnswer):
            try:
                yield answer.item
            except GeneratorExit:
                self._send(protocol.CancelTask(number))
                while isinstance(answers.get(), protocol.TaskAnswer):
                    pass
                raise
        if answer is None:
            if self._stopping.is_set():
                raise LogClosed
            follower = self.follower
            raise ReadModelStopped(
                follower.name, self._tail.position, follower.position, self.fault
            )
        if answer.fault:
            raise answer.fault.exception()

    def _send(self, message: tuple[Any, ...]) -> None:
        self._outbox.append(message)
        self._wake_feeder()

    def _wake_feeder(self) -> None:
        self._hurried.set()
        self._tail.wake()

    def _run(self) -> None:
        """Keep a child alive until the server stops."""
        pause = limits.RESTART_SECONDS_MIN
        while not self._stopping.is_set():
            began = monotonic()
            end = self._attend_child()
            if self._stopping.is_set():
                return
            if monotonic() - began > limits.WELL_SECONDS:
                pause = limits.RESTART_SECONDS_MIN
            _logger.error("projector_ended", how=end, again_in_seconds=pause)
            self._stopping.wait(pause)
            pause = min(2 * pause, limits.RESTART_SECONDS_MAX)

    def _attend_child(self) -> str:
        """Run one child from its start to its end; return how it ended."""
        try:
            self.follower.reopen()
            end = self._run_child()
        except Exception as error:  # noqa: BLE001  such as no memory: the next may have more luck
            end = f"{type(error).__name__}: {error}"
        self.fault = f"its process has ended ({end}); another one takes over"
        with self._guard:
            self._outbox.clear()
            for answers in self._tasks.values():
                answers.put(None)
            self._tasks.clear()
        return end

    def _run_child(self) -> str:
        server_end, child_end = Pipe()
        with server_end:
            with child_end:
                self._child = child = self._start_child(child_end)
            is_over = Event()
            feeder = Thread(target=self._feed, args=(server_end, is_over), daemon=True)
            feeder.start()
            try:
                with suppress(EOFError, OSError):
                    while True:
                        self._handle(server_end.recv())
            finally:
                server_end.close()  # the child ends for that: there are never two children
                code = child.wait()
                is_over.set()
                self._wake_feeder()
                feeder.join()
        return f"code {code}" if code >= 0 else signal.Signals(-code).name

    def _start_child(self, child_end: Connection) -> "subprocess.Popen[bytes]":
        inherited = child_end.fileno(), self._lock.fileno()
        return subprocess.Popen(  # noqa: S603  our own program
            [sys.executable, "-P", "-m", _PROGRAM, *map(str, inherited)],
            pass_fds=inherited,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            # The child has our module path; a terminal's Ctrl-C does not reach it.
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,
        )

    def _feed(self, connection: Connection, is_over: Event) -> None:
        """Send the child the log's head as it moves, and the messages of the outbox."""
        tail, sent = self._tail, self._tail.position
        with suppress(OSError, LogClosed):
            connection.send(self._opening._replace(head=sent))
            while not is_over.is_set():
                head = tail.wait_beyond(sent, None, lambda: is_over.is_set() or bool(self._outbox))
                while self._outbox:
                    connection.send(self._outbox.popleft())
                if head > sent:
                    connection.send(protocol.HeadMoved(head))
                    sent = head
                    self._hurried.wait(limits.HEAD_SECONDS)
                    self._hurried.clear()

    def _handle(self, message: Any) -> None:  # noqa: ANN401  the pipe's other end is ours
        match message:
            case protocol.PositionReached(position, error):
                self.fault = ""
                self.follower.reached(position, error)
            case protocol.FileSwapped(path):
                self.follower.swap(path)
                self._send(protocol.FileReleased())
            case protocol.TaskAnswer(number):
                self._tasks[number].put(message)
            case protocol.TaskEnded(number):
                self._tasks.pop(number).put(message)


@contextmanager
def projecting(
    projection: type[ViewProjection],
    folder: Path,
    open_log: protocol.OpenLog,
    tail: Tail,
    settings: Settings,
) -> Iterator[RemoteFollower]:
    """Have a projector keep the file in `folder` up with the log during the block.

    `open_log` opens the log in the projector's process; `tail` is the log's tail in this one. Waits
    until the projector of a server that was killed has ended, or raises `FileInUse`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = _locked(folder)
    try:
        opening = protocol.Opening(open_log, projection, folder, tail.position, settings)
        process = ProjectorProcess(opening, tail, lock)
        process.start()
        try:
            yield process.follower
        finally:
            process.close()
    finally:
        lock.release()


def _locked(folder: Path) -> FileLock:
    deadline = monotonic() + limits.PROJECTOR_LOCK_SECONDS_MAX
    while True:
        try:
            return FileLock(folder / "lock", folder)
        except FileInUse:
            if monotonic() > deadline:
                raise
        sleep(limits.PROJECTOR_LOCK_POLL_SECONDS)
