"""Which form a file has is told from its first row, also to who gave it to the wrong importer."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from communique.importers import ImportFault, Report, gdelt, icews, polecat
from communique.importers.forms import ICEWS_COLUMNS, Form, form_of_row

Importer = Callable[[Path, Report], Iterable[object]]

GDELT_ROW = "\t".join(["719024875", "20180101", *[""] * 59])
MENTION = "\t".join(["719024875", "20180101000000", "20180101001500", "1", *["a"] * 12])
POLECAT_HEADER = "Event ID\tEvent Date\tEvent Type\tEvent Mode"
ICEWS_ROW = "\t".join(["20718170", "2018-06-12", *["a"] * 18])


@pytest.mark.parametrize(
    ("row", "form"),
    [
        ("0\t3\t1\t1416", Form.GRAPH),
        ("0\t3\t1\t1416\t-1", Form.GRAPH),
        ("South Korea\tConsult\tJapan\t2014-05-13", Form.NAMES),
        ("\t".join(ICEWS_COLUMNS), Form.ICEWS),
        (ICEWS_ROW, Form.ICEWS),
        (POLECAT_HEADER, Form.POLECAT),
        ("\t".join(["a", "2018-06-12", *["b"] * 38]), Form.POLECAT),
        (GDELT_ROW, Form.GDELT),
        (GDELT_ROW.removesuffix("\t\t\t"), Form.GDELT_1),
        (MENTION, Form.MENTIONS),
        ('{"event_id": ""}', Form.JSON),
        ("<!doctype html>", Form.MARKUP),
        ("a,b,c", None),
        ("a\tb\tc\td", None),
    ],
)
def test_a_form_is_told_from_its_first_row(row: str, form: Form | None) -> None:
    """A first row or header shows the form of its file, or none."""
    assert form_of_row(row) is form


@pytest.mark.parametrize(
    ("importer", "row", "fault"),
    [
        (icews.claims, GDELT_ROW, r"looks like a GDELT 2.0 event export .*communique import gdelt"),
        (icews.claims, POLECAT_HEADER, "looks like a POLECAT file .*communique import polecat"),
        (
            icews.claims,
            "a,b,c",
            "is neither an event file of ICEWS .*, nor a temporal graph in names",
        ),
        (gdelt.claims, ICEWS_ROW, "looks like an event file of ICEWS .*communique import icews"),
        (gdelt.claims, MENTION, "looks like a GDELT 2.0 mentions file .*--mentions"),
        (gdelt.claims, '{"event_id": ""}', "looks like JSON lines, .*communique import jsonl"),
        (gdelt.claims, GDELT_ROW[:-3], r"looks like a GDELT 1.0 event export .* is not read"),
        (polecat.claims, "0\t3\t1\t0", "looks like a temporal graph in numbers"),
        (polecat.claims, "<html>", "looks like a web page"),
        (polecat.claims, "a,b,c", "does not look like a POLECAT file"),
        (polecat.claims, "", "does not look like a POLECAT file"),
    ],
)
def test_a_file_of_another_form_is_refused_with_its_command(
    tmp_path: Path, importer: Importer, row: str, fault: str
) -> None:
    """A file of another form is refused before any event, with what it looks like."""
    path = tmp_path / "file"
    path.write_text(f"{row}\n", encoding="utf-8")
    with pytest.raises(ImportFault, match=fault):
        list(importer(path, Report()))


def test_a_folder_of_several_forms_is_refused(tmp_path: Path) -> None:
    """A folder with ICEWS files of two forms is refused, since one option cannot fit both."""
    (tmp_path / "a.tab").write_text(f"{ICEWS_ROW}\n", encoding="utf-8")
    (tmp_path / "b.txt").write_text("South Korea\tConsult\tJapan\t2014-05-13\n", encoding="utf-8")
    with pytest.raises(ImportFault, match="has files of several forms"):
        list(icews.claims(tmp_path, Report()))


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    """A folder without a file to read is refused with what was looked for."""
    for importer in (icews.claims, polecat.claims):
        with pytest.raises(ImportFault, match=r"has no.*\.txt"):
            list(importer(tmp_path, Report()))
