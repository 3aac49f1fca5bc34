"""Short reads: on the event loop, as long as they read from memory alone and take few steps.

To hand a question to a thread and its answer back takes longer than to answer a small one. But the
loop must never wait for a disk, nor work long for one caller. So a pool has a connection for it
whose file system, in SQLite's words, reads only what the system has in memory, and fails otherwise;
that stops after some steps, and waits for no lock. What fails so is for a thread to do.
"""

import os
from collections.abc import Callable
from errno import EAGAIN
from threading import local
from typing import Any, Final, TypeVar

import apsw

Answer = TypeVar("Answer")

_STEPS_BETWEEN_LOOKS: Final = 500
"""After so many instructions SQLite asks whether a read is still short."""
_STEPS_PER_PAGE: Final = 100
"""To read a page that SQLite itself has not cached takes as long as so many instructions."""
VFS_NAME: Final = "communique-cached-pages"


class NotShort(Exception):
    """A read needs the disk, a lock or many steps, or nothing is open yet to read shortly with."""


class _UnderWay(local):
    """The short read that a thread is in, if it is in one."""

    is_one = False
    is_given_up = False
    steps_max = steps_left = 0
    is_possible = hasattr(os, "RWF_NOWAIT")
    """Not on each system, and not on each file system."""

    def give_up(self) -> NotShort:
        """Have the read fail, whatever becomes of the exception."""
        self.is_given_up = True
        return NotShort()

    def is_too_long(self, steps: int) -> bool:
        """Take some steps; tell whether they were too many."""
        self.steps_left -= steps
        if self.steps_left >= 0:
            return False
        self.is_given_up = True
        self.steps_left = self.steps_max  # for what ends the transaction
        return True


_under_way: Final = _UnderWay()


def is_short() -> bool:
    """Tell whether the caller is in a short read: then a pool lends its connection for these."""
    return _under_way.is_one


def shortly(read: Callable[[], Answer], steps_max: int) -> Answer:
    """Return `read()` if that is short: it takes about `steps_max` instructions of SQLite at most.

    Raises `NotShort` where it is not, and where it raises something: a thread will, too.
    """
    if not _under_way.is_possible:
        raise NotShort
    _under_way.steps_left = _under_way.steps_max = steps_max
    _under_way.is_one, _under_way.is_given_up = True, False
    try:
        answer = read()
    except Exception as error:
        raise NotShort from error
    finally:
        _under_way.is_one = False
    if _under_way.is_given_up:
        raise NotShort
    return answer


def only_shortly(is_short_enough: bool) -> None:  # noqa: FBT001  the caller's condition
    """Give up a short read, if the caller is in one, where what it is about to read is too much."""
    if _under_way.is_one and not is_short_enough:
        raise _under_way.give_up()


def make_short(connection: apsw.Connection) -> None:
    """Have a connection, opened with `VFS_NAME`, wait for no lock, and stop after some steps."""
    connection.set_busy_timeout(0)
    connection.set_progress_handler(_is_too_long, _STEPS_BETWEEN_LOOKS)


def give_up() -> NotShort:
    """Return what to raise in a short read that turns out not to be one."""
    return _under_way.give_up()


def _is_too_long() -> bool:
    return _under_way.is_too_long(_STEPS_BETWEEN_LOOKS)


class _CachedPagesFile(apsw.VFSFile):
    """A file that a short read reads only as far as the system has it in memory.

    It has a descriptor of its own. As POSIX has it, closing that one drops all locks of this
    process on the file: so the connection is the last one to be closed of those to its file.
    """

    def __init__(self, name: Any, flags: list[int]) -> None:  # noqa: ANN401  a name or None
        super().__init__("", name, flags)
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._descriptor = None if path is None else os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def xRead(self, amount: int, offset: int) -> bytes:
        """Return what the file has there, which is all of it in a short read."""
        if not _under_way.is_one:
            return super().xRead(amount, offset)
        if self._descriptor is None or _under_way.is_too_long(_STEPS_PER_PAGE):
            raise _under_way.give_up()
        content = bytearray(amount)
        try:
            size = os.preadv(self._descriptor, [content], offset, os.RWF_NOWAIT)
        except OSError as error:
            _under_way.is_possible &= error.errno == EAGAIN
            raise _under_way.give_up() from error
        if size < amount:
            raise _under_way.give_up()
        return bytes(content)

    def xClose(self) -> None:
        """Close the file, and the descriptor."""
        super().xClose()
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class _CachedPages(apsw.VFS):
    """The system's own files, except for their content."""

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: ANN401  SQLite's
        """Open a file."""
        return _CachedPagesFile(name, flags)


_vfs: Final = _CachedPages(VFS_NAME, "")
"""SQLite has it as long as it is here."""
