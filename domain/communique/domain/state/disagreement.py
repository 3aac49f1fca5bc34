"""Disagreements: claims of one type about one subject that say different things.

Only claims that name the subject are compared: claims with the same derived key, such as all
stances of a party on an issue, are about different times. A field that a claim does not set says
nothing, and a denial says only that it denies. Only what can be compared is: words of a list,
codes, numbers, parties by code, places by country, lengths, and times by the instants that they can
mean, where it happens once (`ONCE`). Free text is never compared: two outlets word the same thing
in two ways. The length of an interval with times of day at both ends stands beside stated lengths.

Times that all have an instant in common do not disagree, and a less exact time agrees with a more
exact one within it: August with 21 August. So the readings of a field are its values with no other
value within them. A less exact claim speaks for the reading within its value, or for none if there
are several: 2019, August and 21 August are one reading of three claims, which is no disagreement;
August, 21 and 22 August are two readings, and the claim of August speaks for neither.

Of two readings the preferred one has more outlets; or else the better grade, of its best claim
(reliability first, ungraded last, then credibility likewise); or else was known later; or else has
the greater event id.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
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
from communique.domain.time.edtf import ValidTime


class Reading(Model):
    """One value of a field in text form, and the claims that speak for it, the latest known first.

    `event_ids` are the first 1,000 of these claims; `outlet_count` counts the outlets of all.
    `value` is in the words of the first of the most exact claims.
    """

    value: str
    event_ids: tuple[UUID, ...]
    outlet_count: int


class Disagreement(Model):
    """A field in which claims of one type say different things.

    `readings` are the 100 most preferred ones; `reason`, one of `REASONS`, is why the first of them
    is preferred to the second.
    """

    type: str
    field: str
    readings: tuple[Reading, ...]
    reason: str


READINGS_MAX: Final = 100
_GRADE_RANKS: Final[dict[Word | None, int]] = {
    word: rank
    for words in (Reliability, Credibility)
    for rank, word in enumerate(reversed(words), 1)
}
ONCE: Final = frozenset(
    {
        "AgreementEnded",
        "AgreementRatified",
        "AgreementSigned",
        "AgreementTookEffect",
        "MeasureLifted",
        "MeasureTookEffect",
        "MeetingHeld",
        "MeetingStarted",
        "RulingIssued",
    }
)
"""Types of what happens to a subject once, so that two times for it cannot both be right."""
REASONS: Final = ("more outlets", "better grade", "known later", "event id")


class _Span(NamedTuple):
    """The instants that a time can mean, in microseconds; `until` is infinite if it is open."""

    earliest: int
    until: float


_Key = str | _Span
"""Two values are the same if their keys are equal; all keys of one field are of one kind."""


class _ClaimedValue(NamedTuple):
    """One claim's value of a field."""

    key: _Key
    text: str
    entry: SubjectEntry


class _Merits(NamedTuple):
    """The merits of one reading, in the order of `REASONS`; the greatest is preferred."""

    outlet_count: int
    grade: tuple[int, int]
    known: datetime
    event_id: UUID


def disagreements(entries: Iterable[SubjectEntry]) -> tuple[Disagreement, ...]:
    """Return where the claims that name a subject disagree, in the order of (type, field)."""
    fields: dict[tuple[str, str], list[_ClaimedValue]] = {}
    named = (entry for entry in entries if entry.claim.subject)
    for entry in sorted(named, key=attrgetter("known", "claim.event_id"), reverse=True):
        for field, value in _values(entry.claim):
            if text := _text(value):
                values = fields.setdefault((entry.claim.payload.type, field), [])
                values.append(_ClaimedValue(_key(value, text), text, entry))
    candidates = (_disagreement(*name, values) for name, values in sorted(fields.items()))
    return tuple(filter(None, candidates))


def _disagreement(word: str, field: str, values: Iterable[_ClaimedValue]) -> Disagreement | None:
    """Return the disagreement of the values, the latest known first, of one field of one type."""
    supporters = _supporters(values)
    merits = {key: _merits(supporters[key]) for key in supporters}
    preferred = sorted(merits, key=lambda key: merits[key], reverse=True)
    if len(preferred) == 1 or _all_meet(preferred):
        return None
    shown = preferred[:READINGS_MAX]
    pairs = zip(REASONS, merits[preferred[0]], merits[preferred[1]], strict=True)
    return Disagreement(
        type=word,
        field=field,
        readings=tuple(_reading(key, supporters[key], merits[key]) for key in shown),
        reason=next(reason for reason, first, second in pairs if first != second),
    )


