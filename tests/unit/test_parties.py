"""Parties and dyads: codes, names, and the hint when neither is known."""

import re
from itertools import permutations

import pytest
from pydantic import ValidationError

from communique.domain.parties.data.alpha2 import ALPHA_2
from communique.domain.parties.data.codes import ORGANISATIONS, STATES
from communique.domain.parties.party import Dyad, Party, UnknownParty, known_code, name_of, resolve


@pytest.mark.parametrize("code", ["KOR", "SUN", "YUG", "DDR", "CSK", "XKX", "PSE", "TWN", "UN"])
def test_a_party_is_a_present_or_former_state_or_an_organisation(code: str) -> None:
    """Codes are those of ISO 3166, Kosovo's user-assigned one, and organisations'."""
    party = Party(code=code)

    assert party.code == known_code(code)
    assert (party.organ, party.sector, party.person, party.office) == ("", "", "", "")


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("KOS", "unknown party 'KOS': did you mean KOR (South Korea)?"),
        ("KR", "did you mean KOR (South Korea)?"),
        ("kor", "did you mean KOR (South Korea)?"),
        ("Korea", "did you mean KOR (South Korea) or PRK (North Korea)?"),
        ("Germany", "did you mean DEU (Germany)?"),
        ("Germny", "did you mean DEU (Germany)?"),
        ("ASAEN", "did you mean ASEAN (Association of Southeast Asian Nations)?"),
        ("", "give an ISO 3166-1 alpha-3 code such as KOR"),
        ("?" * 1000, "give an ISO 3166-1 alpha-3 code such as KOR"),
    ],
)
def test_an_unknown_code_is_refused_with_the_closest_one(code: str, hint: str) -> None:
    """The closest by code or by name is offered, or an example."""
    with pytest.raises(ValidationError, match=re.escape(hint)):
        Party(code=code)


def test_details_are_stripped_lines_of_limited_length() -> None:
    """What narrows a party down is one short line each."""
    assert Party(code="KOR", person="  Lee Nak-yon ").person == "Lee Nak-yon"
    assert Party(code="JPN", organ="外務省").organ == "外務省"
    for person in ("x" * 201, "two\nlines", "bell\a"):
        with pytest.raises(ValidationError):
            Party(code="KOR", person=person)


def test_a_party_is_a_value() -> None:
    """It is compared by its parts, hashed, and never changed."""
    party = Party(code="KOR", office="Prime Minister")

    assert hash(party) == hash(Party(code="KOR", office="Prime Minister"))
    assert party == Party(code="KOR", office="Prime Minister")
    with pytest.raises(ValidationError):
        party.code = "JPN"  # type: ignore[misc]


def test_a_party_prints_as_its_code_and_details() -> None:
    """The person comes first, then the office."""
    assert str(Party(code="KOR")) == "KOR"
    party = Party(code="KOR", person="Lee Nak-yon", office="Prime Minister")
    assert str(party) == "KOR (Lee Nak-yon, Prime Minister)"


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("South Korea", "KOR"),
        ("Republic of Korea", "KOR"),
        ("Islamic Republic of Iran", "IRN"),
        ("Japan", "JPN"),
        ("kr", "KOR"),
        (" jpn ", "JPN"),
        ("United States", "USA"),
        ("U.S.", "USA"),
        ("uk", "GBR"),
        ("Russia", "RUS"),
        ("IRAN", "IRN"),
        ("Vietnam", "VNM"),
        ("Viet Nam", "VNM"),
        ("North Korea", "PRK"),
        ("Syria", "SYR"),
        ("Taiwan", "TWN"),
        ("Czech Republic", "CZE"),
        ("Ivory Coast", "CIV"),
        ("Cote d'Ivoire", "CIV"),
        ("Turkey", "TUR"),
        ("Soviet Union", "SUN"),
        ("European Union", "EU"),
        ("au", "AU"),
    ],
)
def test_a_person_may_write_a_code_or_a_name_in_any_case(word: str, code: str) -> None:
    """A party's own code goes first, then names, then alpha-2 codes."""
    assert resolve(word) == code


