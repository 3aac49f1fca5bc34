"""Coded rows: the one way from a row that a machine coded to a claim.

Each importer reads its own columns into a `CodedRow`; `claim_of` makes an event of all rows that
report one deed. So every dataset has the same certainty, grade, code table and rule for mirror
rows, and what the rows of a deed say of a party or a source is added up alike.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from communique.domain.claims.event import Claim
from communique.domain.claims.payloads import ClaimPayload, MeetingHeld
from communique.domain.claims.values import (
    Classification,
    Coordinates,
    Participant,
    Place,
    Source,
)
from communique.domain.claims.words import MeetingLevel
from communique.domain.parties.party import Party
from communique.domain.time.edtf import ValidTime
from communique.domain.time.known_time import KnownTime
from communique.importers import cameo
from communique.importers.merging import event_id
from communique.importers.report import Report

COUNT_MAX: Final = 2**31 - 1
NAME_LENGTH_MAX: Final = 200
_LATITUDE_MAX: Final = 90
_LONGITUDE_MAX: Final = 180
_LEVELS: Final = {
    "Head of Government": MeetingLevel.LEADER,
    "Head of State": MeetingLevel.LEADER,
    "Foreign Minister": MeetingLevel.MINISTER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedRow:
    """A row between two parties, ready to become an event alone or with others.

    Attributes:
        file: the path.
        number: the line, from 1.
        window: when it was reported, as text that sorts by time.
        key: the parts of the event's id, in canonical form: rows that report one deed share it.
        dataset: such as `icews14`.
        row_id: what identifies the row in its dataset.
        occurred: when the deed was done.
        known: when it could be known.
        code: the CAMEO code that decides what the event is.
        plover: the PLOVER category, empty where there is none.
        cameo_code: the CAMEO code that the row itself has, empty where it has none.
        table: the version of the table that made the event.
        actor: who did it.
        target: to whom, or with whom.
        more_actors: who did it as well.
        more_targets: to whom as well.
        source: where it was read.
        place: where it happened.
        goldstein: its score, -10 to 10.
        tone: of its articles, -100 to 100.
        story: the article, where the dataset names it: then sources and articles are counted.
        mention_count: as the row itself counts.
        source_count: as the row itself counts.
        article_count: as the row itself counts.
    """

    file: str
    number: int
    window: str
    key: tuple[str, ...]
    dataset: str
    row_id: str
    occurred: ValidTime
    known: KnownTime
    code: str
    plover: str
    cameo_code: str
    table: str
    actor: Party
    target: Party
    more_actors: tuple[Party, ...] = ()
    more_targets: tuple[Party, ...] = ()
    source: Source
    place: Place | None = None
    goldstein: float | None = None
    tone: float | None = None
    story: str = ""
    mention_count: int | None = None
    source_count: int | None = None
    article_count: int | None = None


@dataclass(frozen=True, slots=True)
class Corroboration:
    """What other records tell of an event: how often it was reported, and since when."""

    mention_count: int
    source_count: int
    article_count: int
    known: KnownTime


def claim_of(rows: Sequence[CodedRow], corroboration: Corroboration | None = None) -> Claim:
    """Return the event of rows with one key; the first row leads.

    Raises:
        pydantic.ValidationError: the rows' values make no event.
    """
    lead = rows[0]
    actors, recipients, participants = _cast(lead, rows)
    return Claim(
        event_id=event_id(*lead.key),
        occurred=lead.occurred,
        known=_known(lead, corroboration),
        gist=cameo.name_of(lead.code),
        actors=actors,
        recipients=recipients,
        participants=participants,
        issues=cameo.issues_of(lead.code),
        place=lead.place,
        certainty=cameo.CERTAINTY,
        source=lead.source,
        grade=cameo.GRADE,
        classification=_classification(lead, rows, corroboration),
        payload=_payload(lead),
    )


def place_of(
    names: Iterable[str], country: str | None, latitude: str, longitude: str, report: Report
) -> Place | None:
    """Return the place with these names, the finest first, as far as they can be read.

    A bad place costs the place and not the row: control characters become spaces, and coordinates
    that are none are left out and counted.
    """
    name = ", ".join(dict.fromkeys(filter(None, map(clean, names))))[:NAME_LENGTH_MAX].strip()
    point = None
    try:
        north, east = (
            number_within(latitude, _LATITUDE_MAX),
            number_within(longitude, _LONGITUDE_MAX),
        )
    except ValueError:
        report.places_at_fault += 1
    else:
        if north is not None and east is not None:
            point = Coordinates(latitude=north, longitude=east)
    if not (name or country or point):
        return None
    return Place(name=name, country=country, coordinates=point)


def clean(text: str) -> str:
    """Return a cell's text single-spaced, with a space for each control character."""
    shown = text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
    return " ".join(shown.split())


