"""Exporting timelines and the log: files for other programs, whole or not at all."""

import csv
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from typer.testing import CliRunner, Result

from communique.cli import sample
from communique.cli.app import app
from communique.cli.exits import ExitCode
from communique.client import Client, EventFilter
from communique.domain.claims.event import Amendment, EventCorrected, EventRetracted
from communique.export import segments
from communique.export.columns import EVENT_COLUMNS
from communique.importers import jsonl
from communique.server.app import running_server
from tests.end_to_end.conftest import settings_in

CLAIMS = sample.claims()
POINT = ("--valid-at", "2019-08-31", "--zone", sample.ZONE, "--position", "19")


class Desk(NamedTuple):
    """A server with the sample in it."""

    address: str
    run: Callable[..., Result]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The server that all tests that only ask share."""
    settings = settings_in(tmp_path_factory.mktemp("desk"))
    with running_server(settings) as address, Client(address) as client:
        position = client.submit(CLAIMS)[-1].position
        next(client.timeline(min_position=position))
        yield Desk(address, runner(address))


def runner(address: str) -> Callable[..., Result]:
    """Something that runs commands for a server, wide enough that no line is wrapped."""

    def run(*words: object) -> Result:
        settings = {"COMMUNIQUE_SERVER": address, "COLUMNS": "300"}
        return CliRunner(env=settings).invoke(app, [str(word) for word in words])

    return run


def exported(desk: Desk, form: str, *more: object) -> str:
    """What is written to standard output."""
    result = desk.run("export", "timeline", *POINT, "--format", form, *more)
    assert result.exit_code == ExitCode.OK, result.stderr
    return result.stdout


# --- a timeline ----------------------------------------------------------------------------------


def test_json_lines_are_those_of_the_timeline_command(desk: Desk) -> None:
    """The same objects, one a line, without a limit."""
    shown = desk.run("timeline", *POINT, "--limit", 0, "-o", "jsonl")
    lines = exported(desk, "jsonl")
    assert lines == shown.stdout
    assert len(lines.splitlines()) == len(CLAIMS)


def test_csv_has_a_head_and_a_row_for_each_event(desk: Desk, tmp_path: Path) -> None:
    """In a file just as on standard output."""
    file = tmp_path / "timeline.csv"
    text = exported(desk, "csv")
    assert exported(desk, "csv", "--output", file) == ""
    assert file.read_text("utf-8") == text
    rows = [*csv.DictReader(text.splitlines())]
    assert {row["event_id"] for row in rows} == {str(claim.event_id) for claim in CLAIMS}


def test_parquet_holds_typed_columns_and_the_point(desk: Desk, tmp_path: Path) -> None:
    """Instants are instants, lists are lists, and the file says what point it is true for."""
    file = tmp_path / "timeline.parquet"
    exported(desk, "parquet", "--output", file)
    table = pq.read_table(file)
    rows = table.to_pylist()
    assert table.column_names == [column.name for column in EVENT_COLUMNS]
    assert len(rows) == len(CLAIMS)
    assert [row["occurred_earliest"] for row in rows] == sorted(
        claim.occurred.earliest for claim in CLAIMS
    )
    assert all(isinstance(row["issues"], list) for row in rows)
    assert json.loads(table.schema.metadata[b"communique.as_of"])["position"] == 19


def test_timeline_js_groups_by_issue_and_says_how_precise_a_date_is(desk: Desk) -> None:
    """Dates are those of the zone where it happened; each has its display_date."""
    slides = json.loads(exported(desk, "timelinejs"))["events"]
    ruling = slides[0]
    assert len(slides) == len(CLAIMS)
    assert ruling["start_date"] == {"year": 2018, "month": 10, "day": 30}
    assert ruling["display_date"] == "30 Oct 2018"
    assert ruling["group"] == "forced labour"
    assert ruling["text"]["headline"].startswith("Ruling issued: Supreme Court")
    assert "Yonhap" in ruling["text"]["text"]
    assert "end_date" not in ruling


def test_vis_has_items_in_the_groups_of_their_issues(desk: Desk) -> None:
    """A day is a range, a minute a point; ids are unique; every group is there."""
    found = json.loads(exported(desk, "vis"))
    items, groups = found["items"], found["groups"]
    assert {item["type"] for item in items} <= {"point", "range"}
    assert {item["group"] for item in items} == {group["id"] for group in groups}
    assert len({item["id"] for item in items}) == len(items)
    assert len(items) == sum(max(1, len(claim.issues)) for claim in CLAIMS)
    assert all(("end" in item) == (item["type"] == "range") for item in items)


def test_a_limit_and_filters_choose_the_events(desk: Desk) -> None:
    """As for the timeline command."""
    lines = exported(desk, "jsonl", "--limit", 3).splitlines()
    refusals = exported(desk, "jsonl", "KOR", "JPN", "--type", "TalksRefused").splitlines()
    assert (len(lines), len(refusals)) == (3, 1)
    assert {json.loads(line)["event"]["payload"]["type"] for line in refusals} == {"TalksRefused"}


@pytest.mark.parametrize("form", ["jsonl", "csv", "timelinejs", "vis"])
def test_a_timeline_without_events_is_well_formed(desk: Desk, form: str) -> None:
    """Nothing, or empty lists."""
    text = exported(desk, form, "--issue", "fisheries")
    expected: dict[str, Any] = {"timelinejs": {"events": []}, "vis": {"items": [], "groups": []}}
    assert (json.loads(text) if form in expected else text) == expected.get(form, "")


def test_parquet_without_events_keeps_its_columns(desk: Desk, tmp_path: Path) -> None:
    """A table of no rows."""
    file = tmp_path / "none.parquet"
    exported(desk, "parquet", "--issue", "fisheries", "--output", file)
    table = pq.read_table(file)
    assert (table.num_rows, table.num_columns) == (0, len(EVENT_COLUMNS))


def test_parquet_needs_a_file(desk: Desk) -> None:
    """It says how to name one, before anything is asked."""
    result = desk.run("export", "timeline", "--format", "parquet")
    assert result.exit_code == ExitCode.FAILED
    assert "--output" in result.stderr


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_a_place_that_cannot_be_written_is_named(desk: Desk, tmp_path: Path, form: str) -> None:
    """And nothing is left there."""
    file = tmp_path / "missing" / "timeline"
    result = desk.run("export", "timeline", "--format", form, "--output", file)
    assert result.exit_code == ExitCode.FAILED
    assert f"cannot write {file}: No such file or directory" in result.stderr


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet", "timelinejs", "vis"])
def test_a_failure_on_the_way_leaves_what_was_there(tmp_path: Path, form: str) -> None:
    """A server that is away: the older file is untouched, and no part of a new one is left."""
    file = tmp_path / "timeline"
    file.write_text("older")
    run = runner("127.0.0.1:1")
    result = run("export", "timeline", "--format", form, "--output", file, "--timeout", 1)
    assert result.exit_code == ExitCode.UNREACHABLE
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("timeline", "older")]


def test_without_the_extra_it_is_said_what_to_install(desk: Desk, tmp_path: Path) -> None:
    """Instead of a traceback."""
    with patch.dict("sys.modules", {"pyarrow": None}):
        result = desk.run("export", "log", "--output", tmp_path)
    assert result.exit_code == ExitCode.FAILED
    assert "pip install 'communique[export]'" in result.stderr


# --- the client's tables -------------------------------------------------------------------------


def test_a_listing_becomes_a_table(desk: Desk) -> None:
    """All pages of it, with the whole event as JSON of the contract."""
    with Client(desk.address) as client:
        table = client.events(page_size=5).to_arrow()
    rows = table.to_pylist()
    assert [row["position"] for row in rows] == list(range(1, 20))
    assert [json.loads(row["event"])["event_id"] for row in rows] == [
        str(claim.event_id) for claim in CLAIMS
    ]
    assert table.schema.field("known").type.tz == "UTC"


def test_a_listing_becomes_a_data_frame(desk: Desk) -> None:
    """With the same columns, and instants of any year."""
    with Client(desk.address) as client:
        frame = client.timeline(valid_at="9999-01-01").to_pandas()
    assert [*frame.columns] == [column.name for column in EVENT_COLUMNS]
    assert len(frame) == len(CLAIMS)
    assert str(frame["occurred_earliest"].dtype) == "datetime64[us, UTC]"


def test_subjects_issues_and_statuses_become_tables(desk: Desk) -> None:
    """Each row says what the listed thing says, of all pages."""
    asked: dict[str, Any] = {"valid_at": "2019-08-31", "known_at": "2019-12-31"}
    with Client(desk.address) as client:
        subjects = client.subjects(page_size=3, **asked).to_arrow().to_pylist()
        issues = client.issues(**asked).to_arrow().to_pylist()
        statuses = client.statuses_of("KOR", page_size=1, **asked).to_arrow().to_pylist()
        listed = [*client.subjects(**asked)]
        named = [one.issue for one in client.issues(**asked)]
        stands = client.status("KOR", "JPN", **asked)
    assert [row["subject"] for row in subjects] == [one.subject for one in listed]
    assert [row["claim_count"] for row in subjects] == [one.claim_count for one in listed]
    assert [row["latest_earliest"] for row in subjects] == [one.latest.earliest for one in listed]
    assert [row["issue"] for row in issues] == named
    [status] = [row for row in statuses if row["dyad"] == "JPN-KOR"]
    assert status["posture"] == stands.posture.value
    assert status["element_count"] == len(stands.elements)
    assert json.loads(status["status"])["posture"] == f"POSTURE_{stands.posture.value}"


def test_claims_about_a_subject_become_the_table_of_their_events(desk: Desk) -> None:
    """Each row is that of the claim's event, of all pages, the latest first."""
    key = "measure/JPN/export-rules-for-three-materials"
    asked: dict[str, Any] = {"valid_at": "2019-08-31", "known_at": "2019-12-31"}
    wanted = EventFilter(subjects=[key])
    with Client(desk.address) as client:
        claims = client.subject_claims(key, page_size=1, **asked).to_arrow()
        events = client.timeline(wanted, backwards=True, **asked).to_arrow()
    assert claims.num_rows > 1
    assert claims.equals(events)


