"""Comparisons: what changed between two points, and which events make the difference."""

from collections.abc import Iterable
from uuid import UUID

import pytest

from communique.domain.claims.event import Claim, Event
from communique.domain.claims.payloads import (
    DemandMade,
    MeasureAnnounced,
    MeasureLifted,
    MeasureTookEffect,
    MeetingHeld,
    MeetingPlanned,
    RelationsChanged,
    StanceStated,
    TalksAgreed,
    TalksProposed,
    TalksRefused,
)
from communique.domain.claims.values import Certainty, Polarity
from communique.domain.claims.words import MeetingLevel, RelationsChange
from communique.domain.parties.party import Dyad
from communique.domain.state.comparison import (
    BilateralComparison,
    ChangeKind,
    amendments_between,
    causes_between,
    changes_between,
    compare,
)
from communique.domain.state.element import StatusElement
from communique.domain.state.facets import State
from communique.domain.state.posture import Posture
from communique.domain.time.clocks import AsOf
from tests.support import boards
from tests.support.given import claim, corrected, disputed, log, point, retracted, status

PROBABLE = {"certainty": Certainty.PROBABLE}
PLAN = MeetingPlanned.model_validate({"scheduled": "2019-08-30"})
CHECKS = MeasureAnnounced.model_validate({"measure": "checks", "scheduled": "2019-08-28"})
LATER = "2019-12-31"


def uncaused(_: str) -> Iterable[UUID]:
    """Give no causes: for tests that do not look at them."""
    return ()


def compared(before: AsOf, after: AsOf, *events: Event) -> BilateralComparison:
    """Return what changed, with all its causes."""
    return boards.comparison(log(*events), Dyad.of("JPN", "KOR"), before, after)


def causes(before: AsOf, after: AsOf, *events: Event) -> set[UUID]:
    """Return the causes of the only change."""
    (change,) = compared(before, after, *events).changes
    return set(change.cause_event_ids)


def ids(*events: Event) -> set[UUID]:
    """Return the ids of events."""
    return {event.event_id for event in events}


def test_elements_appear_change_and_end() -> None:
    """Each facet that differs is one change with both elements, in the order of facets."""
    history = log(
        claim(StanceStated(position="unfair"), "2019-08-01", "KOR>JPN"),
        claim(TalksProposed(), "2019-08-02", "KOR>JPN"),
        claim(MeasureTookEffect(), "2019-08-03", "JPN>KOR"),
        claim(TalksRefused(), "2019-08-12", "JPN>KOR"),
        claim(MeasureLifted(), "2019-08-13", "JPN>KOR"),
        claim(DemandMade(demand="pay"), "2019-08-14", "JPN>KOR"),
    )
    before, after = status(history, "2019-08-10"), status(history, "2019-08-20")
    result = compare(before, after, uncaused)

    assert [(change.facet, change.kind) for change in result.changes] == [
        ("demand/JPN/general", ChangeKind.APPEARED),
        ("measure/JPN/general", ChangeKind.ENDED),
        ("talks/general", ChangeKind.CHANGED),
    ]
    appeared, ended, changed = result.changes
    assert (appeared.before, appeared.after) == (None, after.demands[0])
    assert (ended.before, ended.after) == (before.measures[0], None)
    assert (changed.before, changed.after) == (before.talks[0], after.talks[0])


def test_every_list_of_a_status_is_compared() -> None:
    """A comparison covers relations, plans and meetings as well as talks."""
    history = log(
        claim(RelationsChanged(change=RelationsChange.DOWNGRADED), "2019-08-21", "JPN+KOR"),
        claim(PLAN, "2019-08-21", "JPN+KOR", subject="m"),
        claim(MeetingHeld(level=MeetingLevel.WORKING), "2019-08-21", "JPN+KOR"),
    )
    result = compare(status(history, "2019-08-20"), status(history, "2019-08-21"), uncaused)

    assert [change.facet for change in result.changes] == [
        "agenda/m",
        "meeting/working",
        "relations",
    ]


def test_a_comparison_names_its_points_and_postures() -> None:
    """A comparison names its two points and the posture at each of them."""
    history = log(claim(TalksRefused(), "2019-08-21", "JPN>KOR"))
    before, after = status(history, "2019-08-20"), status(history, "2019-08-21")
    result = compare(before, after, uncaused)

    assert (result.dyad, result.before, result.after) == ("JPN-KOR", before.as_of, after.as_of)
    assert (result.posture_before, result.posture_after) == (Posture.UNKNOWN, Posture.STRAINED)


def test_what_is_the_same_is_no_change() -> None:
    """Points that differ in nothing have no change, and no cause is asked for."""
    history = log(claim(TalksRefused(), "2019-08-21", "JPN>KOR"))

    before, after = status(history, "2019-08-21"), status(history, "2019-09-21")
    assert compare(before, after, uncaused).changes == ()


