"""What is measured: each workload is a function with a name that yields its figures.

The functions of `runs` check what came out; a `WrongResult` ends the workload. To add a rival,
write its class beside those in `subjects`, and name it in the workloads that it can do. Its figures
bear the case of ours that they are compared with.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import pairwise, product
from typing import Final

from bench import floors, load, queries, rivals, runs
from bench.bed import Bed, serving
from bench.figures import Figure, figure
from bench.growth import Grown, grown, window_ends, windows_before, windows_length
from bench.history import ORDERED_IDS, History, Pair
from bench.questions import KINDS, asked
from bench.server import elsewhere
from bench.subject import Subject
from bench.subjects import (
    BareSqlite,
    BitemporalTable,
    Communique,
    DuckDb,
    Echo,
    Library,
    MariaDb,
    PostgreSql,
    ThreadedEcho,
    UmaDb,
)
from bench.subscribers import Pace
from communique.client import Client

CLIENT: Final = "python client"
"""The service again, called by the project's client, which makes domain objects of everything."""

RECORDED, ANSWERED = "recorded", "and answered"
_SINGLE_EVENTS: Final = 1_600
_BATCHED_EVENTS: Final = 5_500
_IMPORTED_MAX: Final = 1_000_000
"""What one longer log takes, see `growth`; here the rivals would take hours."""
_REBUILT_TWICE_MAX: Final = 1_000_000
"""A longer log is rebuilt once, which takes long enough."""
_SERIES_MAX: Final = 1_000_000
_TYPED_MAX: Final = 1_000_000
"""More events than these take minutes to become domain events, and each takes as long."""
_QUESTIONS_COMPARED: Final = 25
_ALL_RANDOM: Final = tuple(KINDS)[-1]
_PACES: Final = {
    "1,000 events/s": Pace(1_000, 1_000, 50, 20, seconds=4),
    "every event to all": Pace(1_000, 1, 1, 4, seconds=4),
}


def floors_(bed: Bed) -> Iterator[Figure]:
    """A bare gRPC echo of one event a call, by a server of each style, whose memory is told."""
    history = bed.arriving(_SINGLE_EVENTS + floors.WARM_UP_CALLS)
    for case in floors.IN_FLIGHT:
        echoes = Echo(), ThreadedEcho()
        turns = [(echo, partial(floors.measured, bed, echo, history, case)) for echo in echoes]
        for echo, samples in zip(echoes, bed.in_turns(turns), strict=True):
            yield figure("floors", echo.name, case, _SINGLE_EVENTS, samples)


def submit_one(bed: Bed) -> Iterator[Figure]:
    """One event a call, 32 calls in flight; `and answered`: each by the read models, too."""
    history = bed.arriving(_SINGLE_EVENTS + runs.WARM_UP_CALLS)
    subjects = [Communique(), Communique(), *bed.chosen((Echo(), UmaDb(), Library()))]
    cases = [RECORDED, ANSWERED, *[RECORDED] * (len(subjects) - 2)]
    turns = [
        (subject, partial(runs.one_by_one, bed, subject, history, answered=case is ANSWERED))
        for subject, case in zip(subjects, cases, strict=True)
    ]
    for subject, case, samples in zip(subjects, cases, bed.in_turns(turns), strict=True):
        if samples:
            yield figure("submit-one", subject.name, case, _SINGLE_EVENTS, samples)


def submit_batch(bed: Bed) -> Iterator[Figure]:
    """Batches of 500 by `Submit`, one call after the other."""
    rivals = UmaDb(), Library(), BareSqlite(), Echo()
    yield from _appending(bed, "submit-batch", bed.arriving(_BATCHED_EVENTS), rivals, bulk=False)


def import_(bed: Bed) -> Iterator[Figure]:
    """By `Import`, in batches of 500; `and answered`: until the last event is in an answer."""
    small, *larger = bed.sizes_up_to(_IMPORTED_MAX, "import")
    rivals = UmaDb(), BitemporalTable(), Library(), BareSqlite(), Echo()
    yield from _appending(bed, "import", bed.arriving(small), rivals, bulk=True)
    samples = bed.repeated(partial(runs.imported_by_client, bed, bed.arriving(small)))
    yield figure("import", CLIENT, RECORDED, small, samples)
    for size in larger:
        yield from _appending(bed, "import", bed.arriving(size), rivals[:2], bulk=True)
    ordered = bed.arriving(small, ORDERED_IDS)
    for found in _appending(bed, "import", ordered, rivals[:2], bulk=True):
        if found.workload == "import":
            yield replace(found, case=f"{found.case}, UUIDv7")