@pytest.mark.parametrize("name", ["pyarrow", "pandas"])
def test_a_table_without_its_library_says_what_to_install(desk: Desk, name: str) -> None:
    """The extra is named."""
    with Client(desk.address) as client, patch.dict("sys.modules", {name: None}):
        listing = client.events()
        with pytest.raises(ModuleNotFoundError, match=rf"{name}.*communique\[export\]"):
            listing.to_pandas()


# --- the log -------------------------------------------------------------------------------------


def segments_in(folder: Path) -> dict[str, list[int]]:
    """The positions that each file of a folder holds."""
    return {
        path.name: pq.read_table(path).column("position").to_pylist()
        for path in sorted(folder.iterdir())
    }


def test_the_log_is_cut_into_segments(desk: Desk, tmp_path: Path) -> None:
    """Every position once, in order, so many a file; another run adds nothing."""
    folder = tmp_path / "new" / "log"
    result = desk.run("export", "log", "--output", folder, "--segment-positions", 8)
    assert result.exit_code == ExitCode.OK, result.stderr
    expected = {
        "communique-log-000000000001.parquet": [*range(1, 9)],
        "communique-log-000000000009.parquet": [*range(9, 17)],
        "communique-log-000000000017.parquet": [17, 18, 19],
    }
    assert segments_in(folder) == expected
    again = desk.run("export", "log", "--output", folder)
    assert "nothing new after position 19" in again.stderr
    assert segments_in(folder) == expected


