"""Scores over time: the score of each claim on a scale, and the steps of a series.

A view for analysts, never a part of the status: an average hides what happened. Each claim counts
once, so two reports of one deed count twice, as in every series of coded events. A denial does not
count, nor does an event that a scale has no score for.

*Goldstein* is the conflict-cooperation scale of J. S. Goldstein, "A Conflict-Cooperation Scale for
WEIS Events Data", Journal of Conflict Resolution 36 (1992), for CAMEO codes: -10 to 10. A claim's
score is the figure in its classification, or else that of the CAMEO code nearest to its type, or of
a coded event's root code.

*Plover* is the quad class of PLOVER categories: 2 and 1 cooperate materially and verbally, -1 and
-2 conflict verbally and materially. A claim's score is the class of the category in its
classification, or else of its type. Statements and appeals (CAMEO 01 and 02) have no category.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from enum import IntFlag
from functools import lru_cache
from itertools import product
from typing import Final, NamedTuple

from communique.domain.claims.event import Claim
from communique.domain.claims.payloads import (
    ClaimPayload,
    CodedEventReported,
    OutlookAssessed,
    RelationsChanged,
)
from communique.domain.claims.values import Polarity
from communique.domain.claims.words import Outlook, RelationsChange
from communique.domain.model import Model, Word
from communique.domain.parties.party import Dyad
from communique.domain.state.resolved_as_of import ResolvedAsOf
from communique.domain.time.clocks import AsOf

TABLE_VERSION: Final = "communique-scores-1"
"""Changes whenever the same claim would get another score."""
MILLIONTHS: Final = 1_000_000
"""Scores are added as whole millionths, so that the sum does not depend on the order."""
STEPS_MAX: Final = 3_700
_EPOCH: Final = date(1970, 1, 1)


class Scale(Word):
    """A table that gives events a score."""

    GOLDSTEIN = "GOLDSTEIN"
    PLOVER = "PLOVER"


class Bucket(Word):
    """The width of a step, in civil UTC time; a week begins on Monday."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"


class ScoreStep(Model):
    """One step: its first day, and the events that began in it and have a score."""

    day: str
    event_count: int
    score_sum: float


class ScoreSeries(Model):
    """The scores of a dyad over time.

    Attributes:
        dyad: the pair, such as `JPN-KOR`.
        actor: the party whose acts towards the other count; empty: all acts between the two.
        table_version: of the table from events to scores.
        steps: those with at least one event, in order.
    """

    dyad: str
    actor: str = ""
    as_of: ResolvedAsOf
    scale: Scale
    table_version: str
    bucket: Bucket
    steps: tuple[ScoreStep, ...] = ()


class Score(NamedTuple):
    """The scores of a CAMEO code; None where the scale has none."""

    goldstein: float
    plover: int | None


SCORES: Final = {
    "01": Score(0.0, None),
    "010": Score(0.0, None),
    "012": Score(-0.4, None),
    "013": Score(0.4, None),
    "02": Score(3.0, None),
    "026": Score(4.0, None),
    "028": Score(4.0, None),
    "03": Score(4.0, 1),
    "030": Score(4.0, 1),
    "036": Score(4.0, 1),
    "039": Score(5.0, 1),
    "04": Score(1.0, 1),
    "040": Score(1.0, 1),
    "046": Score(7.0, 1),
    "05": Score(3.5, 1),
    "050": Score(3.5, 1),
    "054": Score(6.0, 1),
    "057": Score(8.0, 1),
    "06": Score(6.0, 2),
    "07": Score(7.0, 2),
    "08": Score(5.0, 1),
    "080": Score(5.0, 1),
    "085": Score(7.0, 2),
    "09": Score(-2.0, -1),
    "10": Score(-5.0, -1),
    "100": Score(-5.0, -1),
    "11": Score(-2.0, -1),
    "112": Score(-2.0, -1),
    "116": Score(-2.0, -1),
    "12": Score(-4.0, -1),
    "120": Score(-4.0, -1),
    "125": Score(-5.0, -1),
    "13": Score(-6.0, -1),
    "130": Score(-4.4, -1),
    "131": Score(-5.8, -1),
    "1313": Score(-5.8, -1),
    "14": Score(-6.5, -2),
    "15": Score(-7.2, -2),
    "16": Score(-4.0, -2),
    "160": Score(-4.0, -2),
    "161": Score(-4.0, -2),
    "163": Score(-8.0, -2),
    "164": Score(-6.5, -2),
    "17": Score(-7.0, -2),
    "18": Score(-9.0, -2),
    "19": Score(-10.0, -2),
    "20": Score(-10.0, -2),
}
"""The scores of the CAMEO codes in `NEAREST`, and of all root codes."""

NEAREST: Final = {
    "MeetingPlanned": "036",
    "MeetingPostponed": "",  # to a new day: neither cooperation nor conflict
    "MeetingCancelled": "160",
    "MeetingStarted": "040",
    "MeetingHeld": "040",
    "TalksProposed": "036",
    "TalksAgreed": "036",
    "TalksRefused": "125",
    "TalksSuspended": "164",
    "TalksResumed": "046",
    "StanceStated": "010",
    "DemandMade": "100",
    "DemandMet": "080",
    "DemandRejected": "120",
    "ProposalMade": "030",
    "ProposalAccepted": "030",
    "ProposalRejected": "120",
    "CommitmentMade": "030",
    "ThreatMade": "130",
    "AccusationMade": "112",
    "MeasureAnnounced": "131",
    "MeasureTookEffect": "163",
    "MeasureSuspended": "085",
    "MeasureLifted": "085",
    "RulingIssued": "116",
    "AgreementSigned": "057",
    "AgreementRatified": "050",
    "AgreementTookEffect": "050",
    "AgreementTerminationNotified": "1313",
    "AgreementTerminationSuspended": "080",
    "AgreementEnded": "160",
    "DiplomatsExpelled": "161",
    "MediationOffered": "039",
    "MediationRequested": "028",
    "DialogueUrged": "026",
    "ScheduleStated": "",  # no act: it scores only by a code of its own
    Outlook.POSITIVE: "013",
    Outlook.NEUTRAL: "010",
    Outlook.NEGATIVE: "012",
    RelationsChange.ESTABLISHED: "054",
    RelationsChange.UPGRADED: "050",
    RelationsChange.DOWNGRADED: "161",
    RelationsChange.AMBASSADOR_RECALLED: "161",
    RelationsChange.AMBASSADOR_RETURNED: "050",
    RelationsChange.SEVERED: "161",
    RelationsChange.RESTORED: "054",
}
"""The CAMEO code nearest to each type or, where the type does not decide, to each of its words."""

