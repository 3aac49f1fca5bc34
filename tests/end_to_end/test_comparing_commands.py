"""The commands `compare` and `statuses` against a real server with the sample and amendments."""

import csv
import json
from collections.abc import Iterator

import pytest

from communique.cli.exits import ExitCode
from communique.client import Client, Point
from communique.domain.claims.event import EventCorrected, EventDisputed, EventRetracted
from communique.server.app import running_server
from tests.support import nineteen_claims
from tests.support.given import amended
from tests.support.servers import Run, desk_with, settings_in

CLAIMS = nineteen_claims.claims()
REFUSAL, MEETING, NOTICE = CLAIMS[9], CLAIMS[13], CLAIMS[18]
AMENDMENTS = [
    amended(payload)
    for payload in (
        EventCorrected(
            amends=REFUSAL.event_id,
            content=REFUSAL.model_copy(update={"gist": "Not now."}),
            reason="misheard",
        ),
        EventRetracted(amends=NOTICE.event_id, reason="unfounded"),
        EventDisputed(amends=MEETING.event_id, statement="It was a briefing."),
    )
]
SINCE_19 = ("compare", "KOR", "JPN", "--from-position", "19", "--valid-at", "2019-08-23")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Commands for a server that all tests share."""
    with desk_with(tmp_path_factory.mktemp("desk"), CLAIMS) as desk:
        position = desk.client.submit(AMENDMENTS)[-1].position
        desk.client.status(*nineteen_claims.DYAD, min_position=position)
        yield desk.run


def test_what_corrections_changed_is_explained(desk: Run) -> None:
    """`compare --explain` puts each change under its heading, with the event that made it."""
    text = desk(*SINCE_19, "--explain").stdout
    changed, ended = text.index("\nChanged\n"), text.index("\nEnded\n")
    assert "CONFRONTATIONAL → STRAINED" in text[:changed]
    assert "log position    19 → 22" in text[:changed]
    assert "\nAppeared\n" not in text
    assert "contested: none → a report of it is disputed" in text[changed:ended]
    assert "→ “Not" in text[changed:ended]
    assert "by a correction: misheard; known when recorded, position 20" in text[changed:ended]
    assert "by a dispute: It was a briefing; known when recorded, position 22" in text
    assert "by a retraction: unfounded; known when recorded, position 21" in text[ended:]
    assert "by a claim of Yonhap: agreement termination notified" in text[ended:]
    assert all(str(amendment.event_id) in " ".join(text.split()) for amendment in AMENDMENTS)


def test_reasons_are_left_out_unless_asked_for(desk: Run) -> None:
    """`compare` without --explain shows no ids and no reasons."""
    text = desk(*SINCE_19).stdout
    assert "misheard" not in text
    assert str(NOTICE.event_id) not in text


def test_how_things_moved_over_a_month(desk: Run) -> None:
    """`compare` between two days shows a measure whose date has passed as unconfirmed."""
    days = ("--from-valid", "2019-07-31", "--to-valid", "2019-08-29", "--zone", "Asia/Seoul")
    text = desk("compare", "JPN", "KOR", *days).stdout
    assert "in the world    the end of 31 Jul 2019 → the end of 29 Aug 2019" in text
    appeared = text[text.index("\nAppeared\n") :]
    assert "measure: whitelist" in appeared
    assert "certain, unconfirmed" in appeared
    assert "talks: export-controls" in appeared


def test_the_way_back_ends_what_appeared(desk: Run) -> None:
    """`compare` from a later to an earlier day shows as Ended what had appeared."""
    days = ("--from-valid", "2019-08-31", "--to-valid", "2019-07-31")
    text = desk("compare", "KOR", "JPN", *days).stdout
    assert "\nEnded\n" in text
    assert "\nAppeared\n" not in text


def test_nothing_differs_where_nothing_happened(desk: Run) -> None:
    """`compare` of two days without news says that nothing differs."""
    days = ("--from-valid", "2018-01-01", "--to-valid", "2018-01-02")
    assert desk("compare", "KOR", "JPN", *days).stdout.endswith("\nnothing differs\n")


def test_a_comparison_is_given_to_programs(desk: Run) -> None:
    """`compare` writes the comparison as JSON, and as CSV a row for each change."""
    whole = json.loads(desk(*SINCE_19, "-o", "json").stdout)
    kinds = [change["kind"] for change in whole["changes"]]
    assert kinds == ["ENDED", "CHANGED", "CHANGED"]
    assert (whole["before"]["position"], whole["after"]["position"]) == (19, 22)
    rows = list(csv.DictReader(desk(*SINCE_19, "-o", "csv").stdout.splitlines()))
    assert [row["kind"] for row in rows] == kinds
    assert rows[0]["state_before"] == "UNDER_NOTICE"
    assert rows[0]["state_after"] == ""
    assert str(AMENDMENTS[1].event_id) in rows[0]["cause_event_ids"]


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ((), "both points are the same"),
        (("--from-valid", "yesterday"), "--from-valid"),
        (("--to-known", "2019-13-01"), "--to-known"),
        (("--from-position", "-1"), "--from-position"),
        (("--from-valid", "2019-08-01", "--zone", "Mars"), "--zone"),
    ],
    ids=str,
)
def test_what_cannot_be_compared_is_named(desk: Run, words: tuple[str, ...], fault: str) -> None:
    """`compare` refuses points that cannot be compared, and names the option."""
    result = desk("compare", "KOR", "JPN", *words)
    assert result.exit_code == ExitCode.USAGE
    assert fault in result.stderr


def test_a_position_beyond_the_head_is_named(desk: Run) -> None:
    """`compare` says which of the two points is ahead of the log."""
    result = desk("compare", "KOR", "JPN", "--from-position", "99")
    assert result.exit_code == ExitCode.FAILED
    assert "before.position: position 99 is beyond the head of the log, 22" in result.stderr


def test_the_help_has_three_examples(desk: Run) -> None:
    """The help of `compare` has an example for each of the three clocks, and each one runs."""
    text = desk("compare", "--help").stdout
    examples = [line.split() for line in text.splitlines() if line.startswith(" compare ")]
    assert len(examples) == 3
    for example in examples:
        assert desk(*example).exit_code == 0, example


def test_all_statuses_of_a_party_are_a_line_each(desk: Run) -> None:
    """`statuses` shows the strongest posture first, with its rule and the latest event."""
    lines = desk("statuses", "South Korea", "--valid-at", "2019-08-22").stdout.splitlines()
    assert lines[0] == "South Korea (KOR)"
    assert lines[1].startswith("as of the end of 22 Aug 2019, by what was known at ")
    japan, china = (" ".join(line.split()) for line in lines[3:5])
    assert japan.startswith("JPN Japan strained talks-refused 21 Aug 2019 15:00–15:30 KST meeting")
    assert china.startswith("CHN China cooperative meeting-held 21 Aug 2019 meeting")


def test_more_statuses_than_shown_are_told_of(desk: Run) -> None:
    """`statuses` says on standard error that its limit cut the list."""
    result = desk("statuses", "KOR", "--limit", "1", "-o", "csv")
    (row,) = csv.DictReader(result.stdout.splitlines())
    assert (row["dyad"], row["other"]) == ("JPN-KOR", "JPN")
    assert "the first 1 are shown" in result.stderr
    assert len(json.loads(desk("statuses", "KOR", "--limit", "0", "-o", "json").stdout)) == 2


def test_a_party_of_which_nothing_stands(desk: Run) -> None:
    """`statuses` of a party without news says so in words, and gives programs an empty list."""
    assert "nothing stands between it and any other" in desk("statuses", "FRA").stdout
    assert json.loads(desk("statuses", "FRA", "-o", "json").stdout) == []


def test_statuses_come_in_the_order_asked_for(desk: Run) -> None:
    """`statuses` sorts by posture or latest event, and an unknown order is a usage error."""
    lines = desk("statuses", "CHN", "--order-by", "latest-event", "-o", "jsonl").stdout.splitlines()
    assert [json.loads(line)["dyad"] for line in lines] == ["CHN-JPN", "CHN-KOR"]
    assert desk("statuses", "CHN", "--order-by", "name").exit_code == ExitCode.USAGE


def test_the_examples_of_the_client_hold(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The examples in the docstrings of the client have the answers that they show."""
    settings = settings_in(tmp_path_factory.mktemp("examples"))
    with running_server(settings) as address, Client(address) as record:
        record.submit(CLAIMS)
        record.status("KOR", "JPN", min_position=len(CLAIMS))
        statuses = record.statuses(["JPN-KOR", "CHN-KOR"], valid_at="2019-08-22")
        assert [status.posture.value for status in statuses] == ["CONFRONTATIONAL", "COOPERATIVE"]
        listed = record.statuses_of("KOR", valid_at="2019-08-22")
        assert [status.dyad for status in listed] == ["JPN-KOR", "CHN-KOR"]
        monday, tuesday = Point(valid_at="2019-08-19"), Point(valid_at="2019-08-20")
        changes = record.compare("KOR", "JPN", before=monday, after=tuesday).changes
        last = changes[-1]
        assert (last.facet, last.kind.value) == ("talks/export-controls", "APPEARED")
