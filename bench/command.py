"""The command line of the benchmark: `python -m bench --help`."""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from rich.console import Console

from bench import machine, plots
from bench.bed import Bed
from bench.figures import Figure
from bench.report import Report, show, write
from bench.subjects import RIVALS
from bench.workloads import WORKLOADS

SMALL: Final = 10_000, 30_000
SIZE_MIN: Final = 1_000
RUNS_MAX: Final = 100
TABLE_WIDTH_MIN: Final = 130
RESULTS: Final = Path(__file__).parent / "results"

_ABOUT = """\
Measure the service: a real server process with a real data directory, durable as it ships.

The events are drawn like ICEWS, the same on every machine, about 230 bytes each. Calls are made by
a process of their own. Every workload starts from a server of its own, and what comes out is
checked. Rivals that are installed are measured in the same run, with the same events. Floors say
what the machine could do at all: a bare gRPC echo with the same client, and a bare SQLite table
with the same durability. Nothing is asserted about time.
"""


def main() -> None:
    """Measure, show the table, and write it: after each workload, as a long run may not end."""
    options = _parser().parse_args()
    console, began = Console(stderr=True), datetime.now(UTC)
    output = options.output or RESULTS / f"{began:%Y-%m-%dT%H%M%SZ}"
    with TemporaryDirectory(prefix="communique-bench-", dir=options.folder) as name:
        bed = Bed(
            Path(name),
            options.sizes or sorted({*(min(size, options.size) for size in SMALL), options.size}),
            options.runs,
            lambda text: console.print(text, style="dim"),
            without=frozenset(options.without),
        )
        report, written = _begun(began, bed, options), list[Path]()
        for figures in _measured(bed, options.only or list(WORKLOADS), console):
            report = replace(report, figures=figures)
            written = write(report, output)
    show(report, Console(width=max(Console().width, TABLE_WIDTH_MIN)))
    for path in [*written, *plots.drawn(report.figures, output)]:
        console.print(f"written: {path}")
    if bed.failed:
        sys.exit("not everything could be measured")


def _begun(began: datetime, bed: Bed, options: argparse.Namespace) -> Report:
    """Return a report without figures."""
    chosen = {
        "sizes": bed.sizes,
        "runs": bed.runs,
        "only": options.only or "everything",
        "without": options.without or "nobody",
    }
    return Report(
        began.isoformat(timespec="seconds"),
        machine.described(bed.folder) | _versions(bed),
        chosen,
        [],
        {rival.name: rival.about for rival in RIVALS},
        bed.missing,
    )


def _measured(bed: Bed, names: Sequence[str], console: Console) -> Iterator[list[Figure]]:
    """Yield all figures so far after each workload; of one that fails, those that it has by then.

    The first interruption (Ctrl+C) ends the measuring, and what was measured is reported.
    """
    figures: list[Figure] = []
    for name in names:
        console.print(f"{name}: {WORKLOADS[name].__doc__}")
        began, is_interrupted = perf_counter(), False
        try:
            figures.extend(WORKLOADS[name](bed))
        except Exception:  # noqa: BLE001  what took hours is not thrown away
            console.print_exception()
            bed.failed = True
        except KeyboardInterrupt:
            bed.failed = is_interrupted = True
        how = "was interrupted after" if is_interrupted else "took"
        bed.tell(f"{name} {how} {perf_counter() - began:,.0f} s")
        yield sorted(figures, key=lambda figure: figure.workload == "memory")
        if is_interrupted:
            return


def _versions(bed: Bed) -> dict[str, str]:
    """Return the versions of the rivals that are installed."""
    versions: dict[str, str] = {}
    for rival in bed.chosen([rival() for rival in RIVALS]):
        with bed.attempting(rival):
            versions[rival.name] = rival.version()
    return versions


def _parser() -> argparse.ArgumentParser:
    listed = "\n".join(f"  {name:<14}{work.__doc__}" for name, work in WORKLOADS.items())
    parser = argparse.ArgumentParser(
        "python -m bench",
        description=_ABOUT,
        epilog=f"workloads:\n{listed}\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--size",
        type=_whole(SIZE_MIN),
        default=30_000,
        metavar="N",
        help="events in the largest log; others have 10,000 and 30,000 "
        "(default: 30,000, which takes about seven minutes on two cores)",
    )
    parser.add_argument(
        "--sizes",
        type=_sizes,
        metavar="N,N",
        help="events in each of the logs, instead of these",
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=WORKLOADS,
        metavar="NAME",
        help="measure this workload alone; may be given more than once",
    )
    parser.add_argument(
        "--without",
        action="append",
        choices=[rival.name for rival in RIVALS],
        default=[],
        metavar="NAME",
        help="leave this rival out, which a long log may take hours to fill; may be given more "
        "than once",
    )
    parser.add_argument(
        "--runs",
        type=_whole(1, RUNS_MAX),
        default=3,
        metavar="N",
        help="runs of which each figure is the median (default: 3; what takes long gets two); of "
        "growth, windows",
    )
    parser.add_argument(
        "--folder",
        type=_folder,
        metavar="DIR",
        help="where the data directories are made, on the disk to be measured "
        "(default: the system's for temporary files)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="PATH",
        help="where PATH.json, PATH.md and PATH-*.svg are written (default: bench/results/<now>)",
    )
    return parser


def _sizes(text: str) -> list[int]:
    return sorted(set(map(_whole(SIZE_MIN), text.split(","))))


def _whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """Return a reader of numbers such as 1000000 or 1_000_000."""

    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from None
        if value < least:
            raise argparse.ArgumentTypeError(f"at least {least:,} is needed, not {value:,}")
        if most is not None and value > most:
            raise argparse.ArgumentTypeError(f"at most {most:,} is allowed, not {value:,}")
        return value

    return number


def _folder(text: str) -> Path:
    path = Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is no folder")
    return path
