"""One owner a log: an advisory lock that the system lets go of when its holder dies."""

import fcntl
import os
from pathlib import Path

from communique.server.log.log_errors import LogInUse


class FileLock:
    """An exclusive lock on a file of its own, which stays there and is never deleted.

    Deleting it would let two processes lock two files of the same name.
    """

    def __init__(self, path: Path, owned: Path) -> None:
        """Lock the file at `path`, which stands for the file `owned`.

        Raises `LogInUse` at once if another process, or this one, holds it already.
        """
        path.touch()
        self._file = path.open("r+b", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LogInUse(owned, self._holder()) from error
        sign(self._file.fileno())

    def fileno(self) -> int:
        """Return the descriptor: a child that inherits it holds the lock, too."""
        return self._file.fileno()

    def release(self) -> None:
        """Let go; a second call does nothing."""
        self._file.close()

    def _holder(self) -> int | None:
        """Close the file, and return the process id that its holder has left in it."""
        with self._file as file:
            file.seek(0)
            holder = file.read().rstrip()
        return int(holder) if holder.isdigit() else None


def sign(lock: int) -> None:
    """Leave this process's id as the holder's in a lock, given by its descriptor.

    Over the one before, in one write of as many bytes: whoever reads it meanwhile finds a holder.
    """
    os.pwrite(lock, b"%-10d" % os.getpid(), 0)
