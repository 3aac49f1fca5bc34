"""The command line of the benchmark: `python -m bench --help`."""

import argparse
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from rich.console import Console

from bench import machine
from bench.bed import Bed
from bench.figures import Figure
from bench.report import Report, show, write
from bench.workloads import WORKLOADS

SMALL: Final = 10_000
TABLE_WIDTH_MIN: Final = 130
RESULTS: Final = Path(__file__).parent / "results"

_ABOUT = """\
Measure the service: a real server process with a real data directory, durable as it ships.

The events are drawn like ICEWS, the same on every machine, about 230 bytes each. Calls are made by
a process of their own. Every workload starts from a server of its own, and what comes out is
checked. Floors in the same run say what the machine could do at all: a bare gRPC echo with the same
client, and a bare SQLite table with the same durability. Nothing is asserted about time.
"""


def main() -> None:
    """Measure, show the table, and write it."""
    options = _parser().parse_args()
    console = Console(stderr=True)
    with TemporaryDirectory(prefix="communique-bench-", dir=options.folder) as name:
        began = datetime.now(UTC)
        about = machine.described(Path(name))
        sizes = sorted({min(SMALL, options.size), options.size})
        bed = Bed(Path(name), sizes, options.runs, lambda what: console.print(what, style="dim"))
        figures = _measured(bed, options.only or list(WORKLOADS), console)
    chosen = {"size": options.size, "runs": options.runs, "only": options.only or "everything"}
    report = Report(began.isoformat(timespec="seconds"), about, chosen, figures)
    show(report, Console(width=max(Console().width, TABLE_WIDTH_MIN)))
    output = options.output or RESULTS / f"{began:%Y-%m-%dT%H%M%SZ}"
    for path in write(report, output):
        console.print(f"written: {path}")


def _measured(bed: Bed, names: Sequence[str], console: Console) -> list[Figure]:
    figures: list[Figure] = []
    for name in names:
        console.print(f"{name}: {WORKLOADS[name].__doc__}")
        figures += WORKLOADS[name](bed)
    return sorted(figures, key=lambda one: one.workload == "memory")


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
        type=_at_least(1_000),
        default=30_000,
        metavar="N",
        help=f"events in the larger of two logs, the smaller one has {SMALL:,} "
        "(default: 30,000, which takes less than five minutes on two cores)",
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=WORKLOADS,
        metavar="NAME",
        help="measure this workload alone; may be given more than once",
    )
    parser.add_argument(
        "--runs",
        type=_at_least(1),
        default=3,
        metavar="N",
        help="runs of which each figure is the median (default: 3; what takes long gets fewer)",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        metavar="DIR",
        help="where the data directories are made, on the disk to be measured "
        "(default: the system's for temporary files)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="PATH",
        help="where PATH.json and PATH.md are written (default: bench/results/<now>)",
    )
    return parser


def _at_least(least: int) -> Callable[[str], int]:
    """Return a reader of numbers such as 1000000 or 1_000_000."""

    def number(text: str) -> int:
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"at least {least:,} is needed")
        return value

    return number


if __name__ == "__main__":
    main()
