"""The oracle of score series: every claim of the log, added up one by one."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Final

from communique.domain.claims.event import Claim
from communique.domain.parties.party import Dyad
from communique.domain.state.resolved_as_of import ResolvedAsOf
from communique.domain.state.score_series import Bucket, ScoreSeries, ScoreStep, millionths_of
from communique.domain.time.clocks import AsOf
from communique.server.views.scores.score_query import ScoreWindow
from tests.support import oracle

MILLION: Final = 1_000_000


def series(log: oracle.Log, wanted: ScoreWindow, as_of: AsOf) -> ScoreSeries:
    """Return the scores of a dyad over time by the shortest fold."""
    by_day: dict[date, list[int]] = defaultdict(list)
    for event in oracle.events(log, as_of):
        earliest = event.claim.occurred.earliest
        score = millionths_of(event.claim, wanted.scale)
        is_in = wanted.since <= earliest <= wanted.until
        if is_in and score is not None and is_act(event.claim, wanted.dyad, wanted.actor):
            by_day[first_day(earliest, wanted.bucket)].append(score)
    return ScoreSeries(
        dyad=str(wanted.dyad),
        actor=wanted.actor,
        as_of=ResolvedAsOf.of(as_of),
        scale=wanted.scale,
        table_version="communique-scores-1",
        bucket=wanted.bucket,
        steps=tuple(
            ScoreStep(
                day=day.isoformat(),
                event_count=len(scores),
                score_sum=float(Fraction(sum(scores), MILLION)),
            )
            for day, scores in sorted(by_day.items())
        ),
    )


def is_act(claim: Claim, dyad: Dyad, actor: str) -> bool:
    """Whether one of the two did it to the other (`actor`, if given) or both did it together."""
    pair = {dyad.first, dyad.second}
    acts = {(a.code, r.code) for a in claim.actors for r in claim.recipients}
    if actor:
        return (actor, dyad.other(actor)) in acts
    together = {participant.party.code for participant in claim.participants}
    return pair <= together or any({*act} == pair for act in acts)


def first_day(earliest: datetime, bucket: Bucket) -> date:
    """Return the first day of the step."""
    day = earliest.astimezone(UTC).date()
    while bucket is Bucket.WEEK and day.isoweekday() != 1:
        day -= timedelta(days=1)
    return date(day.year, day.month, 1) if bucket is Bucket.MONTH else day
