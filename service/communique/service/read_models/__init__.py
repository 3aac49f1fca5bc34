"""The read models: state derived from the log, kept in files that can be thrown away and rebuilt.

Start with `ReadModels`. `projection` says how rows follow from histories, `follower` keeps a file
up with the log, `bilateral_status` and `timeline` are the two projections, and `seek` is why an
answer does not take longer as the history grows.
"""

from communique.service.read_models.errors import (
    ReadModelBehind,
    ReadModelError,
    ReadModelStopped,
    RebuildRunning,
    UnknownProjection,
)
from communique.service.read_models.questions import (
    EventPage,
    Page,
    Progress,
    Question,
    RebuildProgress,
)
from communique.service.read_models.read_models import ReadModels

__all__ = [
    "EventPage",
    "Page",
    "Progress",
    "Question",
    "ReadModelBehind",
    "ReadModelError",
    "ReadModelStopped",
    "ReadModels",
    "RebuildProgress",
    "RebuildRunning",
    "UnknownProjection",
]
