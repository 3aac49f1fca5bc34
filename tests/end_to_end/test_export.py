"""Exporting timelines and the log: files for other programs, whole or not at all."""

import csv
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

from communique.cli.exits import ExitCode
from communique.client import Client, EventFilter
from communique.domain.claims.event import EventCorrected, EventRetracted
from communique.export import segments
from communique.export.columns import EVENT_COLUMNS
from communique.importers import jsonl
from communique.server.app import running_server
from tests.support import nineteen_claims
from tests.support.given import amended
from tests.support.servers import Desk, desk_with, runner, settings_in

CLAIMS = nineteen_claims.claims()
POINT = ("--valid-at", "2019-08-31", "--zone", nineteen_claims.ZONE, "--position", "19")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The server that all tests that only ask share."""
    with desk_with(tmp_path_factory.mktemp("desk"), CLAIMS, columns=300) as desk:
        yield desk


def exported(desk: Desk, form: str, *options: object) -> str:
    """What is written to standard output."""
    result = desk.run("export", "timeline", *POINT, "--format", form, *options)
    assert result.exit_code == ExitCode.OK, result.stderr
    return result.stdout


def test_json_lines_are_those_of_the_timeline_command(desk: Desk) -> None:
    """An export in JSON lines has the objects of the timeline command, without a limit."""
    shown = desk.run("timeline", *POINT, "--limit", 0, "-o", "jsonl")
    lines = exported(desk, "jsonl")
    assert lines == shown.stdout
    assert len(lines.splitlines()) == len(CLAIMS)


def test_csv_has_a_head_and_a_row_for_each_event(desk: Desk, tmp_path: Path) -> None:
    """An export in CSV has a header and a row for each event, in a file as on standard output."""
    file = tmp_path / "timeline.csv"
    text = exported(desk, "csv")
    assert exported(desk, "csv", "--output", file) == ""
    assert file.read_text("utf-8") == text
    rows = [*csv.DictReader(text.splitlines())]
    assert {row["event_id"] for row in rows} == {str(claim.event_id) for claim in CLAIMS}


def test_parquet_holds_typed_columns_and_the_point(desk: Desk, tmp_path: Path) -> None:
    """A Parquet export has instants and lists as such, and names the point that it shows."""
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
    """TimelineJS has local dates with a display_date, grouped by issue."""
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
    """vis-timeline has an end for ranges only, unique ids, and the groups of its items."""
    exported_json = json.loads(exported(desk, "vis"))
    items, groups = exported_json["items"], exported_json["groups"]
    assert {item["type"] for item in items} <= {"point", "range"}
    assert {item["group"] for item in items} == {group["id"] for group in groups}
    assert len({item["id"] for item in items}) == len(items)
    assert len(items) == sum(max(1, len(claim.issues)) for claim in CLAIMS)
    assert all(("end" in item) == (item["type"] == "range") for item in items)


def test_a_limit_and_filters_choose_the_events(desk: Desk) -> None:
    """An export takes the limit and the filters of the timeline command."""
    lines = exported(desk, "jsonl", "--limit", 3).splitlines()
    refusals = exported(desk, "jsonl", "KOR", "JPN", "--type", "TalksRefused").splitlines()
    assert (len(lines), len(refusals)) == (3, 1)
    assert {json.loads(line)["event"]["payload"]["type"] for line in refusals} == {"TalksRefused"}


@pytest.mark.parametrize("form", ["jsonl", "csv", "timelinejs", "vis"])
def test_a_timeline_without_events_is_well_formed(desk: Desk, form: str) -> None:
    """An export without events is empty in lines, and has empty lists in JSON."""
    text = exported(desk, form, "--issue", "fisheries")
    expected: dict[str, Any] = {"timelinejs": {"events": []}, "vis": {"items": [], "groups": []}}
    assert (json.loads(text) if form in expected else text) == expected.get(form, "")


def test_parquet_without_events_keeps_its_columns(desk: Desk, tmp_path: Path) -> None:
    """A Parquet export without events is a table of no rows with all columns."""
    file = tmp_path / "none.parquet"
    exported(desk, "parquet", "--issue", "fisheries", "--output", file)
    table = pq.read_table(file)
    assert (table.num_rows, table.num_columns) == (0, len(EVENT_COLUMNS))


def test_parquet_needs_a_file(desk: Desk) -> None:
    """A Parquet export to standard output is refused before the server is asked."""
    result = desk.run("export", "timeline", "--format", "parquet")
    assert result.exit_code == ExitCode.FAILED
    assert "--output" in result.stderr


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_a_place_that_cannot_be_written_is_named(desk: Desk, tmp_path: Path, form: str) -> None:
    """An export to a place that cannot be written names the place and leaves nothing there."""
    file = tmp_path / "missing" / "timeline"
    result = desk.run("export", "timeline", "--format", form, "--output", file)
    assert result.exit_code == ExitCode.FAILED
    assert f"cannot write {file}: No such file or directory" in result.stderr


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet", "timelinejs", "vis"])
def test_a_failure_on_the_way_leaves_what_was_there(tmp_path: Path, form: str) -> None:
    """An export that fails midway leaves the older file untouched and no part of a new one."""
    file = tmp_path / "timeline"
    file.write_text("older")
    run = runner("127.0.0.1:1", columns=300)
    result = run("export", "timeline", "--format", form, "--output", file, "--timeout", 1)
    assert result.exit_code == ExitCode.UNREACHABLE
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("timeline", "older")]


def test_without_the_extra_it_is_said_what_to_install(desk: Desk, tmp_path: Path) -> None:
    """An export without its optional library says what to install."""
    with patch.dict("sys.modules", {"pyarrow": None}):
        result = desk.run("export", "log", "--output", tmp_path)
    assert result.exit_code == ExitCode.FAILED
    assert "pip install 'communique[export]'" in result.stderr


def test_a_listing_becomes_a_table(desk: Desk) -> None:
    """A listing becomes a table of all its pages, with each event as JSON of the contract."""
    with Client(desk.address) as client:
        table = client.events(page_size=5).to_arrow()
    rows = table.to_pylist()
    assert [row["position"] for row in rows] == list(range(1, 20))
    assert [json.loads(row["event"])["event_id"] for row in rows] == [
        str(claim.event_id) for claim in CLAIMS
    ]
    assert table.schema.field("known").type.tz == "UTC"


def test_a_listing_becomes_a_data_frame(desk: Desk) -> None:
    """A listing becomes a data frame with the table's columns, and instants of any year."""
    with Client(desk.address) as client:
        frame = client.timeline(valid_at="9999-01-01").to_pandas()
    assert [*frame.columns] == [column.name for column in EVENT_COLUMNS]
    assert len(frame) == len(CLAIMS)
    assert str(frame["occurred_earliest"].dtype) == "datetime64[us, UTC]"


