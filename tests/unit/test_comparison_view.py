"""What people see of a comparison, and of many statuses, on screens of different widths."""

from datetime import timedelta
from itertools import permutations
from uuid import UUID

import pytest
from rich.console import Console

from communique.cli import comparison_view, sample
from communique.cli import statuses_view as many_view
from communique.domain.claims.event import Event, Recorded
from communique.domain.claims.values import Certainty
from communique.domain.parties.party import Dyad
from communique.domain.state.comparison import BilateralComparison
from communique.domain.state.status import BilateralStatus
from communique.domain.time.clocks import AsOf, parse_point
from tests.support import oracle, oracle_subjects
from tests.support.given import disputed
from tests.unit.test_cli_views import CLAIMS, DYAD, RECORDED, WIDTHS, fact, shown

LATER = RECORDED + timedelta(days=1)
DAYS = ("2018-01-01", "2019-08-01", "2019-08-20", "2019-08-21", "2019-08-28", "2019-11-20")


def log(*events: Event) -> list[Recorded]:
    """A log of these events."""
    return [Recorded(at, RECORDED, 1, event) for at, event in enumerate(events, 1)]


def compared(before: str, after: str, *events: Event) -> BilateralComparison:
    """What changed between the ends of two days in Seoul, by these events, or the sample."""
    told = log(*(events or CLAIMS))
    points = (AsOf(parse_point(day, sample.ZONE), LATER, len(told)) for day in (before, after))
    return oracle_subjects.comparison(told, DYAD, *points)


def status(dyad: str) -> BilateralStatus:
    """How two parties stood by the sample."""
    as_of = AsOf(parse_point("2019-08-22", sample.ZONE), LATER, len(CLAIMS))
    return oracle.status(log(*CLAIMS), Dyad.parse(dyad), as_of)


def lines(found: BilateralComparison, width: int = 120, *, explain: bool = False) -> list[str]:
    """A comparison as it is printed."""
    causes: dict[UUID, Recorded] = {one.event.event_id: one for one in log(*CLAIMS) if one.event}

    def print_it(screen: Console) -> None:
        comparison_view.print_comparison(screen, found, sample.ZONE, causes if explain else None)

    return shown(print_it, width)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("before", "after"), [*permutations(DAYS, 2)])
def test_no_line_is_wider_than_the_screen(width: int, before: str, after: str) -> None:
    """Neither of a comparison, whichever way it goes and with its reasons."""
    found = compared(before, after)
    assert max(map(len, lines(found, width, explain=True))) <= max(width, 80)


@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_of_a_list_is_wider_than_the_screen(width: int) -> None:
    """Nor of a list of statuses."""
    statuses = [status("JPN-KOR"), status("CHN-KOR")]
    printed = shown(
        lambda it: many_view.print_statuses(it, "KOR", statuses, statuses[0].as_of, sample.ZONE),
        width,
    )
    assert max(map(len, printed)) <= width


def test_every_change_is_under_one_heading() -> None:
    """Each facet that differs is told of once."""
    found = compared("2019-08-01", "2019-08-28")
    printed = lines(found)
    told = [line for line in printed if line.startswith("  ") and line[2] != " "]
    assert len(told) == len(found.changes) > 5


def test_what_differs_is_told() -> None:
    """A claim less certain than the last one changes the certainty, and the last certain shows."""
    doubted = fact(
        10, event_id=UUID(int=7), certainty=Certainty.POSSIBLE, occurred=CLAIMS[13].occurred
    )
    printed = lines(compared("2019-08-20", "2019-08-22", CLAIMS[9], doubted))
    assert "      certainty: certain → possible" in printed
    assert "      last certain: none → refused, 20 Aug 2019" in printed


def test_a_state_that_moved_shows_both() -> None:
    """The cell of the state has an arrow in it."""
    printed = lines(compared("2019-08-05", "2019-08-28", CLAIMS[5]))
    assert any("announced → in force" in line for line in printed)


def test_a_difference_that_no_line_shows_is_admitted() -> None:
    """Where another claim says the same in the same words, that is said."""
    told = log(CLAIMS[9], fact(10, event_id=UUID(int=2**128 - 1)))
    points = (AsOf(parse_point("2019-08-22"), LATER, position) for position in (1, 2))
    printed = lines(oracle_subjects.comparison(told, DYAD, *points))
    assert any("another claim says the same" in line for line in printed)


def test_a_cause_that_was_not_fetched_keeps_its_id() -> None:
    """The reason is then the id alone."""
    claim = CLAIMS[9]
    told = log(claim, disputed(claim))
    points = (AsOf(parse_point("2019-08-22"), LATER, position) for position in (1, 2))
    found = oracle_subjects.comparison(told, DYAD, *points)
    printed = lines(found, explain=True)
    assert f"      by {found.changes[0].cause_event_ids[0]}" in printed


def test_rows_for_programs_have_the_same_columns() -> None:
    """Whatever appeared, changed or ended."""
    rows = [*comparison_view.flat(compared("2019-08-01", "2019-08-28"))]
    assert len({tuple(row) for row in rows}) == 1
    listed = many_view.flat(status("JPN-KOR"), "KOR")
    assert (listed["other"], listed["posture"]) == ("JPN", "CONFRONTATIONAL")
