"""The table from PLOVER event types, modes and contexts to CAMEO codes, and so to event types.

PLOVER has 16 event types. A mode says how, a context about what; the first of a row's modes, then
of its contexts, that the table has for the type decides, else the type alone. By the CAMEO code
`cameo` then makes the event, so both schemes have one table of events. Where PLOVER joins what
CAMEO divides, the lesser is sure: a REQUEST is an appeal and no demand, an ASSAULT of no mode and
no military context is no use of armed force, a SANCTION of no mode is a reduction of relations.

`TABLE_VERSION` changes whenever a row would make another event.
"""

from collections.abc import Iterable
from typing import Final

from communique.importers import cameo

TABLE_VERSION: Final = f"communique-plover-1/{cameo.TABLE_VERSION}"

UNTRUE: Final = frozenset({"historical", "future", "hypothetical", "negation"})
"""Contexts that say that the deed was not done, or not then."""

_TYPE_ALONE: Final = ""
_CODES: Final[dict[str, dict[str, str]]] = {
    "AGREE": {
        _TYPE_ALONE: "030",
        "economic": "0311",
        "military": "0312",
        "legal": "0313",
        "intelligence": "0314",
        "humanitarian": "0333",
        "peacekeeping": "0334",
        "diplomatic": "032",
    },
    "CONSULT": {
        _TYPE_ALONE: "040",
        "phone": "041",
        "visit": "042",
        "third-party": "044",
        "multilateral": "040",
    },
    "SUPPORT": {_TYPE_ALONE: "050"},
    "COOPERATE": {
        _TYPE_ALONE: "060",
        "economic": "061",
        "military": "062",
        "legal": "063",
        "intelligence": "064",
    },
    "AID": {
        _TYPE_ALONE: "070",
        "asylum": "075",
        "humanitarian": "073",
        "peacekeeping": "074",
        "military": "072",
        "economic": "071",
    },
    "CONCEDE": {_TYPE_ALONE: "080"},
    "RETREAT": {
        _TYPE_ALONE: "080",
        "withdraw": "0874",
        "release": "0841",
        "return": "0842",
        "disarm": "0873",
        "ceasefire": "0871",
        "access": "086",
        "ease": "085",
    },
    "REQUEST": {
        _TYPE_ALONE: "020",
        "meet": "026",
        "change": "024",
        "yield": "025",
        "economic": "0211",
        "military": "0212",
        "legal": "0213",
        "intelligence": "0214",
        "humanitarian": "0233",
        "diplomatic": "022",
    },
    "DEMAND": {
        _TYPE_ALONE: "100",
        "meet": "106",
        "change": "104",
        "yield": "105",
        "assist": "101",
    },
    "ACCUSE": {
        _TYPE_ALONE: "110",
        "disapprove": "111",
        "allege": "112",
        "investigate": "090",
    },
    "REJECT": {
        _TYPE_ALONE: "120",
        "assist": "121",
        "change": "123",
        "yield": "124",
        "meet": "125",
    },
    "THREATEN": {
        _TYPE_ALONE: "130",
        "restrict": "131",
        "ban": "132",
        "arrest": "132",
        "relations": "1313",
        "expel": "136",
        "territory": "1382",
        "violence": "138",
    },
    "PROTEST": {
        _TYPE_ALONE: "140",
        "demo": "141",
        "hunger": "142",
        "strike-hun": "142",
        "strike": "143",
        "strike-gen": "143",
        "strike-lim": "143",
        "boycott": "143",
        "obstruct": "144",
        "riot": "145",
    },
    "SANCTION": {
        _TYPE_ALONE: "160",
        "convict": "116",
        "cancel": "164",
        "discontinue": "162",
        "expel": "166",
    },
    "MOBILIZE": {
        _TYPE_ALONE: "150",
        "troops": "154",
        "weapons": "152",
        "police": "153",
    },
    "COERCE": {
        _TYPE_ALONE: "170",
        "seize": "171",
        "confiscate": "1711",
        "restrict": "172",
        "ban": "1722",
        "censor": "1721",
        "curfew": "1723",
        "martial-law": "1724",
        "arrest": "173",
        "deport": "174",
    },
    "ASSAULT": {
        _TYPE_ALONE: "180",
        "abduct": "181",
        "beat": "182",
        "primitive": "182",
        "sexual": "1821",
        "torture": "1822",
        "explosives": "183",
        "suicide-attack": "1831",
        "assassinate": "186",
        "destroy": "1712",
        "firearms": "193",
        "heavy-weapons": "194",
        "aerial": "195",
        "cleansing": "203",
        "massacre": "202",
        "unconventional": "204",
        "military": "190",
    },
}
_ALIASES: Final = {"COOPERATION": "COOPERATE", "YIELD": "CONCEDE"}


class UnknownType(ValueError):
    """There is no such PLOVER event type."""


def known_type(word: str) -> str:
    """Return the event type as the table has it; raise `UnknownType` of another word."""
    upper = word.strip().upper()
    found = _ALIASES.get(upper, upper)
    if found not in _CODES:
        raise UnknownType(f"{word[:40]!r} is no PLOVER event type such as CONSULT")
    return found


def words_of(event_type: str) -> frozenset[str]:
    """Return the modes and contexts that decide the code of a known event type."""
    return frozenset(_CODES[event_type]) - {_TYPE_ALONE}


def code_of(event_type: str, modes: Iterable[str], contexts: Iterable[str]) -> str:
    """Return the CAMEO code of a known event type with its modes and contexts."""
    codes = _CODES[event_type]
    # A mode may repeat its type: `SANCTION-withdraw`.
    words = [mode.lower().removeprefix(f"{event_type.lower()}-") for mode in modes]
    words += [context.lower() for context in contexts]
    return next((codes[word] for word in words if word in codes), codes[_TYPE_ALONE])
