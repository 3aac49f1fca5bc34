"""A clock that holds the log's writer, which reads the clock once a commit."""

from threading import Event

from communique.server.log.sqlite_store.sqlite_log import SQLiteEventLog
from tests.support.claim_entries import claim_entry

WAIT_SECONDS = 20


class HeldClock:
    """Shows what it is set to, and stands still before each commit until it is let go."""

    def __init__(self) -> None:
        self.micros = 1000
        self.readings = 0
        self.is_read = Event()
        self.goes_on = Event()

    def __call__(self) -> int:
        """Let the test know, and wait for it."""
        self.readings += 1
        self.is_read.set()
        assert self.goes_on.wait(WAIT_SECONDS)
        return self.micros

    def hold(self, log: SQLiteEventLog) -> None:
        """Occupy the writer with a first commit."""
        log.append([claim_entry()])
        assert self.is_read.wait(WAIT_SECONDS)