_QUADS: Final = {
    **dict.fromkeys(("AGREE", "CONSULT", "SUPPORT", "CONCEDE"), 1),
    **dict.fromkeys(("COOPERATE", "AID", "RETREAT"), 2),
    **dict.fromkeys(("REQUEST", "ACCUSE", "REJECT", "THREATEN"), -1),
    **dict.fromkeys(("PROTEST", "MOBILIZE", "SANCTION", "COERCE", "ASSAULT"), -2),
}


class Side(IntFlag):
    """The party of a dyad that acts upon the other: in `JPN-KOR`, Japan is the first.

    Both sides act if both flags are set; what the two do together has no side.
    """

    TOGETHER = 0
    FIRST = 1
    SECOND = 2

    @classmethod
    def of(cls, dyad: Dyad, code: str) -> "Side":
        """Return the side of a party; `ValueError` when it is neither of the two."""
        return cls.FIRST if dyad.other(code) == dyad.second else cls.SECOND


def millionths_of(claim: Claim, scale: Scale) -> int | None:
    """Return the score of a claim on a scale in millionths, or None where it does not count."""
    if claim.polarity is Polarity.NEGATIVE:
        return None
    classification = claim.classification
    if scale is Scale.GOLDSTEIN:
        score = classification.goldstein if classification else None
    else:
        score = _QUADS.get(classification.plover_code.upper()) if classification else None
    if score is None and (default := SCORES.get(_code(claim.payload))):
        score = default.goldstein if scale is Scale.GOLDSTEIN else default.plover
    return None if score is None else round(score * MILLIONTHS)


def _code(payload: ClaimPayload) -> str:
    """Return the nearest CAMEO code, or `""`."""
    match payload:
        case CodedEventReported(code=code):
            return code[:2]
        case OutlookAssessed(outlook=outlook):
            return NEAREST[outlook]
        case RelationsChanged(change=change):
            return NEAREST[change]
        case _:
            return NEAREST[payload.type]


def sides_of(claim: Claim) -> dict[Dyad, Side]:
    """Return the dyads in which a claim is an act, each with the side that acts.

    The parties between whom a third party steps have done nothing to each other.
    """
    if claim.participants:
        return dict.fromkeys(Dyad.all_of(claim.codes), Side.TOGETHER)
    actors = tuple([party.code for party in claim.actors])
    return dict(_directed(actors, tuple([party.code for party in claim.recipients])))


@lru_cache(maxsize=1 << 14)
def _directed(
    actors: tuple[str, ...], recipients: tuple[str, ...]
) -> tuple[tuple[Dyad, Side], ...]:
    sides: dict[Dyad, Side] = {}
    for actor, recipient in product(actors, recipients):
        if actor != recipient:
            dyad = Dyad.of(actor, recipient)
            sides[dyad] = sides.get(dyad, Side.TOGETHER) | Side.of(dyad, actor)
    return tuple(sides.items())


class DayScore(NamedTuple):
    """The events of one day of UTC that count; days are numbered from 1970-01-01."""

    day_number: int
    event_count: int
    millionths: int


def series_of(
    dyad: Dyad, actor: str, as_of: AsOf, scale: Scale, bucket: Bucket, days: Iterable[DayScore]
) -> ScoreSeries:
    """Put the days of a series together into its steps; days may come in any order and repeat."""
    sums: dict[date, tuple[int, int]] = {}
    for day in days:
        step = first_day(_EPOCH + timedelta(days=day.day_number), bucket)
        count, total = sums.get(step, (0, 0))
        sums[step] = (count + day.event_count, total + day.millionths)
    return ScoreSeries(
        dyad=str(dyad),
        actor=actor,
        as_of=ResolvedAsOf.of(as_of),
        scale=scale,
        table_version=TABLE_VERSION,
        bucket=bucket,
        steps=tuple(
            ScoreStep(day=step.isoformat(), event_count=count, score_sum=total / MILLIONTHS)
            for step, (count, total) in sorted(sums.items())
            if count
        ),
    )


def first_day(day: date, bucket: Bucket) -> date:
    """Return the first day of the step that a day is in."""
    match bucket:
        case Bucket.DAY:
            return day
        case Bucket.WEEK:
            return day - timedelta(days=day.weekday())
        case Bucket.MONTH:
            return day.replace(day=1)


def step_count(first: date, last: date, bucket: Bucket) -> int:
    """Return the number of steps from the step of one day to the step of another, inclusive."""
    begins, ends = first_day(first, bucket), first_day(last, bucket)
    match bucket:
        case Bucket.DAY:
            return (ends - begins).days + 1
        case Bucket.WEEK:
            return (ends - begins).days // 7 + 1
        case Bucket.MONTH:
            return (ends.year - begins.year) * 12 + ends.month - begins.month + 1
