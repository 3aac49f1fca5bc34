"""Makes the golden log of this release: `python -m tools.make_golden_log` at the root.

Every payload type twice, with the fields that it must have and with all that it can have, and
amendments of each kind, as this release stores them; and what it answers to a few questions. Both
are kept under `tests/golden/` for ever: later releases replay them. Made once for a release; an
existing one is made anew only with --overwrite. A new version of the rules answers otherwise: with
--answers the answers of all golden logs are made anew, and their logs stay.
"""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import Enum
from importlib.metadata import version
from itertools import count
from typing import Any, Final, get_args
from uuid import UUID

from communique import codec
from communique.domain.claims.event import Amendment, Claim, Event, EventRetracted, event_from
from communique.domain.claims.payloads import ClaimPayload, ScheduleStated
from communique.domain.claims.shape import Payload, Shape
from communique.domain.time.clocks import micros
from tests.support.golden_log import FOLDER, Json, Stored, answer, log_of, names, replayed

_BEGAN: Final = datetime(2026, 1, 1, tzinfo=UTC)
_BETWEEN: Final = timedelta(seconds=7, microseconds=1)
_NEWER: Final = ("TreatyRatified", bytes([0xC2, 0x3E, 3]) + b"\x0a\x01x")
"""An event of a type that this release does not know: kept, and counted."""

_CASTS: Final = (("KOR", "JPN"), ("JPN", "CHN"), ("CHN", "KOR"), ("KOR", "JPN"))
_VALUES: Final[dict[str, Any]] = {
    "scheduled": {"edtf": "2019-09-20T10:00/2019-09-20T12:30", "zone": "Asia/Seoul"},
    "ends": {"edtf": "2019-11-23", "zone": "Asia/Seoul"},
    "duration": "PT35M",
    "notice_period": "P90D",
    "between": ["JPN", "KOR"],
    "code": "1383",
    "count": 3,
}
"""What a field that is neither text nor a word out of a list gets."""
_WHEN: Final = (
    "{0}",
    "{0}T15:00",
    "{0}~",
    "{0}/..",
    "{0}T15:00~",
    "{0}T14:00/",
    "{0}T09:00+09:00/{0}T09:30+09:00",
    "2019-08",
)
_KNOWN: Final = (
    None,
    {"text": "2019-08-22T19:34", "zone": "Asia/Seoul"},
    {"text": "2019-08-25", "zone": "UTC"},
)
_OUTLETS: Final = ("Yonhap", "Kyodo News", "Arirang")
_CERTAINTIES: Final = ("CERTAIN", "CERTAIN", "PROBABLE", "POSSIBLE", "UNCOMMITTED")
_QUESTIONS: Final = (
    ("2019-08-10", "9999-01-01"),
    ("2019-08-31", "9999-01-01"),
    ("2019-12-31", "9999-01-01"),
    ("2019-12-31", "2019-08-23"),
)


def main() -> None:
    """Write both files, or the answers of all logs."""
    if "--answers" in sys.argv:
        for name in names():
            _write_answers(name, log_of(name))
        return
    name = "communique-" + ".".join(version("communique").split(".")[:2])
    path = FOLDER / f"{name}.log.jsonl"
    if path.exists() and "--overwrite" not in sys.argv:
        sys.exit(f"{path} exists: a golden log is made once for a release (or --overwrite)")
    stored = [*_log()]
    path.write_text("".join(f"{recorded.line}\n" for recorded in stored), "utf-8")
    _write_answers(name, stored)


def _write_answers(name: str, stored: list[Stored]) -> None:
    answers = _answers(stored)
    lines = (json.dumps(entry, ensure_ascii=False, sort_keys=True) for entry in answers)
    text = ",\n".join(lines)
    (FOLDER / f"{name}.answers.json").write_text(f"[\n{text}\n]\n", "utf-8")
    print(f"{name}: {len(stored)} events and {len(answers)} answers")


def _log() -> Iterator[Stored]:
    record_time = _BEGAN
    for position, event in enumerate([*_events(), None], 1):
        record_time += _BETWEEN
        submitter = "desk" if position % 2 else ""
        target, retracts = None, False
        if event is None:
            event_id, (topic, state) = UUID(int=position), _NEWER
        else:
            event_id, topic = event.event_id, event.payload.type
            state = codec.canonical_bytes(codec.message_of(event), event)
        if isinstance(event, Amendment):
            target = event.payload.amends
            retracts = isinstance(event.payload, EventRetracted)
        yield Stored(
            position, micros(record_time), submitter, event_id, target, retracts, topic, state
        )


def _events() -> Iterator[Event]:
    numbers = count(1)
    claims = [
        event_from(_claim(kind, next(numbers), is_full=is_full))
        for is_full in (False, True)
        for kind in get_args(ClaimPayload)
    ]
    yield from claims
    for claim in claims[::5]:
        if isinstance(claim, Claim):
            yield from _amendments(claim, numbers)


