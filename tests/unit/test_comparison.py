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
from communique.domain.claims.values import Certainty
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
    return {one.event_id for one in events}


# --- what changed --------------------------------------------------------------------------------


def test_elements_appear_change_and_end() -> None:
    """Each facet that differs is one change, in the order of facets, with both its elements."""
    told = log(
        claim(StanceStated(position="unfair"), "2019-08-01", "KOR>JPN"),
        claim(TalksProposed(), "2019-08-02", "KOR>JPN"),
        claim(MeasureTookEffect(), "2019-08-03", "JPN>KOR"),
        claim(TalksRefused(), "2019-08-12", "JPN>KOR"),
        claim(MeasureLifted(), "2019-08-13", "JPN>KOR"),
        claim(DemandMade(demand="pay"), "2019-08-14", "JPN>KOR"),
    )
    before, after = status(told, "2019-08-10"), status(told, "2019-08-20")
    found = compare(before, after, uncaused)

    assert [(one.facet, one.kind) for one in found.changes] == [
        ("demand/JPN/general", ChangeKind.APPEARED),
        ("measure/JPN/general", ChangeKind.ENDED),
        ("talks/general", ChangeKind.CHANGED),
    ]
    appeared, ended, changed = found.changes
    assert (appeared.before, appeared.after) == (None, after.demands[0])
    assert (ended.before, ended.after) == (before.measures[0], None)
    assert (changed.before, changed.after) == (before.talks[0], after.talks[0])


def test_every_list_of_a_status_is_compared() -> None:
    """Relations, plans and meetings change like the rest."""
    told = log(
        claim(RelationsChanged(change=RelationsChange.DOWNGRADED), "2019-08-21", "JPN+KOR"),
        claim(PLAN, "2019-08-21", "JPN+KOR", subject="m"),
        claim(MeetingHeld(level=MeetingLevel.WORKING), "2019-08-21", "JPN+KOR"),
    )
    found = compare(status(told, "2019-08-20"), status(told, "2019-08-21"), uncaused)

    assert [one.facet for one in found.changes] == ["agenda/m", "meeting/working", "relations"]


def test_a_comparison_names_its_points_and_postures() -> None:
    """It says between which points it is, and what the posture was and is."""
    told = log(claim(TalksRefused(), "2019-08-21", "JPN>KOR"))
    before, after = status(told, "2019-08-20"), status(told, "2019-08-21")
    found = compare(before, after, uncaused)

    assert (found.dyad, found.before, found.after) == ("JPN-KOR", before.as_of, after.as_of)
    assert (found.posture_before, found.posture_after) == (Posture.UNKNOWN, Posture.STRAINED)


def test_what_is_the_same_is_no_change() -> None:
    """Two points between which nothing happened differ in nothing, and no cause is asked for."""
    told = log(claim(TalksRefused(), "2019-08-21", "JPN>KOR"))

    assert compare(status(told, "2019-08-21"), status(told, "2019-09-21"), uncaused).changes == ()


def test_causes_are_asked_for_facet_by_facet() -> None:
    """They come back sorted, and each once."""
    told = log(
        claim(TalksRefused(), "2019-08-21", "JPN>KOR"),
        claim(StanceStated(position="unfair"), "2019-08-21", "KOR>JPN"),
    )
    given = {"talks/general": (UUID(int=2), UUID(int=1), UUID(int=2)), "stance/KOR/general": ()}
    found = changes_between((), status(told, "2019-08-21").elements, given.__getitem__)

    assert {one.facet: one.cause_event_ids for one in found} == {
        "stance/KOR/general": (),
        "talks/general": (UUID(int=1), UUID(int=2)),
    }


def test_two_dyads_cannot_be_compared() -> None:
    """A comparison is of one pair of parties."""
    with pytest.raises(ValueError, match="CHN-JPN cannot be compared with JPN-KOR"):
        compare(status([], "2019-08-21", "CHN-JPN"), status([], "2019-08-21"), uncaused)


# --- why -----------------------------------------------------------------------------------------


def test_who_wins_at_one_point_only_makes_the_difference() -> None:
    """Both the claim that came and the one that it came before are causes; older ones are not."""
    told = (
        claim(TalksProposed(), "2019-08-01", "KOR>JPN"),
        claim(TalksAgreed(), "2019-08-02", "JPN+KOR"),
        claim(TalksRefused(), "2019-08-20", "JPN>KOR"),
    )

    assert causes(point("2019-08-10"), point("2019-08-20"), *told) == ids(*told[1:])


def test_a_closing_claim_ends_an_element() -> None:
    """It wins though it is not shown: it is a cause."""
    told = (
        claim(MeasureTookEffect(), "2019-08-01", "JPN>KOR"),
        claim(MeasureLifted(), "2019-08-20", "JPN>KOR"),
    )

    assert causes(point("2019-08-10"), point("2019-08-20"), *told) == ids(*told)


def test_a_retraction_is_a_cause() -> None:
    """So are the claim that it takes away and the one that wins instead."""
    proposed = claim(TalksProposed(), "2019-08-01", "KOR>JPN")
    refused = claim(TalksRefused(), "2019-08-02", "JPN>KOR")
    told = (proposed, refused, retracted(refused))
    before, after = point(LATER, position=2), point(LATER, position=3)

    assert causes(before, after, *told) == ids(*told)


