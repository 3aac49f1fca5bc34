"""The claims of one facet of a dyad as of a point, which of them wins, and who bears witness.

Two claims are in order only where one lies surely before the other: it must have begun before the
other can have. Of the claims asserted those that lie surely before another say nothing of the
present, and the rest are the *contenders*. Of each subject among them one claim leads, of the leads
the greatest names subject and state, and the surest claim of these wins. So a vague time is not
undone by a precise one within it: "proposed at 10:00" comes before "refused that day", as a refusal
answers a proposal.

The claims that say the same of the same subject, without another state surely between, are the
winner's *witnesses*.
"""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple, Protocol, TypeVar

from communique.domain.state.element import Rank, StatusElement
from communique.domain.state.facets import FacetKind, State

WITNESSES_MAX: Final = 64
"""Fields, contest and counts are decided over so many witnesses, those that began last."""
_MET: Final = frozenset({State.STARTED, State.HELD})


class FacetClaim(NamedTuple):
    """What one claim says of a facet: it asserts a state, denies one, or sets a date.

    Attributes:
        rank: among the claims of the facet.
        settled: the instant by which what it says must have begun, in microseconds.
        is_disputed: whether a dispute of it is visible.
        element: what it alone would fill the facet with.
    """

    rank: Rank
    settled: int
    is_disputed: bool
    element: StatusElement

    @property
    def subject_and_state(self) -> tuple[str, State]:
        """What the claim is about, and the state that it asserts, denies or sets a date for."""
        return self.element.subject, self.element.state

    @property
    def element_alone(self) -> StatusElement:
        """What it makes of the facet as long as no other claim speaks of that."""
        contested = {"contested": True}
        return self.element.model_copy(update=contested) if self.is_disputed else self.element

    @property
    def subject_has_met(self) -> bool:
        """Whether it says of a planned meeting that it was held, or has begun."""
        element = self.element
        return element.state in _MET and element.kind is FacetKind.AGENDA

    def is_surely_before(self, other: "FacetClaim") -> bool:
        """Whether what it says must have begun before what the other says can have."""
        return self.settled < other.rank.first


class ClaimsOfFacet(NamedTuple):
    """The claims of one facet as of a point.

    Attributes:
        asserted: those that assert a state, visible and asserted.
        denials: those that deny one, visible and asserted.
        schedules: those that set a date, visible; with `is_asserted` beside each.
    """

    asserted: Sequence[FacetClaim]
    denials: Sequence[FacetClaim] = ()
    schedules: Sequence[tuple[FacetClaim, bool]] = ()

    @property
    def are_curated(self) -> bool:
        """Whether no claim is coded by a machine."""
        claims = (*self.asserted, *self.denials, *(claim for claim, _ in self.schedules))
        return not any(claim.element.coded for claim in claims)

    @property
    def curated(self) -> "ClaimsOfFacet":
        """The claims that people submitted."""
        return ClaimsOfFacet(
            [claim for claim in self.asserted if not claim.element.coded],
            [claim for claim in self.denials if not claim.element.coded],
            [entry for entry in self.schedules if not entry[0].element.coded],
        )


class _Dated(Protocol):
    """What one claim says, with the claim's rank and the instant by which it must have begun."""

    @property
    @abstractmethod
    def rank(self) -> Rank: ...

    @property
    @abstractmethod
    def settled(self) -> int: ...


_D = TypeVar("_D", bound=_Dated)


def not_surely_before(claims: Sequence[_D]) -> list[_D]:
    """Return those of some claims, of at least one, that do not lie surely before another."""
    last_first = max(claim.rank.first for claim in claims)
    return [claim for claim in claims if claim.settled >= last_first]


def contenders(asserted: Sequence[FacetClaim]) -> list[FacetClaim]:
    """Return the claims that do not lie surely before another.

    No plan re-opens a meeting that was held, however late it is: of a meeting that is claimed to
    have begun only those claims are contenders that say so.
    """
    begun = [claim for claim in asserted if claim.subject_has_met]
    return not_surely_before(begun or asserted)


def winner_of(asserted: Sequence[FacetClaim]) -> FacetClaim:
    """Return the winning claim of a facet's asserted claims, of at least one."""
    open_claims = contenders(asserted)
    leads: dict[str, FacetClaim] = {}
    for claim in open_claims:
        lead = leads.setdefault(claim.element.subject, claim)
        if claim.rank.within_subject > lead.rank.within_subject:
            leads[claim.element.subject] = claim
    named = max(leads.values(), key=_rank).subject_and_state
    of_state = (claim for claim in open_claims if claim.subject_and_state == named)
    return max(of_state, key=_within_state)


def winners_by_surety(asserted: Sequence[FacetClaim]) -> Iterator[tuple[FacetClaim, int]]:
    """Yield the winner of all claims, then what the claims of each greater surety alone say.

    Each comes with the surety of which its claims are at least. A winner that says the same as the
    one before, and is no surer, is left out.
    """
    last: FacetClaim | None = None
    for least in sorted({claim.rank.surety for claim in asserted}):
        winner = winner_of([claim for claim in asserted if claim.rank.surety >= least])
        is_same = last is not None and winner.subject_and_state == last.subject_and_state
        if last is None or not is_same or winner.rank.surety > last.rank.surety:
            yield winner, least
            last = winner


def witnesses_of(winner: FacetClaim, asserted: Iterable[FacetClaim]) -> list[FacetClaim]:
    """Return the winner, then the other claims that say the same, in the order of rank.

    Another state of the subject that lies surely between a claim and the winner parts them; of
    claims without a subject those are witnesses that are not surely apart. At most `WITNESSES_MAX`
    are returned, those that began last.
    """
    of_subject = [claim for claim in asserted if claim.element.subject == winner.element.subject]
    if winner.element.subject:
        between = (
            claim.rank.first
            for claim in of_subject
            if claim.element.state is not winner.element.state and claim.is_surely_before(winner)
        )
        since = max(between, default=None)
    else:
        since = winner.rank.first
    others = [
        claim
        for claim in of_subject
        if claim.element.state is winner.element.state
        and claim.rank.event_id != winner.rank.event_id
        and (since is None or claim.settled >= since)
    ]
    if len(others) >= WITNESSES_MAX:
        others.sort(key=_began, reverse=True)
        others = others[: WITNESSES_MAX - 1]
    return [winner, *by_rank(others)]


def _rank(claim: FacetClaim) -> Rank:
    return claim.rank


def by_rank(claims: Iterable[FacetClaim]) -> list[FacetClaim]:
    """Return claims of one state, the greatest first: arrival decides nothing."""
    return sorted(claims, key=_within_state, reverse=True)


def _within_state(claim: FacetClaim) -> tuple[int, int, int, bytes]:
    return claim.rank.within_state


def _began(claim: FacetClaim) -> tuple[int, Rank]:
    return claim.settled, claim.rank
