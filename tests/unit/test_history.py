"""One event's history: which content it has at which known time and position."""

from datetime import timedelta

import pytest

from communique.domain.claims.event import Claim, Recorded
from communique.domain.claims.history import Content, contents, disputes
from communique.domain.claims.payloads import MeetingHeld, TalksRefused
from communique.domain.time.clocks import Region, parse_point
from communique.domain.time.known_time import KnownTime
from tests.support.given import RECORDED, claim, corrected, disputed, log, retracted

MINUTES = timedelta(minutes=30)
HELD = claim(MeetingHeld(duration=MINUTES), "2019-08-21", "JPN+KOR", known="2019-08-21T16:30+09:00")


def shown(views: list[Content], at: str, position: int) -> list[Claim]:
    """Return what the event says at a known time and position: nothing, or one content."""
    return [view.claim for view in views if view.region.covers(parse_point(at), position)]


def test_a_claim_alone_says_what_it_says_from_when_it_was_known() -> None:
    """A claim alone decides from its position and known time on, without an end."""
    (content,) = contents(log(HELD))

    assert (content.claim, content.position, content.corrected_by) == (HELD, 1, None)
    assert content.known == parse_point("2019-08-21T16:30+09:00")
    assert content.region == Region(1, None, parse_point("2019-08-21T16:30+09:00"), None)


def test_a_claim_without_a_known_time_was_known_when_it_was_recorded() -> None:
    """A claim without a known time decides from its record time on."""
    (content,) = contents(log(claim(TalksRefused(), "2019-08-20", "JPN>KOR")))

    assert content.known == content.region.known_from == RECORDED + timedelta(microseconds=1)


def test_a_correction_decides_from_its_position_and_its_own_known_time() -> None:
    """An event says its old content before a correction was known or recorded."""
    better = corrected(HELD, "2019-08-23", payload=MeetingHeld(duration=MINUTES * 2))
    views = contents(log(HELD, better))
    longer = better.payload.content  # type: ignore[union-attr]

    assert shown(views, "2019-08-21T16:29:59+09:00", 2) == []
    assert shown(views, "2019-08-22", 2) == [HELD]
    assert shown(views, "2019-08-23", 2) == [longer]
    assert shown(views, "2019-08-23", 1) == [HELD]
    assert [view.corrected_by for view in views if view.claim == longer] == [better.event_id]


def test_a_correction_may_change_when_it_was_known() -> None:
    """A corrected known time counts from its own instant, and earlier the event says nothing."""
    later = corrected(HELD, "2019-08-22", known="2019-08-25")
    views = contents(log(HELD, later))

    assert [claim.gist for claim in shown(views, "2019-08-21", 2)] == [""]
    assert shown(views, "2019-08-24", 2) == []
    assert [claim.known for claim in shown(views, "2019-08-25", 2)] == [
        KnownTime.parse("2019-08-25")
    ]


def test_the_last_amendment_by_position_decides() -> None:
    """The amendment recorded last decides, and not the one known last."""
    first = corrected(HELD, "2019-08-25", gist="first")
    second = corrected(HELD, "2019-08-23", gist="second")
    views = contents(log(HELD, first, second))

    assert [claim.gist for claim in shown(views, "2019-08-26", 3)] == ["second"]
    assert [claim.gist for claim in shown(views, "2019-08-26", 2)] == ["first"]
    assert [claim.gist for claim in shown(views, "2019-08-24", 3)] == ["second"]
    assert [claim.gist for claim in shown(views, "2019-08-24", 2)] == [""]


def test_a_retraction_removes_the_event_from_where_it_counts() -> None:
    """A retracted event still stands before the retraction's known time and position."""
    views = contents(log(HELD, retracted(HELD, known="2019-08-23")))

    assert shown(views, "2019-08-22", 2) == [HELD]
    assert shown(views, "2019-08-23", 2) == []
    assert shown(views, "2019-08-23", 1) == [HELD]


def test_a_corrected_content_without_a_known_time_was_known_with_the_claim() -> None:
    """Corrected content without a known time has the record time of the claim."""
    plain = claim(TalksRefused(), "2019-08-20", "JPN>KOR")
    views = contents(log(HELD, plain, corrected(plain, gist="better"))[1:])

    assert [view.known for view in views] == [RECORDED + timedelta(microseconds=2)] * len(views)
    assert [claim.gist for claim in shown(views, "2026-01-02", 3)] == ["better"]


def test_a_dispute_changes_no_content() -> None:
    """A dispute changes no content and is listed from its position and known time on."""
    history = log(HELD, disputed(HELD, known="2019-08-23"), disputed(HELD))
    disputed_at = disputes(history)

    assert contents(history) == contents(log(HELD))
    assert [(dispute.position, dispute.known) for dispute in disputed_at] == [
        (2, parse_point("2019-08-23")),
        (3, RECORDED + timedelta(microseconds=3)),
    ]
    assert [dispute.event_id for dispute in disputed_at] == [
        entry.event.event_id for entry in history[1:] if entry.event
    ]


def test_a_claim_of_a_newer_type_says_nothing_yet() -> None:
    """A claim of an unknown type, and its amendments, say nothing."""
    unread = Recorded(1, RECORDED, 1, None)
    later = log(HELD, corrected(HELD, gist="better"), disputed(HELD))[1:]

    assert contents([unread, *later]) == []


@pytest.mark.parametrize("text", ["2030-01-01", "2026-01-01"])
def test_nothing_counts_as_known_later_than_it_was_recorded(text: str) -> None:
    """A claim known after its record time counts from its record time."""
    (content,) = contents(log(claim(TalksRefused(), "2019-08-20", "JPN>KOR", known=text)))

    assert content.known == RECORDED + timedelta(microseconds=1)
