"""Histories of events against the oracle, and what no history may ever do to an answer."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from communique.domain.claims.event import Amendment, Claim, EventCorrected, Recorded
from communique.domain.claims.history import contents, disputes
from communique.domain.time.clocks import AsOf, known_at
from tests.support import oracle
from tests.support.histories import LATE, histories, instants, points
from tests.support.strategies import DYADS

Says = tuple[Claim, datetime, UUID | None, tuple[UUID, ...]]
"""What an event says at a point: content, known time, correction, disputes."""


def stream_of(recorded: Recorded) -> UUID | None:
    """Return the id of the event that a record is about, None where its type is not known."""
    match recorded.event:
        case Amendment(payload=payload):
            return payload.amends
        case Claim(event_id=event_id):
            return event_id
        case None:
            return None


def streams(log: oracle.Log) -> dict[UUID | None, list[Recorded]]:
    """Return each event's claim and amendments in order."""
    by_event = defaultdict(list)
    for recorded in log:
        by_event[stream_of(recorded)].append(recorded)
    return by_event


def by_regions(log: oracle.Log) -> Callable[[datetime, int], dict[UUID, Says]]:
    """Return what shows at a known time and position, found as the read models find it."""
    decided = [
        (content, disputes(stream))
        for stream in streams(log).values()
        for content in contents(stream)
    ]

    def shows(known: datetime, position: int) -> dict[UUID, Says]:
        return {
            content.claim.event_id: (
                content.claim,
                content.known,
                content.corrected_by,
                tuple(
                    dispute.event_id
                    for dispute in disputed
                    if dispute.position <= position and dispute.known <= known
                ),
            )
            for content, disputed in decided
            if content.region.covers(known, position)
        }

    return shows


def by_definition(log: oracle.Log, known: datetime, position: int) -> dict[UUID, Says]:
    """Return what shows at a known time and position, by the oracle."""
    seen = oracle.visible(log, AsOf(LATE, known, position))
    return {
        event.claim.event_id: (event.claim, event.known, event.corrected_by, event.disputed_by)
        for event in seen
    }


def answers(log: oracle.Log, as_of: AsOf) -> list[object]:
    """Return all that is true of the world at a point, without a trace of positions."""
    said = [(seen.claim, seen.known, seen.disputed_by) for seen in oracle.timeline(log, as_of)]
    statuses = [oracle.status(log, dyad, as_of) for dyad in DYADS]
    return [said, *(status.model_copy(update={"as_of": None}) for status in statuses)]


@given(histories())
def test_regions_show_what_the_definition_shows(log: list[Recorded]) -> None:
    """An event's regions show at any known time and position what the oracle shows."""
    shows = by_regions(log)
    for known in instants(log).known:
        for position in range(len(log) + 1):
            assert shows(known, position) == by_definition(log, known, position)


@given(st.data(), histories(settled=True))
def test_the_order_of_arrival_never_matters(data: st.DataObject, log: list[Recorded]) -> None:
    """Claims that arrive in another order give the same answers about the world."""
    slots = data.draw(st.permutations(range(len(log))))
    moved: list[Recorded] = [*log]
    for stream in streams(log).values():
        for slot, recorded in zip(
            sorted(slots[recorded.position - 1] for recorded in stream), stream, strict=True
        ):
            moved[slot] = recorded._replace(position=slot + 1, record_time=log[slot].record_time)
    as_of = data.draw(points(log).map(lambda at: AsOf(at.valid, at.known, len(log))))

    assert answers(moved, as_of) == answers(log, as_of)
    assert by_regions(moved)(as_of.known, len(log)) == by_regions(log)(as_of.known, len(log))


@given(st.data(), histories())
def test_what_is_recorded_later_changes_no_earlier_position(
    data: st.DataObject, log: list[Recorded]
) -> None:
    """An answer as of a position is that of the log that ended at that position."""
    as_of = data.draw(points(log))
    then = log[: as_of.position]

    assert by_regions(log)(as_of.known, as_of.position) == by_regions(then)(
        as_of.known, as_of.position
    )
    assert answers(log, as_of) == answers(then, as_of)


@given(st.data(), histories())
def test_what_is_known_later_changes_no_earlier_knowledge(
    data: st.DataObject, log: list[Recorded]
) -> None:
    """An answer at a known time is the same without all that was known later."""
    as_of = data.draw(points(log))

    def is_known(recorded: Recorded) -> bool:
        known = recorded.event.known if recorded.event else None
        return known_at(known, recorded.record_time) <= as_of.known

    # A claim is kept with an amendment that was known: this may say that the claim was, too.
    kept = [
        recorded
        for stream in streams(log).values()
        for recorded in stream
        if is_known(recorded) or (isinstance(recorded.event, Claim) and any(map(is_known, stream)))
    ]
    kept.sort(key=lambda recorded: recorded.position)

    assert by_regions(kept)(as_of.known, len(log)) == by_regions(log)(as_of.known, len(log))
    assert answers(kept, as_of) == answers(log, as_of)


@given(st.data(), histories())
def test_a_correction_to_the_first_content_restores_every_answer(
    data: st.DataObject, log: list[Recorded]
) -> None:
    """A correction back to the first content gives the answers of an uncorrected event."""
    ids = [seen.claim.event_id for seen in oracle.visible(log, AsOf(LATE, LATE, len(log)))]
    restored = data.draw(st.sampled_from(ids)) if ids else None
    claim = next((recorded.event for recorded in log if stream_of(recorded) == restored), None)
    if not isinstance(claim, Claim):
        return
    payload = EventCorrected(amends=claim.event_id, content=claim, reason="it was right")
    amendment = Amendment(event_id=UUID(int=1), payload=payload)
    longer = [*log, Recorded(len(log) + 1, LATE, 100, amendment)]
    never = [
        recorded
        for recorded in longer
        if stream_of(recorded) != restored
        or not isinstance(recorded.event, Amendment)
        or not isinstance(recorded.event.payload, EventCorrected)
    ]
    valid = data.draw(points(log)).valid
    as_of = AsOf(valid, LATE, len(longer))

    assert answers(longer, as_of) == answers(never, as_of)
