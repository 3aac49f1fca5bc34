"""Score series against the oracle: random logs, random batches, any point, any window."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communique import codec
from communique.domain.claims.event import Claim, Event, Recorded
from communique.domain.claims.payloads import MeetingHeld, TalksRefused
from communique.domain.parties.party import Dyad
from communique.domain.state.score_series import Bucket, Scale, ScoreSeries
from communique.domain.time.clocks import AsOf, parse_point
from communique.server.views.scores.score_query import ScoreWindow
from tests.support import oracle, oracle_series
from tests.support.given import claim, corrected, retracted
from tests.support.given import log as recorded_log
from tests.support.histories import histories, instants
from tests.support.projected import batch_sizes, projected, question, some_points
from tests.support.real_log import real_log
from tests.support.strategies import DYADS


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


@given(st.data(), histories(), batch_sizes)
def test_every_series_is_the_oracle_s(
    data: st.DataObject, log: list[Recorded], sizes: list[int]
) -> None:
    """A series from the read models is the oracle's at any point, of any window."""
    with real_log(log) as real, projected(real, sizes) as read_models:
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
    with real_log(log) as real, projected(real, [7, 1, 30]) as read_models:
        for position in range(len(log) + 1):
            for _ in range(6):
                known, valid, until = (parse_point(moment(random)) for _ in range(3))
                as_of = AsOf(random.choice([late, valid]), random.choice([late, known]), position)
                actor, scale = random.choice(["", "JPN", "KOR"]), random.choice([*Scale])
                ends = (since, random.choice([late, until]))
                asked = ScoreWindow(Dyad.of("JPN", "KOR"), actor, scale, Bucket.DAY, *ends)
                answer = read_models.score_series(asked, question(as_of))
                assert answer == oracle_series.series(log, asked, as_of)
