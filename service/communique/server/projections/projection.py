"""A projection: pure rows of each event's history, under a name and a version.

What a projection keeps of an event is a function of the event's history alone (`rows`). A new
claim adds its rows; when it is amended, the rows of the history before are replaced by those of the
history after. So what is kept depends neither on batches nor on restarts.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Final, NamedTuple

import apsw

from communique.domain.claims.event import Recorded
from communique.server.log.entries import LogRow

FOREVER: Final = 2**62
"""Stands for no end, of positions and of microseconds."""


class RowChanges(NamedTuple):
    """The rows to delete and those to insert, of whole events each.

    `after` is the position that the file had reached before: what is inserted of later positions
    was never written before.
    """

    removed: Sequence[Any]
    inserted: Sequence[Any]
    after: int


class ViewProjection(ABC):
    """What a read model keeps of the log, under a name and the version of its rules."""

    name: ClassVar[str]
    version: ClassVar[int]
    schema: ClassVar[str]
    """The SQL that makes the tables."""

    @abstractmethod
    def rows(self, history: Sequence[Recorded]) -> Any:  # noqa: ANN401  the projection's own
        """Return the rows of one event's claim and amendments so far; pure."""

    @abstractmethod
    def rows_of_claim(self, row: LogRow) -> Any:  # noqa: ANN401
        """Return the rows of a claim without amendments; None for a type that is not known."""

    @abstractmethod
    def forget(self) -> None:
        """Forget what was remembered of the file, after a rollback."""

    @abstractmethod
    def write(self, connection: apsw.Connection, changes: RowChanges) -> None:
        """Write changes, in the order of their positions."""
