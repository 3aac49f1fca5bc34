"""Given some claims, when one asks as of a point, then that is the answer: words for such tests.

For example:

    told = log(claim(TalksRefused(), "2019-08-20", "JPN>KOR", known="2019-08-21T16:30+09:00"))
    assert states(status(told, valid="2019-08-20").talks) == {"talks/general": State.REFUSED}
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, Final
from uuid import UUID, uuid5

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
from communique.domain.claims.shape import Payload
from communique.domain.claims.values import Certainty, Grade, Participant, Source
from communique.domain.parties.party import Dyad, Party
from communique.domain.state.element import StatusElement
from communique.domain.state.facets import State
from communique.domain.state.resolved_as_of import ResolvedAsOf
from communique.domain.state.status import BilateralStatus
from communique.domain.time.clocks import AsOf, CivilDay, parse_point
from communique.domain.time.known_time import KnownTime
from tests.support.plain_status import plain_status

RECORDED: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""When the logs of these tests begin; one microsecond later for each event."""
Log = Sequence[Recorded]
_numbers: Final = count(1)


def claim(payload: Payload, occurred: object, who: str, **more: Any) -> Claim:  # noqa: ANN401 -- any field
    """Return a certain claim of Arirang, but for what `more` says otherwise.

    `who` is `JPN>KOR` (actors and recipients, several joined by commas), `JPN+KOR` (participants)
    or `JPN` alone. Beside the fields of a claim `more` has `outlet`, `via`, and a grade as `"B2"`.
    """
    given = {"event_id": UUID(int=next(_numbers)), "certainty": Certainty.CERTAIN, **more}
    given["source"] = Source(outlet=given.pop("outlet", "Arirang"), via=given.pop("via", ""))
    if isinstance(given.get("grade"), str):
        given["grade"] = graded(given["grade"])
    said = {**given, **_cast(who), "occurred": occurred, "payload": payload}
    return Claim.model_validate(said)


def graded(mark: str) -> Grade:
    """Return a grade such as `"B2"`; `-` stands for a part that is left out, as in `"-2"`."""
    reliability, credibility = (None if part == "-" else part for part in mark)
    return Grade.model_validate({"reliability": reliability, "credibility": credibility})


def _cast(who: str) -> dict[str, Any]:
    if "+" in who:
        return {"participants": [Participant(party=Party(code=code)) for code in who.split("+")]}
    actors, _, recipients = who.partition(">")
    return {"actors": _parties(actors), "recipients": _parties(recipients)}


def _parties(codes: str) -> list[Party]:
    return [Party(code=code) for code in codes.split(",") if code]


def corrected(wrong: Claim, known: str | None = None, /, **changes: Any) -> Amendment:  # noqa: ANN401
    """Return a correction of some fields of a claim; `known` is its own known time."""
    content = Claim.model_validate({**dict(wrong), **changes})
    return _amendment(EventCorrected(amends=wrong.event_id, content=content, reason="-"), known)


def retracted(wrong: Claim, known: str | None = None) -> Amendment:
    """Return the retraction of a claim."""
    return _amendment(EventRetracted(amends=wrong.event_id, reason="unfounded"), known)


def disputed(claimed: Claim, known: str | None = None) -> Amendment:
    """Return a dispute of a claim."""
    return _amendment(EventDisputed(amends=claimed.event_id, statement="It was shorter."), known)


def amended(payload: AmendmentPayload, number: int = 1) -> Amendment:
    """Return an amendment whose id follows from its target, its type and a number."""
    return Amendment(event_id=uuid5(payload.amends, f"{payload.type}{number}"), payload=payload)


def _amendment(payload: object, known: str | None) -> Amendment:
    given = {"event_id": UUID(int=next(_numbers)), "known": known, "payload": payload}
    return Amendment.model_validate(given)


def log(*events: Event) -> list[Recorded]:
    """Return the log of these events, recorded in this order from 2026 on."""
    revisions: Counter[UUID] = Counter()
    recorded = []
    for position, event in enumerate(events, 1):
        stream = event.event_id if isinstance(event, Claim) else event.payload.amends
        revisions[stream] += 1
        record_time = RECORDED + timedelta(microseconds=position)
        recorded.append(Recorded(position, record_time, revisions[stream], event))
    return recorded


def point(valid: str, known: str | None = None, position: int = 1_000, zone: str = "UTC") -> AsOf:
    """Return the point of a day or a moment; without a known time, all is known."""
    asked = KnownTime.parse(valid, zone)
    known_by = parse_point(known or "9999-12-31T23:59Z", zone)
    return AsOf(asked.instant, known_by, position, CivilDay.of(asked))


def asked_by(answer: ResolvedAsOf) -> AsOf:
    """Return the point of an answer as a question asks from it."""
    is_day = bool(answer.valid_day)
    day = CivilDay(date.fromisoformat(answer.valid_day), answer.zone) if is_day else None
    return AsOf(answer.valid, answer.known, answer.position, day)


def status(history: Log, valid: str, dyad: str = "JPN-KOR", **of: Any) -> BilateralStatus:  # noqa: ANN401 -- as `point`
    """Return how things stood between two parties."""
    return plain_status(history, Dyad.parse(dyad), point(valid, **of))


def states(elements: Iterable[StatusElement]) -> dict[str, State]:
    """Return the state of each facet."""
    return {element.facet: element.state for element in elements}
