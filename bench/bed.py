"""The test bed: folders, histories and running servers for the workloads."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Final, TypeVar

from bench import history, load
from bench.history import RANDOM_IDS, History
from bench.server import Server, elsewhere, settle
from bench.subject import BATCH_EVENTS, Missing, Subject
from bench.subjects import Communique

Run = TypeVar("Run")

_RUNS_MIN: Final = 2
_REPEATED_SECONDS: Final = 10.0
_REPEATED_SECONDS_AN_EVENT: Final = 1e-5


@dataclass
class Bed:
    """What workloads share.

    Attributes:
        folder: where everything is kept, on the disk that is measured.
        sizes: how many events a log has, ascending.
        runs: how often each figure is measured; twice what takes long.
        tell: says what is being done.
        without: the names of the rivals that are left out.
        missing: why subjects, or sizes of a workload, were not measured, by their names.
        failed: whether a workload ended before its end.
    """

    folder: Path
    sizes: Sequence[int]
    runs: int
    tell: Callable[[str], None]
    without: frozenset[str] = frozenset()
    missing: dict[str, str] = field(default_factory=dict)
    failed: bool = False
    _histories: dict[Path, History] = field(default_factory=dict)
    _loaded: dict[int, Path] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def history(
        self,
        size: int,
        dyads: int = history.DYADS,
        days: int = history.DAYS,
        ids: int = RANDOM_IDS,
    ) -> History:
        """Return a history of that many events about so many dyads, the same one each time."""
        folder = self.folder / f"{dyads}-dyads-{days}-days-{ids}"
        folder.mkdir(exist_ok=True)
        key = folder / str(size)
        if key not in self._histories:
            self.tell(f"drawing {size:,} events")
            # By a process of its own: it leaves behind 4 GB for ten million events.
            self._histories[key] = elsewhere(history.written, folder, size, dyads, days, ids)
        return self._histories[key]

    def arriving(self, size: int, ids: int = RANDOM_IDS) -> History:
        """Return a history that is as dense as what arrives: so many a day as ICEWS has rows."""
        return self.history(size, days=max(1, size // history.CLAIMS_A_DAY), ids=ids)

    def fresh(self) -> Path:
        """Return a new, empty folder."""
        folder = self.folder / f"run-{next(self._numbers)}"
        folder.mkdir()
        return folder

    def loaded(self, size: int) -> Path:
        """Return a folder in which the service has a history of that size."""
        if size not in self._loaded:
            self.tell(f"importing {size:,} events")
            folder, subject = self.fresh(), Communique()
            with serving(subject, folder):
                given = self.history(size), BATCH_EVENTS
                load.made(subject, load.in_batches, *given, bulk=True, answered=True)
            self._loaded[size] = folder
        return self._loaded[size]

    def keep(self, size: int, folder: Path) -> None:
        """Have `loaded` return this folder, which already has that history."""
        self._loaded[size] = folder

    def repeated(self, run: Callable[[], Run]) -> list[Run]:
        """Return the outcomes of `runs` runs; of two, where more would take too long.

        That is over 10 seconds or, in a long log, a second for each 100,000 of its events.
        """
        began, outcomes = perf_counter(), list[Run]()
        while not self._is_enough(len(outcomes), perf_counter() - began):
            outcomes.append(run())
        return outcomes

    def in_turns(self, runs: Sequence[tuple[Subject, Callable[[], Run]]]) -> list[list[Run]]:
        """Return the outcomes of each subject's runs, as many as `repeated` would make of them.

        They take turns: a machine that is slower for a while is so for all who are compared. One
        that turns out to be missing has no outcomes.
        """
        outcomes, spent = [list[Run]() for _ in runs], [0.0] * len(runs)
        for number in [*range(len(runs))] * self.runs:
            subject, run = runs[number]
            is_enough = self._is_enough(len(outcomes[number]), spent[number])
            if subject.name not in self.missing and not is_enough:
                with self.attempting(subject):
                    began = perf_counter()
                    outcomes[number].append(run())
                    spent[number] += perf_counter() - began
        return outcomes

    def _is_enough(self, run_count: int, seconds: float) -> bool:
        """Whether so many runs that took so long are enough."""
        if run_count < min(_RUNS_MIN, self.runs):
            return False
        seconds_max = max(_REPEATED_SECONDS, self.sizes[-1] * _REPEATED_SECONDS_AN_EVENT)
        return run_count >= self.runs or seconds / run_count * (run_count + 1) > seconds_max

    def sizes_up_to(self, most: int, workload: str) -> list[int]:
        """Return the sizes that a workload can be measured with; say which it is left out of."""
        for size in self.sizes:
            if size > most:
                reason = f"with more than {most:,} events it takes hours"
                self.missing[f"{workload} of {size:,} events"] = reason
        return [size for size in self.sizes if size <= most]

    def chosen(self, rivals: Iterable[Subject]) -> list[Subject]:
        """Return the rivals that are not left out."""
        return [rival for rival in rivals if rival.name not in self.without]

    @contextmanager
    def attempting(self, subject: Subject) -> Iterator[None]:
        """Pass over the rest of the block where the subject turns out to be missing; note why."""
        self.tell(subject.name)
        try:
            yield
        except Missing as reason:
            self.tell(f"{subject.name} is missing: {reason}")
            self.missing[subject.name] = str(reason)


@contextmanager
def serving(subject: Subject, folder: Path) -> Iterator[Server | None]:
    """Start a subject for the length of the block; give its process, None where it has none."""
    server = subject.start(folder)
    try:
        if server:
            settle(server.pid)
        yield server
        if server:
            server.stop()
    finally:
        if server:
            server.kill()
