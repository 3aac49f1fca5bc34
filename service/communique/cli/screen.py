"""Where output goes: colours on a terminal only, and answers as tables or for programs."""

import csv
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, Literal

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn


class Format(StrEnum):
    """How an answer is written."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


class Screen(Console):
    """A console that leaves a broken pipe to the command that wrote to it."""

    def on_broken_pipe(self) -> None:
        """Pass it on."""
        raise BrokenPipeError


def console() -> Console:
    """Return standard output."""
    return _console(stderr=False)


def error_console() -> Console:
    """Return standard error."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    # NO_COLOR asks for no colours; without styles, too, what is printed is what is copied.
    colours: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
    return Screen(stderr=stderr, color_system=colours, highlight=False, markup=False, emoji=False)


def note(text: str) -> None:
    """Print a remark beside the answer, on standard error."""
    error_console().print(text, style="dim", soft_wrap=True)


def write_object(
    output: Format, answer: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]
) -> None:
    """Write one answer for a program; `rows` are what CSV makes of it."""
    match output:
        case Format.CSV:
            _write_csv(rows)
        case Format.JSONL:
            _write(_json(answer))
        case _:
            _write(json.dumps(answer, ensure_ascii=False, indent=2, default=str))


def write_list(
    output: Format, answers: Iterable[Mapping[str, Any]], rows: Iterable[Mapping[str, Any]]
) -> None:
    """Write a list for a program, as it comes; `rows` are what CSV makes of it."""
    match output:
        case Format.CSV:
            _write_csv(rows)
        case Format.JSONL:
            for answer in answers:
                _write(_json(answer))
        case _:
            _write_array(answers)


def _write_array(answers: Iterable[Mapping[str, Any]]) -> None:
    before = "["
    for answer in answers:
        sys.stdout.write(f"{before}\n  {_json(answer)}")
        before = ","
    _write("[]" if before == "[" else "\n]")


def _write_csv(rows: Iterable[Mapping[str, Any]]) -> None:
    writer: csv.DictWriter[str] | None = None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(sys.stdout, list(row), lineterminator="\n")
            writer.writeheader()
        writer.writerow(row)


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")


def _json(answer: Mapping[str, Any]) -> str:
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"), default=str)


class Bar:
    """A bar that is told how far a long work is."""

    def __init__(self, progress: Progress | None, what: str, total: float | None) -> None:
        self._progress = progress
        self._task = progress.add_task(what, total=total, words="") if progress else None

    def show(self, done: float, total: float | None, words: str) -> None:
        """Show how much is done, of how much where that is known, and a few words."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=done, total=total, words=words)


@contextmanager
def progress_bar(what: str, total: float | None = None) -> Iterator[Bar]:
    """Give a bar on standard error, or on no terminal one that stays silent."""
    err = error_console()
    if not err.is_terminal:
        yield Bar(None, what, total)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[words]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True) as progress:
        yield Bar(progress, what, total)
