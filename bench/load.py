"""The calls that are measured, as they are made in a process of their own."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from time import perf_counter
from typing import Concatenate, Final, NamedTuple, ParamSpec, TypeVar

from bench.history import History
from bench.server import cpu_seconds_of, elsewhere
from bench.subject import Question, Subject
from communique.client import Client
from communique.codec import submitted
from communique.v1 import event_pb2

Given = ParamSpec("Given")
Answer = TypeVar("Answer")
Measured = TypeVar("Measured", bound=Subject)

ASKED_AGAIN: Final = 20
"""So many questions of each round are asked again, to compare the answers."""


class WrongResult(Exception):
    """What was measured did not do what it should: its figures would be worth nothing."""


def check(holds: bool, otherwise: str) -> None:  # noqa: FBT001  reads as an `assert`
    """Raise `WrongResult` unless something holds."""
    if not holds:
        raise WrongResult(otherwise)


class Appended(NamedTuple):
    """What appending took.

    Attributes:
        seconds: until everything was durable.
        answered_seconds: until the read models answered with it; not less than `seconds`.
        latencies: of each call that was timed by itself, in seconds.
        cpu_seconds, answered_cpu_seconds: what the server's processes used by then.
    """

    seconds: float
    answered_seconds: float
    latencies: list[float]
    cpu_seconds: float = 0.0
    answered_cpu_seconds: float = 0.0


def made(
    subject: Measured,
    job: Callable[Concatenate[Measured, Given], Awaitable[Answer]],
    *given: Given.args,
    **named: Given.kwargs,
) -> Answer:
    """Return what a job returns, done in a new process that is connected to the subject."""
    return elsewhere(_connected, partial(job, subject, *given, **named))


def _connected(job: "partial[Awaitable[Answer]]") -> Answer:
    subject: Subject = job.args[0]

    async def run() -> Answer:
        async with subject.connected():
            return await job()

    return asyncio.run(run())


async def one_by_one(
    subject: Subject, history: History, warm_up: int, in_flight: int, *, answered: bool
) -> Appended:
    """Append the events of a history, one a call, some calls at a time; the first ones not timed.

    If `answered`, a call is over only when the read models have answered with its event. Raises
    `WrongResult` unless the positions are 1, 2, 3, ...
    """
    events = map(history.__getitem__, range(len(history)))
    positions: list[int] = []
    latencies: list[float] = []

    async def call(event: bytes) -> None:
        began = perf_counter()
        position = await subject.append_one(event)
        if answered:
            await subject.as_of(Question(history.quiet, min_position=position))
        latencies.append(perf_counter() - began)
        positions.append(position)

    async def calls(pending: Iterable[bytes]) -> None:
        for event in pending:
            await call(event)

    await calls(next(events) for _ in range(warm_up))
    latencies.clear()
    seconds = await _timed(asyncio.gather(*(calls(events) for _ in range(in_flight))))
    check(sorted(positions) == list(range(1, len(history) + 1)), "the positions have gaps")
    return Appended(seconds, seconds, latencies)


async def in_batches(
    subject: Subject,
    history: History,
    size: int,
    server_pid: int = 0,
    *,
    bulk: bool,
    answered: bool,
) -> Appended:
    """Append the events of a history in batches, one after the other or, if `bulk`, as for bulk.

    The first batch is not timed. If `answered`, the read models are asked in the end until they
    answer with the last event. Raises `WrongResult` unless that has the position that it should.
    """
    batches = history.batches(size)
    position = await subject.append_batch(next(batches))

    async def append() -> None:
        nonlocal position
        if bulk:
            position = await subject.append_all(batches)
            return
        for batch in batches:
            position = await subject.append_batch(batch)

    cpu_before = cpu_seconds_so_far(server_pid)
    seconds = answered_seconds = await _timed(append())
    cpu_seconds = cpu_seconds_so_far(server_pid) - cpu_before
    check(position == len(history), f"the last position is {position:,}, not {len(history):,}")
    if answered:
        question = Question(history.quiet, min_position=position)
        answered_seconds += await _timed(subject.answered(question))
    answered_cpu = cpu_seconds_so_far(server_pid) - cpu_before
    return Appended(seconds, answered_seconds, [], cpu_seconds, answered_cpu)


def cpu_seconds_so_far(server_pid: int) -> float:
    """Return what the server's processes have used so far; 0 where there is no server."""
    return cpu_seconds_of(server_pid) if server_pid else 0.0


async def reading(subject: Subject, history: History | None) -> float:
    """Read the whole log; return the seconds.

    Raises `WrongResult` unless it is the history, if one is given.
    """
    began = perf_counter()
    frames = [frame async for frame in subject.read_all()]
    seconds = perf_counter() - began
    if history is not None:
        _check_same((event for frame in frames for event in subject.events_in(frame)), history)
    return seconds


async def rebuilding(subject: Subject) -> float:
    """Have a rival throw its read models away and build them anew; return the seconds."""
    return await _timed(subject.rebuild())


def _check_same(events: Iterable[bytes], history: History) -> None:
    count = 0
    for event in events:
        check(count < len(history), "more was read than was written")
        check(event == history[count], f"what was read at {count + 1} is not what was written")
        count += 1
    check(count == len(history), f"{count:,} events were read, not {len(history):,}")


async def asking(
    subject: Subject, warm_up: Sequence[Question], rounds: Sequence[Sequence[Question]]
) -> list[list[float]]:
    """Ask rounds of questions, one after the other; return the seconds that each one took.

    Raises `WrongResult` unless some of them, asked again from the points that they were answered
    for, get the same bytes.
    """
    for question in warm_up:
        await subject.as_of(question)
    return [await _round(subject, questions) for questions in rounds]


async def _round(subject: Subject, questions: Sequence[Question]) -> list[float]:
    latencies: list[float] = []
    answers: list[bytes] = []
    for question in questions:
        began = perf_counter()
        answers.append(await subject.as_of(question))
        latencies.append(perf_counter() - began)
    for question, answer in list(zip(questions, answers, strict=True))[:ASKED_AGAIN]:
        again = await subject.as_of(subject.pinned(question, answer))
        check(again == answer, f"{question} got another answer when it was asked again")
    return latencies


def imported_by_client(address: str, history: History) -> float:
    """Import domain events with the project's client; return the seconds."""
    states = map(history.__getitem__, range(len(history)))
    events = [submitted(event_pb2.Event.FromString(state)) for state in states]
    with Client(address) as client:
        began = perf_counter()
        report = client.import_events(events)
        seconds = perf_counter() - began
    check(report.appended == len(history), f"not everything was imported: {report}")
    return seconds


def read_by_client(address: str, count: int) -> float:
    """Read the whole log, `count` events, with the project's client; return the seconds."""
    with Client(address) as client:
        began = perf_counter()
        last = 0
        for recorded in client.read():
            last += 1
            check(recorded.position == last, f"position {recorded.position} came after {last - 1}")
        seconds = perf_counter() - began
    check(last == count, f"{last:,} events were read, not {count:,}")
    return seconds


async def _timed(work: Awaitable[object]) -> float:
    began = perf_counter()
    await work
    return perf_counter() - began
