"""Reports of imports, and files of any bytes: nothing is lost, and one error says the rest."""

import contextlib
import csv
import gzip
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communique.importers import ImportFault, Report, Skip, gdelt, icews, jsonl, ordering, polecat
from communique.importers.lines import TextLine, lines
from communique.importers.merging import ROWS_HELD_MAX
from communique.importers.report import (
    OTHER_NAMES,
    PLACES_KEPT_MAX,
    REJECTIONS_KEPT_MAX,
    SKIPPED_NAMES_MAX,
)

Importer = Callable[[Path, Report], Iterator[object]]


def graph(path: Path, report: Report) -> Iterator[object]:
    """Read a graph of which the train split is the file at `path`."""
    (path.parent / "entity2id.txt").write_text("Japan\t0\nSouth Korea\t1\n", encoding="utf-8")
    (path.parent / "relation2id.txt").write_text("Consult\t0\n", encoding="utf-8")
    return icews.claims(path.parent, report, dataset="a", first_day=date(2014, 1, 1))


def graph_by_its_names(path: Path, report: Report) -> Iterator[object]:
    """Read a graph of which the table of entities is the file at `path`."""
    (path.parent / "train.txt").write_text("0\t0\t1\t0\t-1\n", encoding="utf-8")
    (path.parent / "relation2id.txt").write_text("Consult\t0\n", encoding="utf-8")
    return icews.claims(path.parent, report, dataset="a", first_day=date(2014, 1, 1))


def with_mentions(path: Path, report: Report) -> Iterator[object]:
    """Read an export of one event whose mentions are the file at `path`."""
    cells = [""] * 61
    cells[:2], cells[7], cells[17], cells[26] = ["1", "20180101"], "KOR", "JPN", "112"
    cells[31:34], cells[59:] = ["1", "1", "1"], ["20180101001500", "https://a.example/1"]
    export = path.with_name("20180101001500.export.CSV")
    export.write_text("\t".join(cells), encoding="utf-8")
    return gdelt.claims(export, report, mentions=path)


IMPORTERS: Final[dict[str, tuple[str, Importer]]] = {
    "icews": ("train.txt", graph),
    "icews by its names": ("entity2id.txt", graph_by_its_names),
    "icews events": ("a.tab", icews.claims),
    "gdelt": ("a.export.CSV", gdelt.claims),
    "gdelt mentions": ("20180101001500.mentions.CSV", with_mentions),
    "polecat": ("a.txt", polecat.claims),
    "json lines": ("a.jsonl", jsonl.events),
    "yaml": ("a.yaml", jsonl.events),
}
WORDS: Final = st.sampled_from(
    b'\t|\n|0|1|24|-1|\xff|\0|\r|Japan|{"|":|}|[|]|payload|type|- |: |&a |*a |JPN|040'.split(b"|")
)
CONTENTS: Final = st.binary(max_size=200) | st.lists(WORDS, max_size=150).map(b"".join)


