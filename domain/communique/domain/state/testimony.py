"""Testimony: what the witnesses of a winner make of its element, field by field.

Each field has the value that the witnesses prefer. A coded claim is counted, and gives no field to
another's element. A claim that is silent on a field neither contradicts nor erases it.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from communique.domain.state.element import FieldOrigin
from communique.domain.state.facets import ONCE
from communique.domain.state.preferences import (
    Disagreement,
    Preference,
    Voice,
    disagreement,
    folded_or_same,
    grade_rank,
    key_of,
    latest_said,
    length_of,
    preferred,
    words_of,
)
from communique.domain.state.winners import FacetClaim

WITNESSES_LISTED_MAX: Final = 8
_COMPARABLE: Final = (
    "actors",
    "recipients",
    "participants",
    "level",
    "format",
    "place",
    "duration",
    "count",
    "finality",
    "likelihood",
)
_FIELDS: Final = ("occurred", *_COMPARABLE, "statement", "grounds", "gist")


def told_by(witnesses: Sequence[FacetClaim]) -> dict[str, Any]:
    """Return what several witnesses make of the winner's element: its fields and its counts."""
    winner = witnesses[0]
    listed = [witness.element for witness in witnesses[:WITNESSES_LISTED_MAX]]
    outlets = {folded_or_same(witness.element.outlet) for witness in witnesses}
    coded_count = sum(witness.element.coded for witness in witnesses)
    changes: dict[str, Any] = {
        "event_ids": tuple(element.event_ids[0] for element in listed),
        "witnesses": tuple(witness for element in listed for witness in element.witnesses),
        "witness_count": len(witnesses),
        "outlet_count": len(outlets),
        "report_count": coded_count,
        "coded": coded_count == len(witnesses),
    }
    speaking = speaking_of(witnesses)
    if len(speaking) == 1:
        return changes
    can_repeat = winner.element.state not in ONCE
    origins, disagreements = list[FieldOrigin](), list[Disagreement]()
    for field in _FIELDS:
        voices = _voices(field, speaking)
        if voices and (choice := choice_of(voices, winner, can_repeat=can_repeat)).is_borrowed:
            event_id, value, *_ = choice.voice
            changes[field] = value
            origins.append(FieldOrigin(field=field, event_id=event_id, reason=choice.reason))
        is_compared = field in _COMPARABLE or (field == "occurred" and not can_repeat)
        if is_compared and (found := _disagreement(field, voices, speaking, can_repeat=can_repeat)):
            disagreements.append(found)
    return changes | {"origins": tuple(origins), "disagreements": tuple(disagreements)}


def speaking_of(witnesses: Sequence[FacetClaim]) -> list[FacetClaim]:
    """Return the witnesses that give fields: the winner and the curated ones."""
    winner, *others = witnesses
    return [winner, *(claim for claim in others if not claim.element.coded)]


def _voices(field: str, witnesses: Sequence[FacetClaim]) -> list[Voice]:
    """Return what the witnesses that state a field say of it."""
    return [
        voice_of(field, witness, value)
        for witness in witnesses
        if (value := getattr(witness.element, field)) not in (None, "", ())
    ]


def voice_of(field: str, claim: FacetClaim, value: object) -> Voice:
    """Return a claim's voice for a value of a field."""
    element, text = claim.element, words_of(value)
    [witness] = element.witnesses
    return Voice(
        event_id=witness.event_id,
        value=value,
        text=text,
        key=key_of(field, value, text or str(value)),
        surety=claim.rank.surety,
        is_curated=not element.coded,
        outlet=element.outlet,
        grade=grade_rank(witness.grade),
        known=element.known,
        first=claim.rank.first,
        settled=claim.settled,
    )


class Choice(NamedTuple):
    """Who gives the preferred value of a field, why, and whether that is not the winner's own."""

    voice: Voice
    reason: Preference
    is_borrowed: bool


def choice_of(voices: Sequence[Voice], winner: FacetClaim, *, can_repeat: bool) -> Choice:
    """Return who gives the preferred value of a field, of at least one voice.

    A value that the winner gives too is the winner's own.
    """
    last = latest_said(voices, winner.rank.surety) if can_repeat else voices
    voice, reason = preferred(last)
    if reason is Preference.ONLY_ONE and len(last) < len(voices):
        reason = Preference.SAID_LATER
    winner_id = winner.element.event_ids[0]
    own = (it for it in last if it.event_id == winner_id and it.value == voice.value)
    return Choice(voice, reason, next(own, None) is None)


def _disagreement(
    field: str, voices: Sequence[Voice], witnesses: Sequence[FacetClaim], *, can_repeat: bool
) -> Disagreement | None:
    """Return where witnesses say different things of a field; a length stands beside durations."""
    if field == "duration":
        silent = [it for it in witnesses if it.element.duration is None]
        lengths = ((it, length_of(it.element.occurred)) for it in silent)
        voices = [*voices, *(voice_of(field, it, length) for it, length in lengths if length)]
    compared = [voice for voice in voices if voice.text]
    last = latest_said(compared, witnesses[0].rank.surety) if can_repeat else compared
    return disagreement("", field, last)


def denied(witnesses: Sequence[FacetClaim], denials: Sequence[FacetClaim]) -> list[Disagreement]:
    """Return the disagreement of the witnesses with those who deny what they say, if any do."""
    if not denials:
        return []
    voices = [voice_of("polarity", it, it.element.polarity) for it in (*witnesses, *denials)]
    found = disagreement("", "polarity", voices)
    return [found] if found else []
