"""What a read model's file says, whatever numbers its rows happen to have."""

from pathlib import Path
from typing import Any, Final

import apsw

Row = dict[str, Any]
_TABLES: Final = """
    SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name
"""
_KEYS: Final = "SELECT name, type FROM pragma_table_info(?) WHERE pk > 0"


def dump(path: Path) -> dict[str, list[object]]:
    """Return every row of every table, sorted; in place of another row's number stands that row."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    names = [name for (name,) in connection.execute(_TABLES)]
    tables = {name: rows_of(connection, name) for name in names}
    numbers = {_number(connection, name): name for name in names}
    connection.close()
    numbered = {
        number: {row[number]: row for row in tables[name]}
        for number, name in numbers.items()
        if number
    }

    def said(name: str, row: Row) -> tuple[object, ...]:
        return tuple(
            said(numbers[column], numbered[column][value]) if column in numbered else value
            for column, value in row.items()
            if numbers.get(column) != name
        )

    return {name: sorted((said(name, row) for row in tables[name]), key=repr) for name in names}


def rows_of(connection: apsw.Connection, name: str) -> list[Row]:
    """Return the rows of a table, by their columns."""
    cursor = connection.execute(f"SELECT * FROM {name}")  # noqa: S608 -- one of the file's own
    return [
        {column: value for (column, *_), value in zip(cursor.get_description(), row, strict=True)}
        for row in cursor
    ]


def _number(connection: apsw.Connection, name: str) -> str | None:
    """Return the column that merely numbers a table's rows."""
    keys = list(connection.execute(_KEYS, (name,)))
    return keys[0][0] if len(keys) == 1 and keys[0][1] == "INTEGER" else None
