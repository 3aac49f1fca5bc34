"""ICEWS as a temporal graph, as data sets of machine learning have it: in numbers or in names.

In numbers, a folder holds `entity2id.txt` and `relation2id.txt` (name TAB id) and any of
`train.txt`, `valid.txt` and `test.txt` (subject, relation, object, hours since the first day,
TAB-separated; a fifth column is ignored). In names, rows are subject, relation, object and day:

    South Korea	Host a visit	Japan	2014-05-13

Any file may be gzip, with `.gz` behind its name. Tables with `.original_names` in theirs go before
those without: in ICEWS18 these alone have the names as ICEWS writes them.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from communique.domain.claims.values import Source
from communique.domain.parties.party import Party
from communique.domain.time.edtf import ValidTime
from communique.domain.time.known_time import KnownTime
from communique.importers import cameo
from communique.importers.acting_for import ActingFor
from communique.importers.coded_rows import CodedRow
from communique.importers.forms import GRAPH_COLUMNS
from communique.importers.icews_parties import party_of
from communique.importers.lines import TextLine, lines
from communique.importers.merging import is_number, sound_rows
from communique.importers.ordering import in_order
from communique.importers.report import ImportFault, Report, Skip, Skipped

SPLITS: Final = ("train.txt", "valid.txt", "test.txt")
_ENTITIES: Final = "entity2id"
_RELATIONS: Final = "relation2id"
_NAMES_MAX: Final = 1_000_000
_DIGITS_MAX: Final = 9
_DAYS_MAX: Final = 36_525
_ROW_ID_LENGTH_MAX: Final = 200
_FIRST_SET: Final = ("icews14", date(2014, 1, 1))
"""The one set that could be imported before ids had the first day: its ids stay as they were."""


class _Deed(NamedTuple):
    """Who did what to whom, by name; `key` begins the event's id, `row_id` names the row."""

    actor: str
    relation: str
    target: str
    key: tuple[str, ...]
    row_id: str


def splits(folder: Path) -> list[Path]:
    """Return the splits of a graph that a folder has, plain or gzip."""
    return [path for name in SPLITS if (path := _plain_or_gzip(folder / name))]


def numbered_rows(
    folder: Path,
    report: Report,
    acting_for: ActingFor,
    dataset: str,
    first_day: date,
    last_day: date = date.max,
) -> Iterator[CodedRow]:
    """Yield the rows of a graph in numbers; `first_day` is the day of hour 0.

    Raises:
        ImportFault: a table is missing or at fault, a file cannot be read to its end, or a row is
            of a day after `last_day`: then the first day is wrong, and no row is yielded.
    """
    entities, relations = _table(folder, _ENTITIES), _table(folder, _RELATIONS)
    legacy = (dataset, first_day) == _FIRST_SET
    set_key = (dataset,) if legacy else (dataset, first_day.isoformat())

    def read(line: TextLine) -> CodedRow | Skipped:
        fields = line.text.split("\t")[:4]
        for field in fields:
            if not is_number(field, _DIGITS_MAX):
                raise ValueError(f"{field[:40]!r} is not a number")
        subject, relation, target, hours = map(int, fields)
        deed = _Deed(
            _named(subject, entities, "entity", _ENTITIES),
            _named(relation, relations, "relation", _RELATIONS),
            _named(target, entities, "entity", _ENTITIES),
            set_key,
            " ".join(fields),
        )
        code = _code(deed.relation, f"relation {relation}")
        return _row(line, deed, code, first_day + timedelta(hours=hours), acting_for, dataset)

    day_of = _days_by_hours(first_day, last_day)
    return sound_rows(in_order(splits(folder), report, day_of), read, report)


def named_rows(
    paths: Sequence[Path], report: Report, acting_for: ActingFor, dataset: str
) -> Iterator[CodedRow]:
    """Yield the rows of graphs in names; it raises what `in_order` raises."""

    def read(line: TextLine) -> CodedRow | Skipped:
        cells = [cell.strip() for cell in line.text.split("\t")[:4]]
        actor, relation, target, day = cells
        row_id = " | ".join(cells)[:_ROW_ID_LENGTH_MAX]
        deed = _Deed(_spaced(actor), _spaced(relation), _spaced(target), (dataset, "names"), row_id)
        code = _code(deed.relation, "the relation")
        return _row(line, deed, code, date.fromisoformat(day), acting_for, dataset)

    ordered = in_order(paths, report, _days_by_name(), fallback="latin-1")
    return sound_rows(ordered, read, report)


