"""The commands against a real server, run in this process."""

import csv
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from communique.cli.exits import ExitCode
from communique.domain.state.status import BilateralStatus
from communique.export import json_lines
from communique.importers import jsonl
from tests.support import gdelt_rows, nineteen_claims
from tests.support.servers import Run, desk_with, runner

CLAIMS = nineteen_claims.claims()
REFUSAL = json_lines.event_object(CLAIMS[9])


@pytest.fixture
def run(address: str) -> Run:
    """Commands for an empty server."""
    return runner(address)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Commands for a server with the sample, which all tests that only ask share."""
    with desk_with(tmp_path_factory.mktemp("desk"), CLAIMS) as desk:
        yield desk.run


@pytest.fixture
def sample_file(tmp_path: Path) -> Path:
    """The sample as JSON lines."""
    file = tmp_path / "sample.jsonl"
    file.write_text(
        "".join(f"{json_lines.event_line(claim)}\n" for claim in CLAIMS), encoding="utf-8"
    )
    return file


def written(file: Path, *events: dict[str, object]) -> Path:
    """A file with these events, one a line."""
    file.write_text("".join(f"{json.dumps(event)}\n" for event in events), encoding="utf-8")
    return file


def test_a_file_is_submitted_once(run: Run, sample_file: Path) -> None:
    """Submitting a file says where its events are recorded, and a repetition records nothing."""
    assert run("head").stdout == "the log is empty\n"
    first, again = run("submit", sample_file), run("submit", sample_file)
    assert first.stdout == "19 events recorded, position 1 to 19\n"
    assert again.stdout == "nothing new: 19 had been recorded before\n"
    assert run("head").stdout.startswith("position 19, recorded ")


def test_receipts_are_given_to_programs(run: Run, sample_file: Path) -> None:
    """`submit -o jsonl` writes one receipt for each event, in order."""
    receipts = [
        json.loads(line) for line in run("submit", sample_file, "-o", "jsonl").stdout.splitlines()
    ]
    assert [receipt["position"] for receipt in receipts] == list(range(1, 20))
    assert [receipt["event_id"] for receipt in receipts] == [
        str(claim.event_id) for claim in CLAIMS
    ]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"actors": [{"code": "JPX"}]}, "actors[0].code: unknown party 'JPX': did you mean JPN"),
        ({"occurred": "2019-13-01"}, "occurred: '2019-13-01'"),
        ({"certainty": "SURE"}, "certainty: should be 'CERTAIN', 'PROBABLE'"),
        ({"payload": {"type": "TalksRefusd"}}, "payload"),
        ({"payload": {}}, "payload"),
        ({"known": "2999-01-01"}, "known: known time 2999-01-01"),
        ({"gist": "x" * 70_000}, "gist"),
        ({"spelling": "x"}, "spelling"),
    ],
)
def test_wrong_input_is_named_by_its_row(
    run: Run, tmp_path: Path, changes: dict[str, object], fault: str
) -> None:
    """A row at fault is named with its field, nothing is recorded, and the exit code is 4."""
    good = {**REFUSAL, "event_id": "016cb315-18c0-7000-8000-000000000099"}
    file = written(tmp_path / "events.jsonl", good, {**REFUSAL, **changes})
    result = run("submit", file)
    assert f"{file}:2: {fault}" in result.stderr.replace("\n", " ")
    assert (result.exit_code, result.stdout) == (ExitCode.REJECTED, "")
    assert run("head").stdout == "the log is empty\n"


def test_an_id_in_use_is_named_by_its_row(run: Run, tmp_path: Path) -> None:
    """Another content under an id in use is refused with the row and the id."""
    run("submit", written(tmp_path / "first.jsonl", REFUSAL))
    conflicting = written(
        tmp_path / "other.jsonl", json_lines.event_object(CLAIMS[0]), {**REFUSAL, "gist": "other"}
    )
    result = run("submit", conflicting)
    assert f"{conflicting}:2: event id {REFUSAL['event_id']}" in result.stderr
    assert result.exit_code == ExitCode.REJECTED


def test_an_empty_or_too_large_file_is_refused(run: Run, tmp_path: Path) -> None:
    """A file without events, or with too many for a submission, says what to do instead."""
    nothing = run("submit", written(tmp_path / "nothing.jsonl"))
    without_id = {name: value for name, value in REFUSAL.items() if name != "event_id"}
    rows = [{**without_id, "gist": f"number {number}"} for number in range(1_001)]
    too_many = run("submit", written(tmp_path / "many.jsonl", *rows))
    assert "has no events" in nothing.stderr
    assert "communique import jsonl" in too_many.stderr
    assert (nothing.exit_code, too_many.exit_code) == (ExitCode.REJECTED, ExitCode.REJECTED)


def test_a_status_is_shown(desk: Run) -> None:
    """A status takes the parties by any of their names, and shows what stood on a day."""
    result = desk("status", "kr", "Japan", "--valid-at", "2019-08-20", "--zone", "Asia/Seoul")
    assert result.stdout.splitlines()[0].split()[-1] == "STRAINED"
    assert "refused" in result.stdout
    assert "Demands" not in result.stdout
    assert (result.exit_code, result.stderr) == (0, "")


def test_what_was_known_when_makes_the_difference(desk: Run) -> None:
    """A status known at 16:00 on 21 August is cooperative, and one known at 17:00 strained."""
    asked = ("status", "KOR", "JPN", "--zone", "Asia/Seoul", "--valid-at", "2019-08-21")
    before = desk(*asked, "--known-at", "2019-08-21 16:00").stdout
    after = desk(*asked, "--known-at", "2019-08-21 17:00").stdout
    assert "COOPERATIVE" in before
    assert "Talks" not in before
    assert "STRAINED" in after
    assert "known at 21 Aug 2019 17:00 KST" in after


def test_options_come_from_the_environment(desk: Run) -> None:
    """An option of a command can be set by an environment variable."""
    result = desk(
        "status",
        "KOR",
        "JPN",
        COMMUNIQUE_VALID_AT="2019-08-20",
        COMMUNIQUE_ZONE="Asia/Seoul",
        COMMUNIQUE_OUTPUT="json",
    )
    assert json.loads(result.stdout)["as_of"]["valid"] == "2019-08-20T14:59:59.999999Z"


def test_a_status_is_given_to_programs(desk: Run) -> None:
    """A status in JSON reads back as the client's object, and in CSV has a row per element."""
    asked = ("status", "KOR", "JPN", "--valid-at", "2019-08-29", "--zone", "Asia/Seoul")
    status = BilateralStatus.model_validate_json(desk(*asked, "-o", "json").stdout)
    assert status.talks[0].event_ids == (CLAIMS[9].event_id,)
    assert len(desk(*asked, "-o", "jsonl").stdout.splitlines()) == 1
    rows = [*csv.DictReader(desk(*asked, "-o", "csv").stdout.splitlines())]
    assert {row["section"] for row in rows} >= {"talks", "measures", "agreements"}
    assert [row["by_schedule"] for row in rows if row["issue"] == "whitelist"] == ["True"]


