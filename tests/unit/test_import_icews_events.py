"""The event files of ICEWS itself become events."""

import gzip
from datetime import date
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communique.domain.claims.event import Claim
from communique.importers import ImportFault, Report, Skip, icews
from communique.importers.acting_for import ActingFor
from communique.importers.forms import ICEWS_COLUMNS

HEADER: Final = "\t".join(ICEWS_COLUMNS)
SOUND: Final = {
    "Event ID": "29000001",
    "Event Date": "2018-06-12",
    "Source Name": "South Korea",
    "Source Country": "South Korea",
    "Event Text": "Criticize or denounce",
    "CAMEO Code": "111",
    "Intensity": "-2.0",
    "Target Name": "Japan",
    "Target Country": "Japan",
    "Story ID": "44000001",
    "Sentence Number": "2",
    "Publisher": "Xinhua News Agency",
    "City": "Seoul",
    "Province": "Seoul",
    "Country": "South Korea",
    "Latitude": "37.566",
    "Longitude": "126.9784",
}


def row(**fields: str) -> str:
    """Return a row of 20 columns: a sound one but for these fields, spelled with underscores."""
    cells = SOUND | {name.replace("_", " "): text for name, text in fields.items()}
    return "\t".join(cells.get(name, "") for name in ICEWS_COLUMNS)


def events(path: Path, *rows: str, header: str | None = HEADER) -> Path:
    """Write an event file of these rows and return its path."""
    lines = [header, *rows] if header else rows
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def read(path: Path, people: ActingFor | None = None) -> tuple[list[Claim], Report]:
    """Import event files whole."""
    report = Report()
    claims = list(icews.claims(path, report, acting_for=people))
    assert report.adds_up()
    return claims, report


def test_a_row_is_an_event_with_its_publisher_place_and_score(tmp_path: Path) -> None:
    """An ICEWS event row is an event with its day, code, score, publisher, story and place."""
    [claim], report = read(events(tmp_path / "events.tab", row()))
    assert claim.occurred.edtf == "2018-06-12"
    assert (claim.actors[0].code, claim.recipients[0].code) == ("KOR", "JPN")
    assert (claim.source.outlet, claim.source.document_id) == ("Xinhua News Agency", "44000001")
    assert claim.place is not None
    assert (claim.place.name, claim.place.country) == ("Seoul, South Korea", "KOR")
    assert claim.place.coordinates is not None
    figures = claim.classification
    assert figures is not None
    assert (figures.cameo_code, figures.goldstein, figures.dataset) == ("111", -2.0, "icews")
    assert (figures.row_id, figures.source_count, figures.article_count) == ("29000001", 1, 1)
    assert report.rows_read == 1


def test_sentences_and_mirror_rows_of_a_day_are_one_event(tmp_path: Path) -> None:
    """ICEWS rows of one deed are one event, whose publishers and stories are counted once."""
    visit = {"Event_Text": "Make a visit", "CAMEO_Code": "042"}
    hosting = {
        "Event_Text": "Host a visit",
        "CAMEO_Code": "043",
        "Source_Name": "Japan",
        "Target_Name": "South Korea",
        "Story_ID": "44000002",
        "Publisher": "Kyodo News",
    }
    path = events(tmp_path / "events.tab", row(**visit), row(**visit), row(**hosting))
    [claim], _ = read(path)
    assert claim.classification is not None
    figures = claim.classification
    assert (figures.row_count, figures.source_count, figures.article_count) == (3, 2, 2)


def test_files_without_a_header_packed_or_by_the_year_are_read(tmp_path: Path) -> None:
    """ICEWS event files are read without a header, from gzip, and from a folder in any order."""
    later = row(Event_Date="2019-01-01")
    packed = tmp_path / "a.tab.gz"
    packed.write_bytes(gzip.compress(f"{later}\n{row()}\n".encode()))
    events(tmp_path / "b.tab", row(Event_Date="2018-12-31"))
    claims, report = read(tmp_path)
    assert [claim.occurred.edtf for claim in claims] == ["2018-06-12", "2018-12-31", "2019-01-01"]
    assert report.rows_read == 3


def test_latin_1_is_read(tmp_path: Path) -> None:
    """An ICEWS event file in latin-1 keeps its letters, and one in UTF-8 too."""
    path = events(tmp_path / "events.tab")
    other = row(City="Bogotá", Event_Date="2018-06-13").encode("latin-1")
    path.write_bytes(f"{row(City='Bogotá')}\n".encode() + other + b"\n")
    claims, _ = read(path)
    names = [claim.place.name for claim in claims if claim.place]
    assert names == ["Bogotá, Seoul, South Korea"] * 2


def test_a_zero_that_a_spreadsheet_ate_is_put_back(tmp_path: Path) -> None:
    """An ICEWS code without its zero is the one whose name the row has."""
    path = events(tmp_path / "events.tab", row(Event_Text="Make a visit", CAMEO_Code="42"))
    [claim], _ = read(path)
    assert claim.classification is not None
    assert claim.classification.cameo_code == "042"


