"""The domain's rules of visibility, as SQL.

The queries of the views are generated from the domain's tables `COVERS`, `AMENDMENT_VISIBLE` and
`ASSERTED`. They bind the point as `:valid`, `:valid_day`, `:known` and `:position`.
"""

from collections.abc import Iterable
from typing import Any, Final

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


_ZONES_APART_MAX: Final = 2 * 86_400 * 1_000_000
VISIBLE: Final = sql_of(COVERS)
"""A content is visible: its row's region covers the point."""


def visible(table: str) -> str:
    """Return the same condition for the rows of a table."""
    return sql_of(COVERS, table)


def dispute_visible(table: str = "disputes") -> str:
    """Return the condition that a dispute is visible."""
    return sql_of(AMENDMENT_VISIBLE, table)


def asserted(table: str) -> str:
    """Return the condition that a claim is asserted: the first comparison that has both sides."""
    return f"ifnull({', '.join(sql_of([comparison], table) for comparison in ASSERTED)})"


def bindings_of(as_of: AsOf) -> dict[str, Any]:
    """Return what a query binds for the point, in microseconds; a day by its number."""
    return {
        "valid": micros(as_of.valid),
        "valid_day": as_of.valid_day,
        "known": micros(as_of.known),
        "position": as_of.position,
    }


def asserted_until(as_of: AsOf) -> int:
    """Return an instant, in microseconds, after which no claim begins that is asserted.

    A day asked for may lie two days after the same date in another zone.
    """
    return micros(as_of.valid) + (_ZONES_APART_MAX if as_of.day else 0)
