"""Subjects: their keys, named or derived, and how their life cycles went."""

import pytest

from communique.domain.claims.event import Claim
from communique.domain.claims.payloads import (
    AgreementSigned,
    CodedEventReported,
    DemandMade,
    DemandRejected,
    DialogueUrged,
    MeasureAnnounced,
    MeasureLifted,
    MeasureTookEffect,
    MediationOffered,
    MeetingCancelled,
    MeetingHeld,
    MeetingPlanned,
    OutlookAssessed,
    RelationsChanged,
    RulingIssued,
    StanceStated,
    TalksProposed,
    TalksRefused,
)
from communique.domain.claims.shape import Payload
from communique.domain.claims.values import Certainty, Polarity
from communique.domain.claims.words import Outlook, RelationsChange
from communique.domain.parties.party import Party
from communique.domain.state.facets import State
from communique.domain.state.subject import LifeCycleStep, SubjectEntry, subjects_of
from communique.domain.time.clocks import known_at
from tests.support.boards import life_cycle_of
from tests.support.given import RECORDED, claim

EXPORTS = ("export-controls",)
DENIAL = {"polarity": Polarity.NEGATIVE}


def entries(*claims: Claim) -> list[SubjectEntry]:
    """Return the claims as entries of one subject."""
    return [SubjectEntry(claim, known_at(claim.known, RECORDED)) for claim in claims]


def states(*claims: Claim) -> list[State]:
    """Return the states of their life cycle, in order."""
    return [step.state for step in life_cycle_of(entries(*claims))]


def test_a_named_key_is_the_only_one() -> None:
    """A claim that names its subject has that key alone, whatever facets it fills."""
    said = claim(
        TalksRefused(), "2019-08-21", "JPN>KOR", issues=("a", "b"), subject="talks/exports"
    )

    assert subjects_of(said) == ("talks/exports",)


def test_two_organs_of_one_party_have_one_subject() -> None:
    """Two actors of one party code derive one subject key."""
    both = [Party(code="JPN"), Party(code="JPN", organ="Ministry of Foreign Affairs")]
    said = claim(StanceStated(position="Unfair."), "2019-08-21", "JPN")

    assert subjects_of(said.model_copy(update={"actors": tuple(both)})) == (
        "stance-stated/JPN/general",
    )


