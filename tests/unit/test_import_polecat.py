"""POLECAT files become events."""

import gzip
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communique.domain.claims.event import Claim
from communique.domain.claims.values import Role
from communique.importers import ImportFault, Report, Skip, polecat
from communique.importers.acting_for import ActingFor

SIDE: Final = (
    "{} Name",
    "{} Country",
    "{} COW",
    "Primary {} Sector",
    "{} Sectors",
    "{} Title",
    "{} Name Raw",
    "Wikipedia {} ID",
)
COLUMNS: Final = (
    "Event ID",
    "Event Date",
    "Event Type",
    "Event Mode",
    "Intensity",
    "Quad Code",
    "Contexts",
    *(name.format("Actor") for name in SIDE),
    *(name.format("Recipient") for name in SIDE),
    "Placename",
    "City",
    "District",
    "Province",
    "Country",
    "Latitude",
    "Longitude",
    "GeoNames ID",
    "Raw Placename",
    "Feature Type",
    "Source",
    "Publication Date",
    "Story People",
    "Story Organizations",
    "Story Locations",
    "Language",
    "Version",
)
HEADER: Final = "\t".join(COLUMNS)
SOUND: Final = {
    "Event ID": "20180613-2309-4e081644904c_ACCUSE_R",
    "Event Date": "2018-06-12",
    "Event Type": "ACCUSE",
    "Event Mode": "disapprove",
    "Intensity": "-2.0",
    "Actor Name": "South Korea",
    "Actor Country": "KOR",
    "Primary Actor Sector": "GOV",
    "Recipient Name": "Japan",
    "Recipient Country": "JPN",
    "Primary Recipient Sector": "GOV",
    "City": "Seoul",
    "Country": "KOR",
    "Latitude": "37.566",
    "Longitude": "126.9784",
    "Source": "AFP",
    "Publication Date": "2018-06-13",
    "Language": "en",
}


def row(**fields: str) -> str:
    """Return a row of 40 columns: a sound one but for these fields, spelled with underscores."""
    cells = SOUND | {name.replace("_", " "): text for name, text in fields.items()}
    return "\t".join(cells.get(name, "None") for name in COLUMNS)


def events(path: Path, *rows: str, header: str = HEADER) -> Path:
    """Write a file of these rows and return its path."""
    path.write_text("".join(f"{line}\n" for line in (header, *rows)), encoding="utf-8")
    return path


def read(path: Path, people: ActingFor | None = None) -> tuple[list[Claim], Report]:
    """Import files whole."""
    report = Report()
    claims = list(polecat.claims(path, report, acting_for=people))
    assert report.adds_up()
    return claims, report


def test_a_row_is_an_event_of_its_day_known_from_its_publication(tmp_path: Path) -> None:
    """A POLECAT row is an event with its day, publication, source, place, score and type."""
    [claim], report = read(events(tmp_path / "a.txt", row()))
    assert (claim.occurred.edtf, claim.occurred.approximate) == ("2018-06-12", False)
    assert claim.known is not None
    assert claim.known.text == "2018-06-13"
    assert str(claim.actors[0]) == "KOR (government)"
    assert (claim.source.outlet, claim.source.language) == ("AFP", "en")
    assert claim.place is not None
    assert (claim.place.name, claim.place.country) == ("Seoul", "KOR")
    figures = claim.classification
    assert figures is not None
    assert (figures.plover_code, figures.cameo_code) == ("ACCUSE", "")
    assert (figures.goldstein, figures.dataset) == (-2.0, "polecat")
    assert figures.table_version.startswith("communique-plover-1")
    assert (figures.row_count, figures.source_count, figures.article_count) == (1, 1, 1)
    assert report.rows_read == 1


def test_a_day_that_is_only_the_publication_s_is_approximate(tmp_path: Path) -> None:
    """A POLECAT event on the day of its publication has that day approximately."""
    [claim], _ = read(events(tmp_path / "a.txt", row(Event_Date="2018-06-13")))
    assert (claim.occurred.edtf, claim.occurred.approximate) == ("2018-06-13~", True)


