"""Files that are complete or absent."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


class ExportError(Exception):
    """Something cannot be exported; the message says what, and what helps."""


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Yield a file that durably becomes `path` at the end; after an error nothing is left of it.

    Raises `ExportError` where it cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with unfinished.open("wb") as target:
            yield target
            target.flush()
            os.fsync(target.fileno())
        unfinished.replace(path)
        _make_durable(path.parent)
    except BaseException as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise ExportError(f"cannot write {path}: {error.strerror or error}") from None
        raise


def folder(path: Path) -> Path:
    """Make a folder where it is missing and return it; raise `ExportError` where that fails."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(f"cannot write to {path}: {error.strerror or error}") from None
    return path


def _make_durable(parent: Path) -> None:
    """Sync a folder, so that a new name in it survives a power cut, where the system can."""
    with suppress(OSError):
        descriptor = os.open(parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
