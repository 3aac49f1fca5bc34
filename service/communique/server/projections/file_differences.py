"""Where two files of one projection differ, apart from surrogate keys.

Rows of `facets` and `tags` are numbered in the order in which they were written: a table of things
has their numbers in the column of their name, such as `tag_id`. So a number is compared as the row
that it stands for, and the rows of a table in the order of their contents. For example this row of
`tagged` is compared as the one below it::

    tag_id 7, earliest 1566345600000000, entry 98304
    tag issue:fisheries, earliest 1566345600000000, entry 98304
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import UUID

import apsw

from communique.server.runtime import limits

_Row: TypeAlias = tuple[Any, ...]
_Column: TypeAlias = tuple[str, str]
"""A column's name, and the expression that selects it."""

_SCHEMA: Final = """
    SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' ORDER BY type, name
"""
_COLUMNS: Final = "SELECT name FROM pragma_table_info(?) ORDER BY cid"
_ALIKE: Final = 0.5
"""Two rows that are equal in more than this share of their columns are one row, changed."""
_EVENT_ID_BYTES: Final = 16


class _TableColumns(NamedTuple):
    """A table's columns, and its surrogate key, if it has one."""

    columns: tuple[str, ...]
    surrogate: str | None


def first_difference(live: apsw.Connection, rebuilt: apsw.Connection) -> Iterator[str]:
    """Yield "" now and then as a sign of life, and at the end the first difference, if any.

    Both connections read from one state. A live file that is damaged differs, too.
    """
    try:
        yield from _difference(live, rebuilt)
    except (apsw.CorruptError, apsw.NotADBError) as error:
        yield f"the live file is damaged: {error}"


def _difference(live: apsw.Connection, rebuilt: apsw.Connection) -> Iterator[str]:
    expected = list(rebuilt.execute(_SCHEMA))
    if list(live.execute(_SCHEMA)) != expected:
        yield "schema: the tables and indexes of the live file are not those of this release"
        return
    tables = {name: _table(rebuilt, name) for kind, name, _ in expected if kind == "table"}
    # Tables without references come first: a fault in them shows in those that refer to them, too.
    for name in sorted(tables, key=lambda table: (_depth(table, tables), table)):
        difference = ""
        for difference in _first_row_that_differs(name, tables, live, rebuilt):
            yield difference
        if difference:
            return
    # An index that has lost a row gives wrong answers out of right tables.
    damage = live.execute("PRAGMA integrity_check(1)").get
    if damage != "ok":
        yield f"the live file is damaged: {damage}"


def _first_row_that_differs(
    name: str, tables: Mapping[str, _TableColumns], live: apsw.Connection, rebuilt: apsw.Connection
) -> Iterator[str]:
    columns, query = _query(name, tables)
    only_live, only_rebuilt = None, None
    with closing(live.cursor()) as live_rows, closing(rebuilt.cursor()) as rebuilt_rows:
        pairs = _merged(live_rows.execute(query), rebuilt_rows.execute(query))
        for number, (live_row, rebuilt_row) in enumerate(pairs):
            if live_row is None:
                only_rebuilt = only_rebuilt or rebuilt_row
            elif rebuilt_row is None:
                only_live = only_live or live_row
            if only_live and only_rebuilt:
                break
            if number % limits.ROWS_BETWEEN_SIGNS_OF_LIFE == 0:
                yield ""
    if difference := _described([name for name, _ in columns], only_live, only_rebuilt):
        yield f"{name}: {difference}"[: limits.DIFFERENCE_LENGTH_MAX]


def _merged(
    live: Iterator[_Row], rebuilt: Iterator[_Row]
) -> Iterator[tuple[_Row | None, _Row | None]]:
    """Yield the rows of two sorted sides, equal rows as a pair."""
    left, right = next(live, None), next(rebuilt, None)
    while left is not None or right is not None:
        if left == right:
            yield left, right
            left, right = next(live, None), next(rebuilt, None)
        elif right is None or (left is not None and _sort_key(left) < _sort_key(right)):
            yield left, None
            left = next(live, None)
        else:
            yield None, right
            right = next(rebuilt, None)


