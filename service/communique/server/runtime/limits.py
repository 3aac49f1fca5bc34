"""What a request, a frame or the process may take; the contract promises most of these."""

from typing import Final

# Submitting.
EVENTS_PER_SUBMIT_MAX: Final = 1_000
EVENT_BYTES_MAX: Final = 65_536
EXPECTATIONS_MAX: Final = 1_000
EVENTS_VALIDATED_INLINE_MAX: Final = 8
"""Up to so many events are validated on the event loop, which takes a millisecond or two."""
GROUP_CALLS_MAX: Final = 64
"""So many submissions go on together: more would keep the event loop for too long."""
GATHERED_BYTES_MAX: Final = 67_108_864
"""So much of submissions waits for those before them, beside what waits in the log's own queue."""
BATCHES_VALIDATED_AHEAD_MAX: Final = 2
"""So many batches of an import wait, validated, while the one before them commits."""

# Asking.
FILTER_VALUES_MAX: Final = 50
PAGE_SIZE_DEFAULT: Final = 100
PAGE_SIZE_MAX: Final = 1_000
STATUSES_PER_PAGE_DEFAULT: Final = 20
STATUSES_PER_PAGE_MAX: Final = 100
ELEMENTS_PER_PAGE_MAX: Final = 5_000
"""Of the board of an issue, which has more than one page where it has more."""
DYADS_PER_BATCH_MAX: Final = 100
PAGE_BYTES_MAX: Final = 3_145_728
"""A page of large events is cut short: gRPC clients take 4 MiB a message unless told otherwise."""
PAGE_TOKEN_LENGTH_MAX: Final = 1_024

# Reading the log.
EVENTS_PER_FRAME_MAX: Final = 1_000
FRAME_BYTES_MAX: Final = 1_048_576
READ_AT_ONCE_BYTES: Final = 524_288
"""Frames are read until they have so many bytes, then go out: a slow client holds up as many."""
CHECKPOINT_POSITIONS_MAX: Final = 10_000
"""A filtered read says how far it is after at most so many positions."""

# Subscribing and watching.
RING_POSITIONS_MAX: Final = 20_000
RING_BYTES_MAX: Final = 33_554_432
"""So much of the log's end is kept in memory for all subscribers; slower ones read the log."""
CHECKPOINT_SECONDS: Final = 1.0
"""How long a live subscription says nothing at most while its filter passes over events."""
LOOK_SECONDS_MIN: Final = 0.1
"""A watch looks again at the earliest after so long."""
END_SECONDS: Final = 0.5
"""How long streams have to end by themselves when the server stops."""

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
CATCH_UP_THREADS: Final = 2
TAIL_THREADS: Final = 1
LOOK_THREADS: Final = 1
GARBAGE_THRESHOLD: Final = 50_000
"""So many objects may be made before cycles among them are looked for."""
THREAD_SWITCH_SECONDS: Final = 0.001
"""How long a busy thread keeps the event loop waiting: Python's own 5 ms double a call's time while
an import is validated and projected."""
RETRY_SECONDS: Final = 0.25
"""When a client that was turned away for overload may come back."""
