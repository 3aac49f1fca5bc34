"""Texts for people: parties, types, times and counts."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import Enum
from typing import Final

from communique.domain.claims.event import Claim
from communique.domain.claims.payloads import ScheduleStated
from communique.domain.claims.values import Grade, Participant, Place
from communique.domain.claims.words import Finality, ScheduledChange
from communique.domain.parties.party import Party, name_of
from communique.domain.state.element import StatusElement
from communique.domain.state.facets import State
from communique.domain.state.pattern import PatternWindow
from communique.domain.state.preferences import Preference
from communique.domain.time.clocks import end_of_day
from communique.domain.time.zones import zone_named

_BOUNDARY: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NO_FREE_TEXT: Final = frozenset({"type", "code"})

FINALITIES: Final = {
    Finality.WILL_NOT: "says that it will not",
    Finality.NOT_NOW: "says not now",
    Finality.CONDITIONAL: "sets conditions",
}
PREFERENCES: Final = {
    Preference.ONLY_ONE: "the only one given",
    Preference.SAID_LATER: "said later",
    Preference.MORE_CERTAIN: "more certain",
    Preference.MORE_OUTLETS: "told by more outlets",
    Preference.BETTER_GRADE: "better graded",
    Preference.KNOWN_LATER: "known later",
    Preference.RANK: "the last of equals",
}
"""Why a value is preferred, to follow "preferred as"."""
_FIELDS: Final = {
    "occurred": "when",
    "actors": "by whom",
    "recipients": "to whom",
    "participants": "who takes part",
    "duration": "length",
    "count": "how many",
    "scheduled": "date due",
}
_CHANGES: Final = {
    ScheduledChange.BEGIN: "begin",
    ScheduledChange.TAKE_EFFECT: "take effect",
    ScheduledChange.END: "end",
    ScheduledChange.BE_ANSWERED: "be answered",
}
_DUE: Final[dict[State | None, tuple[str, str]]] = {
    State.STARTED: ("begin", "did"),
    State.RESUMED: ("begin", "did"),
    State.IN_FORCE: ("be in force", "is"),
    State.LIFTED: ("be lifted", "was"),
    State.ENDED: ("end", "did"),
    None: ("be answered", "was"),
}
"""What is due by the state that it would lead to, and the verb that would confirm it."""


def who(source: Claim | StatusElement) -> str:
    """Return who takes part: `Taro Kono (JPN) → South Korea`."""
    if source.participants:
        return ", ".join(map(_participant, source.participants))
    sides = (", ".join(map(party, side)) for side in (source.actors, source.recipients) if side)
    return " → ".join(sides)


def party(member: Party) -> str:
    """Return the most specific name of a party: its person, office, organ, sector or country."""
    name = member.person or member.office or member.organ or member.sector
    return f"{name} ({member.code})" if name else name_of(member.code)


def _participant(participant: Participant) -> str:
    name = party(participant.party)
    if participant.role is None:
        return name
    role = participant.role.value.lower()
    return f"{name[:-1]}, {role})" if name.endswith(")") else f"{name} ({role})"


def speakers(source: Claim | StatusElement) -> str:
    """Return the chain of who said it, such as `an unnamed source, who quotes Wang Yi`."""
    return ", who quotes ".join(
        (attribution.speaker or "an unnamed source")
        + (f" to {attribution.addressee}" if attribution.addressee else "")
        for attribution in source.attributions
    )


def pattern(window: PatternWindow) -> str:
    """Return what was reported in a window, such as `90 days: 12 coded events on 8 days: ...`."""
    events = f"{counted(window.event_count, 'coded event')} on {counted(window.day_count, 'day')}"
    parts = (
        f"{window.cooperation_count:,} cooperate",
        f"{window.consultation_count:,} consult",
        f"{window.verbal_conflict_count:,} conflict in words",
        f"{window.material_conflict_count:,} in deeds",
    )
    return f"last {window.days} days: {events}: {', '.join(parts)}"


def spaced(word: str) -> str:
    """Return a type or state in plain words: `talks refused` for `TalksRefused`."""
    return _BOUNDARY.sub(" ", word).replace("_", " ").replace("-", " ").lower()


def due_words(due: State | None, now: State) -> tuple[str, str]:
    """Return what is due, and the verb of a report that it came about: `end` and `did`.

    `due` is the state that it would lead to, None for an answer; `now` the state that stands.
    """
    if due is State.RESUMED and now is State.SUSPENDED:
        return "resume", "did"
    return _DUE[due]


def field(name: str) -> str:
    """Return the name of an element's or a claim's field in plain words."""
    return _FIELDS.get(name, spaced(name))


def place(where: Place | None) -> str:
    """Return a place as `Beijing, China`; empty for none."""
    if where is None:
        return ""
    return listed((where.name, name_of(where.country) if where.country else ""))


def grade(given: Grade | None) -> str:
    """Return our grade to follow other words, such as `, graded B2`; empty for none."""
    letters = (given.reliability, given.credibility) if given else ()
    code = "".join(letter.value for letter in letters if letter)
    return f", graded {code}" if code else ""


def payload_text(claim: Claim) -> str:
    """Return the first free text of the payload, or an empty one; of a schedule what is due."""
    if isinstance(claim.payload, ScheduleStated):
        change, when = _CHANGES[claim.payload.change], claim.payload.scheduled.display()
        due = f"{spaced(claim.payload.kind.value)} due to {change} {when}"
        return listed((due, claim.payload.statement), ": ")
    values = (value for name, value in claim.payload if name not in _NO_FREE_TEXT)
    texts = (value for value in values if isinstance(value, str) and not isinstance(value, Enum))
    return next(filter(None, texts), "")


def moment(instant: datetime, zone: str) -> str:
    """Return an instant in a zone: `21 Aug 2019 16:30 KST`, or `the end of 20 Aug 2019`."""
    local = local_time(instant, zone)
    day = f"{local.day} {local:%b %Y}"
    if instant == end_of_day(f"{local:%Y-%m-%d}", zone):
        return f"the end of {day}"
    clock = f"{local:%H:%M}" if local.second == 0 else f"{local:%H:%M:%S}"
    return f"{day} {clock} {local.tzname()}"


def local_time(instant: datetime, zone: str) -> datetime:
    """Return an instant in a zone."""
    try:
        return instant.astimezone(zone_named(zone))
    except OverflowError:  # the last hours of 9999 are in the year 10000 further east
        return instant


def counted(count: int, singular: str, plural: str = "") -> str:
    """Return `1 event`, or `2,000 events`."""
    return f"{count:,} {singular if count == 1 else plural or f'{singular}s'}"


def listed(texts: Iterable[str], separator: str = ", ") -> str:
    """Return the texts that are not empty, joined."""
    return separator.join(filter(None, texts))


def ids(event_ids: Sequence[object]) -> str:
    """Return event ids, joined."""
    return ", ".join(map(str, event_ids))
