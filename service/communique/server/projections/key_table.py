"""Surrogate keys: a long key is written once, and the indexes hold its small number."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from itertools import count
from typing import Final

import apsw

from communique.server.runtime import limits

_COUNT: Final = "SELECT count FROM counts WHERE name = ?"
_SET_COUNT: Final = """
    INSERT INTO counts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET count = excluded.count
"""


class KeyTable:
    """Numbers the keys of a table in the order in which they come, and remembers the numbers."""

    def __init__(self, table: str, key: str, number: str) -> None:
        """Number the keys in the column `key` of `table`, in the column `number`."""
        self._table = table
        self._select = f"SELECT {key}, {number} FROM {table} WHERE {key} = ?"  # noqa: S608  our own names
        self._insert = f"INSERT INTO {table} ({key}, {number}) VALUES (?, ?)"  # noqa: S608
        self._numbers: dict[str, int] = {}

    def numbers(
        self, connection: apsw.Connection, keys: Iterable[str]
    ) -> tuple[Mapping[str, int], AbstractSet[str]]:
        """Return the numbers of at least all `keys`, and which are new: they are inserted."""
        if len(self._numbers) > limits.KEYS_REMEMBERED_MAX:
            self.forget()
        numbers = self._numbers
        unknown = dict.fromkeys([key for key in keys if key not in numbers])
        numbers.update(connection.executemany(self._select, zip(unknown)))
        new = dict.fromkeys([key for key in unknown if key not in numbers])
        if new:
            last: int = connection.execute(_COUNT, (self._table,)).get or 0
            numbers.update(zip(new, count(last + 1), strict=False))
            connection.executemany(self._insert, sorted([(key, numbers[key]) for key in new]))
            connection.execute(_SET_COUNT, (self._table, last + len(new)))
        return numbers, new.keys()

    def forget(self) -> None:
        """Forget all numbers: after a rollback they may be wrong."""
        self._numbers.clear()
