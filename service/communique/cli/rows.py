"""Rows of text whose columns are aligned over all sections of an answer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from rich.console import Console
from rich.text import Text

from communique.domain.claims.values import Certainty
from communique.domain.state.resolved_as_of import ResolvedAsOf
from communique.export import wording

_GAP: Final = 2
_INDENT: Final = 2
_DETAIL_INDENT: Final = 6
_CELL_WIDTH_MAX: Final = 30
_CELL_WIDTH_MIN: Final = 8
_WHO_WIDTH_MIN: Final = 42

_CERTAINTY_STYLES: Final = {
    Certainty.CERTAIN: "",
    Certainty.PROBABLE: "yellow",
    Certainty.POSSIBLE: "magenta",
    Certainty.UNCOMMITTED: "dim",
}
_ALARMS: Final = frozenset({"contested", "not met"})


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row: its cells, who takes part, its marks, and the detail lines below it."""

    cells: tuple[Text, ...]
    who: Text
    marks: Text
    details: tuple[Text, ...] = ()


def marks_of(certainty: Certainty, *others: str) -> Text:
    """Return the certainty of a claim and its other marks: `probable, contested`."""
    marks = Text(certainty.value.lower(), _CERTAINTY_STYLES[certainty])
    for mark in filter(None, others):
        marks.append(f", {mark}", "bold red" if mark in _ALARMS else "cyan")
    return marks


class Columns:
    """The column widths that the given rows need on a screen of some width.

    Participants have a column of their own where there is room for it, otherwise a line below; so
    have the marks of a row that find no room at its end.
    """

    def __init__(self, rows: Sequence[TableRow], width: int) -> None:
        self._width = width
        columns = [*zip_longest(*(row.cells for row in rows), fillvalue=Text())]
        widest = [min(_widest(column), _CELL_WIDTH_MAX) for column in columns]
        self._widths = _squeezed(widest, width - _INDENT)
        self._cells_end = _INDENT + sum(width + _GAP for width in self._widths)
        room = width - self._cells_end - _widest([row.marks for row in rows]) - _GAP
        self._who = min(room, _widest([row.who for row in rows])) if room >= _WHO_WIDTH_MIN else 0

    def lines(self, row: TableRow, console: Console) -> Iterator[Text]:
        """Yield the lines of a row."""
        who = [*row.who.wrap(console, self._who)] if self._who and row.who else [Text()]
        before = self._cells_end + (self._who + _GAP if self._who else 0)
        has_room = before + row.marks.cell_len <= self._width
        marks = [row.marks] if has_room else []
        yield self._line([*row.cells, *([who[0]] if self._who else []), *marks])
        for line in who[1:]:
            line.rstrip()
            yield Text(" " * self._cells_end) + line
        above = ([] if has_room else [row.marks]) + ([] if self._who else [row.who])
        for detail in filter(None, (*above, *row.details)):
            for line in detail.wrap(console, max(self._width - _DETAIL_INDENT, 20)):
                line.rstrip()
                yield Text(" " * _DETAIL_INDENT) + line

    def _line(self, cells: Sequence[Text]) -> Text:
        line = Text(" " * _INDENT)
        widths = [*self._widths, *([self._who] if self._who else [])]
        for cell, width in zip_longest(cells, widths, fillvalue=0):
            shown = cell.copy() if isinstance(cell, Text) else Text()
            if width:
                shown.truncate(width, overflow="ellipsis", pad=True)
                shown.append(" " * _GAP)
            line.append_text(shown)
        line.rstrip()
        return line


def print_rows(console: Console, rows: Sequence[TableRow]) -> None:
    """Print rows without headings."""
    _print(console, rows, Columns(rows, console.width))


def print_sections(console: Console, sections: Sequence[tuple[Text, Sequence[TableRow]]]) -> None:
    """Print rows under their headings, aligned over all sections."""
    columns = Columns([row for _, rows in sections for row in rows], console.width)
    for heading, rows in sections:
        console.print()
        print_wrapped(console, heading)
        _print(console, rows, columns)


def _print(console: Console, rows: Sequence[TableRow], columns: Columns) -> None:
    for row in rows:
        for line in columns.lines(row, console):
            console.print(line, soft_wrap=True)


def as_of_line(as_of: ResolvedAsOf, zone: str) -> Text:
    """Return the line that says which point an answer is true for."""
    line = Text("as of ", "dim").append(wording.moment(as_of.valid, zone), "not dim")
    known = wording.moment(as_of.known, zone)
    return line.append(f", by what was known at {known}, log position {as_of.position:,}")


def print_wrapped(console: Console, text: Text) -> None:
    """Print a text, with all lines after the first indented."""
    if text.cell_len <= console.width:
        console.print(text, soft_wrap=True)
        return
    for index, line in enumerate(text.wrap(console, max(console.width - _INDENT, 20))):
        line.rstrip()
        console.print(Text(" " * _INDENT if index else "") + line, soft_wrap=True)


def _squeezed(widths: list[int], room: int) -> list[int]:
    """Narrow the widest column, and again, until all fit or all have the least width."""
    while sum(width + _GAP for width in widths) > room and max(widths) > _CELL_WIDTH_MIN:
        widths[widths.index(max(widths))] -= 1
    return widths


def _widest(texts: Sequence[Text]) -> int:
    return max((text.cell_len for text in texts), default=0)
