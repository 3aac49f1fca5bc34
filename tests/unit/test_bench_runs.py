"""Single runs of the benchmark: what they measure of the service and of the floors is there."""

from pathlib import Path

import pytest

pytest.importorskip("bench", reason="the benchmark is not here")


from bench import floors, runs
from bench.bed import Bed, serving
from bench.subjects import BareSqlite, Communique, Echo, ThreadedEcho

EVENTS = 1_000


@pytest.fixture
def bed(tmp_path: Path) -> Bed:
    """A bed whose figures are of one run."""
    return Bed(tmp_path, [EVENTS], 1, print)


def test_each_rate_of_the_service_has_what_it_takes_of_its_processes(bed: Bed) -> None:
    """Until recorded, until answered and read as domain events: the server's CPU is beside it."""
    drawn = bed.arriving(EVENTS)
    done = runs.in_batches(bed, Communique(), drawn, bulk=True, answered=True)
    assert 0 < done.recorded["server_cpu_us"] <= done.answered["server_cpu_us"]
    service = Communique()
    with serving(service, bed.loaded(EVENTS)) as server:
        typed = runs.read_by_client(service.address, server, EVENTS)
    assert {*typed} == {"events_per_second", "server_cpu_us"}


def test_what_has_no_process_of_its_own_has_no_cpu_of_it(bed: Bed) -> None:
    """A floor in the process that calls is not said to take nothing of a server."""
    done = runs.in_batches(bed, BareSqlite(), bed.arriving(EVENTS), bulk=True, answered=False)
    assert {*done.recorded} == {"events_per_second"}


@pytest.mark.parametrize("echo", [Echo, ThreadedEcho])
@pytest.mark.parametrize("case", [floors.ONE, floors.MANY])
def test_a_floor_is_measured_in_each_style(bed: Bed, echo: type[Echo], case: str) -> None:
    """An echo on a loop, and one on threads, answers the same client; rate, times and CPU."""
    sample = floors.measured(bed, echo(), bed.arriving(EVENTS), case)
    assert {"events_per_second", "p50_ms", "server_cpu_us"} <= {*sample}
    assert sample["events_per_second"] > 0


def test_the_views_and_the_log_are_told_apart_on_the_disk(bed: Bed) -> None:
    """What the views take is their files, with what names them, and the rest is the log's."""
    folder = bed.loaded(EVENTS)
    kept = Communique.bytes_kept(folder)
    views = sum(path.stat().st_size for path in Communique().asked_files(folder))
    assert 0 < views <= kept["views"] < views + 1_000
    assert kept["log"] > 0
