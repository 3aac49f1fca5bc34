"""The files of one projection: numbered generations, of which the highest serves.

A rebuild writes aside and becomes the next generation by a rename. A path is never used again, so
that the last reader of an old generation cannot touch the new one's write-ahead log.
"""

import re
from pathlib import Path
from typing import Final

_SIDE_FILES: Final = ("", "-wal", "-shm")


class Generations:
    """The files `NAME.gN.db`, `NAME.building.db` and `NAME.verifying.db` of a folder.

    Clears away the superseded.
    """

    def __init__(self, folder: Path, name: str) -> None:
        """Make the folder if need be, and clear away what a crash has left."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._name = name
        self.discard_aside()
        self.discard_verifying()
        self.discard_older()

    def current(self) -> Path:
        """The generation that serves; the first, not made yet, where there is none."""
        return self._path(f"g{max(self._numbers(), default=1)}")

    def aside(self) -> Path:
        """The file of a rebuild under way."""
        return self._path("building")

    def promote_aside(self) -> Path:
        """Make the finished rebuild the next generation; return its path."""
        promoted = self._path(f"g{max(self._numbers(), default=0) + 1}")
        return self.aside().rename(promoted)

    def discard_aside(self) -> None:
        """Remove an unfinished rebuild."""
        _remove(self.aside())

    def verifying(self) -> Path:
        """The file that a verification compares the one that serves with."""
        return self._path("verifying")

    def discard_verifying(self) -> None:
        """Remove what a verification has built."""
        _remove(self.verifying())

    def discard_older(self) -> None:
        """Remove all generations but the one that serves."""
        for number in sorted(self._numbers())[:-1]:
            _remove(self._path(f"g{number}"))

    def _path(self, suffix: str) -> Path:
        return self._folder / f"{self._name}.{suffix}.db"

    def _numbers(self) -> list[int]:
        pattern = re.compile(rf"{re.escape(self._name)}\.g([0-9]+)\.db")
        return [
            int(found[1])
            for one in self._folder.iterdir()
            if (found := pattern.fullmatch(one.name))
        ]


def _remove(path: Path) -> None:
    for suffix in _SIDE_FILES:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
