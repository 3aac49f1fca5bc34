"""The filter of a request, checked."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter

from communique.codec import TYPE_WORDS
from communique.domain.claims.values import Certainty, Name
from communique.domain.parties.party import Dyad, known_code
from communique.domain.state.event_filter import Filter
from communique.domain.text import IssueSlug, SubjectKey
from communique.server.application.queries.requested_as_of import moment_in
from communique.server.application.request_errors import Faults, not_among, word_of
from communique.server.runtime import limits
from communique.v1 import record_service_pb2, values_pb2

Value = TypeVar("Value")

_ISSUES: Final = TypeAdapter[str](IssueSlug)
_SUBJECTS: Final = TypeAdapter[str](SubjectKey)
_OUTLETS: Final = TypeAdapter[str](Name)
_CERTAINTIES: Final = partial(word_of, Certainty, values_pb2.Certainty.DESCRIPTOR)


def filter_of(message: record_service_pb2.EventFilter, zone: str = "UTC") -> Filter:
    """Return the filter of a request; days are read in `zone`, from their first to their last.

    Raises `InvalidFields` naming each value at fault, with the closest that is allowed.
    """
    faults = Faults()
    begins = moment_in(message, "occurred_from", zone, faults, "filter.")
    ends = moment_in(message, "occurred_to", zone, faults, "filter.")
    if begins and ends and begins.begins > ends.instant:
        faults.add("filter.occurred_from", "should not be after occurred_to")
    selection = Filter(
        dyad=faults.read("filter.dyad", Dyad.parse, message.dyad) if message.dyad else None,
        parties=_all(message, "parties", known_code, faults),
        issues=_all(message, "issues", _ISSUES.validate_python, faults),
        subjects=_all(message, "subjects", _SUBJECTS.validate_python, faults),
        types=_all(message, "types", _type_word, faults),
        certainties=_all(message, "certainties", _CERTAINTIES, faults),
        outlets=_all(message, "outlets", _OUTLETS.validate_python, faults),
        occurred_from=begins.begins if begins else None,
        occurred_to=ends.instant if ends else None,
    )
    faults.refuse()
    return selection


def filter_or_none(message: record_service_pb2.EventFilter) -> Filter | None:
    """Return the filter of a request, None where it selects all; raise as `filter_of`."""
    selection = filter_of(message)
    return None if selection == Filter() else selection


def _all(
    message: record_service_pb2.EventFilter,
    field: str,
    read: Callable[[Any], Value],
    faults: Faults,
) -> frozenset[Value]:
    raw_values = getattr(message, field)
    return frozenset(faults.read_all(f"filter.{field}", read, raw_values, limits.FILTER_VALUES_MAX))


def _type_word(word: str) -> str:
    if word not in TYPE_WORDS:
        raise ValueError(not_among(word, TYPE_WORDS))
    return word
