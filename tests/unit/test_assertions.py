"""What each type of claim asserts: which facet of which dyad, and how it stands."""

from datetime import timedelta

import pytest

from communique.domain.claims.payloads import (
    AccusationMade,
    AgreementEnded,
    AgreementRatified,
    AgreementSigned,
    AgreementTerminationNotified,
    AgreementTerminationSuspended,
    AgreementTookEffect,
    CodedEventReported,
    CommitmentMade,
    DemandMade,
    DemandMet,
    DemandRejected,
    DialogueUrged,
    DiplomatsExpelled,
    MeasureAnnounced,
    MeasureLifted,
    MeasureSuspended,
    MeasureTookEffect,
    MediationOffered,
    MediationRequested,
    MeetingCancelled,
    MeetingHeld,
    MeetingPlanned,
    MeetingPostponed,
    MeetingStarted,
    OutlookAssessed,
    ProposalAccepted,
    ProposalMade,
    ProposalRejected,
    RelationsChanged,
    RulingIssued,
    ScheduleStated,
    StanceStated,
    TalksAgreed,
    TalksProposed,
    TalksRefused,
    TalksResumed,
    TalksSuspended,
    ThreatMade,
)
from communique.domain.claims.shape import Payload
from communique.domain.claims.values import Certainty, Polarity
from communique.domain.claims.words import Finality, MeetingLevel, Outlook, RelationsChange
from communique.domain.state.assertions import (
    assertions,
    codes_concerned,
    dyads_between,
    dyads_concerned,
)
from communique.domain.state.facets import Facet, FacetKind, Stage, State
from tests.support.given import claim
from tests.support.strategies import PAYLOADS

DAY = "2019-08-21"
MINISTER = MeetingLevel.MINISTER


def due(kind: str, change: str, statement: str = "") -> ScheduleStated:
    """Return a statement that something is due on 23 November."""
    said = {"kind": kind, "change": change, "scheduled": "2019-11-23", "statement": statement}
    return ScheduleStated.model_validate(said)


