"""The lines of files in the order of their days, in constant memory.

Published files are not always in the order of time, and merging needs them so: lines are sorted in
runs of a few megabytes, which wait in temporary files as large as the input and are merged.
"""

import heapq
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Final, NamedTuple

from communique.importers.lines import TextLine, expect, lines
from communique.importers.merging import faults_of
from communique.importers.report import Report

RUN_BYTES_MAX: Final = 16_000_000
_LINE_BYTES: Final = 400  # of a line held, beside its text
RUNS_MAX: Final = 100
_ENCODING: Final = "utf-8"


class _Keyed(NamedTuple):
    """A line with what it is sorted by."""

    day: str
    file_index: int
    number: int
    ended: bool
    text: str


def in_order(
    paths: Sequence[Path],
    report: Report,
    day_of: Callable[[TextLine], str | None],
    fallback: str | None = None,
) -> Iterator[TextLine]:
    """Yield the lines of all files by day, then as they stand; all are read before the first.

    `day_of` returns a line's day, `2018-06-12`, or None for a header, which is no row. A line for
    which it raises `ValueError` is rejected.

    Raises:
        ImportFault: a file cannot be opened or read on, or `day_of` raised it: nothing is yielded.
    """
    expect(paths, report)
    with ExitStack() as files:
        runs = _runs(_keyed(paths, report, day_of, fallback), files)
        total = report.rows_read - report.rows_rejected
        for done, line in enumerate(heapq.merge(*map(_read, runs)), 1):
            # All bytes are read by now: what is left to do is told by lines.
            report.bytes_done = report.bytes_total * min(done, total) // (total or 1)
            yield TextLine(str(paths[line.file_index]), line.number, line.text, line.ended)


def _keyed(
    paths: Sequence[Path],
    report: Report,
    day_of: Callable[[TextLine], str | None],
    fallback: str | None,
) -> Iterator[_Keyed]:
    for file_index, path in enumerate(paths):
        for line in lines(path, report, fallback=fallback):
            try:
                day = day_of(line)
            except ValueError as error:
                report.reject(line.file, line.number, faults_of(error))
                continue
            if day is None:
                report.rows_read -= 1
            else:
                yield _Keyed(day, file_index, line.number, line.ended, line.text)


def _runs(keyed: Iterator[_Keyed], files: ExitStack) -> list[IO[bytes]]:
    """Write sorted runs; once there are many they become one, so that few files are open."""
    runs, held, held_bytes = list[IO[bytes]](), list[_Keyed](), 0
    for line in keyed:
        held.append(line)
        held_bytes += _LINE_BYTES + len(line.text)
        if held_bytes > RUN_BYTES_MAX:
            runs.append(_written(iter(sorted(held)), files))
            held, held_bytes = [], 0
            if len(runs) == RUNS_MAX:
                whole = _written(heapq.merge(*map(_read, runs)), files)
                for run in runs:
                    run.close()
                runs = [whole]
    return [*runs, _written(iter(sorted(held)), files)]


def _written(run: Iterator[_Keyed], files: ExitStack) -> IO[bytes]:
    stream = files.enter_context(tempfile.TemporaryFile())  # noqa: SIM115  the stack closes it
    for line in run:
        head = f"{line.day}\t{line.file_index}\t{line.number}\t{line.ended:d}"
        stream.write(f"{head}\t{line.text}\n".encode(_ENCODING))
    return stream


def _read(stream: IO[bytes]) -> Iterator[_Keyed]:
    stream.seek(0)
    for raw in stream:
        day, file_index, number, ended, text = raw[:-1].decode(_ENCODING).split("\t", 4)
        yield _Keyed(day, int(file_index), int(number), ended == "1", text)
