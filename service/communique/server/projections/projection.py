"""A projection: pure rows of each event's history, under a name and a version.

What a projection keeps of an event is a function of the event's history alone (`rows`). A new
claim adds its rows; an amendment replaces the rows of the history before it by those of the
history after it. So what is kept depends neither on batches nor on restarts.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import apsw

from communique.server.projections.event_contents import EventContents

Row = tuple[Any, ...]


class RowChanges(NamedTuple):
    """The rows to delete and to insert; none is in both."""

    removed: Sequence[Row]
    inserted: Sequence[Row]


class ViewProjection(ABC):
    """What a view keeps of the log, under a name and the version of its rules."""

    name: ClassVar[str]
    version: ClassVar[int]
    schema: ClassVar[str]
    """The SQL that makes the view's tables."""

    @abstractmethod
    def rows(self, contents: EventContents) -> Sequence[Row]:
        """Return the rows of one event's contents so far; pure."""

    @abstractmethod
    def forget(self) -> None:
        """Forget what was remembered of the file, after a rollback."""

    @abstractmethod
    def write(self, connection: apsw.Connection, added: Sequence[Row], changes: RowChanges) -> None:
        """Write `changes`; `added` are all rows that any event added, in order."""
