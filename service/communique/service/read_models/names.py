"""Numbers for names: long keys are written once, and the indexes hold small numbers."""

from typing import Any, Final

import apsw

_CACHED_MAX: Final = 100_000


class Names:
    """Gives each key of a table its number, in the order of first sight, and remembers it."""

    def __init__(self, table: str, number: str, columns: tuple[str, ...]) -> None:
        """Number the keys in `columns` of `table`, whose integer primary key is `number`."""
        matches = " AND ".join(f"{column} = ?" for column in columns)
        marks = ", ".join("?" for _ in columns)
        self._select = f"SELECT {number} FROM {table} WHERE {matches}"  # noqa: S608  our own names
        self._insert = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608
        self._numbers: dict[tuple[Any, ...], int] = {}

    def number(self, connection: apsw.Connection, key: tuple[Any, ...]) -> int:
        """Return the key's number; write it down if it is new."""
        known = self._numbers.get(key)
        if known is not None:
            return known
        found: int | None = connection.execute(self._select, key).get
        if found is None:
            connection.execute(self._insert, key)
            found = connection.last_insert_rowid()
        if len(self._numbers) >= _CACHED_MAX:
            self._numbers.clear()
        self._numbers[key] = found
        return found

    def forget(self) -> None:
        """Forget all numbers: after a transaction that was rolled back they may be wrong."""
        self._numbers.clear()
