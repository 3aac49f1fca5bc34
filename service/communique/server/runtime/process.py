"""The set-up of a process of the service: its log lines, threads and garbage collection."""

import gc
import sys

from communique.server.runtime import limits
from communique.server.runtime.call_log import take_over
from communique.server.runtime.settings import Settings


def settle(settings: Settings) -> None:
    """Write all log lines of this process as the settings say, and tune the interpreter."""
    take_over(settings)
    sys.setswitchinterval(limits.THREAD_SWITCH_SECONDS)
    # Messages have no cycles: looking for these at every 700th object costs a seventh of the time.
    gc.set_threshold(limits.GARBAGE_THRESHOLD, 20, 50)
