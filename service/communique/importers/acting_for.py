"""Who acted for which state or organisation from when to when.

A table has a line for each post that a person held, and these columns in any order, with commas or
with tabs between them; other columns are ignored:

| column | what it holds |
|---|---|
| name | the person, as a dataset spells it; names are compared without case and accents |
| code | the state or organisation that the person acted for, such as `KOR` |
| organ | where the post is, such as `Foreign Affairs`, or empty |
| office | the post, such as `Spokesman`, or empty |
| from | the first day, such as `2018-04-26` |
| to | the last day, or empty while the person is in office |

Three organs tell at which level their holders meet: `Head of State`, `Head of Government` and
`Foreign Minister`.

The shipped table tells of 2014 to 2018 alone. In it a post held before begins with 2014, one held
longer ends with 2018, and a day that is not known for sure is the first of its month or year.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final, NamedTuple

from communique.domain.parties.party import Party
from communique.domain.text import folded
from communique.importers.lines import TextLine, lines
from communique.importers.merging import faults_of
from communique.importers.report import ImportFault, Report

COLUMNS: Final = ("name", "code", "organ", "office", "from", "to")
POSTS_MAX: Final = 100_000
_SHIPPED: Final = files("communique.importers") / "data" / "people.csv"


class _Post(NamedTuple):
    """A post from its first to its last day, and the row that tells of it."""

    first: date
    last: date
    party: Party
    row_number: int


class ActingFor:
    """The posts of persons; it never changes.

    Attributes:
        posts: the posts that a person held, by folded name.
    """

    def __init__(self, posts: Mapping[str, Sequence[_Post]]) -> None:
        self.posts = posts

    @classmethod
    @cache
    def shipped(cls) -> "ActingFor":
        """Return the table that comes with the importers, read once."""
        with as_file(_SHIPPED) as path:
            return cls.read(path)

    @classmethod
    def read(cls, path: Path) -> "ActingFor":
        """Read a table of UTF-8 text, plain or gzip.

        Raises:
            ImportFault: the file cannot be read, or a row is at fault or contradicts another one.
        """
        posts = dict[str, list[_Post]]()
        for count, post in enumerate(_posts(path), 1):
            if count > POSTS_MAX:
                raise ImportFault(str(path), f"has more than {POSTS_MAX:,} rows", post.row_number)
            posts.setdefault(folded(post.party.person), []).append(post)
        for held in posts.values():
            _check_overlaps(held, path)
        return cls(posts)

    def merged(self, other: "ActingFor") -> "ActingFor":
        """Return both tables as one; of a name in both the rows of `other` count."""
        return ActingFor({**self.posts, **other.posts})

    def party_of(self, name: str, day: date) -> Party | None:
        """Return for whom, and in what office, a person acted on a day, or None."""
        posts = self.posts.get(folded(name), ())
        return next((post.party for post in posts if post.first <= day <= post.last), None)


def _posts(path: Path) -> Iterable[_Post]:
    check, delimiter, columns = Report(), ",", list[str]()
    for line in lines(path, check):
        if check.rejections:
            break
        if not columns:
            delimiter = "\t" if "\t" in line.text else ","
            columns = [cell.lower() for cell in _cells(line, delimiter)]
            _check_columns(columns, line)
            continue
        cells = _cells(line, delimiter)
        if len(cells) != len(columns):
            fault = f"has {len(cells)} cells where the header has {len(columns)}"
            raise ImportFault(line.file, fault, line.number)
        yield _post(dict(zip(columns, cells, strict=True)), line)
    if check.rejections:
        first = check.rejections[0]
        raise ImportFault(first.file, first.reason, first.row_number)
    if not columns:
        raise ImportFault(str(path), f"is empty: its header must be {','.join(COLUMNS)}")


def _cells(line: TextLine, delimiter: str) -> list[str]:
    text = line.text.removeprefix("\ufeff")
    try:
        rows = csv.reader([text], delimiter=delimiter, strict=True)
        return [cell.strip() for row in rows for cell in row]
    except csv.Error as error:
        raise ImportFault(line.file, f"is no row of cells: {error}", line.number) from None


def _check_columns(columns: Sequence[str], line: TextLine) -> None:
    missing = [column for column in COLUMNS if column not in columns]
    if missing:
        fault = f"has no column {', '.join(missing)}: the header must be {','.join(COLUMNS)}"
        raise ImportFault(line.file, fault, line.number)
    if len(set(columns)) < len(columns):
        raise ImportFault(line.file, "has two columns of one name", line.number)


def _post(row: Mapping[str, str], line: TextLine) -> _Post:
    if not folded(row["name"]):
        raise ImportFault(line.file, "has no name", line.number)
    first = _day(row, "from", line)
    last = _day(row, "to", line) if row["to"] else date.max
    if last < first:
        raise ImportFault(line.file, f"ends on {last}, before it begins on {first}", line.number)
    try:
        party = Party(
            code=row["code"], organ=row["organ"], person=row["name"], office=row["office"]
        )
    except ValueError as error:
        raise ImportFault(line.file, faults_of(error), line.number) from None
    return _Post(first, last, party, line.number)


def _day(row: Mapping[str, str], column: str, line: TextLine) -> date:
    try:
        return date.fromisoformat(row[column])
    except ValueError:
        fault = f"{column}: {row[column][:40]!r} is not a day such as 2018-04-26"
        raise ImportFault(line.file, fault, line.number) from None


def _check_overlaps(held: Sequence[_Post], path: Path) -> None:
    """Refuse two different posts of one person on one day: whom it acted for would be unsure."""
    ordered = sorted(held, key=lambda post: post.first)
    latest = ordered[0]
    for post in ordered[1:]:
        if post.first <= latest.last and post.party != latest.party:
            earlier, later = sorted((post.row_number, latest.row_number))
            fault = f"overlaps row {earlier}: {post.party.person} has two posts on {post.first}"
            raise ImportFault(str(path), fault, later)
        latest = max(latest, post, key=lambda one: one.last)
