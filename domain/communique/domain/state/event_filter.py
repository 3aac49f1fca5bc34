"""Which events a question is about: a filter, and what events are found by.

An event is found by *tags* (its type, dyads, parties, issues, subjects) and by a few plain values
(certainty, outlet, the ends of its valid time). A filter is a set of tags for each of its parts and
a condition for each plain value. `Filter.selects` evaluates them; the timeline looks the tags up
and generates its SQL from the conditions.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

from communique.domain.claims.event import Amendment, Claim, Event, EventCorrected, EventDisputed
from communique.domain.claims.values import Certainty
from communique.domain.parties.party import Dyad
from communique.domain.state.assertions import Assertion, codes_concerned, dyads_concerned
from communique.domain.state.subject import subjects_of

ALL: Final = "*"
"""The tag of every event."""
TYPE: Final = "type:"
DYAD: Final = "dyad:"
PARTY: Final = "party:"
ISSUE: Final = "issue:"
SUBJECT: Final = "subject:"

_NO_END: Final = datetime.max.replace(tzinfo=UTC)
_NOTHING: Final[frozenset[str]] = frozenset()


class FoundBy(NamedTuple):
    """What an event is found by; None where it has no such value.

    Attributes:
        tags: what it is about.
        certainty: of the claim.
        outlet: of the source.
        earliest: the beginning of its valid time, aware UTC.
        latest: the end of its valid time, far off where it is open.
    """

    tags: Collection[str]
    certainty: Certainty | None
    outlet: str
    earliest: datetime | None
    latest: datetime | None


class FilterCondition(NamedTuple):
    """A plain value that an event must have: `in` a set, `>` or `<=` an instant."""

    name: str
    sign: str
    wanted: Any

    def holds(self, value: Any) -> bool:  # noqa: ANN401  of any field
        """Whether a value meets it; no value does not."""
        if value is None:
            return False
        if self.sign == "in":
            return value in self.wanted
        return bool(value > self.wanted if self.sign == ">" else value <= self.wanted)


@dataclass(frozen=True, slots=True)
class Filter:
    """Selects events: each part that is given must match, an empty one matches all.

    Attributes:
        dyad: stands among the dyads that the event concerns.
        parties: one of these codes takes part, or is a side that a third party steps between.
        issues: one of these is an issue of the event.
        subjects: it is about one of these, named or derived.
        types: its type word is one of these.
        certainties: one of these is its certainty.
        outlets: one of these published it.
        occurred_from: aware UTC; it was not over before that.
        occurred_to: aware UTC; it had begun by then.
    """

    dyad: Dyad | None = None
    parties: frozenset[str] = _NOTHING
    issues: frozenset[str] = _NOTHING
    subjects: frozenset[str] = _NOTHING
    types: frozenset[str] = _NOTHING
    certainties: frozenset[Certainty] = frozenset()
    outlets: frozenset[str] = _NOTHING
    occurred_from: datetime | None = None
    occurred_to: datetime | None = None

    def selects(self, event: Event) -> bool:
        """Whether it selects an event, an amendment by what it says itself."""
        return self.selects_found_by(found_by(event))

    def selects_found_by(self, keys: FoundBy) -> bool:
        """Whether it selects the event that is found by these keys."""
        return all(any(tag in keys.tags for tag in tags) for tags in self.tag_sets()) and all(
            condition.holds(getattr(keys, condition.name)) for condition in self.conditions()
        )

    def tag_sets(self) -> list[list[str]]:
        """Return the tags of each part, the rarest part first; one of each set is needed."""
        parts = [
            [f"{SUBJECT}{key}" for key in self.subjects],
            [f"{DYAD}{self.dyad}"] if self.dyad else [],
            [f"{ISSUE}{issue}" for issue in self.issues],
            [f"{PARTY}{code}" for code in self.parties],
            [f"{TYPE}{word}" for word in self.types],
        ]
        return [sorted(tags) for tags in parts if tags] or [[ALL]]

    def conditions(self) -> list[FilterCondition]:
        """Return the conditions on plain values, all of which have to hold."""
        parts = [
            FilterCondition("certainty", "in", self.certainties or None),
            FilterCondition("outlet", "in", self.outlets or None),
            FilterCondition("latest", ">", self.occurred_from),
            FilterCondition("earliest", "<=", self.occurred_to),
        ]
        return [condition for condition in parts if condition.wanted is not None]


def found_by(event: Event) -> FoundBy:
    """Return what an event is found by, an amendment by what it says itself.

    A correction is found by its content under its own type. A retraction or a dispute has an outlet
    and may have a party, but nothing else.
    """
    match event:
        case Claim():
            return _found_by_content(event, event.payload.type)
        case Amendment(payload=EventCorrected(content=content)):
            return _found_by_content(content, event.payload.type)
        case Amendment(payload=payload):
            by = payload.disputed_by if isinstance(payload, EventDisputed) else None
            tags = {ALL, f"{TYPE}{payload.type}", *([f"{PARTY}{by.code}"] if by else [])}
            return FoundBy(tags, None, event.source.outlet if event.source else "", None, None)


def _found_by_content(claim: Claim, type_word: str) -> FoundBy:
    return FoundBy(
        {*tags_of(claim)} - {f"{TYPE}{claim.payload.type}"} | {f"{TYPE}{type_word}"},
        claim.certainty,
        claim.source.outlet,
        claim.occurred.earliest,
        claim.occurred.latest or _NO_END,
    )


def tags_of(claim: Claim, affirmed: Sequence[Assertion] | None = None) -> Iterator[str]:
    """Yield the tags of a claim: of everything, its type, dyads, parties, issues, subjects.

    `affirmed` are its `affirmations`, where they are known already.
    """
    yield ALL
    yield f"{TYPE}{claim.payload.type}"
    yield from _tags_between(dyads_concerned(claim), codes_concerned(claim))
    yield from (f"{ISSUE}{issue}" for issue in claim.issues)
    yield from (f"{SUBJECT}{key}" for key in subjects_of(claim, affirmed))


@lru_cache(maxsize=1 << 14)
def _tags_between(dyads: tuple[Dyad, ...], codes: Iterable[str]) -> tuple[str, ...]:
    """Return the tags of dyads and parties: most claims are about few of them."""
    return (*(f"{DYAD}{dyad}" for dyad in dyads), *(f"{PARTY}{code}" for code in sorted(codes)))
