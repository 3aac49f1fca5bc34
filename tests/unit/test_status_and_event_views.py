"""What people see of an answer, on screens of different widths."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from communique.cli import event_view, status_view
from communique.client import EventAsOf, EventHistory
from communique.domain.claims.event import (
    Amendment,
    AmendmentPayload,
    Claim,
    Event,
    EventCorrected,
    EventDisputed,
    EventRetracted,
    Recorded,
)
from communique.domain.claims.values import Certainty, Polarity
from communique.domain.parties.party import Party
from communique.domain.state.status import BilateralStatus
from communique.domain.time.clocks import AsOf, end_of_day, parse_point
from communique.domain.time.known_time import KnownTime
from communique.export import wording
from tests.support import nineteen_claims
from tests.support.plain_status import plain_status
from tests.support.screens import CLAIMS, DYAD, RECORDED, WIDTHS, fact, shown


def status(*events: Event, valid: str = "2019-08-21") -> BilateralStatus:
    """How Japan and Korea stand by these events."""
    log = [Recorded(at, RECORDED, 1, event) for at, event in enumerate(events, 1)]
    later = RECORDED + timedelta(days=1)
    return plain_status(log, DYAD, AsOf(parse_point(valid, nineteen_claims.ZONE), later, len(log)))


def lines(of: BilateralStatus, width: int = 120, *, explain: bool = False) -> list[str]:
    """A status as it is printed."""
    return shown(
        lambda screen: status_view.print_status(screen, of, nineteen_claims.ZONE, explain=explain),
        width,
    )


def as_of_now(claim: Claim | None, **changes: Any) -> EventAsOf:  # noqa: ANN401  any field
    """A claim as a listing has it."""
    return EventAsOf(
        **{
            "position": 1,
            "record_time": RECORDED,
            "submitter": "",
            "known": RECORDED,
            "event": claim,
            "corrected_by": None,
            "disputed_by": (),
            **changes,
        }
    )


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("explain", [False, True])
def test_no_line_is_wider_than_the_screen(
    width: int,
    explain: bool,  # noqa: FBT001  a case of the table
) -> None:
    """A status breaks lines between words for any width, without blanks at ends."""
    printed = lines(status(*CLAIMS), width, explain=explain)
    assert max(map(len, printed)) <= width
    assert all(line == line.rstrip() for line in printed)


@pytest.mark.parametrize("width", [80, 100, 120])
def test_no_word_is_lost_on_a_narrow_screen(width: int) -> None:
    """A narrow screen shows the same words as a wide one, on more lines."""
    wide, narrow = lines(status(*CLAIMS), 400), lines(status(*CLAIMS), width)
    assert sorted(" ".join(wide).split()) == sorted(" ".join(narrow).split())


def test_the_header_names_the_parties_the_posture_and_the_rule() -> None:
    """A status begins with the parties, the posture, its point and the deciding rule."""
    first, second, third = lines(status(*CLAIMS))[:3]
    assert first.startswith("Japan and South Korea (JPN-KOR)")
    assert first.endswith("STRAINED")
    assert "the end of 21 Aug 2019" in second
    assert "log position 19" in second
    assert "talks-refused" in third


def test_there_are_sections_only_for_what_there_is() -> None:
    """A status of one known thing has one section."""
    printed = lines(status(fact(10)))
    assert [line for line in printed[3:] if line and not line.startswith(" ")] == ["Talks"]


def test_nothing_known_is_shown_as_unknown() -> None:
    """A status without claims is a header with nothing below."""
    printed = lines(status())
    assert printed[0].endswith("UNKNOWN")
    assert len(printed) == 3


def test_columns_stand_below_each_other_over_all_sections() -> None:
    """The state begins in one column in every section of a status."""
    printed = lines(status(*CLAIMS))
    places = {
        line.index(state)
        for line in printed
        for state in ("held ", "refused ", "stated ", "demanded ", "committed ", "in force ")
        if line.startswith("  ") and line[2] != " " and state in line
    }
    assert len(places) == 1


def test_the_probable_is_marked() -> None:
    """An element that is only expected is marked probable."""
    printed = lines(status(fact(14), fact(15)))
    assert [line.split()[-1] for line in printed if "Aug 2019" in line[2:]][1:] == [
        "certain",
        "probable",
    ]


def test_what_is_certain_stands_below_an_uncertain_winner() -> None:
    """A probable element is shown above what is said most surely."""
    certain = fact(10, subject="talks")
    probable = fact(
        10,
        event_id=UUID(int=1),
        occurred=fact(14).occurred,
        certainty=Certainty.PROBABLE,
    )
    printed = lines(status(certain, probable))
    [line] = [line for line in printed if "└ most surely" in line]
    assert "20 Aug 2019" in line
    assert line.endswith("certain")


def test_what_is_contested_scheduled_and_under_way_is_marked() -> None:
    """Contested, scheduled and running elements have marks beside the certainty."""
    dispute = Amendment(
        event_id=UUID(int=1),
        payload=EventDisputed(amends=fact(10).event_id, statement="they only paused"),
    )
    contested = lines(status(fact(10), dispute))
    unconfirmed = lines(status(fact(6), valid="2019-08-29"))
    under_way = lines(status(fact(14), valid="2019-08-21T15:10:00"))
    assert any(line.endswith("certain, contested") for line in contested)
    assert any(line.endswith("certain, unconfirmed") for line in unconfirmed)
    assert any("due to be in force 28 Aug 2019, unconfirmed" in line for line in unconfirmed)
    assert any(line.endswith("certain, under way") for line in under_way)


def test_an_explained_line_names_its_claim() -> None:
    """An explained line is followed by its claim's source, known time, gist and event id."""
    printed = lines(status(fact(10)), explain=True)
    text = " ".join(printed)
    assert "Arirang, known at 21 Aug 2019 16:30 KST: At that meeting Japan leaves no doubt" in text
    assert f"talks-refused: {fact(10).event_id}" in text
    assert printed[-1].strip() == str(fact(10).event_id)


