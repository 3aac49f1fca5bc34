"""The domain's rules of visibility and rank, as SQL.

The domain states as tables what is visible, what is asserted and what decides between claims
(`COVERS`, `AMENDMENT_VISIBLE` and `ASSERTED` of `clocks`, and the fields of `Rank`). Every query of
the views is generated from them, so that each rule is said once. Queries bind the point as
`:valid`, `:known` and `:position`.
"""

from collections.abc import Iterable
from typing import Any, Final

from communique.domain.state.element import Rank
from communique.domain.time.clocks import (
    AMENDMENT_VISIBLE,
    ASSERTED,
    COVERS,
    AsOf,
    Comparison,
    micros,
)


def sql_of(comparisons: Iterable[Comparison], table: str = "") -> str:
    """Return the SQL that holds of a row whose bounds, columns of `table`, compare as they have to.

    A bound without an end is `FOREVER` in a row, which compares as it has to.
    """
    prefix = f"{table}." if table else ""
    return " AND ".join(
        f"{prefix}{each.bound} {each.sign} :{each.coordinate}" for each in comparisons
    )


VISIBLE: Final = sql_of(COVERS)
"""A content is visible: its row's region covers the point."""
OPEN_VISIBLE: Final = sql_of(each for each in COVERS if each.bound.endswith("_from"))
"""The same, of a row whose region has no end."""


def dispute_visible(table: str = "disputes") -> str:
    """Return the SQL that holds of a visible dispute."""
    return sql_of(AMENDMENT_VISIBLE, table)


def asserted(table: str) -> str:
    """Return the SQL that holds of a claim that is asserted."""
    return sql_of([ASSERTED], table)


def ordered_by_rank(columns: Iterable[str] = Rank._fields) -> str:
    """Return the terms of an ORDER BY that puts the claim of the greatest rank first."""
    return ", ".join(f"{column} DESC" for column in columns)


def bindings_of(as_of: AsOf) -> dict[str, Any]:
    """Return what a query binds for the point asked from, in microseconds."""
    return {
        "valid": micros(as_of.valid),
        "known": micros(as_of.known),
        "position": as_of.position,
    }
