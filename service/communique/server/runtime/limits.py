"""Every limit of the server: what a request, a page, a queue, a file or the process may take.

The contract promises those of requests and pages. Modules read a limit as `limits.NAME`, so that a
test can set it in one place. What fixes the layout of a file is defined with the layout.
"""

from dataclasses import dataclass
from typing import Final

# Submitting.
EVENTS_PER_SUBMIT_MAX: Final = 1_000
EVENT_BYTES_MAX: Final = 65_536
EXPECTATIONS_MAX: Final = 1_000
EVENTS_VALIDATED_INLINE_MAX: Final = 8
"""Up to so many events are validated on the event loop."""
BATCHES_VALIDATED_AHEAD_MAX: Final = 2
"""So many batches of an import are validated while the one before them commits."""
REJECTED_ID_LENGTH_MAX: Final = 64
"""Characters of an event's id that a rejection repeats."""

# The log's queue, commits and streams.
INDEX_LEVEL_SIZES: Final = (8_192, 90_112, 1_000_448)
"""Entries in each level of the index of streams but the last, 11 times as many in each as in the
one before: see `id_index`."""


@dataclass(frozen=True, slots=True)
class LogLimits:
    """How much may wait before the log's writer, be committed together, or pile up in a stream.

    A request that is larger than a bound by itself is still taken when nothing else waits: what a
    request may hold is the caller's to limit.
    """

    queued_requests_max: int = 10_000
    queued_events_max: int = 100_000
    queued_bytes_max: int = 256 * 2**20
    group_events_max: int = 5_000
    group_bytes_max: int = 16 * 2**20
    amendments_per_event_max: int = 100
    checkpoint_idle_pages: int = 1_000
    """WAL pages (of 4 KiB) that are checkpointed once nothing has come for `idle_seconds`."""
    checkpoint_busy_pages: int = 16_000
    """WAL pages (64 MB) that are checkpointed even while requests come: an import dirties the same
    pages again and again."""
    idle_seconds: float = 0.2
    level_sizes: tuple[int, int, int] = INDEX_LEVEL_SIZES
    probe_seconds: float = 1.0
    """How often a log whose disk failed tries by itself whether it can write again."""


LOG_CACHE_KIBIBYTES: Final = 8_192
"""Of the log's writing connection; more makes no import faster."""
POLL_SECONDS: Final = 0.05
"""How often the end of a log that another process writes is read while somebody waits for it."""
NOTIFICATIONS_PER_READ: Final = 500
"""How many notifications the `eventsourcing` adapter reads at a time."""

# Asking.
FILTER_VALUES_MAX: Final = 50
PAGE_SIZE_DEFAULT: Final = 100
PAGE_SIZE_MAX: Final = 1_000
STATUSES_PER_PAGE_DEFAULT: Final = 20
STATUSES_PER_PAGE_MAX: Final = 100
ELEMENTS_PER_PAGE_MAX: Final = 5_000
"""Of the board of an issue."""
DYADS_PER_BATCH_MAX: Final = 100
PAGE_BYTES_MAX: Final = 3_145_728
"""A page of large events is cut short: gRPC clients take 4 MiB a message unless told otherwise."""
PAGE_TOKEN_LENGTH_MAX: Final = 1_024
WAIT_PAUSE_SECONDS_MIN: Final = 0.001
WAIT_PAUSE_SECONDS_MAX: Final = 0.05
"""How long a query pauses between two checks of a read model that it waits for."""
DEADLINE_MARGIN_SECONDS: Final = 0.05
"""How long before a call's deadline the server answers that it was too short."""

SHORT_STATUS_FACETS_MAX: Final = 16
"""A status of more facets is answered by a thread: the event loop need not begin it."""
SHORT_READ_STEPS_MAX: Final = 5_000
"""Instructions of SQLite that the event loop spends on a short answer: with what is made of the
rows, a millisecond."""

# What one query reads in the views.
SCANNED_ROWS_MAX: Final = 10_000
"""A page ends, full or not, after so many rows."""
ROWS_SORTED_MAX: Final = 10_000
"""Up to so many rows of a list's tags are sorted by position; otherwise all entries are walked."""
TAGS_WALKED_MAX: Final = 256
"""So many dyads of the parties of a list are merged; otherwise all entries are walked."""
ELEMENTS_REMEMBERED_MAX: Final = 4_096
"""So many elements of single claims are remembered at least, and twice as many at most: they take
up to 30 MB."""
WITNESS_ROWS_MAX: Final = 1_024
"""Claims of a facet among which the witnesses of a winner are looked for, the latest ones."""
CLAIM_COUNT_MAX: Final = 10_000
"""A count of claims stops there."""
COUNTED_TOGETHER_ROWS_MAX: Final = 1_000
"""A tag of fewer rows is counted together with others, in one statement."""
SUBJECT_CLAIMS_COUNTED_MAX: Final = 10_000
"""The latest claims from which a subject's life cycle and disagreements are drawn."""
SUBJECT_ENTRIES_MAX: Final = 100_000
"""Entries, visible or not, among which a subject's or an issue's claims are sought."""
ROWS_PER_LOG_READ: Final = 50
"""How many events a view reads from the log at a time: each may have 64 KiB."""
NEIGHBOURS_MAX: Final = 200
NEIGHBOURS_COMPARED_MAX: Final = 20
"""Of the names next to an unknown one: to compare two names in full is slow."""
SUGGESTIONS_MAX: Final = 3
SUGGESTION_ROWS_MAX: Final = 1_000
"""Rows of a suggested name among which a visible claim is sought."""
DYADS_RANKED_PER_STEP: Final = 16
"""A ranking lets other calls run after so many statuses."""
RANKINGS_REMEMBERED_MAX: Final = 64

