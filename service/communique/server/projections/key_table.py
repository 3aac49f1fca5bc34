"""Surrogate keys: a long key is written once, and the indexes hold its small number."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from itertools import count
from typing import Any, Final, TypeAlias

import apsw

from communique.server.runtime import limits

Key: TypeAlias = str | tuple[Any, ...]
"""The value of the only column, or the values of several."""

_COUNT: Final = "SELECT count FROM counts WHERE name = ?"
_SET_COUNT: Final = """
    INSERT INTO counts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET count = excluded.count
"""


class KeyTable:
    """Numbers the keys of a table in the order in which they come, and remembers the numbers."""

    def __init__(self, table: str, number: str, columns: tuple[str, ...]) -> None:
        """Number the keys in `columns` of `table`, its primary key, in the column `number`."""
        names, matches = ", ".join(columns), " AND ".join(f"{column} = ?" for column in columns)
        marks = ", ".join("?" for _ in columns)
        self._table = table
        self._select = f"SELECT {names}, {number} FROM {table} WHERE {matches}"  # noqa: S608  our own names
        self._insert = f"INSERT INTO {table} ({names}, {number}) VALUES ({marks}, ?)"  # noqa: S608
        self._numbers: dict[Key, int] = {}

    def numbers(
        self, connection: apsw.Connection, keys: Iterable[Key]
    ) -> tuple[Mapping[Key, int], AbstractSet[Key]]:
        """Return the numbers of at least all `keys`, and which are new: they are inserted."""
        if len(self._numbers) > limits.KEYS_REMEMBERED_MAX:
            self.forget()
        numbers = self._numbers
        unknown = dict.fromkeys([key for key in keys if key not in numbers])
        for *columns, number in connection.executemany(self._select, map(_columns_of, unknown)):
            numbers[columns[0] if len(columns) == 1 else tuple(columns)] = number
        new = dict.fromkeys([key for key in unknown if key not in numbers])
        if new:
            last: int = connection.execute(_COUNT, (self._table,)).get or 0
            numbers.update(zip(new, count(last + 1), strict=False))
            connection.executemany(
                self._insert, sorted([(*_columns_of(key), numbers[key]) for key in new])
            )
            connection.execute(_SET_COUNT, (self._table, last + len(new)))
        return numbers, new.keys()

    def forget(self) -> None:
        """Forget all numbers: after a rollback they may be wrong."""
        self._numbers.clear()


def _columns_of(key: Key) -> tuple[Any, ...]:
    return (key,) if isinstance(key, str) else key
