"""The projector's end: it follows the log until the server stops it, or is gone.

Its arguments are the descriptors of its end of the pipe, and of the lock that it holds.
"""

import os
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, Final, NoReturn

from communique.server.log.tail import Tail
from communique.server.projections.process import protocol
from communique.server.projections.thread_follower import ThreadFollower
from communique.server.runtime.file_lock import sign
from communique.server.runtime.process import settle

_ABANDONED: Final = 1
"""The exit code when the server is gone: there is nobody to read it."""


class Projector:
    """The follower in this process, which reports to the server and runs its tasks."""

    def __init__(self, connection: Connection, opening: protocol.Opening) -> None:
        """Open the log to read it, and the projection's file to write it."""
        self._connection = connection
        self._sending = Lock()
        self._tail = Tail(opening.head)
        self._log = opening.open_log(self._tail)
        self._released = SimpleQueue[protocol.FileReleased]()
        self._cancelled = set[int]()
        self._follower = ThreadFollower(
            opening.folder, opening.projection, self._log, self._hand_over
        )

    def run(self) -> None:
        """Follow until the server says stop, and close the file; exit if the server dies."""
        self._follower.add_listener(self._report)
        self._report(self._follower.position)
        self._follower.start()
        while self._handle(self._receive()):
            pass
        self._follower.close()
        self._log.close()

    def _report(self, position: int) -> None:
        self._send(protocol.PositionReached(position, self._follower.error))

    def _handle(self, message: Any) -> bool:  # noqa: ANN401  the pipe's other end is ours
        """Handle a message, without waiting; return whether to go on."""
        match message:
            case protocol.HeadMoved(position):
                self._tail.advance(position)
            case protocol.RunTask():
                Thread(target=self._run_task, args=(message,), daemon=True).start()
            case protocol.CancelTask(number):
                self._cancelled.add(number)
            case protocol.FileReleased():
                self._released.put(message)
        return not isinstance(message, protocol.Stop)

    def _run_task(self, task: protocol.RunTask) -> None:
        fault = None
        try:
            for report in getattr(self._follower, task.task)():
                self._send(protocol.TaskAnswer(task.number, report))
                if task.number in self._cancelled:
                    break
        except Exception as error:  # noqa: BLE001  it is raised where the answer is waited for
            fault = protocol.TaskFault.of(error)
        self._cancelled.discard(task.number)
        self._send(protocol.TaskEnded(task.number, fault))

    def _hand_over(self, path: Path) -> None:
        self._send(protocol.FileSwapped(path))
        self._released.get()

    def _send(self, message: tuple[Any, ...]) -> None:
        try:
            with self._sending:
                self._connection.send(message)
        except OSError:
            _abandon()

    def _receive(self) -> Any:  # noqa: ANN401  as above
        try:
            return self._connection.recv()
        except (EOFError, OSError):
            _abandon()


def _abandon() -> NoReturn:
    """End at once: the next server waits for that, and the log has what is not committed."""
    os._exit(_ABANDONED)


def main() -> NoReturn:
    """Run the projector to its end."""
    # Ctrl-C and a supervisor's signal come to all processes; the server says when to stop.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    pipe, lock = map(int, sys.argv[1:])
    sign(lock)
    connection = Connection(pipe)
    try:
        opening: protocol.Opening = connection.recv()
    except (EOFError, OSError):
        _abandon()
    settle(opening.settings)
    Projector(connection, opening).run()
    os._exit(0)  # do not wait for the threads of abandoned tasks


if __name__ == "__main__":
    main()
