"""What an event costs as the log grows: one import, looked at closely in windows.

Windows are the last events before 10,000, 30,000, 100,000 and so on, in as many equal parts as
there are runs. They are as long as those at the point that growth is told from, half of the events
there: more of them at once would be cheaper. Before a window begins, the read models have caught
up; then its events are submitted, and the read models answer with the last. The write-ahead log is
copied back about every 20,000 events: a part may have that or not. When the server has come to rest
after the last window, all of them are read back together, as often as there are windows.

What the server had to read from the disk meanwhile is told: it has to where the system does not
keep all of the files in memory, and then waits for the disk.
"""

from collections.abc import Iterator, Sequence
from itertools import count
from time import perf_counter
from typing import Final, NamedTuple

from bench.figures import Sample
from bench.history import History
from bench.load import check
from bench.server import cpu_seconds_of, read_from_disk, settle
from bench.subject import BATCH_EVENTS, Question
from bench.subjects import Communique
from bench.targets import GROWS_FROM

_STEPS: Final = (1, 3)
_FIRST: Final = 10_000


class Grown(NamedTuple):
    """What each event of a window took, and of all windows to read: a sample for each case."""

    submit: Sample
    answered: Sample
    read: Sample


def window_ends(size: int) -> Iterator[int]:
    """Yield 10,000, 30,000, 100,000 and so on, and the size itself at the end."""
    ends = (_FIRST * 10**power * step for power in count() for step in _STEPS)
    for end in ends:
        if end >= size:
            break
        yield end
    yield size


def windows_length(size: int) -> int:
    """Return how many events the windows of one end have together, in a history of that size."""
    bases = [end for end in window_ends(size) if end <= min(GROWS_FROM, size - 1)]
    return (bases[-1] if bases else size) // 2


def windows_before(end: int, count: int, length: int) -> list[range]:
    """Return the events of so many windows of one length, the last of which has the end's."""
    size = min(end // 2, length) // count
    return [range(begin, begin + size) for begin in range(end - count * size, end, size)]


async def grown(
    subject: Communique, history: History, position: int, windows: Sequence[range]
) -> list[Grown]:
    """Import a history from a position on, and measure the windows, which follow each other."""
    begin = windows[0].start
    if begin > position:
        await _append(subject, history, position, begin)
        await _answered(subject, history, begin)
    arrived = [await _arrived(subject, history, window) for window in windows]
    settle(subject.pid)
    whole = range(begin, windows[-1].stop)
    read = [await _read_back(subject, history, whole) for _ in windows]
    return [Grown(*before, after) for before, after in zip(arrived, read, strict=True)]


async def _arrived(subject: Communique, history: History, window: range) -> tuple[Sample, Sample]:
    """Import a window, and wait for its answers."""
    disk_before, cpu_before = read_from_disk(subject.pid), cpu_seconds_of(subject.pid)
    started = perf_counter()
    await _append(subject, history, window.start, window.stop)
    submitted, cpu_submitted = perf_counter(), cpu_seconds_of(subject.pid)
    await _answered(subject, history, window.stop)
    answered, cpu_answered = perf_counter(), cpu_seconds_of(subject.pid)
    disk_bytes = read_from_disk(subject.pid) - disk_before
    return (
        {
            "event_us": _micros(submitted - started, window),
            "server_cpu_us": _micros(cpu_submitted - cpu_before, window),
        },
        {
            "event_us": _micros(answered - started, window),
            "disk_bytes": disk_bytes / len(window),
            "server_cpu_us": _micros(cpu_answered - cpu_before, window),
        },
    )


async def _read_back(subject: Communique, history: History, latest: range) -> Sample:
    """Read the latest events, and compare them."""
    cpu_before, began = cpu_seconds_of(subject.pid), perf_counter()
    frames = [frame async for frame in subject.read_all(after=latest.start)]
    seconds, cpu = perf_counter() - began, cpu_seconds_of(subject.pid) - cpu_before
    events = [event for frame in frames for event in subject.events_in(frame)]
    check(events == [history[index] for index in latest], "other events were read")
    return {"event_us": _micros(seconds, latest), "server_cpu_us": _micros(cpu, latest)}


def _micros(seconds: float, window: range) -> float:
    return seconds * 1e6 / len(window)


async def _append(subject: Communique, history: History, begin: int, end: int) -> None:
    last = await subject.append_all(history.batches(BATCH_EVENTS, begin, end))
    check(last == end, f"the last position is {last:,}, not {end:,}")


async def _answered(subject: Communique, history: History, position: int) -> None:
    await subject.answered(Question(history.quiet, min_position=position))
