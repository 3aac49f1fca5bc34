"""Boards and comparisons as a service makes them: the domain's functions, fed by naive look-ups."""

from collections.abc import Iterable
from uuid import UUID

from communique.domain.claims.event import Amendment, Claim, Recorded
from communique.domain.parties.party import Dyad
from communique.domain.state.assertions import state_of
from communique.domain.state.comparison import (
    BilateralComparison,
    amendments_between,
    causes_between,
    compare,
)
from communique.domain.state.element import Rank
from communique.domain.state.issue_board import IssueBoard, IssueElement, board, issues_of
from communique.domain.state.subject import (
    LifeCycleStep,
    StatedState,
    SubjectEntry,
    asserted_of,
    life_cycle,
)
from communique.domain.time.clocks import AsOf, micros, window_of
from tests.support import oracle
from tests.support.oracle import Log
from tests.support.oracle_subjects import winners


def issue_elements(log: Log, issue: str, as_of: AsOf) -> list[IssueElement]:
    """Return the winners that have a place on the board of an issue."""
    return [
        IssueElement(dyad=dyad, element=winner.element)
        for (dyad, _), winner in winners(log, as_of).items()
        if issue in issues_of(winner.claim, winner.says)
    ]


def issue_board(log: Log, issue: str, as_of: AsOf) -> IssueBoard:
    """Return the board of an issue."""
    return board(issue, as_of, issue_elements(log, issue, as_of))


def comparison(log: Log, dyad: Dyad, before: AsOf, after: AsOf) -> BilateralComparison:
    """Return what changed between two points, from statuses, raw winners and streams of events."""
    was, now = winners(log, before), winners(log, after)

    def causes(facet: str) -> tuple[UUID, ...]:
        winning = [won.get((str(dyad), facet)) for won in (was, now)]
        old, new = (winner.element if winner else None for winner in winning)
        return causes_between(old, new, amendments)

    def amendments(event_id: UUID) -> tuple[UUID, ...]:
        return amendments_between(stream(log, event_id), before, after)

    return compare(oracle.status(log, dyad, before), oracle.status(log, dyad, after), causes)


def stream(log: Log, event_id: UUID) -> list[Recorded]:
    """Return a claim and its amendments as recorded."""
    return [
        entry
        for entry in log
        if entry.event and event_id in {entry.event.event_id, _amends(entry.event)}
    ]


def _amends(event: Claim | Amendment) -> UUID | None:
    return event.payload.amends if isinstance(event, Amendment) else None


def life_cycle_of(entries: Iterable[SubjectEntry]) -> tuple[LifeCycleStep, ...]:
    """Return the life cycle that claims about one subject tell."""
    claims = {entry.claim.event_id: entry for entry in entries}
    said = [_said(entry) for entry in claims.values() if asserted_of(entry.claim)]
    return life_cycle(said, lambda event_id: claims[UUID(bytes=event_id)].claim.occurred)


def _said(entry: SubjectEntry) -> StatedState:
    claim, (state, stage) = entry.claim, state_of(entry.claim)
    window = window_of(claim.occurred, claim.known, entry.known)
    rank = Rank.of(claim, stage, micros(entry.known), window)
    return StatedState(state, rank, micros(window.settled))
