"""Read models in a folder, kept up to date by threads of this process."""

from pathlib import Path

from communique.server.application.queries.read_models import ReadModels
from communique.server.log.event_log import LogReader
from communique.server.projections.thread_follower import ThreadFollower
from communique.server.views.read_model.read_model_projection import ReadModelProjection


def read_models_of(log: LogReader, folder: Path) -> ReadModels:
    """Return the read models of a log with their files in `folder`; they do not follow it yet."""
    return ReadModels(log, ThreadFollower(folder, ReadModelProjection, log))
