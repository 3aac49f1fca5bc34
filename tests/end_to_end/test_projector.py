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
from communique.server.projections.process import protocol as messages
from communique.server.runtime.file_lock import FileInUse, FileLock
from communique.server.runtime.settings import Settings
from communique.server.sqlite.connection import ForeignFile
from communique.v1.projection_service_pb2 import (
    PROJECTION_STATE_LIVE,
    PROJECTION_STATE_STOPPED,
    ListProjectionsRequest,
    RebuildProjectionRequest,
)
from communique.v1.record_service_pb2 import ListEventsRequest
from tests.end_to_end.test_processes import serving
from tests.end_to_end.test_server import append, is_serving
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

NAMES = ["bilateral-status", "score-series", "timeline"]


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
    return {one.state for one in listed}


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
    """Killed again and again during an import, it catches up; the rows are those of a rebuild."""
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
    """Without one the log and the answers go on, and health and the projections say what is up."""
    submit(stubs, *meetings(10))
    caught_up(stubs)
    os.kill(projector_of(folder_of(settings)), signal.SIGKILL)
    eventually(lambda: is_stopped(stubs))
    with Client(address) as client:
        assert all("SIGKILL" in one.error for one in client.projections() if one.error)
    submit(stubs, *meetings(1))
    assert len(stubs.records.ListEvents(ListEventsRequest()).events) >= 10
    caught_up(stubs)
    eventually(lambda: states(stubs) == {PROJECTION_STATE_LIVE})
    eventually(lambda: is_serving(stubs))


def test_a_call_ends_with_the_projector_that_did_it(settings: Settings, stubs: Stubs) -> None:
    """A rebuild whose process dies fails as unavailable; the next projector can begin it again."""
    submit(stubs, *meetings(1_000))
    caught_up(stubs)
    request = RebuildProjectionRequest(name="timeline")
    os.kill(stopped := projector_of(folder_of(settings)), signal.SIGSTOP)
    rebuild = stubs.projections.RebuildProjection(request)
    sleep(0.1)
    os.kill(stopped, signal.SIGKILL)
    error = refused(lambda: rebuild)
    assert (error.code, error.reason) == (grpc.StatusCode.UNAVAILABLE, "READ_MODEL_STOPPED")
    *_, last = stubs.projections.RebuildProjection(request)
    assert last.done


def test_no_projector_outlives_its_server(tmp_path: Path) -> None:
    """When the server is killed, its projector is gone at once, and the next server has its own."""
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
    """On SIGTERM the projector closes its files in order, and ends before the server does."""
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
    """When a whole group or service is told to stop, it is the server that says when."""
    submit(stubs, *meetings(10))
    caught_up(stubs)
    os.kill(before := projector_of(folder_of(settings)), number)
    submit(stubs, *meetings(10))
    caught_up(stubs)
    assert projector_of(folder_of(settings)) == before


def test_of_many_rebuilds_at_once_one_runs(stubs: Stubs) -> None:
    """The others are refused with the reason that it is running, and its name."""
    submit(stubs, *meetings(500))
    caught_up(stubs)
    barrier, outcomes = Barrier(6), list[str]()

    def rebuild() -> None:
        barrier.wait()
        try:
            *_, last = stubs.projections.RebuildProjection(
                RebuildProjectionRequest(name="timeline")
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
    assert set(outcomes) <= {"REBUILD_RUNNING timeline", "done True"}
    assert "done True" in outcomes


def test_an_abandoned_rebuild_can_be_begun_again(stubs: Stubs) -> None:
    """A client that goes away ends the work in the other process, too."""
    submit(stubs, *meetings(500))
    caught_up(stubs)
    request = RebuildProjectionRequest(name="timeline")
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
        with connected(address) as others:
            while not ended:
                try:
                    (*_, last) = submit(others, *meetings(2))
                    request = ListEventsRequest(min_position=last.position, page_size=1)
                    found = others.records.ListEvents(request)
                    assert found.as_of.position >= last.position
                except Exception as error:  # noqa: BLE001  the test fails with it below
                    faults.append(error)

    asking = [Thread(target=ask) for _ in range(3)]
    for thread in asking:
        thread.start()
    for _ in range(10):
        list(stubs.projections.RebuildProjection(RebuildProjectionRequest(name="timeline")))
    ended.append(True)
    for thread in asking:
        thread.join()
    assert faults == []


def test_what_stops_a_projection_there_is_told_here(settings: Settings) -> None:
    """An event that can't be taken in has the same words as in a process alone."""
    append(settings, "MeetingHeld", b"no message at all")
    told = list[set[str]]()
    for apart in (False, True):
        with running_server(settings, apart=apart) as address, connected(address) as stubs:
            eventually(partial(is_stopped, stubs))
            request = ListProjectionsRequest()
            told.append({x.error for x in stubs.projections.ListProjections(request).projections})
            error = refused(partial(stubs.records.ListEvents, ListEventsRequest()))
            assert error.reason == "READ_MODEL_STOPPED"
    assert told[0] == told[1]


@pytest.mark.parametrize(
    "error", [ForeignFile(Path("x.db"), 7), apsw.InterruptError("interrupted"), KeyError("k")]
)
def test_an_exception_crosses_the_pipe_whole(error: Exception) -> None:
    """It keeps its class, its words and its fields, however it is made."""
    sent = pickle.loads(pickle.dumps(messages.TaskFault.of(error)))  # noqa: S301  our own
    arrived = sent.exception()
    assert (type(arrived), str(arrived)) == (type(error), str(error))
    assert vars(arrived) == vars(error)
