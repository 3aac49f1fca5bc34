"""ICEWS temporal graphs become events."""

import gzip
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communique.domain.claims.event import Claim
from communique.domain.claims.payloads import MeetingHeld
from communique.domain.claims.values import Certainty, Role
from communique.domain.claims.words import MeetingLevel
from communique.domain.state.assertions import assertions
from communique.importers import ImportFault, Report, Skip, icews
from communique.importers.acting_for import ActingFor
from communique.importers.merging import event_id

ENTITIES = (
    "South Korea",
    "Japan",
    "Head of Government (South Korea)",
    "Head of Government (Japan)",
    "Citizen (Japan)",
    "Ann Roe",
    "Ministry (Holy See (Vatican City State))",
    "UN Security Council",
    "Member of Legislative (Govt) (Palestinian Territory, Occupied)",
    "Militant (Taliban)",
    "European Parliament",
    "Bob Doe",
    "Foreign Affairs (Japan)",
    "Holy See (Vatican City State)",
    "European Commission",
)
KOREA, JAPAN, KOREAN_HEAD, JAPANESE_HEAD, CITIZEN, ROE, HOLY_SEE, COUNCIL, *_ = range(len(ENTITIES))
DOE, FOREIGN_AFFAIRS, VATICAN, COMMISSION = range(len(ENTITIES) - 4, len(ENTITIES))
RELATIONS = (
    "Consult",
    "Make a visit",
    "Host a visit",
    "Use conventional military force",
    "Engage in diplomatic cooperation",
    "Accuse",
)
CONSULT, VISIT, HOST, FORCE, COOPERATE, ACCUSE = range(len(RELATIONS))
MARCH_1 = 24 * 59
FIRST_DAY = date(2014, 1, 1)

Raw = tuple[int, int, int, int]


def graph(directory: Path, *rows: Raw, split: str = "train.txt") -> Path:
    """Write a graph of these rows and return its directory."""
    for name, words in (("entity2id.txt", ENTITIES), ("relation2id.txt", RELATIONS)):
        text = "".join(f"{word}\t{number}\n" for number, word in enumerate(words))
        (directory / name).write_text(text, encoding="utf-8")
    text = "".join("\t".join(map(str, (*row, -1))) + "\n" for row in rows)
    (directory / split).write_text(text, encoding="utf-8")
    return directory


def read(directory: Path) -> tuple[list[Claim], Report]:
    """Import a graph whole."""
    report = Report()
    claims = list(icews.claims(directory, report, dataset="icews14", first_day=FIRST_DAY))
    assert report.adds_up()
    assert report.events == len(claims)
    return claims, report


def codes(claims: Iterable[Claim]) -> list[list[str]]:
    """Return the codes of each event's parties, sorted."""
    return [sorted(claim.codes) for claim in claims]


def test_a_row_between_two_states_is_an_event_of_its_day(tmp_path: Path) -> None:
    """An ICEWS row between two states is an event of its day, with code, score and row."""
    [claim], report = read(graph(tmp_path, (KOREA, FORCE, JAPAN, MARCH_1)))
    assert claim.occurred.edtf == "2014-03-01"
    assert claim.known is not None
    assert (claim.known.text, claim.known.zone) == ("2014-03-01", "UTC")
    assert (claim.actors[0].code, claim.recipients[0].code) == ("KOR", "JPN")
    assert claim.certainty is Certainty.PROBABLE
    assert claim.classification is not None
    assert claim.classification.cameo_code == "190"
    assert claim.classification.goldstein == -10
    assert claim.classification.dataset == "icews14"
    assert claim.classification.row_id == "0 3 1 1416"
    assert (report.rows_read, report.rows_merged, report.events) == (1, 1, 1)
    assert report.bytes_done == report.bytes_total > 0


