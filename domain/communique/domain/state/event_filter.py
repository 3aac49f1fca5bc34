"""Filters of events, and the keys that events are found by.

The keys of an event are *tags* (its type, dyads, parties, issues, subjects) and plain values
(certainty, outlet, the ends of its valid time). A filter has a set of tags for each of its parts
and a condition for each plain value. `Filter.selects` evaluates them; the timeline looks the tags
up and generates its SQL from the conditions.
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
OUTLET: Final = "outlet:"

_NO_END: Final = datetime.max.replace(tzinfo=UTC)


class EventKeys(NamedTuple):
    """What an event is found by; None where it has no such value.

    `earliest` and `latest` are the ends of its valid time, `latest` in the year 9999 where open.
    """

    tags: Collection[str]
    certainty: Certainty | None
    outlet: str
    earliest: datetime | None
    latest: datetime | None


class FilterCondition(NamedTuple):
    """A condition on a plain value of an event: `in` a set, `>` or `<=` an instant."""

    name: str
    sign: str
    wanted: Any

    def holds(self, value: Any) -> bool:  # noqa: ANN401  of any field
        """Whether a value meets the condition; None does not."""
        if value is None:
            return False
        if self.sign == "in":
            return value in self.wanted
        return bool(value > self.wanted if self.sign == ">" else value <= self.wanted)


@dataclass(frozen=True, slots=True)
class Filter:
    """Selects events: each part that is given must match; an empty part matches all events.

    An event matches a set if it has one of the members. `parties` are codes of those who take part,
    or between whom a third party steps; `subjects` are named or derived. An event matches the times
    (aware UTC) if it was not over before `occurred_from` and had begun by `occurred_to`.
    """

    dyad: Dyad | None = None
    parties: frozenset[str] = frozenset()
    issues: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    certainties: frozenset[Certainty] = frozenset()
    outlets: frozenset[str] = frozenset()
    occurred_from: datetime | None = None
    occurred_to: datetime | None = None

    def selects(self, event: Event) -> bool:
        """Whether the filter selects an event; an amendment is selected by its own keys."""
        return self.selects_keys(keys_of(event))

    def selects_keys(self, keys: EventKeys) -> bool:
        """Whether the filter selects the event with these keys."""
        return all(any(tag in keys.tags for tag in tags) for tags in self.tag_sets()) and all(
            condition.holds(getattr(keys, condition.name)) for condition in self.conditions()
        )

    def tag_sets(self) -> list[list[str]]:
        """Return the tags of each part, the rarest part first; an event needs one of each set."""
        parts = [
            [f"{SUBJECT}{key}" for key in self.subjects],
            [f"{DYAD}{self.dyad}"] if self.dyad else [],
            [f"{ISSUE}{issue}" for issue in self.issues],
            [f"{PARTY}{code}" for code in self.parties],
            [f"{TYPE}{word}" for word in self.types],
        ]
        return [sorted(tags) for tags in parts if tags] or [[ALL]]

    def conditions(self) -> list[FilterCondition]:
        """Return the conditions on plain values; all of them have to hold."""
        parts = [
            FilterCondition("certainty", "in", self.certainties or None),
            FilterCondition("outlet", "in", self.outlets or None),
            FilterCondition("latest", ">", self.occurred_from),
            FilterCondition("earliest", "<=", self.occurred_to),
        ]
        return [condition for condition in parts if condition.wanted is not None]


def keys_of(event: Event) -> EventKeys:
    """Return the keys of an event.

    A correction has the keys of its content and its own type. A retraction or a dispute has an
    outlet, and may have a party.
    """
    match event:
        case Claim():
            return _claim_keys(event, event.payload.type)
        case Amendment(payload=EventCorrected(content=content)):
            return _claim_keys(content, event.payload.type)
        case Amendment(payload=payload):
            tags = {ALL, f"{TYPE}{payload.type}"}
            if isinstance(payload, EventDisputed) and payload.disputed_by:
                tags.add(f"{PARTY}{payload.disputed_by.code}")
            return EventKeys(tags, None, event.source.outlet if event.source else "", None, None)


def _claim_keys(claim: Claim, type_word: str) -> EventKeys:
    return EventKeys(
        {*tags_of(claim)} - {f"{TYPE}{claim.payload.type}"} | {f"{TYPE}{type_word}"},
        claim.certainty,
        claim.source.outlet,
        claim.occurred.earliest,
        claim.occurred.over or _NO_END,
    )


def tags_of(claim: Claim, affirmed: Sequence[Assertion] | None = None) -> Iterator[str]:
    """Yield the tags of a claim; `affirmed` are its `affirmations`, if they are known already."""
    yield ALL
    yield f"{TYPE}{claim.payload.type}"
    yield from _tags_between(dyads_concerned(claim), codes_concerned(claim))
    yield from (f"{ISSUE}{issue}" for issue in claim.issues)
    yield from (f"{SUBJECT}{key}" for key in subjects_of(claim, affirmed))


@lru_cache(maxsize=1 << 14)
def _tags_between(dyads: tuple[Dyad, ...], codes: Iterable[str]) -> tuple[str, ...]:
    return (*(f"{DYAD}{dyad}" for dyad in dyads), *(f"{PARTY}{code}" for code in sorted(codes)))
