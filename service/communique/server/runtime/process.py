"""What holds for a whole process of the service: its log lines, its threads, its garbage."""

import gc
import sys

from communique.server.runtime import limits
from communique.server.runtime.call_log import take_over
from communique.server.runtime.settings import Settings


def settle(settings: Settings) -> None:
    """Have this process write all log lines as the settings say, and tune the interpreter."""
    take_over(settings)
    sys.setswitchinterval(limits.THREAD_SWITCH_SECONDS)
    # Messages come and go without cycles: looking for these at every 700th costs a seventh.
    gc.set_threshold(limits.GARBAGE_THRESHOLD, 20, 50)