def test_the_mirror_rows_of_a_meeting_are_one_event(tmp_path: Path) -> None:
    """Two ICEWS rows that mirror each other are one event."""
    claims, report = read(
        graph(
            tmp_path,
            (KOREA, CONSULT, JAPAN, 0),
            (KOREA, VISIT, JAPAN, 0),
            (JAPAN, CONSULT, KOREA, 0),
            (JAPAN, HOST, KOREA, 0),
        )
    )
    assert codes(claims) == [["JPN", "KOR"], ["JPN", "KOR"]]
    assert [claim.classification.row_count for claim in claims if claim.classification] == [2, 2]
    visit = claims[1]
    assert [member.party.code for member in visit.participants if member.role is Role.HOST] == [
        "JPN"
    ]
    assert (report.rows_merged, report.events) == (4, 2)


def test_cooperation_reported_from_both_sides_is_one_event_of_both(tmp_path: Path) -> None:
    """Cooperation or fighting from both sides in ICEWS is one event, accusations are two."""
    directions = [(KOREA, JAPAN), (JAPAN, KOREA)]
    claims, _ = read(
        graph(
            tmp_path,
            *((actor, COOPERATE, target, 0) for actor, target in directions),
            *((actor, FORCE, target, 0) for actor, target in directions),
            *((actor, ACCUSE, target, 0) for actor, target in directions),
            (JAPAN, COOPERATE, KOREA, 24),
        )
    )
    assert [len(claim.participants) for claim in claims] == [2, 2, 0, 0, 0]
    assert [actor.code for claim in claims for actor in claim.actors] == ["KOR", "JPN", "JPN"]


def test_other_days_and_other_visits_are_other_events(tmp_path: Path) -> None:
    """ICEWS rows of a visit returned, or of the next day, are other events."""
    claims, _ = read(
        graph(
            tmp_path,
            (KOREA, VISIT, JAPAN, 0),
            (JAPAN, VISIT, KOREA, 0),
            (KOREA, VISIT, JAPAN, 24),
        )
    )
    assert len({claim.event_id for claim in claims}) == 3


def test_the_same_meeting_has_the_same_id_from_either_side(tmp_path: Path) -> None:
    """An ICEWS meeting has the same event id whichever row comes first."""
    (visit, consultation), _ = read(
        graph(tmp_path, (KOREA, VISIT, JAPAN, 0), (KOREA, CONSULT, JAPAN, 0))
    )
    again, _ = read(graph(tmp_path, (JAPAN, CONSULT, KOREA, 0), (JAPAN, HOST, KOREA, 0)))
    assert [claim.event_id for claim in again] == [consultation.event_id, visit.event_id]


def test_organs_of_a_state_stand_for_it_and_are_named(tmp_path: Path) -> None:
    """An organ in ICEWS is its state with the organ and sector named."""
    [claim], _ = read(graph(tmp_path, (KOREAN_HEAD, CONSULT, JAPANESE_HEAD, 0)))
    parties = {party.code: (party.organ, party.sector) for party in claim.parties}
    assert parties == dict.fromkeys(("JPN", "KOR"), ("Head of Government", "government"))
    assert isinstance(claim.payload, MeetingHeld)
    assert claim.payload.level is MeetingLevel.LEADER


def people(directory: Path, *rows: str) -> ActingFor:
    """Return a table of persons of these rows."""
    path = directory / "people.csv"
    path.write_text("\n".join(("name,code,organ,office,from,to", *rows)), encoding="utf-8")
    return ActingFor.read(path)


def test_a_person_is_whom_it_acted_for_on_the_day_of_the_row(tmp_path: Path) -> None:
    """A person in ICEWS is the party for which it acted that day, and else its row is skipped."""
    acting_for = people(
        tmp_path,
        "ann roe,USA,Head of State,President,2014-01-02,2014-01-02",
        "ann roe,UN,Secretariat,Envoy,2014-01-03,",
    )
    path = graph(tmp_path, *((ROE, FORCE, JAPAN, 24 * day) for day in range(3)))
    report = Report()
    claims = list(
        icews.claims(path, report, dataset="icews14", first_day=FIRST_DAY, acting_for=acting_for)
    )
    assert [str(claim.actors[0]) for claim in claims] == [
        "USA (ann roe, President, Head of State)",
        "UN (ann roe, Envoy, Secretariat)",
    ]
    assert report.skipped == {Skip.NO_COUNTRY: 1}
    assert report.skipped_names == {(Skip.NO_COUNTRY, "Ann Roe"): 1}
    assert report.adds_up()