@pytest.mark.parametrize(
    ("payload", "who", "key"),
    [
        (TalksRefused(), "JPN>KOR", "talks/JPN-KOR/export-controls"),
        (StanceStated(position="unfair"), "KOR>JPN", "stance/JPN-KOR/KOR/export-controls"),
        (DemandMade(demand="lift"), "KOR>JPN", "demand/JPN-KOR/KOR/export-controls"),
        (DemandRejected(), "JPN>KOR", "demand/JPN-KOR/KOR/export-controls"),
        (MeasureTookEffect(), "JPN>KOR", "measure/JPN-KOR/JPN/export-controls"),
        (AgreementSigned(), "JPN+KOR", "agreement/JPN-KOR/export-controls"),
        (RulingIssued(ruling="pay"), "KOR>JPN", "ruling/JPN-KOR/export-controls"),
        (OutlookAssessed(outlook=Outlook.NEUTRAL), "JPN+KOR", "outlook/JPN-KOR/export-controls"),
        (MediationOffered(), "USA>JPN,KOR", "mediation/JPN-KOR/USA"),
        (MediationOffered(between=("JPN", "KOR")), "USA>KOR", "mediation/JPN-KOR/USA"),
        (RelationsChanged(change=RelationsChange.SEVERED), "JPN+KOR", "relations/JPN-KOR"),
        (CodedEventReported(code="043"), "JPN>KOR", "report/JPN-KOR/04"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Payload) else None,
)
def test_a_key_is_derived_from_the_facet(payload: Payload, who: str, key: str) -> None:
    """A derived key is the kind, the dyad and what tells the facet from its like."""
    assert subjects_of(claim(payload, "2019-08-21", who, issues=EXPORTS)) == (key,)


def test_there_is_a_key_for_each_issue_and_dyad() -> None:
    """A claim that fills several facets has a sorted key for each issue and dyad."""
    said = claim(TalksProposed(), "2019-08-21", "KOR>JPN,CHN", issues=("b", "a"))

    assert subjects_of(said) == (
        "talks/CHN-KOR/a",
        "talks/CHN-KOR/b",
        "talks/JPN-KOR/a",
        "talks/JPN-KOR/b",
    )


def test_without_an_issue_the_key_is_general() -> None:
    """A derived key without an issue ends with `general`."""
    assert subjects_of(claim(TalksRefused(), "2019-08-21", "JPN>KOR")) == ("talks/JPN-KOR/general",)


@pytest.mark.parametrize("payload", [MeetingHeld(), MeetingPlanned(), MeetingCancelled()])
def test_a_meeting_without_a_key_is_its_own_subject(payload: Payload) -> None:
    """A meeting without a named subject has one key of its own, however many dyads meet."""
    said = claim(payload, "2019-08-21", "CHN+JPN+KOR", issues=EXPORTS)

    assert subjects_of(said) == (f"meeting/{said.event_id}",)


def test_a_denial_is_about_what_it_denies() -> None:
    """A denial has the subject keys of the claim that it denies."""
    said = claim(TalksRefused(), "2019-08-21", "JPN>KOR", issues=EXPORTS, **DENIAL)

    assert subjects_of(said) == ("talks/JPN-KOR/export-controls",)


@pytest.mark.parametrize(
    ("payload", "who", "issues", "keys"),
    [
        (StanceStated(position="unfair"), "KOR", EXPORTS, ("stance-stated/KOR/export-controls",)),
        (RulingIssued(ruling="pay"), "KOR", (), ("ruling-issued/KOR/general",)),
        (DialogueUrged(), "USA>KOR", (), ("dialogue-urged/USA/general",)),
        (
            StanceStated(position="unfair"),
            "KOR,JPN",
            ("b", "a"),
            (
                "stance-stated/JPN/a",
                "stance-stated/JPN/b",
                "stance-stated/KOR/a",
                "stance-stated/KOR/b",
            ),
        ),
    ],
)
def test_a_claim_about_no_dyad_is_about_its_actors(
    payload: Payload, who: str, issues: tuple[str, ...], keys: tuple[str, ...]
) -> None:
    """A claim that fills no facet has a key of type, actor and issue."""
    assert subjects_of(claim(payload, "2019-08-21", who, issues=issues)) == keys


def test_a_life_cycle_goes_forward_in_valid_time() -> None:
    """The steps of a life cycle stand in the order in which they happened."""
    assert states(
        claim(MeasureLifted(), "2019-09-10", "JPN>KOR"),
        claim(MeasureAnnounced(measure="checks"), "2019-08-02", "JPN>KOR"),
        claim(MeasureTookEffect(), "2019-08-28", "JPN>KOR"),
    ) == [State.ANNOUNCED, State.IN_FORCE, State.LIFTED]


def test_at_one_moment_the_stage_decides() -> None:
    """Steps of one day stand in the order of their stages."""
    assert states(
        claim(MeasureTookEffect(), "2019-08-28", "JPN>KOR"),
        claim(MeasureAnnounced(measure="checks"), "2019-08-28", "JPN>KOR"),
    ) == [State.ANNOUNCED, State.IN_FORCE]


def test_at_one_moment_and_stage_the_order_is_still_told() -> None:
    """Steps of one moment and stage stand in the order of their ranks."""
    refused = claim(TalksRefused(), "2019-08-21", "JPN>KOR", known="2019-08-23")
    rejected = claim(DemandRejected(), "2019-08-21", "JPN>KOR", known="2019-08-22")

    assert states(refused, rejected) == states(rejected, refused) == [State.REJECTED, State.REFUSED]


def test_a_step_is_told_by_its_surest_claim() -> None:
    """A step has the time and the certainty of its surest claim, which is named first."""
    early = claim(MeasureLifted(), "2019-09-01", "JPN>KOR")
    late = claim(MeasureLifted(), "2019-09-02", "JPN>KOR", certainty=Certainty.POSSIBLE)

    assert life_cycle_of(entries(early, late)) == (
        LifeCycleStep(
            state=State.LIFTED,
            occurred=early.occurred,
            certainty=Certainty.CERTAIN,
            event_ids=(early.event_id, late.event_id),
        ),
    )


def test_a_vague_time_puts_no_step_out_of_order() -> None:
    """A refusal of a day follows a proposal at ten, and a recap "in 2019" moves no step."""
    proposed = claim(TalksProposed(), "2019-08-21T10:00", "KOR>JPN")
    refused = claim(TalksRefused(), "2019-08-21", "JPN>KOR")
    recap = claim(TalksProposed(), "2019", "KOR>JPN", known="2020-02-01")

    assert states(refused, proposed) == [State.PROPOSED, State.REFUSED]
    assert states(refused, recap) == [State.PROPOSED, State.REFUSED]


def test_a_step_stands_where_its_greatest_claim_does() -> None:
    """A life cycle that goes round shows each state once, at its last time."""
    assert states(
        claim(TalksRefused(), "2019-08-20", "JPN>KOR"),
        claim(TalksProposed(), "2019-08-21", "KOR>JPN"),
        claim(TalksRefused(), "2019-08-22", "JPN>KOR"),
    ) == [State.PROPOSED, State.REFUSED]


def test_a_denial_is_no_step() -> None:
    """A denial is no step of a life cycle, but an assessment always is."""
    gloomy = OutlookAssessed(outlook=Outlook.POSITIVE)

    assert states(claim(MeasureLifted(), "2019-09-10", "JPN>KOR", **DENIAL)) == []
    assert states(claim(gloomy, "2019-09-10", "JPN+KOR", **DENIAL)) == [State.POSITIVE]


def test_a_claim_about_no_dyad_is_a_step() -> None:
    """A ruling about no dyad is a step of its life cycle."""
    assert states(claim(RulingIssued(ruling="pay"), "2018-10-30", "KOR")) == [State.RULED]


def test_nothing_told_has_no_life_cycle() -> None:
    """No claims make a life cycle without steps."""
    assert life_cycle_of([]) == ()
