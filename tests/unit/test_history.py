"""One event's history: which content it has at which known time and position."""

from datetime import timedelta

import pytest

from communique.domain.claims.event import Claim, Recorded
from communique.domain.claims.history import Content, contents, disputes
from communique.domain.claims.payloads import MeetingHeld, TalksRefused
from communique.domain.time.clocks import KnownTime, Region, parse_point
from tests.support.given import RECORDED, claim, corrected, disputed, log, retracted

MINUTES = timedelta(minutes=30)
HELD = claim(MeetingHeld(duration=MINUTES), "2019-08-21", "JPN+KOR", known="2019-08-21T16:30+09:00")


def shown(found: list[Content], at: str, position: int) -> list[Claim]:
    """Return what the event says at a known time and position: nothing, or one content."""
    return [one.claim for one in found if one.region.covers(parse_point(at), position)]


def test_a_claim_alone_says_what_it_says_from_when_it_was_known() -> None:
    """Its content decides from its position and its known time on, without an end."""
    (found,) = contents(log(HELD))

    assert (found.claim, found.position, found.corrected_by) == (HELD, 1, None)
    assert found.known == parse_point("2019-08-21T16:30+09:00")
    assert found.region == Region(1, None, parse_point("2019-08-21T16:30+09:00"), None)


def test_a_claim_without_a_known_time_was_known_when_it_was_recorded() -> None:
    """Nobody says that it could be known earlier."""
    (found,) = contents(log(claim(TalksRefused(), "2019-08-20", "JPN>KOR")))

    assert found.known == found.region.known_from == RECORDED + timedelta(microseconds=1)


def test_a_correction_decides_from_its_position_and_its_own_known_time() -> None:
    """Asked from before it was known or recorded, the event still says the old thing."""
    better = corrected(HELD, "2019-08-23", payload=MeetingHeld(duration=MINUTES * 2))
    found = contents(log(HELD, better))
    longer = better.payload.content  # type: ignore[union-attr]

    assert shown(found, "2019-08-21T16:29:59+09:00", 2) == []
    assert shown(found, "2019-08-22", 2) == [HELD]
    assert shown(found, "2019-08-23", 2) == [longer]
    assert shown(found, "2019-08-23", 1) == [HELD]
    assert [one.corrected_by for one in found if one.claim == longer] == [better.event_id]


def test_a_correction_may_change_when_it_was_known() -> None:
    """Its content shows from its own known time on; until then the event says nothing at all."""
    later = corrected(HELD, "2019-08-22", known="2019-08-25")
    found = contents(log(HELD, later))

    assert [one.gist for one in shown(found, "2019-08-21", 2)] == [""]
    assert shown(found, "2019-08-24", 2) == []
    assert [one.known for one in shown(found, "2019-08-25", 2)] == [KnownTime.parse("2019-08-25")]


def test_the_last_amendment_by_position_decides() -> None:
    """Not the one known last: what is recorded later is what the record now says."""
    first = corrected(HELD, "2019-08-25", gist="first")
    second = corrected(HELD, "2019-08-23", gist="second")
    found = contents(log(HELD, first, second))

    assert [one.gist for one in shown(found, "2019-08-26", 3)] == ["second"]
    assert [one.gist for one in shown(found, "2019-08-26", 2)] == ["first"]
    assert [one.gist for one in shown(found, "2019-08-24", 3)] == ["second"]
    assert [one.gist for one in shown(found, "2019-08-24", 2)] == [""]


def test_a_retraction_removes_the_event_from_where_it_counts() -> None:
    """Before it was known, and at earlier positions, the event still stands."""
    found = contents(log(HELD, retracted(HELD, known="2019-08-23")))

    assert shown(found, "2019-08-22", 2) == [HELD]
    assert shown(found, "2019-08-23", 2) == []
    assert shown(found, "2019-08-23", 1) == [HELD]


def test_a_corrected_content_without_a_known_time_was_known_with_the_claim() -> None:
    """It has the record time of the claim, so that an early correction of it hides nothing."""
    plain = claim(TalksRefused(), "2019-08-20", "JPN>KOR")
    found = contents(log(HELD, plain, corrected(plain, gist="better"))[1:])

    assert [one.known for one in found] == [RECORDED + timedelta(microseconds=2)] * len(found)
    assert [one.gist for one in shown(found, "2026-01-02", 3)] == ["better"]


def test_a_dispute_changes_no_content() -> None:
    """It is listed with the position and known time from which it counts."""
    told = log(HELD, disputed(HELD, known="2019-08-23"), disputed(HELD))
    found = disputes(told)

    assert contents(told) == contents(log(HELD))
    assert [(one.position, one.known) for one in found] == [
        (2, parse_point("2019-08-23")),
        (3, RECORDED + timedelta(microseconds=3)),
    ]
    assert [one.event_id for one in found] == [it.event.event_id for it in told[1:] if it.event]


def test_a_claim_of_a_newer_type_says_nothing_yet() -> None:
    """Nor do its amendments: what cannot be read is not guessed at."""
    unread = Recorded(1, RECORDED, 1, None)
    later = log(HELD, corrected(HELD, gist="better"), disputed(HELD))[1:]

    assert contents([unread, *later]) == []


@pytest.mark.parametrize("text", ["2030-01-01", "2026-01-01"])
def test_nothing_counts_as_known_later_than_it_was_recorded(text: str) -> None:
    """A clock that was ahead, or a day that was not over, gives the record time."""
    (found,) = contents(log(claim(TalksRefused(), "2019-08-20", "JPN>KOR", known=text)))

    assert found.known == RECORDED + timedelta(microseconds=1)
