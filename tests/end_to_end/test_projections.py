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

NAMES = ["bilateral-status", "score-series", "timeline"]


def projections(stubs: Stubs) -> list[Projection]:
    """All projections, once they have caught up."""
    fresh = GetBilateralStatusRequest(parties=["KOR", "JPN"], min_position=300)
    stubs.timelines.GetBilateralStatus(fresh)
    return list(stubs.projections.ListProjections(ListProjectionsRequest()).projections)


def test_every_projection_says_how_far_it_is(stubs: Stubs) -> None:
    """Projections are listed by name, live, at the head of the log."""
    submit(stubs, *meetings(300))
    found = projections(stubs)
    assert [one.name for one in found] == NAMES
    assert {(one.state, one.position, one.lag) for one in found} == {
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
    told = list(stubs.projections.RebuildProjection(RebuildProjectionRequest(name=name)))
    done = [one for one in told if one.done]
    assert sorted(one.name for one in done) == ([name] if name else NAMES)
    assert {(one.position, one.head) for one in done} == {(300, 300)}
    assert told[-1] in done
    assert stubs.records.ListEvents(request) == listed
    assert projections(stubs) == before


def test_a_rebuild_that_is_abandoned_can_be_begun_again(stubs: Stubs) -> None:
    """A client that goes away during a rebuild leaves nothing behind that stands in the way."""
    submit(stubs, *meetings(300))
    request = RebuildProjectionRequest(name="timeline")
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
    """With the files of the read models deleted, the next start builds them from the log."""
    with running_server(settings) as address, connected(address) as stubs:
        submit(stubs, *meetings(300))
        before = projections(stubs)
    for file in (settings.data_dir / READ_MODELS_FOLDER).iterdir():
        file.unlink()
    with running_server(settings) as address, connected(address) as stubs:
        assert projections(stubs) == before


def test_an_unknown_projection_is_told_with_those_that_there_are(stubs: Stubs) -> None:
    """The error names all projections."""
    request = RebuildProjectionRequest(name="status")
    error = refused(lambda: stubs.projections.RebuildProjection(request))
    assert error.reason == "PROJECTION_NOT_FOUND"
    assert all(name in error.message for name in NAMES)


def test_all_are_not_rebuilt_while_one_of_them_is(tmp_path: Path) -> None:
    """The one that is being rebuilt is named; when it has ended, all can be."""
    with SQLiteEventLog.open(tmp_path / LOG_FILE, lambda: 1) as log:
        read_models = read_models_of(log, tmp_path / READ_MODELS_FOLDER)
        running = read_models.rebuild("timeline")
        assert next(running).done  # and not ended: it is still held
        with pytest.raises(RebuildRunning, match="timeline"):
            list(read_models.rebuild(""))
        assert next(running, None) is None
        assert [one.done for one in read_models.rebuild("")] == [True] * len(NAMES)
        read_models.close()