def test_causes_are_asked_for_facet_by_facet() -> None:
    """The causes of each facet come back sorted and once each."""
    history = log(
        claim(TalksRefused(), "2019-08-21", "JPN>KOR"),
        claim(StanceStated(position="unfair"), "2019-08-21", "KOR>JPN"),
    )
    given = {"talks/general": (UUID(int=2), UUID(int=1), UUID(int=2)), "stance/KOR/general": ()}
    changes = changes_between((), status(history, "2019-08-21").elements, given.__getitem__)

    assert {change.facet: change.cause_event_ids for change in changes} == {
        "stance/KOR/general": (),
        "talks/general": (UUID(int=1), UUID(int=2)),
    }


def test_two_dyads_cannot_be_compared() -> None:
    """A comparison of two dyads is refused."""
    with pytest.raises(ValueError, match="CHN-JPN cannot be compared with JPN-KOR"):
        compare(status([], "2019-08-21", "CHN-JPN"), status([], "2019-08-21"), uncaused)


def test_who_wins_at_one_point_only_makes_the_difference() -> None:
    """The causes of a change are the winner that came and the one that it replaced."""
    events = (
        claim(TalksProposed(), "2019-08-01", "KOR>JPN"),
        claim(TalksAgreed(), "2019-08-02", "JPN+KOR"),
        claim(TalksRefused(), "2019-08-20", "JPN>KOR"),
    )

    assert causes(point("2019-08-10"), point("2019-08-20"), *events) == ids(*events[1:])


def test_a_closing_claim_ends_an_element() -> None:
    """A claim that ends an element is a cause of the change."""
    events = (
        claim(MeasureTookEffect(), "2019-08-01", "JPN>KOR"),
        claim(MeasureLifted(), "2019-08-20", "JPN>KOR"),
    )

    assert causes(point("2019-08-10"), point("2019-08-20"), *events) == ids(*events)


def test_a_retraction_is_a_cause() -> None:
    """A retraction, its claim and the claim that wins instead are causes."""
    proposed = claim(TalksProposed(), "2019-08-01", "KOR>JPN")
    refused = claim(TalksRefused(), "2019-08-02", "JPN>KOR")
    events = (proposed, refused, retracted(refused))
    before, after = point(LATER, position=2), point(LATER, position=3)

    assert causes(before, after, *events) == ids(*events)


def test_a_correction_of_the_winner_is_the_cause() -> None:
    """A correction of a claim that wins at both points is the only cause."""
    refused = claim(TalksRefused(grounds="trust"), "2019-08-02", "JPN>KOR")
    correction = corrected(refused, payload=TalksRefused(grounds="security"))
    before, after = point(LATER, position=1), point(LATER, position=2)

    assert causes(before, after, refused, correction) == ids(correction)


def test_a_correction_that_makes_the_winner_certain_is_the_only_cause() -> None:
    """A correction that makes a lasting winner certain is the only cause."""
    doubtful = claim(TalksRefused(), "2019-08-21", "JPN>KOR", **PROBABLE)
    correction = corrected(doubtful, certainty=Certainty.CERTAIN)
    before, after = point(LATER, position=1), point(LATER, position=2)

    assert causes(before, after, doubtful, correction) == ids(correction)


def test_a_correction_that_moves_a_claim_is_a_cause_on_both_sides() -> None:
    """A correction that moves a claim ends one element and makes the other appear."""
    refused = claim(TalksRefused(), "2019-08-02", "JPN>KOR", issues=("a",))
    correction = corrected(refused, issues=("b",))
    before, after = point(LATER, position=1), point(LATER, position=2)
    changes = compared(before, after, refused, correction).changes

    assert [(change.facet, change.kind) for change in changes] == [
        ("talks/a", ChangeKind.ENDED),
        ("talks/b", ChangeKind.APPEARED),
    ]
    assert [set(change.cause_event_ids) for change in changes] == [ids(refused, correction)] * 2


def test_a_dispute_is_the_cause_of_being_contested() -> None:
    """A dispute is the cause of the mark contested from its own known time on."""
    refused = claim(TalksRefused(), "2019-08-02", "JPN>KOR", known="2019-08-02")
    dispute = disputed(refused, "2019-08-05")
    before, after = point(LATER, "2019-08-04"), point(LATER, "2019-08-05")

    assert causes(before, after, refused, dispute) == ids(dispute)


