"""GDELT 2.0 event exports become events."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communique.domain.claims.event import Claim
from communique.domain.claims.values import Certainty, Credibility, Reliability, Role
from communique.importers import ImportFault, Report, Skip, gdelt
from tests.support.gdelt_rows import COLUMNS, SOUND, export, row


def read(path: Path) -> tuple[list[Claim], Report]:
    """Import an export whole."""
    report = Report()
    claims = list(gdelt.claims(path, report))
    assert report.adds_up()
    return claims, report


def test_a_row_between_two_countries_is_an_event(tmp_path: Path) -> None:
    """A GDELT row between two countries is an event with its day, page, figures and code."""
    [claim], report = read(export(tmp_path, row()))
    assert (claim.occurred.edtf, claim.occurred.zone) == ("2018-01-01", "UTC")
    assert claim.known is not None
    assert claim.known.text == "2018-01-01T00:15:00Z"
    assert (claim.actors[0].code, claim.recipients[0].code) == ("KOR", "JPN")
    assert claim.payload.type == "AccusationMade"
    assert claim.place is not None
    assert claim.place.country == "KOR"
    assert claim.place.coordinates is not None
    assert claim.place.coordinates.longitude == 127
    assert (claim.source.outlet, claim.source.url) == ("yna.co.kr", SOUND["url"])
    assert claim.classification is not None
    assert claim.classification.model_dump(exclude_defaults=True) == {
        "cameo_code": "112",
        "plover_code": "ACCUSE",
        "table_version": "communique-cameo-2",
        "dataset": "gdelt2",
        "row_id": "719024875",
        "goldstein": -2.0,
        "tone": -2.5,
        "row_count": 1,
        "mention_count": 8,
        "source_count": 2,
        "article_count": 8,
    }
    assert (report.rows_read, report.rows_merged, report.events) == (1, 1, 1)


def test_a_machine_s_word_is_probable_and_ungraded(tmp_path: Path) -> None:
    """A GDELT event is probable and has no grade."""
    [claim], _ = read(export(tmp_path, row()))
    assert claim.certainty is Certainty.PROBABLE
    assert claim.grade is not None
    assert claim.grade.reliability is Reliability.F
    assert claim.grade.credibility is Credibility.CANNOT_BE_JUDGED


def test_repeated_reports_are_one_event_with_its_figures_added_up(tmp_path: Path) -> None:
    """Repeated GDELT rows are one event with added figures and the first row's id."""
    again = row(id="719024876", url="http://other.example/2", articles="24", tone="1.5")
    [claim], report = read(export(tmp_path, row(), again))
    figures = claim.classification
    assert figures is not None
    assert (figures.row_count, figures.mention_count, figures.source_count) == (2, 16, 4)
    assert (figures.article_count, figures.tone, figures.row_id) == (32, 0.5, "719024875")
    assert claim.source.outlet == "yna.co.kr"
    assert (report.rows_merged, report.events) == (2, 1)


def test_other_days_codes_and_directions_are_other_events(tmp_path: Path) -> None:
    """GDELT rows of another day, pair, direction or code are other events."""
    others = (row(day="20171231"), row(code="111"), row(actor="JPN", target="KOR"))
    claims, _ = read(export(tmp_path, row(), *others))
    assert len({claim.event_id for claim in claims}) == 4


def test_both_sides_of_a_visit_are_one_event(tmp_path: Path) -> None:
    """Two GDELT rows of one visit, from guest and host, are one event."""
    visit, hosting = row(code="042"), row(code="043", actor="JPN", target="KOR")
    [claim], _ = read(export(tmp_path, visit, hosting))
    assert [member.party.code for member in claim.participants if member.role is Role.HOST] == [
        "JPN"
    ]


@pytest.mark.parametrize(
    ("day", "edtf"),
    [
        ("20180131", "2018-01-31"),
        ("20180130", "2018-01-30"),
        ("20180124", "2018-01-22~/2018-01-28~"),
        ("20180101", "2018-01~"),
        ("20170131", "2017~"),
        ("20180129", "2018-01-29"),
    ],
)
def test_a_day_that_stands_for_a_week_a_month_or_a_year_is_not_exact(
    tmp_path: Path, day: str, edtf: str
) -> None:
    """A GDELT day 7, 30 or 365 days before its report means last week, month or year."""
    [claim], _ = read(export(tmp_path, row(day=day, added="20180131120000")))
    assert claim.occurred.edtf == edtf
    assert claim.occurred.approximate == ("~" in edtf)


