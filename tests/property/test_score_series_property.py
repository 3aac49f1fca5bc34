"""Score series against the oracle: random logs, random batches, any point, any window."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from communique import codec
from communique.domain.claims.event import Claim, Event, Recorded
from communique.domain.claims.payloads import MeetingHeld, TalksRefused
from communique.domain.parties.party import Dyad
from communique.domain.state.score_series import Bucket, Scale, ScoreSeries
from communique.domain.time.clocks import AsOf, parse_point
from communique.server.application.queries.read_models import ReadModels
from communique.server.views.scores import score_projection
from communique.server.views.scores.score_projection import ScoreSeriesProjection
from communique.server.views.scores.score_query import ScoreWindow
from tests.support import oracle, oracle_series
from tests.support.given import claim, corrected, retracted
from tests.support.given import log as recorded_log
from tests.support.histories import histories, instants
from tests.support.projected import (
    batch_sizes,
    file_of,
    folder_of,
    project,
    question,
    some_points,
)
from tests.support.read_models import read_models_of
from tests.support.real_log import RealLog, real_log
from tests.support.strategies import DYADS


@contextmanager
def score_models(real: RealLog, sizes: list[int], bits: int) -> Iterator[ReadModels]:
    """Lend the read models of a log, whose blocks are as small as its history is short."""
    with patch.object(score_projection, "_BLOCK_BITS", bits):
        path = file_of(real, ScoreSeriesProjection)
        project(path, ScoreSeriesProjection, real, sizes)
        read_models = read_models_of(real.log, folder_of(real))
        try:
            yield read_models
        finally:
            read_models.close()


@st.composite
def wanted(draw: st.DrawFn, log: oracle.Log) -> ScoreWindow:
    """Draw a question: ends at instants that matter, most often the whole of history."""
    moments = instants(log).valid
    ends = st.sampled_from([moments[0], moments[-1], *moments])
    since, until = sorted((draw(ends), draw(ends)))
    dyad = draw(st.sampled_from(DYADS))
    actor = draw(st.sampled_from(["", dyad.first, dyad.second]))
    return ScoreWindow(
        dyad, actor, draw(st.sampled_from(Scale)), draw(st.sampled_from(Bucket)), since, until
    )


@given(st.data(), histories(), batch_sizes, st.sampled_from([1, 2, 16]))
def test_every_series_is_the_oracle_s(
    data: st.DataObject, log: list[Recorded], sizes: list[int], bits: int
) -> None:
    """A series from the read models is the oracle's at any point, of any window."""
    with real_log(log) as real, score_models(real, sizes, bits) as read_models:
        for as_of in data.draw(some_points(log)):
            for asked in data.draw(st.lists(wanted(log), min_size=1, max_size=4)):
                answer = read_models.score_series(asked, question(as_of))
                assert answer == oracle_series.series(log, asked, as_of)
                assert codec.model_of(ScoreSeries, codec.series_message(answer)) == answer


def dense_log(seed: int) -> list[Recorded]:
    """Return a log of one dyad in two days, known on four, with a correction or so in five."""
    random = Random(seed)
    claims: list[Claim] = []
    events: list[Event] = []
    for hour in range(60):
        if claims and random.random() < 0.2:
            wrong = claims.pop(random.randrange(len(claims)))
            if random.random() < 0.3:
                events.append(retracted(wrong, moment(random)))
            else:
                changes = {"occurred": moment(random), "known": moment(random)}
                events.append(corrected(wrong, moment(random), **changes))
        else:
            who, payload = random.choice([("JPN>KOR", TalksRefused()), ("JPN+KOR", MeetingHeld())])
            valid = f"2019-08-{2 + hour % 2:02}T{hour % 24:02}:00Z"
            claims.append(claim(payload, valid, who, known=moment(random)))
            events.append(claims[-1])
    return recorded_log(*events)


def moment(random: Random) -> str:
    """Return an hour of four days."""
    return f"2019-08-{random.randint(2, 5):02}T{random.randrange(24):02}:00Z"


@pytest.mark.parametrize("seed", range(3))
def test_a_dense_history_is_the_oracle_s_at_every_point(seed: int) -> None:
    """A series of a dense history is the oracle's at every position and random known times."""
    log, random = dense_log(seed), Random(seed)
    since, late = parse_point("2019-08-01"), parse_point("2019-08-09")
    with real_log(log) as real, score_models(real, [7, 1, 30], 3) as read_models:
        for position in range(len(log) + 1):
            for _ in range(6):
                known, valid, until = (parse_point(moment(random)) for _ in range(3))
                as_of = AsOf(random.choice([late, valid]), random.choice([late, known]), position)
                actor, scale = random.choice(["", "JPN", "KOR"]), random.choice([*Scale])
                ends = (since, random.choice([late, until]))
                asked = ScoreWindow(Dyad.of("JPN", "KOR"), actor, scale, Bucket.DAY, *ends)
                answer = read_models.score_series(asked, question(as_of))
                assert answer == oracle_series.series(log, asked, as_of)


@given(histories(), batch_sizes)
def test_the_sums_are_those_of_their_rows(log: list[Recorded], sizes: list[int]) -> None:
    """The extremes, counts and sums of a score file are those of its open rows."""
    with real_log(log) as real, patch.object(score_projection, "_BLOCK_BITS", 1):
        path = file_of(real, ScoreSeriesProjection)
        project(path, ScoreSeriesProjection, real, sizes)
        for table, counted in _COUNTED.items():
            kept = rows(path, f"SELECT * FROM {table}")  # noqa: S608 -- one of the two
            assert kept == rows(path, counted)


_SUMS = """
    min(earliest), max(earliest), min(known_from), max(known_from), min(position_from),
    max(position_from), count(goldstein), coalesce(sum(goldstein), 0), count(plover),
    coalesce(sum(plover), 0)
"""
_CELLS = """
    SELECT count(DISTINCT known_day || ' ' || block) FROM scores AS other
    WHERE is_open AND other.line_id = scores.line_id AND other.day = scores.day
"""
_COUNTED = {
    "days": f"""
        SELECT line_id, day, iif(({_CELLS}) = 1, known_day, NULL), iif(({_CELLS}) = 1, block, NULL),
            {_SUMS}
        FROM scores WHERE is_open GROUP BY line_id, day
    """,  # noqa: S608
    "cells": f"""
        SELECT line_id, day, known_day, position_from >> 1, {_SUMS}
        FROM scores WHERE is_open AND ({_CELLS}) > 1
        GROUP BY line_id, day, known_day, position_from >> 1
    """,  # noqa: S608
}


def rows(path: Path, query: str) -> list[Any]:
    """Return the rows of a query to a file, sorted."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return sorted(connection.execute(query))
    finally:
        connection.close()
