"""Subjects: the things in the world that claims are about, and how their life cycles went."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import product
from typing import Final, NamedTuple
from uuid import UUID

from communique.domain.claims.event import Claim
from communique.domain.claims.values import Certainty
from communique.domain.model import Model
from communique.domain.parties.party import Dyad
from communique.domain.state.assertions import GENERAL, Assertion, affirmations, denies, state_of
from communique.domain.state.element import Rank
from communique.domain.state.facets import Facet, FacetKind, Stage, State
from communique.domain.time.edtf import ValidTime

EVENT_IDS_MAX: Final = 1_000
"""Claims that are named as saying one thing of a subject; there may be more."""
_BY_RANK: Final = {certainty.rank: certainty for certainty in Certainty}
_MEETINGS: Final = frozenset({FacetKind.MEETING, FacetKind.AGENDA})
_WORD_BEGINS: Final = re.compile(r"(?<!^)(?=[A-Z])")


class SubjectEntry(NamedTuple):
    """A claim about a subject, and when its content could be known (aware UTC)."""

    claim: Claim
    known: datetime


class RankedState(NamedTuple):
    """The state that one claim asserts of its subject, and the claim's rank.

    In the rank, times are microseconds and the event's id is its bytes.
    """

    state: State
    rank: Rank


class LifeCycleStep(Model):
    """One state of a subject, and the claims that say so, the greatest 1,000 by rank.

    `occurred` is the time of the greatest, `certainty` the greatest certainty among all of them.
    """

    state: State
    occurred: ValidTime
    certainty: Certainty
    event_ids: tuple[UUID, ...]


class SubjectSummary(Model):
    """A subject in a list: how many claims there are about it, and the time of the latest."""

    subject: str
    claim_count: int
    latest: ValidTime


def subjects_of(claim: Claim, about: Iterable[Assertion] | None = None) -> tuple[str, ...]:
    """Return the keys of the subjects that it is about, sorted, of at most 200 characters each.

    It is the key that the claim names. Where it names none, they are derived from the facets that
    it is about, whether it affirms or denies, or else from its actors:

    | about | key | for example |
    |---|---|---|
    | a meeting | `meeting/{event id}` | of its own: nothing says which other claims mean it |
    | any other facet | `{kind}/{dyad}/{key}` | `stance/JPN-KOR/KOR/export-controls` |
    | no dyad | `{type}/{party}/{issue}` | `stance-stated/KOR/general` |

    `about` are its `affirmations`, where they were found before.
    """
    if claim.subject:
        return (claim.subject,)
    found = affirmations(claim) if about is None else about
    keys = {_key(claim, one.dyad, one.facet) for one in found}
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
    """Return the state that it asserts of its subjects, and how far that has come.

    A denial asserts none. A claim that concerns no dyad does assert one.
    """
    return None if denies(claim) else state_of(claim)


def life_cycle(
    states: Iterable[RankedState], occurred: Callable[[bytes], ValidTime]
) -> tuple[LifeCycleStep, ...]:
    """Return the states that the claims about one subject assert, one step for each.

    They stand in the order of the rank of each step's greatest claim: of its earliest valid time,
    then its stage, and so on. `occurred` tells the time of such a claim, by its id.
    """
    ranks: dict[State, list[Rank]] = {}
    for state, rank in sorted(states, key=lambda each: each.rank, reverse=True):
        ranks.setdefault(state, []).append(rank)
    return tuple(_step(state, found, occurred) for state, found in reversed(ranks.items()))


def _step(
    state: State, ranks: Sequence[Rank], occurred: Callable[[bytes], ValidTime]
) -> LifeCycleStep:
    """Return the step of the claims with these ranks, the greatest first."""
    return LifeCycleStep(
        state=state,
        occurred=occurred(ranks[0].event_id),
        certainty=_BY_RANK[max(rank.certainty for rank in ranks)],
        event_ids=tuple(UUID(bytes=rank.event_id) for rank in ranks[:EVENT_IDS_MAX]),
    )
