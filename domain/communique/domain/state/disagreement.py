"""Where claims of one type about one subject say different things, and which reading is preferred.

Only claims that name the subject are compared. Those that a derived key holds together, such as
all stances of a party on an issue, are about one thing at different times: they differ, and do not
disagree.

A field that a claim does not set says nothing. A denial says nothing but that it denies: what it
denies is no reading of its own. Text is compared without regard to case, accents and punctuation,
parties by their codes, durations by their length, times by the instants that they can mean.

A less exact value agrees with a more exact one within it: August with 21 August, Beijing with
Beijing, China. So only the most exact values of a field are readings, those with no other within
them. Who is less exact speaks for the reading within, or where there are several, for none: of
2019, August and 21 August one reading is left, with all three behind it, which is no disagreement;
of August, 21 and 22 August two are left, and who says August takes no side.

Of two readings the preferred one is given by more outlets; or else has the better grade, that of
its best claim (reliability first, ungraded last, then credibility in the same way); or else was
known later; or else has the greater event id.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple, cast
from uuid import UUID

from communique.domain.claims.event import Claim
from communique.domain.claims.values import Credibility, Grade, Participant, Place, Reliability
from communique.domain.model import Model, Word
from communique.domain.parties.party import Party
from communique.domain.state.assertions import denies
from communique.domain.state.subject import EVENT_IDS_MAX, SubjectEntry
from communique.domain.text import folded
from communique.domain.time.clocks import micros
from communique.domain.time.edtf import Precision, ValidTime


class Reading(Model):
    """One value of a field in text form, and the claims that speak for it, the latest known first.

    `event_ids` are the first 1,000 of them; `outlet_count` counts the outlets of all.
    `value` is in the words of the first of those that are most exact.
    """

    value: str
    event_ids: tuple[UUID, ...]
    outlet_count: int


class Disagreement(Model):
    """A field in which claims of one type say different things: its readings, preferred first.

    `readings` are the first 100 of them.
    `reason` is why the first is preferred to the second: one of `REASONS`.
    """

    type: str
    field: str
    readings: tuple[Reading, ...]
    reason: str


READINGS_MAX: Final = 100
_RELIABILITIES: Final = tuple(Reliability)
_CREDIBILITIES: Final = tuple(Credibility)
_MOMENTS: Final = frozenset({Precision.MICROSECOND, Precision.SECOND, Precision.MINUTE})
REASONS: Final = ("more outlets", "better grade", "known later", "event id")


class _Span(NamedTuple):
    """The instants that a time can mean, in microseconds; `until` is infinite while it is open."""

    earliest: int
    until: float


class _Spot(NamedTuple):
    """A place by its folded name and its country, each empty where unknown."""

    name: str
    country: str

    def covers(self, other: "_Spot") -> bool:
        return self.name in {"", other.name} and self.country in {"", other.country}


_Key = str | _Span | _Spot
"""What decides whether two values are the same; all keys of one field are of one kind."""


class _Given(NamedTuple):
    """One claim's value of a field."""

    key: _Key
    text: str
    entry: SubjectEntry

    @property
    def latest(self) -> tuple[datetime, UUID]:
        """What claims are ordered by: when it was known, then its id."""
        return self.entry.known, self.entry.claim.event_id


class _Merits(NamedTuple):
    """What one reading has for it, the weightiest first: the greatest is preferred."""

    outlet_count: int
    grade: tuple[int, int]
    known: datetime
    event_id: UUID


def disagreements(entries: Iterable[SubjectEntry]) -> tuple[Disagreement, ...]:
    """Return where the claims that name a subject disagree, in the order of (type, field)."""
    fields: dict[tuple[str, str], list[_Given]] = {}
    for entry in entries:
        if not entry.claim.subject:
            continue
        for field, value in _values(entry.claim):
            if text := _text(value):
                where = (entry.claim.payload.type, field)
                fields.setdefault(where, []).append(_Given(_key(value, text), text, entry))
    found = (_disagreement(*where, fields[where]) for where in sorted(fields))
    return tuple(one for one in found if one is not None)


def _disagreement(word: str, field: str, given: Iterable[_Given]) -> Disagreement | None:
    """Return what the claims of one type, those that set one field of it, disagree on."""
    speaking = _speaking(given)
    merits = {key: _merits(speaking[key]) for key in speaking}
    first, *others = sorted(merits, key=lambda key: merits[key], reverse=True)
    if not others:
        return None
    pairs = zip(REASONS, merits[first], merits[others[0]], strict=True)
    return Disagreement(
        type=word,
        field=field,
        readings=tuple(
            _reading(key, speaking[key], merits[key].outlet_count)
            for key in (first, *others)[:READINGS_MAX]
        ),
        reason=next(reason for reason, one, other in pairs if one != other),
    )


