"""POLECAT: events of the world's news, coded by PLOVER; a file for each year or week.

40 columns, TAB-separated and not quoted, below a header; UTF-8 or latin-1. `None` and an empty cell
are the same; `;` divides several values of a cell. Headers may name columns that no row has (such
as `Headline`), and rows may end in more tabs. See `plover` for what an event becomes.

* A row is an event when its sides are states or organisations, or act for them by their sector, and
  no state is on both sides. A side may be several parties. The table of people goes before the
  row's own country and sector.
* The rows of one day of publication with the same day, type, code and parties are one event, and so
  are mirror rows: see `cameo.canonical`. Its sources and stories are counted.
* Where the event's day is the day of publication the text named none, and the day is approximate
  (`~`). A row dated after its publication, or whose contexts say that the deed was not done, or
  not then, is skipped.
* The known time is the day of publication.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

from communique.domain.claims.event import Claim
from communique.domain.claims.values import Source
from communique.domain.parties.data.codes import ORGANISATIONS, STATES
from communique.domain.parties.party import Party
from communique.domain.time.edtf import ValidTime
from communique.domain.time.known_time import KnownTime
from communique.importers import cameo, plover
from communique.importers.acting_for import ActingFor
from communique.importers.coded_rows import (
    NAME_LENGTH_MAX,
    CodedRow,
    claim_of,
    clean,
    number_within,
    place_of,
)
from communique.importers.forms import POLECAT_COLUMNS, Form, expect_form
from communique.importers.gdelt_actors import SECTORS
from communique.importers.icews_parties import code_of
from communique.importers.lines import TextLine
from communique.importers.merging import merged, sound_rows
from communique.importers.ordering import in_order
from communique.importers.report import ImportFault, Report, Skip, Skipped

DATASET: Final = "polecat"
_SUFFIXES: Final = (".txt", ".tsv", ".csv", ".txt.gz", ".tsv.gz", ".csv.gz")
_EMPTY: Final = frozenset({"", "none", "null", "nan"})
_HEADER: Final = ("event id", "event date", "event type")
_GOLDSTEIN_MAX: Final = 10
_DATE_LENGTH: Final = len("2018-01-05")
_MIDNIGHT: Final = frozenset({"", "00:00", "00:00:00", "00:00:00.000"})
_PARTIES_MAX: Final = 20
_LANGUAGE_LENGTH_MAX: Final = 35
_ACTOR: Final = 7
_RECIPIENT: Final = 15
_PLACE: Final = 23
_SOURCE: Final = 33


class _EventKind(NamedTuple):
    """What a row says was done, and when."""

    plover: str
    code: str
    day: date
    published: date


def claims(path: Path, report: Report, *, acting_for: ActingFor | None = None) -> Iterator[Claim]:
    """Yield the events of a file, or of all files of a folder, by day of publication.

    In memory are a run of a few megabytes, and the rows of one day, at most 100,000.

    Raises:
        ImportFault: a file is missing, of another form, or cannot be read to its end: then nothing
            is yielded. Or a day has too many rows to merge.
    """
    files = _files(path)
    for file in files:
        if expect_form(file, Form.POLECAT) is None:
            raise ImportFault(str(file), f"does not look like {Form.POLECAT.value}")
    table = ActingFor.shipped() if acting_for is None else acting_for

    def read(line: TextLine) -> CodedRow | Skipped:
        return _row(line, table, report)

    rows = sound_rows(in_order(files, report, _published, fallback="latin-1"), read, report)
    yield from merged(rows, claim_of, report)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.iterdir() if file.name.lower().endswith(_SUFFIXES))
    if not files:
        raise ImportFault(str(path), f"has no files of events ({', '.join(_SUFFIXES)})")
    return files


def _published(line: TextLine) -> str | None:
    """Return the day a row was published on, None of a header; `ValueError` tells its faults."""
    cells = line.text.split("\t")
    if line.number == 1 and tuple(cell.strip().casefold() for cell in cells[:3]) == _HEADER:
        return None
    if len(cells) < POLECAT_COLUMNS or any(map(_cell, cells[POLECAT_COLUMNS:])):
        cut = "" if line.ended else "; the file ends in this row, so it may be truncated"
        raise ValueError(f"has {len(cells)} columns, POLECAT has {POLECAT_COLUMNS}{cut}")
    return _day("Publication Date", _cell(cells[_SOURCE + 1])).isoformat()


def _row(line: TextLine, acting_for: ActingFor, report: Report) -> CodedRow | Skipped:
    cells = [_cell(cell) for cell in line.text.split("\t")[:POLECAT_COLUMNS]]
    published, day = _day("Publication Date", cells[34]), _day("Event Date", cells[1])
    event_type, contexts = plover.known_type(cells[2]), _values(cells[6])
    if not plover.UNTRUE.isdisjoint(context.lower() for context in contexts):
        return Skipped(Skip.UNTRUE)
    if day > published:
        return Skipped(Skip.LATER)
    actors = _side(cells[_ACTOR:_RECIPIENT], day, acting_for)
    targets = _side(cells[_RECIPIENT:_PLACE], day, acting_for)
    if isinstance(actors, Skipped) or isinstance(targets, Skipped):
        skipped = [side for side in (actors, targets) if isinstance(side, Skipped)]
        return Skipped.of(*(name for side in skipped for name in side.names))
    if {party.code for party in actors} & {party.code for party in targets}:
        return Skipped(Skip.ONE_PARTY)
    code = plover.code_of(event_type, _values(cells[3]), contexts)
    return _coded(
        line, cells, _EventKind(event_type, code, day, published), (actors, targets), report
    )


def _coded(
    line: TextLine,
    cells: Sequence[str],
    deed: _EventKind,
    sides: tuple[tuple[Party, ...], tuple[Party, ...]],
    report: Report,
) -> CodedRow:
    (actor, *more_actors), (target, *more_targets) = sides
    exact = "" if deed.day < deed.published else "~"
    occurred, known = f"{deed.day}{exact}", deed.published.isoformat()
    names = ("+".join(party.code for party in side) for side in sides)
    canonical = cameo.canonical(deed.code, *names)
    return CodedRow(
        file=line.file,
        number=line.number,
        window=known,
        key=(DATASET, known, occurred, deed.plover, *canonical),
        dataset=DATASET,
        row_id=cells[0][:NAME_LENGTH_MAX],
        occurred=ValidTime.parse(occurred),
        known=KnownTime.parse(known),
        code=deed.code,
        plover=deed.plover,
        cameo_code="",
        table=plover.TABLE_VERSION,
        actor=actor,
        target=target,
        more_actors=tuple(more_actors),
        more_targets=tuple(more_targets),
        source=Source(
            outlet=cells[_SOURCE] or "POLECAT", language=cells[38][:_LANGUAGE_LENGTH_MAX]
        ),
        place=place_of(
            (cells[24] or cells[23], cells[26]), _country(cells[27]), cells[28], cells[29], report
        ),
        goldstein=_intensity(cells[4], deed.code),
        story=cells[0].partition("_")[0],
    )


def _side(cells: Sequence[str], day: date, acting_for: ActingFor) -> tuple[Party, ...] | Skipped:
    """Return the parties of a side by code, or the reason why it has none, with the name.

    `cells` are names, countries, COW codes, primary sectors, sectors and more; of several values
    the first of each cell belong together, then the second, and so on.
    """
    names, countries = _parts(cells[0]), _parts(cells[1])
    sectors = _parts(cells[3]) or _values(cells[4])[:1]
    found = dict[str, Party]()
    for index in range(max(len(names), len(countries))):
        name, country = _at(names, index), _at(countries, index)
        party = _party(name, country, _at(sectors, index), day, acting_for)
        if isinstance(party, Skip):
            return Skipped(party, ((party, name),))
        found.setdefault(party.code, party)
    if not found:
        return Skipped(Skip.NO_COUNTRY, ((Skip.NO_COUNTRY, ""),))
    return tuple(found[code] for code in sorted(found)[:_PARTIES_MAX])


def _at(values: Sequence[str], index: int) -> str:
    """Return the value at an index; a cell of one value has it for all."""
    if len(values) == 1:
        return values[0]
    return values[index] if index < len(values) else ""


def _party(name: str, country: str, sector: str, day: date, acting_for: ActingFor) -> Party | Skip:
    if known := acting_for.party_of(name, day):
        return known
    code = _country(country) or _organisation(name)
    if code is None:
        return Skip.NO_COUNTRY
    if sector.upper() not in SECTORS:
        return Skip.NON_STATE
    return Party(code=code, sector=SECTORS[sector.upper()] if code in STATES else "")


def _country(text: str) -> str | None:
    return text.upper() if text.upper() in STATES else code_of(text)


def _organisation(name: str) -> str | None:
    return name if name in ORGANISATIONS else code_of(name)


def _cell(text: str) -> str:
    cleaned = clean(text)
    return "" if cleaned.casefold() in _EMPTY else cleaned


def _parts(cell: str) -> list[str]:
    """Return the values of a cell, with those that are empty between others."""
    return [_cell(part) for part in cell.split(";")] if cell else []


def _values(cell: str) -> list[str]:
    return [value for value in _parts(cell) if value]


def _day(name: str, text: str) -> date:
    try:
        if text[_DATE_LENGTH:].strip(" T") in _MIDNIGHT:
            return date.fromisoformat(text[:_DATE_LENGTH])
    except ValueError:
        pass
    raise ValueError(f"{name} is {text[:40]!r}, not a day such as 2018-01-05")


def _intensity(text: str, code: str) -> float:
    try:
        score = number_within(text, _GOLDSTEIN_MAX)
    except ValueError:
        raise ValueError(f"Intensity is {text[:40]!r}, not a number from -10 to 10") from None
    return cameo.goldstein_of(code) if score is None else score
