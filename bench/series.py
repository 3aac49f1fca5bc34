"""The scores of a dyad that has all events, in process: neither gRPC nor a log takes part.

Only the file of that read model is made, out of the claims alone, so that a million of them for one
dyad take minutes and not more.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Final
from uuid import UUID

from bench.facts import Point, amended_by
from bench.figures import Sample, latencies
from bench.history import DAY_SECONDS, DAYS, FIRST_SECOND, History
from bench.questions import KINDS, asked
from bench.subject import Question
from communique.codec import stored
from communique.domain.claims.event import Recorded
from communique.domain.parties.party import Dyad
from communique.domain.state.score_series import Bucket, Scale
from communique.domain.time.clocks import AsOf, from_micros
from communique.server.projections.decoded_log import DecodedEvent
from communique.server.projections.event_contents import contents_of
from communique.server.projections.projection_file import ProjectionFile
from communique.server.runtime.limits import DECODED_EVENTS_PER_BATCH
from communique.server.views.scores.score_projection import ScoreSeriesProjection
from communique.server.views.scores.score_query import ScoreWindow, score_series
from communique.v1 import event_pb2

_RECORD_TIME: Final = datetime(2026, 1, 1, tzinfo=UTC)
_FROM: Final = datetime.fromtimestamp(FIRST_SECOND, UTC)
_UNTIL: Final = datetime.fromtimestamp(FIRST_SECOND + DAYS * DAY_SECONDS, UTC)
_QUESTIONS: Final = 50
_NOW, _RANDOM = "now", tuple(KINDS)[-1]


def samples(history: History, path: Path, runs: int) -> dict[str, list[Sample]]:
    """Make the read model and ask for 20 years by month: as of now, and of random points."""
    file = _built(history, path)
    try:
        return {
            f"busiest, {point}": [
                latencies(_seconds(file, history, point, seed)) for seed in range(1, runs + 1)
            ]
            for point in (_NOW, _RANDOM)
        }
    finally:
        file.close()


def _built(history: History, path: Path) -> ProjectionFile:
    file, steps = ProjectionFile(path, ScoreSeriesProjection()), _steps(history)
    while batch := list(islice(steps, DECODED_EVENTS_PER_BATCH)):
        file.apply(batch, _no_stream)
    return file


def _steps(history: History) -> Iterator[DecodedEvent]:
    for index in range(len(history)):
        message = event_pb2.Event.FromString(history[index])
        if not amended_by(message):
            recorded = Recorded(index + 1, _RECORD_TIME, 1, stored(message))
            event_id = UUID(message.event_id).bytes
            yield DecodedEvent(event_id, recorded, contents_of([recorded]))


def _no_stream(event_id: UUID, _until: int) -> list[Recorded]:
    raise LookupError(f"nothing amends {event_id}")


def _seconds(file: ProjectionFile, history: History, point: str, seed: int) -> list[float]:
    pair = history.busiest
    questions = asked(_RANDOM, pair, history, _QUESTIONS, seed)
    if point == _NOW:
        questions = [Question(pair)] * _QUESTIONS
    wanted = ScoreWindow(Dyad.of(*pair), "", Scale.GOLDSTEIN, Bucket.MONTH, _FROM, _UNTIL)
    seconds = []
    for question in questions:
        at = Point.of(question)
        as_of = AsOf(from_micros(at.valid), from_micros(at.known), at.position)
        began = perf_counter()
        with file.snapshot() as snapshot:
            score_series(snapshot.connection, wanted, as_of)
        seconds.append(perf_counter() - began)
    return seconds
