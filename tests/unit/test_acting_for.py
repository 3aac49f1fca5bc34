"""For whom persons acted, and when."""

from datetime import date
from pathlib import Path

import pytest

from communique.domain.parties.party import Party
from communique.importers import ImportFault
from communique.importers.acting_for import POSTS_MAX, ActingFor

HEADER = "name,code,organ,office,from,to"
ROE = "Ann Roe,KOR,Foreign Minister,Foreign Minister,2014-01-01,2015-06-30"
ROE_LATER = "Ann Roe,UN,Secretariat,Secretary-General,2015-07-01,"


def table(directory: Path, *rows: str, header: str = HEADER, name: str = "people.csv") -> Path:
    """Write a table of these rows and return its path."""
    path = directory / name
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return path


def test_a_person_acts_from_the_first_to_the_last_day_of_a_post(tmp_path: Path) -> None:
    """A person has the party of a post from its first to its last day, and of the next after."""
    acting_for = ActingFor.read(table(tmp_path, ROE, ROE_LATER))
    minister = Party(
        code="KOR", organ="Foreign Minister", person="Ann Roe", office="Foreign Minister"
    )
    secretary = Party(code="UN", organ="Secretariat", person="Ann Roe", office="Secretary-General")
    days = ("2013-12-31", "2014-01-01", "2015-06-30", "2015-07-01", "2031-01-01")
    parties = [acting_for.party_of("Ann Roe", date.fromisoformat(day)) for day in days]
    assert parties == [None, minister, minister, secretary, secretary]


def test_names_are_compared_without_case_and_accents(tmp_path: Path) -> None:
    """A person is found whatever the case, accents and hyphens of its name."""
    acting_for = ActingFor.read(table(tmp_path, ROE.replace("Ann Roe", "Zoë Núñez-Roe")))
    party = acting_for.party_of("ZOE NUNEZ ROE", date(2015, 1, 1))
    assert party is not None
    assert party.person == "Zoë Núñez-Roe"
    assert acting_for.party_of("Zoë Núñez", date(2015, 1, 1)) is None


def test_a_table_may_have_tabs_quotes_and_columns_in_another_order(tmp_path: Path) -> None:
    """A table with tabs, quotes, a byte order mark or columns of its own reads the same."""
    row = '"Roe, Ann",KOR,,"Envoy, special",2014-01-01,'
    [quoted, tabbed] = [
        ActingFor.read(path).party_of("Roe, Ann", date(2020, 1, 1))
        for path in (
            table(tmp_path, row, header=f"\ufeff{HEADER.upper()}"),
            table(
                tmp_path,
                "2014-01-01\t\tsure\tKOR\tRoe, Ann\tEnvoy, special\t",
                header="from\tto\tnote\tcode\tname\toffice\torgan",
                name="people.tsv",
            ),
        )
    ]
    assert quoted == tabbed == Party(code="KOR", person="Roe, Ann", office="Envoy, special")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("Ann Roe,KOX,,Envoy,2016-01-01,", "code: unknown party 'KOX'"),
        ("Ann Roe,kor,,Envoy,2016-01-01,", "code: unknown party 'kor'"),
        ("Ann Roe,KOR,,Envoy,,", "from: '' is not a day such as 2018-04-26"),
        ("Ann Roe,KOR,,Envoy,01.02.2016,", "from: '01.02.2016' is not a day"),
        ("Ann Roe,KOR,,Envoy,2016-01-01,2016-02-30", "to: '2016-02-30' is not a day"),
        ("Ann Roe,KOR,,Envoy,2016-01-02,2016-01-01", "ends on 2016-01-01, before it begins"),
        ("Ann Roe,KOR,,Envoy,2016-01-01", "has 5 cells where the header has 6"),
        ("Ann Roe,KOR,,Envoy,2016-01-01,,", "has 7 cells where the header has 6"),
        (" - ,KOR,,Envoy,2016-01-01,", "has no name"),
        (f"Ann Roe,KOR,,{'x' * 201},2016-01-01,", "office: String should have at most 200"),
        ('"Ann Roe,KOR,,Envoy,2016-01-01,', "is no row of cells"),
        ("Ann Roe,JPN,,Envoy,2015-06-30,", "overlaps row 2: Ann Roe has two posts on 2015-06-30"),
        ("ANN ROE,KOR,,Envoy,2014-02-01,2014-03-01", "has two posts on 2014-02-01"),
    ],
)
def test_a_row_at_fault_is_named(tmp_path: Path, row: str, reason: str) -> None:
    """A table with a row at fault is refused, with the row and the reason."""
    path = table(tmp_path, ROE, row)
    with pytest.raises(ImportFault) as fault:
        ActingFor.read(path)
    assert (fault.value.file, fault.value.row_number) == (str(path), 3)
    assert reason in fault.value.reason


