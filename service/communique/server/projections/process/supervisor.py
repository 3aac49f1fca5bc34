"""The server's end of the projector: it starts the child, feeds it, hears it, and restarts it."""

import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
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
from communique.server.projections.process import protocol
from communique.server.projections.process.remote_follower import RemoteFollower
from communique.server.projections.projection import ViewProjection
from communique.server.projections.projection_errors import ReadModelStopped
from communique.server.runtime import limits
from communique.server.runtime.file_lock import FileInUse, FileLock
from communique.server.runtime.settings import Settings

_logger: Final = structlog.get_logger(__name__)

_PROGRAM: Final = "communique.server.projections.process.child"


@contextmanager
def projecting(
    projections: Sequence[type[ViewProjection]],
    folder: Path,
    open_log: protocol.OpenLog,
    tail: Tail,
    settings: Settings,
) -> Iterator[list[RemoteFollower]]:
    """Have a projector keep the files in `folder` up with the log for the length of the block.

    `open_log` opens the log in the projector's process; `tail` is the log's tail in this one. Waits
    for the projector of a server that was killed to be gone, and raises `FileInUse` if it does not
    go; for its own projector it does not wait.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = _locked(folder)
    try:
        opening = protocol.Opening(open_log, tuple(projections), folder, tail.position, settings)
        process = ProjectorProcess(opening, tail, lock)
        process.start()
        try:
            yield process.followers
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


class ProjectorProcess:
    """A child process that projects, and the thread that keeps one alive."""

    def __init__(self, opening: protocol.Opening, tail: Tail, lock: FileLock) -> None:
        """Open the files to read them; the child inherits the `lock` on them."""
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
        self.followers = [
            RemoteFollower(opening.folder, projection, tail, self)
            for projection in opening.projections
        ]
        self._by_name = {follower.name: follower for follower in self.followers}

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
        """Have the child told of the log's head without delay."""
        self._hurried.set()

    def run_task(self, task: protocol.Task, *names: str) -> Iterator[Any]:
        """Have the child do something with projections, and yield its answers.

        Raises what is raised there, and `ReadModelStopped` if the child dies on the way.
        """
        number = next(self._numbers)
        answers = SimpleQueue[protocol.TaskAnswer | protocol.TaskEnded | None]()
        with self._guard:
            if self._stopping.is_set():
                raise LogClosed
            self._tasks[number] = answers
            self._outbox.append(protocol.RunTask(number, task, names))
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
            raise self._why_unanswered(names[0])
        if answer.fault:
            raise answer.fault.exception()

    def _why_unanswered(self, name: str) -> Exception:
        """Return why a task has no answer."""
        if self._stopping.is_set():
            return LogClosed()
        reached = self._by_name[name].position
        return ReadModelStopped(name, self._tail.position, reached, self.fault)

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
        """Attend to one child from its start to its end; return how it ended."""
        try:
            for follower in self.followers:
                follower.reopen()
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
        ours, theirs = Pipe()
        with ours:
            with theirs:
                self._child = child = self._start_child(theirs)
            is_over = Event()
            feeder = Thread(target=self._feed, args=(ours, is_over), daemon=True)
            feeder.start()
            try:
                with suppress(EOFError, OSError):
                    while True:
                        self._handle(ours.recv())
            finally:
                ours.close()  # whatever ended it, there are never two children
                code = child.wait()
                is_over.set()
                self._wake_feeder()
                feeder.join()
        return f"code {code}" if code >= 0 else signal.Signals(-code).name

    def _start_child(self, theirs: Connection) -> "subprocess.Popen[bytes]":
        inherited = theirs.fileno(), self._lock.fileno()
        return subprocess.Popen(  # noqa: S603  our own program
            [sys.executable, "-P", "-m", _PROGRAM, *map(str, inherited)],
            pass_fds=inherited,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            # It finds the modules where we have found them, and a terminal's Ctrl-C is ours alone.
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,
        )

    def _feed(self, connection: Connection, is_over: Event) -> None:
        """Tell the child of the log's head, and send what there is to send."""
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
            case protocol.PositionReached(name, position, error):
                self.fault = ""
                self._by_name[name].reached(position, error)
            case protocol.FileSwapped(name, path):
                self._by_name[name].swap(path)
                self._send(protocol.FileReleased(name))
            case protocol.TaskAnswer(number):
                self._tasks[number].put(message)
            case protocol.TaskEnded(number):
                self._tasks.pop(number).put(message)
