"""What a request, a frame or the process may take; the contract promises most of these."""

from typing import Final

# Submitting.
EVENTS_PER_SUBMIT_MAX: Final = 1_000
EVENT_BYTES_MAX: Final = 65_536
EXPECTATIONS_MAX: Final = 1_000
EVENTS_VALIDATED_INLINE_MAX: Final = 8
"""Up to so many events are validated on the event loop, which takes a millisecond or two."""
BATCHES_VALIDATED_AHEAD_MAX: Final = 2
"""So many batches of an import wait, validated, while the one before them commits."""

# Asking.
FILTER_VALUES_MAX: Final = 50
PAGE_SIZE_DEFAULT: Final = 100
PAGE_SIZE_MAX: Final = 1_000
PAGE_BYTES_MAX: Final = 3_145_728
"""A page of large events is cut short: gRPC clients take 4 MiB a message unless told otherwise."""
PAGE_TOKEN_LENGTH_MAX: Final = 1_024

# Reading the log.
EVENTS_PER_FRAME_MAX: Final = 500
FRAME_BYTES_MAX: Final = 1_048_576
CHECKPOINT_POSITIONS_MAX: Final = 10_000
"""A filtered read says how far it is after at most so many positions."""

# Error details travel in the trailers of a call, for which clients allow 8 KiB.
VIOLATIONS_MAX: Final = 50
VIOLATIONS_BYTES_MAX: Final = 4_096
TEXT_LENGTH_MAX: Final = 300
"""Characters of an error's message, and of one violation."""

# The transport and the process.
MESSAGE_BYTES_MAX: Final = 16_777_216
STREAMS_PER_CONNECTION_MAX: Final = 10_000
CONCURRENT_CALLS_MAX: Final = 10_000
ANSWER_THREADS: Final = 4
ANSWERS_QUEUED_MAX: Final = 256
READ_THREADS: Final = 2
CHECK_THREADS: Final = 1
THREAD_SWITCH_SECONDS: Final = 0.001
"""How long a busy thread keeps the event loop waiting: Python's own 5 ms double a call's time while
an import is validated and projected."""
RETRY_SECONDS: Final = 0.25
"""When a client that was turned away for overload may come back."""
