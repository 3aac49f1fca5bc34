"""Score series end to end: through the contract, the client and the command line."""

import csv
import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest

from communique.cli.exits import ExitCode
from communique.client import InvalidRequest
from communique.domain.parties.party import Dyad
from communique.domain.state.score_series import Bucket, Scale, ScoreSeries
from communique.v1 import series_pb2, time_pb2
from communique.v1.timeline_service_pb2 import GetScoreSeriesRequest
from tests.support import nineteen_claims
from tests.support.calls import (
    Stubs,
    correction,
    meeting,
    meetings,
    refusal,
    refused,
    retraction,
    submit,
)
from tests.support.servers import Desk, desk_with

Steps = list[tuple[str, int, float]]
KOR_JPN = ("KOR", "JPN")


def series(
    stubs: Stubs,
    since: str = "2019-01-01",
    until: str = "2019-12-31",
    **fields: Any,  # noqa: ANN401  any field
) -> series_pb2.ScoreSeries:
    """Ask for the scores of Korea and Japan in 2019, unless others are given."""
    window = {"from": time_pb2.PointInTime(text=since), "to": time_pb2.PointInTime(text=until)}
    request = GetScoreSeriesRequest(**{"parties": ["KOR", "JPN"], **window, **fields})
    return stubs.timelines.GetScoreSeries(request, timeout=30).series


def steps(scores: series_pb2.ScoreSeries | ScoreSeries) -> Steps:
    """Return the steps of a series."""
    return [(step.day, step.event_count, step.score_sum) for step in scores.steps]


def test_a_receipt_is_enough_to_see_ones_own_score(stubs: Stubs) -> None:
    """A series asked to be as fresh as a receipt counts the receipt's event."""
    for count in range(1, 15):
        (receipt,) = submit(stubs, meeting(occurred="2019-08-21"))
        scores = series(stubs, min_position=receipt.position)
        assert steps(scores) == [("2019-08-01", count, float(count))]


def test_an_actor_s_acts_are_told_from_the_others_and_the_common_ones(stubs: Stubs) -> None:
    """A series counts all acts, or for an actor only its acts towards the other party."""
    events = [meeting(), refusal("JPN", "KOR"), refusal("KOR", "JPN"), refusal("KOR", "JPN")]
    position = submit(stubs, *events)[-1].position
    asked = {actor: series(stubs, actor=actor, min_position=position) for actor in ("", *KOR_JPN)}
    assert {actor: steps(scores)[0][1:] for actor, scores in asked.items()} == {
        "": (4, -14.0),
        "KOR": (2, -10.0),
        "JPN": (1, -5.0),
    }
    assert [scores.actor for scores in asked.values()] == list(asked)


def test_a_series_says_what_it_is(stubs: Stubs) -> None:
    """A series is Goldstein's by month by default, and names its table's version."""
    (receipt,) = submit(stubs, meeting())
    scores = series(stubs, min_position=receipt.position)
    assert (scores.dyad, scores.scale, scores.bucket) == (
        "JPN-KOR",
        series_pb2.SCALE_GOLDSTEIN,
        series_pb2.BUCKET_MONTH,
    )
    assert scores.table_version == "communique-scores-1"
    assert scores.as_of.position == receipt.position


def test_corrections_and_retractions_count_from_where_they_are_recorded(stubs: Stubs) -> None:
    """A series counts amendments from their positions on and keeps its bytes as of before."""
    moved, gone = meeting(occurred="2019-08-21"), meeting(occurred="2019-08-22")
    position = submit(stubs, moved, gone)[-1].position
    first = series(stubs, min_position=position)
    assert steps(first) == [("2019-08-01", 2, 2.0)]

    correct = correction(moved)
    correct.event_corrected.content.occurred.edtf = "2019-09-02"
    last = submit(stubs, correct, retraction(gone.event_id))[-1].position
    assert steps(series(stubs, min_position=last)) == [("2019-09-01", 1, 1.0)]
    then = time_pb2.AsOf(
        valid=time_pb2.PointInTime(instant=first.as_of.valid),
        known=time_pb2.PointInTime(instant=first.as_of.known),
        position=first.as_of.position,
    )
    again = series(stubs, as_of=then)
    assert again.SerializeToString(deterministic=True) == first.SerializeToString(
        deterministic=True
    )


