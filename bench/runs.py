"""Single runs of the workloads: a server is started where one is needed, and samples are taken."""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Final, NamedTuple

from bench import load
from bench.bed import BATCH_EVENTS, Bed, serving
from bench.figures import Sample, latencies
from bench.history import History, Pair
from bench.load import check
from bench.questions import asked
from bench.server import Server, elsewhere
from bench.subject import Question, Subject
from bench.subjects import BareSqlite, Communique
from communique.client import Client

IN_FLIGHT: Final = 32
WARM_UP_CALLS: Final = 200
_QUESTIONS: Final = 200
_WARM_UP_QUESTIONS: Final = 20


class Appending(NamedTuple):
    """One run that appended.

    Attributes:
        recorded: the sample until everything was durable.
        answered: that until the read models answered with it; empty if they were not asked.
        memory: what the server had then; empty without one.
        folder: where it was appended.
    """

    recorded: Sample
    answered: Sample
    memory: Sample
    folder: Path


def one_by_one(bed: Bed, subject: Subject, history: History, *, answered: bool) -> Sample:
    """Append the events one a call to a new log."""
    with serving(subject, bed.fresh()) as server:
        given = history, WARM_UP_CALLS, IN_FLIGHT
        cpu = _cpu_of(server)
        done = load.made(subject, load.one_by_one, *given, answered=answered)
        spent = cpu(len(history))
    rate = {"events_per_second": len(done.latencies) / done.seconds}
    return rate | latencies(done.latencies) | spent


def in_batches(
    bed: Bed, subject: Subject, history: History, *, bulk: bool, answered: bool
) -> Appending:
    """Append the events in batches to a new log; CPU time is counted to the later of the ends."""
    folder = bed.fresh()
    with serving(subject, folder) as server:
        cpu = _cpu_of(server)
        given = history, BATCH_EVENTS
        done = load.made(subject, load.in_batches, *given, bulk=bulk, answered=answered)
        spent, memory = cpu(len(history)), memory_of(server)
    timed = len(history) - BATCH_EVENTS
    recorded = {"events_per_second": timed / done.seconds}
    if not answered:
        return Appending(recorded | spent, {}, memory, folder)
    rate = {"events_per_second": timed / done.answered_seconds}
    return Appending(recorded, rate | spent, memory, folder)


def imported_by_client(bed: Bed, history: History) -> Sample:
    """Import the events into a new log with the project's client."""
    service = Communique()
    with serving(service, bed.fresh()):
        seconds = elsewhere(load.imported_by_client, service.address, history)
    return {"events_per_second": len(history) / seconds}


def read(subject: Subject, server: Server | None, history: History, *, compared: bool) -> Sample:
    """Read everything, and compare it with the history."""
    cpu = _cpu_of(server)
    done = load.made(subject, load.reading, history if compared else None)
    return {"events_per_second": len(history) / done.seconds} | cpu(len(history))


def read_by_client(address: str, count: int) -> Sample:
    """Read everything with the project's client."""
    return {"events_per_second": count / elsewhere(load.read_by_client, address, count)}


def filled(bed: Bed, history: History) -> BareSqlite:
    """Return a bare SQLite file that has the events."""
    subject = BareSqlite()
    subject.start(bed.fresh())
    load.made(subject, load.in_batches, history, BATCH_EVENTS, bulk=True, answered=False)
    return subject


def rebuilt(client: Client, server: Server | None, name: str, history: History) -> Sample:
    """Rebuild a projection. Raises `WrongResult` unless it answers as before."""
    one, other = history.busiest
    before = client.status(one, other)
    point = before.as_of.valid, before.as_of.known, before.as_of.position
    cpu, began = _cpu_of(server), perf_counter()
    *_, last = client.rebuild(name)
    seconds = perf_counter() - began
    spent = cpu(len(history))
    valid, known, position = point
    after = client.status(one, other, valid_at=valid, known_at=known, position=position)
    check(last.done and last.position == len(history), f"the rebuild ended with {last}")
    check(after == before, "the status is another one after the rebuild")
    return {"events_per_second": len(history) / seconds} | spent


def answered(
    bed: Bed, subject: Subject, server: Server | None, kind: str, pair: Pair, history: History
) -> list[Sample]:
    """Ask about a dyad in as many rounds as there are runs; return a sample for each."""

    def questions(count: int, seed: int) -> list[Question]:
        return asked(kind, pair, history, count, seed)

    rounds = [questions(_QUESTIONS, seed) for seed in range(1, bed.runs + 1)]
    cpu = _cpu_of(server)
    taken = load.made(subject, load.asking, questions(_WARM_UP_QUESTIONS, 0), rounds)
    spent = cpu(_WARM_UP_QUESTIONS + bed.runs * (_QUESTIONS + load.ASKED_AGAIN))
    return [latencies(seconds) | spent for seconds in taken]


class Starting(NamedTuple):
    """The samples of two starts on the same data."""

    after_stop: Sample
    after_kill: Sample


def started(folder: Path) -> Starting:
    """Start the server on the data in a folder after it was stopped, and again after a kill."""
    with serving(Communique(), folder):
        pass
    after_stop, server = _started(folder)
    server.kill()
    after_kill, server = _started(folder)
    server.stop()
    return Starting(after_stop, after_kill)


def _started(folder: Path) -> tuple[Sample, Server]:
    began = perf_counter()
    server = Communique().start(folder)
    seconds = perf_counter() - began
    return {"seconds": seconds} | memory_of(server), server


def memory_of(server: Server | None) -> Sample:
    """Return the memory of a server; nothing of what has no process."""
    return {"mebibytes": server.mebibytes()} if server else {}


def _cpu_of(server: Server | None) -> Callable[[int], Sample]:
    """Begin to count CPU time; what is returned gives it for each of a number of events."""
    if server is None:
        return lambda _count: {}
    before = server.cpu_seconds()
    return lambda count: {"server_cpu_us": (server.cpu_seconds() - before) / count * 1e6}
