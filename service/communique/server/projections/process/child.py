"""The projector's own end: follows the log until the server says stop, or is gone.

It is started with the numbers of two open files: its end of the pipe, and the lock that it holds
as long as it lives.
"""

import os
import signal
import sys
from collections import defaultdict
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, Final, NoReturn

from communique.server.application.queries.read_models import thread_followers
from communique.server.log.sqlite_store.log_reader import LogReader
from communique.server.log.tail import Tail
from communique.server.projections.follower import Follower
from communique.server.projections.process import protocol as messages
from communique.server.runtime import process as runtime
from communique.server.runtime.file_lock import sign

_ABANDONED: Final = 1
"""The exit code when the server is gone: there is nobody to read it."""


class Projector:
    """The followers, and what the server hears of them and has them do."""

    def __init__(self, connection: Connection, opening: messages.Opening) -> None:
        """Open the log to read it, and the files of the projections to write them."""
        self._connection = connection
        self._sending = Lock()
        self._tail = Tail(opening.head)
        self._log = LogReader(opening.log, self._tail)
        self._let_go = defaultdict[str, SimpleQueue[messages.LetGo]](SimpleQueue)
        self._cancelled = set[int]()
        followers = thread_followers(opening.folder, self._log, self._hand_over)
        self._followers = {follower.name: follower for follower in followers}

    def run(self) -> None:
        """Follow until told to stop, and close the files; ends the process if the server dies."""
        for follower in self._followers.values():
            self._watch(follower)
            follower.start()
        while self._obey(self._receive()):
            pass
        for follower in self._followers.values():
            follower.close()
        self._log.close()

    def _watch(self, follower: Follower) -> None:
        def tell(position: int) -> None:
            self._send(messages.Reached(follower.name, position, follower.error))

        follower.add_listener(tell)
        tell(follower.position)

    def _obey(self, message: Any) -> bool:  # noqa: ANN401  the pipe's other end is ours
        """Do what the server wants; it must not take long. False: stop."""
        match message:
            case messages.Head(position):
                self._tail.advance(position)
            case messages.Call():
                Thread(target=self._answer, args=(message,), daemon=True).start()
            case messages.Cancel(number):
                self._cancelled.add(number)
            case messages.LetGo(name):
                self._let_go[name].put(message)
        return not isinstance(message, messages.Stop)

    def _answer(self, call: messages.Call) -> None:
        follower, *others = (self._followers[name] for name in call.names)
        fault = None
        try:
            for item in getattr(follower, call.task)(*others):
                self._send(messages.Answer(call.number, item))
                if call.number in self._cancelled:
                    break
        except Exception as error:  # noqa: BLE001  it is raised where the answer is waited for
            fault = messages.Fault.of(error)
        self._cancelled.discard(call.number)
        self._send(messages.Ended(call.number, fault))

    def _hand_over(self, name: str, path: Path) -> None:
        self._send(messages.Swapped(name, path))
        self._let_go[name].get()

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
    """End on the spot: the next server waits, and what is not committed is not lost."""
    os._exit(_ABANDONED)


def main() -> NoReturn:
    """Run the projector to its end."""
    # Ctrl-C and a supervisor's signal come to all processes; when to stop is the server's to say.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    pipe, lock = map(int, sys.argv[1:])
    sign(lock)
    connection = Connection(pipe)
    try:
        opening: messages.Opening = connection.recv()
    except (EOFError, OSError):
        _abandon()
    runtime.settle(opening.settings)
    Projector(connection, opening).run()
    os._exit(0)  # abandoned calls may still be at work on files that are cleared away


if __name__ == "__main__":
    main()