# Who did what about export-controls, and what it fills: facet, state, statement, grounds.
ONE_OF_EACH: list[tuple[Payload, str, str, State, str, str]] = [
    (MeetingPlanned(venue="Beijing"), "JPN+KOR", "agenda/sub", State.PLANNED, "Beijing", ""),
    (MeetingPostponed(reason="storm"), "JPN+KOR", "agenda/sub", State.POSTPONED, "", "storm"),
    (MeetingCancelled(reason="storm"), "JPN+KOR", "agenda/sub", State.CANCELLED, "", "storm"),
    (
        MeetingStarted(level=MINISTER, venue="Beijing"),
        "JPN+KOR",
        "meeting/minister",
        State.STARTED,
        "Beijing",
        "",
    ),
    (
        MeetingHeld(level=MINISTER, outcome="none", venue="Beijing"),
        "JPN+KOR",
        "meeting/minister",
        State.HELD,
        "none",
        "",
    ),
    (
        TalksProposed(proposal="soon"),
        "KOR>JPN",
        "talks/export-controls",
        State.PROPOSED,
        "soon",
        "",
    ),
    (
        TalksAgreed(terms="in Tokyo"),
        "KOR+JPN",
        "talks/export-controls",
        State.AGREED,
        "in Tokyo",
        "",
    ),
    (
        TalksRefused(finality=Finality.WILL_NOT, grounds="trust"),
        "JPN>KOR",
        "talks/export-controls",
        State.REFUSED,
        "will not",
        "trust",
    ),
    (
        TalksSuspended(grounds="trust"),
        "JPN>KOR",
        "talks/export-controls",
        State.SUSPENDED,
        "",
        "trust",
    ),
    (TalksResumed(terms="all"), "JPN+KOR", "talks/export-controls", State.RESUMED, "all", ""),
    (
        StanceStated(position="unfair", grounds="trade"),
        "KOR>JPN",
        "stance/KOR/export-controls",
        State.STATED,
        "unfair",
        "trade",
    ),
    (
        DemandMade(demand="lift them"),
        "KOR>JPN",
        "demand/KOR/export-controls",
        State.DEMANDED,
        "lift them",
        "",
    ),
    (
        DemandMet(outcome="lifted"),
        "JPN>KOR",
        "demand/KOR/export-controls",
        State.MET,
        "lifted",
        "",
    ),
    (
        DemandRejected(grounds="security"),
        "JPN>KOR",
        "demand/KOR/export-controls",
        State.REJECTED,
        "",
        "security",
    ),
    (
        ProposalMade(proposal="a fund"),
        "KOR>JPN",
        "proposal/KOR/export-controls",
        State.PROPOSED,
        "a fund",
        "",
    ),
    (
        ProposalAccepted(terms="half"),
        "JPN>KOR",
        "proposal/KOR/export-controls",
        State.ACCEPTED,
        "half",
        "",
    ),
    (
        ProposalRejected(grounds="settled"),
        "JPN>KOR",
        "proposal/KOR/export-controls",
        State.REJECTED,
        "",
        "settled",
    ),
    (
        CommitmentMade(commitment="to say so"),
        "KOR>JPN",
        "commitment/KOR/export-controls",
        State.COMMITTED,
        "to say so",
        "",
    ),
    (
        MeasureAnnounced(measure="checks"),
        "JPN>KOR",
        "measure/JPN/export-controls",
        State.ANNOUNCED,
        "checks",
        "",
    ),
    (
        MeasureTookEffect(measure="checks"),
        "JPN>KOR",
        "measure/JPN/export-controls",
        State.IN_FORCE,
        "checks",
        "",
    ),
    (
        MeasureSuspended(grounds="talks"),
        "JPN>KOR",
        "measure/JPN/export-controls",
        State.SUSPENDED,
        "",
        "talks",
    ),
    (
        MeasureLifted(grounds="talks"),
        "JPN>KOR",
        "measure/JPN/export-controls",
        State.LIFTED,
        "",
        "talks",
    ),
    (
        RulingIssued(court="Supreme Court", ruling="pay"),
        "KOR>JPN",
        "ruling/export-controls",
        State.RULED,
        "pay",
        "",
    ),
    (AgreementSigned(title="pact"), "JPN+KOR", "agreement/sub", State.SIGNED, "pact", ""),
    (AgreementRatified(title="pact"), "KOR>JPN", "agreement/sub", State.RATIFIED, "pact", ""),
    (AgreementTookEffect(title="pact"), "JPN+KOR", "agreement/sub", State.IN_FORCE, "pact", ""),
    (
        AgreementTerminationNotified(title="pact"),
        "KOR>JPN",
        "agreement/sub",
        State.UNDER_NOTICE,
        "pact",
        "",
    ),
    (
        AgreementTerminationSuspended(grounds="talks"),
        "KOR>JPN",
        "agreement/sub",
        State.NOTICE_SUSPENDED,
        "",
        "talks",
    ),
    (AgreementEnded(title="pact"), "KOR>JPN", "agreement/sub", State.ENDED, "pact", ""),
    (
        RelationsChanged(change=RelationsChange.AMBASSADOR_RECALLED, grounds="protest"),
        "JPN>KOR",
        "relations",
        State.AMBASSADOR_RECALLED,
        "",
        "protest",
    ),
    (
        MediationOffered(offer="to host"),
        "CHN>JPN,KOR",
        "mediation/CHN",
        State.OFFERED,
        "to host",
        "",
    ),
    (
        DiplomatsExpelled(count=3, grounds="spying"),
        "KOR>JPN",
        "expulsion/KOR/export-controls",
        State.EXPELLED,
        "3 expelled",
        "spying",
    ),
    (
        MediationRequested(between=("JPN", "KOR"), request="to step in"),
        "KOR>USA",
        "mediation/USA",
        State.REQUESTED,
        "to step in",
        "",
    ),
    (
        ThreatMade(threat="tariffs", condition="unless lifted"),
        "KOR>JPN",
        "threat/KOR/export-controls",
        State.THREATENED,
        "tariffs",
        "unless lifted",
    ),
    (
        AccusationMade(accusation="bad faith"),
        "JPN>KOR",
        "accusation/JPN/export-controls",
        State.ACCUSED,
        "bad faith",
        "",
    ),
    (
        due("AGREEMENT", "END", "by its terms"),
        "JPN+KOR",
        "agreement/sub",
        State.SCHEDULED,
        "by its terms",
        "",
    ),
    (DialogueUrged(appeal="talk"), "CHN>JPN,KOR", "mediation/CHN", State.URGED, "talk", ""),
    (
        OutlookAssessed(outlook=Outlook.NEGATIVE, assessment="no thaw"),
        "JPN+KOR",
        "outlook/export-controls",
        State.NEGATIVE,
        "no thaw",
        "",
    ),
    (
        CodedEventReported(code="1724", description="Curfew"),
        "JPN>KOR",
        "report/17",
        State.REPORTED,
        "1724 Curfew",
        "",
    ),
]
BY_SUBJECT = {"agenda", "agreement"}