def _described(names: Sequence[str], live: _Row | None, rebuilt: _Row | None) -> str:
    """Describe the row that is surplus, missing or changed; empty if there is none."""
    if live and rebuilt and (changed := _changes(names, live, rebuilt)):
        return changed
    if live:
        return f"the live file has a row that does not follow from the log: {_row(names, live)}"
    return f"the live file lacks the row {_row(names, rebuilt)}" if rebuilt else ""


def _changes(names: Sequence[str], live: _Row, rebuilt: _Row) -> str:
    """Describe the changes of a row; empty where the two are different rows."""
    triples = [*zip(names, live, rebuilt, strict=True)]
    changed = [f"{name} is {_value(a)}, not {_value(b)}" for name, a, b in triples if a != b]
    if len(changed) >= len(names) * _ALIKE:
        return ""
    same = [(name, a) for name, a, b in triples if a == b]
    row = _row([name for name, _ in same], [value for _, value in same])
    return f"{', '.join(changed)}, in the row {row}"


def _row(names: Sequence[str], values: Sequence[Any]) -> str:
    return ", ".join(f"{name} {_value(value)}" for name, value in zip(names, values, strict=True))


def _value(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bytes() if len(value) == _EVENT_ID_BYTES:
            return str(UUID(bytes=value))
        case bytes():
            return value.hex()
        case _:
            return str(value)


def _sort_key(row: _Row) -> list[tuple[bool, Any]]:
    """The order of SQLite, in which NULL comes first; a column of a strict table has one type."""
    return [(value is not None, value) for value in row]


def _table(connection: apsw.Connection, name: str) -> _TableColumns:
    columns = tuple(column for (column,) in connection.execute(_COLUMNS, (name,)))
    own = f"{name.removesuffix('s')}_id"
    return _TableColumns(columns, own if own in columns else None)


def _depth(name: str, tables: Mapping[str, _TableColumns]) -> int:
    """Return how many tables a row of this one refers to, one through the other."""
    table = tables[name]
    others = (column for column in table.columns if column != table.surrogate)
    owners = {owner for column in others if (owner := _owner(column, tables))}
    return max((1 + _depth(owner, tables) for owner in owners), default=0)


def _owner(column: str, tables: Mapping[str, _TableColumns]) -> str | None:
    """Return the table whose rows a column numbers, such as `tags` for `outlet_tag_id`."""
    owners = (
        name
        for name, table in tables.items()
        if table.surrogate and f"_{column}".endswith(f"_{table.surrogate}")
    )
    return next(owners, None)


def _query(name: str, tables: Mapping[str, _TableColumns]) -> tuple[list[_Column], str]:
    """Return a table's columns with their surrogates resolved, and the query for its rows."""
    columns, joins = _resolved(name, name, tables)
    selected = ", ".join(expression for _, expression in columns)
    numbers = ", ".join(str(number) for number in range(1, len(columns) + 1))
    return columns, f"SELECT {selected} FROM {name} {' '.join(joins)} ORDER BY {numbers}"  # noqa: S608  the file's own names


def _resolved(
    name: str, alias: str, tables: Mapping[str, _TableColumns]
) -> tuple[list[_Column], list[str]]:
    """Return the columns of a table, each surrogate replaced by those of its row, and the joins."""
    columns: list[_Column] = []
    joins: list[str] = []
    for column in tables[name].columns:
        if column == tables[name].surrogate:
            continue
        owner = _owner(column, tables)
        if owner is None:
            columns.append((column, f"{alias}.{column}"))
            continue
        owner_alias = f"{alias}_{column}"
        owner_columns, owner_joins = _resolved(owner, owner_alias, tables)
        columns += owner_columns
        condition = f"{owner_alias}.{tables[owner].surrogate} = {alias}.{column}"
        joins += [f"LEFT JOIN {owner} AS {owner_alias} ON {condition}", *owner_joins]
    return columns, joins
