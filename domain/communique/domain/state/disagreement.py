"""Disagreements: claims of one type about one subject that say different things.

Only claims that name the subject are compared: claims with the same derived key, such as all
stances of a party on an issue, are about different times. A field that a claim does not set says
nothing, and a denial says only that it denies. Only what can be compared is: words of a list,
codes, numbers, parties by code, places by country, lengths, and times by the instants at which they
can have begun, where it happens once (`ONCE`). Free text is never compared: two outlets word the
same thing in two ways. The length of an interval with times of day at both ends stands beside
stated lengths. What can be said again, such as a plan, is compared with what was not said surely
before. `preferences` says when values differ, and which of them is preferred.
"""

from collections.abc import Iterable, Iterator
from operator import attrgetter

from communique.domain.claims.event import Claim
from communique.domain.claims.payloads import ScheduleStated
from communique.domain.model import Word
from communique.domain.state.assertions import denies, state_of
from communique.domain.state.element import surety_of
from communique.domain.state.facets import ONCE
from communique.domain.state.preferences import (
    Disagreement,
    Voice,
    disagreement,
    grade_rank,
    key_of,
    latest_said,
    length_of,
    words_of,
)
from communique.domain.state.subject import SubjectEntry
from communique.domain.time.clocks import micros, window_of


def disagreements(entries: Iterable[SubjectEntry]) -> tuple[Disagreement, ...]:
    """Return where the claims that name a subject disagree, in the order of (type, field).

    The claims of a reading are in the order in which they were known, the latest first.
    """
    fields: dict[tuple[str, str, bool], list[Voice]] = {}
    named = (entry for entry in entries if entry.claim.subject)
    for entry in sorted(named, key=attrgetter("known", "claim.event_id"), reverse=True):
        can_repeat = state_of(entry.claim)[0] not in ONCE
        for field, value in _values(entry.claim):
            if text := words_of(value):
                name = entry.claim.payload.type, field, can_repeat and field != "polarity"
                fields.setdefault(name, []).append(_voice(entry, field, value, text))
    candidates = (
        disagreement(word, field, latest_said(voices) if can_repeat else voices)
        for (word, field, can_repeat), voices in sorted(fields.items())
    )
    return tuple(filter(None, candidates))


def _voice(entry: SubjectEntry, field: str, value: object, text: str) -> Voice:
    claim, known = entry
    window = window_of(claim.occurred, claim.known, known)
    return Voice(
        event_id=claim.event_id,
        value=value,
        text=text,
        key=key_of(field, value, text),
        surety=surety_of(claim, foreseen=window.foreseen),
        is_curated=not claim.is_coded,
        outlet=claim.source.outlet,
        grade=grade_rank(claim.grade),
        known=known,
        first=micros(window.first),
        settled=micros(window.settled),
    )


def _values(claim: Claim) -> Iterator[tuple[str, object]]:
    """Yield the fields in which claims can disagree, set or not."""
    yield "polarity", claim.polarity
    if denies(claim):
        return
    if isinstance(claim.payload, ScheduleStated):
        yield f"scheduled to {words_of(claim.payload.change)}", claim.payload.scheduled
        return
    if state_of(claim)[0] in ONCE:
        yield "occurred", claim.occurred
    for field in ("actors", "recipients", "participants", "place"):
        yield field, getattr(claim, field)
    for field, value in claim.payload:
        if field == "duration":
            yield field, value or length_of(claim.occurred)
        elif field == "code" or not isinstance(value, str) or isinstance(value, Word):
            yield field, value
