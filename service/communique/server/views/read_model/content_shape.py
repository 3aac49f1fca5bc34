"""What a content gives to the read models, apart from its id, its times and where it decides.

Here the rules of the domain are run. Everything that a row holds beside ids, times and regions
follows from a content's shape: see `content_rows`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from communique.domain.claims.event import Claim
from communique.domain.claims.values import Certainty
from communique.domain.parties.party import Dyad
from communique.domain.state.assertions import (
    Assertion,
    affirmations,
    asserts_state,
    codes_concerned,
    denies,
    dyads_concerned,
    state_of,
)
from communique.domain.state.element import surety_of
from communique.domain.state.event_filter import DYAD, ISSUE, OUTLET, PARTY, SUBJECT, TYPE
from communique.domain.state.facets import Facet, FacetKind, State
from communique.domain.state.issue_board import issues_of
from communique.domain.state.pattern import quad_of
from communique.domain.state.score_series import Scale, millionths_of, sides_of
from communique.domain.state.status import UPCOMING_MAX
from communique.domain.state.subject import subjects_of
from communique.domain.time.clocks import micros
from communique.domain.time.edtf import CEILING
from communique.server.projections.projection import FOREVER

SCHEDULES: Final = 2
"""The first partition of claims that set a date; before it are those of denials."""
ASSERTING: Final = 4
"""The first partition of claims that assert a state."""

OPEN_BITS: Final = FOREVER.bit_length()
"""The bits of a span without an end: see `span_of`."""
_FACET: Final = "facet:"
_OPEN: Final = frozenset({State.PLANNED, State.POSTPONED, State.SCHEDULED})


class PlanShape(NamedTuple):
    """A plan that may stand in a status until an instant, in microseconds, or `FOREVER`.

    It does so from the time of its claim on; a date that is set apart, whatever the valid time.
    """

    until: int
    is_apart: bool


class FacetTraits(NamedTuple):
    """What a content says of a facet, whichever it is.

    Attributes:
        is_listed: whether a status looks at the facet whatever its time; not of plans.
        issues: those on whose boards the facet stands while this claim wins it.
        plan: how long a plan may stand; None for what is no plan.
    """

    is_listed: bool
    issues: tuple[str, ...]
    plan: PlanShape | None


class ContentTraits(NamedTuple):
    """What follows from a content and names no party.

    Attributes:
        topic: the type's word.
        certainty: as the domain ranks it.
        surety: how sure it counts as.
        state: what it asserts of its subjects; None for a denial.
        stage: of the state that it asserts or denies.
        partition: of the claims of its facets, if it was known after it had settled; the next one
            if before. Denials are in the first two, schedules in the next two, and the claims that
            assert a state in two for each surety.
        subject: the one that it gives itself, if any.
        quad: its class as a report; None where it counts in no pattern.
        goldstein, plover: its scores in millionths; None where a scale has none.
        sides: who acts in each of its dyads: a `Side`, or None where it is no act of the two.
        facets: what it says of each of its facets.
    """

    topic: str
    certainty: int
    surety: int
    state: str | None
    stage: int
    partition: int
    subject: str | None
    quad: int | None
    goldstein: int | None
    plover: int | None
    sides: tuple[int | None, ...]
    facets: tuple[FacetTraits, ...]


class ContentNames(NamedTuple):
    """What a content is found by.

    Attributes:
        codes: of all who are concerned, sorted, with a space around each.
        tags: its type's and its outlet's, those of the dyads on whose timelines it stands, of its
            issues and subjects, of the issues in each dyad, and of parties in no dyad.
        facets: the tag of the dyad and of the facet of each, such as `facet:talks/export-controls`.
    """

    codes: str
    tags: tuple[str, ...]
    facets: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class ContentShape:
    """What follows from a content without its id and times, but for whether it was foreseen."""

    traits: ContentTraits
    names: ContentNames


def shape_of(claim: Claim, *, foreseen: bool) -> ContentShape:
    """Return the shape of a content; `foreseen` says whether it was known before it happened."""
    affirmed, surety = affirmations(claim), surety_of(claim, foreseen=foreseen)
    said = [] if claim.certainty is Certainty.UNCOMMITTED else affirmed
    (state, stage), is_asserted = state_of(claim), asserts_state(claim)
    dyads, sides = dyads_concerned(claim), sides_of(claim)
    names = ContentNames(
        f" {' '.join(sorted(codes_concerned(claim)))} ",
        tuple(_tags(claim, affirmed, [*map(tag_of_dyad, dyads)])),
        tuple((tag_of_dyad(assertion.dyad), tag_of_facet(assertion.facet)) for assertion in said),
    )
    traits = ContentTraits(
        claim.payload.type,
        claim.certainty.rank,
        surety,
        state.value if is_asserted else None,
        int(stage),
        _partition(claim, state, surety),
        claim.subject,
        quad_of(claim),
        millionths_of(claim, Scale.GOLDSTEIN),
        millionths_of(claim, Scale.PLOVER),
        tuple(int(sides[dyad]) if dyad in sides else None for dyad in dyads),
        tuple(_facet_traits(claim, assertion) for assertion in said),
    )
    return ContentShape(traits, names)


def _tags(claim: Claim, affirmed: Sequence[Assertion], dyads: Sequence[str]) -> Iterator[str]:
    yield f"{TYPE}{claim.payload.type}"
    yield f"{OUTLET}{claim.source.outlet}"
    yield from dyads
    yield from (f"{ISSUE}{issue}" for issue in claim.issues)
    yield from (f"{SUBJECT}{key}" for key in subjects_of(claim, affirmed))
    yield from (tag_of_issue_in(dyad, issue) for dyad in dyads for issue in claim.issues)
    in_dyads = {code for dyad in dyads for code in codes_in(dyad)}
    yield from (f"{PARTY}{code}" for code in sorted(codes_concerned(claim) - in_dyads))


def codes_in(dyad_tag: str) -> list[str]:
    """Return the codes of the two parties of a dyad's tag."""
    return dyad_tag.removeprefix(DYAD).split("-")