# Reading the log.
EVENTS_PER_FRAME_MAX: Final = 1_000
FRAME_BYTES_MAX: Final = 1_048_576
READ_AT_ONCE_BYTES: Final = 524_288
"""Frames are read until they have so many bytes, then sent."""
CHECKPOINT_POSITIONS_MAX: Final = 10_000
"""A filtered read reports its position after at most so many positions."""

# Subscribing and watching.
RING_POSITIONS_MAX: Final = 20_000
RING_BYTES_MAX: Final = 33_554_432
"""So much of the log's end is in memory for all subscribers; slower ones read the log."""
CHECKPOINT_SECONDS: Final = 1.0
"""How long a live subscription is silent at most while its filter skips events."""
LOOK_SECONDS_MIN: Final = 0.1
"""How long a watch waits at least between two queries."""
RING_RETRY_SECONDS: Final = 0.5
"""How long the ring pauses after the log could not be read."""
END_SECONDS: Final = 0.5
"""How long streams have to end by themselves when the server stops."""

# Keeping the read models up to date.
READ_MODEL_CACHE_KIBIBYTES: Final = 8_192
"""Of each connection to a read model's file: a status misses a tenth of the pages that it misses
with SQLite's own 2 MB."""
EVENTS_TAKEN_IN_AT_ONCE: Final = 1_024
"""So many rows of the log are read at once."""
UNWRITTEN_EVENTS_MAX: Final = 30_720
"""A projection that is far behind sorts and writes so many events in one transaction, which is
nearly twice as fast as 2,048. Each takes 2.7 KB of memory until then."""
SHAPES_MAX: Final = 4_096
"""So many shapes of claims, and templates of them, are remembered at least, and twice as many at
most: they take up to 16 MB."""
KEYS_REMEMBERED_MAX: Final = 60_000
"""Of a table of keys, before a batch: they take up to 16 MB."""
CHECKPOINT_PAGES: Final = 4_000
"""So many pages (16 MB) in a read model's write-ahead log are checkpointed."""
FOLLOWER_WAIT_SECONDS: Final = 1.0
PROGRESS_SECONDS: Final = 0.2
"""How often a verification reports."""
SQLITE_STEPS_BETWEEN_LOOKS: Final = 100_000
"""Instructions of SQLite, a few milliseconds, after which a long query checks whether to stop."""
ROWS_BETWEEN_SIGNS_OF_LIFE: Final = 1_000
"""Rows that a comparison of two files reads between two signs of life."""
DIFFERENCE_LENGTH_MAX: Final = 1_000
"""Characters of a difference between two files in words."""

# The projector's process.
HEAD_SECONDS: Final = 0.1
"""How long the server waits before it sends the projector a later head, unless somebody waits: the
projector commits its files once for all events that came meanwhile."""
RESTART_SECONDS_MIN: Final = 0.1
RESTART_SECONDS_MAX: Final = 10.0
"""How long the server waits before it replaces a projector that died."""
WELL_SECONDS: Final = 60.0
"""After a projector that has lived so long the shortest wait applies again."""
PROJECTOR_STOP_SECONDS_MAX: Final = 30.0
PROJECTOR_LOCK_SECONDS_MAX: Final = 10.0
"""How long a server waits for the projector of a killed server to be gone."""
PROJECTOR_LOCK_POLL_SECONDS: Final = 0.01

# Error details travel in the trailers of a call, for which clients allow 8 KiB.
VIOLATIONS_MAX: Final = 50
VIOLATIONS_BYTES_MAX: Final = 4_096
TEXT_LENGTH_MAX: Final = 300
"""Characters of an error's message, and of one violation."""
WORD_LENGTH_MAX: Final = 40
"""Characters of an unknown word that an error repeats."""

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
"""So many objects may be made before the garbage collector runs."""
THREAD_SWITCH_SECONDS: Final = 0.001
"""How long a busy thread delays the event loop; Python's own 5 ms double a call's time."""
RETRY_SECONDS: Final = 0.25
"""After how long a client that was rejected for overload may retry."""
LOG_RETRY_SECONDS: Final = 1.0
"""After how long a client may retry when the log's storage failed."""
