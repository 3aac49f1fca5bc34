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
    """A party's code is one of ISO, Kosovo's user-assigned one, or an organisation's."""
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
    """An unknown party code is refused with the closest by code or name, or an example."""
    with pytest.raises(ValidationError, match=re.escape(hint)):
        Party(code=code)


def test_details_are_stripped_lines_of_limited_length() -> None:
    """A party's details are single lines, stripped and of limited length."""
    assert Party(code="KOR", person="  Lee Nak-yon ").person == "Lee Nak-yon"
    assert Party(code="JPN", organ="外務省").organ == "外務省"
    for person in ("x" * 201, "two\nlines", "bell\a"):
        with pytest.raises(ValidationError):
            Party(code="KOR", person=person)


def test_a_party_is_a_value() -> None:
    """A party is compared by its parts, hashed, and cannot be changed."""
    party = Party(code="KOR", office="Prime Minister")

    assert hash(party) == hash(Party(code="KOR", office="Prime Minister"))
    assert party == Party(code="KOR", office="Prime Minister")
    with pytest.raises(ValidationError):
        party.code = "JPN"  # type: ignore[misc]


def test_a_party_prints_as_its_code_and_details() -> None:
    """A party prints its code, then the person, then the office."""
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
    """A party is found by code, then by name, then by alpha-2 code, in any case."""
    assert resolve(word) == code


@pytest.mark.parametrize(
    ("word", "hint"),
    [("Sout Korea", "KOR (South Korea)"), ("Korea", "KOR"), ("Guinea Bisau", "GNB")],
)
def test_an_unknown_name_is_refused_with_the_closest_one(word: str, hint: str) -> None:
    """A misspelled party name is refused with the closest one."""
    with pytest.raises(UnknownParty, match=re.escape(f"did you mean {hint}")):
        resolve(word)


def test_every_code_has_a_name_that_leads_back_to_it() -> None:
    """Each party code has a unique name that leads back to the code."""
    assert not STATES.keys() & ORGANISATIONS.keys()
    for code in [*STATES, *ORGANISATIONS]:
        assert re.fullmatch(r"[A-Z][A-Z0-9]+", code)
        assert resolve(name_of(code)) == code


def test_every_alpha_2_code_leads_to_its_state_unless_it_is_an_organisation_s() -> None:
    """An alpha-2 code leads to its state, except `AU`, which is the African Union."""
    ambiguous = {short for short, code in ALPHA_2.items() if resolve(short) != code}

    assert ambiguous == ALPHA_2.keys() & ORGANISATIONS.keys() == {"AU"}


def test_the_name_of_an_unknown_code_is_refused() -> None:
    """The name of an unknown party code is refused."""
    with pytest.raises(UnknownParty, match="KOS"):
        name_of("KOS")


def test_states_are_those_of_iso_3166() -> None:
    """The states are all present and former ones of ISO 3166, and Kosovo."""
    pycountry = pytest.importorskip("pycountry", reason="compares with the ISO tables")
    present = {country.alpha_3 for country in pycountry.countries}
    former = {country.alpha_3 for country in pycountry.historic_countries}

    assert STATES.keys() == present | former | {"XKX"}
    assert {c.alpha_2: c.alpha_3 for c in pycountry.countries} | {"XK": "XKX"} == ALPHA_2


def test_a_dyad_has_no_order() -> None:
    """A dyad is the same either way round, and is written sorted."""
    assert Dyad.of("KOR", "JPN") == Dyad.of("JPN", "KOR") == Dyad.parse("KOR-JPN")
    assert str(Dyad.of("KOR", "JPN")) == "JPN-KOR"
    assert Dyad.of("KOR", "CHN") < Dyad.of("JPN", "KOR")


def test_a_dyad_knows_its_two_parties() -> None:
    """A dyad gives for each of its parties the other one."""
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
    """A dyad that is not of two different known parties is refused with the fault."""
    with pytest.raises(ValueError, match=says):
        Dyad.parse(text)


def test_a_dyad_made_by_hand_is_sorted() -> None:
    """The constructor of a dyad refuses parties that are not sorted."""
    with pytest.raises(ValueError, match="JPN-KOR"):
        Dyad("KOR", "JPN")


def test_a_trilateral_meeting_concerns_three_dyads() -> None:
    """Three parties make three dyads, whatever their order and repetition."""
    for codes in permutations(["CHN", "JPN", "KOR", "KOR"]):
        assert [str(dyad) for dyad in Dyad.all_of(codes)] == ["CHN-JPN", "CHN-KOR", "JPN-KOR"]
