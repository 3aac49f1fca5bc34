"""Comparing a live read model with the log: equal, or where not."""

from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Thread
from unittest.mock import patch

import apsw
import grpc
import pytest
from typer.testing import CliRunner

from communique.cli.commands import app
from communique.cli.exits import ExitCode
from communique.client import Client, NotFound, VerifyProgress
from communique.server.app import LOG_FILE, READ_MODELS_FOLDER, running_server
from communique.server.log.sqlite_store.sqlite_log import SQLiteEventLog
from communique.server.projections.projection_errors import VerificationRunning
from communique.server.projections.projection_file import ProjectionFile
from communique.server.projections.verification import Verification
from communique.server.runtime import limits
from communique.server.runtime.settings import Settings
from communique.server.views.read_model.read_model_projection import ReadModelProjection
from communique.v1.projection_service_pb2 import VerifyProjectionRequest
from communique.v1.record_service_pb2 import ListEventsRequest
from tests.support.calls import (
    Stubs,
    connected,
    correction,
    dispute,
    meetings,
    retraction,
    submit,
    taken_apart,
)
from tests.support.read_models import read_models_of

EVENTS = 303
_WITH_TAGS = """
    SELECT t.name, c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
    WHERE t.type = 'table' AND c.name LIKE '%tag_id'
"""
Tamper = Callable[[apsw.Connection], object]


def record_amended(stubs: Stubs, *, fresh: int = EVENTS) -> None:
    """Record meetings, one of each amended, and wait until the read models have taken them in."""
    events = meetings(EVENTS - 3)
    submit(stubs, *events)
    submit(stubs, correction(events[0]), retraction(events[1].event_id))
    submit(stubs, dispute(events[2].event_id))
    stubs.records.ListEvents(ListEventsRequest(min_position=fresh), timeout=30)


def file_of(settings: Settings) -> Path:
    """The one file of the read models that there is."""
    [path] = (settings.data_dir / READ_MODELS_FOLDER).glob("read-models.*.db")
    return path


def verified(address: str) -> VerifyProgress:
    """The last frame of a verification."""
    with Client(address) as client:
        *_, last = client.verify("read-models")
    return last


@pytest.fixture
def tampered(settings: Settings) -> Callable[[Tamper], VerifyProgress]:
    """Verify a projection whose file was changed while the server was down."""

    def verify(tamper: Tamper) -> VerifyProgress:
        with running_server(settings) as address, connected(address) as stubs:
            record_amended(stubs)
        with apsw.Connection(str(file_of(settings))) as connection:
            tamper(connection)
        connection.close()
        with running_server(settings) as address:
            return verified(address)

    return verify


def test_a_read_model_that_is_what_the_log_gives_has_no_difference(
    stubs: Stubs, address: str
) -> None:
    """Verifying a live projection finds no difference up to the position that it reached."""
    record_amended(stubs)
    with Client(address) as client:
        for projection in client.projections():
            *_, last = client.verify(projection.name)
            assert (last.done, last.first_difference) == (True, "")
            assert (last.position, last.head, last.remaining) == (EVENTS, EVENTS, None)


def test_an_empty_read_model_is_equal(address: str) -> None:
    """Verifying a projection of an empty log finds no difference."""
    last = verified(address)
    assert (last.done, last.head, last.first_difference) == (True, 0, "")


def test_a_rebuilt_read_model_is_equal_whatever_its_rows_are_numbered(
    stubs: Stubs, address: str
) -> None:
    """Verifying a rebuilt projection finds none, though rows may be numbered otherwise."""
    record_amended(stubs)
    with Client(address) as client:
        list(client.rebuild("read-models"))
        *_, last = client.verify("read-models")
        assert last.first_difference == ""


def test_renumbered_rows_are_no_difference(
    tampered: Callable[[Tamper], VerifyProgress],
) -> None:
    """Verifying a projection whose rows were renumbered finds no difference."""

    def renumber(connection: apsw.Connection) -> None:
        for table, column in connection.execute(_WITH_TAGS).fetchall():
            connection.execute(f"UPDATE {table} SET {column} = {column} + 1000")  # noqa: S608

    assert tampered(renumber).first_difference == ""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            "UPDATE facet_claims SET stage = 9 WHERE entry = 7 << 13",
            ["facet_claims: ", "stage is 9, not ", "in the row ", "tag dyad:JPN-KOR", "facet:"],
        ),
        (
            "DELETE FROM facet_claims WHERE entry = 7 << 13",
            ["facet_claims: ", "the live file lacks the row tag dyad:JPN-KOR"],
        ),
        (
            "UPDATE facets SET partitions = 0",
            ["facets: ", "partitions is 0, not "],
        ),
        (
            "UPDATE content_regions SET certainty = 9 WHERE entry = 7 << 13",
            ["content_regions: ", "certainty is 9, not 3", "entry 57344", "tag outlet:Yonhap"],
        ),
        (
            "INSERT INTO disputes VALUES (zeroblob(16), 5, 5, zeroblob(16))",
            ["disputes: ", "does not follow from the log", "00000000-0000-0000-0000-000000000000"],
        ),
        (
            "DELETE FROM tagged WHERE entry = 9 << 13",
            ["tagged: ", "lacks the row", "tag dyad:JPN-KOR export-controls"],
        ),
        (
            "UPDATE counts SET count = 7 WHERE name = 'tags'",
            ["counts: ", "name tags"],
        ),
        ("DROP INDEX claims_by_subject", ["schema: "]),
        (
            "UPDATE tracking SET notification_id = 999",
            ["tracking: ", "999", str(EVENTS)],
        ),
    ],
)
def test_a_tampered_row_is_named(
    tampered: Callable[[Tamper], VerifyProgress], change: str, words: list[str]
) -> None:
    """Verifying a projection with a changed row names the table and the row."""
    last = tampered(lambda connection: connection.execute(change))
    assert last.done
    assert last.first_difference.startswith(words[0])
    assert all(word in last.first_difference for word in words), last.first_difference


