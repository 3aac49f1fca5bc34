"""Event ids that the server gives where a client gives none."""

import secrets
import time
from collections.abc import Callable
from threading import Lock
from typing import Final
from uuid import UUID

_RANDOM_BITS: Final = 74
_STEP_BITS: Final = 32
_LOW_BITS: Final = 62
_VERSION_7: Final = 7 << 76
_VARIANT: Final = 0b10 << _LOW_BITS


class EventIds:
    """Makes version 7 UUIDs (RFC 9562), each greater than the one before, from any thread.

    The 74 bits behind the millisecond are random at first in each millisecond and then grow by
    random steps (method 2 of section 6.2): ids are hard to guess, and in the order of their making.
    """

    def __init__(self, clock_ms: Callable[[], int] | None = None) -> None:
        """Take milliseconds since 1970 UTC from `clock_ms`; the system's clock where it is None."""
        self._clock_ms = clock_ms or (lambda: time.time_ns() // 1_000_000)
        self._lock = Lock()
        self._last = 0

    def next(self) -> UUID:
        """Return a new id, also where the clock stands still or went back."""
        fresh = self._clock_ms() << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS - 1)
        with self._lock:
            behind = fresh >> _RANDOM_BITS <= self._last >> _RANDOM_BITS
            self._last = self._last + 1 + secrets.randbits(_STEP_BITS) if behind else fresh
            return _uuid(self._last)


def _uuid(number: int) -> UUID:
    """Lay 48 bits of milliseconds and 74 others around the version and the variant."""
    milliseconds, others = divmod(number, 1 << _RANDOM_BITS)
    high, low = divmod(others, 1 << _LOW_BITS)
    return UUID(int=milliseconds << 80 | _VERSION_7 | high << 64 | _VARIANT | low)
