"""Submissions on the event loop: in groups, each with its own answer.

The clock is read once a commit, in the writer's thread, so a clock that waits holds the writer.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from uuid import uuid4

import pytest

from communique.service import submissions as module
from communique.service.ids import EventIds
from communique.service.intake import Intake
from communique.service.log import EventIdConflict, EventLog, Limits, LogClosed, LogOverloaded
from communique.service.refusals import InvalidRequest, Overloaded
from communique.service.submissions import Submissions
from communique.service.workers import Workers
from communique.v1.record_service_pb2 import Expectation, SubmitRequest
from tests.end_to_end.calls import meeting, meetings


class Held:
    """A clock that stands still, and the writer with it, until it is let go."""

    def __init__(self) -> None:
        self.readings = 0
        self.is_read, self.goes_on = Event(), Event()

    def __call__(self) -> int:
        """Let the test know, and wait for it."""
        self.readings += 1
        self.is_read.set()
        assert self.goes_on.wait(20)
        return self.readings


class Service:
    """What submits on a loop to a log whose writer is held."""

    def __init__(self, log: EventLog, held: Held, workers: Workers) -> None:
        self.log, self.held = log, held
        intake = Intake(EventIds(), lambda: datetime.now(UTC), workers)
        self.submissions = Submissions(intake, log)

    def begin(self, request: SubmitRequest) -> asyncio.Task[list[int]]:
        """Submit, and go on; the task returns the positions."""
        return asyncio.create_task(self._positions(request))

    async def _positions(self, request: SubmitRequest) -> list[int]:
        receipts = await self.submissions.receipts(request, "")
        return [receipt.position for receipt in receipts]

    async def occupied(self) -> asyncio.Task[list[int]]:
        """Occupy the writer with a first submission."""
        first = self.begin(one())
        await asyncio.to_thread(self.held.is_read.wait, 20)
        return first


Does = Callable[[Service], Awaitable[None]]


def on_a_loop(folder: Path, does: Does, limits: Limits | None = None) -> Held:
    """Open a log whose writer is held, and submit to it on a loop."""
    held = Held()

    async def run() -> None:
        workers = Workers("checks", 1, 1)
        with EventLog.open(folder / "log.db", held, limits) as log:
            try:
                async with asyncio.timeout(20):
                    await does(Service(log, held, workers))
            finally:
                held.goes_on.set()
        workers.close()

    asyncio.run(run())
    return held


def one(event_id: str = "", **fields: object) -> SubmitRequest:
    """A submission of one event."""
    return SubmitRequest(events=[meeting(event_id=event_id, **fields)])  # type: ignore[arg-type]


def test_what_arrives_during_a_commit_shares_the_next(tmp_path: Path) -> None:
    """However many submit meanwhile, there are two commits; positions are in order of arrival."""

    async def does(service: Service) -> None:
        first = await service.occupied()
        waiting = [service.begin(one()) for _ in range(20)]
        await asyncio.sleep(0)
        service.held.goes_on.set()
        assert await asyncio.gather(first, *waiting) == [[n] for n in range(1, 22)]

    assert on_a_loop(tmp_path, does).readings == 2


def test_many_events_are_recorded_in_a_group_as_few_are(tmp_path: Path) -> None:
    """A submission that a thread examines gets its receipts, too."""

    async def does(service: Service) -> None:
        service.held.goes_on.set()
        many = service.begin(SubmitRequest(events=meetings(30)))
        assert sorted([*await many, *await service.begin(one())]) == list(range(1, 32))

    on_a_loop(tmp_path, does)


def test_each_of_a_group_gets_its_own_answer(tmp_path: Path) -> None:
    """One at fault, one with an id that is taken and one with a false expectation stand alone."""

    async def does(service: Service) -> None:
        event_id = str(uuid4())
        negative = one()
        negative.expectations.append(Expectation(event_id=event_id, revision=-1))
        requests = one(event_id), one("none"), one(event_id, occurred="2019-08-22"), negative, one()
        waiting = [service.begin(request) for request in requests]
        service.held.goes_on.set()
        good, faulty, taken, unexpected, last = await asyncio.gather(
            *waiting, return_exceptions=True
        )
        assert isinstance(faulty, InvalidRequest)
        assert isinstance(taken, EventIdConflict)
        assert isinstance(unexpected, InvalidRequest)
        assert (good, last) == ([1], [2])

    on_a_loop(tmp_path, does)


def test_a_group_of_nothing_but_faults_keeps_nobody_waiting(tmp_path: Path) -> None:
    """Those who come after one that is at fault are recorded."""

    async def does(service: Service) -> None:
        service.held.goes_on.set()
        for _ in range(2):
            with pytest.raises(InvalidRequest):
                await service.begin(one("none"))
        assert await service.begin(one()) == [1]

    on_a_loop(tmp_path, does)


def test_one_without_room_is_told_so_and_the_others_are_recorded(tmp_path: Path) -> None:
    """The log's queue takes the first of a group; the next group finds it empty."""

    async def does(service: Service) -> None:
        first = await service.occupied()
        waiting = [service.begin(one()) for _ in range(3)]
        await asyncio.sleep(0)
        service.held.goes_on.set()
        _, two, *refused = await asyncio.gather(first, *waiting, return_exceptions=True)
        assert two == [2]
        assert [type(error) for error in refused] == [LogOverloaded] * 2
        assert await service.begin(one()) == [3]

    on_a_loop(tmp_path, does, Limits(queued_requests_max=1))


