"""The parts of the benchmark that are not measuring: its events and its arithmetic."""

import os
import pickle
from contextlib import chdir
from functools import partial
from pathlib import Path
from random import Random
from uuid import UUID

import pytest

pytest.importorskip("bench", reason="the benchmark is not here")


from bench import history, page_cache
from bench.bed import Bed
from bench.figures import Spread, figure, latencies, percentile
from bench.questions import KINDS, asked
from bench.server import Server, read_from_disk, settle
from bench.subject import Missing
from bench.subjects import BareSqlite, Echo, UmaDb
from communique.codec import canonical_bytes, submitted
from communique.domain.claims.event import Amendment
from communique.v1 import event_pb2

HISTORY_EVENTS = 4_000


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> history.History:
    """A history that is long enough to have amendments."""
    return history.written(tmp_path_factory.mktemp("history"), HISTORY_EVENTS)


def test_every_event_is_valid_and_canonical(drawn: history.History) -> None:
    """An event of the benchmark has the bytes that the service would store."""
    for index in range(len(drawn)):
        message = event_pb2.Event.FromString(drawn[index])
        assert canonical_bytes(message, submitted(message)) == drawn[index]


def test_every_amendment_names_an_earlier_claim_that_still_can_be_amended(
    drawn: history.History,
) -> None:
    """A drawn history can be imported in its order without a rejection."""
    claims = set[object]()
    amendments = 0
    for index in range(len(drawn)):
        event = submitted(event_pb2.Event.FromString(drawn[index]))
        if isinstance(event, Amendment):
            amendments += 1
            assert event.payload.amends in claims
            if event.payload.type == "EventRetracted":
                claims.remove(event.payload.amends)
        else:
            claims.add(event.event_id)
    assert 0.01 < amendments / HISTORY_EVENTS < 0.05


def test_the_same_events_are_drawn_each_time(drawn: history.History, tmp_path: Path) -> None:
    """The benchmark draws the same events each time."""
    again = history.written(tmp_path, HISTORY_EVENTS)
    assert again.path.read_bytes() == drawn.path.read_bytes()
    assert (again.busiest, again.quiet) == (drawn.busiest, drawn.quiet)


def test_a_history_with_ordered_ids_is_the_same_but_for_its_ids(
    drawn: history.History, tmp_path: Path
) -> None:
    """A history with UUIDv7 ids has the same events as one with UUIDv4, with ascending ids."""
    ordered = history.written(tmp_path, HISTORY_EVENTS, ids=history.ORDERED_IDS)
    pairs = [(_parts(ordered[index]), _parts(drawn[index])) for index in range(len(drawn))]
    assert [rest for (_, rest), _ in pairs] == [rest for _, (_, rest) in pairs]
    ids, others = [one for (one, _), _ in pairs], [other for _, (other, _) in pairs]
    assert ids == sorted(set(ids))
    assert {one.version for one in ids} == {7}
    assert {other.version for other in others} == {4}


def _parts(state: bytes) -> tuple[UUID, bytes]:
    """The id of an event and what else it says, but for what it amends."""
    message = event_pb2.Event.FromString(state)
    event_id = UUID(message.event_id)
    message.ClearField("event_id")
    for field in ("event_corrected", "event_retracted", "event_disputed"):
        if message.HasField(field):
            getattr(message, field).amends = ""
    if message.HasField("event_corrected"):
        message.event_corrected.content.event_id = ""
    return event_id, message.SerializeToString(deterministic=True)


def test_a_history_is_sent_to_another_process_without_its_events(drawn: history.History) -> None:
    """A history sent to another process opens its own file there."""
    assert drawn[0]
    sent = pickle.dumps(drawn)
    assert len(sent) < 1_000
    opened = pickle.loads(sent)  # noqa: S301  our own bytes
    assert list(opened.batches(500)) == list(drawn.batches(500))


def test_events_are_about_as_long_as_those_of_icews(drawn: history.History) -> None:
    """An event of the benchmark has about 230 bytes."""
    assert 220 < drawn.byte_count / len(drawn) < 240


def test_events_arrive_as_densely_as_those_of_icews(tmp_path: Path) -> None:
    """Events that are measured arriving are of few days with 250 events each."""
    said: list[str] = []
    arriving = Bed(tmp_path, [1_000], 1, said.append).arriving(1_000)
    days = {
        event_pb2.Event.FromString(arriving[index]).known.text for index in range(len(arriving))
    }
    assert days == {"2000-01-01", "2000-01-02", "2000-01-03", "2000-01-04"}


def test_sizes_that_would_take_hours_are_left_out_and_named(tmp_path: Path) -> None:
    """A workload of a size that would take hours is left out, and the report names it."""
    bed = Bed(tmp_path, [1_000, 2_000_000], 1, print)
    assert bed.sizes_up_to(1_000_000, "rebuild") == [1_000]
    assert bed.missing == {
        "rebuild of 2,000,000 events": "with more than 1,000,000 events it takes hours"
    }