@pytest.mark.parametrize(
    ("organs", "code", "level"),
    [
        (("Head of State", "Head of State"), CONSULT, MeetingLevel.LEADER),
        (("Head of State", "Head of Government"), VISIT, MeetingLevel.LEADER),
        (("Foreign Minister", "Foreign Minister"), CONSULT, MeetingLevel.MINISTER),
        (("Head of State", "Foreign Minister"), CONSULT, None),
        (("Foreign Affairs", "Foreign Affairs"), CONSULT, None),
        (("", ""), CONSULT, None),
    ],
)
def test_two_of_one_rank_who_meet_make_a_meeting_of_that_level(
    tmp_path: Path, organs: tuple[str, str], code: int, level: MeetingLevel | None
) -> None:
    """Two leaders in ICEWS meet as leaders, two foreign ministers as ministers, others as none."""
    rows = (
        f"{name},{state},{organ},,2014-01-01,"
        for name, state, organ in zip(("Ann Roe", "Bob Doe"), ("USA", "PRK"), organs, strict=True)
    )
    path = graph(tmp_path, (ROE, code, DOE, 0))
    [claim] = icews.claims(
        path, Report(), dataset="icews14", first_day=FIRST_DAY, acting_for=people(tmp_path, *rows)
    )
    assert isinstance(claim.payload, MeetingHeld)
    assert claim.payload.level is level


def test_a_leader_and_the_head_of_a_government_meet_as_leaders(tmp_path: Path) -> None:
    """A leader by name and a head of government without one in ICEWS meet as leaders."""
    acting_for = people(tmp_path, "Ann Roe,USA,Head of State,President,2014-01-01,")
    path = graph(tmp_path, (ROE, CONSULT, JAPANESE_HEAD, 0), (ROE, CONSULT, FOREIGN_AFFAIRS, 0))
    claims = list(
        icews.claims(path, Report(), dataset="icews14", first_day=FIRST_DAY, acting_for=acting_for)
    )
    levels = [claim.payload.level for claim in claims if isinstance(claim.payload, MeetingHeld)]
    assert levels == [MeetingLevel.LEADER, None]


def test_without_a_table_of_ones_own_the_shipped_one_is_read(tmp_path: Path) -> None:
    """ICEWS is read with the shipped persons unless others are given."""
    path = graph(tmp_path, (KOREA, FORCE, JAPAN, 0))
    text = (path / "entity2id.txt").read_text(encoding="utf-8")
    (path / "entity2id.txt").write_text(text.replace("Japan\t", "Barack Obama\t", 1), "utf-8")
    [claim], _ = read(path)
    assert str(claim.recipients[0]) == "USA (Barack Obama, President, Head of State)"


def test_names_are_read_whatever_brackets_they_have(tmp_path: Path) -> None:
    """ICEWS names of organs, countries and organisations are read whatever their brackets."""
    rows = [(KOREA, FORCE, number, 0) for number in (6, 7, 8, 10, VATICAN, COMMISSION)]
    claims, _ = read(graph(tmp_path, *rows))
    assert [str(claim.recipients[0]) for claim in claims] == [
        "VAT (Ministry, government)",
        "UNSC",
        "PSE (Member of Legislative (Govt), legislature)",
        "EU (European Parliament, legislature)",
        "VAT",
        "EU (European Commission)",
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((ROE, FORCE, JAPAN, 0), Skip.NO_COUNTRY),
        ((JAPAN, FORCE, 9, 0), Skip.NO_COUNTRY),
        ((KOREA, FORCE, CITIZEN, 0), Skip.NON_STATE),
        ((JAPANESE_HEAD, FORCE, JAPAN, 0), Skip.ONE_PARTY),
    ],
)
def test_what_is_not_between_two_states_is_skipped_and_counted(
    tmp_path: Path, row: Raw, reason: Skip
) -> None:
    """ICEWS rows that are not between two states are skipped and counted."""
    claims, report = read(graph(tmp_path, row))
    assert claims == []
    assert report.skipped == {reason: 1}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("0\t3\t1", "has 3 columns, 4 or 5 are needed"),
        ("0\t3\tone\t0\t-1", "'one' is not a number"),
        ("99\t3\t1\t0\t-1", "entity 99 is not in entity2id.txt"),
        ("0\t99\t1\t0\t-1", "relation 99 is not in relation2id.txt"),
        ("0\t3\t1\t5\t-1", "5 hours are not whole days"),
        ("0\t3\t1\t999999984\t-1", "999999984 hours are more than a century"),
        ("0\t3\t1\t99999999999999999999\t-1", "'99999999999999999999' is not a number"),
    ],
)
def test_a_row_at_fault_is_rejected_and_the_rest_goes_on(
    tmp_path: Path, row: str, reason: str
) -> None:
    """An ICEWS row at fault is rejected with file and number, and the next is read."""
    path = graph(tmp_path) / "train.txt"
    path.write_text(f"{row}\n0\t3\t1\t24\t-1\n", encoding="utf-8")
    claims, report = read(tmp_path)
    assert str(report.rejections[0]).startswith(f"{path}:1: {reason}")
    assert report.rows_rejected == 1
    assert len(claims) == 1


