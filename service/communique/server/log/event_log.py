"""The log as the rest of the server sees it: what may be asked of one, whatever store keeps it.

A `LogReader` reads, an `EventLog` appends as well. All methods may be called from any thread, and
raise `LogUnavailable` if the storage fails and `LogClosed` after `close`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Self
from uuid import UUID

from communique.server.log.entries import Entry, EntryReceipt, LogRow, UncheckedEvent, WireBatch
from communique.server.log.tail import Tail


class LogReader(ABC):
    """A log that is read. Reading never waits for who writes."""

    tail: Tail
    """The last known position, and how to wait for later ones."""

    @abstractmethod
    def head(self) -> tuple[int, int]:
        """Return the last position and its record time in microseconds: (0, 0) if empty."""

    @abstractmethod
    def position_at(self, record_micros: int) -> int:
        """Return the last position recorded at that record time or before; 0 if there is none."""

    @abstractmethod
    def record_micros(self, position: int) -> int:
        """Return the record time of a position; before the first, nothing was recorded: 0."""

    @abstractmethod
    def read(
        self,
        after: int,
        limit: int,
        *,
        until: int | None = None,
        descending: bool = False,
        bytes_max: int | None = None,
    ) -> list[LogRow]:
        """Return at most `limit` events with `after` < position <= `until` (default: the end).

        They come from the low end up or, `descending`, from the high end down. Reading stops
        before the states together exceed `bytes_max`, but never before the first.
        """

    @abstractmethod
    def read_wire(
        self, after: int, until: int, limit: int, *, descending: bool = False, bytes_max: int
    ) -> WireBatch:
        """Return the events that `read` returns, in wire form."""

    @abstractmethod
    def stream(self, event_id: UUID) -> list[LogRow]:
        """Return a claim and its amendments in order; nothing for an id that is no claim's."""

    @abstractmethod
    def find(self, event_id: UUID) -> int | None:
        """Return the position of the claim or amendment with that id, if it was recorded."""

    @abstractmethod
    def by_positions(self, positions: Sequence[int]) -> list[LogRow]:
        """Return the events at those positions in the order asked, leaving out unused positions."""

    @abstractmethod
    def close(self) -> None:
        """Release those who wait on the tail, and close the storage."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


class EventLog(LogReader):
    """The ordered, durable, append-only record. One process at a time owns it."""

    @abstractmethod
    def append(
        self,
        entries: Sequence[Entry],
        expectations: Mapping[UUID, int] | None = None,
        submitter: str = "",
    ) -> Future[list[EntryReceipt]]:
        """Append the entries, all or none; the future is done when they are durable.

        Its result is a receipt for each entry in order, or it raises an `AppendRejected` or
        `LogUnavailable`. `AppendRequest` says what expectations are. Futures are done in the order
        of the calls; one can be cancelled until its turn has come.

        Raises `LogOverloaded` if too much waits.
        """

    @abstractmethod
    def insert(self, events: Sequence[UncheckedEvent]) -> Future[list[int]]:
        """Insert versions of streams unchecked, all or none; the result is their positions.

        None of the rules of `append` applies to them, and they have no event ids of their own. The
        future raises `VersionTaken` or `LogUnavailable`. Raises `LogOverloaded` if too much waits.
        """

    @property
    @abstractmethod
    def healthy(self) -> bool:
        """Whether the storage took the last write and more can follow."""
