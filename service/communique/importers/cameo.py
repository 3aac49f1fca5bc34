"""The table from CAMEO event codes to event types.

The longest prefix of a code decides; a code that no entry fits is a `CodedEventReported`. The code
of a family itself, such as 16, is read as its general one, 160. Every event keeps the raw code, and
`TABLE_VERSION`, which changes whenever a code would make another event.

| code | event |
|---|---|
| 010, 050 | CodedEventReported: "make statement" and "cooperate" say nothing a type could hold |
| 012, 013 | OutlookAssessed, negative or positive |
| other 01x | StanceStated |
| 026 to 028 | DialogueUrged |
| other 02x | DemandMade: an appeal asks for something too, and its words say how |
| 039 | MediationOffered |
| other 03x | CommitmentMade; 036 too, see below |
| 04x | MeetingHeld; 041 by phone; of a visit the host is known, of 045 the mediator |
| 051 to 053, 055, 056 | StanceStated: praise, defence, support, apology, forgiveness |
| 054 | RelationsChanged, established |
| 057 | AgreementSigned |
| 083 | DemandMet |
| 085 | MeasureLifted |
| 10x | DemandMade, but 106: TalksProposed |
| 112 | AccusationMade |
| other 11x | StanceStated |
| 122 to 124 | DemandRejected: CAMEO calls what is refused a request or demand, or it is to yield |
| 125 | TalksRefused |
| 128 | CodedEventReported: a norm that is defied is no party's proposal or demand |
| other 12x | ProposalRejected: cooperation, a mediation, a plan, a draft, or none is named |
| 13x | ThreatMade |
| 160, 161 | RelationsChanged, downgraded: 161 is "reduce or break", and the lesser is sure |
| 163 | MeasureTookEffect |
| 164 | TalksSuspended |
| 06x to 09x, 14x to 20x but those above | CodedEventReported |

036, the intent to meet or negotiate, is a CommitmentMade because it must move no posture: as
TalksProposed it would take the place of talks refused or suspended, and could not be said of two
who intend it together; as MeetingPlanned each row would stay on the agenda for ever.

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

TABLE_VERSION: Final = "communique-cameo-2"

CERTAINTY: Final = Certainty.PROBABLE
"""The certainty of every coded event: its text reports a fact, but only a machine has read it.

So a certain claim that a person entered stays the last certain one beside later coded rows, and
coded rows still count where certain and probable claims do.
"""

GRADE: Final = Grade(reliability=Reliability.F, credibility=Credibility.CANNOT_BE_JUDGED)
"""The grade of every coded event: nobody has judged source or claim."""

_VISIT: Final = "042"
_HOSTING: Final = "043"
_CODE_LENGTH_MIN: Final = 2
_CODE_LENGTH: Final = 3

MUTUAL: Final = {
    # One deed that takes two, so that one row tells of both sides: in ICEWS 99 to 100 % of these
    # rows have their mirror row. A visit has it under the other code, 042 or 043; of a mediation,
    # 045, the sides do different things, and no row of 2018 has a mirror.
    "040": True,
    "041": True,
    "044": True,
    "046": True,
    "057": True,
    # One side can do these alone, and two on one day do them together. Behind each code is the
    # share of its rows that have a mirror row, in ICEWS of 2018 between parties and their organs.
    "030": False,  # 97 %
    "031": False,  # 30 %: "A and B intend to trade more" has a row from either side
    "032": False,  # 44 %
    "036": False,  # 45 %: they mean to meet each other
    "037": False,  # 71 %: the dispute is one
    "050": False,  # 83 %
    "054": False,  # 19 %: two who recognise each other establish one relation
    "06": False,  # 32 %
    "0871": False,  # 96 %: a truce is one
    "160": False,  # 18 %: the relation that is reduced is one
    "161": False,  # 5 %: as 160, and two that expel each other's diplomats reduce it once
    "164": False,  # 58 %: the talks are one
    "190": False,  # 22 %: a fight of two; 195 to 20x, which one does to another, have none
    "193": False,  # 32 %, as 190
    "194": False,  # 4 %, as 190
}
"""The codes of which mirror rows are one deed, and whether one row alone tells of both sides.

