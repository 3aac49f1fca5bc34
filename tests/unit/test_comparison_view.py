"""What people see of a comparison, and of many statuses, on screens of different widths."""

from datetime import timedelta
from itertools import permutations
from uuid import UUID

import pytest
from rich.console import Console

from communique.cli import comparison_view, statuses_view
from communique.domain.claims.event import Event, Recorded
from communique.domain.claims.values import Certainty
from communique.domain.parties.party import Dyad
from communique.domain.state.comparison import BilateralComparison
from communique.domain.state.status import BilateralStatus
from communique.domain.time.clocks import AsOf, parse_point
from tests.support import nineteen_claims, oracle, oracle_subjects
from tests.support.given import disputed, retracted
from tests.support.screens import CLAIMS, DYAD, RECORDED, WIDTHS, fact, shown

LATER = RECORDED + timedelta(days=1)
DAYS = ("2018-01-01", "2019-08-01", "2019-08-20", "2019-08-21", "2019-08-28", "2019-11-20")


def log(*events: Event) -> list[Recorded]:
    """A log of these events."""
    return [Recorded(at, RECORDED, 1, event) for at, event in enumerate(events, 1)]


def compared(before: str, after: str, *events: Event) -> BilateralComparison:
    """What changed between the ends of two days in Seoul, by these events, or the sample."""
    history = log(*(events or CLAIMS))
    points = (
        AsOf(parse_point(day, nineteen_claims.ZONE), LATER, len(history)) for day in (before, after)
    )
    return oracle_subjects.comparison(history, DYAD, *points)


def status(dyad: str) -> BilateralStatus:
    """How two parties stood by the sample."""
    as_of = AsOf(parse_point("2019-08-22", nineteen_claims.ZONE), LATER, len(CLAIMS))
    return oracle.status(log(*CLAIMS), Dyad.parse(dyad), as_of)


def lines(comparison: BilateralComparison, width: int = 120, *, explain: bool = False) -> list[str]:
    """A comparison as it is printed."""
    causes: dict[UUID, Recorded] = {
        entry.event.event_id: entry for entry in log(*CLAIMS) if entry.event
    }

    def print_it(screen: Console) -> None:
        comparison_view.print_comparison(
            screen, comparison, nineteen_claims.ZONE, causes if explain else None
        )

    return shown(print_it, width)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("before", "after"), [*permutations(DAYS, 2)])
def test_no_line_is_wider_than_the_screen(width: int, before: str, after: str) -> None:
    """No line of a comparison is wider than the screen, in either direction."""
    comparison = compared(before, after)
    assert max(map(len, lines(comparison, width, explain=True))) <= max(width, 80)


@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_of_a_list_is_wider_than_the_screen(width: int) -> None:
    """No line of a list of statuses is wider than the screen."""
    statuses = [status("JPN-KOR"), status("CHN-KOR")]
    printed = shown(
        lambda screen: statuses_view.print_statuses(
            screen, "KOR", statuses, statuses[0].as_of, nineteen_claims.ZONE
        ),
        width,
    )
    assert max(map(len, printed)) <= width


def test_every_change_is_under_one_heading() -> None:
    """Each facet that differs is shown once."""
    comparison = compared("2019-08-01", "2019-08-28")
    printed = lines(comparison)
    facets = [line for line in printed if line.startswith("  ") and line[2] != " "]
    assert len(facets) == len(comparison.changes) > 5


def test_what_differs_is_told() -> None:
    """A change of certainty shows the old and new certainty and what is said most surely."""
    doubted = fact(
        10, event_id=UUID(int=7), certainty=Certainty.POSSIBLE, occurred=CLAIMS[13].occurred
    )
    printed = lines(compared("2019-08-20", "2019-08-22", CLAIMS[9], doubted))
    assert "      certainty: certain → possible" in printed
    assert "      most surely: none → refused, 20 Aug 2019" in printed


def test_a_state_that_moved_shows_both() -> None:
    """A state that moved is shown as the old and the new state with an arrow."""
    printed = lines(compared("2019-07-02", "2019-07-04", CLAIMS[2], CLAIMS[3]))
    assert any("announced → in force" in line for line in printed)


def test_a_difference_that_no_line_shows_is_admitted() -> None:
    """A change to another claim of the same words is shown as such."""
    claim = CLAIMS[9]
    history = log(claim, fact(10, event_id=UUID(int=2**128 - 1)), retracted(claim))
    points = (AsOf(parse_point("2019-08-22"), LATER, position) for position in (1, 3))
    printed = lines(oracle_subjects.comparison(history, DYAD, *points))
    assert any("another claim says the same" in line for line in printed)


def test_a_cause_that_was_not_fetched_keeps_its_id() -> None:
    """A cause whose event was not fetched is shown by its id alone."""
    claim = CLAIMS[9]
    history = log(claim, disputed(claim))
    points = (AsOf(parse_point("2019-08-22"), LATER, position) for position in (1, 2))
    comparison = oracle_subjects.comparison(history, DYAD, *points)
    printed = lines(comparison, explain=True)
    assert f"      by {comparison.changes[0].cause_event_ids[0]}" in printed


def test_rows_for_programs_have_the_same_columns() -> None:
    """The rows of a comparison have the same columns for every kind of change."""
    rows = [*comparison_view.flat(compared("2019-08-01", "2019-08-28"))]
    assert len({tuple(row) for row in rows}) == 1
    listed = statuses_view.flat(status("JPN-KOR"), "KOR")
    assert (listed["other"], listed["posture"]) == ("JPN", "CONFRONTATIONAL")
