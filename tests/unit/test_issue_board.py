"""The board of an issue: what stands on it, whose part it is, and what of it is over."""

import pytest

from communique.domain.claims.event import Event
from communique.domain.claims.payloads import (
    AgreementEnded,
    AgreementSigned,
    AgreementTerminationNotified,
    CodedEventReported,
    CommitmentMade,
    DemandMade,
    DemandMet,
    DemandRejected,
    MeasureAnnounced,
    MeasureLifted,
    MeasureTookEffect,
    MediationOffered,
    MeetingHeld,
    MeetingPlanned,
    OutlookAssessed,
    ProposalAccepted,
    ProposalMade,
    RelationsChanged,
    RulingIssued,
    StanceStated,
    TalksRefused,
)
from communique.domain.claims.shape import Payload
from communique.domain.claims.values import Certainty
from communique.domain.claims.words import MeetingLevel, Outlook, RelationsChange
from communique.domain.parties.party import Party
from communique.domain.state.assertions import assertions
from communique.domain.state.element import Due
from communique.domain.state.facets import State
from communique.domain.state.issue_board import IssueBoard, IssueElement, IssueParty, issues_of
from communique.domain.state.resolved_as_of import ResolvedAsOf
from tests.support import boards
from tests.support.given import claim, disputed, log, point

EXPORTS = {"issues": ("export-controls",)}
CHECKS = MeasureAnnounced.model_validate({"measure": "checks", "scheduled": "2019-08-28"})
NOTICE = AgreementTerminationNotified.model_validate({"ends": "2019-11-23"})


def on_board(valid: str, *events: Event, issue: str = "export-controls") -> IssueBoard:
    """Return the board of an issue at the end of a day, once all events are known."""
    return boards.issue_board(log(*events), issue, point(valid))


def stated(elements: tuple[IssueElement, ...]) -> list[tuple[str, str, State]]:
    """Return dyad, facet and state of each element."""
    return [(element.dyad, element.element.facet, element.element.state) for element in elements]


def lists(part: IssueBoard | IssueParty) -> dict[str, list[str]]:
    """Return the facets in each list that has any."""
    held = {name: value for name, value in part if isinstance(value, tuple) and value}
    return {
        name: [element.element.facet for element in value]
        for name, value in held.items()
        if name != "parties"
    }


def test_each_kind_of_facet_has_its_place() -> None:
    """A board puts a party's facets with the party and shared ones on the board itself."""
    board = on_board(
        "2019-01-31",
        claim(TalksRefused(), "2019-01-01", "JPN>KOR", **EXPORTS),
        claim(StanceStated(position="unfair"), "2019-01-02", "KOR>JPN", **EXPORTS),
        claim(DemandMade(demand="lift"), "2019-01-03", "KOR>JPN", **EXPORTS),
        claim(ProposalMade(proposal="a fund"), "2019-01-04", "KOR>JPN", **EXPORTS),
        claim(CommitmentMade(commitment="to pay"), "2019-01-05", "JPN>KOR", **EXPORTS),
        claim(MeasureTookEffect(), "2019-01-06", "JPN>KOR", **EXPORTS),
        claim(AgreementSigned(), "2019-01-07", "JPN+KOR", **EXPORTS),
        claim(RulingIssued(ruling="pay"), "2019-01-08", "KOR>JPN", **EXPORTS),
        claim(MediationOffered(), "2019-01-09", "USA>JPN,KOR", **EXPORTS),
        claim(OutlookAssessed(outlook=Outlook.NEGATIVE), "2019-01-10", "JPN+KOR", **EXPORTS),
        claim(MeetingHeld(level=MeetingLevel.MINISTER), "2019-01-11", "JPN+KOR", **EXPORTS),
    )

    assert lists(board) == {
        "talks": ["talks/export-controls"],
        "agreements": ["agreement/export-controls"],
        "rulings": ["ruling/export-controls"],
        "mediation": ["mediation/USA"],
        "outlooks": ["outlook/export-controls"],
        "meetings": ["meeting/minister"],
    }
    assert {part.party: lists(part) for part in board.parties} == {
        "JPN": {
            "commitments": ["commitment/JPN/export-controls"],
            "measures": ["measure/JPN/export-controls"],
        },
        "KOR": {
            "stances": ["stance/KOR/export-controls"],
            "demands": ["demand/KOR/export-controls"],
            "proposals": ["proposal/KOR/export-controls"],
        },
    }


