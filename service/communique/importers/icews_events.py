"""The event files of ICEWS itself: 20 TAB-separated columns, most often below a header.

* A row is a sentence of a story that tells of an event. The rows of one day with the same code and
  sides, by name, are one event, whose publishers and stories are counted.
* The valid time and the known time are the row's day: ICEWS dates an event by its report.
* A side is known by its name, then by the table of people, then by the country and the sectors that
  the row gives it: so a leader counts for the state whose government the row says he is of.
* `Event Text` decides where a spreadsheet has eaten the zero before the code.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Final

from communique.domain.claims.values import Source
from communique.domain.parties.party import Party
from communique.domain.time.edtf import ValidTime
from communique.domain.time.known_time import KnownTime
from communique.importers import cameo
from communique.importers.acting_for import ActingFor
from communique.importers.coded_rows import (
    NAME_LENGTH_MAX,
    CodedRow,
    clean,
    number_within,
    place_of,
)
from communique.importers.forms import ICEWS_COLUMNS
from communique.importers.icews_parties import code_of, party_of
from communique.importers.lines import TextLine
from communique.importers.merging import sound_rows
from communique.importers.ordering import in_order
from communique.importers.report import ImportFault, Report, Skip, Skipped

_COUNT: Final = len(ICEWS_COLUMNS)
_EMPTY: Final = frozenset({"", "NULL", "None", "NA"})
_GOLDSTEIN_MAX: Final = 10
_HEADER: Final = tuple(name.casefold() for name in ICEWS_COLUMNS)
_MORE: Final = re.compile(r"\s*,\s*")

SECTORS: Final[dict[str, str]] = {
    "Government": "government",
    "Executive": "government",
    "Executive Office": "government",
    "Cabinet": "government",
    "Foreign Ministry": "government",
    "Foreign Affairs": "government",
    "Defense / Security Ministry": "government",
    "Interior / Home Ministry": "government",
    "Finance / Economy / Commerce / Trade Ministry": "government",
    "Military": "military",
    "Army": "military",
    "Navy": "military",
    "Air Force": "military",
    "Police": "police",
    "Intelligence": "intelligence",
    "Legislative / Parliamentary": "legislature",
    "Upper House": "legislature",
    "Lower House": "legislature",
    "Judicial": "judiciary",
    "International Government Organization": "",
    "Global Intergovernmental Organizations": "",
    "Regional Intergovernmental Organizations": "",
}
"""The sectors by which ICEWS says that a side acts for its state, and our words for them."""


def rows(
    paths: Sequence[Path], report: Report, acting_for: ActingFor, dataset: str
) -> Iterator[CodedRow]:
    """Yield the rows of event files by day.

    Raises:
        ImportFault: a file cannot be read to its end, or its header names other columns.
    """

    def read(line: TextLine) -> CodedRow | Skipped:
        return _row(line, acting_for, dataset, report)

    return sound_rows(in_order(paths, report, _day_of, fallback="latin-1"), read, report)


def _day_of(line: TextLine) -> str | None:
    """Return the day of a row, None of a header; `ValueError` says what is wrong with the row."""
    cells = line.text.split("\t")
    if line.number == 1 and tuple(cell.strip().casefold() for cell in cells[:2]) == _HEADER[:2]:
        _check_header(line, cells)
        return None
    if len(cells) < _COUNT or any(cell.strip() for cell in cells[_COUNT:]):
        cut = "" if line.ended else "; the file ends in this row, so it may be truncated"
        raise ValueError(f"has {len(cells)} columns, ICEWS has {_COUNT}{cut}")
    try:
        return date.fromisoformat(cells[1].strip()).isoformat()
    except ValueError:
        fault = f"Event Date is {cells[1][:40]!r}, not a day such as 2018-06-12"
        raise ValueError(fault) from None


def _check_header(line: TextLine, cells: Sequence[str]) -> None:
    named = tuple(cell.strip().casefold() for cell in cells if cell.strip())
    if named == _HEADER:
        return
    wrong = next((pair for pair in zip(named, _HEADER, strict=False) if pair[0] != pair[1]), None)
    fault = f"{wrong[0]!r} where {wrong[1]!r} should be" if wrong else f"{len(named)} columns"
    raise ImportFault(line.file, f"the header has {fault}, ICEWS has {_COUNT} columns", line.number)


def _row(line: TextLine, acting_for: ActingFor, dataset: str, report: Report) -> CodedRow | Skipped:
    cells = ["" if cell in _EMPTY else cell for cell in map(clean, line.text.split("\t"))]
    day = date.fromisoformat(cells[1])
    code = _code(cells[6], cells[5])
    actor = _party(cells[2], cells[3], cells[4], day, acting_for)
    target = _party(cells[8], cells[9], cells[10], day, acting_for)
    if isinstance(actor, Skip) or isinstance(target, Skip):
        return Skipped.of((actor, cells[2]), (target, cells[8]))
    if actor.code == target.code:
        return Skipped(Skip.ONE_PARTY)
    text, publisher = day.isoformat(), cells[13] or "ICEWS"
    return CodedRow(
        file=line.file,
        number=line.number,
        window=text,
        key=(dataset, "events", text, *cameo.canonical(code, cells[2], cells[8])),
        dataset=dataset,
        row_id=cells[0][:NAME_LENGTH_MAX],
        occurred=ValidTime.parse(text),
        known=KnownTime.parse(text),
        code=code,
        plover=cameo.plover_of(code),
        cameo_code=code,
        table=cameo.TABLE_VERSION,
        actor=actor,
        target=target,
        source=Source(outlet=publisher, document_id=cells[11][:NAME_LENGTH_MAX]),
        place=place_of(
            (cells[14], cells[16], cells[17]), code_of(cells[17]), cells[18], cells[19], report
        ),
        goldstein=_intensity(cells[7], code),
        story=cells[11],
    )


def _party(name: str, sectors: str, country: str, day: date, acting_for: ActingFor) -> Party | Skip:
    """Return the party of a side by its name, or by the country and sectors that the row gives."""
    party = party_of(name, day, acting_for)
    if party is not Skip.NO_COUNTRY:
        return party
    code = code_of(country) if country else None
    if code is None:
        return Skip.NO_COUNTRY
    known = [SECTORS[sector] for sector in _MORE.split(sectors) if sector in SECTORS]
    return (
        Party(code=code, organ=name[:NAME_LENGTH_MAX], sector=known[0]) if known else Skip.NON_STATE
    )


def _code(code: str, name: str) -> str:
    named = cameo.code_named(name)
    if named and (named.lstrip("0") == code.lstrip("0") or not code):
        return named
    return cameo.known_code(code)


def _intensity(text: str, code: str) -> float:
    try:
        score = number_within(text, _GOLDSTEIN_MAX)
    except ValueError:
        raise ValueError(f"Intensity is {text[:40]!r}, not a number from -10 to 10") from None
    return cameo.goldstein_of(code) if score is None else score
