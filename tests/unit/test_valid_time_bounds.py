"""How far the claims of a dyad reached: bounds as of any position, few and near the truth."""

from collections.abc import Sequence
from typing import Any

import apsw
import pytest

from communique.server.views.read_model.valid_time_bounds import (
    BOUNDS_SCHEMA,
    LAST,
    ClaimedTime,
    write_bounds,
)

COUNT = 2_000
IN_ORDER = list(range(COUNT))
SLOT = (7, False)

BOUND = f"""
    SELECT extents.first, ({LAST})
    FROM extents JOIN (SELECT 7 AS tag_id, 0 AS is_foreseen) AS asked USING (tag_id, is_foreseen)
    WHERE position <= :position ORDER BY position DESC LIMIT 1
"""  # noqa: S608  our own names


def written(earliest: Sequence[int], batch: int) -> apsw.Connection:
    """A file with claims of those valid times at positions 1, 2, 3, ..., taken in in batches."""
    connection = apsw.Connection(":memory:")
    connection.execute(BOUNDS_SCHEMA)
    claims = [ClaimedTime(*SLOT, at, at, position) for position, at in enumerate(earliest, 1)]
    for start in range(0, len(claims), batch):
        write_bounds(connection, claims[start : start + batch])
    return connection


def rows(connection: apsw.Connection) -> list[tuple[Any, ...]]:
    """All that was written."""
    return list(connection.execute("SELECT * FROM extents ORDER BY position"))


@pytest.mark.parametrize(
    "earliest", [IN_ORDER, [7 * day for day in IN_ORDER], [day ^ 5 for day in IN_ORDER]]
)
def test_a_history_in_order_has_few_rows_which_bound_it_closely(earliest: list[int]) -> None:
    """Bounds of a history in order have a row per eight claims at most, and are close."""
    connection = written(earliest, 100)
    assert len(rows(connection)) < COUNT / 8
    overshot = []
    for position in range(1, COUNT + 1):
        recorded, later = earliest[:position], earliest[position:]
        first, last = connection.execute(BOUND, {"position": position}).get
        assert first == min(recorded)
        assert last is None or last >= max(recorded)
        overshot.append(sum(last is None or at <= last for at in later))
    assert max(overshot) < 64
    assert sum(overshot) / COUNT < 16


def test_a_history_in_reverse_order_is_bounded_exactly() -> None:
    """Bounds of a history in reverse order are exact as of each position."""
    earliest = IN_ORDER[::-1]
    connection = written(earliest, 100)
    for position in range(1, COUNT + 1):
        first, last = connection.execute(BOUND, {"position": position}).get
        assert first == earliest[position - 1]
        assert last in {None, COUNT - 1}


@pytest.mark.parametrize("step", [2, 3, 5, 8, 16])
def test_positions_in_equal_steps_are_written_as_often(step: int) -> None:
    """Bounds of a dyad at every eighth position have as many rows as any other's."""
    connection = written(IN_ORDER, 100)
    at_steps = [row for row in rows(connection) if row[2] % step == 0]
    assert COUNT / step / 32 < len(at_steps) < COUNT / step / 8


@pytest.mark.parametrize("batch", [1, 7, COUNT])
def test_batches_do_not_matter(batch: int) -> None:
    """Bounds of the same claims have the same rows in batches of any size."""
    earliest = [(day * 37) % 101 + day // 3 for day in IN_ORDER]
    assert rows(written(earliest, batch)) == rows(written(earliest, 100))


def test_bounds_reach_from_the_first_beginning_to_the_last() -> None:
    """Bounds of vague times reach from where the first may have begun to where the last must."""
    connection = apsw.Connection(":memory:")
    connection.execute(BOUNDS_SCHEMA)
    ends = [(5, 9), (1, 30), (7, 7)]
    claims = [ClaimedTime(*SLOT, *both, position) for position, both in enumerate(ends, 1)]
    write_bounds(connection, claims)

    assert rows(connection) == [(*SLOT, 1, 5, 9), (*SLOT, 2, 1, 30)]
