"""Files that are written without syncs, where a power cut costs a few times what is left to do.

SQLite syncs a file and its write-ahead log, and so writes each page twice, many times over: that
keeps who writes waiting, and everybody else on the disk. Without syncs the system writes when it
sees fit. (Together with lists of unwritten rows instead of dictionaries, an import of 100,000
events is answered at 3,650 events a second instead of 2,770.) What a killed process has written is
kept all the same, but a power cut may damage the file. So a *mark* lies beside it meanwhile, with
the name of the machine's run: a file whose mark is of another run is thrown away, and built anew
from the log.
"""

import os
from pathlib import Path
from typing import Final

MARK_SUFFIX: Final = "-unsynced"
_RUN: Final = Path("/proc/sys/kernel/random/boot_id")


class UnsyncedMark:
    """The mark of a file."""

    def __init__(self, path: Path) -> None:
        """Look after the mark of the file at `path`; nothing is written yet."""
        self._file = path
        self._path = path.with_name(path.name + MARK_SUFFIX)

    @property
    def is_set(self) -> bool:
        """Whether the file has been written without syncs, and not been synced since."""
        return self._path.exists()

    def may_hide_damage(self) -> bool:
        """Whether the machine may have lost power since then."""
        return self.is_set and (not (run := _this_run()) or self._path.read_text() != run)

    def set(self) -> None:
        """Mark the file; on return the mark is durable."""
        self._path.write_text(_this_run())
        _sync(self._path)
        _sync(self._path.parent)

    def clear(self) -> None:
        """Sync the file with its write-ahead log, then take the mark away; nobody else writes."""
        for path in (self._file.with_name(f"{self._file.name}-wal"), self._file):
            if path.exists():
                _sync(path)
        self._path.unlink(missing_ok=True)


def _this_run() -> str:
    """Return the name of the time since the machine was started; empty where it has none."""
    return _RUN.read_text() if _RUN.exists() else ""


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
