"""One subject as of a point: its life cycle, where claims disagree, and pages of its claims."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from communique import codec
from communique.domain.claims.history import is_visible
from communique.domain.claims.values import Certainty
from communique.domain.state.disagreement import Disagreement, disagreements
from communique.domain.state.element import Rank
from communique.domain.state.event_filter import SUBJECT
from communique.domain.state.facets import State
from communique.domain.state.subject import (
    LifeCycleStep,
    RankedState,
    SubjectEntry,
    life_cycle,
)
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
    list_latest,
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
_RANKS: Final = {certainty.value: certainty.rank for certainty in Certainty}


class ListedClaim(NamedTuple):
    """A claim about a subject, in rows of the log, with its visible amendments."""

    event: ListedEvent
    amendments: list[LogRow]


class SubjectPage(NamedTuple):
    """One subject with a page of its claims.

    Attributes:
        subject: the key.
        life_cycle: the states that claims assert; nothing on a page after the first, like the next.
        disagreements: the fields in which claims that name the subject differ.
        claim_count: how many claims were counted.
        counted_all: whether no claims are earlier than those counted.
        claims: the latest first; read from the log as they are taken, in the caller's thread.
        next_key: the key after which the next page follows; None at the end.
        as_of: the point.
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
        """Find claims in the timeline and read them from the log."""
        self._log, self._timeline = log, timeline

    def subject(self, key: str, asked: RequestedAsOf, page: PageRequest) -> SubjectPage:
        """Return one subject with a page of its claims; the first page says all of the subject.

        Raises:
            SubjectNotFound: no claim about it is visible and asserted.
            ReadModelBehind: the position lies ahead.
        """
        tag, latest = f"{SUBJECT}{key}", LatestClaims([], is_cut=True)
        with self._timeline.snapshot() as snapshot:
            as_of, connection = snapshot.as_of(self._timeline.name, asked), snapshot.connection
            if page.after_key is None:
                count_max, rows_max = limits.SUBJECT_CLAIMS_COUNTED_MAX, limits.SUBJECT_ENTRIES_MAX
                latest = latest_of(connection, tag, as_of, count_max, rows_max)
                if not latest.claims:
                    near = suggestions(connection, SUBJECT, key, as_of)
                    raise SubjectNotFound(key, tuple(near))
            listed = list_latest(connection, tag, as_of, page)
        return SubjectPage(
            key,
            self._life_cycle(latest.claims),
            self._disagreements(latest.claims),
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

        return life_cycle(_ranked_states(claims), occurred)

    def _disagreements(self, claims: Sequence[LatestClaim]) -> tuple[Disagreement, ...]:
        return disagreements(self._contents([claim for claim in claims if claim.is_named]))

    def _contents(self, claims: Sequence[LatestClaim]) -> Iterator[SubjectEntry]:
        """Yield what claims say, from the log."""
        for start in range(0, len(claims), limits.ROWS_PER_LOG_READ):
            some = claims[start : start + limits.ROWS_PER_LOG_READ]
            positions = sorted({claim.content_position for claim in some})
            rows = {row.position: row for row in self._log.by_positions(positions)}
            for claim in some:
                content = codec.stored_content(rows[claim.content_position].state, claim.event_id)
                yield SubjectEntry(content, from_micros(claim.known))

    def _claims(self, entries: Sequence[ListedEntry], as_of: AsOf) -> Iterator[ListedClaim]:
        for start in range(0, len(entries), limits.ROWS_PER_LOG_READ):
            some = entries[start : start + limits.ROWS_PER_LOG_READ]
            for event in with_rows(self._log, EntryPage([*some], None), as_of).events:
                _, *amendments = self._log.stream(UUID(bytes=event.entry.event_id))
                yield ListedClaim(event, [*_visible(amendments, as_of)])


def _visible(amendments: Iterable[LogRow], as_of: AsOf) -> Iterator[LogRow]:
    """Yield those that are visible; of a newer type, nobody here can say when it was known."""
    for row in amendments:
        amendment = recorded_of(row)
        if amendment.event is not None and is_visible(amendment, as_of):
            yield row


def _ranked_states(claims: Iterable[LatestClaim]) -> Iterator[RankedState]:
    """Yield what claims assert of their subject; a denial asserts nothing."""
    for _, event_id, earliest, known, certainty, state, stage, _ in claims:
        if state is not None and stage is not None:
            rank = Rank(earliest, stage, _RANKS[certainty], known, event_id)
            yield RankedState(_STATES[state], rank)
