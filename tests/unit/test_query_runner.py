"""Questions: how long they wait for a read model."""

import asyncio
from collections.abc import Iterator
from math import inf
from pathlib import Path
from time import monotonic
from uuid import UUID

import pytest

from communique.server.application.queries.query_runner import QueryRunner
from communique.server.application.queries.read_models import ReadModels
from communique.server.log.entries import ClaimEntry
from communique.server.log.sqlite_store.sqlite_log import SQLiteEventLog
from communique.server.projections.projection_errors import ReadModelBehind
from communique.server.projections.snapshot import RequestedAsOf
from communique.server.runtime.call import Call
from communique.server.runtime.clock import Clock
from communique.server.runtime.threads import WorkerPool
from communique.v1.time_pb2 import AsOf
from tests.support.read_models import read_models_of


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[tuple[SQLiteEventLog, ReadModels]]:
    """A log, and read models that do not follow it."""
    with SQLiteEventLog.open(tmp_path / "log.db", lambda: 1) as event_log:
        read_models = read_models_of(event_log, tmp_path / "read-models")
        yield event_log, read_models
        read_models.close()


def ask(
    stores: tuple[SQLiteEventLog, ReadModels], position: int, remaining: float | None
) -> tuple[RequestedAsOf | None, float]:
    """Ask with a deadline; return the question, None if it waited in vain, and the seconds."""

    async def question() -> RequestedAsOf:
        call = Call(deadline=inf if remaining is None else monotonic() + remaining)
        pool = WorkerPool("questions", 1, 1)
        queries = QueryRunner(*stores, pool, Clock(), wait_seconds_max=0.5)
        return await queries.as_of(AsOf(), position, call)

    began = monotonic()
    try:
        return asyncio.run(question()), monotonic() - began
    except ReadModelBehind:
        return None, monotonic() - began


def test_a_question_waits_no_longer_than_its_deadline(
    stores: tuple[SQLiteEventLog, ReadModels],
) -> None:
    """A question's wait ends before its deadline or at the server's limit."""
    stores[0].append([ClaimEntry(UUID(int=1), "MeetingHeld", b"")]).result()
    asked, seconds = ask(stores, 1, remaining=0.2)
    assert asked is None
    assert 0.1 < seconds < 0.45
    asked, seconds = ask(stores, 1, remaining=None)
    assert asked is None
    assert 0.4 < seconds < 5


def test_a_question_that_need_not_wait_does_not(stores: tuple[SQLiteEventLog, ReadModels]) -> None:
    """A question without a demand on freshness is asked at once, of the latest position."""
    asked, seconds = ask(stores, 0, remaining=0.0)
    assert asked is not None
    assert asked.valid == asked.known
    assert asked.position is None
    assert seconds < 0.4
