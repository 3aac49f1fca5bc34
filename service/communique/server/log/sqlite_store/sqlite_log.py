"""The log as the rest of the service sees it: one object that appends, reads and waits."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

import apsw

from communique.server.log.entries import Append, Entry, Receipt
from communique.server.log.eventsourcing.event_recorder import SQLiteRecorder
from communique.server.log.limits import Limits
from communique.server.log.log_errors import LogUnavailable
from communique.server.log.sqlite_store.log_reader import LogReader
from communique.server.log.sqlite_store.log_writer import Writer
from communique.server.log.tail import Listener
from communique.server.runtime.file_lock import FileLock
from communique.server.sqlite.connection import sqlite_version


class EventLog(LogReader):
    """The ordered, durable, append-only record. One process at a time owns it."""

    def __init__(self, path: Path, lock: FileLock, writer: Writer) -> None:
        """Put an open log together; `open` is the way to get one."""
        super().__init__(path, writer.tail)
        self._lock = lock
        self._writer = writer
        self.recorder = SQLiteRecorder(self, writer)
        self.sqlite_version = sqlite_version()

    @classmethod
    def open(cls, path: Path, clock: Callable[[], int], limits: Limits | None = None) -> Self:
        """Open the log at `path`, or make it, and own it until `close` or the process's end.

        `clock` gives the record time in microseconds since 1970 UTC; one that goes backwards is
        held at the last record time.

        Raises `LogInUse` if it has another owner, `UnusableFile` if the file is no log of this
        format, `LogUnavailable` if the disk refuses, and `OSError` if the folder does.
        """
        lock = FileLock(path.with_name(f"{path.name}.lock"), path)
        try:
            return cls(path, lock, Writer(path, clock, limits or Limits()))
        except apsw.Error as error:
            lock.release()
            raise LogUnavailable from error
        except BaseException:
            lock.release()
            raise

    def append(
        self,
        entries: Sequence[Entry],
        expectations: Mapping[UUID, int] | None = None,
        submitter: str = "",
    ) -> Future[list[Receipt]]:
        """Append the entries, all or none; the answer comes when they are durable.

        The answer is a receipt for each entry in order, an `AppendRejected`, or `LogUnavailable`.
        `Append` says what expectations are. Answers come in the order of the calls; a call can be
        cancelled until its turn has come.

        Raises `LogOverloaded` if too much waits, and `LogClosed`.
        """
        return self._writer.append(Append(tuple(entries), dict(expectations or {}), submitter))

    def call_after_answers(self, listener: Callable[[], object]) -> None:
        """Have `listener` called in the writer's thread whenever it has given a commit's answers.

        There is one; it must be quick and raise nothing.
        """
        self._writer.call_after_answers = listener

    def add_listener(self, listener: Listener) -> Callable[[], None]:
        """Have `listener` called with the last position after each commit: see `Tail`."""
        return self.tail.add_listener(listener)

    @property
    def healthy(self) -> bool:
        """Whether the disk took the last write and more can follow."""
        return self._writer.is_healthy

    def close(self) -> None:
        """Commit and answer all that was submitted, then stop and let go of the log."""
        self._writer.close()
        super().close()
        self._lock.release()

    def __enter__(self) -> Self:
        """Return the log itself."""
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()
