"""What an event must say: each fault is named by its field, in the words of the contract."""

from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from communique import codec
from communique.domain.claims.event import PARTIES_MAX, Amendment, Claim, Event, event_from
from communique.domain.claims.payloads import TalksRefused
from communique.domain.claims.values import Certainty
from communique.domain.time.edtf import ValidTime

ID = "0190a1b2-0000-7000-8000-000000000001"
OTHER = "0190a1b2-0000-7000-8000-000000000002"
KANG = {"code": "KOR", "person": "Kang Kyung-wha"}
REFUSAL: dict[str, Any] = {
    "event_id": ID,
    "occurred": "2019-08-20",
    "actors": [{"code": "JPN"}],
    "recipients": [{"code": "KOR"}],
    "certainty": "CERTAIN",
    "source": {"outlet": "Arirang"},
    "payload": {"type": "TalksRefused"},
}
MEETING = REFUSAL | {
    "actors": [],
    "recipients": [],
    "participants": [{"party": {"code": "JPN"}}, {"party": KANG, "role": "HOST"}],
    "payload": {"type": "MeetingHeld"},
}
PLEDGE = {"type": "CommitmentMade", "commitment": "to talk"}
SCHEDULE = {
    "type": "ScheduleStated",
    "kind": "AGREEMENT",
    "change": "TAKE_EFFECT",
    "scheduled": "2019-11-23",
}
DISPUTE: dict[str, Any] = {
    "event_id": OTHER,
    "payload": {"type": "EventDisputed", "amends": ID, "statement": "It was a briefing."},
}
CORRECTION = DISPUTE | {
    "payload": {
        "type": "EventCorrected",
        "amends": ID,
        "content": {name: value for name, value in REFUSAL.items() if name != "event_id"},
        "reason": "misread",
    }
}
MANY = [{"code": "KOR", "person": f"Person {number}"} for number in range(PARTIES_MAX)]


def read(content: dict[str, Any]) -> Event:
    """Return the event that plain data says."""
    return event_from(content)


def faults(content: dict[str, Any]) -> dict[str, str]:
    """Return the fields at fault, with what is said of each."""
    with pytest.raises(ValidationError) as raised:
        read(content)
    return {fault.field: fault.description for fault in codec.violations(raised.value)}


def test_a_claim_is_read_from_plain_data() -> None:
    """A claim is read from plain data with typed times, words and ids, and empty defaults."""
    event = read(REFUSAL)

    assert isinstance(event, Claim)
    assert (event.event_id, event.occurred) == (UUID(ID), ValidTime.parse("2019-08-20"))
    assert (event.payload, event.certainty) == (TalksRefused(), Certainty.CERTAIN)
    assert (event.known, event.subject, event.issues, event.participants) == (None, None, (), ())
    assert event.codes == {"JPN", "KOR"}


def test_an_amendment_is_read_from_plain_data() -> None:
    """An amendment in plain data is told from a claim by its payload's type."""
    event = read(DISPUTE)

    assert isinstance(event, Amendment)
    assert event.payload.amends == UUID(ID)


def test_a_correction_s_content_has_the_id_of_what_it_corrects() -> None:
    """The content of a correction has the corrected event's id, given or not."""
    given = dict(CORRECTION["payload"], content=REFUSAL)

    assert read(CORRECTION) == read(CORRECTION | {"payload": given})


def test_words_are_read_in_any_case() -> None:
    """The words of a vocabulary are read in any case and with hyphens."""
    event = read(
        REFUSAL
        | {"certainty": "certain", "payload": {"type": "TalksRefused", "finality": "will-not"}}
    )

    assert event == read(REFUSAL | {"payload": {"type": "TalksRefused", "finality": "WILL_NOT"}})