def facets(payload: Payload, who: str = "JPN>KOR", **more: object) -> dict[str, list[str]]:
    """Return the facets that a claim fills, by dyad."""
    by_dyad: dict[str, list[str]] = {}
    for says in assertions(claim(payload, DAY, who, **more)):
        by_dyad.setdefault(str(says.dyad), []).append(str(says.facet))
    return by_dyad


def test_there_is_one_of_each_type() -> None:
    """The table of examples has a claim of each payload type."""
    assert {type(payload) for payload, *_ in ONE_OF_EACH} == set(PAYLOADS)


@pytest.mark.parametrize(
    ("payload", "who", "facet", "state", "statement", "grounds"),
    ONE_OF_EACH,
    ids=[type(payload).__name__ for payload, *_ in ONE_OF_EACH],
)
def test_each_type_fills_its_facet(
    payload: Payload, who: str, facet: str, state: State, statement: str, grounds: str
) -> None:
    """A claim of each type fills one facet of JPN-KOR with its state and its words."""
    subject = "sub" if facet.partition("/")[0] in BY_SUBJECT else None
    said = claim(payload, DAY, who, issues=("export-controls",), subject=subject)
    (says,) = assertions(said)

    assert (str(says.dyad), str(says.facet), says.state) == ("JPN-KOR", facet, state)
    assert (says.issue, says.statement, says.grounds) == ("export-controls", statement, grounds)


@pytest.mark.parametrize(("payload", "who"), [case[:2] for case in ONE_OF_EACH])
def test_a_denial_asserts_nothing_but_an_outlook(payload: Payload, who: str) -> None:
    """A denial changes no state, but one of progress is an outlook's content."""
    said = claim(payload, DAY, who, polarity=Polarity.NEGATIVE, subject="sub")

    assert bool(list(assertions(said))) is isinstance(payload, OutlookAssessed)
    assert dyads_concerned(said)


@pytest.mark.parametrize(("payload", "who"), [case[:2] for case in ONE_OF_EACH])
def test_what_no_source_commits_to_asserts_no_state(payload: Payload, who: str) -> None:
    """An uncommitted claim of any type fills no facet, and still concerns its dyads."""
    said = claim(payload, DAY, who, certainty=Certainty.UNCOMMITTED, subject="sub")

    assert list(assertions(said)) == []
    assert dyads_concerned(said)


@pytest.mark.parametrize(
    ("payload", "facet"),
    [
        (TalksRefused(), "talks/general"),
        (StanceStated(position="unfair"), "stance/JPN/general"),
        (DemandMade(demand="more"), "demand/JPN/general"),
        (MeasureTookEffect(), "measure/JPN/general"),
        (AgreementEnded(), "agreement/general"),
        (OutlookAssessed(outlook=Outlook.NEUTRAL), "outlook/general"),
    ],
)
def test_without_an_issue_the_facet_is_general(payload: Payload, facet: str) -> None:
    """A claim that names no issue is about things in general, and its issue stays empty."""
    (says,) = assertions(claim(payload, DAY, "JPN>KOR"))

    assert (str(says.facet), says.issue) == (facet, "")


def test_several_issues_are_several_facets() -> None:
    """A claim about two issues fills the facet of each."""
    assert facets(TalksRefused(), issues=("gsomia", "whitelist")) == {
        "JPN-KOR": ["talks/gsomia", "talks/whitelist"]
    }


@pytest.mark.parametrize(
    ("payload", "facet"),
    [
        (DemandMade(demand="more"), "demand/the-thing"),
        (DemandMet(), "demand/the-thing"),
        (ProposalRejected(), "proposal/the-thing"),
        (CommitmentMade(commitment="more"), "commitment/the-thing"),
        (MeasureLifted(), "measure/the-thing"),
        (AgreementSigned(), "agreement/the-thing"),
        (TalksAgreed(), "talks/gsomia"),
        (StanceStated(position="no"), "stance/JPN/gsomia"),
        (RulingIssued(ruling="pay"), "ruling/the-thing"),
        (ThreatMade(threat="more"), "threat/the-thing"),
        (AccusationMade(accusation="more"), "accusation/the-thing"),
        (DiplomatsExpelled(), "expulsion/the-thing"),
        (OutlookAssessed(outlook=Outlook.NEUTRAL), "outlook/gsomia"),
    ],
)
def test_a_subject_is_the_facet_of_what_has_a_life_cycle(payload: Payload, facet: str) -> None:
    """Claims of one demand, measure or pact share its facet; talks and stances go by issue."""
    assert facets(payload, issues=("gsomia",), subject="the-thing") == {"JPN-KOR": [facet]}


