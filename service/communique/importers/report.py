"""The report of an import: which rows became events, which were skipped or rejected, and why."""

import csv
from collections import Counter, deque
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

REJECTIONS_KEPT_MAX: Final = 1_000
SKIPPED_NAMES_MAX: Final = 100_000
OTHER_NAMES: Final = "(other names)"
"""What names are counted as once `SKIPPED_NAMES_MAX` are known."""
PLACES_KEPT_MAX: Final = 10_000


class ImportFault(Exception):
    """A file cannot be read, or not any further.

    Attributes:
        file: the path as it was given.
        reason: what is wrong and what would be right.
        row_number: the line, from 1, at which reading ended; None when it never began.
    """

    def __init__(self, file: str, reason: str, row_number: int | None = None) -> None:
        self.file = file
        self.reason = reason
        self.row_number = row_number
        super().__init__(f"{place_of(file, row_number)}: {reason}")


class Skip(StrEnum):
    """Why a sound row makes no event; the value is a reason to show."""

    NO_COUNTRY = "a side is a person or group of no country or known organisation"
    REGION = "a side is a region, not a country"
    NON_STATE = "a side is no organ of its state: citizens, parties, media, business, armed groups"
    ONE_PARTY = "both sides are of one country"
    UNTRUE = "its contexts say that it did not happen, or not then"
    LATER = "it is dated after its publication"
    OTHER_EVENT = "a mention of an event of another export, or of one that was left out"
    HELD_BACK = "reading ended at a fault before all rows of their day or export were read"


class Skipped(NamedTuple):
    """A sound row that makes no event, and the names that are why, each with its own reason."""

    reason: Skip
    names: tuple[tuple[Skip, str], ...] = ()

    @classmethod
    def of(cls, *sides: tuple[object, str]) -> "Skipped":
        """Return what a row is skipped for whose sides, one or both, are a `Skip` and its name."""
        names = tuple((reason, name) for reason, name in sides if isinstance(reason, Skip))
        return cls(names[0][0], tuple(side for side in names if side[1]))


class RejectedRow(NamedTuple):
    """A row at fault."""

    file: str
    row_number: int
    reason: str

    def __str__(self) -> str:
        """Return it as `file:12: reason`."""
        return f"{place_of(self.file, self.row_number)}: {self.reason}"


@dataclass
class Report:
    """Counts that an importer fills while it runs; they add up once it has ended.

    Attributes:
        rows_read: lines that were not blank, but for headers; of JSON and YAML, events.
        rows_merged: rows that went into an event, alone or with others.
        rows_corroborating: rows that made no event and count how often others were reported.
        events: events yielded.
        rows_rejected: rows at fault.
        rejections: the first 1,000 rows at fault.
        skipped: rows that are sound and make no event, by reason.
        skipped_names: names for which rows were skipped, by reason and name, with their rows; a row
            that two names cost counts for each of them.
        places_at_fault: rows whose coordinates are none; their events have none.
        bytes_done: bytes of the files read so far, compressed where they are.
        bytes_total: bytes of all files, 0 where that is unknown.
    """

    rows_read: int = 0
    rows_merged: int = 0
    rows_corroborating: int = 0
    events: int = 0
    rows_rejected: int = 0
    rejections: list[RejectedRow] = field(default_factory=list)
    skipped: Counter[Skip] = field(default_factory=Counter)
    skipped_names: Counter[tuple[Skip, str]] = field(default_factory=Counter)
    places_at_fault: int = 0
    bytes_done: int = 0
    bytes_total: int = 0
    _places: deque[tuple[str, int]] = field(default_factory=lambda: deque(maxlen=PLACES_KEPT_MAX))

    @property
    def rows_skipped(self) -> int:
        """All rows skipped."""
        return self.skipped.total()

    @property
    def rows_accounted(self) -> int:
        """All rows merged, corroborating, skipped or rejected."""
        used = self.rows_merged + self.rows_corroborating
        return used + self.rows_skipped + self.rows_rejected

    def adds_up(self) -> bool:
        """Whether every row read was merged, corroborating, skipped or rejected, and none twice."""
        return self.rows_read == self.rows_accounted

    def merge(self, file: str, row_number: int, row_count: int = 1) -> None:
        """Count the next event and its rows, of which the first is at `row_number` of `file`."""
        self.rows_merged += row_count
        self.events += 1
        self._places.append((file, row_number))

    def skip(self, reason: Skip, count: int = 1) -> None:
        """Count sound rows that make no event."""
        if count:
            self.skipped[reason] += count

    def skip_name(self, reason: Skip, name: str) -> None:
        """Count a name that costs a row; the row itself counts by `skip`."""
        key = reason, name
        is_kept = key in self.skipped_names or len(self.skipped_names) < SKIPPED_NAMES_MAX
        self.skipped_names[key if is_kept else (reason, OTHER_NAMES)] += 1

    def write_skipped(self, path: Path) -> None:
        """Write the names skipped as CSV: reason, name and rows, those of most rows first."""
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("reason", "name", "rows"))
            writer.writerows(
                (reason.value, name, rows)
                for (reason, name), rows in self.skipped_names.most_common()
            )

    def hold_back(self) -> None:
        """Count as held back the rows read but not counted otherwise, because a file broke off."""
        self.skip(Skip.HELD_BACK, self.rows_read - self.rows_accounted)

    def reject(self, file: str, row_number: int, reason: str) -> None:
        """Count a row at fault, and keep the reason if it is among the first."""
        self.rows_rejected += 1
        if len(self.rejections) < REJECTIONS_KEPT_MAX:
            self.rejections.append(RejectedRow(file, row_number, reason))

    def place_of(self, index: int) -> tuple[str, int] | None:
        """Return the file and first row of the event yielded as number `index` (from 0).

        None unless it is one of the last 10,000, which is more than wait for a server's answer.
        """
        oldest = self.events - len(self._places)
        return self._places[index - oldest] if oldest <= index < self.events else None


def place_of(file: str, row_number: int | None) -> str:
    """Return `file:12` as editors and terminals link it, or the file alone."""
    return file if row_number is None else f"{file}:{row_number}"
