"""What the system has of a subject's files in memory before it is asked: all of them, or nothing.

Otherwise it depends on what ran before: a table that was just written is in memory, files that were
made before others were read are not. A server may remove one of its files at any time.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

_CHUNK_BYTES: Final = 1 << 22


def fill(files: Iterable[Path]) -> None:
    """Read files once from beginning to end, in the order given: the system keeps them."""
    buffer = bytearray(_CHUNK_BYTES)
    for path in files:
        with suppress(FileNotFoundError), path.open("rb", buffering=0) as file:
            while file.readinto(buffer):
                pass


def drop(files: Iterable[Path]) -> None:
    """Have the system forget what it has of files; it does of pages that are on the disk.

    What a server has of them in its own memory it keeps.
    """
    os.sync()
    for path in files:
        with suppress(FileNotFoundError), path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
