"""The projector, a process beside the server: its death, the server's, and what stays true."""

import os
import pickle
import signal
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Barrier, Thread
from time import sleep

import apsw
import grpc
import pytest

from communique.client import Client
from communique.server.app import READ_MODELS_FOLDER, running_server
from communique.server.projections.process import protocol
from communique.server.runtime.file_lock import FileInUse, FileLock
from communique.server.runtime.settings import Settings
from communique.server.sqlite.database_file import ForeignFile
from communique.v1.projection_service_pb2 import (
    PROJECTION_STATE_LIVE,
    PROJECTION_STATE_STOPPED,
    ListProjectionsRequest,
    RebuildProjectionRequest,
)
from communique.v1.record_service_pb2 import ListEventsRequest
from tests.support.calls import (
    Stubs,
    connected,
    eventually,
    head,
    meetings,
    refused,
    submit,
    taken_apart,
)
from tests.support.dumps import dump
from tests.support.servers import append, is_serving, serving

NAMES = ["read-models"]


@pytest.fixture
def address(settings: Settings) -> Iterator[str]:
    """The address of a server whose projections are in a process of their own, as in earnest."""
    with running_server(settings, apart=True) as address:
        yield address


def folder_of(settings: Settings) -> Path:
    """Where the read models are."""
    return settings.data_dir / READ_MODELS_FOLDER


def projector_of(folder: Path) -> int:
    """The process id of the projector that keeps the read models in `folder`."""
    eventually(lambda: int((folder / "lock").read_text()) != os.getpid())
    return int((folder / "lock").read_text())


def is_replaced(settings: Settings, projector: int) -> bool:
    """Whether another projector has taken the place of that one."""
    return projector_of(folder_of(settings)) != projector


def caught_up(stubs: Stubs) -> None:
    """Wait until the read models have taken in everything."""
    stubs.records.ListEvents(ListEventsRequest(min_position=head(stubs)), timeout=60)


def is_stopped(stubs: Stubs) -> bool:
    """Whether all projections have stopped."""
    return states(stubs) == {PROJECTION_STATE_STOPPED}


def states(stubs: Stubs) -> set[int]:
    """The states that the projections are in."""
    listed = stubs.projections.ListProjections(ListProjectionsRequest()).projections
    return {projection.state for projection in listed}


def dumped(settings: Settings) -> list[object]:
    """All rows of the read models, whatever they are numbered."""
    return [dump(path) for path in sorted(folder_of(settings).glob("*.db"))]


def is_free(folder: Path) -> bool:
    """Whether no process has the read models any more."""
    try:
        FileLock(folder / "lock", folder).release()
    except FileInUse:
        return False
    return True


def test_a_killed_projector_loses_nothing(settings: Settings) -> None:
    """A projector that is killed again and again catches up to the rows of a rebuild."""
    with running_server(settings, apart=True) as address, connected(address) as stubs:
        for _ in range(2):
            submit(stubs, *meetings(900))
            os.kill(victim := projector_of(folder_of(settings)), signal.SIGKILL)
            submit(stubs, *meetings(100))
            eventually(partial(is_replaced, settings, victim))
        caught_up(stubs)
        eventually(lambda: states(stubs) == {PROJECTION_STATE_LIVE})
    followed = dumped(settings)
    with running_server(settings, apart=True) as address, connected(address) as stubs:
        for name in NAMES:
            *_, last = stubs.projections.RebuildProjection(RebuildProjectionRequest(name=name))
            assert (last.done, last.position) == (True, 2_000)
    assert dumped(settings) == followed


def test_a_dead_projector_is_told_and_replaced(
    settings: Settings, address: str, stubs: Stubs
) -> None:
    """A server without a projector goes on answering, and its health and projections say so."""
    submit(stubs, *meetings(10))
    caught_up(stubs)
    os.kill(projector_of(folder_of(settings)), signal.SIGKILL)
    eventually(lambda: is_stopped(stubs))
    with Client(address) as client:
        assert all("SIGKILL" in state.error for state in client.projections() if state.error)
    submit(stubs, *meetings(1))
    assert len(stubs.records.ListEvents(ListEventsRequest()).events) >= 10
    caught_up(stubs)
    eventually(lambda: states(stubs) == {PROJECTION_STATE_LIVE})
    eventually(lambda: is_serving(stubs))


def test_a_call_ends_with_the_projector_that_did_it(settings: Settings, stubs: Stubs) -> None:
    """A rebuild whose projector dies fails as unavailable and can be begun again."""
    submit(stubs, *meetings(1_000))
    caught_up(stubs)
    request = RebuildProjectionRequest(name="read-models")
    os.kill(stopped := projector_of(folder_of(settings)), signal.SIGSTOP)
    rebuild = stubs.projections.RebuildProjection(request)
    sleep(0.1)
    os.kill(stopped, signal.SIGKILL)
    error = refused(lambda: rebuild)
    assert (error.code, error.reason) == (grpc.StatusCode.UNAVAILABLE, "READ_MODEL_STOPPED")
    *_, last = stubs.projections.RebuildProjection(request)
    assert last.done


