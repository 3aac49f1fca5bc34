"""Two files of one projection: what is the same however it was written, and what is not."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
from hypothesis import assume, given
from hypothesis import strategies as st

from communique.domain.claims.event import Recorded
from communique.server.projections.file_differences import first_difference
from communique.server.projections.projection import ViewProjection
from tests.property.test_read_models import PROJECTIONS, batch_sizes, project
from tests.support.histories import histories
from tests.support.real_log import RealLog, real_log

_TABLES = """
    SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name
"""


@contextmanager
def opened(path: Path) -> Iterator[apsw.Connection]:
    """A connection to a file."""
    connection = apsw.Connection(str(path))
    try:
        yield connection
    finally:
        connection.close()


def difference(one: Path, other: Path) -> str:
    """The first difference of two files, in words."""
    with opened(one) as live, opened(other) as rebuilt:
        return "".join(first_difference(live, rebuilt))


def two_files(
    real: RealLog, kind: type[ViewProjection], sizes: list[int], others: list[int]
) -> tuple[Path, Path]:
    """The same log, projected in batches of different sizes."""
    one, other = real.folder / f"{kind.name}-1.db", real.folder / f"{kind.name}-2.db"
    project(one, kind, real, sizes)
    project(other, kind, real, others)
    return one, other


def _rows(connection: apsw.Connection, name: str) -> list[dict[str, Any]]:
    """The rows of a table, by their columns."""
    cursor = connection.execute(f"SELECT * FROM {name}")  # noqa: S608
    return [
        {column: value for (column, *_), value in zip(cursor.get_description(), row, strict=True)}
        for row in cursor
    ]


@given(histories(), batch_sizes, batch_sizes)
def test_files_of_the_same_log_do_not_differ(
    log: list[Recorded], sizes: list[int], others: list[int]
) -> None:
    """However it was cut into batches, and so in whichever order rows got their numbers."""
    with real_log(log) as real:
        for kind in PROJECTIONS:
            assert difference(*two_files(real, kind, sizes, others)) == ""


@given(st.data(), histories(), batch_sizes)
def test_a_row_that_is_lost_is_found(
    data: st.DataObject, log: list[Recorded], sizes: list[int]
) -> None:
    """Whichever row it is, its table is named, and whichever of the two files lacks it."""
    kind = data.draw(st.sampled_from(PROJECTIONS))
    with real_log(log) as real:
        one, other = two_files(real, kind, sizes, sizes)
        with opened(one) as connection:
            rows = [
                (name, row)
                for (name,) in connection.execute(_TABLES).fetchall()
                for row in _rows(connection, str(name))
            ]
            assume(rows)
            name, row = data.draw(st.sampled_from(rows))
            same = " AND ".join(f"{column} IS ?" for column in row)
            connection.execute(f"DELETE FROM {name} WHERE {same}", tuple(row.values()))  # noqa: S608
        assert difference(one, other) != ""
        assert difference(other, one) != ""