def test_a_file_that_ends_in_a_row_is_told_to_be_truncated(tmp_path: Path) -> None:
    """An ICEWS file whose last row is cut short is reported as truncated."""
    path = graph(tmp_path, (KOREA, FORCE, JAPAN, 0)) / "train.txt"
    path.write_text(path.read_text(encoding="utf-8") + "0\t3\t1\t2", encoding="utf-8")
    claims, report = read(tmp_path)
    assert len(claims) == 1
    assert report.rejections[0].row_number == 2
    assert "may be truncated" in report.rejections[0].reason


def test_bytes_that_are_not_utf_8_are_rejected_by_row(tmp_path: Path) -> None:
    """An ICEWS row that is not UTF-8 is rejected with its byte, and the rest is read."""
    path = graph(tmp_path) / "train.txt"
    path.write_bytes(b"0\t3\t1\t0\t\xff\n0\t3\t1\t24\t-1\n")
    claims, report = read(tmp_path)
    assert len(claims) == 1
    assert report.rejections[0].reason == "is not UTF-8: byte 9 of the row is 0xFF"


def test_rows_out_of_the_order_of_days_are_put_in_order(tmp_path: Path) -> None:
    """ICEWS rows in any order are events in the order of their days, and mirror rows still meet."""
    rows = [(KOREA, CONSULT, JAPAN, hours) for hours in (48, 0, 24)]
    claims, report = read(graph(tmp_path, *rows, (JAPAN, CONSULT, KOREA, 48)))
    assert [claim.occurred.edtf for claim in claims] == ["2014-01-01", "2014-01-02", "2014-01-03"]
    assert (report.rows_merged, report.rows_rejected) == (4, 0)


def test_splits_are_read_together_by_day(tmp_path: Path) -> None:
    """Two ICEWS rows of one meeting in different splits are one event."""
    graph(tmp_path, (KOREA, CONSULT, JAPAN, 0), (KOREA, FORCE, JAPAN, 24))
    graph(tmp_path, (JAPAN, CONSULT, KOREA, 0), split="test.txt")
    claims, report = read(tmp_path)
    assert [claim.payload.type for claim in claims] == ["MeetingHeld", "CodedEventReported"]
    assert report.rows_read == 3


def test_no_two_sets_or_first_days_share_an_id(tmp_path: Path) -> None:
    """An ICEWS event's id is another one for another data set or another first day."""
    graph(tmp_path, (KOREA, FORCE, JAPAN, 24))
    sets = [
        ("icews14", date(2014, 1, 1)),
        ("icews14", date(2014, 1, 2)),
        ("icews18", date(2014, 1, 1)),
        ("icews18", date(2018, 1, 1)),
    ]
    claims = [
        claim
        for dataset, first_day in sets
        for claim in icews.claims(tmp_path, Report(), dataset=dataset, first_day=first_day)
    ]
    assert claims[-1].occurred.edtf == "2018-01-02"
    assert len({claim.event_id for claim in claims}) == len(sets)


