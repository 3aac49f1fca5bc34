"""The scores of a dyad over time as of a point.

A day's or a cell's sum is used where the point sees all of its rows and the window covers them, and
skipped where the point sees none of them. Only of the other days the cells are read, and only of
the other cells the rows; and the rows that are not open.

For example, as known at noon of 5 March, the sums of days by then are used, but for those of which
something became known later: of such a day the cells of what became known by the 4th are used,
those from the 6th on are skipped, and of those of the 5th the rows are read.
"""

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
from communique.server.views.scores.score_projection import DAY_MICROS
from communique.server.views.visibility import OPEN_VISIBLE, VISIBLE, bindings_of

_IS_WHOLE: Final = """
    earliest_min >= :since AND earliest_max <= :until
    AND known_max <= :known AND position_max <= :position
"""
_MAY_BE_SEEN: Final = """
    earliest_max >= :since AND earliest_min <= :until
    AND known_min <= :known AND position_min <= :position
"""
_IN_WINDOW: Final = "earliest >= :since AND earliest <= :until"
_BY_DAY: Final = f"""
    WITH asked AS MATERIALIZED (
        SELECT line_id FROM lines WHERE dyad = :dyad AND (:side = 0 OR side & :side)
    ), near_days AS MATERIALIZED (
        SELECT line_id, day, known_day, block, {{scale}}_count AS number, {{scale}}_sum AS total,
            {_IS_WHOLE} AS is_whole
        FROM asked CROSS JOIN days USING (line_id)
        WHERE day BETWEEN :first AND :last AND {_MAY_BE_SEEN}
    ), near_cells AS MATERIALIZED (
        SELECT line_id, day, cells.known_day, cells.block, {{scale}}_count AS number,
            {{scale}}_sum AS total, {_IS_WHOLE} AS is_whole
        FROM near_days CROSS JOIN cells USING (line_id, day)
        WHERE NOT near_days.is_whole AND cells.known_day <= :known_day AND {_MAY_BE_SEEN}
        UNION ALL
        SELECT * FROM near_days WHERE NOT is_whole AND known_day IS NOT NULL
    ), counted (day, number, total) AS (
        SELECT day, number, total FROM near_days WHERE is_whole
        UNION ALL
        SELECT day, number, total FROM near_cells WHERE is_whole
        UNION ALL
        SELECT day, {{scale}} IS NOT NULL, ifnull({{scale}}, 0)
        FROM near_cells CROSS JOIN scores USING (block, line_id, day, known_day)
        WHERE NOT is_whole AND is_open = 1 AND {_IN_WINDOW} AND {OPEN_VISIBLE}
        UNION ALL
        SELECT day, {{scale}} IS NOT NULL, ifnull({{scale}}, 0)
        FROM asked CROSS JOIN scores USING (line_id)
        WHERE is_open = 0 AND day BETWEEN :first AND :last AND {_IN_WINDOW}
            AND {VISIBLE}
    )
    SELECT day, sum(number), sum(total) FROM counted GROUP BY day
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
    since, until = micros(window.since), micros(min(window.until, as_of.valid))
    bindings = bindings_of(as_of) | {
        "dyad": str(window.dyad),
        "side": int(Side.of(window.dyad, window.actor)) if window.actor else 0,
        "since": since,
        "until": until,
        "first": since // DAY_MICROS,
        "last": until // DAY_MICROS,
        "known_day": micros(as_of.known) // DAY_MICROS,
    }
    days = map(DayScore._make, connection.execute(_QUERIES[window.scale], bindings))
    return series_of(window.dyad, window.actor, as_of, window.scale, window.bucket, days)
