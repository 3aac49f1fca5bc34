"""One subject as of a point: its life cycle, where claims disagree, and pages of its claims."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from communique import codec
from communique.domain.claims.history import is_visible
from communique.domain.state.disagreement import disagreements
from communique.domain.state.element import Rank
from communique.domain.state.event_filter import SUBJECT, Filter
from communique.domain.state.facets import State
from communique.domain.state.preferences import Disagreement
from communique.domain.state.subject import LifeCycleStep, StatedState, SubjectEntry, life_cycle
from communique.domain.time.clocks import AsOf, from_micros
from communique.domain.time.edtf import ValidTime
from communique.server.log.decoding import recorded_of
from communique.server.log.entries import LogRow
from communique.server.log.event_log import LogReader
from communique.server.projections.follower import Follower
from communique.server.projections.snapshot import RequestedAsOf
from communique.server.runtime import limits
from communique.server.views.paging import PageRequest
from communique.server.views.timeline.event_lists import (
    EntryPage,
    ListedEntry,
    ListedEvent,
    list_by_valid,
    with_rows,
)
from communique.server.views.timeline.latest_claims import (
    LatestClaim,
    LatestClaims,
    latest_of,
    suggestions,
)
from communique.server.views.view_errors import SubjectNotFound

_STATES: Final = {state.value: state for state in State}


class ListedClaim(NamedTuple):
    """A claim about a subject, in rows of the log, with its visible amendments."""

    event: ListedEvent
    amendments: list[LogRow]


class SubjectPage(NamedTuple):
    """One subject with a page of its claims.

    Attributes:
        life_cycle: the states that claims assert; empty after the first page.
        disagreements: where claims that name the subject differ; empty after the first page.
        claim_count: how many claims were counted.
        counted_all: whether no claims are earlier than those counted.
        claims: the latest first; read from the log by the iterator, in the caller's thread.
        next_key: the key of the next page; None at the end.
    """

    subject: str
    life_cycle: tuple[LifeCycleStep, ...]
    disagreements: tuple[Disagreement, ...]
    claim_count: int
    counted_all: bool
    claims: Iterator[ListedClaim]
    next_key: bytes | None
    as_of: AsOf


class SubjectPages:
    """Answers about single subjects. Blocking; safe to use from any thread."""

    def __init__(self, log: LogReader, timeline: Follower) -> None:
        self._log, self._timeline = log, timeline

    def subject(self, key: str, requested: RequestedAsOf, page: PageRequest) -> SubjectPage:
        """Return one subject with a page of its claims.

        Raises:
            SubjectNotFound: no claim about it is visible and asserted.
            ReadModelBehind: the position lies ahead.
        """
        tag, latest = f"{SUBJECT}{key}", LatestClaims([], is_cut=True)
        with self._timeline.snapshot() as snapshot:
            as_of, connection = snapshot.as_of(self._timeline.name, requested), snapshot.connection
            if page.after_key is None:
                count_max, rows_max = limits.SUBJECT_CLAIMS_COUNTED_MAX, limits.SUBJECT_ENTRIES_MAX
                latest = latest_of(connection, tag, as_of, count_max, rows_max)
                if not latest.claims:
                    near = suggestions(connection, SUBJECT, key, as_of)
                    raise SubjectNotFound(key, tuple(near))
            selection = Filter(subjects=frozenset([key]))
            listed = list_by_valid(connection, selection, as_of, page, backwards=True)
        return SubjectPage(
            key,
            self._life_cycle(latest.claims),
            disagreements(self._contents([claim for claim in latest.claims if claim.is_named])),
            len(latest.claims),
            not latest.is_cut,
            self._claims(listed.entries, as_of),
            listed.next_key,
            as_of,
        )

    def _life_cycle(self, claims: Sequence[LatestClaim]) -> tuple[LifeCycleStep, ...]:
        by_id = {claim.event_id: claim for claim in claims}

        def occurred(event_id: bytes) -> ValidTime:
            [content] = self._contents([by_id[event_id]])
            return content.claim.occurred

        return life_cycle(_stated_states(claims), occurred)

    def _contents(self, claims: Sequence[LatestClaim]) -> Iterator[SubjectEntry]:
        """Yield the contents of claims, from the log."""
        for start in range(0, len(claims), limits.ROWS_PER_LOG_READ):
            batch = claims[start : start + limits.ROWS_PER_LOG_READ]
            positions = sorted({claim.content_position for claim in batch})
            rows = {row.position: row for row in self._log.by_positions(positions)}
            for claim in batch:
                content = codec.stored_content(rows[claim.content_position].state, claim.event_id)
                yield SubjectEntry(content, from_micros(claim.known))

    def _claims(self, entries: Sequence[ListedEntry], as_of: AsOf) -> Iterator[ListedClaim]:
        for start in range(0, len(entries), limits.ROWS_PER_LOG_READ):
            batch = entries[start : start + limits.ROWS_PER_LOG_READ]
            for event in with_rows(self._log, EntryPage([*batch], None), as_of).events:
                _, *amendments = self._log.stream(UUID(bytes=event.entry.event_id))
                yield ListedClaim(event, [row for row in amendments if _is_visible(row, as_of)])


def _is_visible(row: LogRow, as_of: AsOf) -> bool:
    """Tell whether an amendment is visible; one of a newer type is not."""
    amendment = recorded_of(row)
    return amendment.event is not None and is_visible(amendment, as_of)


def _stated_states(claims: Iterable[LatestClaim]) -> Iterator[StatedState]:
    """Yield the states that claims assert of their subject; a denial asserts none."""
    for _, event_id, earliest, settled, known, state, stage, surety, _ in claims:
        if state is not None and stage is not None:
            rank = Rank(earliest, stage, surety, known, event_id)
            yield StatedState(_STATES[state], rank, settled)
