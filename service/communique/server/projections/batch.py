"""The changes of a batch of events to a projection's rows, and those of several batches."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from communique.server.projections.decoded_log import DecodedEvent, ReadStream
from communique.server.projections.event_contents import contents_of
from communique.server.projections.projection import Row, RowChanges, ViewProjection


class BatchChanges(NamedTuple):
    """The changes of a batch.

    Attributes:
        added: every row that any event of it adds, in order.
        inserted: those of claims that the batch does not amend.
        amended: the other rows, that it adds (True) or removes in the end.
        unknown_type_count: how many events were not understood.
    """

    added: list[Row]
    inserted: list[Row]
    amended: dict[Row, bool]
    unknown_type_count: int


class UnwrittenRows:
    """The changes of batches that are not written yet, as if they had been one batch."""

    def __init__(self) -> None:
        self.added: list[Row] = []
        self.unknown_type_count = 0
        self._inserted: list[Row] = []
        self._amended: dict[Row, bool] = {}

    def add(self, batch: BatchChanges) -> None:
        """Hold the changes of a further batch."""
        self.added += batch.added
        self.unknown_type_count += batch.unknown_type_count
        self._inserted += batch.inserted
        for row, is_added in batch.amended.items():
            _note(self._amended, row, is_added=is_added)

    def changes(self) -> RowChanges:
        """Return what all batches change in the end."""
        removed = [row for row, is_added in self._amended.items() if not is_added]
        added = [row for row, is_added in self._amended.items() if is_added]
        undone = set(removed).intersection(self._inserted)
        return RowChanges(
            [row for row in removed if row not in undone],
            [*(row for row in self._inserted if row not in undone), *added],
        )


def changes_of_batch(
    projection: ViewProjection, events: Sequence[DecodedEvent], read_stream: ReadStream
) -> BatchChanges:
    """Return what a batch of consecutive events changes."""
    amended = {event.stream_id for event in events if event.recorded.revision > 1}
    unknown = sum(event.recorded.event is None for event in events)
    batch = BatchChanges([], [], {}, unknown)
    for event in events:
        if event.stream_id not in amended:
            batch.inserted.extend(rows := projection.rows(event.contents))
            batch.added.extend(rows)
            continue
        before, after = _before_and_after(projection, event, read_stream)
        for row in before:
            if row not in after:
                _note(batch.amended, row, is_added=False)
        for row in after:
            if row not in before:
                batch.added.append(row)
                _note(batch.amended, row, is_added=True)
    return batch


def _before_and_after(
    projection: ViewProjection, event: DecodedEvent, read_stream: ReadStream
) -> tuple[dict[Row, None], dict[Row, None]]:
    """Return the rows of the stream's history without this event, and with it."""
    rows = projection.rows
    if event.recorded.revision == 1:
        return {}, dict.fromkeys(rows(event.contents))
    history = read_stream(UUID(bytes=event.stream_id), event.recorded.position)
    before, after = contents_of(history[:-1]), contents_of(history)
    return dict.fromkeys(rows(before)), dict.fromkeys(rows(after))


def _note(pending: dict[Row, bool], row: Row, *, is_added: bool) -> None:
    """Note that a row is added or removed; one that is both is not changed."""
    if pending.get(row) is (not is_added):
        del pending[row]
    else:
        pending[row] = is_added
