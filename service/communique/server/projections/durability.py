"""How the file of a read model becomes durable: it is derived, so it may lose transactions."""

import os
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final

import apsw

from communique.server.runtime import limits

MARK_SUFFIX: Final = "-unsynced"
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


class BackgroundCheckpointer:
    """Checkpoints the write-ahead log of one connection in a thread of its own.

    SQLite itself checkpoints within a commit, and the writer waits for the disk. The connection is
    idle between two batches, so this thread uses it meanwhile; the two never use it at once.
    """

    def __init__(self, connection: apsw.Connection) -> None:
        """Replace SQLite's own checkpoints of the connection."""
        self._connection = connection
        self._pages = 0
        self._thread = ThreadPoolExecutor(1, "checkpointer")
        self._begun: Future[None] | None = None
        connection.set_wal_hook(self._note_pages)

    def _note_pages(self, _connection: apsw.Connection, _schema: str, pages: int) -> int:
        self._pages = pages
        return apsw.SQLITE_OK

    def begin_if_due(self) -> None:
        """Begin a checkpoint if the log is long; `wait` before the connection is used again."""
        if self._pages >= limits.CHECKPOINT_PAGES:
            self._begun = self._thread.submit(self._checkpoint)

    def _checkpoint(self) -> None:
        # After a failure the next commit tries again, as SQLite itself does.
        with suppress(apsw.Error):
            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)

    def wait(self) -> None:
        """Wait for the end of a checkpoint that has begun."""
        if self._begun:
            self._begun.result()
            self._begun = None

    def close(self) -> None:
        """Wait, and end the thread."""
        self._thread.shutdown()


class UnsyncedMark:
    """A file beside the file at `path` while that is written without fsync, as during its build.

    A killed process loses nothing so, but a power cut may damage the file. The mark holds the id of
    the machine's current start: a file whose mark is from another start is deleted and rebuilt.
    """

    def __init__(self, path: Path) -> None:
        self._file = path
        self._path = path.with_name(path.name + MARK_SUFFIX)

    @property
    def is_set(self) -> bool:
        """Whether the file was written without fsync, and not synced since."""
        return self._path.exists()

    def may_hide_damage(self) -> bool:
        """Whether the machine may have lost power since then."""
        return self.is_set and (not (boot := _boot_id()) or self._path.read_text() != boot)

    def set(self) -> None:
        """Mark the file; on return the mark is durable."""
        self._path.write_text(_boot_id())
        _sync(self._path)
        _sync(self._path.parent)

    def clear(self) -> None:
        """Sync the file with its write-ahead log, then remove the mark; nobody else may write."""
        for path in (self._file.with_name(f"{self._file.name}-wal"), self._file):
            if path.exists():
                _sync(path)
        self._path.unlink(missing_ok=True)


def _boot_id() -> str:
    """Return the id of the machine's current start; empty where the system has none."""
    return _BOOT_ID.read_text() if _BOOT_ID.exists() else ""


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
