"""Subjects: the things in the world that claims are about, and their life cycles."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import product
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
from communique.domain.state.preferences import EVENT_IDS_MAX
from communique.domain.state.winners import not_surely_before
from communique.domain.time.edtf import ValidTime

_BY_RANK: Final = {certainty.rank: certainty for certainty in Certainty}
_MEETINGS: Final = frozenset({FacetKind.MEETING, FacetKind.AGENDA})
_WORD_BEGINS: Final = re.compile(r"(?<!^)(?=[A-Z])")


class SubjectEntry(NamedTuple):
    """A claim about a subject, and when its content could be known (aware UTC)."""

    claim: Claim
    known: datetime


class StatedState(NamedTuple):
    """The state that one claim asserts of its subject.

    `settled` is the instant by which it must have begun, in microseconds.
    """

    state: State
    rank: Rank
    settled: int


class LifeCycleStep(Model):
    """One state of a subject, and the claims that assert it, the greatest 1,000 by rank.

    `occurred` is the time of the first of them, the surest, and `certainty` its certainty.
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
    stated: Iterable[StatedState], occurred: Callable[[bytes], ValidTime]
) -> tuple[LifeCycleStep, ...]:
    """Return one step for each state that the claims about one subject assert.

    The last step is the state that stands, as `resolution` finds it; the one before it is what
    would stand without that state, and so on. `occurred` returns the valid time of a claim by id.
    """
    claims: list[StatedState] = list(stated)
    steps: list[LifeCycleStep] = []
    while claims:
        lead = max(not_surely_before(claims), key=_within_subject)
        ranks = (claim.rank for claim in claims if claim.state is lead.state)
        said = sorted(ranks, key=_within_state, reverse=True)
        steps.append(
            LifeCycleStep(
                state=lead.state,
                occurred=occurred(said[0].event_id),
                certainty=_BY_RANK[said[0].surety // 2],
                event_ids=tuple(UUID(bytes=rank.event_id) for rank in said[:EVENT_IDS_MAX]),
            )
        )
        claims = [claim for claim in claims if claim.state is not lead.state]
    return tuple(reversed(steps))


def _within_subject(claim: StatedState) -> tuple[int, int, int, int, bytes]:
    return claim.rank.within_subject


def _within_state(rank: Rank) -> tuple[int, int, int, bytes]:
    return rank.within_state
