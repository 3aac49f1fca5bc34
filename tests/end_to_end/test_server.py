"""The server as a process: starting, stopping, health, limits, and who may call."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread

import apsw
import grpc
import pytest
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from communique.server.app import LOG_FILE, READ_MODELS_FOLDER, running_server
from communique.server.faces.grpc.grpc_server import CannotListen
from communique.server.runtime.file_lock import FileInUse
from communique.server.runtime.settings import Settings
from communique.v1.projection_service_pb2 import (
    PROJECTION_STATE_LIVE,
    PROJECTION_STATE_STOPPED,
    ListProjectionsRequest,
)
from communique.v1.record_service_pb2 import (
    GetEventRequest,
    GetHeadRequest,
    ImportRequest,
    ReadRequest,
    SubmitRequest,
)
from communique.v1.timeline_service_pb2 import GetBilateralStatusRequest, ListTimelineRequest
from tests.support.calls import (
    Stubs,
    connected,
    eventually,
    head,
    meeting,
    meetings,
    refused,
    submit,
)
from tests.support.servers import append, is_serving

SERVE = """
import sys
from pathlib import Path
from communique.server.app import run
from communique.server.runtime.settings import Settings
run(Settings(data_dir=Path(sys.argv[1]), listen="127.0.0.1:0", log_format="json"))
"""


@contextmanager
def process(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server in a process of its own, and its address."""
    command = [sys.executable, "-c", SERVE, str(folder)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr
            lines = map(json.loads, server.stderr)
            yield server, next(line["address"] for line in lines if line["event"] == "serving")
        finally:
            server.kill()


def states(stubs: Stubs) -> set[tuple[int, int]]:
    """The states of the read models, and their positions."""
    listed = stubs.projections.ListProjections(ListProjectionsRequest()).projections
    return {(projection.state, projection.position) for projection in listed}


def test_a_server_starts_without_replaying_the_log(settings: Settings) -> None:
    """A restarted server takes its read models from their files, byte for byte."""
    with running_server(settings) as address, connected(address) as stubs:
        submit(stubs, *meetings(1_000))
        assert _reached(stubs) == {1_000}
    before = _read_model_files(settings)
    with running_server(settings) as address, connected(address) as stubs:
        assert head(stubs) == 1_000
        assert _reached(stubs) == {1_000}
    assert _read_model_files(settings) == before


def _reached(stubs: Stubs) -> set[int]:
    """The positions of the read models, once a question for all events has been answered."""
    request = ListTimelineRequest(min_position=head(stubs), page_size=1)
    stubs.timelines.ListTimeline(request)
    listed = stubs.projections.ListProjections(ListProjectionsRequest())
    return {projection.position for projection in listed.projections}


def _read_model_files(settings: Settings) -> dict[str, bytes]:
    folder = settings.data_dir / "read-models"
    return {path.name: path.read_bytes() for path in folder.glob("*.db")}


def test_health_is_told_for_each_service_and_the_whole(stubs: Stubs) -> None:
    """A new server is healthy as a whole and in all its services, and knows no other service."""
    services = [
        "",
        *(f"communique.v1.{name}Service" for name in ("Record", "Timeline", "Projection")),
    ]
    assert all(is_serving(stubs, service) for service in services)
    with pytest.raises(grpc.RpcError) as caught:
        is_serving(stubs, "communique.v1.Nothing")
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def test_reflection_describes_the_contract(address: str) -> None:
    """The reflection service of a server lists the services of the contract."""
    with grpc.insecure_channel(address) as channel:
        names = ProtoReflectionDescriptorDatabase(channel).get_services()
    assert {"communique.v1.RecordService", "communique.v1.TimelineService"} <= {*names}


def test_a_taken_port_is_an_error(settings: Settings, address: str, tmp_path: Path) -> None:
    """A second server on the same port does not start, and says why."""
    same_port = settings.model_copy(update={"data_dir": tmp_path / "other", "listen": address})
    with pytest.raises(CannotListen, match=address), running_server(same_port):
        pass


def test_a_log_in_use_is_an_error(settings: Settings, address: str) -> None:
    """A second server on the same data does not start, and names the process that holds it."""
    assert address
    with pytest.raises(FileInUse, match=str(os.getpid())), running_server(settings):
        pass


def test_health_tells_when_the_log_can_not_be_written(settings: Settings) -> None:
    """A log on a failing disk refuses writing, shows in the health and recovers."""
    with running_server(settings) as address, connected(address) as stubs:
        submit(stubs, meeting())
        log = settings.data_dir / LOG_FILE
        blocker = _Blocker(log)
        with blocker:
            error = refused(lambda: submit(stubs, meeting()))
            assert (error.code, error.reason) == (grpc.StatusCode.UNAVAILABLE, "LOG_UNAVAILABLE")
            eventually(lambda: not is_serving(stubs))
            assert not is_serving(stubs, "communique.v1.RecordService")
            assert is_serving(stubs, "communique.v1.TimelineService")
        eventually(lambda: is_serving(stubs))
        assert submit(stubs, meeting())[0].position == 2


def test_a_read_model_that_stops_is_told_and_the_log_goes_on(settings: Settings) -> None:
    """A read model stops at an event that it cannot take in, and health tells."""
    with running_server(settings) as address, connected(address) as stubs:
        submit(stubs, meeting())
        eventually(lambda: states(stubs) == {(PROJECTION_STATE_LIVE, 1)})
    append(settings, "MeetingHeld", b"no message at all")
    with running_server(settings) as address, connected(address) as stubs:
        eventually(lambda: not is_serving(stubs))
        assert is_serving(stubs, "communique.v1.RecordService")
        assert not is_serving(stubs, "communique.v1.TimelineService")
        (receipt,) = submit(stubs, meeting())
        request = GetBilateralStatusRequest(parties=["KOR", "JPN"], min_position=receipt.position)
        error = refused(lambda: stubs.timelines.GetBilateralStatus(request))
        assert (error.code, error.reason) == (grpc.StatusCode.UNAVAILABLE, "READ_MODEL_STOPPED")
        eventually(lambda: states(stubs) == {(PROJECTION_STATE_STOPPED, 1)})
        listed = stubs.projections.ListProjections(ListProjectionsRequest()).projections
        assert all(projection.error for projection in listed)


@pytest.mark.parametrize("batches", [[5], [1_000, 1_000, 1_000, 1_000, 100]])
def test_a_read_model_stops_right_before_the_event_at_fault(
    settings: Settings, batches: list[int]
) -> None:
    """A read model takes in all events before the one at fault, in whichever batch."""
    with running_server(settings) as address, connected(address) as stubs:
        for size in batches:
            submit(stubs, *meetings(size))
    append(settings, "MeetingHeld", b"no message at all")
    for file in (settings.data_dir / READ_MODELS_FOLDER).iterdir():
        file.unlink()
    with running_server(settings) as address, connected(address) as stubs:
        eventually(lambda: states(stubs) == {(PROJECTION_STATE_STOPPED, sum(batches))}, 60)


def test_an_event_of_a_newer_release_is_kept_and_counted(settings: Settings) -> None:
    """An event of a type that this release does not know is passed on and counted."""
    unknown = b"\xfa\x3e\x05hello"  # field 1007
    append(settings, "EnvoyRecalled", unknown)
    with running_server(settings) as address, connected(address) as stubs:
        (receipt,) = submit(stubs, meeting())
        assert receipt.position == 2
        request = GetBilateralStatusRequest(parties=["KOR", "JPN"], min_position=2)
        assert stubs.timelines.GetBilateralStatus(request).status.last_meetings
        listed = stubs.projections.ListProjections(ListProjectionsRequest()).projections
        assert {(projection.state, projection.unknown_type_count) for projection in listed} == {
            (PROJECTION_STATE_LIVE, 1)
        }
        first, *_ = stubs.records.Read(ReadRequest())
        assert first.events.events[0].event.SerializeToString() == unknown


def test_a_read_model_that_is_behind_is_waited_for_only_so_long(settings: Settings) -> None:
    """A question fresher than its read model is refused as retryable when time is up."""
    hasty = settings.model_copy(update={"wait_seconds_max": 0.0})
    with running_server(hasty) as address, connected(address) as stubs:
        (*_, last) = submit(stubs, *meetings(1_000))
        request = GetBilateralStatusRequest(parties=["KOR", "JPN"], min_position=last.position)
        error = refused(lambda: stubs.timelines.GetBilateralStatus(request))
        assert (error.code, error.reason) == (grpc.StatusCode.UNAVAILABLE, "READ_MODEL_BEHIND")
        assert error.retry_ms
        assert error.metadata["position"] == "1000"


def test_too_many_calls_are_told_to_come_back(settings: Settings) -> None:
    """A call beyond the limit is refused with a delay, and health still answers."""
    narrow = settings.model_copy(update={"concurrent_calls_max": 2})
    going_on = Event()

    def requests() -> Iterator[ImportRequest]:
        yield ImportRequest(events=[meeting()])
        going_on.wait(20)

    with running_server(narrow) as address, connected(address) as stubs:
        imports = [stubs.records.Import(requests()) for _ in range(2)]
        assert all(next(call).appended_count for call in imports)
        error = refused(lambda: head(stubs))
        assert (error.code, error.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED")
        assert error.retry_ms == 250
        assert is_serving(stubs)
        going_on.set()
        assert [list(call) for call in imports] == [[], []]
        assert head(stubs) == 2


def test_a_stop_lets_calls_come_to_their_end(settings: Settings) -> None:
    """A stopping server finishes calls under way during the grace and refuses new ones."""
    patient = settings.model_copy(update={"grace_seconds": 20})
    going_on = Event()

    def requests() -> Iterator[ImportRequest]:
        yield ImportRequest(events=[meeting()])
        assert going_on.wait(20)
        yield ImportRequest(events=[meeting()])

    with ExitStack() as stack:
        server = running_server(patient)
        address = server.__enter__()
        stubs = stack.enter_context(connected(address))
        progress = stubs.records.Import(requests())
        next(progress)
        stopping = Thread(target=lambda: server.__exit__(None, None, None))
        stopping.start()
        eventually(lambda: not is_reachable(stubs))
        going_on.set()
        assert next(progress).appended_count == 2
        assert list(progress) == []
        stopping.join(10)
        assert not stopping.is_alive()
    with running_server(settings) as address, connected(address) as stubs:
        assert head(stubs) == 2


def is_reachable(stubs: Stubs) -> bool:
    """Whether a call goes through."""
    try:
        stubs.records.GetHead(GetHeadRequest(), timeout=5)
    except grpc.RpcError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_server_in_order(tmp_path: Path, number: signal.Signals) -> None:
    """A server that gets SIGTERM or SIGINT exits with 0 and keeps all that it acknowledged."""
    acknowledged = 0
    with process(tmp_path) as (server, address), connected(address) as stubs:
        submit(stubs, meeting())
        server.send_signal(number)
        acknowledged = 1
        while server.poll() is None:
            try:
                submit(stubs, meeting())
            except grpc.RpcError:
                break
            acknowledged += 1
        assert server.wait(10) == 0
    with process(tmp_path) as (_, address), connected(address) as stubs:
        assert head(stubs) == acknowledged


def test_each_call_is_one_log_line(tmp_path: Path) -> None:
    """A call leaves one log line with method, code, duration, peer, events and position."""
    with process(tmp_path) as (server, address), connected(address) as stubs:
        submit(stubs, *meetings(3))
        refused(lambda: submit(stubs, meeting("KOR", "XXX")))
        list(stubs.records.Read(ReadRequest()))
        server.terminate()
        assert server.stderr
        lines = [json.loads(line) for line in server.stderr]
    calls = [line for line in lines if line["event"] == "call"]
    assert [(line["method"], line["code"]) for line in calls] == [
        ("RecordService/Submit", "OK"),
        ("RecordService/Submit", "INVALID_ARGUMENT"),
        ("RecordService/Read", "OK"),
    ]
    written, faulty, read = calls
    assert (written["events"], written["position"]) == (3, 3)
    assert written["request_bytes"] > 300
    assert written["duration_ms"] > 0
    assert written["peer"].startswith("ipv4:127.0.0.1")
    assert faulty["reason"] == "ERROR_REASON_INVALID_FIELD"
    assert (read["events"], read["position"]) == (3, 3)


def test_many_clients_at_once_are_all_served(address: str) -> None:
    """Sixteen clients that write and read at once get right answers and dense positions."""

    def work(number: int) -> list[int]:
        with connected(address) as stubs:
            positions = []
            for _ in range(20):
                event = meeting()
                (receipt,) = submit(stubs, event)
                answer = stubs.records.GetEvent(GetEventRequest(event_id=event.event_id))
                assert answer.claim.position == receipt.position
                positions.append(receipt.position)
            assert positions == sorted(positions), number
            return positions

    with ThreadPoolExecutor(16) as clients:
        positions = [position for share in clients.map(work, range(16)) for position in share]
    assert sorted(positions) == list(range(1, 321))


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificates")
def test_the_submitter_is_the_name_in_the_clients_certificate(
    settings: Settings, tmp_path: Path
) -> None:
    """Events bear the name in the client's certificate, and others are kept out."""
    server, client = certificate(tmp_path, "localhost"), certificate(tmp_path, "desk-7")
    secure = Settings.model_validate(
        settings.model_dump()
        | {
            "listen": "localhost:0",
            "tls_certificate": server.with_suffix(".crt"),
            "tls_key": server.with_suffix(".key"),
            "tls_client_ca": client.with_suffix(".crt"),
        }
    )
    root = server.with_suffix(".crt").read_bytes()
    known = grpc.ssl_channel_credentials(
        root, client.with_suffix(".key").read_bytes(), client.with_suffix(".crt").read_bytes()
    )
    with running_server(secure) as address:
        event = meeting()
        with connected(address, known) as stubs:
            submit(stubs, event)
            answer = stubs.records.GetEvent(GetEventRequest(event_id=event.event_id))
            assert answer.claim.submitter == "desk-7"
        for stranger in (grpc.ssl_channel_credentials(root), None):
            with connected(address, stranger) as stubs, pytest.raises(grpc.RpcError) as caught:
                stubs.records.Submit(SubmitRequest(events=[meeting()]), timeout=5)
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


def certificate(folder: Path, name: str) -> Path:
    """Make a self-signed certificate and its key; return their path without a suffix."""
    path = folder / name
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"),
            *("-keyout", path.with_suffix(".key"), "-out", path.with_suffix(".crt")),
        ],
        check=True,
        capture_output=True,
    )
    return path


class _Blocker:
    """Holds the log's file locked, as no second writer should: writing fails while it does."""

    def __init__(self, path: Path) -> None:
        self._connection = apsw.Connection(str(path))

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, *_: object) -> None:
        self._connection.execute("ROLLBACK")
        self._connection.close()
