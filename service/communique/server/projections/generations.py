"""The files of one projection: numbered generations, of which the highest serves.

A rebuild writes to a file aside, which becomes the next generation by a rename. A path is never
used again, so that the last reader of an old generation cannot touch the new one's write-ahead log.

The name has the version of the projection's rules. The files of the previous version stay, so that
an operator can go back to the previous release without a rebuild.
"""

import re
from pathlib import Path
from typing import Final, Literal, TypeAlias

from communique.server.projections.durability import MARK_SUFFIX, UnsyncedMark

_SIDE_FILES: Final = ("", "-wal", "-shm", MARK_SUFFIX)
"""The mark is removed last, so that a file that may be damaged is never left without it."""

Aside: TypeAlias = Literal["building", "verifying"]
"""What a file beside the generations is for: a rebuild, or a verification."""


class Generations:
    """The files `NAME.vV.gN.db`, `NAME.vV.building.db` and `NAME.vV.verifying.db` of a folder."""

    def __init__(self, folder: Path, name: str, version: int) -> None:
        """Make the folder if need be, and remove what a crash has left."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._projection = name
        self._version = version
        self._name = f"{name}.v{version}"
        self.discard("building")
        self.discard("verifying")
        self.discard_older()
        if UnsyncedMark(self.current()).may_hide_damage():
            _remove(self.current())

    def current(self) -> Path:
        """Return the path of the generation that serves; the first where there is no file yet."""
        return self._path(f"g{max(self._numbers(), default=1)}")

    def aside(self, purpose: Aside) -> Path:
        """Return the path of the file of a rebuild or a verification."""
        return self._path(purpose)

    def promote(self) -> Path:
        """Make the finished rebuild, which is closed, the next generation; return its path."""
        promoted = self._path(f"g{max(self._numbers(), default=0) + 1}")
        return self.aside("building").rename(promoted)

    def discard(self, purpose: Aside) -> None:
        """Remove the file of a rebuild or a verification."""
        _remove(self.aside(purpose))

    def discard_older(self) -> None:
        """Remove all generations but the one that serves."""
        for number in sorted(self._numbers())[:-1]:
            _remove(self._path(f"g{number}"))

    def discard_outdated(self) -> None:
        """Remove the files of all versions before the previous one.

        Those of projections with other names, which an earlier release had, come before the first.
        """
        pattern = re.compile(r"([a-z-]+)\.v([0-9]+)\..+\.db")
        for path in self._folder.iterdir():
            if match := pattern.fullmatch(path.name):
                version = int(match[2]) if match[1] == self._projection else 0
                if version < self._version - 1:
                    _remove(path)

    def _path(self, suffix: str) -> Path:
        return self._folder / f"{self._name}.{suffix}.db"

    def _numbers(self) -> list[int]:
        pattern = re.compile(rf"{re.escape(self._name)}\.g([0-9]+)\.db")
        matches = (pattern.fullmatch(path.name) for path in self._folder.iterdir())
        return [int(match[1]) for match in matches if match]


def _remove(path: Path) -> None:
    for suffix in _SIDE_FILES:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