def test_organisations_are_parties_whatever_their_region(tmp_path: Path) -> None:
    """Organisations in GDELT rows are parties, whatever region they stand under."""
    eu = row(actor="EUR", actor_group="EEC", actor_type="IGO")
    nato = row(actor="WST", actor_group="NAT", actor_type="IGO")
    un = row(actor="", actor_group="UNO", actor_type="IGO")
    claims, _ = read(export(tmp_path, eu, nato, un))
    assert [claim.actors[0].code for claim in claims] == ["EU", "NATO", "UN"]


@pytest.mark.parametrize(
    ("cameo", "iso"),
    [("ROM", "ROU"), ("ZAR", "COD"), ("TMP", "TLS"), ("GZS", "PSE"), ("PSE", "PSE")],
)
def test_cameo_s_own_countries_become_iso_s(tmp_path: Path, cameo: str, iso: str) -> None:
    """CAMEO country codes in GDELT rows become those of ISO."""
    [claim], _ = read(export(tmp_path, row(target=cameo)))
    assert claim.recipients[0].code == iso


def test_a_sector_is_given_where_all_reports_agree(tmp_path: Path) -> None:
    """A merged GDELT event has a sector only if all its rows agree."""
    [claim], _ = read(export(tmp_path, row(actor_type="GOV")))
    assert claim.actors[0].sector == "government"
    [claim], _ = read(export(tmp_path, row(actor_type="GOV"), row()))
    assert claim.actors[0].sector == ""


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"actor": ""}, Skip.NO_COUNTRY),
        ({"target": ""}, Skip.NO_COUNTRY),
        ({"actor": "AFR"}, Skip.REGION),
        ({"target_type": "BUS"}, Skip.NON_STATE),
        ({"actor_religion": "MOS"}, Skip.NON_STATE),
        ({"target_group": "HEZ"}, Skip.NON_STATE),
        ({"target": "KOR", "actor_type": "GOV"}, Skip.ONE_PARTY),
    ],
)
def test_what_is_not_between_two_states_is_skipped_and_counted(
    tmp_path: Path, fields: dict[str, str], reason: Skip
) -> None:
    """GDELT rows that are not between two states are skipped and counted."""
    claims, report = read(export(tmp_path, row(**fields)))
    assert claims == []
    assert report.skipped == {reason: 1}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"id": "x1"}, "GlobalEventID is 'x1', not a number"),
        ({"day": "2018"}, "SQLDATE is '2018', not a day such as 20180101"),
        ({"day": "20180230"}, "SQLDATE is 20180230, which is no day of the calendar"),
        ({"day": "20180102"}, "happened on 2018-01-02, after it was added on 2018-01-01"),
        ({"day": "09000101"}, "before the year 1000"),
        ({"added": "20180101"}, "DATEADDED is '20180101', not a moment"),
        ({"added": "20180101256000"}, "DATEADDED is 20180101256000, which there is not"),
        ({"actor": "QQQ"}, "'QQQ' is no country or region of CAMEO"),
        ({"code": "---"}, "'---' is not a CAMEO code"),
        ({"goldstein": "-11"}, "GoldsteinScale is '-11', not a number from -10 to 10"),
        ({"tone": "nan"}, "AvgTone is 'nan', not a number from -100 to 100"),
        ({"tone": "grim"}, "AvgTone is 'grim', not a number"),
        ({"mentions": ""}, "NumMentions is '', not a count"),
        ({"articles": "2147483648"}, "NumArticles is '2147483648', not a count"),
        ({"url": ""}, "SOURCEURL is empty"),
        ({"url": f"https://a.example/{'x' * 2000}"}, "url: String should have at most 2000"),
    ],
)
def test_a_row_at_fault_is_rejected_and_the_rest_goes_on(
    tmp_path: Path, fields: dict[str, str], reason: str
) -> None:
    """A GDELT row at fault is rejected with field, value and rule, and the next is read."""
    path = export(tmp_path, row(**fields), row())
    claims, report = read(path)
    assert len(claims) == 1
    assert report.rejections[0][:2] == (str(path), 1)
    assert reason in report.rejections[0].reason


def test_another_version_of_gdelt_is_told_by_its_columns(tmp_path: Path) -> None:
    """A GDELT 1.0 file is recognised by its 58 columns, and a row cut short as truncated."""
    path = export(tmp_path, row(), row().rsplit("\t", 3)[0])
    path.write_text(path.read_text(encoding="utf-8")[:-1], encoding="utf-8")
    claims, report = read(path)
    assert len(claims) == 1
    reason = report.rejections[0].reason
    assert reason.startswith("has 58 columns, GDELT 2.0 has 61; the file ends in this row")


