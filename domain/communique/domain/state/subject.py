"""Subjects: the things in the world that claims are about, and their life cycles."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import product
from operator import attrgetter
from typing import Final, NamedTuple
from uuid import UUID

from communique.domain.claims.event import Claim
from communique.domain.claims.values import Certainty
from communique.domain.model import Model
from communique.domain.parties.party import Dyad
from communique.domain.state.assertions import (
    GENERAL,
    Assertion,
    affirmations,
    asserts_state,
    state_of,
)
from communique.domain.state.element import Rank
from communique.domain.state.facets import Facet, FacetKind, Stage, State
from communique.domain.time.edtf import ValidTime

EVENT_IDS_MAX: Final = 1_000
"""The most claims that a step or a reading names; there may be more."""
_BY_RANK: Final = {certainty.rank: certainty for certainty in Certainty}
_MEETINGS: Final = frozenset({FacetKind.MEETING, FacetKind.AGENDA})
_WORD_BEGINS: Final = re.compile(r"(?<!^)(?=[A-Z])")


class SubjectEntry(NamedTuple):
    """A claim about a subject, and when its content could be known (aware UTC)."""

    claim: Claim
    known: datetime


class RankedState(NamedTuple):
    """The state that one claim asserts of its subject, and the claim's rank."""

    state: State
    rank: Rank


class LifeCycleStep(Model):
    """One state of a subject, and the claims that assert it, the greatest 1,000 by rank.

    `occurred` is the time of the greatest claim, `certainty` the greatest certainty of all.
    """

    state: State
    occurred: ValidTime
    certainty: Certainty
    event_ids: tuple[UUID, ...]


class SubjectSummary(Model):
    """A subject in a list, with the number of claims about it and the time of the latest."""

    subject: str
    claim_count: int
    latest: ValidTime


def subjects_of(claim: Claim, affirmed: Iterable[Assertion] | None = None) -> tuple[str, ...]:
    """Return the sorted keys of the subjects of a claim, each of at most 200 characters.

    A claim that names no subject has keys derived from the facets that it is about, whether it
    affirms or denies, or else from its actors:

    | about | key | for example |
    |---|---|---|
    | a meeting | `meeting/{event id}` | of its own: no other claim is known to be about it |
    | any other facet | `{kind}/{dyad}/{key}` | `stance/JPN-KOR/KOR/export-controls` |
    | no dyad | `{type}/{party}/{issue}` | `stance-stated/KOR/general` |

    `affirmed` are the claim's `affirmations`, where they are known already.
    """
    if claim.subject:
        return (claim.subject,)
    assertions = affirmations(claim) if affirmed is None else affirmed
    keys = {_key(claim, assertion.dyad, assertion.facet) for assertion in assertions}
    return tuple(sorted(keys or set(_keys_of_actors(claim))))


def _key(claim: Claim, dyad: Dyad, facet: Facet) -> str:
    if facet.kind in _MEETINGS:
        return f"{FacetKind.MEETING.value}/{claim.event_id}"
    return "/".join(filter(None, (facet.kind.value, str(dyad), facet.key)))


def _keys_of_actors(claim: Claim) -> Iterator[str]:
    word = _WORD_BEGINS.sub("-", claim.payload.type).lower()
    for party, issue in product(claim.actors, claim.issues or (GENERAL,)):
        yield f"{word}/{party.code}/{issue}"


def asserted_of(claim: Claim) -> tuple[State, Stage] | None:
    """Return the state that a claim asserts of its subjects and its stage; None for a denial."""
    return state_of(claim) if asserts_state(claim) else None


def life_cycle(
    states: Iterable[RankedState], occurred: Callable[[bytes], ValidTime]
) -> tuple[LifeCycleStep, ...]:
    """Return one step for each state that the claims about one subject assert.

    Steps are in the order of the rank of their greatest claims. `occurred` returns the valid time
    of such a claim by its id.
    """
    ranks: dict[State, list[Rank]] = {}
    for state, rank in sorted(states, key=attrgetter("rank"), reverse=True):
        ranks.setdefault(state, []).append(rank)
    return tuple(
        LifeCycleStep(
            state=state,
            occurred=occurred(descending[0].event_id),
            certainty=_BY_RANK[max(rank.certainty for rank in descending)],
            event_ids=tuple(UUID(bytes=rank.event_id) for rank in descending[:EVENT_IDS_MAX]),
        )
        for state, descending in reversed(ranks.items())
    )
