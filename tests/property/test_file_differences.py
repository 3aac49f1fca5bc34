"""Two files of one projection: what is the same however it was written, and what is not."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
from hypothesis import assume, given
from hypothesis import strategies as st

from communique.domain.claims.event import Recorded
from communique.server.projections.file_differences import first_difference
from tests.support.dumps import rows_of
from tests.support.histories import histories
from tests.support.projected import batch_sizes, project
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


def difference(left: Path, right: Path) -> str:
    """The first difference of two files, in words."""
    with opened(left) as live, opened(right) as rebuilt:
        return "".join(first_difference(live, rebuilt))


def two_files(real: RealLog, sizes: list[int], other_sizes: list[int]) -> tuple[Path, Path]:
    """The same log, projected in batches of different sizes."""
    left, right = real.folder / "1.db", real.folder / "2.db"
    project(left, real, sizes)
    project(right, real, other_sizes)
    return left, right


@given(histories(), batch_sizes, batch_sizes)
def test_files_of_the_same_log_do_not_differ(
    log: list[Recorded], sizes: list[int], other_sizes: list[int]
) -> None:
    """Two files of one log do not differ, whatever batches numbered their rows."""
    with real_log(log) as real:
        assert difference(*two_files(real, sizes, other_sizes)) == ""


@given(st.data(), histories(), batch_sizes)
def test_a_row_that_is_lost_is_found(
    data: st.DataObject, log: list[Recorded], sizes: list[int]
) -> None:
    """A row that either of two files lacks is a difference, which names the table."""
    with real_log(log) as real:
        damaged, whole = two_files(real, sizes, sizes)
        with opened(damaged) as connection:
            rows = [
                (name, row)
                for (name,) in connection.execute(_TABLES).fetchall()
                for row in rows_of(connection, str(name))
            ]
            assume(rows)
            name, row = data.draw(st.sampled_from(rows))
            condition = " AND ".join(f"{column} IS ?" for column in row)
            connection.execute(f"DELETE FROM {name} WHERE {condition}", tuple(row.values()))  # noqa: S608
        assert difference(damaged, whole) != ""
        assert difference(whole, damaged) != ""
