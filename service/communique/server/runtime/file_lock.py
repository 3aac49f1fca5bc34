"""One owner of a file: an advisory lock that the system releases when its holder dies."""

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(eq=False)
class FileInUse(Exception):
    """Another process owns the file or folder at `path`; `holder` is its process id, if known.

    The lock ends with its holder: stop the other process, there is no file to delete.
    """

    path: Path
    holder: int | None

    def __str__(self) -> str:
        return f"{self.path} is in use by process {self.holder or 'unknown'}"


class FileLock:
    """An exclusive lock on a file that is never deleted: a new one could be locked again."""

    def __init__(self, path: Path, owned: Path) -> None:
        """Lock the file at `path` on behalf of the file or folder `owned`; raise `FileInUse`."""
        path.touch()
        self._file = path.open("r+b", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FileInUse(owned, self._holder()) from error
        sign(self._file.fileno())

    def fileno(self) -> int:
        """Return the descriptor: a child that inherits it holds the lock, too."""
        return self._file.fileno()

    def release(self) -> None:
        """Release the lock; a second call does nothing."""
        self._file.close()

    def _holder(self) -> int | None:
        """Close the file, and return the process id that its holder has left in it."""
        with self._file as file:
            file.seek(0)
            holder = file.read().rstrip()
        return int(holder) if holder.isdigit() else None


def sign(lock: int) -> None:
    """Write this process's id as the holder's into a lock, given by its descriptor.

    One write of fixed length replaces the id before it, so that a reader always finds a holder.
    """
    os.pwrite(lock, b"%-10d" % os.getpid(), 0)
