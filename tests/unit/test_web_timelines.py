"""What TimelineJS and vis-timeline are given of an event."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from communique.client import EventAsOf
from communique.domain.claims.event import Claim
from communique.domain.claims.payloads import MeetingHeld, StanceStated
from communique.domain.claims.values import Certainty, Polarity
from communique.export import web_timelines
from tests.support.given import claim

UNTIL = datetime(2019, 9, 1, tzinfo=UTC)


def as_of(said: Claim, **changes: Any) -> EventAsOf:  # noqa: ANN401  any field
    """A claim as it stood at some point."""
    given = {"corrected_by": None, "disputed_by": (), **changes}
    return EventAsOf(1, UNTIL, "", UNTIL, said, **given)


def slide(occurred: object, **more: Any) -> dict[str, Any]:  # noqa: ANN401  any field
    """The slide of a meeting."""
    said = claim(MeetingHeld(), occurred, "JPN+KOR", **more)
    return web_timelines.slide(as_of(said), said)


def items(occurred: object, **more: Any) -> list[dict[str, Any]]:  # noqa: ANN401  any field
    """The items of a meeting."""
    said = claim(MeetingHeld(), occurred, "JPN+KOR", **more)
    return [*web_timelines.items(as_of(said), said, UNTIL)]


def local(edtf: str) -> dict[str, str]:
    """A valid time in Seoul."""
    return {"edtf": edtf, "zone": "Asia/Seoul"}


@pytest.mark.parametrize(
    ("edtf", "start", "end", "displayed"),
    [
        ("2019-08-21", (2019, 8, 21), None, "21 Aug 2019"),
        ("2019-08~", (2019, 8), None, "about Aug 2019"),
        ("2019", (2019,), None, "2019"),
        ("201X", (2010,), (2019,), "2010s"),
        ("2019-08-21/2019-08-23", (2019, 8, 21), (2019, 8, 23), "21"),
        ("2019-08-21T15:00", (2019, 8, 21, 15, 0), None, "15:00"),
        (
            "2019-08-21T15:00/2019-08-21T15:30",
            (2019, 8, 21, 15, 0),
            (2019, 8, 21, 15, 30),
            "15:00–15:30 KST",
        ),
        ("2019-07-12T14:00/..", (2019, 7, 12, 14, 0), None, "12 Jul 2019"),
        ("9999-12-31", (9999, 12, 31), None, "31 Dec 9999"),
    ],
)
def test_a_slide_has_the_dates_of_the_place_as_precisely_as_they_are_known(
    edtf: str, start: tuple[int, ...], end: tuple[int, ...] | None, displayed: str
) -> None:
    """A slide has local dates as precise as known, and an end only on another date."""
    shown = slide(local(edtf))
    assert tuple(shown["start_date"].values()) == start
    assert tuple(shown["end_date"].values() if "end_date" in shown else ()) == (end or ())
    assert displayed in shown["display_date"]


def test_a_slide_is_grouped_by_the_first_issue() -> None:
    """A slide is grouped by its first issue, or in a group for those without."""
    assert slide("2019-08-21", issues=["export-controls", "gsomia"])["group"] == "export controls"
    assert slide("2019-08-21")["group"] == web_timelines.NO_ISSUE


def test_what_others_wrote_cannot_become_a_part_of_the_page() -> None:
    """Texts of slides and items are escaped wherever they go."""
    evil = "<img src=x onerror=alert(1)>"
    for shown in (slide("2019-08-21", gist=evil, outlet=evil), *items("2019-08-21", gist=evil)):
        assert "<img" not in str(shown)
        assert "&lt;img" in str(shown)


@pytest.mark.parametrize(
    ("edtf", "kind", "end"),
    [
        ("2019-08-21T15:00", "point", None),
        ("2019-08-21", "range", "2019-08-21T15:00:00Z"),
        ("2019-08", "range", "2019-08-31T15:00:00Z"),
        ("2019-08-21T15:00/2019-08-21T15:30", "range", "2019-08-21T06:30:00Z"),
        ("2019-08-21T15:00/..", "range", "2019-09-01T00:00:00Z"),
    ],
)
def test_an_item_is_a_point_or_the_range_that_it_may_lie_in(
    edtf: str, kind: str, end: str | None
) -> None:
    """An item is a point for a moment, and a range up to the asked point if still running."""
    [item] = items(local(edtf))
    assert (item["type"], item.get("end")) == (kind, end)
    assert ("running" in item["className"]) == edtf.endswith("..")


def test_an_event_about_two_issues_is_an_item_of_each() -> None:
    """An event about two issues is an item with its own id in each issue's group."""
    shown = items("2019-08-21", issues=["gsomia", "export-controls"])
    assert [item["group"] for item in shown] == ["gsomia", "export-controls"]
    assert len({item["id"] for item in shown}) == 2
    assert web_timelines.group("gsomia") == {"id": "gsomia", "content": "gsomia"}
    assert web_timelines.group("")["content"] == web_timelines.NO_ISSUE


def test_how_sure_and_how_undisputed_it_is_is_told() -> None:
    """A slide's text and an item's classes say how sure and undisputed the event is."""
    said = claim(
        StanceStated(position="unfair"),
        "2019-08-21",
        "JPN",
        certainty=Certainty.PROBABLE,
        polarity=Polarity.NEGATIVE,
    )
    corrected = as_of(said, corrected_by=UUID(int=1), disputed_by=(UUID(int=2),))
    [item] = web_timelines.items(corrected, said, UNTIL)
    marks = "probable, denied, corrected, contested"
    assert f"Arirang ({marks})" in web_timelines.slide(corrected, said)["text"]["text"]
    assert item["className"] == f"stance-stated {marks.replace(',', '')}"
