"""Texts for people: parties, types, times and counts."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import Enum
from typing import Final

from communique.domain.claims.event import Claim
from communique.domain.claims.values import Participant
from communique.domain.parties.party import Party, name_of
from communique.domain.state.element import StatusElement
from communique.domain.time.clocks import end_of_day
from communique.domain.time.zones import zone_named

_BOUNDARY: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NO_FREE_TEXT: Final = frozenset({"type", "code"})


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


def spaced(word: str) -> str:
    """Return a type or state in plain words: `talks refused` for `TalksRefused`."""
    return _BOUNDARY.sub(" ", word).replace("_", " ").replace("-", " ").lower()


def payload_text(claim: Claim) -> str:
    """Return the first free text of the payload, or an empty one."""
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
