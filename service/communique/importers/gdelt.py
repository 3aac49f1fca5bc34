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
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from communique.domain.claims.event import Claim
from communique.domain.claims.values import Classification, Coordinates, Place, Source
from communique.domain.parties.data.codes import STATES
from communique.domain.parties.party import Party
from communique.domain.time.edtf import ValidTime
from communique.domain.time.known_time import KnownTime
from communique.importers import cameo
from communique.importers.fips import COUNTRIES as FIPS_COUNTRIES
from communique.importers.gdelt_actors import COUNTRIES, ORGANISATIONS, REGIONS, SECTORS
from communique.importers.lines import TextLine, expect, lines
from communique.importers.merging import event_id, is_number, merged, sound_rows
from communique.importers.report import ImportFault, Report, Skip

DATASET: Final = "gdelt2"
COLUMNS: Final = 61
_COUNT_MAX: Final = 2**31 - 1
_DIGITS_MAX: Final = 18


class _GdeltRow(NamedTuple):
    """A row between two parties; `window` is its export, `key` its day and deed."""

    file: str
    number: int
    window: str
    key: tuple[str, ...]
    row_id: str
    occurred: ValidTime
    known: KnownTime
    code: str
    actor: Party
    target: Party
    goldstein: float | None
    mentions: int
    sources: int
    articles: int
    tone: float | None
    place: Place | None
    source: Source


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


def claims(path: Path, report: Report) -> Iterator[Claim]:
    """Yield the events of an export, or of a directory of exports, and fill the report.

    In memory are the rows of one export, at most 100,000.

    Raises:
        ImportFault: a file cannot be opened or read on; an export without its end yields nothing.
    """
    paths = exports(path)
    expect(paths, report)
    rows = (row for file in paths for row in sound_rows(lines(file, report), _row, report))
    yield from merged(rows, _claim, report)


def _row(line: TextLine) -> _GdeltRow | Skip:
    """Read a row; `ValueError` says what is wrong with it."""
    fields = line.text.split("\t")
    if len(fields) != COLUMNS:
        cut = "" if line.ended else "; the file ends in this row, so it may be truncated"
        raise ValueError(f"has {len(fields)} columns, GDELT 2.0 has {COLUMNS}{cut}")
    match _party(fields[5:15]), _party(fields[15:25]):
        case (Skip() as reason, _) | (_, Skip() as reason):
            return reason
        case (Party() as actor, Party() as target) if actor.code == target.code:
            return Skip.ONE_PARTY
        case (Party() as actor, Party() as target):
            return _sound_row(line, fields, actor, target)


def _sound_row(line: TextLine, fields: Sequence[str], actor: Party, target: Party) -> _GdeltRow:
    day, added = _day("SQLDATE", fields[1]), _moment("DATEADDED", fields[59])
    code = cameo.known_code(fields[26])
    key = (fields[1], *cameo.canonical(code, actor.code, target.code))
    if not is_number(fields[0], _DIGITS_MAX):
        raise ValueError(f"GlobalEventID is {fields[0][:40]!r}, not a number such as 719024875")
    return _GdeltRow(
        file=line.file,
        number=line.number,
        window=fields[59],
        key=key,
        row_id=fields[0],
        occurred=ValidTime.parse(_edtf(day, added.date())),
        known=KnownTime.parse(f"{added:%Y-%m-%dT%H:%M:%S}Z"),
        code=code,
        actor=actor,
        target=target,
        goldstein=_number("GoldsteinScale", fields[30], 10),
        mentions=_count("NumMentions", fields[31]),
        sources=_count("NumSources", fields[32]),
        articles=_count("NumArticles", fields[33]),
        tone=_number("AvgTone", fields[34], 100),
        place=_place(fields[51:59]),
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


def _moment(name: str, text: str) -> datetime:
    if not is_number(text, 14) or len(text) != len("20180101001500"):
        raise ValueError(f"{name} is {text[:40]!r}, not a moment such as 20180101001500")
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(f"{name} is {text}, which there is not") from None


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


def _place(fields: Sequence[str]) -> Place | None:
    """Read the place of type, name, FIPS country, two regions, latitude and longitude."""
    name, country = fields[1].strip(), FIPS_COUNTRIES.get(fields[2])
    latitude = _number("ActionGeo_Lat", fields[5], 90)
    longitude = _number("ActionGeo_Long", fields[6], 180)
    coordinates = None
    if latitude is not None and longitude is not None:
        coordinates = Coordinates(latitude=latitude, longitude=longitude)
    if not (name or country or coordinates):
        return None
    return Place(name=name, country=country, coordinates=coordinates)


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
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"{name} is {text[:40]!r}, not a number") from None
    if not -size_max <= number <= size_max:
        raise ValueError(f"{name} is {text[:40]}, not between -{size_max} and {size_max}")
    return number


def _count(name: str, text: str) -> int:
    if not is_number(text, _DIGITS_MAX) or int(text) > _COUNT_MAX:
        raise ValueError(f"{name} is {text[:40]!r}, not a count from 0 to {_COUNT_MAX:,}")
    return int(text)


def _claim(rows: Sequence[_GdeltRow]) -> Claim:
    lead = rows[0]
    actor, target = _agreed_party(lead.actor, rows), _agreed_party(lead.target, rows)
    both_ways = any(row.actor.code == target.code for row in rows)
    cast = cameo.cast_of(lead.code, actor, target, both_ways=both_ways)
    return Claim(
        event_id=event_id(DATASET, lead.window, *lead.key),
        occurred=lead.occurred,
        known=lead.known,
        gist=cameo.name_of(lead.code),
        actors=cast.actors,
        recipients=cast.recipients,
        participants=cast.participants,
        issues=cameo.issues_of(lead.code),
        place=lead.place,
        certainty=cameo.CERTAINTY,
        source=lead.source,
        grade=cameo.GRADE,
        classification=_classification(lead, rows),
        payload=cameo.payload_of(lead.code),
    )


def _agreed_party(party: Party, rows: Sequence[_GdeltRow]) -> Party:
    """Return a party with its sector only where no row names another sector for it."""
    sides = (side for row in rows for side in (row.actor, row.target))
    sectors = {side.sector for side in sides if side.code == party.code}
    return party if len(sectors) == 1 else Party(code=party.code)


def _classification(lead: _GdeltRow, rows: Sequence[_GdeltRow]) -> Classification:
    return Classification(
        cameo_code=lead.code,
        plover_code=cameo.plover_of(lead.code),
        table_version=cameo.TABLE_VERSION,
        dataset=DATASET,
        row_id=lead.row_id,
        goldstein=lead.goldstein,
        tone=_tone(rows),
        row_count=len(rows),
        mention_count=_total(row.mentions for row in rows),
        source_count=_total(row.sources for row in rows),
        article_count=_total(row.articles for row in rows),
    )


def _tone(rows: Sequence[_GdeltRow]) -> float | None:
    """Return the mean tone of all articles; a row without a count has one article."""
    toned = [(row.tone, row.articles or 1) for row in rows if row.tone is not None]
    if not toned:
        return None
    articles = sum(count for _, count in toned)
    return round(sum(tone * count for tone, count in toned) / articles, 6)


def _total(counts: Iterable[int]) -> int:
    return min(sum(counts), _COUNT_MAX)