def test_subjects_issues_and_statuses_become_tables(desk: Desk) -> None:
    """Subjects, issues and statuses of all pages become tables with a row for each."""
    asked: dict[str, Any] = {"valid_at": "2019-08-31", "known_at": "2019-12-31"}
    with Client(desk.address) as client:
        subjects = client.subjects(page_size=3, **asked).to_arrow().to_pylist()
        issues = client.issues(**asked).to_arrow().to_pylist()
        statuses = client.statuses_of("KOR", page_size=1, **asked).to_arrow().to_pylist()
        listed = [*client.subjects(**asked)]
        named = [entry.issue for entry in client.issues(**asked)]
        stands = client.status("KOR", "JPN", **asked)
    assert [row["subject"] for row in subjects] == [entry.subject for entry in listed]
    assert [row["claim_count"] for row in subjects] == [entry.claim_count for entry in listed]
    assert [row["latest_earliest"] for row in subjects] == [
        entry.latest.earliest for entry in listed
    ]
    assert [row["issue"] for row in issues] == named
    [status] = [row for row in statuses if row["dyad"] == "JPN-KOR"]
    assert status["posture"] == stands.posture.value
    assert status["element_count"] == len(stands.elements)
    assert json.loads(status["status"])["posture"] == f"POSTURE_{stands.posture.value}"


def test_claims_about_a_subject_become_the_table_of_their_events(desk: Desk) -> None:
    """The claims of a subject become a table of their events, the latest first."""
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
    """A table without its optional library names the extra to install."""
    with Client(desk.address) as client, patch.dict("sys.modules", {name: None}):
        listing = client.events()
        with pytest.raises(ModuleNotFoundError, match=rf"{name}.*communique\[export\]"):
            listing.to_pandas()


