"""Words for people: who, what, when and how sure."""

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
_NO_WORDS: Final = frozenset({"type", "code"})


def who(cast: Claim | StatusElement) -> str:
    """Return who takes part: `Taro Kono (JPN) → South Korea`."""
    if cast.participants:
        return ", ".join(map(_participant, cast.participants))
    sides = (", ".join(map(party, side)) for side in (cast.actors, cast.recipients) if side)
    return " → ".join(sides)


def party(one: Party) -> str:
    """Return the closest that is known of who it is: a person, an office, ... or the country."""
    closest = one.person or one.office or one.organ or one.sector
    return f"{closest} ({one.code})" if closest else name_of(one.code)


def _participant(one: Participant) -> str:
    if one.role is None:
        return party(one.party)
    said = party(one.party)
    role = one.role.value.lower()
    return f"{said[:-1]}, {role})" if said.endswith(")") else f"{said} ({role})"


def spaced(word: str) -> str:
    """Return a type or state in plain words: `talks refused` of `TalksRefused`."""
    return _BOUNDARY.sub(" ", word).replace("_", " ").replace("-", " ").lower()


def told(claim: Claim) -> str:
    """Return the first that the payload says in words of its own, or an empty text."""
    texts = (value for name, value in claim.payload if name not in _NO_WORDS)
    return next((it for it in texts if it and isinstance(it, str) and not isinstance(it, Enum)), "")


def moment(instant: datetime, zone: str) -> str:
    """Return an instant in a zone: `21 Aug 2019 16:30 KST`, or `the end of 20 Aug 2019`."""
    local = _shifted(instant, zone)
    day = f"{local.day} {local:%b %Y}"
    if instant == end_of_day(f"{local:%Y-%m-%d}", zone):
        return f"the end of {day}"
    clock = f"{local:%H:%M}" if local.second == 0 else f"{local:%H:%M:%S}"
    return f"{day} {clock} {local.tzname()}"


def _shifted(instant: datetime, zone: str) -> datetime:
    try:
        return instant.astimezone(zone_named(zone))
    except OverflowError:  # the last hours of 9999 are in the year 10000 further east
        return instant


def counted(count: int, one: str, many: str = "") -> str:
    """Return `1 event`, or `2,000 events`."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def listed(words: Iterable[str], joint: str = ", ") -> str:
    """Return the words that are not empty, joined."""
    return joint.join(filter(None, words))


def ids(event_ids: Sequence[object]) -> str:
    """Return event ids, one after the other."""
    return ", ".join(map(str, event_ids))
