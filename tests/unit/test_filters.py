"""Filters: which events they select, and how requests are read."""

from datetime import UTC, datetime

import pytest

from communique.domain.claims.event import Claim
from communique.domain.claims.values import Certainty
from communique.domain.parties.party import Dyad
from communique.domain.state.event_filter import Filter
from communique.domain.time.edtf import ValidTime
from communique.server.application.queries.filters import filter_of
from communique.server.application.request_errors import InvalidFields
from communique.v1 import time_pb2, values_pb2
from communique.v1.record_service_pb2 import EventFilter

MEDIATION = Claim.model_validate(
    {
        "event_id": "01a20c4c-87b0-768a-8e2b-e30d909dca60",
        "occurred": {"edtf": "2019-08-21", "zone": "Asia/Seoul"},
        "actors": [{"code": "CHN"}],
        "recipients": [{"code": "KOR"}],
        "issues": ["export-controls"],
        "subject": "talks/JPN-KOR",
        "certainty": "PROBABLE",
        "source": {"outlet": "Yonhap"},
        "payload": {"type": "DialogueUrged", "between": ["JPN", "KOR"]},
    }
)
BEGAN = datetime(2019, 8, 20, 15, tzinfo=UTC)
OVER = datetime(2019, 8, 21, 15, tzinfo=UTC)


CASES = {
    "nothing asked": (Filter(), True),
    "its actors": (Filter(dyad=Dyad.of("CHN", "KOR")), True),
    "those it is about": (Filter(dyad=Dyad.of("JPN", "KOR")), True),
    "neither": (Filter(dyad=Dyad.of("JPN", "CHN")), False),
    "a side": (Filter(parties=frozenset({"JPN", "USA"})), True),
    "another party": (Filter(parties=frozenset({"USA"})), False),
    "an issue": (Filter(issues=frozenset({"export-controls", "gsomia"})), True),
    "another issue": (Filter(issues=frozenset({"gsomia"})), False),
    "its subject": (Filter(subjects=frozenset({"talks/JPN-KOR"})), True),
    "half its subject": (Filter(subjects=frozenset({"talks"})), False),
    "what it would be about if it named none": (
        Filter(subjects=frozenset({"mediation/JPN-KOR/CHN"})),
        False,
    ),
    "its type": (Filter(types=frozenset({"DialogueUrged"})), True),
    "another type": (Filter(types=frozenset({"MediationOffered"})), False),
    "its certainty": (Filter(certainties=frozenset({Certainty.PROBABLE})), True),
    "another certainty": (Filter(certainties=frozenset({Certainty.CERTAIN})), False),
    "its outlet": (Filter(outlets=frozenset({"Yonhap"})), True),
    "its outlet in small": (Filter(outlets=frozenset({"yonhap"})), False),
    "to its beginning": (Filter(occurred_to=BEGAN), True),
    "to before": (Filter(occurred_to=BEGAN.replace(hour=14)), False),
    "from before its end": (Filter(occurred_from=OVER.replace(hour=14)), True),
    "from its end": (Filter(occurred_from=OVER), False),
    "one of two": (
        Filter(types=frozenset({"DialogueUrged"}), outlets=frozenset({"NHK"})),
        False,
    ),
}


@pytest.mark.parametrize(("selection", "is_selected"), CASES.values(), ids=CASES)
def test_each_part_of_a_filter_selects(selection: Filter, *, is_selected: bool) -> None:
    """A filter selects by any value of each part, by all parts, and all if it is empty."""
    assert selection.selects(MEDIATION) is is_selected


def test_an_open_interval_reaches_into_the_future() -> None:
    """A filter finds an open interval at any later moment."""
    running = MEDIATION.model_copy(update={"occurred": ValidTime.parse("2019-08/..")})
    assert Filter(occurred_from=datetime(2100, 1, 1, tzinfo=UTC)).selects(running)


def test_a_request_is_read_in_full() -> None:
    """Every field of a requested filter is read, with days in the request's zone."""
    day = time_pb2.PointInTime(text="2019-08-21")
    message = EventFilter(
        dyad="KOR-JPN",
        parties=["KOR"],
        issues=["gsomia"],
        subjects=["pact"],
        types=["MeetingHeld", "EventCorrected"],
        certainties=[values_pb2.CERTAINTY_CERTAIN],
        outlets=[" Yonhap "],
        occurred_from=day,
        occurred_to=day,
    )
    assert {field.name for field, _ in message.ListFields()} == {
        field.name for field in EventFilter.DESCRIPTOR.fields
    }
    assert filter_of(message, "Asia/Seoul") == Filter(
        dyad=Dyad.of("JPN", "KOR"),
        parties=frozenset({"KOR"}),
        issues=frozenset({"gsomia"}),
        subjects=frozenset({"pact"}),
        types=frozenset({"MeetingHeld", "EventCorrected"}),
        certainties=frozenset({Certainty.CERTAIN}),
        outlets=frozenset({"Yonhap"}),
        occurred_from=BEGAN,
        occurred_to=datetime(2019, 8, 21, 14, 59, 59, 999999, tzinfo=UTC),
    )


def test_all_faults_of_a_filter_are_told_at_once() -> None:
    """All values at fault of a filter are named by their places."""
    message = EventFilter(
        dyad="KOR",
        parties=["KOR", "XX"],
        types=["Meeting"],
        certainties=[0, 1, 9],  # type: ignore[list-item]
    )
    with pytest.raises(InvalidFields) as caught:
        filter_of(message)
    assert [violation.field for violation in caught.value.violations] == [
        "filter.dyad",
        "filter.parties[1]",
        "filter.types[0]",
        "filter.certainties[0]",
        "filter.certainties[2]",
    ]


def test_a_claim_that_names_no_subject_is_found_by_its_derived_ones() -> None:
    """A filter by subject finds a claim that names none by its derived keys."""
    bare = MEDIATION.model_copy(update={"subject": None})
    assert Filter(subjects=frozenset({"mediation/JPN-KOR/CHN"})).selects(bare)
    assert not Filter(subjects=frozenset({"talks/JPN-KOR"})).selects(bare)