def segments_in(folder: Path) -> dict[str, list[int]]:
    """The positions that each file of a folder holds."""
    return {
        path.name: pq.read_table(path).column("position").to_pylist()
        for path in sorted(folder.iterdir())
    }


def test_the_log_is_cut_into_segments(desk: Desk, tmp_path: Path) -> None:
    """An export of the log cuts all positions into files in order, and a second run adds none."""
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
    """A later export of the log adds what was recorded since, amendments included."""
    settings, folder = settings_in(tmp_path), tmp_path / "log"
    wrong = CLAIMS[0]
    amendments = [
        amended(EventCorrected(amends=wrong.event_id, content=wrong, reason="a misprint")),
        amended(EventRetracted(amends=wrong.event_id, reason="unfounded")),
    ]
    with running_server(settings) as address, Client(address) as client:
        run = runner(address, columns=300)
        client.submit(CLAIMS)
        run("export", "log", "--output", folder)
        client.submit(amendments)
        run("export", "log", "--output", folder)
        recorded = [*client.read()]
    assert [*segments_in(folder).values()] == [[*range(1, 20)], [20, 21]]
    rows = pq.read_table(folder).to_pylist()
    assert [row["record_time"] for row in rows] == [event.record_time for event in recorded]
    assert [row["revision"] for row in rows] == [event.revision for event in recorded]
    assert [row["amends"] for row in rows[19:]] == [str(wrong.event_id)] * 2
    assert [row["occurred"] for row in rows[19:]] == [wrong.occurred.edtf, None]
    assert [*rows[0]] == [column.name for column in segments.SEGMENT_COLUMNS]


def test_a_folder_that_holds_later_positions_is_not_written_over(
    desk: Desk, tmp_path: Path
) -> None:
    """An export of the log refuses a folder that holds later positions."""
    desk.run("export", "log", "--output", tmp_path)
    result = desk.run("export", "log", "--output", tmp_path, "--after", 5)
    assert result.exit_code == ExitCode.FAILED
    assert "holds the log up to position 19 already" in result.stderr


def test_a_damaged_segment_is_named(desk: Desk, tmp_path: Path) -> None:
    """An export of the log names a damaged segment that it cannot go on from."""
    (tmp_path / "communique-log-000000000001.parquet").write_text("no Parquet")
    result = desk.run("export", "log", "--output", tmp_path)
    assert result.exit_code == ExitCode.FAILED
    assert "is no segment of the log" in result.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_named(desk: Desk, tmp_path: Path) -> None:
    """An export of the log names a folder that may not be written, with the system's reason."""
    tmp_path.chmod(0o500)
    result = desk.run("export", "log", "--output", tmp_path)
    assert result.exit_code == ExitCode.FAILED
    assert "Permission denied" in result.stderr


def test_a_folder_that_is_a_file_is_named(desk: Desk, tmp_path: Path) -> None:
    """An export of the log names a file that stands where its folder should be."""
    (tmp_path / "file").write_text("")
    result = desk.run("export", "log", "--output", tmp_path / "file" / "log")
    assert result.exit_code == ExitCode.FAILED
    assert "Not a directory" in result.stderr


def test_verify_says_that_a_read_model_is_what_the_log_gives(desk: Desk) -> None:
    """`verify` says up to where a read model is right and exits with 0, or with 1 if unknown."""
    result = desk.run("verify", "read-models")
    assert result.stdout == "read-models is what the log gives, up to position 19\n"
    assert result.exit_code == ExitCode.OK
    unknown = desk.run("verify", "timelines")
    assert unknown.exit_code == ExitCode.FAILED
    assert "read-models" in unknown.stderr


def test_the_whole_sample_comes_back_from_an_export(desk: Desk) -> None:
    """A line of an export holds the event as it was submitted."""
    lines = exported(desk, "jsonl").splitlines()
    events = [jsonl.load(json.dumps(json.loads(line)["event"])) for line in lines]
    assert {event.event_id: event for event in events} == {
        claim.event_id: claim for claim in CLAIMS
    }
