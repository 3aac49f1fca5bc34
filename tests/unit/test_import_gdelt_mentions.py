"""GDELT mentions say how often, by whom and since when the events of an export were reported."""

import gzip
from pathlib import Path

import pytest

from communique.domain.claims.event import Claim
from communique.importers import ImportFault, Report, Skip, gdelt, gdelt_mentions
from tests.support.gdelt_rows import export, row

WINDOW = "20180101001500"


def mention(
    event: str = "719024875",
    source: str = "yna.co.kr",
    article: str = "https://www.yna.co.kr/view/1",
    told_at: str = WINDOW,
) -> str:
    """Return a row of a mentions file."""
    return "\t".join([event, WINDOW, told_at, "1", source, article, *["1"] * 10])


def mentions(directory: Path, *rows: str, window: str = WINDOW) -> Path:
    """Write a mentions file of these rows and return its path."""
    path = directory / f"{window}.mentions.CSV"
    path.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def read(path: Path, told: Path) -> tuple[list[Claim], Report]:
    """Import an export whole with its mentions."""
    report = Report()
    claims = list(gdelt.claims(path, report, mentions=told))
    assert report.adds_up()
    return claims, report


def test_mentions_are_counted_over_all_rows_of_an_event(tmp_path: Path) -> None:
    """Mentions count each source and article of an event once, whichever of its rows they name."""
    told = mentions(
        tmp_path,
        mention(),
        mention(article="https://www.yna.co.kr/view/2"),
        mention(event="719024876"),
        mention(event="719024876", source="a.example", article="https://a.example/1"),
        mention(event="1"),
    )
    [claim], report = read(export(tmp_path, row(), row(id="719024876")), told)
    assert claim.classification is not None
    figures = claim.classification
    assert (figures.mention_count, figures.source_count, figures.article_count) == (4, 2, 3)
    assert (report.rows_read, report.rows_merged, report.rows_corroborating) == (7, 2, 4)
    assert report.skipped == {Skip.OTHER_EVENT: 1}
    assert report.bytes_done == report.bytes_total


def test_an_event_is_known_from_its_earliest_mention(tmp_path: Path) -> None:
    """A GDELT event is known from its first mention, if that was before it was added."""
    told = mentions(tmp_path, mention(told_at="20180101003000"), mention(told_at="20180101000000"))
    [claim], _ = read(export(tmp_path, row()), told)
    assert claim.known is not None
    assert claim.known.text == "2018-01-01T00:00:00Z"
    told = mentions(tmp_path, mention(told_at="20180101003000"))
    [claim], _ = read(export(tmp_path, row()), told)
    assert claim.known is not None
    assert claim.known.text == "2018-01-01T00:15:00Z"


def test_an_event_without_a_mention_keeps_its_own_figures(tmp_path: Path) -> None:
    """A GDELT event of which no mention tells has its rows' figures, and the same id."""
    path = export(tmp_path, row())
    [claim], _ = read(path, mentions(tmp_path))
    assert [claim] == list(gdelt.claims(path, Report()))
    [told], _ = read(path, mentions(tmp_path, mention()))
    assert told.event_id == claim.event_id


def test_each_export_of_a_folder_has_the_mentions_of_its_time(tmp_path: Path) -> None:
    """Each GDELT export of a folder is told of by the mentions file of its time, plain or gzip."""
    folder = tmp_path / "exports"
    folder.mkdir()
    export(folder, row())
    later = "20180101003000"
    export(folder, row(added=later), name=f"{later}.export.CSV")
    told = mentions(tmp_path, mention())
    packed = tmp_path / f"{later}.mentions.CSV.gz"
    packed.write_bytes(gzip.compress(f"{mention()}\n{mention()}\n".encode()))
    claims, report = read(folder, told.parent)
    counts = [claim.classification.mention_count for claim in claims if claim.classification]
    assert counts == [1, 2]
    assert report.rows_corroborating == 3


def test_a_missing_mentions_file_is_told_before_any_event(tmp_path: Path) -> None:
    """A GDELT export without its mentions file is refused with the name that is missing."""
    path = export(tmp_path, row())
    other = mentions(tmp_path, mention(), window="20180101003000")
    for told in (other, tmp_path):
        with pytest.raises(ImportFault, match=r"--mentions has no 20180101001500.mentions.CSV"):
            read(path, told)


def test_a_mentions_file_of_another_form_is_refused(tmp_path: Path) -> None:
    """A GDELT export in the place of its mentions is refused as what it is."""
    path = export(tmp_path, row())
    wrong = mentions(tmp_path, row())
    with pytest.raises(ImportFault, match=r"looks like a GDELT 2.0 event export"):
        read(path, wrong)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (mention().rsplit("\t", 2)[0], "has 14 columns, mentions have 16"),
        (mention(event="x"), "GlobalEventID is 'x', not a number"),
        (mention(told_at="2018"), "MentionTimeDate is '2018', not a moment"),
    ],
)
def test_a_mention_at_fault_is_rejected(tmp_path: Path, bad: str, reason: str) -> None:
    """A mention at fault is rejected with file and number, and the others count."""
    told = mentions(tmp_path, mention(), bad)
    _, report = read(export(tmp_path, row()), told)
    assert str(report.rejections[0]).startswith(f"{told}:2: {reason}")
    assert report.rows_corroborating == 1


def test_too_many_mentions_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mentions file with more rows than may be held is refused, and the rows are counted."""
    monkeypatch.setattr(gdelt_mentions, "ROWS_HELD_MAX", 2)
    report = Report()
    told = mentions(tmp_path, *[mention()] * 3)
    with pytest.raises(ImportFault, match="more than 2 mentions"):
        list(gdelt.claims(export(tmp_path, row()), report, mentions=told))
    assert report.adds_up()
