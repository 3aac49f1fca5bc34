"""The oracle of fields: which of the values that claims give is preferred, and where they differ.

The naive form of the second half of section 4.5, and of section 4.6: every value is held against
every other one.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, cast
from uuid import UUID

from communique.domain.claims.values import Grade, Participant, Place
from communique.domain.model import Word
from communique.domain.parties.party import Party
from communique.domain.state.preferences import Disagreement, Preference, Reading
from communique.domain.text import folded
from communique.domain.time.edtf import CEILING, ValidTime

MICROSECOND = timedelta(microseconds=1)
MOMENTS = {"MINUTE", "SECOND", "MICROSECOND"}
BY_MERIT = (
    Preference.MORE_CERTAIN,
    Preference.MORE_OUTLETS,
    Preference.BETTER_GRADE,
    Preference.KNOWN_LATER,
    Preference.RANK,
)


class Span(NamedTuple):
    """The instants of a time, without its end; what is open ends with the calendar."""

    first: datetime
    until: datetime


class Voice(NamedTuple):
    """What one claim says of a field, and what counts for the claim."""

    value: object
    event_id: UUID
    first: datetime
    settled: datetime
    surety: int
    known: datetime
    outlet: str
    coded: bool
    grade: Grade | None


class Supported(NamedTuple):
    """A reading and its supporters in the order given; the greatest by merits is preferred."""

    merits: tuple[object, ...]
    key: Span | str
    supporters: list[Voice]


# --- what a value says ---------------------------------------------------------------------------


def start_of(occurred: ValidTime) -> ValidTime:
    """Return the beginning of an interval; any other time is its own."""
    return ValidTime.parse(occurred.edtf.partition("/")[0], occurred.zone)


def begins(occurred: ValidTime) -> Span:
    """Return the instants at which a time can begin as it is written: before it ends."""
    start = start_of(occurred)
    return Span(start.earliest, min(start.latest or CEILING, occurred.latest or CEILING))


def key(field: str, value: object) -> Span | str:
    """Return what makes two values of a field the same."""
    if not isinstance(value, ValidTime):
        return name(words(value) or str(value))
    return begins(value) if field == "occurred" else Span(value.earliest, value.over or CEILING)


def name(text: str) -> str:
    """Return a text in the form in which names are compared."""
    return folded(text) or text


def holds(outer: Span | str, inner: Span | str) -> bool:
    """Whether all that the inner key says lies within the outer one."""
    if isinstance(outer, Span) and isinstance(inner, Span):
        return outer.first <= inner.first and inner.until <= outer.until
    return outer == inner


def words(value: object) -> str:
    """Return a value in words; empty where it cannot be compared."""
    match value:
        case ValidTime():
            is_moment = value.precision.value in MOMENTS
            return value.display() if is_moment else f"{value.display()} ({value.zone})"
        case timedelta():
            minutes, seconds = divmod(value / timedelta(seconds=1), 60)
            hours, minutes = divmod(int(minutes), 60)
            days, hours = divmod(hours, 24)
            counts = [(f"{days}", "d"), (f"{hours}", "h"), (f"{minutes}", "min")]
            counts.append((f"{seconds:.6f}".rstrip("0").rstrip("."), "s"))
            return " ".join(f"{count} {unit}" for count, unit in counts if count != "0")
        case Place():
            return value.country or ""
        case Word():
            return value.value.lower().replace("_", " ")
        case tuple():
            members = cast("tuple[Party | Participant, ...]", value)
            parties = [it.party if isinstance(it, Participant) else it for it in members]
            return ", ".join(sorted({party.code for party in parties}))
        case _:
            return str(value)


def is_more_exact(one: object, other: object) -> bool:
    """Whether a value tells all that another one tells, and more."""
    return tells(one, other) and not tells(other, one)


def tells(one: object, other: object) -> bool:
    """Whether a value tells all that another one tells."""
    match one, other:
        case ValidTime(), ValidTime():
            has_end = other.is_interval and other.latest is not None
            is_same_end = one.is_interval and one.latest == other.latest
            return holds(begins(other), begins(one)) and (is_same_end or not has_end)
        case tuple(), tuple():
            return all(any(tells(mine, theirs) for mine in one) for theirs in other)
        case ((Place() | Party() | Participant()), (Place() | Party() | Participant())):
            return all(not theirs or tells(getattr(one, field), theirs) for field, theirs in other)
        case _:
            return one == other


# --- what several say ----------------------------------------------------------------------------


def not_said_again(voices: Sequence[Voice], surety: int) -> list[Voice]:
    """Return the voices that lie surely before no other of a surety or more."""
    later = [it for it in voices if it.surety >= surety]
    return [it for it in voices if not any(it.settled < other.first for other in later)]


def rank(voice: Voice) -> tuple[int, datetime, datetime, UUID]:
    """Return what decides between those who say the same."""
    return voice.surety, voice.first, voice.known, voice.event_id


def grade_rank(grade: Grade | None) -> tuple[int, int]:
    """Return the better grade as the greater pair; what is not graded is the least."""
    reliability = grade.reliability.value if grade and grade.reliability else "-"
    credibility = grade.credibility.value if grade and grade.credibility else "-"
    return "FEDCBA".find(reliability), "654321".find(credibility)


def readings(field: str, voices: Sequence[Voice]) -> list[Supported]:
    """Return the values that have no other one within them, the preferred one first.

    A claim speaks for the one reading within its value, or for none if there are several.
    """
    keys = {key(field, voice.value) for voice in voices}
    exact = [it for it in keys if not any(holds(it, other) for other in keys - {it})]
    supporters: dict[Span | str, list[Voice]] = {it: [] for it in exact}
    for voice in voices:
        within = [it for it in exact if holds(key(field, voice.value), it)]
        if len(within) == 1:
            supporters[within[0]].append(voice)
    found = [Supported(merits(those), it, those) for it, those in supporters.items()]
    return sorted(found, key=lambda reading: reading.merits, reverse=True)


def merits(supporters: Sequence[Voice]) -> tuple[object, ...]:
    """Return the merits of a reading in the order of `BY_MERIT`."""
    return (
        max(voice.surety for voice in supporters),
        len({name(voice.outlet) for voice in supporters if not voice.coded}),
        max(grade_rank(voice.grade) for voice in supporters),
        max(voice.known for voice in supporters),
        max((voice.first, voice.event_id) for voice in supporters),
    )


def preference(found: Sequence[Supported]) -> Preference:
    """Return the first merit in which the two most preferred readings differ."""
    if len(found) == 1:
        return Preference.ONLY_ONE
    pairs = zip(BY_MERIT, found[0].merits, found[1].merits, strict=True)
    return next(reason for reason, mine, theirs in pairs if mine != theirs)


def preferred(field: str, voices: Sequence[Voice]) -> tuple[Voice, Preference]:
    """Return who gives the preferred value, and why it is preferred."""
    found = readings(field, voices)
    first = found[0].supporters
    surest = [it for it in first if it.surety == max(voice.surety for voice in first)]
    best, *others = sorted(surest, key=rank, reverse=True)
    for voice in others:
        if is_more_exact(voice.value, best.value):
            best = voice
    return best, preference(found)


def disagreement(field: str, voices: Sequence[Voice]) -> Disagreement | None:
    """Return where the voices differ; None where they agree, or all their times meet."""
    found = readings(field, voices)
    spans = [reading.key for reading in found if isinstance(reading.key, Span)]
    meet = spans and max(it.first for it in spans) < min(it.until for it in spans)
    if len(found) < 2 or meet:
        return None
    reason = preference(found)
    return Disagreement(
        field=field,
        readings=tuple(
            Reading(
                value=next(words(it.value) for it in those if key(field, it.value) == said),
                event_ids=tuple(it.event_id for it in those[:1000]),
                outlet_count=len({name(it.outlet) for it in those}),
            )
            for _, said, those in found[:100]
        ),
        reason=reason.value.lower().replace("_", " "),
        preference=reason,
    )
