"""Output: consoles with colours on terminals only, progress bars, and JSON and CSV."""

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


class OutputFormat(StrEnum):
    """How an answer is written."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


class Screen(Console):
    """A console that leaves a broken pipe to the command that wrote to it."""

    def on_broken_pipe(self) -> None:
        """Raise, instead of exiting as rich does."""
        raise BrokenPipeError


def console(*, stderr: bool = False) -> Console:
    """Return a console on standard output, or on standard error."""
    # NO_COLOR turns off all styles, not colours alone: the text is then printed as it is.
    colours: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
    return Screen(stderr=stderr, color_system=colours, highlight=False, markup=False, emoji=False)


def note(text: str) -> None:
    """Print a remark on standard error."""
    console(stderr=True).print(text, style="dim", soft_wrap=True)


def write_object(
    output: OutputFormat, answer: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]
) -> None:
    """Write one answer as JSON, or its `rows` as CSV."""
    if output is OutputFormat.JSON:
        sys.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2, default=str) + "\n")
    else:
        write_list(output, (answer,), rows)


def write_list(
    output: OutputFormat, answers: Iterable[Mapping[str, Any]], rows: Iterable[Mapping[str, Any]]
) -> None:
    """Write answers one by one as JSON, or their `rows` as CSV."""
    match output:
        case OutputFormat.CSV:
            _write_csv(rows)
        case OutputFormat.JSONL:
            for answer in answers:
                sys.stdout.write(_json(answer) + "\n")
        case _:
            separator = "["
            for answer in answers:
                sys.stdout.write(f"{separator}\n  {_json(answer)}")
                separator = ","
            sys.stdout.write("[]\n" if separator == "[" else "\n]\n")


def _write_csv(rows: Iterable[Mapping[str, Any]]) -> None:
    writer: csv.DictWriter[str] | None = None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(sys.stdout, list(row), lineterminator="\n")
            writer.writeheader()
        writer.writerow(row)


def _json(answer: Mapping[str, Any]) -> str:
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"), default=str)


class Bar:
    """The progress of a long command, shown or not."""

    def __init__(self, progress: Progress | None, title: str) -> None:
        self._progress = progress
        self._task = progress.add_task(title, total=None, words="") if progress else None

    def show(self, done: float, total: float | None, words: str) -> None:
        """Show how much is done, of which total if that is known, and a few words."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=done, total=total, words=words)


@contextmanager
def progress_bar(title: str) -> Iterator[Bar]:
    """Give a bar on standard error, which shows nothing where that is no terminal."""
    err = console(stderr=True)
    if not err.is_terminal:
        yield Bar(None, title)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[words]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True) as progress:
        yield Bar(progress, title)
