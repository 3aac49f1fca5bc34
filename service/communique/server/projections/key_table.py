"""Surrogate keys: a long key is written once, and the indexes hold its small number."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import Any, TypeAlias

import apsw

from communique.server.runtime import limits

Key: TypeAlias = tuple[Any, ...]


class KeyTable:
    """Numbers the keys of a table in the order in which they come, and remembers the numbers."""

    def __init__(self, table: str, number: str, columns: tuple[str, ...]) -> None:
        """Number the keys in `columns` of `table`, whose integer primary key is `number`."""
        names, matches = ", ".join(columns), " AND ".join(f"{column} = ?" for column in columns)
        marks = ", ".join("?" for _ in columns)
        self._select = f"SELECT {names}, {number} FROM {table} WHERE {matches}"  # noqa: S608  our own names
        self._insert = f"INSERT INTO {table} ({names}, {number}) VALUES ({marks}, ?)"  # noqa: S608
        self._last = f"SELECT ifnull(max({number}), 0) FROM {table}"  # noqa: S608
        self._numbers: dict[Key, int] = {}

    def numbers(self, connection: apsw.Connection, keys: Iterable[Key]) -> Mapping[Key, int]:
        """Return a mapping with the numbers of at least all `keys`; insert new ones, in order."""
        distinct = dict.fromkeys(keys)
        unknown = [key for key in distinct if key not in self._numbers]
        if len(self._numbers) + len(unknown) > limits.KEYS_REMEMBERED_MAX:
            self._numbers, unknown = {}, list(distinct)
        if unknown:
            self._look_up(connection, unknown)
        return self._numbers

    def _look_up(self, connection: apsw.Connection, keys: Sequence[Key]) -> None:
        for *columns, number in connection.executemany(self._select, keys):
            self._numbers[tuple(columns)] = number
        new = [key for key in keys if key not in self._numbers]
        last: int = connection.execute(self._last).get
        numbered = dict(zip(new, count(last + 1), strict=False))
        connection.executemany(self._insert, [(*key, number) for key, number in numbered.items()])
        self._numbers.update(numbered)

    def forget(self) -> None:
        """Forget all numbers: after a rollback they may be wrong."""
        self._numbers.clear()
