"""What people see of subjects and issues, on screens of different widths."""

from uuid import UUID

import pytest

from communique.cli import issue_view, subject_view
from communique.client import EventAsOf, Subject, SubjectClaim
from communique.domain.claims.event import Claim, Recorded
from communique.domain.claims.payloads import MeetingHeld
from communique.domain.state.disagreement import disagreements
from communique.domain.state.element import Rank
from communique.domain.state.issue_board import IssueElement, board
from communique.domain.state.resolved_as_of import ResolvedAsOf
from communique.domain.state.subject import (
    LifeCycleStep,
    StatedState,
    SubjectEntry,
    asserted_of,
    life_cycle,
)
from communique.domain.time.clocks import AsOf, micros, parse_point, window_of
from tests.support import nineteen_claims
from tests.support.given import claim
from tests.support.plain_status import plain_elements
from tests.support.screens import CLAIMS, DYAD, RECORDED, WIDTHS, shown

POINT = AsOf(parse_point("2019-08-22", nineteen_claims.ZONE), RECORDED, len(CLAIMS))
ISSUE = "export-controls"
STATEMENT = "keeps to the restrictions, which it says are no retaliation, for reasons of security"


MANY = ("AUS", "BRA", "CAN", "CHN", "DEU", "FRA", "GBR", "IND", "ITA", "JPN", "KOR", "USA")


def subject(*claims: Claim, is_cut: bool = False) -> Subject:
    """A subject of these claims."""
    entries = [SubjectEntry(claim, RECORDED) for claim in claims]
    return Subject(
        "stance/JPN",
        ResolvedAsOf.of(POINT),
        life_cycle_of(entries),
        tuple(
            SubjectClaim(EventAsOf(at, RECORDED, "", RECORDED, claim, None, ()), ())
            for at, claim in enumerate(claims, 1)
        ),
        disagreements(entries),
        is_cut,
        len(claims),
        earlier_claims_uncounted=False,
    )


def life_cycle_of(entries: list[SubjectEntry]) -> tuple[LifeCycleStep, ...]:
    """The life cycle that claims about one subject tell."""
    occurred = {entry.claim.event_id.bytes: entry.claim.occurred for entry in entries}
    return life_cycle(filter(None, map(_stated, entries)), occurred.__getitem__)


def _stated(entry: SubjectEntry) -> StatedState | None:
    claim, known = entry
    asserted = asserted_of(claim)
    if asserted is None:
        return None
    window = window_of(claim.occurred, claim.known, known)
    rank = Rank.of(claim, asserted[1], micros(known), window)
    return StatedState(asserted[0], rank, micros(window.settled))


def stance(number: int, outlet: str, position: str) -> Claim:
    """A stance as an outlet tells it."""
    first = next(claim for claim in CLAIMS if claim.payload.type == "StanceStated")
    return first.model_copy(
        update={
            "event_id": UUID(int=number),
            "subject": "stance/JPN",
            "source": first.source.model_copy(update={"outlet": outlet}),
            "payload": first.payload.model_copy(update={"position": position}),
        }
    )


TWO = subject(stance(1, "Kyodo", STATEMENT), stance(2, "Yonhap", "lifts them"))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("explain", [False, True])
def test_no_line_is_wider_than_the_screen(
    width: int,
    explain: bool,  # noqa: FBT001  a case of the table
) -> None:
    """Subjects and boards break lines between words for any width, without blanks at ends."""
    log = [Recorded(at, RECORDED, 1, claim) for at, claim in enumerate(CLAIMS, 1)]
    elements = plain_elements(log, DYAD, POINT).values()
    winners = [IssueElement(dyad=str(DYAD), element=it) for it in elements if it.issue == ISSUE]
    of_issue = board(ISSUE, POINT, winners)
    assert of_issue.parties
    printed = [
        *shown(
            lambda screen: subject_view.print_subject(screen, TWO, "UTC", explain=explain), width
        ),
        *shown(
            lambda screen: issue_view.print_board(screen, of_issue, "UTC", explain=explain), width
        ),
    ]
    assert max(map(len, printed)) <= width
    assert all(line == line.rstrip() for line in printed)


def test_a_long_value_is_told_in_full() -> None:
    """A value that finds no room in its column stands below in full."""
    of_many, of_two = (
        claim(MeetingHeld(), "2019-08-21", "+".join(codes), outlet=outlet, subject="meeting")
        for codes, outlet in ((MANY, "Kyodo"), (MANY[:2], "Yonhap"))
    )
    meeting = subject(of_many, of_two)
    lines = shown(lambda screen: subject_view.print_subject(screen, meeting, "UTC"))
    at = lines.index("Disagreement: meeting held, participants")
    below = " ".join(line.strip() for line in lines[at : at + 5])
    assert ", ".join(MANY) in below
    assert "preferred: nothing else tells them apart" in below


def test_an_empty_board_says_so() -> None:
    """A board with nothing on it says so."""
    of_issue = board(ISSUE, POINT, [])
    lines = shown(lambda screen: issue_view.print_board(screen, of_issue, "UTC"))
    assert lines[-1].startswith("nothing stands on its board")
    assert list(issue_view.flat(of_issue)) == []