def test_a_plan_without_a_subject_is_a_facet_of_its_own() -> None:
    """Two plans of meetings without a subject fill two facets."""
    said = claim(MeetingPlanned(), DAY, "JPN+KOR")

    assert [str(says.facet) for says in assertions(said)] == [f"agenda/{said.event_id}"]


def test_a_meeting_with_a_subject_closes_the_plan_of_it() -> None:
    """A meeting is the last of its level, and ends the agenda's facet with its subject."""
    held = facets(MeetingHeld(level=MeetingLevel.DIRECTOR_GENERAL), "JPN+KOR", subject="m")

    assert held == {"JPN-KOR": ["meeting/director-general", "agenda/m"]}


def test_a_meeting_of_unstated_level_has_a_facet() -> None:
    """A meeting whose source gives no level fills the facet of unstated ones."""
    assert facets(MeetingHeld(), "JPN+KOR") == {"JPN-KOR": ["meeting/unstated"]}


def test_a_trilateral_meeting_concerns_three_dyads() -> None:
    """A trilateral meeting is the last meeting of each two of the three."""
    held = facets(MeetingHeld(level=MINISTER), "CHN+JPN+KOR")

    assert held == {dyad: ["meeting/minister"] for dyad in ("CHN-JPN", "CHN-KOR", "JPN-KOR")}


def test_a_directed_claim_is_about_each_actor_and_recipient() -> None:
    """A directed claim is about each pair of actor and recipient, and not about two actors."""
    demanded = facets(DemandMade(demand="more"), "KOR,CHN>JPN")

    assert demanded == {"CHN-JPN": ["demand/CHN/general"], "JPN-KOR": ["demand/KOR/general"]}


@pytest.mark.parametrize("who", ["JPN+KOR", "JPN,KOR"])
def test_a_joint_commitment_is_one_of_each_party_to_the_other(who: str) -> None:
    """A commitment made jointly stands between those who made it, as a commitment of each."""
    committed = facets(CommitmentMade(commitment="to talk"), who, issues=("gsomia",))

    assert committed == {"JPN-KOR": ["commitment/JPN/gsomia", "commitment/KOR/gsomia"]}


def test_a_request_to_mediate_is_about_the_dispute() -> None:
    """A request to mediate is about the parties to the dispute, and its facet the mediator's."""
    said = claim(MediationRequested(between=("JPN", "KOR")), DAY, "KOR>USA")

    assert [str(dyad) for dyad in dyads_between(said)] == ["JPN-KOR"]
    assert [str(dyad) for dyad in dyads_concerned(said)] == ["JPN-KOR", "KOR-USA"]


def test_a_claim_of_one_party_alone_asserts_nothing_between_two() -> None:
    """A claim of one party alone is on no dyad's state and on no dyad's timeline."""
    said = claim(StanceStated(position="free trade"), DAY, "KOR")

    assert list(assertions(said)) == []
    assert dyads_concerned(said) == ()
    assert codes_concerned(said) == {"KOR"}


@pytest.mark.parametrize("payload", [MediationOffered(), DialogueUrged()])
def test_a_third_party_steps_between_those_it_addresses(payload: Payload) -> None:
    """A third party's step is about its recipients' dyad, and on its own dyads' timelines."""
    said = claim(payload, DAY, "CHN>JPN,KOR")

    assert [str(dyad) for dyad in dyads_between(said)] == ["JPN-KOR"]
    assert [str(dyad) for dyad in dyads_concerned(said)] == ["CHN-JPN", "CHN-KOR", "JPN-KOR"]


@pytest.mark.parametrize("kind", [MediationOffered, DialogueUrged])
def test_a_third_party_may_address_one_side_alone(
    kind: type[MediationOffered | DialogueUrged],
) -> None:
    """A third party that addresses one side names the dyad it steps between."""
    said = claim(kind(between=("JPN", "KOR")), DAY, "CHN>KOR")

    assert facets(kind(between=("JPN", "KOR")), "CHN>KOR") == {"JPN-KOR": ["mediation/CHN"]}
    assert [str(dyad) for dyad in dyads_concerned(said)] == ["CHN-KOR", "JPN-KOR"]
    assert codes_concerned(said) == {"CHN", "JPN", "KOR"}


