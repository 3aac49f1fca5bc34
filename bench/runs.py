"""Single runs of the workloads: a server is started where one is needed, and samples are taken."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from time import perf_counter, sleep
from typing import Final, NamedTuple, TypeAlias

from bench import load, page_cache, subscribers
from bench.bed import Bed, serving
from bench.figures import Sample, latencies
from bench.history import History, Pair
from bench.load import check
from bench.questions import asked
from bench.server import Server, elsewhere
from bench.subject import BATCH_EVENTS, Subject
from bench.subjects import Communique
from bench.subscribers import Pace
from communique.client import Client

IN_FLIGHT: Final = 32
WARM_UP_CALLS: Final = 200
_QUESTIONS: Final = 200
_WARM_UP_QUESTIONS: Final = 20
_LOOK_SECONDS: Final = 0.2

Serving: TypeAlias = Server | None
"""The process of a subject; None where it has none of its own."""


class Appending(NamedTuple):
    """One run that appended.

    Attributes:
        recorded: the sample until everything was durable.
        answered: that until the read models answered with it; empty if they were not asked.
        memory: what the server had then; empty without one.
    """

    recorded: Sample
    answered: Sample
    memory: Sample


def one_by_one(bed: Bed, subject: Subject, history: History, *, answered: bool) -> Sample:
    """Append the events one a call to a new log."""
    with serving(subject, bed.fresh()) as server:
        given = history, WARM_UP_CALLS, IN_FLIGHT
        cpu = cpu_of(server)
        done = load.made(subject, load.one_by_one, *given, answered=answered)
        spent = cpu(len(history))
    rate = {"events_per_second": len(done.latencies) / done.seconds}
    return rate | latencies(done.latencies) | spent


def in_batches(
    bed: Bed, subject: Subject, history: History, *, bulk: bool, answered: bool
) -> Appending:
    """Append the events in batches to a new log."""
    subject.prepare(history, BATCH_EVENTS)
    with serving(subject, bed.fresh()) as server:
        given = history, BATCH_EVENTS, server.pid if server else 0
        done = load.made(subject, load.in_batches, *given, bulk=bulk, answered=answered)
        memory = memory_of(server)

    def sample(seconds: float, cpu_seconds: float) -> Sample:
        timed = len(history) - BATCH_EVENTS
        cpu = {"server_cpu_us": cpu_seconds / timed * 1e6} if server else {}
        return {"events_per_second": timed / seconds} | cpu

    recorded = sample(done.seconds, done.cpu_seconds)
    until = sample(done.answered_seconds, done.answered_cpu_seconds) if answered else {}
    return Appending(recorded, until, memory)


def imported_by_client(bed: Bed, history: History) -> Sample:
    """Import the events into a new log with the project's client."""
    service = Communique()
    with serving(service, bed.fresh()) as server:
        cpu = cpu_of(server)
        seconds = elsewhere(load.imported_by_client, service.address, history)
        spent = cpu(len(history))
    return {"events_per_second": len(history) / seconds} | spent


def read(subject: Subject, server: Serving, history: History, *, compared: bool) -> Sample:
    """Read everything, and compare it with the history."""
    cpu = cpu_of(server)
    seconds = load.made(subject, load.reading, history if compared else None)
    return {"events_per_second": len(history) / seconds} | cpu(len(history))


def read_by_client(address: str, server: Serving, count: int) -> Sample:
    """Read everything with the project's client, which makes domain events of it."""
    cpu = cpu_of(server)
    seconds = elsewhere(load.read_by_client, address, count)
    return {"events_per_second": count / seconds} | cpu(count)


@contextmanager
def holding(bed: Bed, subject: Subject, history: History) -> Iterator[Serving]:
    """Start a rival or floor that keeps a log, and have it append the events."""
    with serving(subject, bed.fresh()) as server:
        load.made(subject, load.in_batches, history, BATCH_EVENTS, bulk=True, answered=False)
        yield server


def rebuilt(client: Client, server: Serving, history: History) -> Sample:
    """Rebuild the read models; raise `WrongResult` unless the status is the same as before."""
    first, second = history.busiest
    before = client.status(first, second)
    point = before.as_of.valid, before.as_of.known, before.as_of.position
    cpu, began = cpu_of(server), perf_counter()
    *_, last = client.rebuild()
    seconds = perf_counter() - began
    sample = {"events_per_second": len(history) / seconds} | cpu(len(history))
    check(last.done and last.position == len(history), f"the rebuild ended with {last}")
    valid, known, position = point
    after = client.status(first, second, valid_at=valid, known_at=known, position=position)
    check(after == before, "the status is another one after the rebuild")
    return sample