def tag_of_issue_in(dyad_tag: str, issue: str) -> str:
    """Return the tag of the claims of a dyad that name an issue."""
    return f"{dyad_tag} {issue}"


def tag_of_dyad(dyad: Dyad) -> str:
    """Return the tag of a dyad."""
    return f"{DYAD}{dyad}"


def tag_of_facet(facet: str | Facet) -> str:
    """Return the tag of a facet, such as `facet:talks/export-controls`."""
    return f"{_FACET}{facet}"


def facet_of(tag: str) -> str:
    """Return the facet of a facet's tag."""
    return tag.removeprefix(_FACET)


def is_dyad(tag: str) -> bool:
    """Whether a tag is a dyad's; that of an issue in a dyad is not."""
    return tag.startswith(DYAD) and " " not in tag


def _facet_traits(claim: Claim, assertion: Assertion) -> FacetTraits:
    is_listed = assertion.facet.kind is not FacetKind.AGENDA
    return FacetTraits(is_listed, issues_of(claim, assertion), _plan(assertion))


def _partition(claim: Claim, state: State, surety: int) -> int:
    if denies(claim):
        return 0
    return SCHEDULES if state is State.SCHEDULED else 2 * surety


def _plan(assertion: Assertion) -> PlanShape | None:
    if assertion.facet.kind is not FacetKind.AGENDA or assertion.state not in _OPEN:
        return None
    end = assertion.scheduled.over if assertion.scheduled else None
    is_bounded = end is not None and end < CEILING - UPCOMING_MAX
    until = micros(end + UPCOMING_MAX) if end is not None and is_bounded else FOREVER
    return PlanShape(until, assertion.state is State.SCHEDULED)


def span_of(plan: PlanShape, first: int) -> tuple[int, int, int] | None:
    """Return how long a plan may stand: the bits of the span, its end and its beginning.

    `first` is the first instant, in microseconds, at which the claim can have been made.
    """
    announced = -FOREVER if plan.is_apart else first
    if plan.until <= announced:
        return None
    is_open = FOREVER in {plan.until, -announced}
    return OPEN_BITS if is_open else (plan.until - announced).bit_length(), plan.until, announced