def number_within(text: str, size_max: float) -> float | None:
    """Return a number from -`size_max` to `size_max`, None if empty; else raise `ValueError`."""
    if not text:
        return None
    number = float(text)
    if not -size_max <= number <= size_max:
        raise ValueError(f"not between -{size_max} and {size_max}")
    return number


def _cast(
    lead: CodedRow, rows: Sequence[CodedRow]
) -> tuple[tuple[Party, ...], tuple[Party, ...], tuple[Participant, ...]]:
    both_ways = any(row.actor.code == lead.target.code for row in rows)
    actor, target = _agreed(lead.actor, rows), _agreed(lead.target, rows)
    cast = cameo.cast_of(lead.code, actor, target, both_ways=both_ways)
    if not cast.participants:
        return cast.actors + lead.more_actors, cast.recipients + lead.more_targets, ()
    more = (Participant(party=party) for party in lead.more_actors + lead.more_targets)
    return (), (), (*cast.participants, *more)


def _agreed(party: Party, rows: Sequence[CodedRow]) -> Party:
    """Return a party with organ, sector and person only where all rows name the same."""
    sides = (side for row in rows for side in (row.actor, row.target))
    same = all(side == party for side in sides if side.code == party.code)
    return party if same else Party(code=party.code)


def _known(lead: CodedRow, corroboration: Corroboration | None) -> KnownTime:
    if corroboration is None:
        return lead.known
    return min(lead.known, corroboration.known, key=lambda known: known.instant)


def _payload(row: CodedRow) -> ClaimPayload:
    payload = cameo.payload_of(row.code)
    level = _LEVELS.get(row.actor.organ)
    if isinstance(payload, MeetingHeld) and level and level is _LEVELS.get(row.target.organ):
        return payload.model_copy(update={"level": level})
    return payload


def _classification(
    lead: CodedRow, rows: Sequence[CodedRow], corroboration: Corroboration | None
) -> Classification:
    told = corroboration or _counts(rows)
    return Classification(
        cameo_code=lead.cameo_code,
        plover_code=lead.plover,
        table_version=lead.table,
        dataset=lead.dataset,
        row_id=lead.row_id,
        goldstein=lead.goldstein,
        tone=_tone(rows),
        row_count=len(rows),
        mention_count=_limited(told.mention_count),
        source_count=_limited(told.source_count),
        article_count=_limited(told.article_count),
    )


@dataclass(frozen=True, slots=True)
class _Counts:
    mention_count: int | None
    source_count: int | None
    article_count: int | None


def _counts(rows: Sequence[CodedRow]) -> _Counts:
    stories = {row.story for row in rows if row.story}
    if stories:
        return _Counts(None, len({row.source.outlet for row in rows}), len(stories))
    return _Counts(
        _total(row.mention_count for row in rows),
        _total(row.source_count for row in rows),
        _total(row.article_count for row in rows),
    )


def _total(counts: Iterable[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _limited(count: int | None) -> int | None:
    return None if count is None else min(count, COUNT_MAX)


def _tone(rows: Sequence[CodedRow]) -> float | None:
    """Return the mean tone of all articles; a row without a count has one article."""
    toned = [(row.tone, row.article_count or 1) for row in rows if row.tone is not None]
    if not toned:
        return None
    articles = sum(count for _, count in toned)
    return round(sum(tone * count for tone, count in toned) / articles, 6)
