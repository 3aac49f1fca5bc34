"""The domain's rules of visibility and rank, as SQL.

The queries of the views are generated from the domain's tables `COVERS`, `AMENDMENT_VISIBLE` and
`ASSERTED` and the fields of `Rank`. They bind the point as `:valid`, `:known` and `:position`.
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
    """Return the condition that the comparisons hold between columns of `table` and the point."""
    prefix = f"{table}." if table else ""
    return " AND ".join(f"{prefix}{bound} {sign} :{point}" for bound, sign, point in comparisons)


VISIBLE: Final = sql_of(COVERS)
"""A content is visible: its row's region covers the point."""
OPEN_VISIBLE: Final = sql_of(bound for bound in COVERS if bound.bound.endswith("_from"))
"""The same condition for a row whose region has no end."""


def dispute_visible(table: str = "disputes") -> str:
    """Return the condition that a dispute is visible."""
    return sql_of(AMENDMENT_VISIBLE, table)


def asserted(table: str) -> str:
    """Return the condition that a claim is asserted."""
    return sql_of([ASSERTED], table)


def ordered_by_rank(columns: Iterable[str] = Rank._fields) -> str:
    """Return the terms of an ORDER BY that puts the claim of the greatest rank first."""
    return ", ".join(f"{column} DESC" for column in columns)


def bindings_of(as_of: AsOf) -> dict[str, Any]:
    """Return what a query binds for the point, in microseconds."""
    return {"valid": micros(as_of.valid), "known": micros(as_of.known), "position": as_of.position}
