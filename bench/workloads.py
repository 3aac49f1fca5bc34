"""What is measured: each workload is a function with a name that yields its figures.

The functions of `runs` check what came out; a `WrongResult` ends the benchmark. To add a rival,
write its class beside those in `subjects`, and name it in the workloads that it can do.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from typing import Final

from bench import runs
from bench.bed import Bed, serving
from bench.figures import Figure, figure
from bench.questions import KINDS
from bench.subjects import BareSqlite, Communique, Echo
from communique.client import Client

CLIENT: Final = "python client"
"""The service again, called by the project's client, which makes domain objects of everything."""

_RECORDED, _ANSWERED = "recorded", "and answered"
_SINGLE_EVENTS: Final = 1_600
_BATCHED_EVENTS: Final = 5_500


def submit_one(bed: Bed) -> Iterator[Figure]:
    """One event a call, 32 calls in flight; `and answered`: each by the read models, too."""
    history = bed.history(_SINGLE_EVENTS + runs.WARM_UP_CALLS)
    for subject, answered in ((Communique(), False), (Communique(), True), (Echo(), False)):
        run = partial(runs.one_by_one, bed, subject, history, answered=answered)
        case, samples = _ANSWERED if answered else _RECORDED, bed.repeated(run)
        yield figure("submit-one", subject.name, case, _SINGLE_EVENTS, samples)


def submit_batch(bed: Bed) -> Iterator[Figure]:
    """Batches of 500 by `Submit`, one call after the other."""
    yield from _appending(bed, "submit-batch", _BATCHED_EVENTS, bulk=False)


def import_(bed: Bed) -> Iterator[Figure]:
    """All events by `Import`, in batches of 500, and the memory of the server after it."""
    for size in bed.sizes:
        yield from _appending(bed, "import", size, bulk=True)
    history = bed.history(bed.sizes[0])
    samples = bed.repeated(partial(runs.imported_by_client, bed, history))
    yield figure("import", CLIENT, _RECORDED, len(history), samples)


def read(bed: Bed) -> Iterator[Figure]:
    """The whole log to a client in frames, compared byte for byte with what was written."""
    for size in bed.sizes:
        history, service = bed.history(size), Communique()
        with serving(service, bed.loaded(size)) as server:
            run = partial(runs.read, service, server, history, compared=True)
            yield figure("read", service.name, "", size, bed.repeated(run))
            samples = bed.repeated(partial(runs.read_by_client, service.address, size))
            yield figure("read", CLIENT, "", size, samples)
        sqlite = runs.filled(bed, history)
        run = partial(runs.read, sqlite, None, history, compared=False)
        yield figure("read", sqlite.name, "", size, bed.repeated(run))
        echo = Echo(size, history.byte_count // size)
        with serving(echo, bed.fresh()) as server:
            run = partial(runs.read, echo, server, history, compared=False)
            yield figure("read", echo.name, "", size, bed.repeated(run))


def rebuild(bed: Bed) -> Iterator[Figure]:
    """Each read model anew from the log, while the old one serves."""
    for size in bed.sizes:
        history, service = bed.history(size), Communique()
        with serving(service, bed.loaded(size)) as server, Client(service.address) as client:
            for name in [one.name for one in client.projections()]:
                run = partial(runs.rebuilt, client, server, name, history)
                yield figure("rebuild", service.name, name, size, bed.repeated(run))


def status(bed: Bed) -> Iterator[Figure]:
    """The bilateral status as of random points, one question after the other."""
    for size in bed.sizes:
        history, service = bed.history(size), Communique()
        dyads = {"quiet": history.quiet, "busiest": history.busiest}
        with serving(service, bed.loaded(size)) as server:
            for (which, pair), kind in product(dyads.items(), KINDS):
                bed.tell(f"status, {size:,} events: {which} dyad, {kind}")
                samples = runs.answered(bed, service, server, kind, pair, history)
                yield figure("status", service.name, f"{which}, {kind}", size, samples)
            serves = runs.memory_of(server)
        yield figure("memory", service.name, "after answering", size, [serves])
    history, echo = bed.history(bed.sizes[0]), Echo()
    with serving(echo, bed.fresh()) as server:
        samples = runs.answered(bed, echo, server, next(iter(KINDS)), history.quiet, history)
        yield figure("status", echo.name, "", 0, samples)


def start(bed: Bed) -> Iterator[Figure]:
    """From the start of the process to the health status SERVING, and its memory then."""
    for size in (0, *bed.sizes):
        folder = bed.loaded(size) if size else bed.fresh()
        done = bed.repeated(partial(runs.started, folder))
        for case, samples in (
            ("after a stop", [run.after_stop for run in done]),
            ("after a kill", [run.after_kill for run in done]),
        ):
            yield figure("start", Communique.name, case, size, samples)


def _appending(bed: Bed, workload: str, size: int, *, bulk: bool) -> Iterator[Figure]:
    history, service = bed.history(size), Communique()
    run = partial(runs.in_batches, bed, service, history, bulk=bulk, answered=True)
    done = bed.repeated(run)
    yield figure(workload, service.name, _RECORDED, size, [one.recorded for one in done])
    yield figure(workload, service.name, _ANSWERED, size, [one.answered for one in done])
    if bulk:
        bed.keep(size, done[-1].folder)
        yield figure("memory", service.name, "after an import", size, [one.memory for one in done])
    for floor in (BareSqlite(), Echo()):
        run = partial(runs.in_batches, bed, floor, history, bulk=bulk, answered=False)
        yield figure(workload, floor.name, "", size, [one.recorded for one in bed.repeated(run)])


WORKLOADS: Final[dict[str, Callable[[Bed], Iterator[Figure]]]] = {
    "submit-one": submit_one,
    "submit-batch": submit_batch,
    "import": import_,
    "read": read,
    "rebuild": rebuild,
    "status": status,
    "start": start,
}
