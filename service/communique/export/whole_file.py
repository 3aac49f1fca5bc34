"""Files that are there whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


class ExportError(Exception):
    """Something cannot be exported; the words say what, and what helps."""


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Give a file that becomes `path` at the end, durably, if all went well; else nothing is left.

    Raises `ExportError` where the place cannot be written.
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
    """Return the folder, made where it is missing; raise `ExportError` where it cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(f"cannot write to {path}: {error.strerror or error}") from None
    return path


def _make_durable(parent: Path) -> None:
    """Have the new name survive a power cut, where the system can."""
    with suppress(OSError):
        number = os.open(parent, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
