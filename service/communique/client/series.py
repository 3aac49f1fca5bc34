"""Questions about scores over time."""

from communique import codec
from communique.client.connection import Connection
from communique.client.questions import Moment, as_of_message, moment_message
from communique.domain.state.score_series import Bucket, Scale, ScoreSeries
from communique.domain.state.status import ResolvedAsOf
from communique.v1 import series_pb2, timeline_service_pb2


class SeriesQuestions(Connection):
    """Asks what the acts between two parties score."""

    def series(  # noqa: PLR0913  a window, and a point of three clocks and a zone
        self,
        one: str,
        other: str,
        from_: Moment,
        to: Moment,
        *,
        bucket: Bucket | str = Bucket.MONTH,
        scale: Scale | str = Scale.GOLDSTEIN,
        actor: str | None = None,
        valid_at: Moment | None = None,
        known_at: Moment | None = None,
        position: int | None = None,
        zone: str = "UTC",
        as_of: ResolvedAsOf | None = None,
        min_position: int = 0,
    ) -> ScoreSeries:
        """Return the scores of two parties by `day`, `week` or `month` of UTC, as of a point.

        The window is from the beginning of `from_` to the end of `to`, and 3,700 steps at most.
        `scale` is `goldstein` or `plover`; with an `actor`, one of the two, only what it did to the
        other counts. `ValueError` for another bucket or scale.

            >>> series = record.series("KOR", "JPN", "2019-07-01", "2019-08-31", scale="plover")
            >>> [(step.day, step.event_count, step.score_sum) for step in series.steps]
            [('2019-07-01', 2, -1.0), ('2019-08-01', 9, -1.0)]
        """
        request = timeline_service_pb2.GetScoreSeriesRequest(
            parties=[one, other],
            actor=actor or "",
            scale=series_pb2.Scale.Value(f"SCALE_{Scale(scale).value}"),
            bucket=series_pb2.Bucket.Value(f"BUCKET_{Bucket(bucket).value}"),
            to=moment_message(to),
            as_of=as_of_message(valid_at, known_at, position, zone, as_of),
            min_position=min_position,
            **{"from": moment_message(from_)},
        )
        return codec.series(self._call(self._timelines.GetScoreSeries, request).series)
