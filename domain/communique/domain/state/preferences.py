"""Which of the values that claims give for one field is preferred, and where they disagree.

Values are the same if their keys are equal. Times that all have an instant in common do not
disagree, and a less exact time agrees with a more exact one within it: August with 21 August. So
the readings of a field are its values with no other value within them. A less exact claim speaks
for the reading within its value, or for none if there are several: 2019, August and 21 August are
one reading of three claims, which is no disagreement; August, 21 and 22 August are two readings,
and the claim of August speaks for neither.

Of two readings the preferred one has the surer claim (a coded claim is less sure than a curated one
of its certainty); or else more outlets of curated claims; or else the better grade, of its best
claim (reliability first, ungraded last, then credibility likewise); or else was known later; or
else has the claim that began later, or the greater id.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, cast
from uuid import UUID

from communique.domain.claims.values import Credibility, Grade, Participant, Place, Reliability
from communique.domain.model import Model, Word
from communique.domain.parties.party import Party
from communique.domain.text import folded
from communique.domain.time.clocks import micros
from communique.domain.time.edtf import ValidTime

EVENT_IDS_MAX: Final = 1_000
"""The most claims that a step or a reading names; there may be more."""
READINGS_MAX: Final = 100
_GRADE_RANKS: Final[dict[Word | None, int]] = {
    word: rank
    for words in (Reliability, Credibility)
    for rank, word in enumerate(reversed(words), 1)
}


class Preference(Word):
    """Why one value is preferred to the others."""

    ONLY_ONE = "ONLY_ONE"
    SAID_LATER = "SAID_LATER"
    MORE_CERTAIN = "MORE_CERTAIN"
    MORE_OUTLETS = "MORE_OUTLETS"
    BETTER_GRADE = "BETTER_GRADE"
    KNOWN_LATER = "KNOWN_LATER"
    RANK = "RANK"


_BY_MERIT: Final = (
    Preference.MORE_CERTAIN,
    Preference.MORE_OUTLETS,
    Preference.BETTER_GRADE,
    Preference.KNOWN_LATER,
    Preference.RANK,
)


class Reading(Model):
    """One value of a field in text form, and the claims that speak for it, in the order given.

    `event_ids` are the first 1,000 of these claims; `outlet_count` counts the outlets of all.
    `value` is in the words of the first of the most exact claims.
    """

    value: str
    event_ids: tuple[UUID, ...]
    outlet_count: int


class Disagreement(Model):
    """A field in which claims say different things, and why the first reading is preferred.

    `type` is that of the claims; it is empty in an element, whose state says what they claim.
    `readings` are the 100 most preferred ones; `reason` is `preference` in words.
    """

    type: str = ""
    field: str
    readings: tuple[Reading, ...]
    reason: str
    preference: Preference


class _Range(NamedTuple):
    """The instants in which a time begins, in microseconds; `until` (exclusive) may be infinite."""

    first: int
    until: float


Key = str | _Range
"""Two values are the same if their keys are equal; all keys of one field are of one kind."""


class Voice(NamedTuple):
    """What one claim says of a field.

    Attributes:
        event_id: of the claim.
        value: what it says.
        text: the value in words, not empty.
        key: of the value.
        surety: how sure the claim is, the greater the surer: see `element.Rank`.
        is_curated: whether a person submitted it.
        outlet: who published it.
        grade: our grade of it, the better the greater; (0, 0) for none.
        known: when it could be known, aware UTC.
        first: the first instant at which what it claims can have begun, in microseconds.
        settled: the instant by which it must have begun, in microseconds.
    """

    event_id: UUID
    value: object
    text: str
    key: Key
    surety: int
    is_curated: bool
    outlet: str
    grade: tuple[int, int]
    known: datetime
    first: int
    settled: int


class _Merits(NamedTuple):
    """The merits of one reading, in the order of `_BY_MERIT`; the greatest is preferred."""

    surety: int
    outlet_count: int
    grade: tuple[int, int]
    known: datetime
    rank: tuple[int, UUID]


class _Supported(NamedTuple):
    """A reading, its supporters in the order given, and their merits."""

    key: Key
    supporters: list[Voice]
    merits: _Merits


def disagreement(word: str, field: str, voices: Sequence[Voice]) -> Disagreement | None:
    """Return the disagreement of what claims say of one field; None where they agree.

    `word` is the type of the claims; their order is that of a reading's claims.
    """
    readings = _by_preference(voices)
    if len(readings) < 2 or _all_meet([reading.key for reading in readings]):  # noqa: PLR2004
        return None
    preference = _preference(readings)
    return Disagreement(
        type=word,
        field=field,
        readings=tuple(_reading(reading) for reading in readings[:READINGS_MAX]),
        reason=words_of(preference),
        preference=preference,
    )


def preferred(voices: Sequence[Voice]) -> tuple[Voice, Preference]:
    """Return who gives the preferred value of a field, of at least one voice, and why.

    Of the surest claims for the preferred reading that is the one of the greatest rank; or, where
    others are more exact and say nothing else, the greatest of those.
    """
    readings = _by_preference(voices)
    first = readings[0]
    surest = [voice for voice in first.supporters if voice.surety == first.merits.surety]
    ranked = sorted(surest, key=_rank, reverse=True)
    best = ranked[0]
    for voice in ranked:
        if is_within(voice.value, best.value) and not is_within(best.value, voice.value):
            best = voice
    return best, _preference(readings)


def _preference(readings: Sequence[_Supported]) -> Preference:
    if len(readings) == 1:
        return Preference.ONLY_ONE
    pairs = zip(_BY_MERIT, readings[0].merits, readings[1].merits, strict=True)
    return next(preference for preference, first, second in pairs if first != second)


def _rank(voice: Voice) -> tuple[int, int, datetime, UUID]:
    return voice.surety, voice.first, voice.known, voice.event_id


def _by_preference(voices: Sequence[Voice]) -> list[_Supported]:
    """Return the readings, the preferred one first."""
    within = _only_within({voice.key for voice in voices})
    supporters: dict[Key, list[Voice]] = {}
    for voice in voices:
        if key := within.get(voice.key):
            supporters.setdefault(key, []).append(voice)
    readings = [_Supported(key, those, _merits(those)) for key, those in supporters.items()]
    return sorted(readings, key=lambda reading: reading.merits, reverse=True)


def _reading(reading: _Supported) -> Reading:
    return Reading(
        value=next(voice.text for voice in reading.supporters if voice.key == reading.key),
        event_ids=tuple(voice.event_id for voice in reading.supporters[:EVENT_IDS_MAX]),
        outlet_count=len({folded_or_same(voice.outlet) for voice in reading.supporters}),
    )


def _merits(supporters: Sequence[Voice]) -> _Merits:
    outlets = {folded_or_same(voice.outlet) for voice in supporters if voice.is_curated}
    return _Merits(
        max(voice.surety for voice in supporters),
        len(outlets),
        max(voice.grade for voice in supporters),
        max(voice.known for voice in supporters),
        max((voice.first, voice.event_id) for voice in supporters),
    )


def grade_rank(grade: Grade | None) -> tuple[int, int]:
    """Return the better grade as the greater pair, with zero for what is not graded."""
    if grade is None:
        return 0, 0
    return _GRADE_RANKS.get(grade.reliability, 0), _GRADE_RANKS.get(grade.credibility, 0)


def is_within(inner: object, outer: object) -> bool:
    """Whether one value is as exact as another or more so, and says nothing else."""
    match inner, outer:
        case ValidTime(), ValidTime():
            return _is_time_within(inner, outer)
        case Place(), Place():
            return all(not theirs or theirs == mine for mine, theirs in _pairs(inner, outer))
        case tuple(), tuple():
            ours = cast("tuple[Party | Participant, ...]", inner)
            those = cast("tuple[Party | Participant, ...]", outer)
            return all(any(_is_party_within(mine, theirs) for mine in ours) for theirs in those)
        case _:
            return inner == outer


def _is_party_within(inner: Party | Participant | str, outer: Party | Participant | str) -> bool:
    match inner, outer:
        case Party(), Party():
            return all(not theirs or theirs == mine for mine, theirs in _pairs(inner, outer))
        case Participant(), Participant():
            is_role = outer.role is None or inner.role is outer.role
            return is_role and _is_party_within(inner.party, outer.party)
        case _:
            return inner == outer


def _pairs(inner: Model | Party, outer: Model | Party) -> Iterable[tuple[Any, Any]]:
    return ((getattr(inner, name), theirs) for name, theirs in vars(outer).items())


def _is_time_within(inner: ValidTime, outer: ValidTime) -> bool:
    starts = outer.earliest <= inner.earliest and inner.start_range_end <= outer.start_range_end
    if not outer.is_interval or outer.latest is None:
        return starts
    return starts and inner.is_interval and inner.latest == outer.latest


def words_of(value: object) -> str:  # noqa: PLR0911  one way for each kind of value
    """Return a value in words; empty where it says nothing that could be compared."""
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


def key_of(field: str, value: object, text: str) -> Key:
    """Return the key of a field's value, given its words.

    What occurred is compared by when it began, a due date by the whole of its interval.
    """
    if not isinstance(value, ValidTime):
        return folded_or_same(text)
    until = value.start_range_end if field == "occurred" else value.over
    return _Range(micros(value.earliest), math.inf if until is None else micros(until))


def latest_said(voices: Sequence[Voice], surety_min: int = 0) -> list[Voice]:
    """Return the voices without those that lie surely before a later saying: it replaces them.

    That is right of what can be said again, such as a stance or a plan. A saying that is less sure
    than `surety_min` replaces nothing.
    """
    replacing = [voice.first for voice in voices if voice.surety >= surety_min]
    return [voice for voice in voices if not replacing or voice.settled >= max(replacing)]


def _code(party: Party | Participant | str) -> str:
    match party:
        case Party():
            return party.code
        case Participant():
            return party.party.code
        case _:
            return party


def folded_or_same(text: str) -> str:
    """Return a text in the form in which names are compared."""
    return folded(text) or text


def length_of(occurred: ValidTime) -> timedelta | None:
    """Return the length of an interval with times of day at both ends."""
    if occurred.latest is None or not occurred.is_interval or not occurred.precision.is_moment:
        return None
    return occurred.latest - occurred.earliest


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


def _all_meet(keys: Sequence[Key]) -> bool:
    """Whether all are times that have an instant in common."""
    ranges = [key for key in keys if isinstance(key, _Range)]
    if len(ranges) < len(keys):
        return False
    return max(key.first for key in ranges) < min(key.until for key in ranges)


def _only_within(keys: Collection[Key]) -> dict[Key, Key]:
    """Return for each key the one reading within it, which may be itself; none for several."""
    ranges = [key for key in keys if isinstance(key, _Range)]
    words = [key for key in keys if isinstance(key, str)]
    return {key: key for key in words} | _only_ranges(ranges)


def _only_ranges(ranges: Collection[_Range]) -> dict[_Range, _Range]:
    """In the order of ends, a range has another within it if an earlier one begins no earlier.

    So the exact ranges are sorted by both ends, and those within a range are neighbours.
    """
    exact: list[_Range] = []
    for key in sorted(ranges, key=lambda key: (key.until, -key.first)):
        if not exact or key.first > exact[-1].first:
            exact.append(key)
    begins, ends = [key.first for key in exact], [key.until for key in exact]
    start = {key: bisect_left(begins, key.first) for key in ranges}
    return {key: exact[i] for key, i in start.items() if bisect_right(ends, key.until) == i + 1}