def growth(bed: Bed) -> Iterator[Figure]:
    """One long import: what an event costs as the log grows, and the most memory it takes."""
    size, service, folder = bed.sizes[-1], Communique(), bed.fresh()
    history = bed.history(size)
    with serving(service, folder) as server, runs.watched(server) as memory:
        for position, end in pairwise((0, *window_ends(size))):
            bed.tell(f"importing up to {end:,} events")
            windows = windows_before(end, bed.runs, windows_length(size))
            done = load.made(service, grown, history, position, windows)
            for case in Grown._fields:
                samples = [getattr(window, case) for window in done]
                yield figure("growth", service.name, case, end, samples)
    bed.keep(size, folder)
    yield figure("memory", service.name, "while importing", size, [memory])


def read(bed: Bed) -> Iterator[Figure]:
    """The whole log in frames, compared byte for byte; `python client`: as domain events."""
    for size in bed.sizes:
        history, service = bed.history(size), Communique()
        with serving(service, bed.loaded(size)) as server:
            run = partial(runs.read, service, server, history, compared=True)
            yield figure("read", service.name, "", size, bed.repeated(run))
            if size <= _TYPED_MAX:
                run = partial(runs.read_by_client, service.address, server, size)
                yield figure("read", CLIENT, "", size, bed.repeated(run))
        library = (Library(),) if size == bed.sizes[0] else ()
        for rival in bed.chosen((UmaDb(), BareSqlite(), *library)):
            with bed.attempting(rival), runs.holding(bed, rival, history) as server:
                run = partial(
                    runs.read, rival, server, history, compared=not isinstance(rival, BareSqlite)
                )
                yield figure("read", rival.name, "", size, bed.repeated(run))
        echo = Echo(size, history.byte_count // size)
        with serving(echo, bed.fresh()) as server:
            run = partial(runs.read, echo, server, history, compared=False)
            yield figure("read", echo.name, "", size, bed.repeated(run))


def space(bed: Bed) -> Iterator[Figure]:
    """What the files take on the disk after an import, for each event, when the server is down."""
    for size in bed.sizes:
        sizes = Communique.bytes_kept(bed.loaded(size))
        for case, byte_count in sizes.items():
            sample = {"event_bytes": byte_count / size}
            yield figure("space", Communique.name, case, size, [sample])


def rebuild(bed: Bed) -> Iterator[Figure]:
    """The read models anew from the log, while the old ones serve."""
    for size in bed.sizes:
        history, service = bed.history(size), Communique()
        with serving(service, bed.loaded(size)) as server, Client(service.address) as client:
            run = partial(runs.rebuilt, client, server, history)
            samples = [run()] if size > _REBUILT_TWICE_MAX else bed.repeated(run)
        yield figure("rebuild", service.name, "", size, samples)
    library, history = Library(), bed.history(bed.sizes[0])
    with bed.attempting(library), runs.holding(bed, library, history) as server:
        samples = bed.repeated(partial(runs.rebuilt_by, library, server, history))
        yield figure("rebuild", library.name, "", len(history), samples)


def status(bed: Bed) -> Iterator[Figure]:
    """The bilateral status as of random points, one question after the other.

    Whoever is asked has its files in the system's memory; `from the disk`: the system has forgotten
    those of the longest log.
    """
    for size in bed.sizes:
        history, service, folder = bed.history(size), Communique(), bed.loaded(size)
        echo = Echo()
        with (
            serving(service, folder) as server,
            serving(echo, bed.fresh()) as floor,
            runs.watched(server) as memory,
        ):
            loaded = runs.LoadedSubject(service, server, service.asked_files(folder), history)
            bare = runs.LoadedSubject(echo, floor, (), history)
            for which, kind in (("quiet", _ALL_RANDOM), *product(["busiest"], KINDS)):
                bed.tell(f"status, {size:,} events: {which} dyad, {kind}")
                yield _status(bed, loaded, which, kind)
                if kind == _ALL_RANDOM:
                    yield _status(bed, bare, which, kind)
            if size == bed.sizes[-1]:
                yield _status_from_disk(bed, loaded)
            for rival in bed.chosen((DuckDb(), PostgreSql(), MariaDb())):
                with bed.attempting(rival):
                    yield from _status_of_rival(bed, service, rival, history)
        yield figure("memory", service.name, "while answering", size, [memory])


def _status_of_rival(
    bed: Bed, service: Subject, rival: Subject, history: History
) -> Iterator[Figure]:
    """Fill it, see that it answers what the service answers, and ask it."""
    folder = bed.fresh()
    with serving(rival, folder) as server:
        bed.tell(f"filling {rival.name} with {len(history):,} events")
        rival.fill(history)
        loaded = runs.LoadedSubject(rival, server, rival.asked_files(folder), history)
        for which, pair in _dyads(history).items():
            questions = asked(_ALL_RANDOM, pair, history, _QUESTIONS_COMPARED, seed=0)
            rivals.check_agree(service, rival, questions)
            yield _status(bed, loaded, which, _ALL_RANDOM)
        if len(history) == bed.sizes[-1]:
            yield _status_from_disk(bed, loaded)


def _status(bed: Bed, loaded: runs.LoadedSubject, which: str, kind: str) -> Figure:
    samples = runs.answered(bed, loaded, kind, _dyads(loaded.history)[which])
    return figure("status", loaded.subject.name, f"{which}, {kind}", len(loaded.history), samples)


def _status_from_disk(bed: Bed, loaded: runs.LoadedSubject) -> Figure:
    samples = runs.answered_from_disk(bed, loaded, _ALL_RANDOM, loaded.history.busiest)
    case = f"busiest, {_ALL_RANDOM}, from the disk"
    return figure("status", loaded.subject.name, case, len(loaded.history), samples)


def _dyads(history: History) -> Mapping[str, Pair]:
    return {"quiet": history.quiet, "busiest": history.busiest}


def questions(bed: Bed) -> Iterator[Figure]:
    """Every question over gRPC, about something busy and quiet, as of now and random points."""
    for size in bed.sizes:
        history, service = bed.history(size), Communique()
        with serving(service, bed.loaded(size)):
            runs.wait_for_read_models(service.address)
            given = service.address, service.pid, history, bed.runs
            samples_by_case = elsewhere(queries.answered, *given)
        for case, samples in samples_by_case.items():
            yield figure("queries", service.name, case, size, samples)


def score_series(bed: Bed) -> Iterator[Figure]:
    """20 years of scores by month, of a dyad that has all events."""
    for size in bed.sizes_up_to(_SERIES_MAX, "series"):
        history, service = bed.history(size, dyads=1), Communique()
        with runs.holding(bed, service, history):
            runs.wait_for_read_models(service.address)
            given = service.address, service.pid, history, bed.runs
            samples_by_case = elsewhere(queries.answered, *given, only="GetScoreSeries")
        for case, samples in samples_by_case.items():
            if "quiet" not in case:
                point = case.rpartition(", ")[2]
                yield figure("series", service.name, f"busiest, {point}", size, samples)


def start(bed: Bed) -> Iterator[Figure]:
    """From the start of the process to the health status SERVING, and its memory then."""
    for size in (0, bed.sizes[-1]):
        folder = bed.loaded(size) if size else bed.fresh()
        done = bed.repeated(partial(runs.started, folder))
        for case, samples in (
            ("after a stop", [run.after_stop for run in done]),
            ("after a kill", [run.after_kill for run in done]),
        ):
            yield figure("start", Communique.name, case, size, samples)


def live(bed: Bed) -> Iterator[Figure]:
    """1,000 subscribers: from an event's commit to its delivery; `from the call`: all of it."""
    for case, pace in _PACES.items():
        done = bed.repeated(partial(runs.delivered, bed, pace))
        for name, samples in (
            (case, [run.from_commit for run in done]),
            (f"{case}, from the call", [run.from_call for run in done]),
        ):
            yield figure("subscribers", Communique.name, name, pace.events, samples)
        memory = [run.memory for run in done]
        yield figure("memory", Communique.name, f"1,000 subscribers, {case}", pace.events, memory)


def _appending(
    bed: Bed, workload: str, history: History, others: Iterable[Subject], *, bulk: bool
) -> Iterator[Figure]:
    size, subjects = len(history), [Communique(), *bed.chosen(others)]
    turns = []
    for subject in subjects:
        answered = isinstance(subject, Communique)
        answered = answered or (bulk and isinstance(subject, Library | BitemporalTable))
        run = partial(runs.in_batches, bed, subject, history, bulk=bulk, answered=answered)
        turns.append((subject, run))
    for subject, done in zip(subjects, bed.in_turns(turns), strict=True):
        for case, samples in (
            (RECORDED, [run.recorded for run in done]),
            (ANSWERED, [run.answered for run in done if run.answered]),
        ):
            if samples:
                yield figure(workload, subject.name, case, size, samples)
        if bulk and isinstance(subject, Communique):
            memory = [run.memory for run in done]
            yield figure("memory", subject.name, "after an import", size, memory)


WORKLOADS: Final[dict[str, Callable[[Bed], Iterator[Figure]]]] = {
    "floors": floors_,
    "submit-one": submit_one,
    "submit-batch": submit_batch,
    "import": import_,
    "growth": growth,
    "read": read,
    "space": space,
    "rebuild": rebuild,
    "status": status,
    "queries": questions,
    "series": score_series,
    "subscribers": live,
    "start": start,
}