All others keep their direction even where both sides do them on one day. What two say to each other
are two statements, for 010 (8 % of the rows have a mirror row), 012 (7 %), 013 (22 %) and 017
(24 %), and so are two accusations (112: 11 %), criticisms (111: 10 %), demands (100: 5 %), threats
(130: 4 %) and rejections (120: 4 %; 127: 28 %, each rejects it for itself). Aid, sanctions, arrests
(173) and occupations (192) have a doer and a target: at most 1 % have a mirror row.
"""


def _stance(name: str) -> ClaimPayload:
    return payloads.StanceStated(position=name)


def _demand(name: str) -> ClaimPayload:
    return payloads.DemandMade(demand=name)


def _dialogue(name: str) -> ClaimPayload:
    return payloads.DialogueUrged(appeal=name)


def _relations(change: RelationsChange) -> Callable[[str], ClaimPayload]:
    return lambda _: payloads.RelationsChanged(change=change)


_TYPES: Final[dict[str, Callable[[str], ClaimPayload] | None]] = {
    "01": _stance,
    "010": None,
    "012": lambda name: payloads.OutlookAssessed(outlook=Outlook.NEGATIVE, assessment=name),
    "013": lambda name: payloads.OutlookAssessed(outlook=Outlook.POSITIVE, assessment=name),
    "02": _demand,
    "026": _dialogue,
    "027": _dialogue,
    "028": _dialogue,
    "03": lambda name: payloads.CommitmentMade(commitment=name),
    "039": lambda name: payloads.MediationOffered(offer=name),
    "04": lambda _: payloads.MeetingHeld(),
    "041": lambda _: payloads.MeetingHeld(format=MeetingFormat.PHONE),
    "05": _stance,
    "050": None,
    "054": _relations(RelationsChange.ESTABLISHED),
    "057": lambda _: payloads.AgreementSigned(),
    "083": lambda name: payloads.DemandMet(outcome=name),
    "085": lambda _: payloads.MeasureLifted(),
    "10": _demand,
    "106": lambda name: payloads.TalksProposed(proposal=name),
    "11": _stance,
    "112": lambda name: payloads.AccusationMade(accusation=name),
    "12": lambda _: payloads.ProposalRejected(),
    "122": lambda _: payloads.DemandRejected(),
    "123": lambda _: payloads.DemandRejected(),
    "124": lambda _: payloads.DemandRejected(),
    "125": lambda _: payloads.TalksRefused(),
    "128": None,
    "13": lambda name: payloads.ThreatMade(threat=name),
    "160": _relations(RelationsChange.DOWNGRADED),
    "161": _relations(RelationsChange.DOWNGRADED),
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
    build = _longest(_TYPES, _general(code))
    name = name_of(code)
    return build(name) if build else payloads.CodedEventReported(code=code, description=name)


def canonical(code: str, actor: str, target: str) -> tuple[str, str, str]:
    """Return code and sides of a row, the same for a row and its mirror image.

    What two parties do together has a row from either side: see `MUTUAL`, whose sides are sorted.
    Hosting becomes a visit: `("043", host, guest)` becomes `("042", guest, host)`. All other deeds
    keep their direction: an accusation and the accusation that answers it are two.
    """
    if code == _HOSTING:
        return _VISIT, target, actor
    if _tells_of_both(code) is not None:
        actor, target = sorted((actor, target))
    return code, actor, target


def cast_of(code: str, actor: Party, target: Party, *, both_ways: bool = False) -> Cast:
    """Return who took part in what way, the same for a row and its mirror image.

    A deed that one side can do alone has participants if it was reported `both_ways`.
    """
    match code:
        case "042":
            return Cast(participants=_together(actor, target, host=target))
        case "043":
            return Cast(participants=_together(target, actor, host=actor))
        case "045":
            mediator = Participant(party=actor, role=Role.MEDIATOR)
            return Cast(participants=(mediator, Participant(party=target)))
    tells_of_both = _tells_of_both(code)
    if tells_of_both or (both_ways and tells_of_both is not None):
        return Cast(participants=_together(*sorted((actor, target), key=str)))
    return Cast(actors=(actor,), recipients=(target,))


def _general(code: str) -> str:
    """Return a family's own code, such as 16, as its general one, 160."""
    return code.ljust(_CODE_LENGTH, "0")


def _tells_of_both(code: str) -> bool | None:
    """Return whether one row of a mutual code tells of both sides, or None if it is not mutual."""
    return _longest(MUTUAL, _general(code))


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
