"""ICEWS as a temporal graph: who did what to whom on which day of a year.

A directory holds `entity2id.txt` and `relation2id.txt` (name TAB id) and any of `train.txt`,
`valid.txt` and `test.txt` (subject, relation, object, hours since the first day, TAB-separated; a
fifth column is ignored), each in the order of its days.

* A row is an event when its sides are two different states or organisations, or organs of them.
  Organs are those of `icews_actors`. A person is whom `ActingFor` says on the row's day. Other
  people, and groups without a country, are skipped, and counted by name.
* The mirror rows of one day, such as `A hosts B` and `B visits A`, are one event of two rows: see
  `cameo.canonical`. What other organs of the two parties did is another event.
* The valid time and the known time are the row's day: ICEWS dates an event by its report.
* Heads of state or government who meet make a meeting of leaders, foreign ministers one of
  ministers; nothing else tells the level.
* An event's id follows from its dataset, day, code and sides by name, in canonical form.
"""

import heapq
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from communique.domain.claims.event import Claim
from communique.domain.claims.payloads import ClaimPayload, MeetingHeld
from communique.domain.claims.values import Classification, Source
from communique.domain.claims.words import MeetingLevel
from communique.domain.parties.data.aliases import ALIASES
from communique.domain.parties.data.codes import ORGANISATIONS, STATES
from communique.domain.parties.party import Party
from communique.domain.text import folded
from communique.domain.time.edtf import ValidTime
from communique.domain.time.known_time import KnownTime
from communique.importers import cameo
from communique.importers.acting_for import ActingFor
from communique.importers.icews_actors import NAMED_ORGANS, ORGANS, PARTIES
from communique.importers.lines import TextLine, expect, lines
from communique.importers.merging import event_id, is_number, merged, sound_rows
from communique.importers.report import ImportFault, Report, Skip

SPLITS: Final = ("train.txt", "valid.txt", "test.txt")
FIRST_DAY: Final = date(2014, 1, 1)
_ENTITIES: Final = "entity2id.txt"
_RELATIONS: Final = "relation2id.txt"
_NAMES_MAX: Final = 1_000_000
_COLUMNS: Final = (4, 5)
_DIGITS_MAX: Final = 9
_LEVELS: Final = {
    "Head of Government": MeetingLevel.LEADER,
    "Head of State": MeetingLevel.LEADER,
    "Foreign Minister": MeetingLevel.MINISTER,
}
_ORGAN: Final = re.compile(r"(?P<organ>.+?) \((?P<country>[^()]+(?:\([^()]*\))?)\)")
_NAMES: Final = {name: code for code, name in (STATES | ORGANISATIONS).items()}
_CODE_OF: Final = {folded(name): code for name, code in (_NAMES | ALIASES | PARTIES).items()}
_SECTOR_OF: Final = {organ: sector for sector, organs in ORGANS.items() for organ in organs}


class _Side(NamedTuple):
    """An entity: its name, and its party or the reason why it has none unless it is a person."""

    name: str
    party: Party | Skip


class _IcewsRow(NamedTuple):
    """A row between two parties; `window` is its day, `key` the deed and its sides by name."""

    file: str
    number: int
    window: str
    key: tuple[str, str, str]
    code: str
    actor: Party
    target: Party
    row_id: str


class _Graph(NamedTuple):
    """The entities and relations by id, the day of hour 0, and the posts of persons."""

    sides: dict[int, _Side]
    relations: dict[int, str]
    first_day: date
    acting_for: ActingFor


def claims(
    directory: Path,
    report: Report,
    *,
    dataset: str = "icews14",
    first_day: date = FIRST_DAY,
    acting_for: ActingFor | None = None,
) -> Iterator[Claim]:
    """Yield the events of a graph in the order of their days, and fill the report.

    In memory are the names of entities and relations, and the rows of one day, at most 100,000.

    `dataset`, such as `icews14`, is a part of every event's id; `first_day` is the day of hour 0;
    `acting_for` has the posts of persons, those shipped if it is None.

    Raises:
        ImportFault: a file is missing or cannot be read on, or a table of names is at fault.
    """
    splits = [directory / name for name in SPLITS if (directory / name).is_file()]
    if not splits:
        raise ImportFault(str(directory), f"has none of {', '.join(SPLITS)}")
    expect(splits, report)
    entities, relations = _names(directory / _ENTITIES), _names(directory / _RELATIONS)
    sides = {number: _Side(name, _party(name)) for number, name in entities.items()}
    graph = _Graph(sides, relations, first_day, acting_for or ActingFor.shipped())
    rows = heapq.merge(*(_rows(path, graph, report) for path in splits), key=lambda row: row.window)
    yield from merged(rows, lambda group: _claim(group, dataset), report)


def _names(path: Path) -> dict[int, str]:
    """Return the names of a table by id; any fault in the table is an `ImportFault`."""
    check, names = Report(), dict[int, str]()
    for line in lines(path, check):
        name, _, number = line.text.rpartition("\t")
        if not name.strip() or "\t" in name or not is_number(number.strip(), _DIGITS_MAX):
            raise ImportFault(line.file, "is not a name, a tab and a number", line.number)
        if int(number) in names:
            raise ImportFault(line.file, f"gives the id {int(number)} twice", line.number)
        if len(names) == _NAMES_MAX:
            raise ImportFault(line.file, f"has more than {_NAMES_MAX:,} names", line.number)
        names[int(number)] = name.strip()
    if check.rejections:
        first = check.rejections[0]
        raise ImportFault(first.file, first.reason, first.row_number)
    return names