@pytest.mark.parametrize(
    ("words", "positions"),
    [
        (("--type", "TalksRefused"), [10]),
        (("--certainty", "probable"), [15, 16, 17, 18]),
        (("--party", "China", "--type", "MeetingHeld"), [7, 12]),
        (("KOR", "JPN", "--from", "2019-08-22", "--zone", "Asia/Seoul"), [19]),
        (("--outlet", "Jiji", "--outlet", "Yonhap", "--to", "2019-07-02"), [1, 2, 3]),
        (("--valid-at", "2018-12-31"), [1, 2]),
        (("--issue", "free-trade"), [13]),
        (("--subject", "agreement/JPN-KOR/GSOMIA"), [19]),
    ],
)
def test_lists_are_filtered(desk: Run, words: tuple[str, ...], positions: list[int]) -> None:
    """Timelines and lists show the claims that their filters select, as submitted."""
    for command in ("timeline", "events"):
        result = desk(command, *words, "-o", "jsonl")
        rows = [json.loads(line) for line in result.stdout.splitlines()]
        assert sorted(row["position"] for row in rows) == positions
        assert [jsonl.event_of(row["event"]) for row in rows] == [
            CLAIMS[row["position"] - 1] for row in rows
        ]


def test_a_long_list_says_that_it_is_cut(desk: Run) -> None:
    """A list says on standard error that there is more only when its limit cuts it."""
    cut, whole = (desk("events", "--limit", limit, "-o", "jsonl") for limit in (3, 0))
    assert "--limit 0 shows all" in cut.stderr
    assert whole.stderr == ""
    assert whole.stdout.splitlines()[:3] == cut.stdout.splitlines()


