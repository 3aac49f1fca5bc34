"""Questions: how long they wait for a read model."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from communique.server.application.queries.query_runner import Asking
from communique.server.application.queries.read_models import ReadModels
from communique.server.log import Claim
from communique.server.log.sqlite_store.sqlite_log import EventLog
from communique.server.projections.progress import Question
from communique.server.projections.projection_errors import ReadModelBehind
from communique.server.runtime.clock import Clock
from communique.server.runtime.threads import Workers
from communique.v1.time_pb2 import AsOf


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[tuple[EventLog, ReadModels]]:
    """A log, and read models that do not follow it."""
    with EventLog.open(tmp_path / "log.db", lambda: 1) as event_log:
        read_models = ReadModels(tmp_path / "read-models", event_log)
        yield event_log, read_models
        read_models.close()


def ask(
    stores: tuple[EventLog, ReadModels], position: int, remaining: float | None
) -> tuple[Question | None, float]:
    """Ask with a deadline; return the question, None if it waited in vain, and the seconds."""

    async def question() -> Question:
        context: Any = SimpleNamespace(time_remaining=lambda: remaining)
        asking = Asking(*stores, Workers("questions", 1, 1), Clock(), wait_seconds_max=0.5)
        return await asking.question(AsOf(), position, context)

    began = monotonic()
    try:
        return asyncio.run(question()), monotonic() - began
    except ReadModelBehind:
        return None, monotonic() - began


def test_a_question_waits_no_longer_than_its_deadline(
    stores: tuple[EventLog, ReadModels],
) -> None:
    """The wait ends before the deadline, or at the server's limit, so that the client hears why."""
    stores[0].append([Claim(UUID(int=1), "MeetingHeld", b"")]).result()
    found, seconds = ask(stores, 1, remaining=0.2)
    assert found is None
    assert 0.1 < seconds < 0.45
    found, seconds = ask(stores, 1, remaining=None)
    assert found is None
    assert 0.4 < seconds < 5


def test_a_question_that_need_not_wait_does_not(stores: tuple[EventLog, ReadModels]) -> None:
    """A question with no demand on freshness is asked at once, now, and of the latest position."""
    found, seconds = ask(stores, 0, remaining=0.0)
    assert found is not None
    assert found.valid == found.known
    assert found.position is None
    assert seconds < 0.4