def _party(name: str) -> Party | Skip:
    """Return the party of an actor's name, or the reason why it has none."""
    if name in NAMED_ORGANS:
        party_code, sector = NAMED_ORGANS[name]
        return Party(code=party_code, organ=name, sector=sector)
    match = _ORGAN.fullmatch(name) if folded(name) not in _CODE_OF else None
    organ, country = (match["organ"], match["country"]) if match else ("", name)
    code = _CODE_OF.get(folded(country))
    if code is None:
        return Skip.NO_COUNTRY
    if not organ:
        return Party(code=code)
    if organ not in _SECTOR_OF:
        return Skip.NON_STATE
    return Party(code=code, organ=organ, sector=_SECTOR_OF[organ] if code in STATES else "")


def _rows(path: Path, graph: _Graph, report: Report) -> Iterator[_IcewsRow]:
    """Yield the sound rows of a file, in which all rows have as many columns as the first."""
    columns = 0

    def read(line: TextLine) -> _IcewsRow | Skip:
        nonlocal columns
        fields = line.text.split("\t")
        if len(fields) not in _COLUMNS or len(fields) != (columns or len(fields)):
            cut = "" if line.ended else "; the file ends in this row, so it may be truncated"
            raise ValueError(f"has {len(fields)} columns, {columns or '4 or 5'} are needed{cut}")
        columns = len(fields)
        return _row(line, fields[:4], graph, report)

    return sound_rows(lines(path, report), read, report)


def _row(line: TextLine, fields: Sequence[str], graph: _Graph, report: Report) -> _IcewsRow | Skip:
    """Read a row; `ValueError` says what is wrong with it."""
    for field in fields:
        if not is_number(field, _DIGITS_MAX):
            raise ValueError(f"{field[:40]!r} is not a number")
    subject, relation, target, hours = map(int, fields)
    code, day = _code(relation, graph), _day(hours, graph.first_day)
    source_side, target_side = (_side(number, day, graph) for number in (subject, target))
    match source_side.party, target_side.party:
        case (Skip() as reason, _) | (_, Skip() as reason):
            _count_names((source_side, target_side), report)
            return reason
        case (Party() as actor, Party() as recipient) if actor.code == recipient.code:
            return Skip.ONE_PARTY
        case (Party() as actor, Party() as recipient):
            key = cameo.canonical(code, source_side.name, target_side.name)
            row_id = " ".join(fields)
            window = day.isoformat()
            return _IcewsRow(line.file, line.number, window, key, code, actor, recipient, row_id)


def _side(number: int, day: date, graph: _Graph) -> _Side:
    """Return an entity, a person with the party that it acted for on a day."""
    if number not in graph.sides:
        raise ValueError(f"entity {number} is not in {_ENTITIES}")
    side = graph.sides[number]
    if isinstance(side.party, Party):
        return side
    party = graph.acting_for.party_of(side.name, day)
    return _Side(side.name, party) if party else side


def _count_names(sides: Iterable[_Side], report: Report) -> None:
    for side in sides:
        if isinstance(side.party, Skip):
            report.skip_name(side.party, side.name)


def _code(number: int, graph: _Graph) -> str:
    if number not in graph.relations:
        raise ValueError(f"relation {number} is not in {_RELATIONS}")
    name = graph.relations[number]
    code = cameo.code_named(name)
    if code is None:
        raise ValueError(f"relation {number} is {name[:80]!r}, which is no CAMEO event")
    return code


def _day(hours: int, first_day: date) -> date:
    days, rest = divmod(hours, 24)
    if rest:
        raise ValueError(f"{hours} hours are not whole days")
    try:
        return first_day + timedelta(days=days)
    except OverflowError:
        raise ValueError(f"{hours} hours lie beyond the year {date.max.year}") from None


def _claim(rows: Sequence[_IcewsRow], dataset: str) -> Claim:
    lead = rows[0]
    both_ways = any(row.actor == lead.target for row in rows)
    cast = cameo.cast_of(lead.code, lead.actor, lead.target, both_ways=both_ways)
    return Claim(
        event_id=event_id(dataset, lead.window, *lead.key),
        occurred=ValidTime.parse(lead.window),
        known=KnownTime.parse(lead.window),
        gist=cameo.name_of(lead.code),
        actors=cast.actors,
        recipients=cast.recipients,
        participants=cast.participants,
        issues=cameo.issues_of(lead.code),
        certainty=cameo.CERTAINTY,
        source=Source(outlet="ICEWS"),
        grade=cameo.GRADE,
        classification=Classification(
            cameo_code=lead.code,
            plover_code=cameo.plover_of(lead.code),
            table_version=cameo.TABLE_VERSION,
            dataset=dataset,
            row_id=lead.row_id,
            goldstein=cameo.goldstein_of(lead.code),
            row_count=len(rows),
        ),
        payload=_payload(lead),
    )


def _payload(row: _IcewsRow) -> ClaimPayload:
    payload = cameo.payload_of(row.code)
    level = _LEVELS.get(row.actor.organ)
    if isinstance(payload, MeetingHeld) and level and level is _LEVELS.get(row.target.organ):
        return payload.model_copy(update={"level": level})
    return payload