def test_what_waits_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond so many bytes behind a commit a submission is turned away, until that is done."""
    monkeypatch.setattr(module, "SUBMITTED_BYTES_WAITING_MAX", 2 * one().ByteSize())

    async def does(service: Service) -> None:
        first = await service.occupied()
        waiting = [service.begin(one()) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Overloaded, match=r"2 submissions of [0-9]+ bytes wait"):
            await service.begin(one())
        service.held.goes_on.set()
        assert await asyncio.gather(first, *waiting) == [[1], [2], [3]]
        assert await service.begin(one()) == [4]

    on_a_loop(tmp_path, does)


def test_the_loop_is_given_back_between_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be examined in time is examined for the next commit, and nothing is lost."""
    monkeypatch.setattr(module, "GROUP_EXAMINED_SECONDS_MAX", 0)

    async def does(service: Service) -> None:
        service.held.goes_on.set()
        waiting = [service.begin(one()) for _ in range(5)]
        assert await asyncio.gather(*waiting) == [[n] for n in range(1, 6)]

    assert on_a_loop(tmp_path, does).readings == 5


def test_who_is_cancelled_takes_the_submission_back(tmp_path: Path) -> None:
    """Whether it waits for a group or is in the log's queue: its commit has not begun."""

    async def does(service: Service) -> None:
        held_by_another = service.log.append([])
        await asyncio.to_thread(service.held.is_read.wait, 20)
        queued = service.begin(one())
        await asyncio.sleep(0.01)
        gathering = service.begin(one())
        await asyncio.sleep(0)
        for cancelled in (queued, gathering):
            cancelled.cancel()
            with pytest.raises(asyncio.CancelledError):
                await cancelled
        service.held.goes_on.set()
        await asyncio.to_thread(held_by_another.result, 20)
        assert await service.begin(one()) == [1]

    on_a_loop(tmp_path, does)


def test_a_commit_that_has_begun_goes_through(tmp_path: Path) -> None:
    """Its caller is cancelled, and it is recorded; the next submission is not kept waiting."""

    async def does(service: Service) -> None:
        first = await service.occupied()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        service.held.goes_on.set()
        assert await service.begin(one()) == [2]

    on_a_loop(tmp_path, does)


def test_a_closed_log_takes_no_submission(tmp_path: Path) -> None:
    """Each of a group is told that the log is closed."""

    async def does(service: Service) -> None:
        service.held.goes_on.set()
        service.log.close()
        waiting = [service.begin(one()) for _ in range(2)]
        refused = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(error) for error in refused] == [LogClosed] * 2

    on_a_loop(tmp_path, does)


def test_an_answer_after_the_end_of_the_loop_harms_nobody(tmp_path: Path) -> None:
    """The writer goes on when the loop has ended before the answer came."""
    held, workers = Held(), Workers("checks", 1, 1)

    async def leave(log: EventLog) -> None:
        (await Service(log, held, workers).occupied()).cancel()

    with EventLog.open(tmp_path / "log.db", held) as log:
        asyncio.run(leave(log))
        held.goes_on.set()
        assert log.append([]).result(20) == []
        assert log.head()[0] == 1
        assert log.healthy
    workers.close()
