"""What CAMEO codes mean here."""

import pytest

from communique.domain.claims.payloads import (
    CommitmentMade,
    MeetingHeld,
    OutlookAssessed,
    RelationsChanged,
)
from communique.domain.claims.shape import Shape
from communique.domain.claims.values import Role
from communique.domain.claims.words import MeetingFormat, Outlook, RelationsChange
from communique.domain.parties.party import Party
from communique.domain.state.facets import FacetKind
from communique.domain.state.posture import RULES
from communique.importers import cameo
from communique.importers.cameo_names import CODES

JAPAN, KOREA = Party(code="JPN"), Party(code="KOR", organ="Foreign Affairs")


@pytest.mark.parametrize(
    ("code", "type_word"),
    [
        ("010", "CodedEventReported"),
        ("011", "StanceStated"),
        ("012", "OutlookAssessed"),
        ("013", "OutlookAssessed"),
        ("017", "StanceStated"),
        ("020", "DemandMade"),
        ("022", "DemandMade"),
        ("026", "DialogueUrged"),
        ("027", "DialogueUrged"),
        ("028", "DialogueUrged"),
        ("030", "CommitmentMade"),
        ("0311", "CommitmentMade"),
        ("036", "CommitmentMade"),
        ("039", "MediationOffered"),
        ("04", "MeetingHeld"),
        ("040", "MeetingHeld"),
        ("041", "MeetingHeld"),
        ("042", "MeetingHeld"),
        ("043", "MeetingHeld"),
        ("044", "MeetingHeld"),
        ("045", "MeetingHeld"),
        ("046", "MeetingHeld"),
        ("05", "CodedEventReported"),
        ("050", "CodedEventReported"),
        ("051", "StanceStated"),
        ("054", "RelationsChanged"),
        ("055", "StanceStated"),
        ("057", "AgreementSigned"),
        ("061", "CodedEventReported"),
        ("0811", "CodedEventReported"),
        ("083", "DemandMet"),
        ("0831", "DemandMet"),
        ("085", "MeasureLifted"),
        ("100", "DemandMade"),
        ("1031", "DemandMade"),
        ("106", "TalksProposed"),
        ("111", "StanceStated"),
        ("112", "AccusationMade"),
        ("1125", "AccusationMade"),
        ("12", "ProposalRejected"),
        ("120", "ProposalRejected"),
        ("1231", "DemandRejected"),
        ("124", "DemandRejected"),
        ("125", "TalksRefused"),
        ("126", "ProposalRejected"),
        ("128", "CodedEventReported"),
        ("130", "ThreatMade"),
        ("1312", "ThreatMade"),
        ("138", "ThreatMade"),
        ("16", "RelationsChanged"),
        ("160", "RelationsChanged"),
        ("161", "RelationsChanged"),
        ("162", "CodedEventReported"),
        ("163", "MeasureTookEffect"),
        ("164", "TalksSuspended"),
        ("190", "CodedEventReported"),
        ("2042", "CodedEventReported"),
    ],
)
def test_the_longest_prefix_of_a_code_decides_its_type(code: str, type_word: str) -> None:
    """The longest prefix of a CAMEO code decides its payload type."""
    assert cameo.payload_of(code).type == type_word


def test_what_a_code_says_more_exactly_is_kept() -> None:
    """A CAMEO code for a call, for optimism or for reduced relations keeps that detail."""
    call, hope, cut, recognition = map(cameo.payload_of, ("041", "013", "161", "054"))
    assert isinstance(call, MeetingHeld)
    assert call.format is MeetingFormat.PHONE
    assert isinstance(hope, OutlookAssessed)
    assert hope.outlook is Outlook.POSITIVE
    assert isinstance(cut, RelationsChanged)
    assert cut.change is RelationsChange.DOWNGRADED
    assert isinstance(recognition, RelationsChanged)
    assert recognition.change is RelationsChange.ESTABLISHED


def test_an_intent_to_meet_moves_no_posture() -> None:
    """No intent of CAMEO's, such as 036 to meet or negotiate, contributes to a posture."""
    for code in (code for code in CODES if code.startswith("03") and code != "039"):
        payload = cameo.payload_of(code)
        assert isinstance(payload, CommitmentMade)
        assert payload.commitment == cameo.name_of(code)
    assert FacetKind.COMMITMENT not in {rule.kind for rule in RULES}


def test_every_code_has_a_name_a_score_and_a_payload() -> None:
    """Every CAMEO code of the list has a name, a score in range and a payload."""
    for code in CODES:
        assert cameo.name_of(cameo.known_code(code))
        assert -10 <= cameo.goldstein_of(code) <= 10
        assert cameo.payload_of(code).type
        assert len(cameo.issues_of(code)) <= 1


def test_every_name_leads_to_a_code_of_that_name() -> None:
    """The name of a CAMEO event leads to a code of that name, whatever its case."""
    for name, _ in CODES.values():
        assert cameo.name_of(cameo.code_named(name.upper()) or "") == name


def test_of_two_codes_of_one_name_the_finer_is_meant() -> None:
    """A name that two CAMEO codes share means the finer code: `Consult` is 040."""
    assert cameo.code_named("Consult") == "040"
    assert cameo.code_named("Sit and drink tea") is None