def test_another_run_adds_what_was_recorded_since(tmp_path: Path) -> None:
    """Amendments, too: they name what they amend, and a correction's content fills the columns."""
    settings, folder = settings_in(tmp_path), tmp_path / "log"
    wrong = CLAIMS[0]
    amendments = [
        _amendment(1, EventCorrected(amends=wrong.event_id, content=wrong, reason="a misprint")),
        _amendment(2, EventRetracted(amends=wrong.event_id, reason="unfounded")),
    ]
    with running_server(settings) as address, Client(address) as client:
        run = runner(address)
        client.submit(CLAIMS)
        run("export", "log", "--output", folder)
        client.submit(amendments)
        run("export", "log", "--output", folder)
        recorded = [*client.read()]
    assert [*segments_in(folder).values()] == [[*range(1, 20)], [20, 21]]
    rows = pq.read_table(folder).to_pylist()
    assert [row["record_time"] for row in rows] == [it.record_time for it in recorded]
    assert [row["revision"] for row in rows] == [it.revision for it in recorded]
    assert [row["amends"] for row in rows[19:]] == [str(wrong.event_id)] * 2
    assert [row["occurred"] for row in rows[19:]] == [wrong.occurred.edtf, None]
    assert [*rows[0]] == [column.name for column in segments.SEGMENT_COLUMNS]


