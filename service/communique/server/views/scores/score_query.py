"""The scores of a dyad over time as of a point: what each visible content counts, day by day."""

from datetime import datetime
from typing import Final, NamedTuple

import apsw

from communique.domain.parties.party import Dyad
from communique.domain.state.score_series import (
    Bucket,
    DayScore,
    Scale,
    ScoreSeries,
    Side,
    series_of,
)
from communique.domain.time.clocks import AsOf, micros
from communique.server.views.read_model.content_shape import tag_of_dyad
from communique.server.views.visibility import VISIBLE, bindings_of

_DAY: Final = 86_400_000_000
_BY_DAY: Final = f"""
    SELECT earliest / {_DAY} - (earliest % {_DAY} < 0) AS day, count(*), sum({{scale}})
    FROM acts
    WHERE tag_id = (SELECT tag_id FROM tags WHERE tag = :tag)
        AND earliest BETWEEN :since AND :until AND {{scale}} IS NOT NULL
        AND (:side = 0 OR side & :side) AND {VISIBLE}
    GROUP BY day
"""  # noqa: S608  our own names
_QUERIES: Final = {scale: _BY_DAY.format(scale=scale.value.lower()) for scale in Scale}


class ScoreWindow(NamedTuple):
    """What a series is of: from one instant to another (aware UTC), both inclusive."""

    dyad: Dyad
    actor: str
    scale: Scale
    bucket: Bucket
    since: datetime
    until: datetime


def score_series(connection: apsw.Connection, window: ScoreWindow, as_of: AsOf) -> ScoreSeries:
    """Return the scores of a dyad over time as of a point."""
    bindings = bindings_of(as_of) | {
        "tag": tag_of_dyad(window.dyad),
        "side": int(Side.of(window.dyad, window.actor)) if window.actor else 0,
        "since": micros(window.since),
        "until": micros(min(window.until, as_of.valid)),
    }
    days = map(DayScore._make, connection.execute(_QUERIES[window.scale], bindings))
    return series_of(window.dyad, window.actor, as_of, window.scale, window.bucket, days)
