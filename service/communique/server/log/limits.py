"""The bounds of the log: each queue, group and stream has one."""

from dataclasses import dataclass

from communique.server.log.sqlite_store.id_index import LEVEL_SIZES


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may wait, be committed together, or pile up.

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
    """WAL pages (of 4 KiB) that are copied back once nothing has come for `idle_seconds`."""
    checkpoint_busy_pages: int = 16_000
    """WAL pages that are copied back even while requests come: 64 MB, read in 0.05 s at a start.

    An import dirties the same pages of an index again and again. The longer the WAL, the more of
    them are written back once for several events.
    """
    idle_seconds: float = 0.2
    level_sizes: tuple[int, int, int] = LEVEL_SIZES
    """How many entries of the index of streams are in each level but the last (`versions.py`)."""
    probe_seconds: float = 1.0
    """How often a log whose disk failed tries by itself whether it can write again."""
