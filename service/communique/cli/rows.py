"""Lines whose columns stand below each other, over all sections of an answer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from rich.console import Console
from rich.text import Text

from communique.domain.claims.values import Certainty

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


@dataclass(frozen=True, slots=True)
class Row:
    """A line: its cells, who takes part, how sure it is, and the lines that belong below it."""

    cells: tuple[Text, ...]
    who: Text
    marks: Text
    details: tuple[Text, ...] = ()


def marks_of(certainty: Certainty, *others: str) -> Text:
    """Return how sure a claim is and whatever else marks it: `probable, contested`."""
    marks = Text(certainty.value.lower(), _CERTAINTY_STYLES[certainty])
    for other in filter(None, others):
        marks.append(f", {other}", "bold red" if other == "contested" else "cyan")
    return marks


class Columns:
    """The widths of the columns that all given rows need, on a screen of some width.

    Who takes part stands in a column of its own where there is room for one, and below elsewhere.
    """

    def __init__(self, rows: Sequence[Row], width: int) -> None:
        self._width = width
        columns = [*zip_longest(*(row.cells for row in rows), fillvalue=Text())]
        widest = [min(_widest(column), _CELL_WIDTH_MAX) for column in columns]
        self._widths = _squeezed(widest, width - _INDENT)
        before = _INDENT + sum(one + _GAP for one in self._widths)
        room = width - before - _widest([row.marks for row in rows])
        self._has_marks = room >= 0
        room -= _GAP
        self._who = min(room, _widest([row.who for row in rows])) if room >= _WHO_WIDTH_MIN else 0

    def lines(self, row: Row, console: Console) -> Iterator[Text]:
        """Yield the lines of a row."""
        who = [*row.who.wrap(console, self._who)] if self._who and row.who else [Text()]
        marks = [row.marks] if self._has_marks else []
        yield self._line([*row.cells, *([who[0]] if self._who else []), *marks])
        before = sum(one + _GAP for one in self._widths)
        for more in who[1:]:
            more.rstrip()
            yield Text(" " * (_INDENT + before)) + more
        above = ([] if self._has_marks else [row.marks]) + ([] if self._who else [row.who])
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


def print_rows(console: Console, rows: Sequence[Row]) -> None:
    """Print rows without headings."""
    columns = Columns(rows, console.width)
    for row in rows:
        for line in columns.lines(row, console):
            console.print(line, soft_wrap=True)


def print_wrapped(console: Console, text: Text) -> None:
    """Print a text over as many lines as it needs, those after the first indented."""
    if text.cell_len <= console.width:
        console.print(text, soft_wrap=True)
        return
    for index, line in enumerate(text.wrap(console, max(console.width - _INDENT, 20))):
        line.rstrip()
        console.print(Text(" " * _INDENT if index else "") + line, soft_wrap=True)


def _squeezed(widths: list[int], room: int) -> list[int]:
    """Take from the widest column, and again, until all find room or none can give more."""
    widths = [*widths]
    while sum(one + _GAP for one in widths) > room and max(widths) > _CELL_WIDTH_MIN:
        widths[widths.index(max(widths))] -= 1
    return widths


def _widest(texts: Sequence[Text]) -> int:
    return max((text.cell_len for text in texts), default=0)