def test_a_code_that_is_only_longer_than_a_known_one_has_its_name() -> None:
    """An unlisted CAMEO code is named for the listed one it extends, and keeps its code."""
    assert cameo.known_code("0619") == "0619"
    assert cameo.name_of("0619") == cameo.name_of("061")
    assert cameo.payload_of("0619").model_dump()["code"] == "0619"


@pytest.mark.parametrize(
    "code", ["", "4", "99", "21", "00", "04000", "4x", "--", "০৪০", "٠٤", "138A"]
)
def test_what_no_cameo_code_begins_is_refused(code: str) -> None:
    """A CAMEO code that is not two to four ASCII digits from 01 to 20 is refused."""
    with pytest.raises(cameo.UnknownCode, match="not a CAMEO code"):
        cameo.known_code(code)


@pytest.mark.parametrize(
    ("code", "category"),
    [
        ("010", ""),
        ("040", "CONSULT"),
        ("080", "CONCEDE"),
        ("085", "RETREAT"),
        ("163", "COERCE"),
        ("164", "SANCTION"),
        ("192", "COERCE"),
        ("193", "ASSAULT"),
    ],
)
def test_a_code_has_its_plover_category(code: str, category: str) -> None:
    """A CAMEO code has the PLOVER category of its longest listed prefix."""
    assert cameo.plover_of(code) == category


def test_an_issue_is_given_only_where_the_code_itself_names_one() -> None:
    """A CAMEO code gives an issue only if the code itself names one."""
    assert cameo.issues_of("0311") == ("economic-cooperation",)
    assert cameo.issues_of("163") == cameo.issues_of("085") == ("sanctions",)
    assert cameo.issues_of("010") == ()


def test_guest_and_host_tell_of_one_visit() -> None:
    """`KOR visits JPN` and `JPN hosts KOR` are one deed, and in both Japan is the host."""
    assert cameo.canonical("042", "KOR", "JPN") == cameo.canonical("043", "JPN", "KOR")
    assert cameo.canonical("042", "KOR", "JPN") != cameo.canonical("042", "JPN", "KOR")
    visit, hosting = cameo.cast_of("042", KOREA, JAPAN), cameo.cast_of("043", JAPAN, KOREA)
    assert visit == hosting
    assert [member.party for member in visit.participants if member.role is Role.HOST] == [JAPAN]


def test_of_a_mediation_the_mediator_is_known() -> None:
    """`KOR mediates with JPN` has no mirror image: its sides do different things."""
    assert cameo.canonical("045", "KOR", "JPN") != cameo.canonical("045", "JPN", "KOR")
    mediator, other = cameo.cast_of("045", KOREA, JAPAN).participants
    assert (mediator.party, mediator.role) == (KOREA, Role.MEDIATOR)
    assert (other.party, other.role) == (JAPAN, None)


@pytest.mark.parametrize("code", ["04", "040", "041", "044", "046", "057"])
def test_what_two_do_together_has_no_direction(code: str) -> None:
    """Talks, calls and signatures read the same from either side."""
    assert cameo.canonical(code, "KOR", "JPN") == cameo.canonical(code, "JPN", "KOR")
    assert cameo.cast_of(code, KOREA, JAPAN) == cameo.cast_of(code, JAPAN, KOREA)


@pytest.mark.parametrize(
    "code",
    ["030", "0311", "036", "050", "054", "061", "0871", "16", "160", "161", "164", "190", "193"],
)
def test_what_can_be_reciprocal_has_a_direction_until_both_sides_report_it(code: str) -> None:
    """One side's intent to cooperate is its own; that of both on one day is one deed of two."""
    assert cameo.canonical(code, "KOR", "JPN") == cameo.canonical(code, "JPN", "KOR")
    assert cameo.cast_of(code, KOREA, JAPAN) == cameo.Cast((KOREA,), (JAPAN,))
    both = [
        cameo.cast_of(code, *sides, both_ways=True) for sides in ((KOREA, JAPAN), (JAPAN, KOREA))
    ]
    assert both[0] == both[1]
    assert [member.party for member in both[0].participants] == [JAPAN, KOREA]


def test_all_else_keeps_its_direction() -> None:
    """An act that is neither joint nor mirrored keeps its direction, such as a demand."""
    for code in ("010", "013", "039", "102", "112", "127", "163", "173", "192", "195"):
        forth, back = cameo.canonical(code, "KOR", "JPN"), cameo.canonical(code, "JPN", "KOR")
        assert (forth, back) == ((code, "KOR", "JPN"), (code, "JPN", "KOR"))
        cast = cameo.cast_of(code, KOREA, JAPAN, both_ways=True)
        assert (cast.actors, cast.recipients) == ((KOREA,), (JAPAN,))


def test_every_code_fits_the_shape_of_its_type() -> None:
    """No CAMEO code makes an event whose type wants other sides than the code gives."""
    for code in CODES:
        for both_ways in (False, True):
            cast = cameo.cast_of(code, KOREA, JAPAN, both_ways=both_ways)
            shape = cameo.payload_of(code).shape
            if cast.participants:
                assert shape.takes_participants
            else:
                assert shape is not Shape.TOGETHER
