"""How far in valid time the claims of each facet reached, as of each position.

After a history was recorded in the order in which it happened, an old position hides all later
claims, and a walk from the latest would meet them one by one. The extent says where to begin: by
that position no claim had happened later than `last`, and none earlier than `first`. A row is
written only when one of the two moves.
"""

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

import apsw

SCHEMA: Final = """
    CREATE TABLE extents (
        facet_id INTEGER NOT NULL,
        partition INTEGER NOT NULL,
        position INTEGER NOT NULL,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL,
        PRIMARY KEY (facet_id, partition, position)
    ) STRICT, WITHOUT ROWID;
"""
_LATEST: Final = """
    SELECT facet_id, partition, first, last FROM extents WHERE facet_id = ? AND partition = ?
    ORDER BY position DESC LIMIT 1
"""
_WRITE: Final = "INSERT OR REPLACE INTO extents VALUES (?, ?, ?, ?, ?)"
_REMEMBERED_MAX: Final = 30_000
"""They take up to 6 MB."""


class Extent(NamedTuple):
    """The earliest and the latest valid time of a partition's claims, in microseconds."""

    first: int
    last: int


class Claimed(NamedTuple):
    """A claim as far as extents are concerned."""

    facet_id: int
    partition: int
    earliest: int
    position: int


class Extents:
    """Writes the extents on; remembers the latest ones."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._latest: dict[tuple[int, int], Extent] = {}

    def write(self, connection: apsw.Connection, added: Sequence[Claimed]) -> None:
        """Take in all claims added, in the order of the log."""
        self._remember(connection, dict.fromkeys(one[:2] for one in added))
        moved: dict[tuple[int, int, int], Extent] = {}
        for facet_id, partition, earliest, position in added:
            before = self._latest.get((facet_id, partition))
            after = Extent(earliest, earliest)
            if before is not None:
                after = Extent(min(before.first, earliest), max(before.last, earliest))
            if after != before:
                self._latest[facet_id, partition] = after
                moved[facet_id, partition, position] = after
        connection.executemany(_WRITE, sorted((*key, *extent) for key, extent in moved.items()))

    def forget(self) -> None:
        """Forget everything: the transaction that wrote it was rolled back."""
        self._latest.clear()

    def _remember(self, connection: apsw.Connection, keys: Collection[tuple[int, int]]) -> None:
        """Look up the latest extents of those keys that are not remembered."""
        unknown = [key for key in keys if key not in self._latest]
        if len(self._latest) + len(unknown) > _REMEMBERED_MAX:
            self._latest, unknown = {}, list(keys)
        found = connection.executemany(_LATEST, unknown)
        self._latest.update(((one, other), Extent(*ends)) for one, other, *ends in found)
