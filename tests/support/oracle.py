"""The oracle: what is true as of a point, by the naive definition, folded over the whole log.

It is written from the design alone and shares nothing with how answers are really found, but for
what a claim asserts (`assertions`) and how a status is laid out (`assemble`).
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from communique.domain.claims.event import (
    Amendment,
    Claim,
    EventCorrected,
    EventRetracted,
    Recorded,
)
from communique.domain.claims.values import Certainty
from communique.domain.parties.party import Dyad
from communique.domain.state.assertions import Assertion, assertions
from communique.domain.state.element import StatusElement
from communique.domain.state.status import BilateralStatus, assemble
from communique.domain.time.clocks import AsOf, known_at
from communique.domain.time.edtf import ValidTime
from tests.support.elements import element_of

Log = Sequence[Recorded]
Rank = tuple[datetime, int, int, datetime, UUID]


class Seen(NamedTuple):
    """An event as it shows at a point; `known` is when its content could be known."""

    position: int
    record_time: datetime
    claim: Claim
    known: datetime
    corrected_by: UUID | None = None
    disputed_by: tuple[UUID, ...] = ()


def visible(log: Log, as_of: AsOf) -> list[Seen]:
    """Return the visible events in the order of their positions."""
    seen: dict[UUID, Seen] = {}
    for entry in log:
        if entry.position > as_of.position or entry.event is None:
            continue
        if isinstance(entry.event, Claim):
            known = known_at(entry.event.known, entry.record_time)
            seen[entry.event.event_id] = Seen(entry.position, entry.record_time, entry.event, known)
        elif known_at(entry.event.known, entry.record_time) <= as_of.known:
            amend(seen, entry.event)
    return [event for event in seen.values() if event.known <= as_of.known]


def amend(seen: dict[UUID, Seen], amendment: Amendment) -> None:
    """Apply a visible amendment to the event that it amends, if that is there to be seen."""
    amends, payload = amendment.payload.amends, amendment.payload
    if amends not in seen:
        return
    target = seen[amends]
    if isinstance(payload, EventRetracted):
        del seen[amends]
    elif isinstance(payload, EventCorrected):
        known = known_at(payload.content.known, target.record_time)
        seen[amends] = target._replace(
            claim=payload.content, known=known, corrected_by=amendment.event_id
        )
    else:
        seen[amends] = target._replace(disputed_by=(*target.disputed_by, amendment.event_id))


def events(log: Log, as_of: AsOf, matches: Callable[[Claim], bool] = lambda _: True) -> list[Seen]:
    """Return the matching events that had happened by then, in the order of their positions."""
    happened = [seen for seen in visible(log, as_of) if seen.claim.occurred.earliest <= as_of.valid]
    return [event for event in happened if matches(event.claim)]


def timeline(
    log: Log, as_of: AsOf, matches: Callable[[Claim], bool] = lambda _: True
) -> list[Seen]:
    """Return the same in the order of what began first, then of their ids."""
    happened = events(log, as_of, matches)
    return sorted(happened, key=lambda event: (event.claim.occurred.earliest, event.claim.event_id))


def status(log: Log, dyad: Dyad, as_of: AsOf) -> BilateralStatus:
    """Return how things stand between two parties."""
    facets: dict[str, dict[Rank, StatusElement]] = defaultdict(dict)
    for event in events(log, as_of):
        for says in assertions(event.claim):
            if says.dyad == dyad:
                element = element_of(event.claim, says, event.known)
                facets[str(says.facet)][rank(event, says)] = element.model_copy(
                    update={"contested": bool(event.disputed_by)}
                )
    return assemble(dyad, as_of, [winner(claims) for claims in facets.values()])


def rank(event: Seen, says: Assertion) -> Rank:
    """Return what decides between the claims of a facet: the greatest wins."""
    earliest, sure = event.claim.occurred.earliest, certainty(event).rank
    return earliest, says.stage, sure, event.known, event.claim.event_id


def certainty(seen: Seen) -> Certainty:
    """Return how certain a claim counts as: what was known before its time or day is probable."""
    occurred, given = seen.claim.occurred, seen.claim.known
    if seen.claim.certainty is not Certainty.CERTAIN:
        return seen.claim.certainty
    if occurred.precision.value in {"HOUR", "MINUTE", "SECOND", "MICROSECOND"}:
        is_foreseen = seen.known < occurred.earliest
    else:
        known_day = seen.known.astimezone(ZoneInfo(given.zone if given else occurred.zone)).date()
        first_day = occurred.earliest.astimezone(ZoneInfo(occurred.zone)).date()
        is_foreseen = known_day < first_day
    return Certainty.PROBABLE if is_foreseen else Certainty.CERTAIN


def dated(ranked: list[StatusElement]) -> StatusElement:
    """Return the last of some elements, with the date of the last before it that says the same."""
    *before, last = ranked
    if last.state.value not in {"ANNOUNCED", "UNDER_NOTICE", "PLANNED", "POSTPONED"}:
        return last
    if last.scheduled is not None:
        return last
    for element in reversed(before):
        if (element.state, element.subject) != (last.state, last.subject):
            break
        if not last.subject and not may_have_begun_together(element.occurred, last.occurred):
            continue
        if element.scheduled is not None and element.certainty.rank >= last.certainty.rank:
            update = {"scheduled": element.scheduled, "scheduled_by": element.event_ids[0]}
            return last.model_copy(update=update)
    return last


def may_have_begun_together(first: ValidTime, second: ValidTime) -> bool:
    """Whether the first instants that two times can mean leave room for one beginning."""
    earlier, later = sorted((first, second), key=lambda time: time.earliest)
    if earlier.earliest == later.earliest:
        return True
    if "/" in earlier.edtf or earlier.precision.value in {"MINUTE", "SECOND", "MICROSECOND"}:
        return False
    return earlier.latest is not None and later.earliest < earlier.latest


def winner(claims: dict[Rank, StatusElement]) -> StatusElement:
    """Return the greatest claim; less than certain, it names the last certain one."""
    *_, last = ranked = [claims[claim_rank] for claim_rank in sorted(claims)]
    certain = [element for element in ranked if element.certainty is Certainty.CERTAIN]
    if last.certainty is Certainty.CERTAIN or not certain:
        return dated(ranked)
    return dated(ranked).model_copy(update={"last_certain": dated(certain)})
