"""The read models: state derived from the log, kept in files that can be thrown away and rebuilt.

Start with `ReadModels`. `projection` says how rows follow from histories, `follower` keeps a file
up with the log, `bilateral_status`, `timeline` and `series` are the projections, `winners`,
`listing`, `subjects` and the like what is answered from them, and `seek` is why an answer does not
take longer as the history grows.
"""

from communique.service.read_models.errors import (
    IssueNotFound,
    ReadModelBehind,
    ReadModelError,
    ReadModelStopped,
    RebuildRunning,
    SubjectNotFound,
    UnknownProjection,
    VerificationRunning,
)
from communique.service.read_models.issues import BoardPage
from communique.service.read_models.many import Ranking, StatusOrder, StatusPage
from communique.service.read_models.questions import (
    EventPage,
    Page,
    Progress,
    Question,
    RebuildProgress,
    VerifyProgress,
)
from communique.service.read_models.read_models import ReadModels
from communique.service.read_models.series import SeriesWanted
from communique.service.read_models.subjects import SummaryPage

__all__ = [
    "BoardPage",
    "EventPage",
    "IssueNotFound",
    "Page",
    "Progress",
    "Question",
    "Ranking",
    "ReadModelBehind",
    "ReadModelError",
    "ReadModelStopped",
    "ReadModels",
    "RebuildProgress",
    "RebuildRunning",
    "SeriesWanted",
    "StatusOrder",
    "StatusPage",
    "SubjectNotFound",
    "SummaryPage",
    "UnknownProjection",
    "VerificationRunning",
    "VerifyProgress",
]