def test_ends_are_inclusive_and_days_are_read_in_the_zone_asked_in(stubs: Stubs) -> None:
    """A series reads its window's days in the zone asked in, and its steps are days of UTC."""
    position = submit(stubs, meeting(occurred="2019-08-21"))[-1].position  # in Seoul
    fields = {"bucket": series_pb2.BUCKET_DAY, "min_position": position}
    seoul = {"as_of": time_pb2.AsOf(zone="Asia/Seoul")}
    day = [("2019-08-20", 1, 1.0)]
    assert steps(series(stubs, "2019-08-21", "2019-08-21", **fields, **seoul)) == day
    assert steps(series(stubs, "2019-08-21", "2019-08-21", **fields)) == []
    edge = "2019-08-20T15:00:00Z"
    assert steps(series(stubs, edge, edge, **fields)) == day
    assert steps(series(stubs, "2019-08-20T15:00:00.000001Z", "2019-08-22", **fields)) == []


@pytest.mark.parametrize(
    ("fields", "field", "fault"),
    [
        ({"parties": ["KOR"]}, "parties", "exactly two parties are needed, not 1"),
        ({"parties": ["KOR", "KOR"]}, "parties[1]", "two different parties"),
        ({"parties": ["KOR", "Japn"]}, "parties[1]", "did you mean JPN"),
        ({"actor": "CHN"}, "actor", "one of JPN, KOR"),
        ({"scale": 9}, "scale", "unknown value 9: one of GOLDSTEIN, PLOVER"),
        ({"bucket": -1}, "bucket", "unknown value -1: one of DAY, WEEK, MONTH"),
        ({"from": None}, "from", "is needed"),
        ({"to": None}, "to", "is needed"),
        ({"since": "yesterday"}, "from", "'yesterday' is no"),
        ({"until": "2018-12-31"}, "to", "should not be before"),
        ({"since": "2000-01-01", "bucket": 1}, "to", "not 7,305 steps of a day"),
        ({"since": "1900-01-01", "bucket": 2}, "to", "not 6,262 steps of a week"),
        ({"since": "1000-01-01", "until": "9999-12-31"}, "to", "not 108,000 steps of a month"),
        ({"as_of": time_pb2.AsOf(zone="Asia/Seol")}, "as_of.zone", "unknown time zone"),
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_refused_at_its_field(
    shared_stubs: Stubs, fields: dict[str, Any], field: str, fault: str
) -> None:
    """Each fault of a series request names its field and says what is allowed."""
    error = refused(lambda: series(shared_stubs, **fields))
    assert (error.code.name, error.reason) == ("INVALID_ARGUMENT", "INVALID_FIELD")
    assert list(error.violations) == [field]
    assert fault in error.violations[field]


def test_several_faults_are_told_at_once(shared_stubs: Stubs) -> None:
    """A series request is refused with all its fields at fault in one answer."""
    request = GetScoreSeriesRequest(parties=["KOR", "JPN"], actor="USA", scale=7)  # type: ignore[arg-type]
    error = refused(lambda: shared_stubs.timelines.GetScoreSeries(request, timeout=30))
    assert set(error.violations) == {"actor", "scale", "from", "to"}


def test_a_position_ahead_is_out_of_range(shared_stubs: Stubs) -> None:
    """A series as of a position that is not recorded yet is out of range."""
    point = time_pb2.AsOf(position=10**6)
    error = refused(lambda: series(shared_stubs, as_of=point))
    assert (error.code.name, error.reason) == ("OUT_OF_RANGE", "POSITION_BEYOND_HEAD")


def test_as_many_steps_as_are_allowed_may_be_asked_for(stubs: Stubs) -> None:
    """A series over ten years of days has one step for each of 3,000 days with a meeting."""
    position = 0
    for begin in range(0, 3_000, 1_000):
        events = meetings(begin + 1_000)[begin:]
        position = submit(stubs, *events)[-1].position
    fields = {"bucket": series_pb2.BUCKET_DAY, "min_position": position}
    scores = series(stubs, "1999-12-31", "2010-02-15", **fields)  # 3,700 days
    assert len(scores.steps) == 3_000
    assert {step.event_count for step in scores.steps} == {1}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A server with the sample, shared by tests that only ask."""
    with desk_with(tmp_path_factory.mktemp("desk"), nineteen_claims.claims()) as desk:
        yield desk


YEAR = ("--from", "2019-01-01", "--to", "2019-12-31")


def test_the_client_returns_the_domain_s_series(desk: Desk) -> None:
    """The client returns a series of the domain, by words or enums, and the same when pinned."""
    client = desk.client
    scores = client.series("KOR", "JPN", "2019-07-01", "2019-08-31", bucket="week", scale="plover")
    assert isinstance(scores, ScoreSeries)
    assert (scores.bucket, scores.scale, scores.dyad) == (Bucket.WEEK, Scale.PLOVER, "JPN-KOR")
    assert scores.steps
    again = client.series(
        "JPN",
        "KOR",
        "2019-07-01",
        "2019-08-31",
        bucket=Bucket.WEEK,
        scale=Scale.PLOVER,
        as_of=scores.as_of,
    )
    assert again == scores


def test_the_sum_of_days_is_the_sum_of_months(desk: Desk) -> None:
    """A series counts everything once, whatever the width of its steps."""
    dyad, year = Dyad.of(*nineteen_claims.DYAD), ("2019-01-01", "2019-12-31")
    sums = {
        (
            sum(step.event_count for step in scores.steps),
            round(sum(step[2] for step in steps(scores)), 6),
        )
        for bucket in Bucket
        for scores in [desk.client.series(dyad.first, dyad.second, *year, bucket=bucket)]
    }
    assert len(sums) == 1


def test_the_client_refuses_what_the_service_would(desk: Desk) -> None:
    """The client refuses an unknown bucket at once, and the service an impossible window."""
    with pytest.raises(ValueError, match="'decade' is not a valid Bucket"):
        desk.client.series("KOR", "JPN", "2019-01-01", "2019-12-31", bucket="decade")
    with pytest.raises(InvalidRequest) as caught:
        desk.client.series("KOR", "JPN", "2019-12-31", "2019-01-01")
    assert [violation.field for violation in caught.value.violations] == ["to"]


def test_a_table_shows_each_step_with_a_bar(desk: Desk) -> None:
    """The bars of `series` put conflict left of the axis and cooperation right."""
    result = desk.run("series", "KOR", "JPN", *YEAR)
    assert result.exit_code == ExitCode.OK, result.stderr
    assert "Japan and South Korea: what both did" in result.stdout
    assert "communique-scores-1" in result.stdout
    scores = desk.client.series("KOR", "JPN", "2019-01-01", "2019-12-31")
    lines = [line for line in result.stdout.splitlines() if "│" in line]
    assert [line.split()[0] for line in lines] == [step.day[:7] for step in scores.steps]
    assert max(line.count("█") for line in lines) == 24


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_table_fits_the_screen(desk: Desk, width: int) -> None:
    """No line that `series` prints for a step is wider than the screen."""
    result = desk.run("series", "KOR", "JPN", *YEAR, "--bucket", "day", COLUMNS=str(width))
    lines = [line for line in result.stdout.splitlines() if "│" in line]
    assert lines
    assert all(len(line) <= max(width, 45) for line in lines)


def test_programs_get_the_same_steps_in_every_form(desk: Desk) -> None:
    """`series` gives the same steps in JSON, JSON lines and CSV."""
    words = ("series", "South Korea", "jp", *YEAR, "--scale", "plover", "--actor", "Japan")
    whole = json.loads(desk.run(*words, "-o", "json").stdout)
    assert (whole["scale"], whole["actor"]) == ("PLOVER", "JPN")
    lines = [json.loads(line) for line in desk.run(*words, "-o", "jsonl").stdout.splitlines()]
    assert lines == whole["steps"] != []
    rows = [*csv.DictReader(StringIO(desk.run(*words, "-o", "csv").stdout))]
    figures = [(row["day"], int(row["event_count"]), float(row["score_sum"])) for row in rows]
    assert figures == [(line["day"], line["event_count"], line["score_sum"]) for line in lines]


def test_nothing_to_show_is_said(desk: Desk) -> None:
    """`series` of a window without events says so, and is no failure."""
    result = desk.run("series", "KOR", "JPN", "--from", "1900-01-01", "--to", "1900-12-31")
    assert result.exit_code == ExitCode.OK
    assert "no events with a score" in result.stderr


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("KOR", "JPN", "--to", "2019-12-31"), "--from"),
        (("KOR", "JPN", "--from", "2019-1-1", "--to", "2019-12-31"), "--from: '2019-1-1' needs"),
        (("KOR", "JPN", *YEAR, "--bucket", "year"), "'year' is not one of 'day', 'week', 'month'"),
        (("KOR", "JPN", *YEAR, "--scale", "tone"), "'tone' is not one of 'goldstein', 'plover'"),
        (("KOR", "JPN", *YEAR, "--actor", "CHN"), "--actor: give JPN or KOR, not CHN"),
        (("KOR", "JPN", *YEAR, "--actor", "Atlantis"), "unknown party 'Atlantis'"),
        (("KOR", "JPN", "--from", "2019-12-31", "--to", "2019-01-01"), "to: should not be before"),
        (("KOR", "South Korea", *YEAR), "two different parties"),
    ],
)
def test_a_command_that_is_not_understood_says_why(
    desk: Desk, words: tuple[str, ...], fault: str
) -> None:
    """A `series` command at fault says what is wrong in a line, with the usage exit code."""
    result = desk.run("series", *words, COLUMNS="200")
    assert fault in result.stderr
    assert result.exit_code == ExitCode.USAGE
    assert result.stdout == ""