def _speaking(given: Iterable[_Given]) -> dict[_Key, list[_Given]]:
    """Return the claims that speak for each reading, the latest known first."""
    ordered = sorted(given, key=lambda one: one.latest, reverse=True)
    within = _only_within({one.key for one in ordered})
    speaking: dict[_Key, list[_Given]] = {}
    for one in ordered:
        if key := within.get(one.key):
            speaking.setdefault(key, []).append(one)
    return speaking


def _reading(key: _Key, speaking: Sequence[_Given], outlet_count: int) -> Reading:
    return Reading(
        value=next(one.text for one in speaking if one.key == key),
        event_ids=tuple(one.entry.claim.event_id for one in speaking[:EVENT_IDS_MAX]),
        outlet_count=outlet_count,
    )


# --- what a claim says ---------------------------------------------------------------------------


def _values(claim: Claim) -> Iterator[tuple[str, object]]:
    """Yield the fields in which claims can disagree, set or not."""
    yield "polarity", claim.polarity
    if denies(claim):
        return
    for field in ("occurred", "actors", "recipients", "participants", "place"):
        yield field, getattr(claim, field)
    yield from claim.payload


def _text(value: object) -> str:  # noqa: PLR0911  one way for each kind of value
    """Return a value in words; empty where it says nothing."""
    match value:
        case None:
            return ""
        case ValidTime():
            return _time_words(value)
        case timedelta():
            return _length_words(value)
        case Place():
            return ", ".join(filter(None, (value.name, value.country)))
        case Word():
            return value.value.lower().replace("_", " ")
        case tuple():
            parties = cast("tuple[Party | Participant | str, ...]", value)
            return ", ".join(sorted({_code(one) for one in parties}))
        case _:
            return str(value)


def _key(value: object, text: str) -> _Key:
    match value:
        case ValidTime():
            latest = value.latest
            return _Span(micros(value.earliest), math.inf if latest is None else micros(latest))
        case Place():
            return _Spot(_folded(value.name), value.country or "")
        case _:
            return _folded(text)


def _code(party: Party | Participant | str) -> str:
    match party:
        case Party():
            return party.code
        case Participant():
            return party.party.code
        case _:
            return party


def _folded(text: str) -> str:
    return folded(text) or text


def _time_words(value: ValidTime) -> str:
    """Its words, and the zone of its days, unless they name the zone with a time of day."""
    words = value.display()
    return words if value.precision in _MOMENTS else f"{words} ({value.zone})"


def _length_words(value: timedelta) -> str:
    """Return a length such as `1 h 30 min`."""
    minutes, seconds = divmod(value.seconds, 60)
    counts = {"d": value.days, "h": minutes // 60, "min": minutes % 60}
    words = [f"{count} {unit}" for unit, count in counts.items() if count]
    fraction = f"{value.microseconds / 1_000_000:.6f}".strip("0").rstrip(".")
    return " ".join([*words, f"{seconds}{fraction} s"] if seconds or fraction else words)


# --- which values there are, and which is preferred ----------------------------------------------


def _only_within(keys: Collection[_Key]) -> dict[_Key, _Key]:
    """Return for each key the reading within it, itself if it is one; none where there are more."""
    spans = [key for key in keys if isinstance(key, _Span)]
    spots = [key for key in keys if isinstance(key, _Spot)]
    words = [key for key in keys if isinstance(key, str)]
    return {key: key for key in words} | _only_spans(spans) | _only_spots(spots)


def _only_spans(spans: Collection[_Span]) -> dict[_Key, _Key]:
    """By their ends, a span has another within it when one before it begins no earlier.

    So readings are sorted by both ends, and those within a span stand next to each other.
    """
    exact: list[_Span] = []
    for span in sorted(spans, key=lambda it: (it.until, -it.earliest)):
        if not exact or span.earliest > exact[-1].earliest:
            exact.append(span)
    begins, ends = [it.earliest for it in exact], [it.until for it in exact]
    first = {it: bisect_left(begins, it.earliest) for it in spans}
    return {it: exact[at] for it, at in first.items() if bisect_right(ends, it.until) == at + 1}


def _only_spots(spots: Collection[_Spot]) -> dict[_Key, _Key]:
    exact = [it for it in spots if not any(it != other and it.covers(other) for other in spots)]
    within = {it: [other for other in exact if it.covers(other)] for it in spots}
    return {it: found[0] for it, found in within.items() if len(found) == 1}


def _merits(speaking: Sequence[_Given]) -> _Merits:
    return _Merits(
        len({_folded(one.entry.claim.source.outlet) for one in speaking}),
        max(_grade(one.entry.claim.grade) for one in speaking),
        max(one.entry.known for one in speaking),
        max(one.entry.claim.event_id for one in speaking),
    )


def _grade(grade: Grade | None) -> tuple[int, int]:
    """Return the order of grades: the better the greater, zero for what is not graded."""
    if grade is None:
        return 0, 0
    reliability, credibility = grade.reliability, grade.credibility
    return (
        len(_RELIABILITIES) - _RELIABILITIES.index(reliability) if reliability else 0,
        len(_CREDIBILITIES) - _CREDIBILITIES.index(credibility) if credibility else 0,
    )