def test_sources_without_a_page_are_outlets_by_their_name(tmp_path: Path) -> None:
    """A GDELT source that is no valid URL is an outlet by its name."""
    claims, _ = read(
        export(tmp_path, row(url="BBC Monitoring"), row(url="http://[broken", code="111"))
    )
    assert [(claim.source.outlet, claim.source.url) for claim in claims] == [
        ("BBC Monitoring", ""),
        ("http://[broken", ""),
    ]


def test_gzip_is_read_like_plain(tmp_path: Path) -> None:
    """A packed GDELT file gives the plain one's events, with its bytes on disk counted."""
    plain = export(tmp_path, row(), row(code="111"))
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    claims, report = read(packed)
    assert claims == read(plain)[0]
    assert report.bytes_done == report.bytes_total == packed.stat().st_size


def test_a_truncated_gzip_yields_nothing_and_tells_how_far_it_got(tmp_path: Path) -> None:
    """A truncated packed GDELT file yields no event and says how far it was read."""
    rows = [row(id=str(number), url=f"http://{number * 7919}.example/") for number in range(500)]
    path = tmp_path / "cut"
    path.write_bytes(gzip.compress("\n".join(rows).encode())[:-400])
    report, claims = Report(), list[Claim]()
    with pytest.raises(ImportFault, match=r"is truncated: row \d+ is the last one") as raised:
        claims.extend(gdelt.claims(path, report))
    assert claims == []
    assert raised.value.row_number == report.rows_read
    assert report.skipped == {Skip.HELD_BACK: report.rows_read}
    assert report.adds_up()


def test_the_next_export_never_contradicts_the_first(tmp_path: Path) -> None:
    """A deed that a later GDELT export reports again is an event of its own."""
    export(tmp_path, row(), row())
    export(tmp_path, row(added="20180101003000"), name="20180101003000.export.CSV")
    claims, report = read(tmp_path)
    assert len({claim.event_id for claim in claims}) == len(claims) == 2
    assert report.rows_read == 3
    assert claims[0] == read(tmp_path / "20180101001500.export.CSV")[0][0]


def test_a_directory_without_an_export_is_told(tmp_path: Path) -> None:
    """A missing GDELT export, an empty directory and a zip archive are refused."""
    with pytest.raises(ImportFault, match=r"has no \*.export.CSV"):
        read(tmp_path)
    with pytest.raises(ImportFault, match="cannot be read: No such file"):
        read(tmp_path / "missing")
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04")
    with pytest.raises(ImportFault, match="is a zip archive: unpack it first"):
        read(tmp_path / "a.zip")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["KOR", "JPN", "CHN", ""]),
            st.sampled_from(["040", "042", "043", "112"]),
            st.sampled_from(["20180101", "20171231", "2018"]),
        )
    )
)
def test_two_runs_are_the_same_and_no_id_comes_twice(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[str, str, str]]
) -> None:
    """Two GDELT imports of the same rows give the same events, each id once."""
    rows = [row(actor=actor, code=code, day=day) for actor, code, day in drawn]
    path = export(tmp_path_factory.mktemp("export"), *rows)
    claims, _ = read(path)
    assert claims == read(path)[0]
    assert len({claim.event_id for claim in claims}) == len(claims)


@given(
    st.dictionaries(
        st.sampled_from(sorted(COLUMNS)),
        st.text()
        | st.sampled_from(["0", "-1", "1e999", "99999999999999", "00000101", "https://[::1"]),
        max_size=4,
    )
)
def test_any_text_in_any_column_is_read_or_rejected(
    tmp_path_factory: pytest.TempPathFactory, fields: dict[str, str]
) -> None:
    """No text in any GDELT column ends an import or loses a row."""
    text = row(**fields)
    path = export(tmp_path_factory.mktemp("export"), text, row())
    claims, report = read(path)
    assert claims
    assert report.rows_read >= 2


@pytest.mark.parametrize(
    ("fields", "name", "faults"),
    [
        ({"latitude": "91"}, "Seoul, Seoul-t'ukpyolsi, South Korea", 1),
        ({"longitude": "east"}, "Seoul, Seoul-t'ukpyolsi, South Korea", 1),
        ({"place": "Se\x07oul\x85", "latitude": ""}, "Se oul", 0),
        ({"place": "x" * 300, "latitude": ""}, "x" * 200, 0),
    ],
)
def test_a_bad_place_costs_the_place_and_not_the_row(
    tmp_path: Path, fields: dict[str, str], name: str, faults: int
) -> None:
    """A GDELT row whose coordinates or place name cannot be is an event without them."""
    [claim], report = read(export(tmp_path, row(**fields)))
    assert claim.place is not None
    assert (claim.place.name, claim.place.coordinates) == (name, None)
    assert (report.places_at_fault, report.rows_rejected) == (faults, 0)
