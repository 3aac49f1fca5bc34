"""What a request for a score series asks of: its scale, its steps and its window."""

from datetime import datetime
from functools import partial
from typing import Final

from google.protobuf.message import Message

from communique.domain.parties.party import Dyad
from communique.domain.state.score_series import STEPS_MAX, Bucket, Scale, step_count
from communique.domain.time.known_time import KnownTime
from communique.server.application.queries.requested_as_of import moment_in, zone_of
from communique.server.application.request_errors import Faults, InvalidFields, not_among, word_of
from communique.server.views.scores.score_query import ScoreWindow
from communique.v1 import series_pb2
from communique.v1 import timeline_service_pb2 as pb

_SCALES: Final = partial(word_of, Scale, series_pb2.Scale.DESCRIPTOR)
_BUCKETS: Final = partial(word_of, Bucket, series_pb2.Bucket.DESCRIPTOR)


def score_window_of(dyad: Dyad, request: pb.GetScoreSeriesRequest) -> ScoreWindow:
    """Return what is asked of the dyad; raise `InvalidFields` naming each field at fault.

    Days are read in the zone of the as-of: `from` is the beginning of one, `to` the end.
    """
    faults = Faults()
    if request.actor and request.actor not in dyad:
        faults.add("actor", not_among(request.actor, (dyad.first, dyad.second)))
    scale, bucket = Scale.GOLDSTEIN, Bucket.MONTH
    if request.scale:
        scale = faults.read("scale", _SCALES, request.scale) or scale
    if request.bucket:
        bucket = faults.read("bucket", _BUCKETS, request.bucket) or bucket
    zone = zone_of(request.as_of, faults)
    begins, ends = (_edge(request, name, zone, faults) for name in ("from", "to"))
    if begins is None or ends is None:
        raise InvalidFields(faults.violations)
    since, until = begins.begins, ends.instant
    _check_window(since, until, bucket, faults)
    faults.refuse()
    return ScoreWindow(dyad, request.actor, scale, bucket, since, until)


def _edge(request: Message, name: str, zone: str, faults: Faults) -> KnownTime | None:
    if not request.HasField(name):
        faults.add(name, "is needed: a day such as 2019-08-01, or a date-time")
    return moment_in(request, name, zone, faults)


def _check_window(since: datetime, until: datetime, bucket: Bucket, faults: Faults) -> None:
    if until < since:
        faults.add("to", "should not be before `from`")
        return
    count = step_count(since.date(), until.date(), bucket)
    if count > STEPS_MAX:
        steps = f"{count:,} steps of a {bucket.value.lower()}"
        faults.add("to", f"at most {STEPS_MAX:,} steps are allowed, not {steps}: ask in parts")