def test_what_looks_like_markup_is_text() -> None:
    """Square brackets in a claim are printed as they are."""
    printed = lines(status(fact(15, gist="[bold]:smile:[/bold]")), explain=True)
    assert any("[bold]:smile:[/bold]" in line for line in printed)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_timeline_fits_any_screen(width: int) -> None:
    """A timeline has the day, what happened, who and how sure, on any width."""
    events = [as_of_now(claim) for claim in CLAIMS]
    printed = shown(
        lambda screen: event_view.print_events(screen, events, nineteen_claims.ZONE), width
    )
    assert max(map(len, printed)) <= width
    assert sum("meeting held" in line for line in printed) == 5


def test_a_timeline_marks_what_is_denied_corrected_contested_or_new() -> None:
    """A timeline marks claims that are denials, corrected, disputed or of a newer type."""
    events = [
        as_of_now(fact(10, polarity=Polarity.NEGATIVE), corrected_by=UUID(int=1)),
        as_of_now(fact(10), disputed_by=(UUID(int=1),)),
        as_of_now(fact(18)),
        as_of_now(None),
    ]
    printed = shown(
        lambda screen: event_view.print_events(screen, events, nineteen_claims.ZONE, explain=True)
    )
    heads = [line for line in printed if line[2] != " "]
    assert [line.split("  ")[-1].strip() for line in heads] == [
        "certain, denied, corrected",
        "certain, contested",
        "probable",
        "of a newer type",
    ]


def test_one_event_is_told_with_its_amendments() -> None:
    """An event is shown in full, and then each amendment with its reason."""
    claim = fact(11)
    amends = claim.event_id
    amendments: tuple[AmendmentPayload, ...] = (
        EventCorrected(amends=amends, content=claim, reason="a misprint"),
        EventDisputed(amends=amends, statement="never said", disputed_by=Party(code="CHN")),
        EventRetracted(amends=amends, reason="withdrawn"),
    )
    recorded = [
        Recorded(at, RECORDED, at, Amendment(event_id=UUID(int=at), payload=amendment), "desk")
        for at, amendment in enumerate(amendments, 2)
    ]
    history = EventHistory(Recorded(1, RECORDED, 1, claim), tuple(recorded))
    printed = "\n".join(
        shown(lambda screen: event_view.print_history(screen, history, nineteen_claims.ZONE))
    )
    for text in (
        "an unnamed source, who quotes Wang Yi to Kang Kyung-wha",
        "21 Aug 2019 16:30 KST",
        "a misprint",
        "China",
        "withdrawn",
        "from desk, position 4, revision 4",
    ):
        assert text in printed


def test_an_event_of_a_newer_type_is_still_an_event() -> None:
    """An event that this release cannot read is shown as such and not as an error."""
    history = EventHistory(Recorded(1, RECORDED, 1, None), ())
    printed = shown(lambda screen: event_view.print_history(screen, history, "UTC"))
    assert "newer than this release" in printed[0]


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (end_of_day("2019-08-20", "Asia/Seoul"), "the end of 20 Aug 2019"),
        (KnownTime.parse("2019-08-21T16:30", "Asia/Seoul").instant, "21 Aug 2019 16:30 KST"),
        (datetime(2019, 8, 21, 7, 30, 5, tzinfo=UTC), "21 Aug 2019 16:30:05 KST"),
        (datetime(1000, 1, 1, tzinfo=UTC), "1 Jan 1000 08:27:52 LMT"),
        (datetime.max.replace(tzinfo=UTC), "31 Dec 9999 23:59:59 UTC"),
    ],
)
def test_moments_are_told_in_the_zone_asked_for(instant: datetime, text: str) -> None:
    """An instant is shown as a day and time of the zone, and a day's end as that."""
    assert wording.moment(instant, "Asia/Seoul") == text