@pytest.mark.parametrize(
    ("word", "hint"),
    [("Sout Korea", "KOR (South Korea)"), ("Korea", "KOR"), ("Guinea Bisau", "GNB")],
)
def test_an_unknown_name_is_refused_with_the_closest_one(word: str, hint: str) -> None:
    """A misspelled name is not guessed, only offered."""
    with pytest.raises(UnknownParty, match=re.escape(f"did you mean {hint}")):
        resolve(word)


def test_every_code_has_a_name_that_leads_back_to_it() -> None:
    """Names are unique, and no organisation's code is also a state's."""
    assert not STATES.keys() & ORGANISATIONS.keys()
    for code in [*STATES, *ORGANISATIONS]:
        assert re.fullmatch(r"[A-Z][A-Z0-9]+", code)
        assert resolve(name_of(code)) == code


def test_every_alpha_2_code_leads_to_its_state_unless_it_is_an_organisation_s() -> None:
    """`AU` alone means the African Union rather than Australia."""
    others = {short for short, code in ALPHA_2.items() if resolve(short) != code}

    assert others == ALPHA_2.keys() & ORGANISATIONS.keys() == {"AU"}


def test_the_name_of_an_unknown_code_is_refused() -> None:
    """There is no name for a code that does not exist."""
    with pytest.raises(UnknownParty, match="KOS"):
        name_of("KOS")


def test_states_are_those_of_iso_3166() -> None:
    """All present and former states of ISO 3166 are there, and Kosovo beside them."""
    pycountry = pytest.importorskip("pycountry", reason="compares with the ISO tables")
    present = {country.alpha_3 for country in pycountry.countries}
    former = {country.alpha_3 for country in pycountry.historic_countries}

    assert STATES.keys() == present | former | {"XKX"}
    assert {c.alpha_2: c.alpha_3 for c in pycountry.countries} | {"XK": "XKX"} == ALPHA_2


def test_a_dyad_has_no_order() -> None:
    """Either way round it is the same, written sorted."""
    assert Dyad.of("KOR", "JPN") == Dyad.of("JPN", "KOR") == Dyad.parse("KOR-JPN")
    assert str(Dyad.of("KOR", "JPN")) == "JPN-KOR"
    assert Dyad.of("KOR", "CHN") < Dyad.of("JPN", "KOR")


def test_a_dyad_knows_its_two_parties() -> None:
    """Each has the other."""
    dyad = Dyad.parse("JPN-KOR")

    assert "KOR" in dyad
    assert "CHN" not in dyad
    assert dyad.other("KOR") == "JPN"
    assert dyad.other("JPN") == "KOR"
    with pytest.raises(ValueError, match="CHN is not a party of JPN-KOR"):
        dyad.other("CHN")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("KOR-KOR", "a dyad needs two different parties"),
        ("JPNKOR", "give two codes, such as JPN-KOR"),
        ("JPN-KOS", r"did you mean KOR \(South Korea\)\?"),
        ("CHN-JPN-KOR", "unknown party 'JPN-KOR'"),
    ],
)
def test_what_is_not_two_different_known_parties_is_no_dyad(text: str, says: str) -> None:
    """Each refusal says what is missing."""
    with pytest.raises(ValueError, match=says):
        Dyad.parse(text)


def test_a_dyad_made_by_hand_is_sorted() -> None:
    """The constructor refuses what would be a second spelling of one dyad."""
    with pytest.raises(ValueError, match="JPN-KOR"):
        Dyad("KOR", "JPN")


def test_a_trilateral_meeting_concerns_three_dyads() -> None:
    """Every pair of different parties, whatever the order and repetition."""
    for codes in permutations(["CHN", "JPN", "KOR", "KOR"]):
        assert [str(dyad) for dyad in Dyad.all_of(codes)] == ["CHN-JPN", "CHN-KOR", "JPN-KOR"]