def test_the_ids_of_the_first_set_stay_as_they_were(tmp_path: Path) -> None:
    """The ids of icews14 are those that a log from before `--first-day` has."""
    [claim], _ = read(graph(tmp_path, (KOREA, ACCUSE, JAPAN, 24)))
    identity = ("icews14", "2014-01-02", "112", "South Korea", "Japan")
    assert claim.event_id == event_id(*identity)


def test_a_graph_is_refused_without_its_name_and_first_day(tmp_path: Path) -> None:
    """An ICEWS graph in numbers without a data set or a first day is refused with both options."""
    graph(tmp_path, (KOREA, FORCE, JAPAN, 0))
    for dataset, first_day in (("", None), ("icews14", None), ("", FIRST_DAY)):
        with pytest.raises(ImportFault, match=r"give --dataset, .* and --first-day"):
            list(icews.claims(tmp_path, Report(), dataset=dataset, first_day=first_day))


def test_a_first_day_that_leads_into_the_future_is_refused(tmp_path: Path) -> None:
    """An ICEWS row after the last day that can be refuses the first day, before any event."""
    graph(tmp_path, (KOREA, FORCE, JAPAN, 0), (KOREA, FORCE, JAPAN, 24))
    report = Report()
    claims = icews.claims(
        tmp_path, report, dataset="a", first_day=date(2026, 5, 1), last_day=date(2026, 5, 1)
    )
    with pytest.raises(
        ImportFault, match=r"train.txt:2: .* after 2026-05-01: is --first-day right"
    ):
        next(claims)
    assert report.events == 0
    assert report.adds_up()


def test_a_packed_graph_is_read_by_its_published_names(tmp_path: Path) -> None:
    """An ICEWS graph of gzip files is read, with the original names before those without."""
    graph(tmp_path, (KOREA, FORCE, JAPAN, 0))
    plain, _ = read(tmp_path)
    for path in list(tmp_path.iterdir()):
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    for kind in ("entity2id", "relation2id"):
        packed = tmp_path / f"{kind}.txt.gz"
        packed.rename(tmp_path / f"{kind}.original_names.txt.gz")
        packed.write_bytes(gzip.compress(b"Nobody\t0\n"))
    assert read(tmp_path)[0] == plain


def test_a_file_cut_off_leaves_nothing_half_done(tmp_path: Path) -> None:
    """An ICEWS file whose gzip data is cut off is refused before any of its events is yielded."""
    plain = graph(tmp_path, *((KOREA, FORCE, JAPAN, 24 * day) for day in range(500))) / "train.txt"
    packed = gzip.compress(plain.read_bytes())
    (tmp_path / "train.txt.gz").write_bytes(packed[: len(packed) // 2])
    plain.unlink()
    report = Report()
    claims = icews.claims(tmp_path, report, dataset="icews14", first_day=FIRST_DAY)
    with pytest.raises(ImportFault, match="is truncated"):
        next(claims)
    assert report.events == 0
    assert report.adds_up()


def named(path: Path, *rows: str) -> Path:
    """Write a graph in names, with a day of 2014 in each row."""
    path.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def test_a_graph_in_names_is_read_from_a_file_or_a_folder(tmp_path: Path) -> None:
    """An ICEWS graph in names has events of its days, in any order, from a file or a folder."""
    file = named(
        tmp_path / "train.txt",
        "South Korea\tHost a visit\tJapan\t2014-05-13",
        "South_Korea\tUse conventional military force\tJapan\t2014-02-01",
        "Japan\tMake a visit\tSouth Korea\t2014-05-13",
    )
    report = Report()
    claims = list(icews.claims(file, report))
    assert [claim.occurred.edtf for claim in claims] == ["2014-02-01", "2014-05-13"]
    assert claims[0].classification is not None
    assert claims[0].classification.dataset == "icews"
    assert claims == list(icews.claims(tmp_path, Report()))
    assert report.adds_up()
    [other, _] = icews.claims(file, Report(), dataset="icews14")
    assert other.event_id != claims[0].event_id


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("South Korea\tConsult\tJapan", "has 3 columns, 4 are needed"),
        ("South Korea\tConsult\tJapan\t2014-02-30", "'2014-02-30' is not a day"),
        ("South Korea\tDance\tJapan\t2014-02-01", "the relation is 'Dance'"),
    ],
)
def test_a_named_row_at_fault_is_rejected(tmp_path: Path, row: str, reason: str) -> None:
    """A row at fault of an ICEWS graph in names is rejected, and the others are read."""
    file = named(tmp_path / "train.txt", "South Korea\tConsult\tJapan\t2014-02-01", row)
    report = Report()
    assert len(list(icews.claims(file, report))) == 1
    assert report.rejections[0].reason.startswith(reason)
    assert report.adds_up()


