"""The projections of all views."""

from typing import Final

from communique.server.views.bilateral_status.status_projection import BilateralStatusProjection
from communique.server.views.scores.score_projection import ScoreSeriesProjection
from communique.server.views.timeline.timeline_projection import TimelineProjection

PROJECTIONS: Final = (BilateralStatusProjection, TimelineProjection, ScoreSeriesProjection)