def test_mirror_rows_and_stories_of_one_deed_are_one_event(tmp_path: Path) -> None:
    """POLECAT rows of one deed from either side are one event, with its sources counted."""
    talks = {"Event_Type": "CONSULT", "Event_Mode": "phone"}
    back = {
        "Actor_Country": "JPN",
        "Recipient_Country": "KOR",
        "Source": "Yonhap",
        "Event_ID": "20180613-2310-1_CONSULT_R",
    }
    [claim], _ = read(events(tmp_path / "a.txt", row(**talks), row(**talks), row(**talks, **back)))
    assert claim.payload.type == "MeetingHeld"
    assert len(claim.participants) == 2
    assert claim.classification is not None
    figures = claim.classification
    assert (figures.row_count, figures.source_count, figures.article_count) == (3, 2, 2)


def test_the_recipient_of_a_visit_is_its_host(tmp_path: Path) -> None:
    """The recipient of a POLECAT visit is its host."""
    visit = row(Event_Type="CONSULT", Event_Mode="visit")
    [claim], _ = read(events(tmp_path / "a.txt", visit))
    hosts = [member.party.code for member in claim.participants if member.role is Role.HOST]
    assert hosts == ["JPN"]


def test_a_side_may_be_several_parties(tmp_path: Path) -> None:
    """Several values in a POLECAT cell are several parties, each with its own sector."""
    several = {
        "Actor_Name": "Pentagon; Canada; NATO",
        "Actor_Country": "USA; None; IGO",
        "Primary_Actor_Sector": "MIL; GOV; IGO",
    }
    [claim], _ = read(events(tmp_path / "a.txt", row(**several)))
    assert [str(party) for party in claim.actors] == ["CAN (government)", "NATO", "USA (military)"]
    talks = row(**several, Event_Type="CONSULT", Event_Mode="None")
    [claim], _ = read(events(tmp_path / "a.txt", talks))
    assert {member.party.code for member in claim.participants} == {"CAN", "JPN", "NATO", "USA"}


def test_an_organisation_is_known_by_its_name(tmp_path: Path) -> None:
    """An organisation without a country in POLECAT is a party by its name."""
    organisation = {
        "Actor_Name": "United Nations",
        "Actor_Country": "IGO",
        "Primary_Actor_Sector": "IGO",
    }
    [claim], _ = read(events(tmp_path / "a.txt", row(**organisation)))
    assert [str(party) for party in claim.actors] == ["UN"]


def test_the_table_of_people_goes_before_the_row(tmp_path: Path) -> None:
    """A person whom the table of people knows acts for whom it says, whatever the row says."""
    table = tmp_path / "people.csv"
    table.write_text("name,code,organ,office,from,to\nMoon,PRK,,,2018-01-01,\n", encoding="utf-8")
    path = events(tmp_path / "a.txt", row(Actor_Name="Moon", Primary_Actor_Sector="CVL"))
    [claim], _ = read(path, ActingFor.read(table))
    assert claim.actors[0].code == "PRK"


def test_headers_with_excess_names_and_rows_with_excess_tabs_are_read(tmp_path: Path) -> None:
    """POLECAT columns beyond the 40 are ignored in the header, and in rows if they are empty."""
    header = HEADER.replace("Intensity", "Event Intensity") + "\tHeadline\tEvent Text\tFeed"
    claims, _ = read(events(tmp_path / "a.txt", row(), header=header))
    assert len(claims) == 1
    claims, report = read(events(tmp_path / "a.txt", row() + "\t\t", row() + "\tmore"))
    assert len(claims) == 1
    assert report.rejections[0].reason == "has 41 columns, POLECAT has 40"


def test_quotes_are_letters_and_latin_1_is_read(tmp_path: Path) -> None:
    """A quote in a POLECAT cell is a letter like others, and rows may be latin-1 or UTF-8."""
    path = events(tmp_path / "a.txt", row(City='"Bogotá'))
    day = {"Publication_Date": "2018-06-14"}
    path.write_bytes(path.read_bytes() + row(City='"Bogotá', **day).encode("latin-1") + b"\n")
    claims, _ = read(path)
    assert [claim.place.name for claim in claims if claim.place] == ['"Bogotá'] * 2


