"""Issue boards: how things stand on one issue, party by party, across all dyads."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from communique.domain.claims.event import Claim
from communique.domain.model import Model
from communique.domain.parties.party import Dyad
from communique.domain.state.assertions import Assertion, is_by_issue, owners
from communique.domain.state.element import StatusElement
from communique.domain.state.facets import Facet, FacetKind
from communique.domain.state.resolved_as_of import ResolvedAsOf
from communique.domain.state.status import by_then
from communique.domain.time.clocks import AsOf
from communique.domain.time.edtf import ValidTime


class IssueElement(Model):
    """An element with its dyad."""

    dyad: str
    element: StatusElement


class IssueParty(Model):
    """The part of a board that belongs to one party; lists are sorted by dyad and facet."""

    party: str
    stances: tuple[IssueElement, ...] = ()
    demands: tuple[IssueElement, ...] = ()
    proposals: tuple[IssueElement, ...] = ()
    commitments: tuple[IssueElement, ...] = ()
    measures: tuple[IssueElement, ...] = ()
    threats: tuple[IssueElement, ...] = ()
    accusations: tuple[IssueElement, ...] = ()
    expulsions: tuple[IssueElement, ...] = ()


class IssueBoard(Model):
    """How things stand on one issue as of a point; lists are sorted by dyad and facet."""

    issue: str
    as_of: ResolvedAsOf
    parties: tuple[IssueParty, ...] = ()
    talks: tuple[IssueElement, ...] = ()
    agreements: tuple[IssueElement, ...] = ()
    rulings: tuple[IssueElement, ...] = ()
    mediation: tuple[IssueElement, ...] = ()
    outlooks: tuple[IssueElement, ...] = ()
    meetings: tuple[IssueElement, ...] = ()


class IssueSummary(Model):
    """An issue in a list, with the number of claims about it and the time of the latest."""

    issue: str
    claim_count: int
    latest: ValidTime


_SHARED: Final = {
    FacetKind.TALKS: "talks",
    FacetKind.AGREEMENT: "agreements",
    FacetKind.RULING: "rulings",
    FacetKind.MEDIATION: "mediation",
    FacetKind.OUTLOOK: "outlooks",
    FacetKind.MEETING: "meetings",
}
_OWN: Final = {
    FacetKind.STANCE: "stances",
    FacetKind.DEMAND: "demands",
    FacetKind.PROPOSAL: "proposals",
    FacetKind.COMMITMENT: "commitments",
    FacetKind.MEASURE: "measures",
    FacetKind.THREAT: "threats",
    FacetKind.ACCUSATION: "accusations",
    FacetKind.EXPULSION: "expulsions",
}


def issues_of(claim: Claim, assertion: Assertion) -> tuple[str, ...]:
    """Return the issues on whose boards a facet stands while this claim wins it.

    A facet by issue stands on the board of that issue; any other facet, such as a measure with a
    subject, on the boards of all issues that the claim names.
    """
    kind = assertion.facet.kind
    if kind not in _SHARED and kind not in _OWN:
        return ()
    if is_by_issue(kind, claim.subject):
        return (assertion.issue,) if assertion.issue else ()
    return claim.issues


def board(issue: str, as_of: AsOf, winners: Iterable[IssueElement]) -> IssueBoard:
    """Put the winning claims on one issue together as of a point.

    `winners` are the elements, at most one for each facet of each dyad, for whose claim `issues_of`
    has the issue, marked as contested and with their last certain claim where that applies. A board
    also shows facets whose life cycle is over, but no plans, relations and coded reports.
    """
    shared: dict[str, Any] = {}
    own: dict[str, dict[str, Any]] = {}
    for winner in sorted(winners, key=lambda winner: (winner.dyad, winner.element.facet)):
        shown = IssueElement(dyad=winner.dyad, element=by_then(winner.element, as_of))
        kind = winner.element.kind
        if kind in _SHARED:
            shared.setdefault(_SHARED[kind], []).append(shown)
        elif kind in _OWN:
            for code in _owners(winner):
                own.setdefault(code, {}).setdefault(_OWN[kind], []).append(shown)
    parties = tuple(IssueParty(party=code, **own[code]) for code in sorted(own))
    return IssueBoard(issue=issue, as_of=ResolvedAsOf.of(as_of), parties=parties, **shared)


def joined(pages: Sequence[IssueBoard]) -> IssueBoard:
    """Put the pages of one board together by concatenating their lists."""
    parts: dict[str, list[IssueParty]] = {}
    for page in pages:
        for part in page.parties:
            parts.setdefault(part.party, []).append(part)
    parties = tuple(IssueParty(party=code, **_lists(parts[code], _OWN)) for code in sorted(parts))
    shared = _lists(pages, _SHARED)
    return IssueBoard(issue=pages[0].issue, as_of=pages[0].as_of, parties=parties, **shared)


def _lists(
    holders: Sequence[IssueBoard | IssueParty], names: Mapping[FacetKind, str]
) -> dict[str, Any]:
    """Return the concatenated lists of the holders by the lists' names."""
    return {
        name: tuple(element for holder in holders for element in getattr(holder, name))
        for name in names.values()
    }


def _owners(winner: IssueElement) -> list[str]:
    """Return the codes of the parties in whose part of the board an element stands."""
    element = winner.element
    if is_by_issue(element.kind, element.subject):
        return [Facet.parse(element.facet).key.partition("/")[0]]
    dyad = Dyad.parse(winner.dyad)
    return owners(element.state, dyad, element.actors, element.recipients, element.participants)
