"""Subjects: the things in the world that claims are about, and how their life cycles went."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import product
from typing import Final, NamedTuple
from uuid import UUID

from communique.domain.assertions import GENERAL, affirmations, denies, state_of
from communique.domain.edtf import ValidTime
from communique.domain.element import Rank
from communique.domain.event import Claim
from communique.domain.facets import Facet, FacetKind, State
from communique.domain.model import Model
from communique.domain.parties import Dyad
from communique.domain.values import Certainty

_MEETINGS: Final = frozenset({FacetKind.MEETING, FacetKind.AGENDA})
_WORD_BEGINS: Final = re.compile(r"(?<!^)(?=[A-Z])")


class SubjectEntry(NamedTuple):
    """A claim about a subject, and when its content could be known (aware UTC)."""

    claim: Claim
    known: datetime


class LifeCycleStep(Model):
    """One state of a subject, and the claims that say so, the greatest by rank first.

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


def subjects_of(claim: Claim) -> tuple[str, ...]:
    """Return the keys of the subjects that it is about, sorted, of at most 200 characters each.

    It is the key that the claim names. Where it names none, they are derived from the facets that
    it is about, whether it affirms or denies, or else from its actors:

    | about | key | for example |
    |---|---|---|
    | a meeting | `meeting/{event id}` | of its own: nothing says which other claims mean it |
    | any other facet | `{kind}/{dyad}/{key}` | `stance/JPN-KOR/KOR/export-controls` |
    | no dyad | `{type}/{party}/{issue}` | `stance-stated/KOR/general` |
    """
    if claim.subject:
        return (claim.subject,)
    keys = {_key(claim, about.dyad, about.facet) for about in affirmations(claim)}
    return tuple(sorted(keys or set(_keys_of_actors(claim))))


def _key(claim: Claim, dyad: Dyad, facet: Facet) -> str:
    if facet.kind in _MEETINGS:
        return f"{FacetKind.MEETING.value}/{claim.event_id}"
    return "/".join(filter(None, (facet.kind.value, str(dyad), facet.key)))


def _keys_of_actors(claim: Claim) -> Iterator[str]:
    word = _WORD_BEGINS.sub("-", claim.payload.type).lower()
    for party, issue in product(claim.actors, claim.issues or (GENERAL,)):
        yield f"{word}/{party.code}/{issue}"


def life_cycle(entries: Iterable[SubjectEntry]) -> tuple[LifeCycleStep, ...]:
    """Return the states that the claims about one subject assert, one step for each.

    They stand in the order of the rank of each step's greatest claim: of its earliest valid time,
    then its stage, and so on. A denial asserts no state. A claim that concerns no dyad does.
    """
    steps: dict[State, dict[Rank, Claim]] = {}
    for claim, known in entries:
        if not denies(claim):
            state, stage = state_of(claim)
            certainty = claim.certainty.rank
            rank = Rank(claim.occurred.earliest, stage, certainty, known, claim.event_id)
            steps.setdefault(state, {})[rank] = claim
    ordered = sorted(steps, key=lambda state: max(steps[state]))
    return tuple(_step(state, steps[state]) for state in ordered)


def _step(state: State, said: dict[Rank, Claim]) -> LifeCycleStep:
    ranked = [said[rank] for rank in sorted(said, reverse=True)]
    return LifeCycleStep(
        state=state,
        occurred=ranked[0].occurred,
        certainty=max((claim.certainty for claim in ranked), key=lambda it: it.rank),
        event_ids=tuple(claim.event_id for claim in ranked),
    )
