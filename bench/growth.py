"""What an event costs as the log grows: one import, looked at closely in windows.

A window is the later half of the events up to 10,000, 30,000, 100,000 and so on, and at most 50,000
of them: the write-ahead log is copied back about every 20,000 events, and no window should be the
one that has none of that, or all. Before a window begins, the read models have caught up; then its
events are submitted, the read models answer with the last, and the window is read back.
"""

from collections.abc import Iterator
from itertools import count
from time import perf_counter
from typing import Final, NamedTuple

from bench.bed import BATCH_EVENTS
from bench.history import History
from bench.load import check
from bench.subject import Question
from bench.subjects import Communique

_STEPS: Final = (1, 3)
_FIRST: Final = 10_000
_WINDOW_MAX: Final = 50_000


class Grown(NamedTuple):
    """What each event of a window took, in microseconds; `events` is where it ends in the log."""

    events: int
    submit: float
    answered: float
    read: float


def window_ends(size: int) -> Iterator[int]:
    """Yield 10,000, 30,000, 100,000 and so on, and the size itself at the end."""
    ends = (_FIRST * 10**power * step for power in count() for step in _STEPS)
    for end in ends:
        if end >= size:
            break
        yield end
    yield size


async def grown(subject: Communique, history: History, position: int, end: int) -> Grown:
    """Import a history from a position on until a window ends, and measure the window."""
    begin = max(position, end - min(end // 2, _WINDOW_MAX))
    if begin > position:
        await _append(subject, history, position, begin)
        await _answered(subject, history, begin)
    started = perf_counter()
    await _append(subject, history, begin, end)
    submitted = perf_counter()
    await _answered(subject, history, end)
    answered = perf_counter()
    frames = [frame async for frame in subject.read_all(after=begin)]
    read = perf_counter()
    found = [event for frame in frames for event in subject.events_in(frame)]
    check(found == [history[index] for index in range(begin, end)], "other events were read")
    per_event = 1e6 / (end - begin)
    times = submitted - started, answered - started, read - answered
    return Grown(end, *(seconds * per_event for seconds in times))


async def _append(subject: Communique, history: History, begin: int, end: int) -> None:
    last = await subject.append_all(history.batches(BATCH_EVENTS, begin, end))
    check(last == end, f"the last position is {last:,}, not {end:,}")


async def _answered(subject: Communique, history: History, position: int) -> None:
    await subject.answered(Question(history.quiet, min_position=position))
