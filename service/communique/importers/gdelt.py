"""GDELT 2.0 event exports: one file for every 15 minutes, plain or gzip.

61 columns, TAB-separated, no header. A row is a report, not an event.

* A row is an event when its actors are two different states or organisations, or act for them by
  their type (government, military, police, intelligence, legislature, judiciary).
* The rows of one export with the same day, pair, direction and code are one event, and so are the
  mirror rows of what two parties did together: see `cameo.canonical`. The event has the first row's
  id, place and URL, the sums of mentions, sources and articles, and the mean tone by articles.
* The event's id follows from the export, the day, the code and the pair. Reports of the same deed
  in the next export are another event: by then the log may have the first one, and it takes the
  same id with other counts for a contradiction.
* `DATEADDED` is the known time. A day 7, 30 or 365 days before it is not exact: the story said
  "last week", "last month" or "last year". The event then occurred about (`~`) the week from Monday
  to Sunday, the month or the year in which that day lies.
* The outlet is the host of the URL without `www.`; a text that is no URL is the outlet itself.
* A bad place costs the place and not the row.
* With mentions files, an event's mentions, sources and articles are counted over all its rows, each
  once, and it is known from its earliest mention: see `gdelt_mentions`.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from communique.domain.claims.event import Claim
from communique.domain.claims.values import Source
from communique.domain.parties.data.codes import STATES
from communique.domain.parties.party import Party
from communique.domain.time.edtf import ValidTime
from communique.domain.time.known_time import KnownTime
from communique.importers import cameo
from communique.importers.coded_rows import (
    COUNT_MAX,
    CodedRow,
    claim_of,
    clean,
    number_within,
    place_of,
)
from communique.importers.fips import COUNTRIES as FIPS_COUNTRIES
from communique.importers.forms import GDELT_COLUMNS, Form, expect_form
from communique.importers.gdelt_actors import COUNTRIES, ORGANISATIONS, REGIONS, SECTORS
from communique.importers.gdelt_mentions import Mentions, mentions_of, moment
from communique.importers.lines import TextLine, expect, lines
from communique.importers.merging import is_number, merged, sound_rows
from communique.importers.report import ImportFault, Report, Skip, Skipped

DATASET: Final = "gdelt2"
_DIGITS_MAX: Final = 18


def exports(path: Path) -> list[Path]:
    """Return a file itself, or the exports in a directory in the order of their names.

    Raises:
        ImportFault: a directory without a `*.export.CSV` or `*.export.CSV.gz`.
    """
    if not path.is_dir():
        return [path]
    paths = sorted(file for file in path.iterdir() if ".export.csv" in file.name.lower())
    if not paths:
        raise ImportFault(str(path), "has no *.export.CSV or *.export.CSV.gz")
    return paths


def claims(path: Path, report: Report, *, mentions: Path | None = None) -> Iterator[Claim]:
    """Yield the events of an export, or of a directory of exports, and fill the report.

    In memory are the rows of one export, at most 100,000, and as many of its mentions. `mentions`
    is the mentions file of the export, or the directory with one for each export, by name.

    Raises:
        ImportFault: a file is missing or of another form, or cannot be read on; an export without
            its end yields nothing.
    """
    paths = exports(path)
    told = mentions_of(mentions, paths, report) if mentions else None
    for file in (*paths[:1], *paths[-1:]):
        expect_form(file, Form.GDELT)
    expect(paths, report)
    read = partial(_row, report=report)
    rows = (row for file in paths for row in sound_rows(lines(file, report), read, report))
    yield from merged(rows, partial(_claim, told=told), report)
    if told:
        told.close()


def _claim(rows: Sequence[CodedRow], told: Mentions | None) -> Claim:
    return claim_of(rows, told.of(rows) if told else None)


def _row(line: TextLine, report: Report) -> CodedRow | Skipped:
    """Read a row; `ValueError` says what is wrong with it."""
    fields = line.text.split("\t")
    if len(fields) != GDELT_COLUMNS:
        cut = "" if line.ended else "; the file ends in this row, so it may be truncated"
        raise ValueError(f"has {len(fields)} columns, GDELT 2.0 has {GDELT_COLUMNS}{cut}")
    match _party(fields[5:15]), _party(fields[15:25]):
        case (Skip(), _) | (_, Skip()) as sides:
            return Skipped.of((sides[0], clean(fields[6])), (sides[1], clean(fields[16])))
        case (Party() as actor, Party() as target) if actor.code == target.code:
            return Skipped(Skip.ONE_PARTY)
        case (Party() as actor, Party() as target):
            return _sound_row(line, fields, actor, target, report)


def _sound_row(
    line: TextLine, fields: Sequence[str], actor: Party, target: Party, report: Report
) -> CodedRow:
    day, added = _day("SQLDATE", fields[1]), moment("DATEADDED", fields[59])
    code = cameo.known_code(fields[26])
    key = (fields[1], *cameo.canonical(code, actor.code, target.code))
    if not is_number(fields[0], _DIGITS_MAX):
        raise ValueError(f"GlobalEventID is {fields[0][:40]!r}, not a number such as 719024875")
    return CodedRow(
        file=line.file,
        number=line.number,
        window=fields[59],
        key=(DATASET, fields[59], *key),
        dataset=DATASET,
        row_id=fields[0],
        occurred=ValidTime.parse(_edtf(day, added.date())),
        known=KnownTime.parse(f"{added:%Y-%m-%dT%H:%M:%S}Z"),
        code=code,
        plover=cameo.plover_of(code),
        cameo_code=code,
        table=cameo.TABLE_VERSION,
        actor=actor,
        target=target,
        goldstein=_number("GoldsteinScale", fields[30], 10),
        mention_count=_count("NumMentions", fields[31]),
        source_count=_count("NumSources", fields[32]),
        article_count=_count("NumArticles", fields[33]),
        tone=_number("AvgTone", fields[34], 100),
        place=place_of(
            fields[52:53], FIPS_COUNTRIES.get(fields[53]), fields[56], fields[57], report
        ),
        source=_source(fields[60].strip()),
    )


def _party(fields: Sequence[str]) -> Party | Skip:
    """Return the party that an actor is or acts for; the region of an organisation is ignored.

    `fields` are the actor's code, name, country, group, ethnicity, two religions and three types.
    """
    country, group, community, sector = fields[2], fields[3], "".join(fields[4:7]), fields[7]
    if code := ORGANISATIONS.get(group):
        return Party(code=code)
    if not country:
        return Skip.NO_COUNTRY
    if country in REGIONS:
        return Skip.REGION
    if group or sector not in SECTORS or (community and not sector):
        return Skip.NON_STATE
    code = COUNTRIES.get(country, country)
    if code not in STATES:
        raise ValueError(f"{country[:20]!r} is no country or region of CAMEO")
    return Party(code=code, sector=SECTORS[sector])


def _day(name: str, text: str) -> date:
    if not is_number(text, 8) or len(text) != len("20180101"):
        raise ValueError(f"{name} is {text[:40]!r}, not a day such as 20180101")
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise ValueError(f"{name} is {text}, which is no day of the calendar") from None


def _edtf(day: date, added: date) -> str:
    """Return the EDTF text of a day, or of the week, month or year that the day stands for."""
    if day > added:
        raise ValueError(f"happened on {day}, after it was added on {added}")
    match (added - day).days:
        case 7:
            monday = day - timedelta(days=day.weekday())
            return f"{monday}~/{monday + timedelta(days=6)}~"
        case 30:
            return f"{day:%Y-%m}~"
        case 365:
            return f"{day:%Y}~"
        case _:
            return day.isoformat()


def _source(text: str) -> Source:
    """Return the source with its URL, or with the whole text as outlet where it is no URL."""
    if not text:
        raise ValueError("SOURCEURL is empty")
    try:
        host = urlsplit(text).hostname
    except ValueError:
        host = None
    return Source(outlet=host.removeprefix("www."), url=text) if host else Source(outlet=text[:200])


def _number(name: str, text: str, size_max: int) -> float | None:
    try:
        return number_within(text, size_max)
    except ValueError:
        fault = f"{name} is {text[:40]!r}, not a number from -{size_max} to {size_max}"
        raise ValueError(fault) from None


def _count(name: str, text: str) -> int:
    if not is_number(text, _DIGITS_MAX) or int(text) > COUNT_MAX:
        raise ValueError(f"{name} is {text[:40]!r}, not a count from 0 to {COUNT_MAX:,}")
    return int(text)
