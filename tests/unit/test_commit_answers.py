"""The log's answers on the event loop."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from threading import Event
from uuid import UUID, uuid4

import pytest

from communique.server.application.recording.commit_answers import CommitAnswers
from communique.server.log.entries import ClaimEntry
from communique.server.log.log_errors import EventIdConflict
from communique.server.log.sqlite_store.sqlite_log import SQLiteEventLog


class Held:
    """A clock that stands still, and the writer with it, until it is let go."""

    def __init__(self) -> None:
        self.is_read, self.goes_on = Event(), Event()

    def __call__(self) -> int:
        """Let the test know, and wait for it."""
        self.is_read.set()
        assert self.goes_on.wait(20)
        return 1


Waits = Callable[[SQLiteEventLog, CommitAnswers, Held], Awaitable[None]]


def on_a_loop(folder: Path, waits: Waits) -> None:
    """Open a log whose writer is held, and wait for its answers on a loop."""
    held = Held()

    async def run() -> None:
        with SQLiteEventLog.open(folder / "log.db", held) as log:
            try:
                async with asyncio.timeout(20):
                    await waits(log, CommitAnswers(log), held)
            finally:
                held.goes_on.set()

    asyncio.run(run())


def claim(event_id: UUID | None = None, state: bytes = b"") -> ClaimEntry:
    """A claim, of a new event unless an id is given."""
    return ClaimEntry(event_id or uuid4(), "MeetingHeld", state)


async def position(answers: CommitAnswers, log: SQLiteEventLog, one: ClaimEntry) -> int:
    """Append a claim, and return its position."""
    [receipt] = await answers.wait(log.append([one]))
    return receipt.position


def test_each_of_a_commit_gets_its_own_answer(tmp_path: Path) -> None:
    """Those who wait for one commit get their receipts, or what was wrong with their request."""

    async def waits(log: SQLiteEventLog, answers: CommitAnswers, held: Held) -> None:
        event_id = uuid4()
        requests = [claim(event_id), claim(), claim(event_id, b"other"), claim()]
        waiting = [position(answers, log, one) for one in requests]
        held.goes_on.set()
        one, two, three, four = await asyncio.gather(*waiting, return_exceptions=True)
        assert isinstance(three, EventIdConflict)
        assert [one, two, four] == [1, 2, 3]

    on_a_loop(tmp_path, waits)


def test_an_answer_that_was_there_before_is_not_missed(tmp_path: Path) -> None:
    """Whoever waits for an answer that was given already has it at once."""

    async def waits(log: SQLiteEventLog, answers: CommitAnswers, held: Held) -> None:
        held.goes_on.set()
        answer = log.append([claim()])
        answer.result(20)
        assert (await answers.wait(answer))[0].position == 1

    on_a_loop(tmp_path, waits)


def test_who_is_cancelled_takes_his_request_back(tmp_path: Path) -> None:
    """A request whose turn has not come is not recorded when its caller is cancelled."""

    async def waits(log: SQLiteEventLog, answers: CommitAnswers, held: Held) -> None:
        first = log.append([claim()])
        await asyncio.to_thread(held.is_read.wait, 20)
        waiting = asyncio.create_task(answers.wait(log.append([claim()])))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        held.goes_on.set()
        assert (await answers.wait(first))[0].position == 1
        assert (await answers.wait(log.append([claim()])))[0].position == 2

    on_a_loop(tmp_path, waits)


def test_an_answer_after_the_end_of_the_loop_harms_nobody(tmp_path: Path) -> None:
    """The writer goes on when the loop has ended before the answer came."""
    held = Held()

    async def leave(log: SQLiteEventLog) -> None:
        waiting = asyncio.create_task(CommitAnswers(log).wait(log.append([claim()])))
        await asyncio.to_thread(held.is_read.wait, 20)
        waiting.cancel()

    with SQLiteEventLog.open(tmp_path / "log.db", held) as log:
        asyncio.run(leave(log))
        held.goes_on.set()
        assert log.append([claim()]).result(20)[0].position == 2
        assert log.healthy
