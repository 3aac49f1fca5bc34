"""Event ids that the server generates for claims without one."""

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
    """Generates version 7 UUIDs (RFC 9562), each greater than the one before, from any thread.

    The 74 bits behind the millisecond are random in the first id of a millisecond and then grow by
    random steps (method 2 of section 6.2), so that ids are hard to guess.
    """

    def __init__(self, clock_ms: Callable[[], int] | None = None) -> None:
        """Take milliseconds since 1970 UTC from `clock_ms`; the system's clock where it is None."""
        self._clock_ms = clock_ms or (lambda: time.time_ns() // 1_000_000)
        self._lock = Lock()
        self._last = 0

    def next(self) -> UUID:
        """Return a new id, greater than the last even if the clock stopped or went back."""
        fresh = self._clock_ms() << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS - 1)
        with self._lock:
            is_behind = fresh >> _RANDOM_BITS <= self._last >> _RANDOM_BITS
            number = self._last + 1 + secrets.randbits(_STEP_BITS) if is_behind else fresh
            self._last = number
        milliseconds, random_bits = divmod(number, 1 << _RANDOM_BITS)
        high, low = divmod(random_bits, 1 << _LOW_BITS)
        return UUID(int=milliseconds << 80 | _VERSION_7 | high << 64 | _VARIANT | low)