def test_a_first_day_of_a_set_with_days_is_refused(tmp_path: Path) -> None:
    """A first day for an ICEWS graph that has days of its own is refused, not ignored."""
    file = named(tmp_path / "train.txt", "South Korea\tConsult\tJapan\t2014-02-01")
    with pytest.raises(ImportFault, match="leave --first-day out"):
        list(icews.claims(file, Report(), first_day=FIRST_DAY))


def test_one_file_of_a_graph_in_numbers_is_refused(tmp_path: Path) -> None:
    """One file of an ICEWS graph in numbers is refused, since its names are in others."""
    file = graph(tmp_path, (KOREA, FORCE, JAPAN, 0)) / "train.txt"
    with pytest.raises(ImportFault, match="give its folder"):
        list(icews.claims(file, Report()))


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("train.txt", None, "has none of train.txt, valid.txt, test.txt"),
        ("entity2id.txt", None, "cannot be read: No such file"),
        ("entity2id.txt", b"Japan 1\n", "is not a name, a tab and a number"),
        ("entity2id.txt", b"Japan\t1\nKorea\t1\n", "gives the id 1 twice"),
        ("entity2id.txt", b"Cura\xe7ao\t1\n", "is not UTF-8: byte 5"),
        ("relation2id.txt", b"C\0o\0", "is not a name, a tab and a number"),
        ("relation2id.txt", b"\xff\xfeC\0", "is UTF-16: convert it to UTF-8"),
    ],
)
def test_without_its_tables_a_graph_means_nothing(
    tmp_path: Path, name: str, content: bytes | None, fault: str
) -> None:
    """An ICEWS graph with a missing or wrong table is refused with the file and row."""
    graph(tmp_path, (KOREA, FORCE, JAPAN, 0))
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ImportFault, match=fault):
        read(tmp_path)


def test_a_relation_that_is_no_cameo_event_rejects_its_rows(tmp_path: Path) -> None:
    """An ICEWS relation that is no CAMEO event rejects its rows and no others."""
    graph(tmp_path, (KOREA, 0, JAPAN, 0), (KOREA, FORCE, JAPAN, 0))
    path = tmp_path / "relation2id.txt"
    path.write_text(path.read_text(encoding="utf-8").replace("Consult", "Dance"), encoding="utf-8")
    claims, report = read(tmp_path)
    assert len(claims) == 1
    assert report.rejections[0].reason == "relation 0 is 'Dance', which is no CAMEO event"


@given(
    st.lists(
        st.tuples(
            st.sampled_from([KOREA, JAPAN, COUNCIL]),
            st.sampled_from([CONSULT, VISIT, HOST, FORCE]),
            st.sampled_from([KOREA, JAPAN, COUNCIL]),
            st.sampled_from([0, 24]),
        )
    )
)
def test_two_runs_are_the_same_and_no_id_comes_twice(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Raw]
) -> None:
    """Two ICEWS imports of the same rows give the same events, each id once."""
    directory = graph(tmp_path_factory.mktemp("graph"), *sorted(rows, key=lambda row: row[3]))
    claims, report = read(directory)
    assert claims == read(directory)[0]
    assert len({claim.event_id for claim in claims}) == len(claims)
    assert report.rows_rejected == 0


def test_a_year_of_rows_fills_few_facets(tmp_path: Path) -> None:
    """A year of ICEWS rows between two countries fills a handful of facets."""
    rows = [
        (KOREA, relation, JAPAN, 24 * day)
        for day in range(365)
        for relation in (CONSULT, VISIT, FORCE)
    ]
    claims, _ = read(graph(tmp_path, *rows))
    assert len({assertion.facet for claim in claims for assertion in assertions(claim)}) == 2
