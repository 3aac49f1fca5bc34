"""Time zones by their IANA name."""

from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from communique.domain.text import closest

NAME_LENGTH_MAX: Final = 64
_LIKENESS_MIN: Final = 0.75


class UnknownZone(ValueError):
    """The name is not in the IANA time zone database."""


@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo:
    """Return the zone called `name`, such as `Asia/Seoul`, exactly so spelled.

    Raises:
        UnknownZone: there is none; the message offers the closest.
    """
    if name in _names():
        return ZoneInfo(name)
    if len(name) > NAME_LENGTH_MAX:
        raise UnknownZone(f"a time zone's name has at most {NAME_LENGTH_MAX} characters")
    raise UnknownZone(f"unknown time zone {name!r}{_hint(name)}")


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())


def _hint(name: str) -> str:
    zones = {zone.rpartition("/")[2].casefold(): zone for zone in sorted(_names())}  # by city
    zones |= {zone.casefold(): zone for zone in sorted(_names())}
    near = closest(name.strip().casefold().replace(" ", "_"), zones, _LIKENESS_MIN)
    return f": did you mean {zones[near]}?" if near else ": give an IANA name such as Asia/Seoul"
