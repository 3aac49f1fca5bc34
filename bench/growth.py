"""What an event costs as the log grows: one import, looked at closely in windows.

Windows are the later half of the events up to 10,000, 30,000, 100,000 and so on, at most 50,000 of
them, in as many equal parts as there are runs. Before a window begins, the read models have caught
up; then its events are submitted, the read models answer with the last, and the window is read
back. The write-ahead log is copied back about every 20,000 events: a part may have that or not.

What the server had to read from the disk meanwhile is told: it has to where the system does not
keep all of the files in memory, and then waits for the disk.
"""

from collections.abc import Iterator, Sequence
from itertools import count
from time import perf_counter
from typing import Final, NamedTuple

from bench.bed import BATCH_EVENTS
from bench.figures import Sample
from bench.history import History
from bench.load import check
from bench.server import read_from_disk
from bench.subject import Question
from bench.subjects import Communique

_STEPS: Final = (1, 3)
_FIRST: Final = 10_000
_WINDOWS_MAX: Final = 50_000


class Grown(NamedTuple):
    """What each event of a window took: a sample for each case."""

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


def windows_before(end: int, count: int) -> list[range]:
    """Return the events of so many windows of one length, the last of which has the end's."""
    size = min(end // 2, _WINDOWS_MAX) // count
    return [range(begin, begin + size) for begin in range(end - count * size, end, size)]


async def grown(
    subject: Communique, history: History, position: int, windows: Sequence[range]
) -> list[Grown]:
    """Import a history from a position on, and measure the windows, which follow each other."""
    begin = windows[0].start
    if begin > position:
        await _append(subject, history, position, begin)
        await _answered(subject, history, begin)
    return [await _measured(subject, history, window) for window in windows]


async def _measured(subject: Communique, history: History, window: range) -> Grown:
    """Import a window, wait for its answers and read it back."""
    begin, end = window.start, window.stop
    disk_before, started = read_from_disk(subject.pid), perf_counter()
    await _append(subject, history, begin, end)
    submitted = perf_counter()
    await _answered(subject, history, end)
    answered, disk_bytes = perf_counter(), read_from_disk(subject.pid) - disk_before
    frames = [frame async for frame in subject.read_all(after=begin)]
    read = perf_counter()
    found = [event for frame in frames for event in subject.events_in(frame)]
    check(found == [history[index] for index in window], "other events were read")
    return Grown(
        {"event_us": _micros(submitted - started, window)},
        {"event_us": _micros(answered - started, window), "disk_bytes": disk_bytes / len(window)},
        {"event_us": _micros(read - answered, window)},
    )


def _micros(seconds: float, window: range) -> float:
    return seconds * 1e6 / len(window)


async def _append(subject: Communique, history: History, begin: int, end: int) -> None:
    last = await subject.append_all(history.batches(BATCH_EVENTS, begin, end))
    check(last == end, f"the last position is {last:,}, not {end:,}")


async def _answered(subject: Communique, history: History, position: int) -> None:
    await subject.answered(Question(history.quiet, min_position=position))
