"""The oracle of subjects, boards and comparisons: each the shortest fold over a log.

As in `tests.support.oracle`, the domain says what a claim asserts, what the key of a subject is
(`subjects_of`) and which shape the answers have. Which claims count, who wins, what is put
where and what makes a difference is found the naive way.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from communique.domain.claims.event import Amendment, Claim
from communique.domain.parties.party import Dyad
from communique.domain.state.assertions import Assertion, assertions, asserts_state, state_of
from communique.domain.state.comparison import BilateralComparison, ChangeKind, ElementChange
from communique.domain.state.disagreement import disagreements
from communique.domain.state.element import StatusElement
from communique.domain.state.facets import Facet, FacetKind
from communique.domain.state.issue_board import IssueBoard, IssueElement, IssueParty
from communique.domain.state.preferences import Disagreement
from communique.domain.state.resolved_as_of import ResolvedAsOf
from communique.domain.state.status import BilateralStatus, by_then
from communique.domain.state.subject import LifeCycleStep, SubjectEntry, subjects_of
from communique.domain.time.clocks import AsOf, known_at
from tests.support import oracle
from tests.support.elements import element_of
from tests.support.oracle import Log, Said, Seen, said_by, window

# --- subjects ------------------------------------------------------------------------------------


class SubjectView(NamedTuple):
    """All that the record has about one subject; claims in the order of (earliest, event id)."""

    life_cycle: list[LifeCycleStep]
    claims: list[Seen]
    disagreements: list[Disagreement]


def subject(log: Log, key: str, as_of: AsOf) -> SubjectView:
    """Return how things stand with one subject."""
    about = oracle.timeline(log, as_of, lambda claim: key in subjects_of(claim))
    entries = [SubjectEntry(seen.claim, seen.known) for seen in about]
    return SubjectView(life_cycle(entries), about, list(disagreements(entries)))


def subjects(log: Log, as_of: AsOf) -> dict[str, list[Claim]]:
    """Return the claims about each subject in the order of (earliest, event id), by sorted keys."""
    about: dict[str, list[Claim]] = defaultdict(list)
    for seen in oracle.timeline(log, as_of):
        for key in subjects_of(seen.claim):
            about[key].append(seen.claim)
    return dict(sorted(about.items()))


def life_cycle(entries: Iterable[SubjectEntry]) -> list[LifeCycleStep]:
    """Return the states that claims assert: found from the last one down, told the other way."""
    claims = [_said(entry) for entry in entries if asserts_state(entry.claim)]
    steps: list[LifeCycleStep] = []
    while claims:
        contenders = [it for it in claims if not any(it.settled < x.first for x in claims)]
        state = max(contenders, key=lambda it: it.rank_in_subject).element.state
        said = oracle.by_rank(it for it in claims if it.element.state is state)
        first = said[0].element
        steps.append(
            LifeCycleStep(
                state=state,
                occurred=first.occurred,
                certainty=first.certainty,
                event_ids=oracle.ids(said[:1000]),
            )
        )
        claims = [it for it in claims if it.element.state is not state]
    return steps[::-1]


def _said(entry: SubjectEntry) -> Said:
    """Return what a claim says, whatever the facet: here the facet makes no difference."""
    claim, (state, stage) = entry.claim, state_of(entry.claim)
    says = Assertion(Dyad("JPN", "KOR"), Facet(FacetKind.RELATIONS), state, stage)
    seen = Seen(0, entry.known, claim, entry.known)
    return said_by(seen, stage, element_of(claim, says, entry.known, window(seen)))


# --- winners of all facets -----------------------------------------------------------------------


class Winner(NamedTuple):
    """The winning claim of a facet, over or not, and the element that it makes."""

    claim: Claim
    says: Assertion
    element: StatusElement


def winners(log: Log, as_of: AsOf) -> dict[tuple[str, str], Winner]:
    """Return the winner of each facet of each dyad, by (dyad, facet), sorted."""
    claims = {seen.claim.event_id: seen.claim for seen in oracle.visible(log, as_of)}
    found: dict[tuple[str, str], Winner] = {}
    for slot, facet in oracle.told(log, as_of).items():
        if element := oracle.resolved(facet):
            claim = claims[element.event_ids[0]]
            slots = {(str(says.dyad), str(says.facet)): says for says in assertions(claim)}
            found[slot] = Winner(claim, slots[slot], element)
    return found


# --- the board of an issue -----------------------------------------------------------------------


def board(log: Log, issue: str, as_of: AsOf) -> IssueBoard:
    """Return how things stand on one issue."""
    shown = [winner for winner in winners(log, as_of).values() if _is_about(winner, issue)]
    return IssueBoard(
        issue=issue,
        as_of=ResolvedAsOf.of(as_of),
        parties=tuple(_part(shown, code, as_of) for code in sorted(set().union(*map(_own, shown)))),
        talks=_those(shown, "talks", as_of),
        agreements=_those(shown, "agreement", as_of),
        rulings=_those(shown, "ruling", as_of),
        mediation=_those(shown, "mediation", as_of),
        outlooks=_those(shown, "outlook", as_of),
        meetings=_those(shown, "meeting", as_of),
    )


def _is_about(won: Winner, issue: str) -> bool:
    """Whether the claim names the issue, and would fill the same facet if it named no other."""
    alone = won.claim.model_copy(update={"issues": (issue,)})
    return issue in won.claim.issues and _slot(won.says) in set(map(_slot, assertions(alone)))


_OWN_KINDS = {
    "stance",
    "demand",
    "proposal",
    "commitment",
    "threat",
    "accusation",
    "expulsion",
    "measure",
}


def _own(won: Winner) -> set[str]:
    """Whose facet it is: as the keys say, if need be those of the claim without a subject."""
    if won.says.facet.kind.value not in _OWN_KINDS:
        return set()
    bare = won.claim.model_copy(update={"subject": None})
    same_kind = {_slot(says) for says in assertions(bare) if says.facet.kind is won.says.facet.kind}
    mine = {_slot(won.says)} & same_kind or {slot for slot in same_kind if slot[0] == won.says.dyad}
    return {facet.key.split("/")[0] for _, facet in mine}


def _slot(says: Assertion) -> tuple[Dyad, Facet]:
    return says.dyad, says.facet


def _part(shown: list[Winner], code: str, as_of: AsOf) -> IssueParty:
    own = [winner for winner in shown if code in _own(winner)]
    return IssueParty(
        party=code,
        stances=_those(own, "stance", as_of),
        demands=_those(own, "demand", as_of),
        proposals=_those(own, "proposal", as_of),
        commitments=_those(own, "commitment", as_of),
        threats=_those(own, "threat", as_of),
        accusations=_those(own, "accusation", as_of),
        expulsions=_those(own, "expulsion", as_of),
        measures=_those(own, "measure", as_of),
    )


def _those(shown: list[Winner], kind: str, as_of: AsOf) -> tuple[IssueElement, ...]:
    return tuple(
        IssueElement(dyad=str(winner.says.dyad), element=by_then(winner.element, as_of))
        for winner in shown
        if winner.says.facet.kind.value == kind
    )


# --- what changed between two points -------------------------------------------------------------


def comparison(log: Log, dyad: Dyad, before: AsOf, after: AsOf) -> BilateralComparison:
    """Return what changed between two points."""
    statuses = oracle.status(log, dyad, before), oracle.status(log, dyad, after)
    was, now = map(by_facet, statuses)
    return BilateralComparison(
        dyad=str(dyad),
        before=ResolvedAsOf.of(before),
        after=ResolvedAsOf.of(after),
        posture_before=statuses[0].posture,
        posture_after=statuses[1].posture,
        changes=tuple(
            ElementChange(
                facet=facet,
                kind=_kind(was=facet in was, now=facet in now),
                before=was.get(facet),
                after=now.get(facet),
                cause_event_ids=causes(log, (str(dyad), facet), before, after),
            )
            for facet in sorted({*was, *now})
            if was.get(facet) != now.get(facet)
        ),
    )


def by_facet(status: BilateralStatus) -> dict[str, StatusElement]:
    """Return the elements of a status by their facets."""
    lists = [value for name, value in status if name not in {"relations", "posture_triggers"}]
    elements = [it for value in lists if isinstance(value, tuple) for it in value]
    shown = [it for it in [*elements, status.relations] if isinstance(it, StatusElement)]
    return {element.facet: element for element in shown}


def _kind(*, was: bool, now: bool) -> ChangeKind:
    return ChangeKind.CHANGED if was and now else ChangeKind.ENDED if was else ChangeKind.APPEARED


def causes(log: Log, slot: tuple[str, str], before: AsOf, after: AsOf) -> tuple[UUID, ...]:
    """Return what makes a facet differ between two points: evidence, amendments, or time alone."""
    was, now = (winners(log, as_of).get(slot) for as_of in (before, after))
    rests, rested = (evidence(it.element) if it else set[UUID]() for it in (now, was))
    differ = amendments_seen(log, before) ^ amendments_seen(log, after)
    amended = {amendment for amends, amendment in differ if amends in rests | rested}
    alone = {was.claim.event_id} if was else set[UUID]()
    return tuple(sorted((rests ^ rested) | amended or alone))


def evidence(element: StatusElement) -> set[UUID]:
    """Return all that an element and the surer ones below it name."""
    named = {*element.event_ids, *(origin.event_id for origin in element.origins)}
    named = named.union(*(other.event_ids for other in element.order_unknown))
    for difference in element.disagreements:
        named = named.union(*(reading.event_ids for reading in difference.readings))
    below = [*element.surer, *filter(None, [element.last_certain])]
    return named.union(*map(evidence, below))


def amendments_seen(log: Log, as_of: AsOf) -> set[tuple[UUID, UUID]]:
    """Return the visible amendments, each as (what it amends, itself)."""
    return {
        (recorded.event.payload.amends, recorded.event.event_id)
        for recorded in log[: as_of.position]
        if isinstance(recorded.event, Amendment)
        and known_at(recorded.event.known, recorded.record_time) <= as_of.known
    }