def test_lists_are_given_to_programs(desk: Run) -> None:
    """A list is an array in JSON and has a header in CSV, even when it is empty."""
    events = json.loads(desk("timeline", "KOR", "JPN", "--latest-first", "-o", "json").stdout)
    assert events[0]["event"]["payload"]["type"] == "AgreementTerminationNotified"
    assert json.loads(desk("events", "--issue", "nothing", "-o", "json").stdout) == []
    rows = [*csv.DictReader(desk("events", "-o", "csv").stdout.splitlines())]
    assert [row["position"] for row in rows] == [str(at) for at in range(1, 20)]
    assert "no events" in desk("events", "--issue", "nothing").stderr


def test_one_event_is_shown(desk: Run) -> None:
    """One event is shown with its source, its known time and where it stands in the log."""
    shown = desk("event", CLAIMS[10].event_id, "--zone", "Asia/Seoul")
    assert "an unnamed source, who quotes Wang Yi" in shown.stdout
    assert "21 Aug 2019 16:30 KST" in shown.stdout
    assert "position 11, revision 1" in shown.stdout
    [line] = desk("event", CLAIMS[10].event_id, "-o", "jsonl").stdout.splitlines()
    assert jsonl.load_recorded(line).event == CLAIMS[10]


def test_an_event_that_is_not_there_is_a_failure(desk: Run) -> None:
    """An id that nobody has recorded is refused in one line, with exit code 1."""
    result = desk("event", "016cb315-18c0-7000-8000-000000000099")
    assert result.stderr == "error: there is no event 016cb315-18c0-7000-8000-000000000099\n"
    assert result.exit_code == ExitCode.FAILED


def test_what_only_the_server_can_refuse_is_told_with_its_field(desk: Run) -> None:
    """An unknown type is refused by the server with the closest type, as a usage error."""
    result = desk("events", "--type", "TalksRefusd")
    assert "did you mean TalksRefused?" in result.stderr
    assert result.exit_code == ExitCode.USAGE


def test_a_position_beyond_the_head_is_a_failure(desk: Run) -> None:
    """A question as of a position beyond the head fails and names the head."""
    result = desk("status", "KOR", "JPN", "--position", "20")
    assert "beyond the head of the log, 19" in result.stderr
    assert result.exit_code == ExitCode.FAILED


def test_a_replay_goes_into_another_server(desk: Run, run: Run, tmp_path: Path) -> None:
    """The log exported from one server and imported into another gives the same answers."""
    file = tmp_path / "log.jsonl"
    exported = desk("replay", "--output", file)
    assert exported.stdout == ""
    assert "19 events written" in exported.stderr
    assert file.read_text(encoding="utf-8") == desk("replay").stdout
    assert run("import", "jsonl", file).exit_code == 0
    asked = ("events", "-o", "csv", "--min-position", "19", "--position", "19")
    rows = [[*csv.DictReader(command(*asked).stdout.splitlines())] for command in (desk, run)]
    original, replayed = [[{**row, "recorded": ""} for row in table] for table in rows]
    assert original == replayed
    assert len(original) == 19


def test_a_replay_is_limited_and_filtered(desk: Run) -> None:
    """A replay starts behind a position, stops after so many, and takes the same filters."""
    words = ("replay", "--after", "10", "--limit", "2", "--certainty", "probable")
    lines = desk(*words).stdout.splitlines()
    assert [jsonl.load_recorded(line).position for line in lines] == [15, 16]


