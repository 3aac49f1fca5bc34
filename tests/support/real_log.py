"""A random history in the real log, with the record times that it was told with."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import UUID

from communique import codec
from communique.domain.claims.event import Claim, Event, EventRetracted, Recorded
from communique.domain.time.clocks import micros
from communique.server.log.entries import AmendmentEntry, ClaimEntry, Entry
from communique.server.log.sqlite_store.sqlite_log import SQLiteEventLog

NEWER_TYPE: Final = "TreatyRatified"
NEWER_STATE: Final = bytes([0xC2, 0x3E, 3]) + b"\x0a\x01x"
"""Field 1000, a message with the text "x": the payload of a type that does not exist yet."""
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 -- a file system in memory, where there is one


class Clock:
    """A clock that is set by hand, in microseconds."""

    def __init__(self) -> None:
        self.micros = 0

    def __call__(self) -> int:
        """Return what it was set to."""
        return self.micros


class RealLog:
    """A log in a folder of its own, which is written with a history's own record times."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, Clock()
        self.log = SQLiteEventLog.open(folder / "log.db", self.clock)

    def append(self, history: Sequence[Recorded]) -> None:
        """Append the next events of a history; each must get the position that it was told with."""
        for recorded in history:
            self.clock.micros = micros(recorded.record_time)
            (receipt,) = self.log.append([entry_of(recorded)]).result()
            assert receipt.position == recorded.position
            assert receipt.revision == recorded.revision
            assert receipt.record_micros == micros(recorded.record_time)


@contextmanager
def real_log(history: Sequence[Recorded] = ()) -> Iterator[RealLog]:
    """Lend a log with a history in it, in memory where the machine has such a place."""
    with TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        real = RealLog(Path(folder))
        try:
            real.append(history)
            yield real
        finally:
            real.log.close()


def entry_of(recorded: Recorded) -> Entry:
    """Return what the log is given of an event; of a newer type, one that nobody here knows."""
    event = recorded.event
    if event is None:
        return ClaimEntry(UUID(int=recorded.position), NEWER_TYPE, NEWER_STATE)
    topic, state = event.payload.type, state_of(event)
    if isinstance(event, Claim):
        return ClaimEntry(event.event_id, topic, state)
    amends, retracts = event.payload.amends, isinstance(event.payload, EventRetracted)
    return AmendmentEntry(event.event_id, amends, topic, state, retracts)


def state_of(event: Event) -> bytes:
    """Return the bytes that the log keeps of an event."""
    return codec.canonical_bytes(codec.message_of(event), event)
