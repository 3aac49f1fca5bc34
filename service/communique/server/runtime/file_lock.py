"""One owner of a file: an advisory lock that the system releases when its holder dies."""

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(eq=False)
class FileInUse(Exception):
    """Another process owns what is at `path`; `holder` is its process id, if it left one.

    Two writers would corrupt a file, so the second is refused. The lock ends with its holder,
    however that ends: stop the other process, there is no file to delete.
    """

    path: Path
    holder: int | None

    def __str__(self) -> str:
        """Name the file and its holder."""
        return f"{self.path} is in use by process {self.holder or 'unknown'}"


class FileLock:
    """An exclusive lock on a file of its own, which stays there and is never deleted.

    Deleting it would let two processes lock two files of the same name.
    """

    def __init__(self, path: Path, owned: Path) -> None:
        """Lock the file at `path`, which stands for the file or folder `owned`.

        Raises `FileInUse` at once if another process, or this one, holds the lock already.
        """
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
    """Leave this process's id as the holder's in a lock, given by its descriptor.

    It is written over the one before, in one write of the same length: whoever reads the file
    meanwhile finds a holder.
    """
    os.pwrite(lock, b"%-10d" % os.getpid(), 0)