def test_the_command_names_a_difference_and_ends_with_one(settings: Settings) -> None:
    """The verify command names a difference and what helps, and exits with 1."""
    with running_server(settings) as address, connected(address) as stubs:
        record_amended(stubs)
    with apsw.Connection(str(file_of(settings))) as connection:
        connection.execute("DELETE FROM disputes")
    connection.close()
    with running_server(settings) as address:
        run = CliRunner(env={"COMMUNIQUE_SERVER": address, "COLUMNS": "300"}).invoke
        result = run(app, ["verify", "read-models"])
        assert (result.exit_code, result.stdout) == (ExitCode.FAILED, "")
        assert "error: read-models is not what the log gives" in result.stderr
        assert "disputes: the live file lacks the row" in result.stderr
        assert "communique rebuild read-models" in result.stderr
        assert run(app, ["rebuild", "read-models"]).exit_code == ExitCode.OK
        assert run(app, ["verify", "read-models"]).exit_code == ExitCode.OK


def test_nothing_is_left_behind(stubs: Stubs, address: str, settings: Settings) -> None:
    """A verification that has ended leaves no file behind."""
    record_amended(stubs)
    verified(address)
    folder = settings.data_dir / READ_MODELS_FOLDER
    assert not list(folder.glob("*verifying*"))


def test_what_a_killed_verification_left_is_cleared_away(settings: Settings) -> None:
    """A server that starts clears away what a killed verification left."""
    folder = settings.data_dir / READ_MODELS_FOLDER
    with running_server(settings):
        pass
    left = folder / file_of(settings).name.replace(".g1.", ".verifying.")
    left.write_text("half of it")
    with running_server(settings):
        assert not left.exists()


def test_an_unknown_projection_is_not_found(address: str) -> None:
    """Verifying an unknown projection is refused with the names of all projections."""
    with Client(address) as client, pytest.raises(NotFound, match="read-models"):
        list(client.verify("status"))


def test_only_one_verification_of_a_projection_runs_at_a_time(tmp_path: Path) -> None:
    """A second verification of one projection is refused while the first one runs."""
    log = SQLiteEventLog.open(tmp_path / LOG_FILE, lambda: 1)
    read_models = read_models_of(log, tmp_path / READ_MODELS_FOLDER)
    try:
        running = read_models.verify("read-models")
        assert next(running).done  # and not ended: it is still held
        with pytest.raises(VerificationRunning):
            list(read_models.verify("read-models"))
        assert next(running, None) is None
        *_, last = read_models.verify("read-models")
        assert last.done
    finally:
        read_models.close()
        log.close()


def test_the_second_of_two_is_refused_with_its_own_reason(stubs: Stubs) -> None:
    """A second verification is refused as `VERIFICATION_RUNNING`, a conflict for clients."""
    record_amended(stubs)
    request = VerifyProjectionRequest(name="read-models")
    barrier, outcomes = Barrier(8), list[str]()

    def call() -> None:
        barrier.wait()
        try:
            *_, last = stubs.projections.VerifyProjection(request)
        except grpc.RpcError as error:
            outcomes.append(taken_apart(error).reason)
        else:
            outcomes.append(f"difference: {last.first_difference}")

    threads = [Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(outcomes) <= {"VERIFICATION_RUNNING", "difference: "}
    assert "difference: " in outcomes


def test_the_end_of_the_server_breaks_off_a_verification(tmp_path: Path) -> None:
    """A verification whose query takes long does not hold up the end of the server."""
    log = SQLiteEventLog.open(tmp_path / LOG_FILE, lambda: 1)
    live = ProjectionFile(tmp_path / "live.db", ReadModelProjection())
    aside = ProjectionFile(tmp_path / "aside.db", ReadModelProjection())
    try:
        with patch.object(limits, "SQLITE_STEPS_BETWEEN_LOOKS", 1):
            run = Verification(aside, log, live.snapshot, lambda: True).run()
            with pytest.raises(apsw.InterruptError):
                list(run)
    finally:
        live.close()
        aside.close()
        log.close()
