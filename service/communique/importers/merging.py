"""Lines become rows, and rows that report one deed become one event, in constant memory.

Rows that can belong together share a window: a day in ICEWS, an export in GDELT. Windows ascend in
a file, so only the rows of one window are held, and a row of an earlier window is rejected.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Protocol, TypeVar
from uuid import UUID, uuid5

from pydantic import ValidationError

from communique.domain.claims.event import Claim
from communique.importers.lines import TextLine
from communique.importers.report import ImportFault, Report, Skipped

ROWS_HELD_MAX: Final = 100_000
_LENGTH_MAX: Final = 2_000
NAMESPACE: Final = UUID("00766505-72c7-52f7-b9b1-46f68aff2245")
"""The namespace of the ids of imported events. It never changes: by them the log knows an event."""


class MergeableRow(Protocol):
    """A row of a dataset that can report the same deed in many rows, or from both sides."""

    @property
    @abstractmethod
    def file(self) -> str:
        """The path of the file."""

    @property
    @abstractmethod
    def number(self) -> int:
        """The line, from 1."""

    @property
    @abstractmethod
    def window(self) -> str:
        """When the row was reported, as text that sorts by time."""

    @property
    @abstractmethod
    def key(self) -> tuple[str, ...]:
        """What the row reports, the same from either side; one event for each key of a window."""


R = TypeVar("R", bound=MergeableRow)


def event_id(*identity: str) -> UUID:
    """Return the id of the event that these parts identify; no part may hold a tab."""
    return uuid5(NAMESPACE, "\t".join(identity))


def is_number(text: str, digits_max: int) -> bool:
    """Whether `text` is one to `digits_max` ASCII digits."""
    return text.isascii() and text.isdigit() and len(text) <= digits_max


def sound_rows(
    lines: Iterable[TextLine], read: Callable[[TextLine], R | Skipped], report: Report
) -> Iterator[R]:
    """Yield the rows that `read` returns; count lines that it skips or raises `ValueError` for."""
    for line in lines:
        try:
            row = read(line)
        except ValueError as error:
            report.reject(line.file, line.number, faults_of(error))
            continue
        if isinstance(row, Skipped):
            report.skip(row.reason)
            for reason, name in row.names:
                report.skip_name(reason, name)
        else:
            yield row


def merged(
    rows: Iterable[R], build: Callable[[Sequence[R]], Claim], report: Report
) -> Iterator[Claim]:
    """Yield an event for each group of rows with one key, in the order of their first rows.

    Raises:
        ImportFault: `rows` or `build` raised it, or a window has too many rows; the rows held are
            held back.
    """
    try:
        yield from _merged(rows, build, report)
    except ImportFault:
        report.hold_back()
        raise


def _merged(
    rows: Iterable[R], build: Callable[[Sequence[R]], Claim], report: Report
) -> Iterator[Claim]:
    for groups in _windows(rows, report):
        for group in groups:
            try:
                claim = build(group)
            except ValidationError as error:
                for row in group:
                    report.reject(row.file, row.number, faults_of(error))
                continue
            report.merge(group[0].file, group[0].number, len(group))
            yield claim


def faults_of(error: ValueError) -> str:
    """Return in one line what is wrong, for a `ValidationError` with every field at fault."""
    if not isinstance(error, ValidationError):
        return printable(str(error))
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    sentences = (f"{_path(fault['loc'])}{_plainly(fault['msg'])}" for fault in faults)
    return printable("; ".join(sentences))


def printable(text: str) -> str:
    """Return at most 2,000 characters of `text` in one line that any terminal and file takes."""
    shown = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text[:_LENGTH_MAX])
    return shown if len(text) <= _LENGTH_MAX else f"{shown}..."


def _windows(rows: Iterable[R], report: Report) -> Iterator[list[list[R]]]:
    """Gather rows by window and key; yield each window's groups once a later window begins."""
    window, groups, held = "", dict[tuple[str, ...], list[R]](), 0
    for row in rows:
        if row.window < window:
            fault = f"is of {row.window}, after rows of {window}"
            report.reject(row.file, row.number, f"{fault}: rows must be in the order of time")
            continue
        if row.window > window:
            yield [*groups.values()]
            window, groups, held = row.window, {}, 0
        groups.setdefault(row.key, []).append(row)
        held += 1
        _check_held(held, row)
    yield [*groups.values()]


def _check_held(count: int, row: MergeableRow) -> None:
    if count > ROWS_HELD_MAX:
        fault = f"more than {ROWS_HELD_MAX:,} rows are of {row.window}: too many to merge"
        raise ImportFault(row.file, fault, row.number)


def _path(loc: tuple[int | str, ...]) -> str:
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc)
    return f"{path.removeprefix('.')}: " if path else ""


def _plainly(message: str) -> str:
    return message.removeprefix("Value error, ").replace("Input should be", "should be")