def test_an_export_that_fails_leaves_nothing_behind(run: Run, tmp_path: Path) -> None:
    """An export that fails leaves neither the file nor a part of the file behind."""
    file = tmp_path / "log.jsonl"
    result = run("replay", "--output", file, "--server", "127.0.0.1:1")
    assert result.exit_code == ExitCode.UNREACHABLE
    assert list(tmp_path.glob("*log.jsonl*")) == []
    assert run("replay", "--output", tmp_path / "no" / "folder").exit_code == ExitCode.FAILED


def test_an_import_accounts_for_every_row(run: Run, tmp_path: Path) -> None:
    """An import names rows at fault, records the rest, adds up its sums, and exits with 4."""
    bad = {**json_lines.event_object(CLAIMS[0]), "certainty": "SURE"}
    conflicting = {**REFUSAL, "gist": "another content under the same id"}
    file = written(tmp_path / "mixed.jsonl", REFUSAL, bad, REFUSAL, conflicting)
    result = run("import", "jsonl", file)
    assert f"{file}:2: certainty" in result.stderr
    assert f"{file}:4: event id" in result.stderr
    assert "4 rows read" in result.stdout
    assert result.exit_code == ExitCode.REJECTED
    account = json.loads(run("import", "jsonl", file, "-o", "json").stdout)
    assert account["rows_read"] == account["rows_merged"] + account["rows_rejected"] == 4
    assert account["events"] == account["duplicates"] + account["refused"] == 3