def test_a_correction_of_the_winner_is_the_cause() -> None:
    """The claim wins at both points, with other content."""
    refused = claim(TalksRefused(grounds="trust"), "2019-08-02", "JPN>KOR")
    correction = corrected(refused, payload=TalksRefused(grounds="security"))
    before, after = point(LATER, position=1), point(LATER, position=2)

    assert causes(before, after, refused, correction) == ids(correction)


def test_a_correction_that_makes_the_winner_certain_is_the_only_cause() -> None:
    """The claim wins at both points, and nothing lies below it at either."""
    doubtful = claim(TalksRefused(), "2019-08-21", "JPN>KOR", **PROBABLE)
    correction = corrected(doubtful, certainty=Certainty.CERTAIN)
    before, after = point(LATER, position=1), point(LATER, position=2)

    assert causes(before, after, doubtful, correction) == ids(correction)


def test_a_correction_that_moves_a_claim_is_a_cause_on_both_sides() -> None:
    """What it left ends by it, what it went to appears by it."""
    refused = claim(TalksRefused(), "2019-08-02", "JPN>KOR", issues=("a",))
    correction = corrected(refused, issues=("b",))
    before, after = point(LATER, position=1), point(LATER, position=2)
    changes = compared(before, after, refused, correction).changes

    assert [(one.facet, one.kind) for one in changes] == [
        ("talks/a", ChangeKind.ENDED),
        ("talks/b", ChangeKind.APPEARED),
    ]
    assert [set(one.cause_event_ids) for one in changes] == [ids(refused, correction)] * 2


def test_a_dispute_is_the_cause_of_being_contested() -> None:
    """It counts from its own known time."""
    refused = claim(TalksRefused(), "2019-08-02", "JPN>KOR", known="2019-08-02")
    dispute = disputed(refused, "2019-08-05")
    before, after = point(LATER, "2019-08-04"), point(LATER, "2019-08-05")

    assert causes(before, after, refused, dispute) == ids(dispute)


def test_amendments_of_other_claims_are_no_causes() -> None:
    """Only those of a winner count, and only those that are visible at one of the points."""
    proposed = claim(TalksProposed(), "2019-08-01", "KOR>JPN")
    refused = claim(TalksRefused(), "2019-08-20", "JPN>KOR")
    older, dispute = disputed(refused), disputed(proposed)
    told = (proposed, refused, older, dispute)

    assert causes(point(LATER, position=3), point(LATER, position=1), *told) == ids(
        proposed, refused, older
    )
    assert causes(point("2019-08-10"), point("2019-08-20"), *told) == ids(proposed, refused)


@pytest.mark.parametrize(
    ("planned", "before", "after"),
    [
        (claim(CHECKS, "2019-08-02", "JPN>KOR"), "2019-08-27", "2019-08-28"),
        (claim(PLAN, "2019-08-02", "JPN+KOR"), "2019-08-30", "2019-08-31"),
        (claim(TalksAgreed(), "2019-08-02/2019-08-20", "JPN+KOR"), "2019-08-20", "2019-08-21"),
    ],
    ids=["in force by schedule", "a plan that is over", "no longer under way"],
)
def test_where_time_alone_passed_it_is_the_winner_itself(
    planned: Claim, before: str, after: str
) -> None:
    """Its day came, or its interval ended: nothing else was claimed."""
    assert causes(point(before), point(after), planned) == ids(planned)


def test_the_last_certain_claim_is_a_cause_of_its_own() -> None:
    """Below a probable winner that stays, another certain claim makes the difference."""
    told = (
        claim(TalksProposed(), "2019-08-01", "KOR>JPN"),
        claim(TalksRefused(), "2019-08-20", "JPN>KOR", **PROBABLE),
        claim(TalksAgreed(), "2019-08-02", "JPN+KOR"),
    )
    before, after = point(LATER, position=2), point(LATER, position=3)

    assert causes(before, after, *told) == ids(told[0], told[2])


def test_a_winner_that_becomes_the_last_certain_one_is_a_cause() -> None:
    """So is the probable claim above it; and so is it alone, where that one won before."""
    certain = element(claim(TalksAgreed(), "2019-08-02", "JPN+KOR"))
    probable = element(claim(TalksRefused(), "2019-08-20", "JPN>KOR", **PROBABLE))
    above = probable.model_copy(update={"last_certain": certain})

    assert causes_between(certain, above, unamended) == tuple(
        sorted(certain.event_ids + probable.event_ids)
    )
    assert causes_between(probable, above, unamended) == certain.event_ids


def element(said: Claim) -> StatusElement:
    """Return the element of a claim of talks."""
    (found,) = status(log(said), LATER).talks
    return found


def unamended(_: UUID) -> Iterable[UUID]:
    """Give no amendments."""
    return ()


def test_without_a_winner_there_is_no_cause() -> None:
    """Where no claim of a facet is visible at either point, nothing makes a difference."""
    assert causes_between(None, None, unamended) == ()


def test_causes_are_sorted() -> None:
    """Their order says nothing of which came first."""
    one = element(claim(TalksAgreed(), "2019-08-02", "JPN+KOR", event_id=UUID(int=9 << 90)))
    other = element(claim(TalksRefused(), "2019-08-20", "JPN>KOR"))

    assert one.state is State.AGREED
    assert causes_between(one, other, unamended) == (*other.event_ids, *one.event_ids)


def test_amendments_between_two_points_are_those_visible_at_one() -> None:
    """By position or by known time, whichever point comes first."""
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
