"""The table from CAMEO event codes to event types.

The longest prefix of a code decides; a code that no entry fits is a `CodedEventReported`. Every
event keeps the raw code, and `TABLE_VERSION`, which changes whenever a code would make another
event.

| code | event |
|---|---|
| 012, 013 | OutlookAssessed, negative or positive |
| 026 to 028 | DialogueUrged |
| 04x | MeetingHeld; 041 by phone; of a visit the host is known, of 045 the mediator |
| 057 | AgreementSigned |
| 085 | MeasureLifted |
| 10x | DemandMade, but 106: TalksProposed |
| 11x | StanceStated |
| 125 | TalksRefused |
| 161 | RelationsChanged, downgraded: the code says "reduce or break", and the lesser is sure |
| 163 | MeasureTookEffect |
| 164 | TalksSuspended |

Coded events name no subject: a row does not say which meeting or measure it is about, and a subject
for each row would give a dyad as many facets as it has rows.
"""

from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar

from communique.domain.claims import payloads
from communique.domain.claims.payloads import ClaimPayload
from communique.domain.claims.values import (
    Certainty,
    Credibility,
    Grade,
    Participant,
    Reliability,
    Role,
)
from communique.domain.claims.words import MeetingFormat, Outlook, RelationsChange
from communique.domain.parties.party import Party
from communique.domain.text import folded
from communique.importers.cameo_names import CODES

TABLE_VERSION: Final = "communique-cameo-1"

CERTAINTY: Final = Certainty.PROBABLE
"""The certainty of every coded event: its text reports a fact, but only a machine has read it.

So a certain claim that a person entered stays the last certain one beside later coded rows, and
coded rows still count where certain and probable claims do.
"""

GRADE: Final = Grade(reliability=Reliability.F, credibility=Credibility.CANNOT_BE_JUDGED)
"""The grade of every coded event: nobody has judged source or claim."""

_VISIT: Final = "042"
_HOSTING: Final = "043"
_TOGETHER: Final = frozenset({"04", "040", "041", _VISIT, _HOSTING, "044", "046", "057"})
_RECIPROCAL: Final = ("030", "031", "032", "036", "037", "050", "06", "0871", "164", "193", "194")
_CODE_LENGTH_MIN: Final = 2

_TYPES: Final[dict[str, Callable[[str], ClaimPayload]]] = {
    "012": lambda name: payloads.OutlookAssessed(outlook=Outlook.NEGATIVE, assessment=name),
    "013": lambda name: payloads.OutlookAssessed(outlook=Outlook.POSITIVE, assessment=name),
    "026": lambda name: payloads.DialogueUrged(appeal=name),
    "027": lambda name: payloads.DialogueUrged(appeal=name),
    "028": lambda name: payloads.DialogueUrged(appeal=name),
    "04": lambda _: payloads.MeetingHeld(),
    "041": lambda _: payloads.MeetingHeld(format=MeetingFormat.PHONE),
    "057": lambda _: payloads.AgreementSigned(),
    "085": lambda _: payloads.MeasureLifted(),
    "10": lambda name: payloads.DemandMade(demand=name),
    "106": lambda name: payloads.TalksProposed(proposal=name),
    "11": lambda name: payloads.StanceStated(position=name),
    "125": lambda _: payloads.TalksRefused(),
    "161": lambda _: payloads.RelationsChanged(change=RelationsChange.DOWNGRADED),
    "163": lambda name: payloads.MeasureTookEffect(measure=name),
    "164": lambda _: payloads.TalksSuspended(),
}

_ISSUES: Final = {
    "aid": ("023", "033", "07", "103", "122", "1311", "162"),
    "asylum": ("075",),
    "corruption": ("091", "1121"),
    "de-escalation": ("0256", "0356", "087", "1056", "1246"),
    "detainees": ("0253", "0353", "0841", "1053", "1243"),
    "diplomatic-cooperation": ("022", "032", "050", "102"),
    "diplomatic-relations": ("054", "1313", "161"),
    "dispute-settlement": ("027", "037", "107", "127"),
    "economic-aid": ("0231", "0331", "071", "1031", "1221", "1621"),
    "economic-cooperation": ("0211", "0311", "061", "1011", "1211"),
    "espionage": ("1125",),
    "human-rights": ("0243", "0343", "0833", "092", "1043", "1122", "1233"),
    "humanitarian-aid": ("0233", "0333", "073", "0863", "1033", "1223", "1623", "1663"),
    "intelligence-cooperation": ("0214", "0314", "064", "1014", "1214"),
    "judicial-cooperation": ("0213", "0313", "063", "1013", "1213"),
    "material-cooperation": ("021", "031", "060", "101", "121"),
    "mediation": ("028", "038", "039", "045", "108", "126", "135", "165"),
    "military-aid": ("0232", "0332", "072", "1032", "1222", "1622"),
    "military-cooperation": ("0212", "0312", "062", "1012", "1212"),
    "peacekeeping": ("0234", "0334", "074", "0861", "1034", "1224", "1661"),
    "political-reform": ("024", "034", "083", "104", "123"),
    "sanctions": ("0254", "0354", "085", "1054", "1244", "1312", "163"),
    "war-crimes": ("094", "1124"),
}
_ISSUE_OF: Final = {prefix: slug for slug, prefixes in _ISSUES.items() for prefix in prefixes}

