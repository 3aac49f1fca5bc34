"""Rows that report one thing become one event, in constant memory.

Rows that can belong together share a window: a day in ICEWS, an export in GDELT. Windows ascend in
a file, so the rows of one window at most are held, and a row that comes late is rejected.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Protocol, TypeVar
from uuid import UUID, uuid5

from pydantic import ValidationError

from communique.domain.claims.event import Claim
from communique.importers.report import ImportFault, Place, Report

ROWS_HELD_MAX: Final = 100_000
NAMESPACE: Final = UUID("00766505-72c7-52f7-b9b1-46f68aff2245")
"""Of the ids of imported events. It never changes: the log knows what it has by them."""


class Row(Place, Protocol):
    """A row that may be reported again, or from its other side."""

    @property
    def window(self) -> str:
        """When it was reported, as text that sorts by time."""
        ...

    @property
    def key(self) -> tuple[str, ...]:
        """What it reports, the same from either side; within its window it makes one event."""
        ...


R = TypeVar("R", bound=Row)


def event_id(*identity: str) -> UUID:
    """Return the id of what these parts identify; no part may hold a tab."""
    return uuid5(NAMESPACE, "\t".join(identity))


def merged(
    rows: Iterable[R], build: Callable[[Sequence[R]], Claim], report: Report
) -> Iterator[Claim]:
    """Yield an event for each group of rows with one key, in the order of their first rows.

    Raises:
        ImportFault: out of `rows`, or a window is too large; the rows held then are held back.
    """
    for groups in _windows(rows, report):
        for group in groups:
            try:
                claim = build(group)
            except ValidationError as error:
                for row in group:
                    report.reject(row.file, row.number, faults_of(error))
                continue
            report.merge(group)
            yield claim


def faults_of(error: ValidationError) -> str:
    """Return every field at fault and what is wrong with it, in one line."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    return printable("; ".join(f"{_path(one['loc'])}{_plainly(one['msg'])}" for one in faults))


def printable(text: str, length_max: int = 2_000) -> str:
    """Return `text` in one line that any terminal and file takes."""
    shown = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text[:length_max])
    return shown if len(text) <= length_max else f"{shown}..."


def _windows(rows: Iterable[R], report: Report) -> Iterator[list[list[R]]]:
    """Gather rows by window and key; yield each window's groups once a later window begins."""
    window, groups, held = "", dict[tuple[str, ...], list[R]](), 0
    try:
        for row in rows:
            if row.window < window:
                report.reject(row.file, row.number, _late(row, window))
                continue
            if row.window > window:
                yield [*groups.values()]
                window, groups, held = row.window, {}, 0
            groups.setdefault(row.key, []).append(row)
            held += 1
            _check_held(held, row)
    except ImportFault:
        report.hold_back()
        raise
    yield [*groups.values()]


def _late(row: Row, window: str) -> str:
    return f"is of {row.window}, after rows of {window}: rows must be in the order of time"


def _check_held(count: int, row: Row) -> None:
    if count > ROWS_HELD_MAX:
        fault = f"more than {ROWS_HELD_MAX:,} rows are of {row.window}: too many to merge"
        raise ImportFault(row.file, fault, row.number)


def _path(loc: tuple[int | str, ...]) -> str:
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc)
    return f"{path.removeprefix('.')}: " if path else ""


def _plainly(message: str) -> str:
    return message.removeprefix("Value error, ").replace("Input should be", "should be")