def test_the_board_says_what_it_is_of_and_as_of_when() -> None:
    """An empty board names its issue and its point."""
    board = on_board("2019-08-22")

    assert board == IssueBoard(issue="export-controls", as_of=ResolvedAsOf.of(point("2019-08-22")))


@pytest.mark.parametrize(
    ("payload", "who"),
    [
        (MeetingPlanned(), "JPN+KOR"),
        (RelationsChanged(change=RelationsChange.SEVERED), "JPN+KOR"),
        (CodedEventReported(code="112"), "JPN>KOR"),
    ],
)
def test_plans_relations_and_reports_are_not_on_it(payload: Payload, who: str) -> None:
    """Plans, relations and reports are on no board, whatever issues their claims name."""
    (said,) = assertions(planned := claim(payload, "2019-08-21", who, **EXPORTS))

    assert issues_of(planned, said) == ()
    assert lists(on_board("2019-08-22", planned)) == {}


def test_lists_are_sorted_by_dyad_and_facet() -> None:
    """A board sorts parties by code, and elements by dyad and facet."""
    board = on_board(
        "2019-08-22",
        claim(StanceStated(position="no"), "2019-08-21", "KOR>JPN,CHN", **EXPORTS),
        claim(StanceStated(position="yes"), "2019-08-21", "JPN>KOR", **EXPORTS),
        claim(AgreementSigned(), "2019-08-21", "JPN+KOR", subject="b", **EXPORTS),
        claim(AgreementSigned(), "2019-08-21", "JPN+KOR", subject="a", **EXPORTS),
        claim(AgreementSigned(), "2019-08-21", "CHN+KOR", subject="c", **EXPORTS),
    )

    assert [part.party for part in board.parties] == ["JPN", "KOR"]
    assert [stance.dyad for stance in board.parties[1].stances] == ["CHN-KOR", "JPN-KOR"]
    assert stated(board.agreements) == [
        ("CHN-KOR", "agreement/c", State.SIGNED),
        ("JPN-KOR", "agreement/a", State.SIGNED),
        ("JPN-KOR", "agreement/b", State.SIGNED),
    ]


def test_a_facet_of_one_issue_is_on_that_board_alone() -> None:
    """A refusal that names two issues is on both boards, as the talks on each issue."""
    refusal = claim(TalksRefused(), "2019-08-21", "JPN>KOR", issues=("a", "b"))

    assert lists(on_board("2019-08-22", refusal, issue="a")) == {"talks": ["talks/a"]}
    assert lists(on_board("2019-08-22", refusal, issue="b")) == {"talks": ["talks/b"]}
    assert lists(on_board("2019-08-22", refusal, issue="c")) == {}


@pytest.mark.parametrize("issue", ["a", "b"])
def test_a_thing_with_a_key_is_on_the_boards_of_all_its_issues(issue: str) -> None:
    """A measure with a subject of its own, or a meeting, is about every issue it names."""
    of_both = {"issues": ("a", "b"), "subject": "x"}
    measure = claim(MeasureTookEffect(), "2019-08-21", "JPN>KOR", **of_both)
    meeting = claim(MeetingHeld(), "2019-08-21", "JPN+KOR", **of_both)
    board = on_board("2019-08-22", measure, meeting, issue=issue)

    assert lists(board) == {"meetings": ["meeting/unstated"]}
    assert lists(board.parties[0]) == {"measures": ["measure/x"]}


def test_what_names_no_issue_is_on_no_board() -> None:
    """A claim that names no issue is on no board, not even on one called `general`."""
    (said,) = assertions(refused := claim(TalksRefused(), "2019-08-21", "JPN>KOR"))

    assert issues_of(refused, said) == ()


def test_an_answered_demand_stays_with_those_who_made_it() -> None:
    """A demand or proposal that is answered stays with the party that made the demand."""
    board = on_board(
        "2019-08-22",
        claim(DemandRejected(), "2019-08-21", "JPN>KOR", subject="pay", **EXPORTS),
        claim(DemandMet(), "2019-08-21", "JPN>KOR", **EXPORTS),
        claim(ProposalAccepted(), "2019-08-21", "JPN>KOR", subject="fund", **EXPORTS),
    )
    (part,) = board.parties

    assert part.party == "KOR"
    assert stated(part.demands) == [
        ("JPN-KOR", "demand/KOR/export-controls", State.MET),
        ("JPN-KOR", "demand/pay", State.REJECTED),
    ]
    assert stated(part.proposals) == [("JPN-KOR", "proposal/fund", State.ACCEPTED)]