def rebuilt_by(subject: Subject, server: Serving, history: History) -> Sample:
    """Have a rival rebuild what it has of read models."""
    cpu = cpu_of(server)
    seconds = load.made(subject, load.rebuilding)
    return {"events_per_second": len(history) / seconds} | cpu(len(history))


def wait_for_read_models(address: str) -> None:
    """Wait until all of them have taken in the whole log."""
    with Client(address) as client:
        while any(model.lag for model in client.projections()):
            sleep(_LOOK_SECONDS)


class LoadedSubject(NamedTuple):
    """A subject that has taken in a history, and can be asked.

    Attributes:
        server: the subject's process.
        files: those that it answers from.
        history: what it was given.
    """

    subject: Subject
    server: Serving
    files: Sequence[Path]
    history: History


def answered(bed: Bed, loaded: LoadedSubject, kind: str, pair: Pair) -> list[Sample]:
    """Ask about a dyad in as many rounds as there are runs; return a sample for each.

    The system has the subject's files in memory.
    """
    page_cache.fill(loaded.files)
    warm_up = asked(kind, pair, loaded.history, _WARM_UP_QUESTIONS, 0)
    rounds = [asked(kind, pair, loaded.history, _QUESTIONS, seed) for seed in _seeds(bed)]
    cpu = cpu_of(loaded.server)
    taken = load.made(loaded.subject, load.asking, warm_up, rounds)
    spent = cpu(_WARM_UP_QUESTIONS + bed.runs * (_QUESTIONS + load.ASKED_AGAIN))
    return [latencies(seconds) | spent for seconds in taken]


def answered_from_disk(bed: Bed, loaded: LoadedSubject, kind: str, pair: Pair) -> list[Sample]:
    """As `answered`, but the system has forgotten the files before each round."""
    samples = list[Sample]()
    for seed in _seeds(bed):
        page_cache.drop(loaded.files)
        questions = asked(kind, pair, loaded.history, _QUESTIONS, seed)
        cpu = cpu_of(loaded.server)
        [seconds] = load.made(loaded.subject, load.asking, [], [questions])
        spent = cpu(_QUESTIONS + load.ASKED_AGAIN)
        samples.append(latencies(seconds) | spent)
    return samples


def _seeds(bed: Bed) -> range:
    return range(1, bed.runs + 1)


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


class Delivering(NamedTuple):
    """The samples of one run with live subscribers: of the deliveries, and of the most memory."""

    from_commit: Sample
    from_call: Sample
    memory: Sample


def delivered(bed: Bed, pace: Pace) -> Delivering:
    """Deliver new events to subscribers of a new log."""
    service = Communique()
    with serving(service, bed.fresh()) as server, watched(server) as memory:
        cpu = cpu_of(server)
        done = elsewhere(subscribers.delivered, service.address, pace)
        submitted = {"submitted_per_second": done.events_per_second} | cpu(pace.events)
    return Delivering(
        submitted | latencies(done.from_commit), submitted | latencies(done.from_call), memory
    )


@contextmanager
def watched(server: Serving) -> Iterator[Sample]:
    """Look at the memory of a server again and again; what is lent has the most in the end."""
    most = memory_of(server)
    over = Event()

    def look() -> None:
        while not over.wait(_LOOK_SECONDS):
            now = memory_of(server)["mebibytes"]
            most["mebibytes"] = max(now, most["mebibytes"])

    looking = Thread(target=look)
    looking.start()
    try:
        yield most
    finally:
        over.set()
        looking.join()


def memory_of(server: Serving) -> Sample:
    """Return the memory of a server; nothing of what has no process."""
    return {"mebibytes": server.mebibytes()} if server else {}


def cpu_of(server: Serving) -> Callable[[int], Sample]:
    """Begin to count CPU time; what is returned gives it for each of a number of events."""
    if server is None:
        return lambda _count: {}
    before = server.cpu_seconds()
    return lambda count: {"server_cpu_us": (server.cpu_seconds() - before) / count * 1e6}
