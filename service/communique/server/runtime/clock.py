"""The server's one clock, for record times, bounds of known times and `now`."""

import time
from collections.abc import Callable
from datetime import datetime
from threading import Lock

from communique.domain.time.clocks import from_micros


class Clock:
    """The system's clock, except that it never goes backwards.

    So a query as of now sees what was recorded before, even after the system's clock was set back.
    """

    def __init__(self, system_micros: Callable[[], int] | None = None) -> None:
        """Take microseconds since 1970 UTC from `system_micros`, or from the system."""
        self._system_micros = system_micros or (lambda: time.time_ns() // 1_000)
        self._lock = Lock()
        self._last = 0

    def micros(self) -> int:
        """Return the microseconds since 1970 UTC, from any thread."""
        return self.reach(self._system_micros())

    def now(self) -> datetime:
        """Return the instant, aware UTC."""
        return from_micros(self.micros())

    def reach(self, micros: int) -> int:
        """Move on to `micros` if that is later than the last result; return the later one."""
        with self._lock:
            self._last = max(self._last, micros)
            return self._last