def test_amendments_of_other_claims_are_no_causes() -> None:
    """Only amendments of a winner that are visible at one of the points are causes."""
    proposed = claim(TalksProposed(), "2019-08-01", "KOR>JPN")
    refused = claim(TalksRefused(), "2019-08-20", "JPN>KOR")
    older, dispute = disputed(refused), disputed(proposed)
    events = (proposed, refused, older, dispute)

    assert causes(point(LATER, position=3), point(LATER, position=1), *events) == ids(
        proposed, refused, older
    )
    assert causes(point("2019-08-10"), point("2019-08-20"), *events) == ids(proposed, refused)


@pytest.mark.parametrize(
    ("planned", "before", "after"),
    [
        (claim(CHECKS, "2019-08-02", "JPN>KOR"), "2019-08-28", "2019-08-29"),
        (claim(PLAN, "2019-08-02", "JPN+KOR"), "2019-08-30", "2019-08-31"),
        (claim(TalksAgreed(), "2019-08-02/2019-08-20", "JPN+KOR"), "2019-08-20", "2019-08-21"),
    ],
    ids=["due and unconfirmed", "a plan that is over", "no longer under way"],
)
def test_where_time_alone_passed_it_is_the_winner_itself(
    planned: Claim, before: str, after: str
) -> None:
    """A change by the passing of time alone has the winner as its cause."""
    assert causes(point(before), point(after), planned) == ids(planned)


def test_the_last_certain_claim_is_a_cause_of_its_own() -> None:
    """A new last certain claim below a lasting probable winner is a cause."""
    events = (
        claim(TalksProposed(), "2019-08-01", "KOR>JPN"),
        claim(TalksRefused(), "2019-08-20", "JPN>KOR", **PROBABLE),
        claim(TalksAgreed(), "2019-08-02", "JPN+KOR"),
    )
    before, after = point(LATER, position=2), point(LATER, position=3)

    assert causes(before, after, *events) == ids(events[0], events[2])


def test_a_winner_that_becomes_the_last_certain_one_is_no_cause() -> None:
    """Where a probable claim comes above a certain one, it alone is the cause."""
    certain = element(claim(TalksAgreed(), "2019-08-02", "JPN+KOR"))
    probable = element(claim(TalksRefused(), "2019-08-20", "JPN>KOR", **PROBABLE))
    above = probable.model_copy(update={"last_certain": certain})

    assert causes_between(certain, above, unamended) == probable.event_ids
    assert causes_between(probable, above, unamended) == certain.event_ids


@pytest.mark.parametrize(
    "more",
    [
        claim(TalksRefused(), "2019-08-20", "JPN>KOR", outlet="Kyodo"),
        claim(TalksRefused(), "2019-08-20", "JPN>KOR", polarity=Polarity.NEGATIVE),
        claim(TalksAgreed(), "2019-08-20", "JPN+KOR", known="2019-08-20"),
    ],
    ids=["a witness", "a denial", "a state of unknown order"],
)
def test_whatever_else_an_element_rests_on_is_a_cause(more: Claim) -> None:
    """A new witness, a denial and a state that may be a later one are causes of a change."""
    refused = claim(TalksRefused(), "2019-08-20", "JPN>KOR", known="2019-08-21")
    before, after = point(LATER, position=1), point(LATER, position=2)

    assert causes(before, after, refused, more) == ids(more)


def element(said: Claim) -> StatusElement:
    """Return the element of a claim of talks."""
    (talks,) = status(log(said), LATER).talks
    return talks


def unamended(_: UUID) -> Iterable[UUID]:
    """Give no amendments."""
    return ()


def test_without_a_winner_there_is_no_cause() -> None:
    """A facet without a visible claim at either point has no cause."""
    assert causes_between(None, None, unamended) == ()


def test_causes_are_sorted() -> None:
    """The causes of a change are sorted by event id."""
    agreed = element(claim(TalksAgreed(), "2019-08-02", "JPN+KOR", event_id=UUID(int=9 << 90)))
    refused = element(claim(TalksRefused(), "2019-08-20", "JPN>KOR"))

    assert agreed.state is State.AGREED
    assert causes_between(agreed, refused, unamended) == (*refused.event_ids, *agreed.event_ids)


def test_amendments_between_two_points_are_those_visible_at_one() -> None:
    """Amendments between two points are those that only one of the points sees."""
    said = claim(TalksRefused(), "2019-08-20", "JPN>KOR")
    first, second, third = disputed(said), disputed(said, "2019-08-25"), retracted(said)
    stream = log(said, first, second, third)
    early, late = point(LATER, "2019-08-24", 4), point(LATER, "2019-08-25", 4)

    assert amendments_between(stream, early, late) == (second.event_id,)
    assert amendments_between(stream, late, early) == (second.event_id,)
    assert amendments_between(stream, point(LATER, position=1), point(LATER, position=3)) == (
        first.event_id,
        second.event_id,
    )
    assert amendments_between(stream, late, late) == ()