@pytest.mark.parametrize("kind", IMPORTERS)
@given(content=CONTENTS, cut=st.none() | st.integers(0, 40))
def test_any_bytes_are_read_or_refused_and_the_report_adds_up(
    kind: str, content: bytes, cut: int | None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """An importer yields, counts or refuses any bytes, and its report adds up."""
    name, importer = IMPORTERS[kind]
    path = tmp_path_factory.mktemp("any") / name
    path.write_bytes(content if cut is None else gzip.compress(content)[: -cut or None])
    report, count = Report(), 0
    with contextlib.suppress(ImportFault):
        for _ in importer(path, report):
            count += 1
    assert report.adds_up()
    assert report.events == count


@given(st.lists(st.binary(max_size=30)), st.sampled_from([bytes, gzip.compress]))
def test_every_line_is_yielded_rejected_or_blank(
    tmp_path_factory: pytest.TempPathFactory, rows: list[bytes], pack: Callable[[bytes], bytes]
) -> None:
    """Every line of a file is yielded, rejected or blank, numbered as in an editor."""
    content = b"|" + b"\n".join(rows)
    path = tmp_path_factory.mktemp("lines") / "file"
    path.write_bytes(pack(content))
    report = Report()
    yielded = {line.number: line for line in lines(path, report, bytes_max=20)}
    rejected = {rejection.row_number for rejection in report.rejections}
    assert not rejected & yielded.keys()
    for number, raw in enumerate(content.split(b"\n"), 1):
        if number in yielded:
            assert raw.rstrip(b"\r").decode("utf-8-sig") == yielded[number].text
        else:
            assert number in rejected or not raw.strip()


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    """A byte order mark and carriage returns are no part of a line's text."""
    path = tmp_path / "file"
    path.write_bytes(b"\xef\xbb\xbfone\r\ntwo")
    assert list(lines(path, Report())) == [
        TextLine(str(path), 1, "one", ended=True),
        TextLine(str(path), 2, "two", ended=False),
    ]


def test_damaged_gzip_tells_how_far_it_got(tmp_path: Path) -> None:
    """A packed file with a wrong check sum is refused with the last row read whole."""
    path = tmp_path / "file"
    data = bytearray(gzip.compress(b"one\ntwo\n"))
    data[-6] ^= 1
    path.write_bytes(data)
    with pytest.raises(ImportFault, match=r"is damaged \(CRC.*row 2 is the last one read whole"):
        list(lines(path, Report()))


def test_rejections_are_all_counted_and_the_first_kept() -> None:
    """A report counts all rejections and keeps the first of them."""
    report = Report()
    for number in range(REJECTIONS_KEPT_MAX + 5):
        report.reject("file", number, "wrong")
    assert report.rows_rejected == REJECTIONS_KEPT_MAX + 5
    assert len(report.rejections) == REJECTIONS_KEPT_MAX
    assert str(report.rejections[3]) == "file:3: wrong"


def test_the_row_of_an_event_is_known_by_the_event_s_number() -> None:
    """A report knows the rows of the last few events by their number."""
    report = Report()
    for number in range(1, PLACES_KEPT_MAX + 11):
        report.merge("file", number)
    assert report.place_of(9) is None
    assert report.place_of(10) == ("file", 11)
    assert report.place_of(PLACES_KEPT_MAX + 9) == ("file", PLACES_KEPT_MAX + 10)
    assert report.place_of(PLACES_KEPT_MAX + 10) is None


def test_a_report_adds_up_only_when_no_row_is_missing() -> None:
    """A report adds up when each row read was merged, skipped or rejected."""
    report = Report(rows_read=3)
    report.skip(Skip.REGION)
    report.reject("file", 2, "wrong")
    assert not report.adds_up()
    report.hold_back()
    assert report.skipped[Skip.HELD_BACK] == 1
    assert report.adds_up()


def test_one_day_of_too_many_rows_is_refused(tmp_path: Path) -> None:
    """A day with more rows than may be held is refused, and the held rows are counted."""
    path = tmp_path / "train.txt"
    path.write_text("0\t0\t1\t0\t-1\n" * (ROWS_HELD_MAX + 2), encoding="utf-8")
    report = Report()
    with pytest.raises(ImportFault, match="more than 100,000 rows are of 2014-01-01"):
        list(graph(path, report))
    assert report.adds_up()


def test_memory_does_not_grow_with_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An import of 3,000 days in any order needs little memory: one run, and one day's rows."""
    monkeypatch.setattr(ordering, "RUN_BYTES_MAX", 100_000)
    path = tmp_path / "train.txt"
    days = [*range(1_500, 3_000), *range(1_500)]
    path.write_text("".join(f"0\t0\t1\t{24 * day}\t-1\n" for day in days), "utf-8")
    assert sum(1 for _ in graph(path, Report())) == 3_000
    tracemalloc.start()
    assert sum(1 for _ in graph(path, Report())) == 3_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 700_000


@given(
    days=st.lists(st.sampled_from([f"2018-01-0{day}" for day in range(1, 10)]), max_size=60),
    run_bytes=st.integers(1, 3_000),
    runs=st.integers(2, 4),
)
def test_lines_are_put_in_order_whatever_the_size_of_runs(
    tmp_path_factory: pytest.TempPathFactory, days: list[str], run_bytes: int, runs: int
) -> None:
    """Lines come by day and then as they stand, however many runs they are sorted in."""
    path = tmp_path_factory.mktemp("order") / "file"
    path.write_text("".join(f"{day}\t{number}\n" for number, day in enumerate(days)), "utf-8")
    report = Report()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ordering, "RUN_BYTES_MAX", run_bytes)
        patch.setattr(ordering, "RUNS_MAX", runs)
        found = list(ordering.in_order([path], report, lambda line: line.text[:10]))
    wanted = sorted((day, number) for number, day in enumerate(days))
    assert [line.text for line in found] == [f"{day}\t{number}" for day, number in wanted]
    assert report.rows_read == len(days)
    assert report.bytes_done == report.bytes_total


def test_names_skipped_are_listed_by_rows(tmp_path: Path) -> None:
    """The names skipped are written as CSV with reason and rows, those of most rows first."""
    report = Report()
    names = ("Ann Roe", "Citizen (Congo, Republic)", "Zoë", "Zoë", "Citizen (Congo, Republic)")
    for name in (*names, "Zoë"):
        report.skip_name(Skip.NON_STATE if name.startswith("Citizen") else Skip.NO_COUNTRY, name)
    report.write_skipped(tmp_path / "skipped.csv")
    with (tmp_path / "skipped.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["reason", "name", "rows"],
        [Skip.NO_COUNTRY.value, "Zoë", "3"],
        [Skip.NON_STATE.value, "Citizen (Congo, Republic)", "2"],
        [Skip.NO_COUNTRY.value, "Ann Roe", "1"],
    ]


def test_names_beyond_the_limit_are_counted_as_one() -> None:
    """Names skipped beyond the limit are counted together, and known ones go on by name."""
    report = Report()
    for number in range(SKIPPED_NAMES_MAX + 2):
        report.skip_name(Skip.REGION, str(number))
    report.skip_name(Skip.REGION, "0")
    assert report.skipped_names[Skip.REGION, OTHER_NAMES] == 2
    assert report.skipped_names[Skip.REGION, "0"] == 2
    assert len(report.skipped_names) == SKIPPED_NAMES_MAX + 1
