"""The seam: what something must be able to do to be measured."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple

from bench.history import History
from bench.server import Server

BATCH_EVENTS: Final = 500
"""How many events a batch has, of all who take events in."""


class Missing(Exception):
    """A rival cannot be measured here, for the reason that it is told with."""


def installed(*packages: str) -> str:
    """Return the version of the first of some packages; raise `Missing` if one is not installed."""
    try:
        versions = [version(package) for package in packages]
    except PackageNotFoundError as error:
        raise Missing(f"the package {error.name} is not installed") from error
    return versions[0]


def ready(server: Server, is_ready: Callable[[], bool]) -> Server:
    """Return a rival's server when it is ready; raise `Missing` if it does not come to that."""
    try:
        server.wait_for(is_ready)
    except (RuntimeError, TimeoutError) as error:
        *_, last_line = str(error).strip().splitlines()
        raise Missing(f"its server does not start: {last_line}") from error
    return server


class Question(NamedTuple):
    """How two parties stood: each of the points is None where now, or the latest, is asked for.

    Attributes:
        pair: the codes of the two.
        valid_micros: the state of the world at that moment, in microseconds since 1970 UTC.
        known_micros: what could be known at that moment, in the same.
        position: what the log held up to there.
        min_position: ask for an answer at least as fresh as that.
    """

    pair: tuple[str, str]
    valid_micros: int | None = None
    known_micros: int | None = None
    position: int | None = None
    min_position: int = 0


class Subject(ABC):
    """Something to measure: the service, a floor under it, or a rival.

    `start` is called where the benchmark runs. The subject is then sent to the process that makes
    the calls, and used there inside `connected`. What it cannot do it does not override, and it is
    not named in the workloads that need it.

    Events are the bytes of `communique.v1.Event`, which a subject may keep as it likes; positions
    count from 1 in the order of the appends. What it is, how it is set up, and what it leaves out,
    is said in `about`.
    """

    name: ClassVar[str]
    about: ClassVar[str] = ""

    def version(self) -> str:
        """Return the version of what is measured; raise `Missing` if it is not installed."""
        return ""

    @abstractmethod
    def start(self, folder: Path) -> Server | None:
        """Start it, with whatever it keeps in `folder`; None where it needs no process.

        What was kept there before is there again. It serves on return, and whoever called stops
        or kills the process. Raises `Missing` if it is not installed, or does not start.
        """

    def asked_files(self, folder: Path) -> list[Path]:
        """Return the files, of those that it keeps in `folder`, that `as_of` is answered from."""
        return [path for path in sorted(folder.rglob("*")) if path.is_file()]

    def prepare(self, history: History, size: int) -> None:  # noqa: B027  nothing for most
        """Make what appending a history in batches of that size needs: that is not measured."""

    def fill(self, history: History) -> None:
        """Have it hold a history, in the quickest way there is: for what is only asked."""
        raise NotImplementedError

    @abstractmethod
    def connected(self) -> AbstractAsyncContextManager[None]:
        """Connect for the length of the block."""

    async def append_one(self, event: bytes) -> int:
        """Append an event, and return its position once it is durable."""
        raise NotImplementedError

    async def append_batch(self, events: Sequence[bytes]) -> int:
        """Append events, and return the position of the last once all are durable."""
        raise NotImplementedError

    async def append_all(self, batches: Iterable[Sequence[bytes]]) -> int:
        """Append batches in the way meant for bulk, and return the last position."""
        position = 0
        for batch in batches:
            position = await self.append_batch(batch)
        return position

    def read_all(self) -> AsyncIterator[Any]:
        """Yield the log from its first event to its last, in frames as its client gives them."""
        raise NotImplementedError

    def events_in(self, frame: Any) -> Sequence[bytes]:  # noqa: ANN401  the client decides
        """Return the events of a frame, in the order of their positions."""
        raise NotImplementedError

    async def as_of(self, question: Question) -> bytes:
        """Return the answer to a question as it comes."""
        raise NotImplementedError

    async def answered(self, question: Question) -> None:
        """Return once all read models have come as far as a question asks."""
        await self.as_of(question)

    def pinned(self, question: Question, answer: bytes) -> Question:  # noqa: ARG002  for others
        """Return a question that must get the same answer, byte for byte, for ever."""
        return question

    def winners(self, answer: bytes) -> Mapping[str, str]:
        """Return the id of the event that fills each facet, in an answer of `as_of`."""
        raise NotImplementedError

    async def rebuild(self) -> None:
        """Throw the read models away, and build them anew from the whole log."""
        raise NotImplementedError