_PLOVER: Final = {
    "AGREE": ("03",),
    "CONSULT": ("04",),
    "SUPPORT": ("05",),
    "COOPERATE": ("06",),
    "AID": ("07",),
    "CONCEDE": ("08",),
    "RETREAT": ("0813", "0814", "084", "085", "086", "087"),
    "ACCUSE": ("09", "11"),
    "REQUEST": ("10",),
    "REJECT": ("12",),
    "THREATEN": ("13",),
    "PROTEST": ("14",),
    "MOBILIZE": ("15",),
    "SANCTION": ("16",),
    "COERCE": ("163", "17", "191", "192"),
    "ASSAULT": ("1712", "175", "18", "19", "20"),
}
_PLOVER_OF: Final = {prefix: word for word, prefixes in _PLOVER.items() for prefix in prefixes}

T = TypeVar("T")


class UnknownCode(ValueError):
    """There is no such CAMEO code."""


class Cast(NamedTuple):
    """Who took part in a coded event, as the fields of a claim."""

    actors: tuple[Party, ...] = ()
    recipients: tuple[Party, ...] = ()
    participants: tuple[Participant, ...] = ()


def known_code(code: str) -> str:
    """Return `code`; raise `UnknownCode` if it is malformed or begins with no CAMEO code."""
    sound = code.isascii() and code.isdigit() and _CODE_LENGTH_MIN <= len(code) <= 4  # noqa: PLR2004
    if not sound or _longest(CODES, code) is None:
        raise UnknownCode(f"{code[:20]!r} is not a CAMEO code: give one such as 010 or 0311")
    return code


def code_named(name: str) -> str | None:
    """Return the code with this name in any case, the finer of two, or None."""
    return _BY_NAME.get(folded(name))


def name_of(code: str) -> str:
    """Return the short name of a known code, or of its longest prefix that has one."""
    return _known(code)[0]


def goldstein_of(code: str) -> float:
    """Return the Goldstein score, -10 to 10, of a known code or of its longest prefix."""
    return _known(code)[1]


def plover_of(code: str) -> str:
    """Return the PLOVER category such as `CONSULT`, or empty: statements and appeals have none."""
    return _longest(_PLOVER_OF, code) or ""


def issues_of(code: str) -> tuple[str, ...]:
    """Return the issue that a code names, if any: `0311` is about economic cooperation."""
    slug = _longest(_ISSUE_OF, code)
    return (slug,) if slug else ()


def payload_of(code: str) -> ClaimPayload:
    """Return the payload of a known code."""
    build = _longest(_TYPES, code)
    name = name_of(code)
    return build(name) if build else payloads.CodedEventReported(code=code, description=name)


def canonical(code: str, actor: str, target: str) -> tuple[str, str, str]:
    """Return code and sides of a row, the same for a row and its mirror image.

    What two parties do together has a row from either side. Hosting becomes a visit:
    `("043", host, guest)` becomes `("042", guest, host)`. The sides of talks, calls and signatures
    are sorted, and the sides of deeds that can be reciprocal: cooperation, the intent to cooperate
    or meet, a truce, a clash, the end of talks. All other deeds keep their direction: an accusation
    and the accusation that answers it are two.
    """
    if code == _HOSTING:
        return _VISIT, target, actor
    if code.startswith(_RECIPROCAL) or (code in _TOGETHER and code != _VISIT):
        actor, target = sorted((actor, target))
    return code, actor, target


def cast_of(code: str, actor: Party, target: Party, *, both_ways: bool = False) -> Cast:
    """Return who took part in what way, the same for a row and its mirror image.

    A deed that can be reciprocal has participants if it was reported `both_ways`.
    """
    match code:
        case "042":
            return Cast(participants=_together(actor, target, host=target))
        case "043":
            return Cast(participants=_together(target, actor, host=actor))
        case "045":
            mediator = Participant(party=actor, role=Role.MEDIATOR)
            return Cast(participants=(mediator, Participant(party=target)))
        case _ if code in _TOGETHER or (both_ways and code.startswith(_RECIPROCAL)):
            return Cast(participants=_together(*sorted((actor, target), key=str)))
        case _:
            return Cast(actors=(actor,), recipients=(target,))


def _together(*parties: Party, host: Party | None = None) -> tuple[Participant, ...]:
    return tuple(
        Participant(party=party, role=Role.HOST if party is host else None) for party in parties
    )


def _known(code: str) -> tuple[str, float]:
    entry = _longest(CODES, code)
    if entry is None:
        raise UnknownCode(f"{code!r} is not a CAMEO code")
    return entry


def _longest(table: dict[str, T], code: str) -> T | None:
    """Return the entry of the longest prefix of `code`, of two digits at least."""
    prefixes = (code[:length] for length in range(len(code), _CODE_LENGTH_MIN - 1, -1))
    return next((table[prefix] for prefix in prefixes if prefix in table), None)


_BY_NAME: Final = {folded(name): code for code, (name, _) in sorted(CODES.items())}