def test_a_leader_counts_for_the_state_whose_government_the_row_names(tmp_path: Path) -> None:
    """A person in ICEWS acts for a country by its sectors, and a party politician does not."""
    leader = {"Source_Name": "Lee Somebody", "Source_Sectors": "Parties,Executive,Government"}
    [claim], _ = read(events(tmp_path / "events.tab", row(**leader)))
    assert str(claim.actors[0]) == "KOR (Lee Somebody, government)"
    claims, report = read(
        events(tmp_path / "events.tab", row(**{**leader, "Source_Sectors": "Parties,Elite"}))
    )
    assert claims == []
    assert report.skipped_names == {(Skip.NON_STATE, "Lee Somebody"): 1}


def test_the_table_of_people_goes_before_the_row_s_own_country(tmp_path: Path) -> None:
    """A person whom the table of people knows acts for whom it says on that day."""
    table = tmp_path / "people.csv"
    table.write_text("name,code,organ,office,from,to\nLee Somebody,PRK,,,2018-01-01,\n", "utf-8")
    people = ActingFor.read(table)
    somebody = {"Source_Name": "Lee Somebody", "Source_Sectors": "Government"}
    path = events(
        tmp_path / "events.tab", row(**somebody), row(**somebody, Event_Date="2017-12-31")
    )
    claims, _ = read(path, people)
    assert [claim.actors[0].code for claim in claims] == ["KOR", "PRK"]
    assert claims[1].occurred.earliest.date() == date(2018, 6, 12)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"Source_Name": "Somebody", "Source_Country": ""}, Skip.NO_COUNTRY),
        ({"Target_Name": "Citizen (Japan)"}, Skip.NON_STATE),
        ({"Target_Name": "Government (South Korea)"}, Skip.ONE_PARTY),
    ],
)
def test_what_is_not_between_two_states_is_skipped(
    tmp_path: Path, fields: dict[str, str], reason: Skip
) -> None:
    """ICEWS event rows that are not between two states are skipped and counted."""
    claims, report = read(events(tmp_path / "events.tab", row(**fields)))
    assert claims == []
    assert report.skipped == {reason: 1}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (row(Event_Date="12/06/2018"), "Event Date is '12/06/2018', not a day"),
        (row(CAMEO_Code="99", Event_Text="Dance"), "'99' is not a CAMEO code"),
        (row(Intensity="-20"), "Intensity is '-20', not a number from -10 to 10"),
        (row() + "\tmore", "has 21 columns, ICEWS has 20"),
        (row().rsplit("\t", 5)[0], "has 15 columns, ICEWS has 20"),
    ],
)
def test_a_row_at_fault_is_rejected_and_the_rest_goes_on(
    tmp_path: Path, bad: str, reason: str
) -> None:
    """An ICEWS event row at fault is rejected with file and number, and the next is read."""
    path = events(tmp_path / "events.tab", bad, row())
    claims, report = read(path)
    assert len(claims) == 1
    assert str(report.rejections[0]).startswith(f"{path}:2: {reason}")


@pytest.mark.parametrize(
    ("fields", "name", "faults"),
    [
        ({"Latitude": "91"}, "Seoul, South Korea", 1),
        ({"Longitude": "nan"}, "Seoul, South Korea", 1),
        ({"City": "Se\x07oul", "Latitude": "NULL"}, "Se oul, Seoul, South Korea", 0),
    ],
)
def test_a_bad_place_costs_the_place_and_not_the_row(
    tmp_path: Path, fields: dict[str, str], name: str, faults: int
) -> None:
    """An ICEWS row with coordinates or a name that cannot be is an event without them."""
    [claim], report = read(events(tmp_path / "events.tab", row(**fields)))
    assert claim.place is not None
    assert (claim.place.name, claim.place.coordinates) == (name, None)
    assert report.places_at_fault == faults


def test_a_header_of_other_columns_is_refused(tmp_path: Path) -> None:
    """An ICEWS header with other columns refuses the file, since its cells would be misread."""
    header = HEADER.replace("Event Text", "Headline")
    with pytest.raises(ImportFault, match="header has 'headline' where 'event text' should be"):
        read(events(tmp_path / "events.tab", row(), header=header))


def test_two_runs_are_the_same(tmp_path: Path) -> None:
    """Two imports of the same ICEWS event file give the same events."""
    path = events(tmp_path / "events.tab", row(), row(Event_Date="2018-06-13"))
    assert read(path)[0] == read(path)[0]


@given(
    st.dictionaries(
        st.sampled_from(sorted(ICEWS_COLUMNS)),
        st.text() | st.sampled_from(["0", "-1", "1e999", "nan", "2018-06-12", "99999-01-01", ";"]),
        max_size=4,
    )
)
def test_any_text_in_any_column_is_read_or_rejected(
    tmp_path_factory: pytest.TempPathFactory, fields: dict[str, str]
) -> None:
    """No text in any ICEWS event column ends an import or loses a row."""
    path = events(tmp_path_factory.mktemp("any") / "a.tab", row(**fields), row())
    claims, report = read(path)
    assert claims
    assert report.rows_read >= 2
