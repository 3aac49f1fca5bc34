"""The operator's view: how far the read models are, and rebuilding them while they serve."""

from contextlib import suppress
from pathlib import Path
from time import monotonic

import grpc
import pytest

from communique.server.app import LOG_FILE, READ_MODELS_FOLDER, running_server
from communique.server.log.sqlite_store.sqlite_log import SQLiteEventLog
from communique.server.projections.projection_errors import RebuildRunning
from communique.server.runtime.settings import Settings
from communique.v1.projection_service_pb2 import (
    PROJECTION_STATE_LIVE,
    ListProjectionsRequest,
    Projection,
    RebuildProjectionRequest,
)
from communique.v1.record_service_pb2 import ListEventsRequest
from communique.v1.timeline_service_pb2 import GetBilateralStatusRequest
from tests.support.calls import Stubs, connected, meetings, refused, submit
from tests.support.read_models import read_models_of

NAMES = ["read-models"]


def projections(stubs: Stubs) -> list[Projection]:
    """All projections, once they have caught up."""
    fresh = GetBilateralStatusRequest(parties=["KOR", "JPN"], min_position=300)
    stubs.timelines.GetBilateralStatus(fresh)
    return list(stubs.projections.ListProjections(ListProjectionsRequest()).projections)


def test_every_projection_says_how_far_it_is(stubs: Stubs) -> None:
    """Projections are listed by name, live, at the head of the log."""
    submit(stubs, *meetings(300))
    listed = projections(stubs)
    assert [projection.name for projection in listed] == NAMES
    assert {(projection.state, projection.position, projection.lag) for projection in listed} == {
        (PROJECTION_STATE_LIVE, 300, 0)
    }


@pytest.mark.parametrize("name", [*NAMES, ""])
def test_a_rebuilt_projection_answers_as_before(stubs: Stubs, name: str) -> None:
    """A rebuild of one or all reports progress, ends with `done`, and changes no answer."""
    submit(stubs, *meetings(300))
    before = projections(stubs)
    pinned = stubs.records.ListEvents(ListEventsRequest(min_position=300)).as_of
    request = ListEventsRequest()
    request.as_of.valid.instant.CopyFrom(pinned.valid)
    request.as_of.known.instant.CopyFrom(pinned.known)
    request.as_of.position = pinned.position
    listed = stubs.records.ListEvents(request)
    frames = list(stubs.projections.RebuildProjection(RebuildProjectionRequest(name=name)))
    done = [frame for frame in frames if frame.done]
    assert sorted(frame.name for frame in done) == ([name] if name else NAMES)
    assert {(frame.position, frame.head) for frame in done} == {(300, 300)}
    assert frames[-1] in done
    assert stubs.records.ListEvents(request) == listed
    assert projections(stubs) == before


def test_a_rebuild_that_is_abandoned_can_be_begun_again(stubs: Stubs) -> None:
    """A rebuild whose client goes away can be begun again."""
    submit(stubs, *meetings(300))
    request = RebuildProjectionRequest(name="read-models")
    for _ in range(5):
        stubs.projections.RebuildProjection(request).cancel()
    deadline = monotonic() + 10
    while monotonic() < deadline:
        with suppress(grpc.RpcError):  # the one before may still be ending
            *_, last = stubs.projections.RebuildProjection(request)
            assert last.done
            return
    pytest.fail("the rebuild before it never ended")


def test_read_models_that_are_thrown_away_are_made_again(settings: Settings) -> None:
    """A server whose read models were deleted builds them from the log at its start."""
    with running_server(settings) as address, connected(address) as stubs:
        submit(stubs, *meetings(300))
        before = projections(stubs)
    for file in (settings.data_dir / READ_MODELS_FOLDER).iterdir():
        file.unlink()
    with running_server(settings) as address, connected(address) as stubs:
        assert projections(stubs) == before


def test_an_unknown_projection_is_told_with_those_that_there_are(stubs: Stubs) -> None:
    """The refusal of an unknown projection names all projections."""
    request = RebuildProjectionRequest(name="status")
    error = refused(lambda: stubs.projections.RebuildProjection(request))
    assert error.reason == "PROJECTION_NOT_FOUND"
    assert all(name in error.message for name in NAMES)


def test_all_are_not_rebuilt_while_they_are(tmp_path: Path) -> None:
    """A rebuild of all is refused while the read models are being rebuilt, and names them."""
    with SQLiteEventLog.open(tmp_path / LOG_FILE, lambda: 1) as log:
        read_models = read_models_of(log, tmp_path / READ_MODELS_FOLDER)
        running = read_models.rebuild("read-models")
        assert next(running).done  # and not ended: it is still held
        with pytest.raises(RebuildRunning, match="read-models"):
            list(read_models.rebuild(""))
        assert next(running, None) is None
        assert [frame.done for frame in read_models.rebuild("")] == [True] * len(NAMES)
        read_models.close()
