"""The log against a naive model of it, on random histories."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from communique.server.log.entries import AmendmentEntry, ClaimEntry, Entry, LogRow
from communique.server.log.log_errors import (
    AlreadyRetracted,
    AppendRejected,
    EventIdConflict,
    NotAmendable,
    RevisionMismatch,
    TooManyAmendments,
    UnknownEvent,
)
from communique.server.log.sqlite_store.sqlite_log import SQLiteEventLog
from communique.server.runtime.limits import LogLimits

AMENDMENTS_MAX = 2
LIMITS = LogLimits(amendments_per_event_max=AMENDMENTS_MAX)

ids = st.integers(1, 6).map(lambda number: UUID(int=number))
states = st.sampled_from([b"", b"other"])
claims = st.builds(ClaimEntry, ids, st.just("Held"), states)
amendments = st.builds(AmendmentEntry, ids, ids, st.just("Changed"), states, st.booleans())
requests = st.tuples(
    st.lists(claims | claims | amendments, max_size=4),
    st.dictionaries(ids, st.integers(0, 3), max_size=1),
)
histories = st.lists(st.lists(requests, max_size=6), max_size=4)

History = Sequence[Entry]


def revision(history: History, event_id: UUID) -> int:
    """How many versions the stream has; an amendment's own has one."""
    versions = [e for e in history if isinstance(e, AmendmentEntry) and e.target == event_id]
    return len(versions) + any(entry.event_id == event_id for entry in history)


def refusal(history: History, entry: Entry) -> type[AppendRejected] | None:
    """The rule that the entry breaks, if any."""
    held = {entry.event_id: entry for entry in history}
    if entry.event_id in held:
        return None if held[entry.event_id] == entry else EventIdConflict
    if isinstance(entry, ClaimEntry):
        return None
    if entry.target not in held:
        return UnknownEvent
    if isinstance(held[entry.target], AmendmentEntry):
        return NotAmendable
    earlier = [e for e in history if isinstance(e, AmendmentEntry) and e.target == entry.target]
    if any(amendment.retracts for amendment in earlier):
        return AlreadyRetracted
    return TooManyAmendments if len(earlier) >= AMENDMENTS_MAX else None


def after(
    history: History, entries: Sequence[Entry], expectations: Mapping[UUID, int]
) -> History | type[AppendRejected]:
    """The history with the request in it, or the rule that the request breaks."""
    if not (entries and all(entry in history for entry in entries)):
        for event_id, expected in expectations.items():
            if revision(history, event_id) != expected:
                return RevisionMismatch
    for entry in entries:
        if broken := refusal(history, entry):
            return broken
        history = history if entry in history else [*history, entry]
    return history


@settings(max_examples=100, deadline=None)
@given(histories)
def test_the_log_does_what_its_model_does(
    groups: list[list[tuple[list[Entry], dict[UUID, int]]]],
) -> None:
    """A log answers random requests, with restarts between, as its naive model does."""
    history: History = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "log.db")
        recorded: Sequence[LogRow] = []
        for group in groups:
            with SQLiteEventLog.open(path, int, LIMITS) as log:
                answers = [log.append(*request) for request in group]
                for (entries, expectations), answer in zip(group, answers, strict=True):
                    result = after(history, entries, expectations)
                    if isinstance(result, type):
                        assert type(answer.exception()) is result
                        continue
                    assert [
                        (receipt.position, receipt.duplicate) for receipt in answer.result()
                    ] == [
                        (result.index(entry) + 1, entry in (*history, *entries[:place]))
                        for place, entry in enumerate(entries)
                    ]
                    history = result
                recorded = log.read(0, 1000)
        assert_same(recorded, history)


def assert_same(recorded: Sequence[LogRow], history: History) -> None:
    """The log's rows are the model's entries, each in its stream and with its version."""
    assert [row[:5] for row in recorded] == [
        (
            place,
            stream_id.bytes,
            revision(history[:place], stream_id),
            entry.topic,
            entry.state,
        )
        for place, entry in enumerate(history, 1)
        for stream_id in [entry.target if isinstance(entry, AmendmentEntry) else entry.event_id]
    ]
