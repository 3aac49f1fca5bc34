"""ICEWS in each form it is published in: temporal graphs in numbers or names, and event files.

The form is told from the first row: see `icews_graph` and `icews_events`. Of every form:

* A row is an event when its sides are two different states or organisations, organs of them, or
  people who act for them on that day: see `icews_parties`. Other people and groups are skipped.
* The mirror rows of one day, such as `A hosts B` and `B visits A`, are one event of two rows: see
  `cameo.canonical`. What other organs of the two parties did is another event.
* The valid time and the known time are the row's day: ICEWS dates an event by its report.
* Heads of state or government who meet make a meeting of leaders, foreign ministers one of
  ministers; nothing else tells the level.
* An event's id follows from its dataset and first day or form, its day, code and sides by name.
* All files are read whole before the first event, so a fault of a file leaves nothing half done.
"""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

from communique.domain.claims.event import Claim
from communique.importers import icews_events, icews_graph
from communique.importers.acting_for import ActingFor
from communique.importers.coded_rows import CodedRow, claim_of
from communique.importers.forms import Form, expect_form
from communique.importers.merging import merged
from communique.importers.report import ImportFault, Report

DATASET: Final = "icews"
_SUFFIXES: Final = (".tab", ".tsv", ".txt", ".csv", ".tab.gz", ".tsv.gz", ".txt.gz", ".csv.gz")
_TABLES: Final = re.compile(r"(entity2id|relation2id|stat)\b.*")
_FORMS: Final = (Form.ICEWS, Form.NAMES, Form.GRAPH)


def claims(
    path: Path,
    report: Report,
    *,
    dataset: str = "",
    first_day: date | None = None,
    last_day: date = date.max,
    acting_for: ActingFor | None = None,
) -> Iterator[Claim]:
    """Yield the events of a file, or of all files of a folder, by day, and fill the report.

    In memory are a run of a few megabytes, and the rows of one day, at most 100,000.

    A graph in numbers needs a `dataset`, such as `icews14`, and a `first_day`, the day of its hour
    0: both are a part of every event's id. No row may be of a day after `last_day`.

    Raises:
        ImportFault: a file is missing, of another form, or cannot be read to its end, or a row
            cannot be of its day: then nothing is yielded. Or a day has too many rows to merge.
    """
    table = ActingFor.shipped() if acting_for is None else acting_for
    rows = _rows(path, report, table, dataset, first_day, last_day)
    yield from merged(rows, claim_of, report)


def _rows(
    path: Path,
    report: Report,
    acting_for: ActingFor,
    dataset: str,
    first_day: date | None,
    last_day: date,
) -> Iterator[CodedRow]:
    files = _files(path)
    forms = {expect_form(file, *_FORMS) for file in files}
    if Form.ICEWS in forms:
        _one_form(path, forms)
        _no_first_day(path, first_day)
        return icews_events.rows(files, report, acting_for, dataset or DATASET)
    if Form.NAMES in forms:
        _one_form(path, forms)
        _no_first_day(path, first_day)
        return icews_graph.named_rows(files, report, acting_for, dataset or DATASET)
    if not (path.is_dir() and icews_graph.splits(path)):
        if Form.GRAPH in forms:
            raise ImportFault(str(path), f"is {Form.GRAPH.value}: give its folder, with its tables")
        raise ImportFault(str(path), f"is neither {', nor '.join(form.value for form in _FORMS)}")
    if not dataset or first_day is None:
        needs = "give --dataset, a name such as icews14, and --first-day, the day of its hour 0"
        raise ImportFault(str(path), f"is {Form.GRAPH.value}, without a name or a day: {needs}")
    return icews_graph.numbered_rows(path, report, acting_for, dataset, first_day, last_day)


def _files(path: Path) -> list[Path]:
    """Return a file itself, the splits of a graph, or the event files of a folder by name."""
    if not path.is_dir():
        return [path]
    if splits := icews_graph.splits(path):
        return splits
    named = (file for file in path.iterdir() if not _TABLES.fullmatch(file.name))
    files = sorted(file for file in named if file.name.lower().endswith(_SUFFIXES))
    if not files:
        wanted = f"none of {', '.join(icews_graph.SPLITS)}, and no event files"
        raise ImportFault(str(path), f"has {wanted} ({', '.join(_SUFFIXES)})")
    return files


def _one_form(path: Path, forms: set[Form | None]) -> None:
    found = [form.value for form in _FORMS if form in forms]
    if len(found) > 1:
        raise ImportFault(str(path), f"has files of several forms: {' and '.join(found)}")


def _no_first_day(path: Path, first_day: date | None) -> None:
    if first_day is not None:
        raise ImportFault(str(path), "gives days, not hours: leave --first-day out")