def test_a_thing_with_a_key_is_its_actors() -> None:
    """A measure with a subject belongs to its actors in each dyad."""
    board = on_board(
        "2019-08-22",
        claim(MeasureTookEffect(), "2019-08-21", "JPN,USA>KOR", subject="KOR/x", **EXPORTS),
    )

    assert {part.party: [measure.dyad for measure in part.measures] for part in board.parties} == {
        "JPN": ["JPN-KOR"],
        "USA": ["KOR-USA"],
    }


def test_a_facet_of_one_party_is_that_partys() -> None:
    """A party that acts on both sides of a dyad has only its own part."""
    minister = Party(code="KOR", office="Foreign Minister")
    both = {"actors": (Party(code="JPN"), Party(code="KOR")), "recipients": (minister,)}
    stance = claim(StanceStated(position="fair"), "2019-08-21", "JPN>KOR", **EXPORTS)
    board = on_board("2019-08-22", stance.model_copy(update=both))

    assert [(part.party, lists(part)["stances"]) for part in board.parties] == [
        ("JPN", ["stance/JPN/export-controls"]),
        ("KOR", ["stance/KOR/export-controls"]),
    ]


@pytest.mark.parametrize(
    ("payload", "who", "state"),
    [
        (MeasureLifted(), "JPN>KOR", State.LIFTED),
        (DemandMet(), "KOR>JPN", State.MET),
        (ProposalAccepted(), "KOR>JPN", State.ACCEPTED),
        (AgreementEnded(), "JPN+KOR", State.ENDED),
    ],
)
def test_what_is_over_stays_on_the_board(payload: Payload, who: str, state: State) -> None:
    """A board, unlike a status, shows how things that are over came out."""
    board = on_board("2019-08-22", claim(payload, "2019-08-21", who, **EXPORTS))
    parts = [element for part in board.parties for element in (*part.measures, *part.demands)]
    shown = [*parts, *board.agreements, *(own for part in board.parties for own in part.proposals)]

    assert [element.element.state for element in shown] == [state]


@pytest.mark.parametrize(
    ("valid", "due"), [("2019-08-28", Due.AHEAD), ("2019-08-29", Due.UNCONFIRMED)]
)
def test_an_announced_measure_is_unconfirmed_after_its_day(valid: str, due: Due) -> None:
    """A board shows an announced measure as announced, and from the day after as unconfirmed."""
    (part,) = on_board(valid, claim(CHECKS, "2019-08-02", "JPN>KOR", **EXPORTS)).parties
    (shown,) = part.measures

    assert (shown.element.state, shown.element.due) == (State.ANNOUNCED, due)
    assert shown.element.scheduled_state is State.IN_FORCE


def test_a_notice_that_has_run_out_is_shown_as_a_notice() -> None:
    """A board shows an agreement under notice until a claim says that it ended."""
    board = on_board("2019-12-01", claim(NOTICE, "2019-08-22", "KOR>JPN", **EXPORTS))

    assert stated(board.agreements) == [
        ("JPN-KOR", "agreement/export-controls", State.UNDER_NOTICE)
    ]


def test_what_is_still_running_is_under_way() -> None:
    """A board shows a stance held over a time as under way while that time lasts."""
    stance = claim(StanceStated(position="unfair"), "2019-08-01/2019-08-31", "KOR>JPN", **EXPORTS)

    assert [
        on_board(valid, stance).parties[0].stances[0].element.under_way
        for valid in ("2019-08-31", "2019-09-01")
    ] == [True, False]


def test_doubt_and_dispute_are_shown() -> None:
    """A board shows a possible lifting above the last certain announcement, both by time."""
    lifting = claim(
        MeasureLifted(), "2019-08-29", "JPN>KOR", certainty=Certainty.POSSIBLE, **EXPORTS
    )
    announced = claim(CHECKS, "2019-08-02", "JPN>KOR", **EXPORTS)
    (part,) = on_board("2019-08-30", announced, lifting, disputed(lifting)).parties
    shown = part.measures[0].element

    assert (shown.state, shown.contested) == (State.LIFTED, True)
    assert shown.last_certain is not None
    assert (shown.last_certain.state, shown.last_certain.by_schedule) == (State.ANNOUNCED, True)
