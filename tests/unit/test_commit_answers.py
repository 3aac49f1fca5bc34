"""The log's answers on the event loop."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import pytest

from communique.server.application.recording.commit_answers import CommitAnswers
from communique.server.log.entries import ClaimEntry
from communique.server.log.log_errors import EventIdConflict
from communique.server.log.sqlite_store.sqlite_log import SQLiteEventLog
from tests.support.claim_entries import claim_entry
from tests.support.held_clock import HeldClock

Waits = Callable[[SQLiteEventLog, CommitAnswers, HeldClock], Awaitable[None]]


def on_a_loop(folder: Path, waits: Waits) -> None:
    """Open a log whose writer is held, and wait for its answers on a loop."""
    held = HeldClock()

    async def run() -> None:
        with SQLiteEventLog.open(folder / "log.db", held) as log:
            try:
                async with asyncio.timeout(20):
                    await waits(log, CommitAnswers(log), held)
            finally:
                held.goes_on.set()

    asyncio.run(run())


async def position(answers: CommitAnswers, log: SQLiteEventLog, entry: ClaimEntry) -> int:
    """Append a claim, and return its position."""
    [receipt] = await answers.wait(log.append([entry]))
    return receipt.position


def test_each_of_a_commit_gets_its_own_answer(tmp_path: Path) -> None:
    """Each caller that waits for a commit gets its own receipts or refusal."""

    async def waits(log: SQLiteEventLog, answers: CommitAnswers, held: HeldClock) -> None:
        event_id = uuid4()
        requests = [
            claim_entry(event_id=event_id),
            claim_entry(),
            claim_entry(2, event_id=event_id),
            claim_entry(),
        ]
        waiting = [position(answers, log, request) for request in requests]
        held.goes_on.set()
        first, second, refused, last = await asyncio.gather(*waiting, return_exceptions=True)
        assert isinstance(refused, EventIdConflict)
        assert [first, second, last] == [1, 2, 3]

    on_a_loop(tmp_path, waits)


def test_an_answer_that_was_there_before_is_not_missed(tmp_path: Path) -> None:
    """A caller that waits for an answer given already has the answer at once."""

    async def waits(log: SQLiteEventLog, answers: CommitAnswers, held: HeldClock) -> None:
        held.goes_on.set()
        answer = log.append([claim_entry()])
        answer.result(20)
        assert (await answers.wait(answer))[0].position == 1

    on_a_loop(tmp_path, waits)


def test_who_is_cancelled_takes_his_request_back(tmp_path: Path) -> None:
    """A request whose caller is cancelled before its turn is not recorded."""

    async def waits(log: SQLiteEventLog, answers: CommitAnswers, held: HeldClock) -> None:
        first = log.append([claim_entry()])
        await asyncio.to_thread(held.is_read.wait, 20)
        waiting = asyncio.create_task(answers.wait(log.append([claim_entry()])))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        held.goes_on.set()
        assert (await answers.wait(first))[0].position == 1
        assert (await answers.wait(log.append([claim_entry()])))[0].position == 2

    on_a_loop(tmp_path, waits)


def test_an_answer_after_the_end_of_the_loop_harms_nobody(tmp_path: Path) -> None:
    """The writer goes on when the loop has ended before the answer came."""
    held = HeldClock()

    async def leave(log: SQLiteEventLog) -> None:
        waiting = asyncio.create_task(CommitAnswers(log).wait(log.append([claim_entry()])))
        await asyncio.to_thread(held.is_read.wait, 20)
        waiting.cancel()

    with SQLiteEventLog.open(tmp_path / "log.db", held) as log:
        asyncio.run(leave(log))
        held.goes_on.set()
        assert log.append([claim_entry()]).result(20)[0].position == 2
        assert log.healthy