def _plain_or_gzip(path: Path) -> Path | None:
    packed = path.with_name(f"{path.name}.gz")
    return next((file for file in (path, packed) if file.is_file()), None)


def _table(folder: Path, name: str) -> dict[int, str]:
    """Return the names of a table by id; any fault in the table is an `ImportFault`."""
    published = (folder / f"{name}.original_names.txt", folder / f"{name}.txt")
    path = next(filter(None, map(_plain_or_gzip, published)), folder / f"{name}.txt")
    check, names = Report(), dict[int, str]()
    for line in lines(path, check):
        text, _, number = line.text.rpartition("\t")
        if not text.strip() or "\t" in text or not is_number(number.strip(), _DIGITS_MAX):
            raise ImportFault(line.file, "is not a name, a tab and a number", line.number)
        if int(number) in names:
            raise ImportFault(line.file, f"gives the id {int(number)} twice", line.number)
        if len(names) == _NAMES_MAX:
            raise ImportFault(line.file, f"has more than {_NAMES_MAX:,} names", line.number)
        names[int(number)] = text.strip()
    if check.rejections:
        first = check.rejections[0]
        raise ImportFault(first.file, first.reason, first.row_number)
    return names


def _named(number: int, names: dict[int, str], kind: str, table: str) -> str:
    if number not in names:
        raise ValueError(f"{kind} {number} is not in {table}.txt")
    return names[number]


def _days_by_hours(first_day: date, last_day: date) -> Callable[[TextLine], str]:
    columns = _same_columns()

    def day_of(line: TextLine) -> str:
        hours = columns(line)[3]
        if not is_number(hours, _DIGITS_MAX):
            raise ValueError(f"{hours[:40]!r} is not a number")
        days, rest = divmod(int(hours), 24)
        if rest:
            raise ValueError(f"{hours} hours are not whole days")
        # Hours beyond a century are a fault of the row: no set of any first day has them.
        if days > _DAYS_MAX:
            raise ValueError(f"{hours} hours are more than a century")
        if days > (last_day - first_day).days:
            fault = f"{hours} hours after {first_day} lie after {last_day}: is --first-day right?"
            raise ImportFault(line.file, fault, line.number)
        return (first_day + timedelta(days=days)).isoformat()

    return day_of


def _days_by_name() -> Callable[[TextLine], str]:
    columns = _same_columns()

    def day_of(line: TextLine) -> str:
        text = columns(line)[3].strip()
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise ValueError(f"{text[:40]!r} is not a day such as 2014-05-13") from None
        return day.isoformat()

    return day_of


def _same_columns() -> Callable[[TextLine], list[str]]:
    """Return what splits a line into its cells, of which a file has as many in every row."""
    counts = dict[str, int]()

    def columns(line: TextLine) -> list[str]:
        cells = line.text.split("\t")
        wanted = counts.get(line.file)
        if len(cells) not in GRAPH_COLUMNS or len(cells) != (wanted or len(cells)):
            cut = "" if line.ended else "; the file ends in this row, so it may be truncated"
            raise ValueError(f"has {len(cells)} columns, {wanted or '4 or 5'} are needed{cut}")
        counts[line.file] = len(cells)
        return cells

    return columns


def _spaced(name: str) -> str:
    """Return a name whose words some sets join by underscores."""
    return name if " " in name else name.replace("_", " ")


def _code(name: str, subject: str) -> str:
    code = cameo.code_named(name)
    if code is None:
        raise ValueError(f"{subject} is {name[:80]!r}, which is no CAMEO event")
    return code


def _row(
    line: TextLine, deed: _Deed, code: str, day: date, acting_for: ActingFor, dataset: str
) -> CodedRow | Skipped:
    match party_of(deed.actor, day, acting_for), party_of(deed.target, day, acting_for):
        case (Skip(), _) | (_, Skip()) as sides:
            return Skipped.of((sides[0], deed.actor), (sides[1], deed.target))
        case (Party() as actor, Party() as target) if actor.code == target.code:
            return Skipped(Skip.ONE_PARTY)
        case (Party() as actor, Party() as target):
            text = day.isoformat()
            return CodedRow(
                file=line.file,
                number=line.number,
                window=text,
                key=(*deed.key, text, *cameo.canonical(code, deed.actor, deed.target)),
                dataset=dataset,
                row_id=deed.row_id,
                occurred=ValidTime.parse(text),
                known=KnownTime.parse(text),
                code=code,
                plover=cameo.plover_of(code),
                cameo_code=code,
                table=cameo.TABLE_VERSION,
                actor=actor,
                target=target,
                source=Source(outlet="ICEWS"),
                goldstein=cameo.goldstein_of(code),
            )