def _claim(kind: type[Payload], number: int, *, is_full: bool) -> dict[str, object]:
    day = f"2019-08-{number % 28 + 1:02}"
    first, second = _CASTS[number % len(_CASTS)]
    claim: dict[str, object] = {
        "event_id": _id(number),
        "occurred": {"edtf": _WHEN[number % len(_WHEN)].format(day), "zone": "Asia/Seoul"},
        "known": _KNOWN[number % len(_KNOWN)],
        "certainty": _CERTAINTIES[number % len(_CERTAINTIES)],
        "source": {"outlet": _OUTLETS[number % len(_OUTLETS)]},
        "issues": ["export-controls"],
        "payload": _payload(kind, number, is_full=is_full),
    }
    if kind.shape is Shape.TOGETHER:
        claim["participants"] = [{"party": {"code": code}} for code in (first, second)]
    else:
        claim |= {"actors": [{"code": first}], "recipients": [{"code": second}]}
    if kind is ScheduleStated:
        claim["subject"] = "pact/gsomia"
    return claim | _rest(number, kind) if is_full else claim


def _payload(kind: type[Payload], number: int, *, is_full: bool) -> dict[str, object]:
    payload: dict[str, object] = {"type": kind.__name__}
    if kind is ScheduleStated:  # not every kind of subject can come to every change
        payload |= {"kind": "AGREEMENT", "change": "END"}
    for name, field in kind.model_fields.items():
        if name not in payload and (is_full or field.is_required()):
            payload[name] = _VALUES.get(name) or _word(field.annotation, number) or f"{name} as 말"
    return payload


def _word(annotation: object, number: int) -> str:
    """Return one of the words that the annotation of a field allows; empty for free text."""
    for kind in (annotation, *get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, Enum):
            words = [word.value for word in kind]
            return str(words[number % len(words)])
    return ""


def _rest(number: int, kind: type[Payload]) -> dict[str, object]:
    """Return every field of a claim that need not be there."""
    person = {"code": "KOR", "organ": "Ministry of Foreign Affairs", "person": "Kang Kyung-wha"}
    more: dict[str, object] = {
        "source": {"outlet": _OUTLETS[number % len(_OUTLETS)], "via": "Google News"},
        "gist": f"{kind.__name__}: 'so' & \"so\", 안보",
        "issues": ["forced-labour", "export-controls"],
        "subject": f"{kind.__name__.lower()}/{number % 4}",
        "place": {
            "name": "Seoul",
            "country": "KOR",
            "coordinates": {"latitude": 37.5665, "longitude": 126.978},
        },
        "polarity": "NEGATIVE" if number % 7 == 0 else "POSITIVE",
        "attributions": [{"speaker": "an official", "addressee": "reporters"}, {"speaker": ""}],
        "grade": {"reliability": "B", "credibility": "2"},
        "links": [
            {"kind": "RESPONDS_TO", "event_id": _id(1)},
            {"kind": "PART_OF", "subject": "pact/gsomia"},
        ],
        "labels": {"desk": "asia", "batch": str(number)},
        "correlation_id": f"correlation-{number}",
        "causation_id": f"causation-{number}",
        "classification": {
            "cameo_code": "1383",
            "plover_code": "REJECT",
            "table_version": "CAMEO 1.1b3",
            "dataset": "ICEWS",
            "row_id": str(number),
            "goldstein": -7.0,
            "tone": 1.25,
            "mention_count": 3,
        },
    }
    if kind.shape is not Shape.TOGETHER:
        more["actors"] = [person]
        more["recipients"] = [{"code": "JPN"}, {"code": "CHN", "sector": "government"}]
    return more


def _amendments(claim: Claim, numbers: Iterator[int]) -> Iterator[Event]:
    number = next(numbers)
    known = {"text": f"2019-08-{number % 6 + 22:02}", "zone": "UTC"}
    base: dict[str, object] = {"known": known, "source": {"outlet": "Reuters"}, "gist": "amended"}
    disputed_by = {"code": "JPN", "office": "Chief Cabinet Secretary"}
    content = claim.model_dump(mode="json", exclude_defaults=True) | {
        "gist": "put right",
        "occurred": {"edtf": f"2019-08-{number % 20 + 2:02}", "zone": "UTC"},
    }
    content["payload"] = claim.payload.model_dump(mode="json", exclude_defaults=True) | {
        "type": claim.payload.type
    }
    payloads: list[dict[str, object]] = [
        {"type": "EventDisputed", "statement": "That was not so.", "disputed_by": disputed_by},
        {"type": "EventCorrected", "content": content, "reason": "a misprint"},
    ]
    if claim.event_id.int % 2:
        payloads.append({"type": "EventRetracted", "reason": "It did not happen."})
    for payload in payloads:
        yield event_from(
            base | {"event_id": _id(next(numbers)), "payload": {"amends": claim.event_id} | payload}
        )


def _id(number: int) -> str:
    return str(UUID(int=0x016CB8E3E9C070008000000000000000 + number))


def _answers(stored: list[Stored]) -> list[Json]:
    end = len(stored)
    questions = [
        {"dyad": dyad, "valid": valid, "known": known, "position": position}
        for dyad, position in (("JPN-KOR", end), ("JPN-KOR", end * 3 // 4), ("CHN-JPN", end))
        for valid, known in _QUESTIONS
    ]
    for (valid, known), position in zip(_QUESTIONS[-2:], (end, end * 3 // 4), strict=True):
        questions.append({"dyad": "", "valid": valid, "known": known, "position": position})
    with replayed(stored) as kept:
        return [
            {"question": asked, "answer": answer(kept.read_models, asked)} for asked in questions
        ]


if __name__ == "__main__":
    main()
