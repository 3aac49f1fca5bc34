"""GDELT 2.0 mentions: which article told of which event, one file for every export, by its name.

16 columns, TAB-separated, no header: GlobalEventID, EventTimeDate, MentionTimeDate, MentionType,
MentionSourceName, MentionIdentifier, SentenceID, three offsets, InRawText, Confidence,
MentionDocLen, MentionDocTone, MentionDocTranslationInfo, Extras.

* Mentions make no events: they say how often, by how many sources and in how many articles an event
  was reported, each counted once where its rows name it twice, and when first.
* Of each file the mentions of the events of the export of the same time count. Later files tell of
  the same events again; by then the log may have the event, and takes no other figures for it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from communique.domain.time.known_time import KnownTime
from communique.importers.coded_rows import CodedRow, Corroboration
from communique.importers.forms import MENTION_COLUMNS, Form, expect_form
from communique.importers.lines import TextLine, expect, lines
from communique.importers.merging import ROWS_HELD_MAX, is_number, sound_rows
from communique.importers.report import ImportFault, Report, Skip

_DIGITS_MAX: Final = 18
_MOMENT_LENGTH: Final = len("20180101001500")
_MISSING_SHOWN_MAX: Final = 3


class _Mention(NamedTuple):
    """A mention; the fields that a `MergeableRow` has make rows of mentions readable alike."""

    file: str
    number: int
    window: str
    key: tuple[str, ...]
    source: str
    article: str


def moment(name: str, text: str) -> datetime:
    """Return the moment of 14 digits that GDELT writes; `ValueError` says what is wrong."""
    if not is_number(text, _MOMENT_LENGTH) or len(text) != _MOMENT_LENGTH:
        raise ValueError(f"{name} is {text[:40]!r}, not a moment such as 20180101001500")
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(f"{name} is {text}, which there is not") from None


@dataclass
class _Told:
    """What is told of one event of an export."""

    first: str
    count: int = 0
    sources: set[str] = field(default_factory=set)
    articles: set[str] = field(default_factory=set)


class Mentions:
    """The mentions of one export at a time; the report counts every row of the files read."""

    def __init__(self, files: dict[str, Path], report: Report) -> None:
        self._files, self._report = files, report
        self._window, self._told = "", dict[str, _Told]()

    def of(self, rows: Sequence[CodedRow]) -> Corroboration | None:
        """Return what mentions tell of the event of these rows, None where they tell nothing."""
        if rows[0].window != self._window:
            self._turn_to(rows[0].window)
        told = [self._told.pop(row.row_id) for row in rows if row.row_id in self._told]
        if not told:
            return None
        count = sum(part.count for part in told)
        self._report.rows_corroborating += count
        first = moment("MentionTimeDate", min(part.first for part in told))
        return Corroboration(
            mention_count=count,
            source_count=len(set[str]().union(*(part.sources for part in told))),
            article_count=len(set[str]().union(*(part.articles for part in told))),
            known=KnownTime.parse(f"{first:%Y-%m-%dT%H:%M:%S}Z"),
        )

    def close(self) -> None:
        """Count the mentions of the last export that tell of none of its events."""
        self._report.skip(Skip.OTHER_EVENT, sum(part.count for part in self._told.values()))
        self._told = {}

    def _turn_to(self, window: str) -> None:
        self.close()
        self._window = window
        path = self._files.get(window)
        for mention in self._read(path) if path else ():
            told = self._told.setdefault(mention.key[0], _Told(mention.window))
            told.first = min(told.first, mention.window)
            told.count += 1
            told.sources.add(mention.source)
            told.articles.add(mention.article)

    def _read(self, path: Path) -> Iterator[_Mention]:
        for count, mention in enumerate(sound_rows(lines(path, self._report), _row, self._report)):
            if count == ROWS_HELD_MAX:
                fault = f"has more than {ROWS_HELD_MAX:,} mentions: too many to count"
                raise ImportFault(str(path), fault, mention.number)
            yield mention


def mentions_of(path: Path, exports: Sequence[Path], report: Report) -> Mentions:
    """Return the mentions of exports, in one file for one export or in a directory.

    Raises:
        ImportFault: an export has no mentions file, or the first one is of another form.
    """
    windows = [export.name[:_MOMENT_LENGTH] for export in exports]
    if path.is_dir():
        named = {
            file.name[:_MOMENT_LENGTH]: file
            for file in sorted(path.iterdir())
            if ".mentions.csv" in file.name.lower()
        }
        files = {window: named[window] for window in windows if window in named}
    else:
        files = {path.name[:_MOMENT_LENGTH]: path}
    _check_none_missing(path, windows, files)
    expect_form(next(iter(files.values())), Form.MENTIONS)
    expect(files.values(), report)
    return Mentions(files, report)


def _check_none_missing(path: Path, windows: Sequence[str], files: dict[str, Path]) -> None:
    missing = [window for window in windows if window not in files]
    if not missing:
        return
    shown = ", ".join(f"{window}.mentions.CSV" for window in missing[:_MISSING_SHOWN_MAX])
    more = f" and {len(missing) - _MISSING_SHOWN_MAX:,} more" * (len(missing) > _MISSING_SHOWN_MAX)
    hint = "put an empty file in the place of one that was never published"
    raise ImportFault(str(path), f"--mentions has no {shown}{more}, plain or gzip: {hint}")


def _row(line: TextLine) -> _Mention:
    cells = line.text.split("\t")
    if len(cells) != MENTION_COLUMNS:
        cut = "" if line.ended else "; the file ends in this row, so it may be truncated"
        raise ValueError(f"has {len(cells)} columns, mentions have {MENTION_COLUMNS}{cut}")
    if not is_number(cells[0], _DIGITS_MAX):
        raise ValueError(f"GlobalEventID is {cells[0][:40]!r}, not a number such as 719024875")
    moment("MentionTimeDate", cells[2])
    return _Mention(line.file, line.number, cells[2], (cells[0],), cells[4], cells[5])