def test_packed_files_of_a_folder_are_read_in_the_order_of_publication(tmp_path: Path) -> None:
    """POLECAT files of a folder, plain or gzip, give events in the order of publication."""
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(f"{HEADER}\n{row()}\n".encode()))
    events(tmp_path / "b.txt", row(Publication_Date="2018-06-12"))
    claims, report = read(tmp_path)
    assert [claim.known.text for claim in claims if claim.known] == ["2018-06-12", "2018-06-13"]
    assert report.rows_read == 2


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"Actor_Country": "None", "Actor_Name": "Somebody"}, Skip.NO_COUNTRY),
        ({"Recipient_Name": "None", "Recipient_Country": ""}, Skip.NO_COUNTRY),
        ({"Primary_Actor_Sector": "CVL"}, Skip.NON_STATE),
        ({"Actor_Country": "KOR; JPN"}, Skip.ONE_PARTY),
        ({"Contexts": "military; hypothetical"}, Skip.UNTRUE),
        ({"Event_Date": "2018-06-14"}, Skip.LATER),
    ],
)
def test_what_is_no_deed_between_states_is_skipped_and_counted(
    tmp_path: Path, fields: dict[str, str], reason: Skip
) -> None:
    """POLECAT rows that are not between states, or not of a deed that was done, are skipped."""
    claims, report = read(events(tmp_path / "a.txt", row(**fields)))
    assert claims == []
    assert report.skipped == {reason: 1}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (row(Event_Type="DANCE"), "'DANCE' is no PLOVER event type"),
        (row(Event_Date="None"), "Event Date is '', not a day"),
        (row(Publication_Date="13.6.2018"), "Publication Date is '13.6.2018', not a day"),
        (row(Intensity="11"), "Intensity is '11', not a number from -10 to 10"),
        (row(Source="x" * 201), "outlet: String should have at most 200"),
        (row().rsplit("\t", 3)[0], "has 37 columns, POLECAT has 40"),
    ],
)
def test_a_row_at_fault_is_rejected_and_the_rest_goes_on(
    tmp_path: Path, bad: str, reason: str
) -> None:
    """A POLECAT row at fault is rejected with file and number, and the next is read."""
    path = events(tmp_path / "a.txt", bad, row())
    claims, report = read(path)
    assert len(claims) == 1
    assert str(report.rejections[0]).startswith(f"{path}:2: {reason}")


def test_a_bad_place_costs_the_place(tmp_path: Path) -> None:
    """A POLECAT row whose coordinates are none is an event with its place's name alone."""
    [claim], report = read(events(tmp_path / "a.txt", row(Latitude="north")))
    assert claim.place is not None
    assert (claim.place.name, claim.place.coordinates) == ("Seoul", None)
    assert report.places_at_fault == 1


def test_a_file_cut_off_leaves_nothing_half_done(tmp_path: Path) -> None:
    """A POLECAT file whose gzip data is cut off is refused before any event is yielded."""
    packed = gzip.compress("\n".join([HEADER, *(row() for _ in range(500))]).encode())
    path = tmp_path / "a.txt.gz"
    path.write_bytes(packed[: len(packed) - 20])
    report = Report()
    with pytest.raises(ImportFault, match="is truncated"):
        next(polecat.claims(path, report))
    assert report.events == 0
    assert report.adds_up()


def test_two_runs_are_the_same(tmp_path: Path) -> None:
    """Two imports of the same POLECAT file give the same events, each id once."""
    path = events(tmp_path / "a.txt", row(), row(Event_Type="AID"), row(Event_Date="2018-06-11"))
    claims, _ = read(path)
    assert claims == read(path)[0]
    assert len({claim.event_id for claim in claims}) == 3


@given(
    st.dictionaries(
        st.sampled_from(sorted(COLUMNS)),
        st.text() | st.sampled_from(["0", "-1", "1e999", "nan", "2018-06-12", "99999-01-01", ";"]),
        max_size=4,
    )
)
def test_any_text_in_any_column_is_read_or_rejected(
    tmp_path_factory: pytest.TempPathFactory, fields: dict[str, str]
) -> None:
    """No text in any POLECAT column ends an import or loses a row."""
    path = events(tmp_path_factory.mktemp("any") / "a.txt", row(**fields), row())
    claims, report = read(path)
    assert claims
    assert report.rows_read >= 2