def test_those_who_are_compared_take_turns(tmp_path: Path) -> None:
    """Runs of several subjects alternate, and one that is missing is passed over from then on."""
    order: list[str] = []

    def run(name: str) -> str:
        order.append(name)
        if name == "umadb":
            raise Missing("it is not installed")
        return name

    bed = Bed(tmp_path, [1_000], 3, print)
    subjects = Echo(), UmaDb(), BareSqlite()
    outcomes = bed.in_turns([(one, partial(run, one.name)) for one in subjects])
    assert outcomes == [["echo"] * 3, [], ["sqlite"] * 3]
    assert order == ["echo", "umadb", "sqlite", "echo", "sqlite", "echo", "sqlite"]
    assert bed.missing == {"umadb": "it is not installed"}


def test_batches_are_the_whole_history_in_order(drawn: history.History) -> None:
    """Batches hold each event of the history once, in order."""
    batches = list(drawn.batches(300))
    assert [event for batch in batches for event in batch] == [
        drawn[index] for index in range(len(drawn))
    ]
    assert {len(batch) for batch in batches[:-1]} == {300}


@pytest.mark.parametrize("kind", KINDS)
def test_questions_are_the_same_for_the_same_seed(kind: str, drawn: history.History) -> None:
    """Questions are the same for the same seed, and differ for another."""
    first = asked(kind, drawn.busiest, drawn, 50, seed=1)
    assert first == asked(kind, drawn.busiest, drawn, 50, seed=1)
    assert first != asked(kind, drawn.busiest, drawn, 50, seed=2)


def test_questions_stay_within_the_history(drawn: history.History) -> None:
    """No question is as of a position beyond the head, or known after it happened."""
    for kind in KINDS:
        for question in asked(kind, drawn.quiet, drawn, 200, seed=3):
            assert question.position is None or 1 <= question.position <= len(drawn)
    for question in asked("random k < v", drawn.quiet, drawn, 200, seed=3):
        assert question.known_micros is not None
        assert question.valid_micros is not None
        assert question.known_micros < question.valid_micros


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, 100.0), (0.99, 198.0), (1.0, 200.0), (0.001, 1.0)]
)
def test_a_percentile_is_one_of_the_values(share: float, expected: float) -> None:
    """A percentile is the smallest value that at least its share does not exceed."""
    assert percentile([float(value) for value in range(1, 201)], share) == expected


def test_latencies_do_not_depend_on_the_order_of_calls() -> None:
    """Latencies are given in milliseconds, of sorted durations."""
    seconds = [number / 1000 for number in range(1, 101)]
    Random(1).shuffle(seconds)
    assert latencies(seconds) == pytest.approx({"p50_ms": 50.0, "p99_ms": 99.0, "max_ms": 100.0})


def test_a_figure_is_the_median_of_its_runs() -> None:
    """A figure is the median of its runs, and a slow run shows only in the spread."""
    samples = [{"seconds": 3.0}, {"seconds": 1.0}, {"seconds": 50.0}]
    assert figure("start", "communique", "", 0, samples).measures == {
        "seconds": Spread(median=3.0, low=1.0, high=50.0, runs=3)
    }


def test_the_system_forgets_files_and_gets_to_know_them_again(tmp_path: Path) -> None:
    """A file has to be read from the disk after `drop`, and not after `fill`."""
    path, gone = tmp_path / "file", tmp_path / "gone"
    path.write_bytes(bytes(1 << 20))
    page_cache.drop([path, gone])
    if is_in_memory(path):
        pytest.skip("the file system keeps its files in memory")
    page_cache.fill([path, gone])
    assert is_in_memory(path)
    page_cache.drop([path])
    assert not is_in_memory(path)


def test_what_a_process_had_to_read_from_the_disk_is_told(tmp_path: Path) -> None:
    """Bytes read from the disk count forgotten files, and not files in memory."""
    path = tmp_path / "file"
    path.write_bytes(bytes(1 << 20))
    page_cache.drop([path])
    if is_in_memory(path):
        pytest.skip("the file system keeps its files in memory")
    before = read_from_disk(os.getpid())
    page_cache.fill([path])
    from_disk = read_from_disk(os.getpid())
    page_cache.fill([path])
    assert from_disk - before > path.stat().st_size / 2
    assert read_from_disk(os.getpid()) == from_disk


def test_a_server_that_has_settled_does_nothing_by_itself(tmp_path: Path) -> None:
    """A server that has settled has nothing left to do for its start."""
    begun, done = "open('begun', 'w').close()", "open('done', 'w').close()"
    program = f"import time; {begun}; sum(range(30_000_000)); {done}; time.sleep(60)"
    (tmp_path / "starting.py").write_text(program)
    environment = {"PYTHONPATH": str(tmp_path)}
    with chdir(tmp_path):
        server = Server("starting", [], environment, tmp_path / "log")
    try:
        server.wait_for((tmp_path / "begun").exists)
        settle(server.pid)
        assert (tmp_path / "done").exists()
    finally:
        server.kill()


def is_in_memory(path: Path) -> bool:
    """Whether the middle of a file can be read without waiting for the disk."""
    with path.open("rb") as file:
        try:
            return (
                os.preadv(file.fileno(), [bytearray(1)], path.stat().st_size // 2, os.RWF_NOWAIT)
                > 0
            )
        except BlockingIOError:
            return False
