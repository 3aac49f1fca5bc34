"""A server process that is measured, and a process of its own for the calls that measure it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from socket import create_connection, socket
from typing import Final, ParamSpec, TypeVar

import psutil

Given = ParamSpec("Given")
Answer = TypeVar("Answer")

_START_SECONDS_MAX: Final = 600
_STOP_SECONDS_MAX: Final = 120
_LOOK_SECONDS: Final = 0.005
_SETTLED_SECONDS: Final = 0.2
_SETTLE_SECONDS_MAX: Final = 10
_BUSY_SHARE: Final = 0.1


class Server:
    """A process that serves, and what it takes."""

    def __init__(
        self, module: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> None:
        """Start `python -m module`, with its output in the file `log`."""
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                env={**os.environ, **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.pid = self._process.pid
        self._measured = psutil.Process(self.pid)

    def check(self) -> None:
        """Raise `RuntimeError` with the end of its output if it has ended."""
        if self._process.poll() is not None:
            said = self._log.read_text(encoding="utf-8", errors="replace")[-2_000:]
            raise RuntimeError(f"the server ended with {self._process.returncode}: {said}")

    def wait_for(self, is_ready: Callable[[], bool]) -> None:
        """Look again and again until it is ready; raise if it ends, or takes ten minutes."""
        deadline = time.monotonic() + _START_SECONDS_MAX
        while not is_ready():
            self.check()
            if time.monotonic() > deadline:
                self.kill()
                raise TimeoutError(f"the server was not ready within {_START_SECONDS_MAX} s")
            time.sleep(_LOOK_SECONDS)

    def cpu_seconds(self) -> float:
        """Return the CPU time that it and its children have used so far, user and system."""
        return cpu_seconds_of(self.pid)

    def mebibytes(self) -> float:
        """Return the memory that it and its children have, what they share once.

        That is their proportional set size on Linux, elsewhere the resident one.
        """
        return _summed(_memory_bytes, self._processes()) / 2**20

    def _processes(self) -> list[psutil.Process]:
        return _with_children(self._measured)

    def stop(self) -> None:
        """Ask it to stop, and wait until it has; raise if it ended otherwise."""
        self.check()
        self._process.terminate()
        code = self._process.wait(_STOP_SECONDS_MAX)
        if code not in {0, -signal.SIGTERM}:
            raise RuntimeError(f"the server stopped with {code}: {self._log.read_text()[-2_000:]}")

    def kill(self) -> None:
        """End it as a power cut would, if it has not ended."""
        self._process.kill()
        self._process.wait()


def settle(pid: int) -> None:
    """Wait until a process and its children do nothing by themselves, ten seconds at most.

    A server may go on with its start, or with what it was given, when it has answered.
    """
    deadline = time.monotonic() + _SETTLE_SECONDS_MAX
    before = cpu_seconds_of(pid)
    while time.monotonic() < deadline:
        time.sleep(_SETTLED_SECONDS)
        now = cpu_seconds_of(pid)
        if abs(now - before) < _BUSY_SHARE * _SETTLED_SECONDS:
            return
        before = now


def cpu_seconds_of(pid: int) -> float:
    """Return the CPU time that a process and its children have used so far, user and system."""
    return _summed(_cpu_seconds, _with_children(psutil.Process(pid)))


def read_from_disk(pid: int) -> float:
    """Return how many bytes a process and its children have had to read from the disk so far.

    What the system had in memory is not counted. Linux alone tells: 0 elsewhere.
    """
    if not psutil.LINUX:
        return 0
    return _summed(
        lambda process: process.io_counters().read_bytes, _with_children(psutil.Process(pid))
    )


def _with_children(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def _summed(
    measure: Callable[[psutil.Process], float], processes: Iterable[psutil.Process]
) -> float:
    """Return the sum over some processes; one that has just ended counts nothing."""
    total = 0.0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            total += measure(process)
    return total


def _cpu_seconds(process: psutil.Process) -> float:
    return sum(process.cpu_times()[:4])


def _memory_bytes(process: psutil.Process) -> float:
    if psutil.LINUX:
        return float(process.memory_full_info().pss)
    return float(process.memory_info().rss)


def free_port() -> int:
    """Return a port that nobody listens at just now."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listens(address: str) -> bool:
    """Tell whether a port is open: gRPC itself would look for it less and less often."""
    host, _, port = address.rpartition(":")
    try:
        create_connection((host, int(port))).close()
    except ConnectionRefusedError:
        return False
    return True


def elsewhere(
    function: Callable[Given, Answer], *given: Given.args, **named: Given.kwargs
) -> Answer:
    """Return `function(...)`, called in a new process, which shares no interpreter lock with us.

    It is forked off one that has imported all that is called so, and done nothing else: that takes
    milliseconds, where a new interpreter takes a second.
    """
    context = get_context("forkserver")
    context.set_forkserver_preload(["bench.runs"])
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(function, *given, **named).result()