def test_no_projector_outlives_its_server(tmp_path: Path) -> None:
    """A projector ends at once when its server is killed, and the next server has its own."""
    folder = tmp_path / READ_MODELS_FOLDER
    with serving(tmp_path) as (server, address), connected(address) as stubs:
        projector_of(folder)
        submit(stubs, *meetings(1_000))
        server.kill()
        server.wait()
        eventually(lambda: is_free(folder))
    with serving(tmp_path) as (_, address), connected(address) as stubs:
        caught_up(stubs)
        assert states(stubs) == {PROJECTION_STATE_LIVE}


def test_a_stop_of_the_server_stops_both(tmp_path: Path) -> None:
    """A server that gets SIGTERM ends after its projector has closed its files in order."""
    folder = tmp_path / READ_MODELS_FOLDER
    with serving(tmp_path) as (server, address), connected(address) as stubs:
        submit(stubs, *meetings(1_000))
        caught_up(stubs)
        server.terminate()
        assert server.wait(20) == 0
        assert is_free(folder)
    assert not list(folder.glob("*-wal"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_do_not_end_the_projector(
    settings: Settings, stubs: Stubs, number: signal.Signals
) -> None:
    """A projector ignores the signals that tell a whole process group to stop."""
    submit(stubs, *meetings(10))
    caught_up(stubs)
    os.kill(before := projector_of(folder_of(settings)), number)
    submit(stubs, *meetings(10))
    caught_up(stubs)
    assert projector_of(folder_of(settings)) == before


def test_of_many_rebuilds_at_once_one_runs(stubs: Stubs) -> None:
    """One of many simultaneous rebuilds runs, and the others are refused with its name."""
    submit(stubs, *meetings(500))
    caught_up(stubs)
    barrier, outcomes = Barrier(6), list[str]()

    def rebuild() -> None:
        barrier.wait()
        try:
            *_, last = stubs.projections.RebuildProjection(
                RebuildProjectionRequest(name="read-models")
            )
        except grpc.RpcError as error:
            fault = taken_apart(error)
            outcomes.append(f"{fault.reason} {fault.metadata['name']}")
        else:
            outcomes.append(f"done {last.done}")

    threads = [Thread(target=rebuild) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(outcomes) <= {"REBUILD_RUNNING read-models", "done True"}
    assert "done True" in outcomes


def test_an_abandoned_rebuild_can_be_begun_again(stubs: Stubs) -> None:
    """A client that goes away ends its rebuild in the projector's process."""
    submit(stubs, *meetings(500))
    caught_up(stubs)
    request = RebuildProjectionRequest(name="read-models")
    for _ in range(3):
        stubs.projections.RebuildProjection(request).cancel()

    def is_done() -> bool:
        with suppress(grpc.RpcError):  # the one before may still be ending
            *_, last = stubs.projections.RebuildProjection(request)
            return bool(last.done)
        return False

    eventually(is_done)


def test_questions_go_on_while_files_are_swapped(stubs: Stubs, address: str) -> None:
    """Every answer during rebuilds is as fresh as the position asked for."""
    submit(stubs, *meetings(300))
    faults, ended = list[Exception](), list[bool]()

    def ask() -> None:
        with connected(address) as own_stubs:
            while not ended:
                try:
                    (*_, last) = submit(own_stubs, *meetings(2))
                    request = ListEventsRequest(min_position=last.position, page_size=1)
                    answer = own_stubs.records.ListEvents(request)
                    assert answer.as_of.position >= last.position
                except Exception as error:  # noqa: BLE001  the test fails with it below
                    faults.append(error)

    asking = [Thread(target=ask) for _ in range(3)]
    for thread in asking:
        thread.start()
    for _ in range(10):
        list(stubs.projections.RebuildProjection(RebuildProjectionRequest(name="read-models")))
    ended.append(True)
    for thread in asking:
        thread.join()
    assert faults == []


def test_what_stops_a_projection_there_is_told_here(settings: Settings) -> None:
    """An event that stops a projection gives the same error as without a second process."""
    append(settings, "MeetingHeld", b"no message at all")
    errors = list[set[str]]()
    for apart in (False, True):
        with running_server(settings, apart=apart) as address, connected(address) as stubs:
            eventually(partial(is_stopped, stubs))
            request = ListProjectionsRequest()
            errors.append(
                {state.error for state in stubs.projections.ListProjections(request).projections}
            )
            error = refused(partial(stubs.records.ListEvents, ListEventsRequest()))
            assert error.reason == "READ_MODEL_STOPPED"
    assert errors[0] == errors[1]


@pytest.mark.parametrize(
    "error", [ForeignFile(Path("x.db"), 7), apsw.InterruptError("interrupted"), KeyError("k")]
)
def test_an_exception_crosses_the_pipe_whole(error: Exception) -> None:
    """An exception that crosses the projector's pipe keeps its class, words and fields."""
    sent = pickle.loads(pickle.dumps(protocol.TaskFault.of(error)))  # noqa: S301  our own
    arrived = sent.exception()
    assert (type(arrived), str(arrived)) == (type(error), str(error))
    assert vars(arrived) == vars(error)
