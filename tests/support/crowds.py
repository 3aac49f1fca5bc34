"""Crowded logs: many claims about one thing, out of small pools, so that nearly all of them meet.

They are drawn from a `random.Random`, which is many times faster than Hypothesis.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final, cast
from uuid import UUID

from communique.domain.claims import payloads
from communique.domain.claims.event import Amendment, Claim, EventDisputed, Recorded
from communique.domain.claims.shape import Payload, Shape
from communique.domain.claims.values import Certainty, Participant, Polarity, Role, Source
from communique.domain.claims.words import (
    Finality,
    Likelihood,
    MeetingFormat,
    MeetingLevel,
    Outlook,
    ScheduledChange,
    ScheduledKind,
)
from communique.domain.parties.party import Dyad, Party
from communique.domain.time.clocks import AsOf, CivilDay
from communique.domain.time.edtf import ValidTime
from communique.domain.time.known_time import KnownTime
from tests.support.strategies import CODED, GRADES, ISSUES, OUTLETS, PLACES, SEOUL

RECORDED: Final = datetime(2019, 12, 31, tzinfo=UTC)
_TIMES: Final = tuple(
    ValidTime.parse(edtf, zone)
    for edtf, zone in [
        ("2019-08-20", SEOUL),
        ("2019-08-21", SEOUL),
        ("2019-08-21", "UTC"),
        ("2019-08-22", SEOUL),
        ("2019-08-21T15:00", SEOUL),
        ("2019-08-21T15:00", SEOUL),
        ("2019-08-21T15:00~", SEOUL),
        ("2019-08-21T18:00", SEOUL),
        ("2019-08-21T15:00/2019-08-21T15:30", SEOUL),
        ("2019-08-21T15:00/2019-08-21T17:00", SEOUL),
        ("2019-08-21T15:00/..", SEOUL),
        ("2019-08-20/2019-08-22", SEOUL),
        ("2019-08-21/2019-08-21T12:00", SEOUL),
        ("2019-08/", "UTC"),
        ("2019-08-25", "America/New_York"),
        ("2019-08", SEOUL),
        ("2019", "UTC"),
        ("201X", "UTC"),
        ("20XX", "UTC"),
    ]
)
_KNOWN: Final = tuple(
    KnownTime.parse(text, zone)
    for text, zone in [
        ("2019-07-01", "UTC"),
        ("2019-08-19", SEOUL),
        *((f"2019-08-{day}", SEOUL) for day in range(20, 27)),
        ("2019-08-21T15:00", SEOUL),
        ("2019-08-21", "UTC"),
        ("2019-10-01", "UTC"),
        ("2019-12-01", "UTC"),
    ]
)
_DATES: Final = tuple(
    ValidTime.parse(edtf, SEOUL)
    for edtf in ("2019-08-21", "2019-08-28", "2019-08", "2019-11-23", "2019-11-20/2019-11-25")
)
_WORDS: Final = ("", "", "unfair", "Unfair!", "security")
_PARTIES: Final = (
    Party(code="KOR"),
    Party(code="KOR", person="Kang Kyung-wha"),
    Party(code="KOR", person="Kang Kyung-wha", office="Foreign Minister"),
)
DYAD: Final = Dyad("JPN", "KOR")
JAPAN: Final = Party(code="JPN")
_LENGTHS: Final = (None, None, timedelta(minutes=30), timedelta(hours=2))

Draw = Callable[[Random], Payload]


def _plain(of: type[Payload], words: str = "", /, **fields: Sequence[object]) -> Draw:
    """Return how to draw a payload: its words, which are needed or not, and other fields."""

    def draw(random: Random) -> Payload:
        values: dict[str, object] = {name: random.choice(those) for name, those in fields.items()}
        if words:
            text = random.choice(_WORDS)
            values[words.removesuffix("!")] = text or ("words" if words.endswith("!") else "")
        return of(**values)

    return draw


def _schedule(kind: ScheduledKind, *changes: ScheduledChange) -> Draw:
    change = {"kind": [kind], "change": changes, "scheduled": _DATES}
    return _plain(payloads.ScheduleStated, "statement", **change)


_SOME_DATES: Final = (None, None, *_DATES)
_LEVELS: Final = (MeetingLevel.MINISTER, MeetingLevel.MINISTER, None)
_MEETING: Final[dict[str, Sequence[object]]] = {
    "level": _LEVELS,
    "format": (None, *MeetingFormat),
}
CROWDS_COUNT: Final = int(os.environ.get("SOAK_EXAMPLES") or 400)
"""How many crowded logs of each theme a test draws; more of them in `make soak`."""

CROWDS: Final[Mapping[str, Sequence[Draw]]] = {
    "meeting": (
        _plain(payloads.MeetingPlanned, "venue", scheduled=_SOME_DATES, **_MEETING),
        _plain(payloads.MeetingPlanned, "venue", scheduled=_SOME_DATES, **_MEETING),
        _plain(payloads.MeetingPostponed, "reason", scheduled=_SOME_DATES, **_MEETING),
        _plain(payloads.MeetingCancelled, "reason", **_MEETING),
        _plain(payloads.MeetingStarted, "venue", **_MEETING),
        _plain(payloads.MeetingHeld, "outcome", duration=_LENGTHS, **_MEETING),
        _plain(payloads.MeetingHeld, "outcome", duration=_LENGTHS, **_MEETING),
        _schedule(ScheduledKind.MEETING, ScheduledChange.BEGIN),
    ),
    "talks": (
        _plain(payloads.TalksProposed, "proposal"),
        _plain(payloads.TalksAgreed, "terms"),
        _plain(payloads.TalksRefused, "grounds", finality=(None, *Finality)),
        _plain(payloads.TalksSuspended, "grounds"),
        _plain(payloads.TalksResumed, "terms"),
        _schedule(ScheduledKind.TALKS, ScheduledChange.BEGIN),
    ),
    "demand": (
        _plain(payloads.DemandMade, "demand!"),
        _plain(payloads.DemandMade, "demand!"),
        _plain(payloads.DemandMet, "outcome"),
        _plain(payloads.DemandRejected, "grounds"),
        _schedule(ScheduledKind.DEMAND, ScheduledChange.BE_ANSWERED),
    ),
    "measure": (
        _plain(payloads.MeasureAnnounced, "measure!", scheduled=_SOME_DATES),
        _plain(payloads.MeasureAnnounced, "measure!", scheduled=_SOME_DATES),
        _plain(payloads.MeasureTookEffect, "measure"),
        _plain(payloads.MeasureSuspended, "grounds"),
        _plain(payloads.MeasureLifted, "grounds"),
        _schedule(ScheduledKind.MEASURE, ScheduledChange.TAKE_EFFECT, ScheduledChange.END),
    ),
    "agreement": (
        _plain(payloads.AgreementSigned, "title"),
        _plain(payloads.AgreementRatified, "title"),
        _plain(payloads.AgreementTookEffect, "title"),
        _plain(
            payloads.AgreementTerminationNotified,
            "title",
            ends=_SOME_DATES,
            notice_period=(None, timedelta(days=90)),
        ),
        _plain(payloads.AgreementTerminationNotified, notice_period=[timedelta(days=90)]),
        _plain(payloads.AgreementTerminationSuspended, "grounds"),
        _plain(payloads.AgreementEnded, "title"),
        _schedule(ScheduledKind.AGREEMENT, ScheduledChange.TAKE_EFFECT, ScheduledChange.END),
    ),
    "words": (
        _plain(payloads.StanceStated, "position!"),
        _plain(payloads.StanceStated, "grounds", position=["It stands."]),
        _plain(payloads.DiplomatsExpelled, "grounds", count=(None, 3, 4)),
        _plain(
            payloads.OutlookAssessed,
            "assessment",
            outlook=tuple(Outlook),
            likelihood=(None, *Likelihood),
        ),
    ),
    "plans alone": (_schedule(ScheduledKind.AGREEMENT, *list(ScheduledChange)[1:3]),),
}


def crowd(random: Random, theme: str, sizes: tuple[int, int] = (2, 9)) -> list[Recorded]:
    """Return a log of claims about one or two things, some of them disputed."""
    draws, log = CROWDS[theme], list[Recorded]()
    kinds = random.sample(draws, random.randint(1, min(4, len(draws))))
    times = random.sample(_TIMES, random.randint(1, 5))
    subjects = random.choice([("thing",), ("thing", None), (None,), ("thing", "other", None)])
    for _ in range(random.randint(*sizes)):
        claim = _claim(random, random.choice(kinds)(random), times, subjects)
        log.append(Recorded(len(log) + 1, RECORDED, 1, claim))
        if random.random() < 0.1:
            payload = EventDisputed(amends=claim.event_id, statement="No.")
            dispute = Amendment(event_id=UUID(int=random.getrandbits(128)), payload=payload)
            log.append(Recorded(len(log) + 1, RECORDED, 2, dispute))
    return log


def _claim(
    random: Random, payload: Payload, times: Sequence[ValidTime], subjects: Sequence[str | None]
) -> Claim:
    is_schedule = isinstance(payload, payloads.ScheduleStated)
    return Claim(
        event_id=UUID(int=random.getrandbits(128)),
        known=random.choice([None, *_KNOWN]),
        occurred=random.choice(times),
        issues=(ISSUES[0],),
        subject="thing" if is_schedule else random.choice(subjects),
        certainty=random.choice([*[Certainty.CERTAIN] * 5, *Certainty]),
        polarity=random.choice([*[Polarity.POSITIVE] * 7, Polarity.NEGATIVE]),
        place=random.choice(PLACES),
        gist=random.choice(_WORDS),
        grade=random.choice(GRADES),
        source=Source(outlet=random.choice([*OUTLETS, "KBS."])),
        classification=random.choice([None] * 6 + [CODED]),
        payload=cast("payloads.ClaimPayload", payload),
        **_cast(random, payload.shape),
    )


def _cast(random: Random, shape: Shape) -> dict[str, Any]:
    korea = random.choice(_PARTIES)
    if shape is Shape.TOGETHER:
        host = Participant(party=JAPAN, role=random.choice([None, Role.HOST]))
        return {"participants": (Participant(party=korea), host)}
    return {"actors": (korea,), "recipients": (JAPAN,)}


def point(random: Random, log: Sequence[Recorded]) -> AsOf:
    """Return a point to ask from, most often one at which all is known."""
    known = random.choice([RECORDED, RECORDED, *(known.instant for known in _KNOWN)])
    position = random.choice([len(log), len(log), random.randint(0, len(log))])
    text = random.choice(["2019-08-20", "2019-08-21", "2019-08-29", "2019-12-01"])
    day = CivilDay.of(KnownTime.parse(text, random.choice([SEOUL, "UTC"])))
    assert day
    if random.random() < 0.5:
        return AsOf(day.last_instant, known, position, day)
    instants = [time.earliest for time in _TIMES] + [date.over or date.earliest for date in _DATES]
    ends = [RECORDED, datetime(2100, 1, 1, tzinfo=UTC)]
    return AsOf(random.choice([*instants, day.last_instant, *ends]), known, position)
