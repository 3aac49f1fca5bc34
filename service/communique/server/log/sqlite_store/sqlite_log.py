"""The log in a SQLite file: one object that appends, reads and waits."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Self
from uuid import UUID

import apsw

from communique.server.log.entries import AppendRequest, Entry, EntryReceipt, UncheckedEvent
from communique.server.log.event_log import EventLog
from communique.server.log.log_errors import LogUnavailable
from communique.server.log.sqlite_store.log_reader import SQLiteLogReader
from communique.server.log.sqlite_store.log_writer import LogWriter
from communique.server.runtime.file_lock import FileLock
from communique.server.runtime.limits import LogLimits


class SQLiteEventLog(SQLiteLogReader, EventLog):
    """A log in a SQLite file, with the thread that writes it and the lock on it."""

    def __init__(self, path: Path, lock: FileLock, writer: LogWriter) -> None:
        """Take over an open writer and its lock; `open` makes them."""
        super().__init__(path, writer.tail)
        self._lock = lock
        self._writer = writer

    @classmethod
    def open(cls, path: Path, clock: Callable[[], int], limits: LogLimits | None = None) -> Self:
        """Open the log at `path`, or make it, and own it until `close` or the process's end.

        `clock` gives the record time in microseconds since 1970 UTC; one that goes backwards is
        held at the last record time.

        Raises `FileInUse` if it has another owner, `UnusableFile` if the file is no log of this
        format, `LogUnavailable` if the disk refuses, and `OSError` if the folder does.
        """
        lock = FileLock(path.with_name(f"{path.name}.lock"), path)
        try:
            return cls(path, lock, LogWriter(path, clock, limits or LogLimits()))
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
    ) -> Future[list[EntryReceipt]]:
        """See `EventLog.append`."""
        request = AppendRequest(tuple(entries), dict(expectations or {}), submitter)
        return self._writer.submit(request, request.entries)

    def insert(self, events: Sequence[UncheckedEvent]) -> Future[list[int]]:
        """See `EventLog.insert`."""
        unchecked = tuple(events)
        return self._writer.submit(unchecked, unchecked)

    @property
    def healthy(self) -> bool:
        """See `EventLog.healthy`."""
        return self._writer.is_healthy

    def close(self) -> None:
        """Commit and answer all that was submitted, then stop and release the log."""
        self._writer.close()
        super().close()
        self._lock.release()