def test_events_are_immutable() -> None:
    """A claim cannot be changed in place."""
    event = read(REFUSAL)

    with pytest.raises(ValidationError, match="frozen"):
        event.gist = "changed"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("content", "field", "says"),
    [
        (REFUSAL | {"payload": {}}, "payload", "exactly one payload"),
        (REFUSAL | {"payload": {"type": "WarDeclared"}}, "payload", "WarDeclared"),
        (REFUSAL | {"event_id": "7"}, "event_id", "UUID"),
        (REFUSAL | {"occurred": "21 August"}, "occurred", "EDTF"),
        (REFUSAL | {"occurred": "0999-01-01"}, "occurred", "1000"),
        (REFUSAL | {"occurred": "2019-08-23/2019-08-21"}, "occurred", "before it begins"),
        (
            REFUSAL | {"occurred": "2019-08-21T15:30/2019-08-21T15:00"},
            "occurred",
            "before it begins",
        ),
        (
            REFUSAL | {"occurred": "2019-08-21T15:00~/2019-08-21T14:30"},
            "occurred",
            "ends when it begins",
        ),
        (REFUSAL | {"occurred": "2019-08-21T25:00~"}, "occurred", "no such time of day"),
        (REFUSAL | {"occurred": "2019-08-21T15~"}, "occurred", "2019-08-21T15:00"),
        (REFUSAL | {"occurred": "12019-08"}, "occurred", "from 1000 to 9999"),
        (REFUSAL | {"occurred": "9999-12-31T23:59:59.999999Z"}, "occurred", "year 9999"),
        (
            REFUSAL | {"occurred": {"edtf": "9999-12-31T23:45~", "zone": "America/New_York"}},
            "occurred",
            "year 9999",
        ),
        (
            REFUSAL | {"occurred": {"edtf": "2019-08-21", "zone": "Asia/Soul"}},
            "occurred",
            "Asia/Seoul",
        ),
        (REFUSAL | {"known": "2019"}, "known", "point"),
        (REFUSAL | {"certainty": "SURE"}, "certainty", "CERTAIN"),
        (
            {name: value for name, value in REFUSAL.items() if name != "certainty"},
            "certainty",
            "required",
        ),
        (
            {name: value for name, value in REFUSAL.items() if name != "source"},
            "source",
            "required",
        ),
        (REFUSAL | {"source": {"outlet": " "}}, "source.outlet", "at least 1"),
        (REFUSAL | {"actors": [{"code": "KRO"}]}, "actors[0].code", "KOR"),
        (REFUSAL | {"actors": [{"code": "South Korea"}]}, "actors[0].code", "KOR"),
        (REFUSAL | {"recipients": [{"code": "KOR"}, {"code": "X"}]}, "recipients[1].code", "X"),
        (REFUSAL | {"actors": [KANG, KANG]}, "actors", "Kang Kyung-wha"),
        (REFUSAL | {"recipients": [{"code": "JPN"}]}, "actors", "JPN is named twice"),
        (
            REFUSAL | {"recipients": [{"code": "JPN", "organ": "METI"}]},
            "recipients",
            "not JPN alone",
        ),
        (REFUSAL | {"actors": []}, "actors", "actors and recipients"),
        (REFUSAL | {"recipients": []}, "recipients", "actors and recipients"),
        (REFUSAL | {"actors": MANY}, "actors", "at most 50"),
        (
            REFUSAL | {"participants": [{"party": KANG}]},
            "participants",
            "not both",
        ),
        (
            REFUSAL | {"actors": [], "recipients": [], "participants": MEETING["participants"]},
            "participants",
            "not participants",
        ),
        (MEETING | {"participants": []}, "participants", "two or more participants"),
        (MEETING | {"participants": [{"party": KANG}]}, "participants", "not KOR alone"),
        (
            MEETING | {"participants": [{"party": KANG, "role": "GUEST"}]},
            "participants[0].role",
            "HOST",
        ),
        (
            MEETING | {"actors": [{"code": "JPN"}], "recipients": [KANG], "participants": []},
            "participants",
            "two or more participants",
        ),
        (
            MEETING | {"participants": [{"party": KANG}], "payload": PLEDGE},
            "participants",
            "not KOR alone",
        ),
        (MEETING | {"participants": [], "payload": PLEDGE}, "actors", "or participants"),
        (REFUSAL | {"issues": ["Export Controls"]}, "issues[0]", "pattern"),
        (REFUSAL | {"issues": ["gsomia", "gsomia"]}, "issues", "twice"),
        (REFUSAL | {"issues": [f"issue-{n}" for n in range(21)]}, "issues", "at most 20"),
        (REFUSAL | {"subject": "a b"}, "subject", "pattern"),
        (REFUSAL | {"gist": "a\x00b"}, "gist", "U+0000"),
        (REFUSAL | {"gist": "x" * 2001}, "gist", "at most 2000"),
        (REFUSAL | {"labels": {"": "x"}}, "labels..[key]", "at least 1"),
        (REFUSAL | {"mood": "grim"}, "mood", "not permitted"),
        (
            REFUSAL | {"links": [{"kind": "BASED_ON"}]},
            "links[0].event_id",
            "either an event or a subject",
        ),
        (
            REFUSAL | {"links": [{"kind": "BASED_ON", "event_id": OTHER, "subject": "x"}]},
            "links[0].event_id",
            "either an event or a subject",
        ),
        (
            REFUSAL | {"place": {"coordinates": {"latitude": 91, "longitude": 0}}},
            "place.coordinates.latitude",
            "90",
        ),
        (
            REFUSAL | {"classification": {"cameo_code": "1"}},
            "classification.cameo_code",
            "pattern",
        ),
        (
            REFUSAL | {"payload": {"type": "StanceStated"}},
            "stance_stated.position",
            "required",
        ),
        (
            REFUSAL | {"payload": {"type": "TalksRefused", "finality": "NEVER"}},
            "talks_refused.finality",
            "WILL_NOT",
        ),
        (
            MEETING | {"payload": {"type": "MeetingHeld", "duration": 0}},
            "meeting_held.duration",
            "greater than",
        ),
        (
            MEETING | {"payload": {"type": "MeetingPlanned", "scheduled": "soon"}},
            "meeting_planned.scheduled",
            "EDTF",
        ),
        (
            REFUSAL | {"payload": {"type": "DialogueUrged", "between": ["JPN"]}},
            "dialogue_urged.between",
            "two or more",
        ),
        (REFUSAL | {"payload": SCHEDULE}, "subject", "the subject that the date is set for"),
        (
            REFUSAL | {"subject": "m", "payload": SCHEDULE | {"kind": "MEETING"}},
            "schedule_stated.change",
            "can be due: BEGIN, not TAKE_EFFECT",
        ),
        (
            REFUSAL | {"subject": "m", "payload": {"type": "ScheduleStated", "kind": "TALKS"}},
            "schedule_stated.scheduled",
            "required",
        ),
        (
            REFUSAL | {"subject": "m", "payload": SCHEDULE | {"scheduled": "2019-09/2019-08"}},
            "schedule_stated.scheduled",
            "before it begins",
        ),
        (DISPUTE | {"payload": {"type": "EventDisputed"}}, "event_disputed.amends", "required"),
        (DISPUTE | {"event_id": ID}, "payload.amends", "cannot amend itself"),
        (DISPUTE | {"occurred": "2019-08-20"}, "occurred", "not permitted"),
        (
            DISPUTE | {"payload": {"type": "EventRetracted", "amends": ID, "reason": ""}},
            "event_retracted.reason",
            "at least 1",
        ),
        (
            CORRECTION
            | {"payload": CORRECTION["payload"] | {"content": REFUSAL | {"event_id": OTHER}}},
            "event_corrected.content.event_id",
            "the id of the corrected event",
        ),
        (
            CORRECTION | {"payload": CORRECTION["payload"] | {"content": DISPUTE}},
            "event_corrected.content.payload",
            "EventDisputed",
        ),
        (
            CORRECTION | {"payload": CORRECTION["payload"] | {"content": REFUSAL | {"actors": []}}},
            "event_corrected.content.actors",
            "actors and recipients",
        ),
    ],
)
def test_a_fault_is_named_by_its_field(content: dict[str, Any], field: str, says: str) -> None:
    """A fault of an event has the contract's path, and says what is wrong or allowed."""
    violations = faults(content)

    assert field in violations
    assert says in violations[field]


def test_all_faults_are_named_at_once() -> None:
    """All faults of an event are named at once."""
    violations = faults(
        REFUSAL
        | {
            "occurred": "soon",
            "certainty": "SURE",
            "actors": [{"code": "XX"}],
            "source": {},
            "payload": {"type": "StanceStated"},
        }
    )

    assert set(violations) == {
        "occurred",
        "certainty",
        "actors[0].code",
        "source.outlet",
        "stance_stated.position",
    }


def test_paths_begin_where_the_caller_says() -> None:
    """The paths of faults begin with the event's place in the request."""
    with pytest.raises(ValidationError) as raised:
        read(REFUSAL | {"occurred": "soon"})

    assert codec.violations(raised.value, "events[3]")[0].field == "events[3].occurred"