def _amendment(number: int, payload: EventCorrected | EventRetracted) -> Amendment:
    event = {"event_id": f"016cb8e3-e9c0-7000-8000-00000000010{number}", "payload": payload}
    return Amendment.model_validate(event)


def test_a_folder_that_holds_later_positions_is_not_written_over(
    desk: Desk, tmp_path: Path
) -> None:
    """Positions are never in two files."""
    desk.run("export", "log", "--output", tmp_path)
    result = desk.run("export", "log", "--output", tmp_path, "--after", 5)
    assert result.exit_code == ExitCode.FAILED
    assert "holds the log up to position 19 already" in result.stderr


def test_a_damaged_segment_is_named(desk: Desk, tmp_path: Path) -> None:
    """It cannot be gone on from."""
    (tmp_path / "communique-log-000000000001.parquet").write_text("no Parquet")
    result = desk.run("export", "log", "--output", tmp_path)
    assert result.exit_code == ExitCode.FAILED
    assert "is no segment of the log" in result.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_named(desk: Desk, tmp_path: Path) -> None:
    """With the reason that the system gives."""
    tmp_path.chmod(0o500)
    result = desk.run("export", "log", "--output", tmp_path)
    assert result.exit_code == ExitCode.FAILED
    assert "Permission denied" in result.stderr


def test_a_folder_that_is_a_file_is_named(desk: Desk, tmp_path: Path) -> None:
    """A folder below a file cannot be made."""
    (tmp_path / "file").write_text("")
    result = desk.run("export", "log", "--output", tmp_path / "file" / "log")
    assert result.exit_code == ExitCode.FAILED
    assert "Not a directory" in result.stderr


# --- verifying -----------------------------------------------------------------------------------


def test_verify_says_that_a_read_model_is_what_the_log_gives(desk: Desk) -> None:
    """Up to which position, and ends with exit code 0; an unknown name with 1."""
    result = desk.run("verify", "timeline")
    assert result.stdout == "timeline is what the log gives, up to position 19\n"
    assert result.exit_code == ExitCode.OK
    unknown = desk.run("verify", "timelines")
    assert unknown.exit_code == ExitCode.FAILED
    assert "bilateral-status" in unknown.stderr


def test_the_whole_sample_comes_back_from_an_export(desk: Desk) -> None:
    """A line of an export holds the event as it was submitted."""
    lines = exported(desk, "jsonl").splitlines()
    events = [jsonl.load(json.dumps(json.loads(line)["event"])) for line in lines]
    assert {event.event_id: event for event in events} == {
        claim.event_id: claim for claim in CLAIMS
    }
