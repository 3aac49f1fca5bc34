"""The transactions that PostgreSQL's bitemporal table is filled by, and what it refuses."""

import asyncio
from collections.abc import Iterator
from csv import DictReader, reader
from io import StringIO
from pathlib import Path

import pytest

pytest.importorskip("bench", reason="the benchmark is not here")


from bench import facts, history
from bench.bed import serving
from bench.fact_batches import COLUMNS, Batch, Ended, batches_in, written
from bench.facts import Fact
from bench.subject import Missing
from bench.subjects import BitemporalTable

EVENTS, SIZE = 1_500, 250
REGION = ("event_id", "dyad", "facet", "recorded", "knowable")

Row = tuple[str, ...]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> history.History:
    """A history with amendments."""
    return history.written(tmp_path_factory.mktemp("history"), EVENTS)


@pytest.fixture(scope="module")
def batches(drawn: history.History) -> list[Batch]:
    """Its transactions."""
    return list(batches_in(written(drawn, SIZE)))


def test_all_transactions_together_leave_the_facts_of_the_history(
    drawn: history.History, batches: list[Batch]
) -> None:
    """Ending and adding rows, batch by batch, leaves the facts that other rivals are given."""
    rows = set[Row]()
    for batch in batches:
        rows -= {row[:5] for row in batch.ended}
        rows |= {(*row[:3], row.now_recorded, row.now_knowable) for row in batch.ended}
        rows |= set(_added(batch))
    with facts.written(drawn).open(newline="", encoding="utf-8") as file:
        expected = [dict(zip(Fact._fields, row, strict=False)) for row in reader(file)]
    assert len(rows) == len(expected)
    assert rows == {_region(row) for row in expected}


def test_each_transaction_is_of_as_many_events_and_ends_rows_that_are_there(
    batches: list[Batch],
) -> None:
    """A batch ends at its last event's position, and ends only rows of batches before."""
    assert [batch.position for batch in batches] == list(range(SIZE, EVENTS + 1, SIZE))
    rows = set[Row]()
    for batch in batches:
        assert {row[:5] for row in batch.ended} <= rows
        rows |= set(_added(batch))
    assert any(batch.ended for batch in batches)


def test_transactions_are_made_once(drawn: history.History) -> None:
    """The transactions of a history are found out once, for all runs."""
    path = written(drawn, SIZE)
    changed = path.stat().st_mtime_ns
    assert written(drawn, SIZE).stat().st_mtime_ns == changed


def test_the_table_refuses_what_contradicts_it(
    folder: Path, drawn: history.History, batches: list[Batch]
) -> None:
    """No row comes in twice, and none that overlaps another one of its event, dyad and facet."""
    table = _table()
    with serving(table, folder):
        _append(table, drawn)
        last = batches[-1]
        with pytest.raises(Exception, match="facts_event_id_dyad_facet_recorded_knowable"):
            _append(table, drawn, last._replace(ended=[]))
        row = next(DictReader(StringIO(last.added.decode()), COLUMNS))
        later = row["recorded"].replace("[", "[1")
        shifted = last.added.decode().splitlines()[0].replace(row["recorded"], later)
        with pytest.raises(Exception, match="exclusion constraint"):
            _append(table, drawn, last._replace(ended=[], added=shifted.encode()))


def test_a_row_to_end_that_is_not_there_is_noticed(
    folder: Path, drawn: history.History, batches: list[Batch]
) -> None:
    """A transaction that ends what the table does not hold fails, and leaves nothing."""
    table = _table()
    strange = Ended(*("",) * 7)._replace(
        event_id="00000000-0000-4000-8000-000000000000",
        recorded="[1,)",
        knowable="[2000-01-01,)",
        now_recorded="[1,2)",
        now_knowable="[2000-01-01,)",
    )
    with serving(table, folder):
        _append(table, drawn)
        with pytest.raises(RuntimeError, match="0 rows ended, not 1"):
            _append(table, drawn, batches[0]._replace(ended=[strange], added=b""))


def _table() -> BitemporalTable:
    table = BitemporalTable()
    try:
        table.version()
    except Missing as missing:
        pytest.skip(str(missing))
    return table


def _append(table: BitemporalTable, drawn: history.History, more: Batch | None = None) -> None:
    """Take in a history or, where it is there already, one transaction more."""

    async def append() -> None:
        async with table.connected():
            if more is None:
                assert await table.append_all(drawn.batches(SIZE)) == EVENTS
            else:
                table.take_in(more)

    table.prepare(drawn, SIZE)
    asyncio.run(append())


def _added(batch: Batch) -> Iterator[Row]:
    for row in DictReader(StringIO(batch.added.decode(), newline=""), COLUMNS):
        yield tuple(row[name] for name in REGION)


def _region(row: dict[str, str]) -> Row:
    """Return what names a row, from a row of facts."""
    position_to = "" if row["position_to"] == str(facts.OPEN_POSITION) else row["position_to"]
    known_to = "" if row["known_to"] == facts.text_of(facts.OPEN_MICROS) else row["known_to"]
    ranges = f"[{row['position_from']},{position_to})", f"[{row['known_from']},{known_to})"
    return row["event_id"], row["dyad"], row["facet"], *ranges
