"""What a read model's file says, whatever numbers its rows happen to have."""

from pathlib import Path
from typing import Any, Final

import apsw

Row = dict[str, Any]
_TABLES: Final = """
    SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name
"""


def dump(path: Path) -> dict[str, list[object]]:
    """Return every row of every table, sorted; in place of another row's number stands that row."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    names = [name for (name,) in connection.execute(_TABLES)]
    tables = {name: rows_of(connection, name) for name in names}
    connection.close()
    numbered = {
        number: {row[number]: row for row in tables[name]}
        for name in names
        if (number := _number(name)) in {column for row in tables[name][:1] for column in row}
    }

    def said(name: str, row: Row) -> tuple[object, ...]:
        return tuple(
            said(f"{number.removesuffix('_id')}s", numbered[number][value]) if number else value
            for column, value in row.items()
            if column != _number(name)
            for number in (next((it for it in numbered if f"_{column}".endswith(f"_{it}")), None),)
        )

    return {name: sorted((said(name, row) for row in tables[name]), key=repr) for name in names}


def rows_of(connection: apsw.Connection, name: str) -> list[Row]:
    """Return the rows of a table, by their columns."""
    cursor = connection.execute(f"SELECT * FROM {name}")  # noqa: S608 -- one of the file's own
    return [
        {column: value for (column, *_), value in zip(cursor.get_description(), row, strict=True)}
        for row in cursor
    ]


def _number(name: str) -> str:
    """Return the column that merely numbers a table's rows, if it has one."""
    return f"{name.removesuffix('s')}_id"
