"""The command line of the benchmark: `python -m bench --help`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from rich.console import Console

from bench import machine
from bench.bed import Bed
from bench.figures import Figure
from bench.report import Report, show, write
from bench.subjects import RIVALS
from bench.workloads import WORKLOADS

SMALL: Final = 10_000
SIZE_MIN: Final = 1_000
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
    """Measure, show the table, and write it."""
    options = _parser().parse_args()
    console = Console(stderr=True)
    with TemporaryDirectory(prefix="communique-bench-", dir=options.folder) as name:
        began = datetime.now(UTC)
        about = machine.described(Path(name))
        sizes = options.sizes or sorted({min(SMALL, options.size), options.size})
        bed = Bed(
            Path(name),
            sizes,
            options.runs,
            lambda what: console.print(what, style="dim"),
            without=frozenset(options.without),
        )
        versions = _versions(bed)
        figures = _measured(bed, options.only or list(WORKLOADS), console)
    chosen = {
        "sizes": sizes,
        "runs": options.runs,
        "only": options.only or "everything",
        "without": options.without or "nobody",
    }
    when, rivals = began.isoformat(timespec="seconds"), {one.name: one.about for one in RIVALS}
    report = Report(when, about | versions, chosen, figures, rivals, bed.missing)
    show(report, Console(width=max(Console().width, TABLE_WIDTH_MIN)))
    output = options.output or RESULTS / f"{began:%Y-%m-%dT%H%M%SZ}"
    for path in write(report, output):
        console.print(f"written: {path}")
    if bed.failed:
        sys.exit("not everything could be measured")


def _measured(bed: Bed, names: Sequence[str], console: Console) -> list[Figure]:
    """Return the figures; of a workload that fails, which is shown, those that it has by then.

    The first interruption (Ctrl+C) ends the measuring, and what was measured is reported.
    """
    figures: list[Figure] = []
    for name in names:
        console.print(f"{name}: {WORKLOADS[name].__doc__}")
        began = perf_counter()
        try:
            figures.extend(WORKLOADS[name](bed))
        except Exception:  # noqa: BLE001  what took hours is not thrown away
            console.print_exception()
            bed.failed = True
        except KeyboardInterrupt:
            bed.tell(f"{name} was interrupted")
            bed.failed = True
            break
        bed.tell(f"{name} took {perf_counter() - began:,.0f} s")
    return sorted(figures, key=lambda one: one.workload == "memory")


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
        type=_at_least(SIZE_MIN),
        default=30_000,
        metavar="N",
        help=f"events in the larger of two logs, the smaller one has {SMALL:,} "
        "(default: 30,000, which takes less than five minutes on two cores)",
    )
    parser.add_argument(
        "--sizes",
        type=_sizes,
        metavar="N,N",
        help="events in each of the logs, instead of these two",
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
        help="where PATH.json, PATH.md and PATH-*.svg are written (default: bench/results/<now>)",
    )
    return parser


def _sizes(text: str) -> list[int]:
    return sorted(set(map(_at_least(SIZE_MIN), text.split(","))))


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