def test_each_third_party_has_a_facet() -> None:
    """The last step of one mediator does not hide another mediator's."""
    assert facets(MediationOffered(), "CHN,USA>JPN,KOR") == {
        "JPN-KOR": ["mediation/CHN", "mediation/USA"]
    }


@pytest.mark.parametrize(
    ("certainty", "stage"),
    [
        (Certainty.CERTAIN, Stage.OPENED),
        (Certainty.PROBABLE, Stage.OPENED),
        (Certainty.POSSIBLE, Stage.POSSIBLE),
    ],
)
def test_a_meeting_that_is_merely_possible_comes_before_a_planned_one(
    certainty: Certainty, stage: Stage
) -> None:
    """The life cycle of a meeting is possible, planned, started, held."""
    (says,) = assertions(claim(MeetingPlanned(), DAY, "JPN+KOR", certainty=certainty))

    assert says.stage is stage


@pytest.mark.parametrize(
    ("notice", "ends"),
    [
        (AgreementTerminationNotified(notice_period=timedelta(days=90)), "2019-11-19"),
        (AgreementTerminationNotified.model_validate({"ends": "2019-11-23"}), "2019-11-23"),
        (AgreementTerminationNotified(), None),
    ],
)
def test_a_notice_ends_when_it_says_or_when_its_period_is_over(
    notice: AgreementTerminationNotified, ends: str | None
) -> None:
    """A notice ends at its date or after its period, and otherwise has no known end."""
    (says,) = assertions(claim(notice, DAY, "KOR>JPN"))

    assert (says.scheduled.edtf if says.scheduled else None) == ends


@pytest.mark.parametrize("occurred", ["9999-12-31", "1000-01-01T00:00+18:00"])
def test_a_notice_at_the_edge_of_the_calendar_has_no_known_end(occurred: str) -> None:
    """A notice whose end cannot be written stands with no known end."""
    zone = {"edtf": occurred, "zone": "America/New_York"}
    notice = AgreementTerminationNotified(notice_period=timedelta(minutes=30))
    (says,) = assertions(claim(notice, zone, "KOR>JPN"))

    assert says.scheduled is None


def test_a_schedule_is_handed_on() -> None:
    """An assertion names when its measure is to take effect or its meeting to take place."""
    measure = MeasureAnnounced.model_validate({"measure": "checks", "scheduled": "2019-08-28"})
    plan = MeetingPlanned.model_validate({"scheduled": "2019-08-30"})

    for payload, who in ((measure, "JPN>KOR"), (plan, "JPN+KOR")):
        (says,) = assertions(claim(payload, DAY, who))
        assert says.scheduled == payload.scheduled


@pytest.mark.parametrize("text", ["relations", "talks/export-controls", "agenda/a/b"])
def test_a_facet_is_written_and_read_back(text: str) -> None:
    """A facet is written as its kind and then its key, and reads back equal."""
    assert str(Facet.parse(text)) == text


def test_an_unknown_kind_of_facet_is_refused() -> None:
    """A facet of an unknown kind is refused."""
    with pytest.raises(ValueError, match="weather"):
        Facet.parse("weather/JPN")
    assert Facet.parse("TALKS/x").kind is FacetKind.TALKS


@pytest.mark.parametrize(
    ("kind", "change", "facet"),
    [
        ("MEETING", "BEGIN", "agenda/sub"),
        ("TALKS", "BEGIN", "talks/gsomia"),
        ("DEMAND", "BE_ANSWERED", "demand/sub"),
        ("PROPOSAL", "BE_ANSWERED", "proposal/sub"),
        ("MEASURE", "TAKE_EFFECT", "measure/sub"),
        ("MEASURE", "END", "measure/sub"),
        ("AGREEMENT", "TAKE_EFFECT", "agreement/sub"),
        ("AGREEMENT", "END", "agreement/sub"),
    ],
)
def test_a_schedule_is_of_the_facet_of_its_kind(kind: str, change: str, facet: str) -> None:
    """A date is set for the facet of its kind and subject, and of talks for that of the issue."""
    said = claim(due(kind, change), DAY, "JPN>KOR", issues=("gsomia",), subject="sub")
    (says,) = assertions(said)

    assert (str(says.facet), says.state, says.stage) == (facet, State.SCHEDULED, Stage.POSSIBLE)
    assert says.scheduled is not None
    assert (says.scheduled.edtf, says.is_derived) == ("2019-11-23", False)
