"""What people see of subjects and issues, on screens of different widths."""

from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from uuid import UUID

import pytest
from rich.console import Console

from communique.cli import issue_view, sample, subject_view
from communique.client import EventAsOf, Subject, SubjectClaim
from communique.domain.claims.event import Claim, Recorded
from communique.domain.state.disagreement import disagreements
from communique.domain.state.status import ResolvedAsOf
from communique.domain.state.subject import SubjectEntry
from communique.domain.time.clocks import AsOf, parse_point
from tests.support import boards
from tests.support.boards import life_cycle_of

CLAIMS = sample.claims()
RECORDED = datetime(2026, 1, 1, tzinfo=UTC)
POINT = AsOf(parse_point("2019-08-22", sample.ZONE), RECORDED, len(CLAIMS))
WIDTHS = (60, 80, 120, 200)
STATEMENT = "keeps to the restrictions, which it says are no retaliation, for reasons of security"


def shown(print_it: Callable[[Console], object], width: int = 120) -> list[str]:
    """The lines that something prints on a screen of that width."""
    file = StringIO()
    print_it(Console(file=file, width=width, highlight=False, markup=False, emoji=False))
    return file.getvalue().splitlines()


def subject(*claims: Claim, is_cut: bool = False) -> Subject:
    """A subject of these claims."""
    entries = [SubjectEntry(one, RECORDED) for one in claims]
    return Subject(
        "stance/JPN",
        ResolvedAsOf.of(POINT),
        life_cycle_of(entries),
        tuple(
            SubjectClaim(EventAsOf(at, RECORDED, "", RECORDED, one, None, ()), ())
            for at, one in enumerate(claims, 1)
        ),
        disagreements(entries),
        is_cut,
        len(claims),
        earlier_claims_uncounted=False,
    )


def stance(number: int, outlet: str, position: str) -> Claim:
    """A stance as an outlet tells it."""
    first = next(one for one in CLAIMS if one.payload.type == "StanceStated")
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
    """Whatever the width, lines are broken between words and end without blanks."""
    log = [Recorded(at, RECORDED, 1, one) for at, one in enumerate(CLAIMS, 1)]
    board = boards.issue_board(log, "export-controls", POINT)
    printed = [
        *shown(lambda it: subject_view.print_subject(it, TWO, "UTC", explain=explain), width),
        *shown(lambda it: issue_view.print_board(it, board, "UTC", explain=explain), width),
    ]
    assert max(map(len, printed)) <= width
    assert all(line == line.rstrip() for line in printed)


def test_a_long_value_is_told_in_full() -> None:
    """A value that finds no room in its column stands below, in all its words."""
    lines = shown(lambda it: subject_view.print_subject(it, TWO, "UTC"))
    at = lines.index("Disagreement: stance stated, position")
    below = " ".join(line.strip() for line in lines[at : at + 5])
    assert STATEMENT in below
    assert "lifts them" in below
    assert "preferred: nothing tells them apart" in below


def test_an_empty_board_says_so() -> None:
    """An issue that is only named has a board with nothing on it."""
    board = boards.issue_board([], "export-controls", POINT)
    lines = shown(lambda it: issue_view.print_board(it, board, "UTC"))
    assert lines[-1].startswith("nothing stands on its board")
    assert list(issue_view.flat(board)) == []
