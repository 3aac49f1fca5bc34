"""Which form a file of events has, told from its first row, so that a wrong command says so."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Final

from communique.importers.lines import lines
from communique.importers.merging import is_number
from communique.importers.report import ImportFault, Report

ICEWS_COLUMNS: Final = (
    "Event ID",
    "Event Date",
    "Source Name",
    "Source Sectors",
    "Source Country",
    "Event Text",
    "CAMEO Code",
    "Intensity",
    "Target Name",
    "Target Sectors",
    "Target Country",
    "Story ID",
    "Sentence Number",
    "Publisher",
    "City",
    "District",
    "Province",
    "Country",
    "Latitude",
    "Longitude",
)
GDELT_COLUMNS: Final = 61
MENTION_COLUMNS: Final = 16
POLECAT_COLUMNS: Final = 40
GRAPH_COLUMNS: Final = (4, 5)
_DIGITS_MAX: Final = 18
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT_LENGTH: Final = len("20180101001500")


class Form(StrEnum):
    """A form of files of events; the value is what it looks like."""

    GRAPH = "a temporal graph in numbers (subject, relation, object, hours)"
    NAMES = "a temporal graph in names (subject, relation, object, day)"
    ICEWS = "an event file of ICEWS (20 columns)"
    GDELT = "a GDELT 2.0 event export (61 columns)"
    GDELT_1 = "a GDELT 1.0 event export (57 or 58 columns), which is not read"
    MENTIONS = "a GDELT 2.0 mentions file (16 columns)"
    POLECAT = "a POLECAT file (40 columns)"
    JSON = "JSON lines"
    MARKUP = "a web page or XML"


_COMMANDS: Final = {
    Form.GRAPH: "communique import icews FOLDER --dataset NAME --first-day YYYY-MM-DD",
    Form.NAMES: "communique import icews",
    Form.ICEWS: "communique import icews",
    Form.GDELT: "communique import gdelt",
    Form.MENTIONS: "communique import gdelt EXPORT --mentions FILE",
    Form.POLECAT: "communique import polecat",
    Form.JSON: "communique import jsonl",
}
_BY_COLUMNS: Final = {
    len(ICEWS_COLUMNS): Form.ICEWS,
    POLECAT_COLUMNS: Form.POLECAT,
    57: Form.GDELT_1,
    58: Form.GDELT_1,
    GDELT_COLUMNS: Form.GDELT,
}


def form_of(path: Path) -> Form | None:
    """Return the form of a file, or None where its first row shows none.

    Raises:
        ImportFault: the file cannot be opened or read on.
    """
    first = next(lines(path, Report(), fallback="latin-1"), None)
    return form_of_row(first.text) if first else None


def form_of_row(text: str) -> Form | None:
    """Return the form that a first row, or header, shows."""
    start = text.lstrip()[:1]
    if start in {"{", "["}:
        return Form.JSON
    if start == "<":
        return Form.MARKUP
    cells = [cell.strip() for cell in text.split("\t")]
    return _form_of_header(cells) or _form_of_cells(cells)


def expect_form(path: Path, *wanted: Form) -> Form | None:
    """Return the form of a file if it is one of those wanted, or None where it shows none.

    Raises:
        ImportFault: it is of another form, which the fault names with the command for it; or the
            file cannot be opened or read on.
    """
    found = form_of(path)
    if found is None or found in wanted:
        return found
    command = f": {_COMMANDS[found]}" if found in _COMMANDS else ""
    names = " or ".join(form.value for form in wanted)
    raise ImportFault(str(path), f"looks like {found.value}, not {names}{command}")


def _form_of_header(cells: list[str]) -> Form | None:
    names = [cell.casefold() for cell in cells[:3]]
    if names[:2] != ["event id", "event date"]:
        return None
    return Form.POLECAT if names[2:] == ["event type"] else Form.ICEWS


def _form_of_cells(cells: list[str]) -> Form | None:
    numbered = is_number(cells[0], _DIGITS_MAX)
    if len(cells) in GRAPH_COLUMNS:
        if _DAY.fullmatch(cells[3]):
            return Form.NAMES
        return Form.GRAPH if all(is_number(cell, _DIGITS_MAX) for cell in cells[:4]) else None
    if len(cells) == MENTION_COLUMNS:
        return Form.MENTIONS if numbered and len(cells[1]) == _MOMENT_LENGTH else None
    dated = len(cells) > 1 and bool(_DAY.match(cells[1]))
    wanted = _BY_COLUMNS.get(len(cells))
    return wanted if (dated if wanted in {Form.ICEWS, Form.POLECAT} else numbered) else None
