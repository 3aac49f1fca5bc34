"""Whom the names of ICEWS stand for: states, organisations, their organs, and people of the day."""

import re
from datetime import date
from functools import lru_cache
from typing import Final

from communique.domain.parties.data.aliases import ALIASES
from communique.domain.parties.data.codes import ORGANISATIONS, STATES
from communique.domain.parties.party import Party
from communique.domain.text import folded
from communique.importers.acting_for import ActingFor
from communique.importers.icews_actors import NAMED_ORGANS, ORGANS, PARTIES
from communique.importers.report import Skip

_ORGAN: Final = re.compile(r"(?P<organ>.+?) \((?P<country>[^()]+(?:\([^()]*\))?)\)")
_NAMES: Final = {name: code for code, name in (STATES | ORGANISATIONS).items()}
_CODE_OF: Final = {folded(name): code for name, code in (_NAMES | ALIASES | PARTIES).items()}
_SECTOR_OF: Final = {organ: sector for sector, organs in ORGANS.items() for organ in organs}


def code_of(name: str) -> str | None:
    """Return the code of a state or organisation by a name that datasets give it, or None."""
    return _CODE_OF.get(folded(name))


def party_of(name: str, day: date, acting_for: ActingFor) -> Party | Skip:
    """Return the party of an actor's name on a day, or the reason why it has none."""
    party = _party(name)
    return acting_for.party_of(name, day) or party if isinstance(party, Skip) else party


@lru_cache(maxsize=1 << 16)
def _party(name: str) -> Party | Skip:
    if name in NAMED_ORGANS:
        party_code, sector = NAMED_ORGANS[name]
        return Party(code=party_code, organ=name, sector=sector)
    match = _ORGAN.fullmatch(name) if code_of(name) is None else None
    organ, country = (match["organ"], match["country"]) if match else ("", name)
    code = code_of(country)
    if code is None:
        return Skip.NO_COUNTRY
    if not organ:
        return Party(code=code)
    if organ not in _SECTOR_OF:
        return Skip.NON_STATE
    return Party(code=code, organ=organ, sector=_SECTOR_OF[organ] if code in STATES else "")