def test_an_overlap_with_a_row_that_is_not_next_to_it_is_found(tmp_path: Path) -> None:
    """A post that overlaps a long one is found though a short one of the same post is between."""
    post = "Ann Roe,KOR,,Envoy"
    rows = (f"{post},2014-01-01,", f"{post},2014-02-01,2014-02-02", "Ann Roe,JPN,,,2018-01-01,")
    with pytest.raises(ImportFault, match="overlaps row 2"):
        ActingFor.read(table(tmp_path, *rows))
    acting_for = ActingFor.read(table(tmp_path, *rows[:2]))
    assert acting_for.party_of("Ann Roe", date(2018, 1, 1)) is not None


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("name,code,organ,office,from", "has no column to"),
        ("Ann Roe,KOR,,Envoy,2016-01-01,", "has no column name, code, organ, office, from, to"),
        (f"{HEADER},name", "has two columns of one name"),
        ("", "is empty: its header must be name,code,organ,office,from,to"),
    ],
)
def test_a_table_without_its_columns_is_refused(tmp_path: Path, header: str, reason: str) -> None:
    """A table is refused when columns are missing or doubled, or nothing is in it."""
    with pytest.raises(ImportFault, match=reason):
        ActingFor.read(table(tmp_path, header=header))


def test_a_table_in_another_encoding_is_refused(tmp_path: Path) -> None:
    """A table that is not UTF-8 is refused with its first such row."""
    path = tmp_path / "people.csv"
    path.write_bytes(f"{HEADER}\n{ROE}\n".encode() + b"Ann R\xf6e,KOR,,Envoy,2016-01-01,\n")
    with pytest.raises(ImportFault, match="UTF-8") as fault:
        ActingFor.read(path)
    assert fault.value.row_number == 3


def test_a_table_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A table that cannot be opened is a fault of its file."""
    with pytest.raises(ImportFault, match="people"):
        ActingFor.read(tmp_path / "people.csv")


def test_a_table_of_too_many_rows_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table with more rows than the limit is refused at the first one beyond it."""
    assert POSTS_MAX == 100_000
    monkeypatch.setattr("communique.importers.acting_for.POSTS_MAX", 1)
    with pytest.raises(ImportFault, match="more than 1 rows") as fault:
        ActingFor.read(table(tmp_path, ROE, ROE_LATER))
    assert fault.value.row_number == 3


def test_of_a_name_in_both_tables_the_rows_of_the_other_count(tmp_path: Path) -> None:
    """A table merged over another one replaces all posts of a name, and leaves other names."""
    one = ActingFor.read(table(tmp_path, ROE, ROE_LATER, ROE.replace("Ann", "Bob")))
    other = ActingFor.read(table(tmp_path, "ann roe,JPN,,Envoy,2015-01-01,2015-12-31"))
    both, day = one.merged(other), date(2015, 6, 1)
    codes = [
        party.code if (party := people.party_of(name, day)) else ""
        for people in (one, both)
        for name in ("Ann Roe", "Bob Roe")
    ]
    assert codes == ["KOR", "KOR", "JPN", "KOR"]
    assert both.party_of("Ann Roe", date(2014, 6, 1)) is None


def test_the_shipped_table_knows_who_acted_for_whom() -> None:
    """The shipped table has the posts of leaders and ministers from 2014 to 2018, and only then."""
    shipped = ActingFor.shipped()
    known = {
        ("Barack Obama", "2017-01-19"): "USA (Barack Obama, President, Head of State)",
        ("Donald Trump", "2017-01-20"): "USA (Donald Trump, President, Head of State)",
        ("Theresa May", "2016-07-12"): "GBR (Theresa May, Home Secretary, Interior Ministry)",
        ("Theresa May", "2016-07-13"): "GBR (Theresa May, Prime Minister, Head of Government)",
        ("Federica Mogherini", "2018-01-01"): (
            "EU (Federica Mogherini, High Representative, Foreign Affairs)"
        ),
    }
    found = {key: str(shipped.party_of(key[0], date.fromisoformat(key[1]))) for key in known}
    assert found == known
    for name, day in (("Donald Trump", date(2017, 1, 19)), ("Vladimir Putin", date(2019, 1, 1))):
        assert shipped.party_of(name, day) is None


def test_the_shipped_table_is_in_order_and_within_its_years() -> None:
    """The shipped table has at least 250 persons, is sorted, and tells of 2014 to 2018 alone."""
    shipped = ActingFor.shipped()
    posts = [post for held in shipped.posts.values() for post in held]
    assert len(shipped.posts) >= 250
    assert all(date(2000, 1, 1) < post.first <= post.last <= date(2018, 12, 31) for post in posts)
    keys = [(post.party.code, post.party.person, post.first) for post in posts]
    by_row = [key for _, key in sorted(zip([post.row_number for post in posts], keys, strict=True))]
    assert by_row == sorted(keys)
    assert all(post.party.office for post in posts)