def _supporters(values: Iterable[_ClaimedValue]) -> dict[_Key, list[_ClaimedValue]]:
    """Return for each reading the values that speak for it, in the order given."""
    within = _only_within({value.key for value in values})
    supporters: dict[_Key, list[_ClaimedValue]] = {}
    for value in values:
        if key := within.get(value.key):
            supporters.setdefault(key, []).append(value)
    return supporters


def _reading(key: _Key, supporters: Sequence[_ClaimedValue], merits: _Merits) -> Reading:
    return Reading(
        value=next(value.text for value in supporters if value.key == key),
        event_ids=tuple(value.entry.claim.event_id for value in supporters[:EVENT_IDS_MAX]),
        outlet_count=merits.outlet_count,
    )


def _values(claim: Claim) -> Iterator[tuple[str, object]]:
    """Yield the fields in which claims can disagree, set or not."""
    yield "polarity", claim.polarity
    if denies(claim):
        return
    if claim.payload.type in ONCE:
        yield "occurred", claim.occurred
    for field in ("actors", "recipients", "participants", "place"):
        yield field, getattr(claim, field)
    for field, value in claim.payload:
        if field == "duration":
            yield field, value or _length(claim.occurred)
        elif field == "code" or not isinstance(value, str) or isinstance(value, Word):
            yield field, value


def _length(occurred: ValidTime) -> timedelta | None:
    """Return the length of an interval with times of day at both ends."""
    if occurred.latest is None or not occurred.is_interval or not occurred.precision.is_moment:
        return None
    return occurred.latest - occurred.earliest


def _all_meet(keys: Sequence[_Key]) -> bool:
    """Whether all are times that have an instant in common."""
    spans = [key for key in keys if isinstance(key, _Span)]
    if len(spans) < len(keys):
        return False
    return max(span.earliest for span in spans) < min(span.until for span in spans)


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
            return value.country or ""
        case Word():
            return value.value.lower().replace("_", " ")
        case tuple():
            parties = cast("tuple[Party | Participant | str, ...]", value)
            return ", ".join(sorted({_code(party) for party in parties}))
        case _:
            return str(value)


def _key(value: object, text: str) -> _Key:
    match value:
        case ValidTime():
            latest = value.over
            return _Span(micros(value.earliest), math.inf if latest is None else micros(latest))
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
    """Return a time in words, with its zone, which a time of day names already."""
    words = value.display()
    return words if value.precision.is_moment else f"{words} ({value.zone})"


def _length_words(value: timedelta) -> str:
    """Return a length such as `1 h 30 min`."""
    minutes, seconds = divmod(value.seconds, 60)
    counts = {"d": value.days, "h": minutes // 60, "min": minutes % 60}
    words = [f"{count} {unit}" for unit, count in counts.items() if count]
    fraction = f"{value.microseconds / 1_000_000:.6f}".strip("0").rstrip(".")
    return " ".join([*words, f"{seconds}{fraction} s"] if seconds or fraction else words)


def _only_within(keys: Collection[_Key]) -> dict[_Key, _Key]:
    """Return for each key the one reading within it, which may be itself; none for several."""
    spans = [key for key in keys if isinstance(key, _Span)]
    words = [key for key in keys if isinstance(key, str)]
    return {key: key for key in words} | _only_spans(spans)


def _only_spans(spans: Collection[_Span]) -> dict[_Key, _Key]:
    """In the order of ends, a span has another within it if an earlier one begins no earlier.

    So the exact spans are sorted by both ends, and those within a span are neighbours.
    """
    exact: list[_Span] = []
    for span in sorted(spans, key=lambda span: (span.until, -span.earliest)):
        if not exact or span.earliest > exact[-1].earliest:
            exact.append(span)
    begins, ends = [span.earliest for span in exact], [span.until for span in exact]
    first = {span: bisect_left(begins, span.earliest) for span in spans}
    return {span: exact[i] for span, i in first.items() if bisect_right(ends, span.until) == i + 1}


def _merits(supporters: Sequence[_ClaimedValue]) -> _Merits:
    entries = [value.entry for value in supporters]
    return _Merits(
        len({_folded(entry.claim.source.outlet) for entry in entries}),
        max(_grade(entry.claim.grade) for entry in entries),
        max(entry.known for entry in entries),
        max(entry.claim.event_id for entry in entries),
    )


def _grade(grade: Grade | None) -> tuple[int, int]:
    """Return the better grade as the greater pair, with zero for what is not graded."""
    if grade is None:
        return 0, 0
    return _GRADE_RANKS.get(grade.reliability, 0), _GRADE_RANKS.get(grade.credibility, 0)
