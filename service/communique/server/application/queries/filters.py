"""Which events a question is about: the contract's `EventFilter`, checked, and what it selects."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter

from communique.codec import TYPE_WORDS
from communique.domain.claims.event import Amendment, Claim, Event, EventCorrected, EventDisputed
from communique.domain.claims.values import Certainty, Name
from communique.domain.parties.party import Dyad, known_code
from communique.domain.state.assertions import codes_concerned, dyads_concerned
from communique.domain.state.subject import subjects_of
from communique.domain.text import IssueSlug, SubjectKey
from communique.domain.time.clocks import KnownTime
from communique.server.application.queries.requested_points import moment_of
from communique.server.application.request_errors import Faults, not_among
from communique.server.runtime.limits import FILTER_VALUES_MAX
from communique.v1 import record_service_pb2, values_pb2

Value = TypeVar("Value")

_ISSUES: Final = TypeAdapter[str](IssueSlug)
_SUBJECTS: Final = TypeAdapter[str](SubjectKey)
_OUTLETS: Final = TypeAdapter[str](Name)
_NOTHING: Final[frozenset[str]] = frozenset()


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

    def matches(self, claim: Claim) -> bool:
        """Whether it selects a claim."""
        return self._is_of_type(claim.payload.type) and self._matches_content(claim)

    def matches_recorded(self, event: Event) -> bool:
        """Whether it selects an event of the log, an amendment by what it says itself."""
        if isinstance(event, Claim):
            return self.matches(event)
        if not self._is_of_type(event.payload.type):
            return False
        if isinstance(event.payload, EventCorrected):
            return self._matches_content(event.payload.content)
        return self._matches_remark(event)

    def _is_of_type(self, word: str) -> bool:
        return not self.types or word in self.types

    def _matches_content(self, claim: Claim) -> bool:
        return (
            (not self.parties or not self.parties.isdisjoint(codes_concerned(claim)))
            and (self.dyad is None or self.dyad in dyads_concerned(claim))
            and (not self.issues or not self.issues.isdisjoint(claim.issues))
            and (not self.subjects or not self.subjects.isdisjoint(subjects_of(claim)))
            and (not self.certainties or claim.certainty in self.certainties)
            and (not self.outlets or claim.source.outlet in self.outlets)
            and self._occurred_within(claim)
        )

    def _occurred_within(self, claim: Claim) -> bool:
        began, over = claim.occurred.earliest, claim.occurred.latest
        return (self.occurred_from is None or over is None or self.occurred_from < over) and (
            self.occurred_to is None or began <= self.occurred_to
        )

    def _matches_remark(self, event: Amendment) -> bool:
        """A retraction or dispute has an outlet and may have a party, but nothing else to match."""
        by = event.payload.disputed_by if isinstance(event.payload, EventDisputed) else None
        outlet = event.source.outlet if event.source else ""
        asks_more = self.dyad or self.issues or self.subjects or self.certainties
        return (
            not asks_more
            and self.occurred_from is None
            and self.occurred_to is None
            and (not self.parties or (by is not None and by.code in self.parties))
            and (not self.outlets or outlet in self.outlets)
        )


def filter_of(message: record_service_pb2.EventFilter, zone: str = "UTC") -> Filter:
    """Return the filter of a request; days are read in `zone`, from their first to their last.

    Raises `InvalidRequest` naming each value at fault, with the closest that is allowed.
    """
    faults = Faults()
    begins = _moment(message, "occurred_from", zone, faults)
    ends = _moment(message, "occurred_to", zone, faults)
    if begins and ends and begins.begins > ends.instant:
        faults.add("filter.occurred_from", "should not be after occurred_to")
    found = Filter(
        dyad=faults.read("filter.dyad", Dyad.parse, message.dyad) if message.dyad else None,
        parties=_all(message, "parties", known_code, faults),
        issues=_all(message, "issues", _ISSUES.validate_python, faults),
        subjects=_all(message, "subjects", _SUBJECTS.validate_python, faults),
        types=_all(message, "types", _type_word, faults),
        certainties=_all(message, "certainties", _certainty, faults),
        outlets=_all(message, "outlets", _OUTLETS.validate_python, faults),
        occurred_from=begins.begins if begins else None,
        occurred_to=ends.instant if ends else None,
    )
    faults.refuse()
    return found


def _all(
    message: record_service_pb2.EventFilter,
    field: str,
    read: Callable[[Any], Value],
    faults: Faults,
) -> frozenset[Value]:
    given = getattr(message, field)
    return frozenset(faults.read_all(f"filter.{field}", read, given, FILTER_VALUES_MAX))


def _moment(
    message: record_service_pb2.EventFilter, field: str, zone: str, faults: Faults
) -> KnownTime | None:
    if not message.HasField(field):  # type: ignore[arg-type]
        return None
    given = getattr(message, field)
    return faults.read(f"filter.{field}", lambda it: moment_of(it, zone), given)


def _type_word(word: str) -> str:
    if word not in TYPE_WORDS:
        raise ValueError(not_among(word, TYPE_WORDS))
    return word


def _certainty(number: int) -> Certainty:
    words = values_pb2.Certainty.DESCRIPTOR.values_by_number
    if number not in words or not number:
        raise ValueError(f"unknown value {number}: one of {', '.join(Certainty)}")
    return Certainty(words[number].name.removeprefix("CERTAINTY_"))