def test_an_import_of_a_damaged_file_says_how_far_it_came(run: Run, tmp_path: Path) -> None:
    """A truncated file fails with its last whole row, and the rows before are recorded."""
    file = tmp_path / "log.jsonl.gz"
    whole = gzip.compress("".join(f"{json_lines.event_line(claim)}\n" for claim in CLAIMS).encode())
    file.write_bytes(whole[: len(whole) * 2 // 3])
    result = run("import", "jsonl", file)
    assert "is truncated" in result.stderr
    assert result.exit_code == ExitCode.FAILED
    file.write_bytes(whole)
    assert "19 events sent" in run("import", "jsonl", file).stdout


def graph(folder: Path) -> Path:
    """Write a graph of three rows in the ICEWS form and return its folder."""
    (folder / "entity2id.txt").write_text("Japan\t0\nSouth Korea\t1\nJo Smith\t2\n")
    (folder / "relation2id.txt").write_text("Make a visit\t0\nHost a visit\t1\n")
    (folder / "train.txt").write_text("0\t0\t1\t24\t-1\n1\t1\t0\t24\t-1\n2\t0\t1\t48\t-1\n")
    return folder


GRAPH = ("--dataset", "icews14", "--first-day", "2014-01-01")


def test_datasets_are_imported_twice_and_recorded_once(run: Run, tmp_path: Path) -> None:
    """A graph in the ICEWS form is recorded, and a repeated import appends nothing."""
    words = ("import", "icews", graph(tmp_path), *GRAPH, "-o", "json")
    first, again = json.loads(run(*words).stdout), json.loads(run(*words).stdout)
    assert (first["rows_read"], first["rows_merged"], first["events"]) == (3, 2, 1)
    assert (first["appended"], again["appended"], again["duplicates"]) == (1, 0, 1)


def test_a_graph_without_its_first_day_records_nothing(run: Run, tmp_path: Path) -> None:
    """A graph without data set and first day, or with one that cannot be, records nothing."""
    folder = graph(tmp_path)
    result = run("import", "icews", folder)
    assert "give --dataset" in result.stderr
    assert result.exit_code == ExitCode.FAILED
    (folder / "valid.txt").write_text(f"0\t0\t1\t{24 * 36_000}\t-1\n")
    result = run("import", "icews", folder, *GRAPH[:3], "2018-01-01")
    assert "is --first-day right?" in result.stderr
    assert result.exit_code == ExitCode.FAILED
    assert json.loads(run("head", "-o", "json").stdout)["position"] == 0


def test_a_desk_s_own_people_are_taken_in_and_the_others_listed(run: Run, tmp_path: Path) -> None:
    """An import takes in the people of --actors, and --skipped lists the names that cost rows."""
    skipped, actors = tmp_path / "skipped.csv", tmp_path / "actors.csv"
    words = ("import", "icews", graph(tmp_path), *GRAPH, "--skipped", skipped)
    assert "1  skipped: a side is a person" in run(*words).stdout
    assert skipped.read_text().splitlines()[1].endswith(",Jo Smith,1")
    actors.write_text("name,code,organ,office,from,to\nJo Smith,USA,,Envoy,2014-01-03,\n")
    result = run(*words, "--actors", actors)
    assert "1  appended" in result.stdout
    assert "1  had been recorded before" in result.stdout
    assert len(skipped.read_text().splitlines()) == 1
    actors.write_text("name,code,organ,office,from,to\nJo Smith,ATLANTIS,,,2014-01-03,\n")
    result = run(*words, "--actors", actors)
    assert f"{actors}:2: " in result.stderr
    assert result.exit_code == ExitCode.FAILED


def test_exports_with_their_mentions_add_up(run: Run, tmp_path: Path) -> None:
    """An import of an export with its mentions accounts for the rows of both files."""
    told = tmp_path / "20180101001500.mentions.CSV"
    ids = ("719024875", "1")
    told.write_text("".join(f"{event}\t0\t20180101001500\t1\ta\tb{chr(9) * 10}\n" for event in ids))
    export = gdelt_rows.export(tmp_path, gdelt_rows.row(), gdelt_rows.row(actor=""))
    words = ("import", "gdelt", export, "--mentions", told)
    account = json.loads(run(*words, "-o", "json").stdout)
    names = ("rows_read", "rows_merged", "rows_corroborating", "rows_skipped", "appended")
    assert [account[name] for name in names] == [4, 1, 1, 2, 1]
    lines = run(*words).stdout
    assert "1  are mentions of these events" in lines
    assert "4  in all" in lines


def test_a_file_for_another_importer_is_named(run: Run, tmp_path: Path) -> None:
    """A file of another form records nothing, and the command for it is named."""
    export = gdelt_rows.export(tmp_path, gdelt_rows.row())
    result = run("import", "polecat", export)
    assert "communique import gdelt" in result.stderr
    assert result.exit_code == ExitCode.FAILED
    assert result.stdout == ""


def test_read_models_are_shown_and_rebuilt(run: Run, sample_file: Path) -> None:
    """An operator sees how far each read model is, and can rebuild one."""
    run("submit", sample_file)
    assert run("status", "KOR", "JPN", "--min-position", "19").exit_code == 0
    assert "read-models version" in run("projections").stdout
    assert "is rebuilt, up to position 19" in run("rebuild", "read-models").stdout
    assert run("rebuild").stdout.count("is rebuilt, up to position 19") == 1
    unknown = run("rebuild", "bilateral")
    assert "read-models" in unknown.stderr
    assert unknown.exit_code == ExitCode.FAILED


def test_the_doctor_finds_a_running_server_well(desk: Run, tmp_path: Path) -> None:
    """The doctor of a running server has no finding worse than a note, and exits with 0."""
    result = desk("doctor", "--data-dir", tmp_path, "-o", "jsonl")
    checks = {check["name"]: check for check in map(json.loads, result.stdout.splitlines())}
    assert {"packages", "SQLite", "clock", "file system", "disk", "writing"} <= set(checks)
    assert checks["server"]["health"] == checks["read-models"]["health"] == "ok"
    assert checks["health"]["words"] == "SERVING"
    assert result.exit_code == 0


def test_the_doctor_finds_a_missing_server_ill(tmp_path: Path) -> None:
    """The doctor names a missing server among its findings, and exits with 1."""
    result = runner("127.0.0.1:1")("doctor", "--data-dir", tmp_path / "not" / "yet")
    assert "127.0.0.1:1 does not answer" in result.stdout
    assert "not made yet" in result.stdout
    assert result.exit_code == ExitCode.FAILED
