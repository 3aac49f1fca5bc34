"""Events in files of JSON lines and YAML, read and written."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communique.domain.claims.event import Claim, Event, Recorded
from communique.export import json_lines
from communique.importers import ImportFault, Report, jsonl
from tests.support.strategies import events

REFUSAL: Final[dict[str, Any]] = {
    "occurred": "2019-08-21",
    "actors": [{"code": "JPN"}],
    "recipients": [{"code": "KOR"}],
    "issues": ["export-controls"],
    "certainty": "CERTAIN",
    "source": {"outlet": "Yonhap"},
    "payload": {"type": "TalksRefused"},
}
REFUSAL_YAML: Final = """\
- occurred: 2019-08-21
  actors: [{code: JPN}]
  recipients: [{code: KOR}]
  issues: [export-controls]
  certainty: CERTAIN
  source: {outlet: Yonhap}
  payload: {type: TalksRefused}
"""


def read(path: Path, content: str | bytes) -> tuple[list[Event], Report]:
    """Write a file and read its events."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    report = Report()
    events = list(jsonl.events(path, report))
    assert report.adds_up()
    assert report.events == report.rows_merged == len(events)
    return events, report


@given(events)
def test_what_is_written_reads_back_equal(event: Event) -> None:
    """An event written as one JSON line reads back with every type, field and value."""
    line = json_lines.event_line(event)
    assert jsonl.load(line) == event
    assert "\n" not in line


@given(events | st.none(), st.datetimes(timezones=st.just(UTC)))
def test_an_event_as_the_log_keeps_it_reads_back_equal(
    event: Event | None, record_time: datetime
) -> None:
    """A recorded event reads back with position, record time, revision and submitter."""
    recorded = Recorded(7, record_time, 2, event, "Seoul desk, \U0001f4f0")
    line = json_lines.recorded_line(recorded)
    assert jsonl.load_recorded(line) == recorded
    if event:
        assert jsonl.load(line) == event


def test_what_is_written_is_short() -> None:
    """A written event leaves out defaults, and writes a time in UTC as its text alone."""
    event = jsonl.event_of({**REFUSAL, "event_id": UUID(int=1)})
    assert json.loads(json_lines.event_line(event)) == {**REFUSAL, "event_id": str(UUID(int=1))}


def test_labels_named_like_times_are_left_as_they_are() -> None:
    """A label that is named like a time is written as it is."""
    labels = {"edtf": "2019", "zone": "UTC", "known": "x"}
    event = jsonl.event_of({**REFUSAL, "labels": labels})
    assert jsonl.load(json_lines.event_line(event)).labels == labels


def test_an_event_without_an_id_gets_the_one_of_its_content(tmp_path: Path) -> None:
    """An event without an id gets the same id for the same content in JSON and YAML."""
    reordered = dict(reversed(REFUSAL.items()))
    other = {**REFUSAL, "gist": "Tokyo declines."}
    rows = "\n".join(json.dumps(row) for row in (REFUSAL, reordered, other))
    first, same, another = read(tmp_path / "a.jsonl", rows)[0]
    [written], _ = read(tmp_path / "a.yaml", REFUSAL_YAML)
    assert first == same == written
    assert first.event_id != another.event_id


def test_yaml_is_text_where_json_is(tmp_path: Path) -> None:
    """YAML dates, codes with leading zeros and the word no are read as texts."""
    text = REFUSAL_YAML + (
        "  gist: no\n  known: 2019-08-22\n  grade: {credibility: 2}\n"
        "  classification: {cameo_code: 010, goldstein: -0.5}\n  place: ~\n"
    )
    [event], _ = read(tmp_path / "a.yaml", text)
    assert isinstance(event, Claim)
    assert event.gist == "no"
    assert str(event.known) == "2019-08-22"
    assert event.classification is not None
    assert (event.classification.cameo_code, event.classification.goldstein) == ("010", -0.5)
    assert event.place is None


def test_yaml_documents_and_lists_are_read_alike(tmp_path: Path) -> None:
    """A YAML document is an event or a list of events, and each fault has its line."""
    text = f"{REFUSAL_YAML}- &a nothing\n- *a\n---\n{REFUSAL_YAML.replace('- ', '  ')}---\n"
    events, report = read(tmp_path / "a.yml", text)
    assert len(events) == 2
    assert [rejection.row_number for rejection in report.rejections] == [8, 8]


def test_lines_of_a_replayed_log_are_read_as_their_events(tmp_path: Path) -> None:
    """Lines of a replayed log are read as events, except those too new to be shown."""
    event = jsonl.event_of(REFUSAL)
    recorded = Recorded(1, datetime(2019, 8, 22, tzinfo=UTC), 1, event)
    newer = recorded._replace(event=None)
    lines = "\n\n".join(map(json_lines.recorded_line, (recorded, newer)))
    events, report = read(tmp_path / "log.jsonl", lines)
    assert events == [event]
    assert report.rejections[0].row_number == 3
    assert "its type is newer" in report.rejections[0].reason


@pytest.mark.parametrize(
    ("line", "reasons"),
    [
        ("{", ["is not JSON: Expecting property name"]),
        ("[]", ["is not an object with the fields of an event"]),
        ('{"a": 1, "a": 2}', ["gives 'a' twice"]),
        ("[" * 100_000, ["is nested too deeply"]),
        ("1" * 5_000, ["Exceeds the limit"]),
        ("{}", ["payload: set exactly one payload"]),
        ('{"payload": {"type": ["x"]}}', ["payload.type: give a word such as MeetingHeld"]),
        ('{"payload": {"type": "TalksRefuse"}}', ["does not match any of the expected tags"]),
        (
            json.dumps(REFUSAL | {"occurred": "yesterday", "certainty": "SURE", "mood": "\u001b"}),
            [
                "occurred: 'yesterday' is not an EDTF date",
                "certainty: should be 'CERTAIN'",
                "mood: ",
            ],
        ),
        (json.dumps(REFUSAL | {"recipients": [{"code": "KRO"}]}), ["recipients[0].code: unknown"]),
        (json.dumps(REFUSAL | {"event_id": "7"}), ["event_id: should be a valid UUID"]),
        (json.dumps(REFUSAL | {"gist": "\ud800"}), ["gist: "]),
    ],
)
def test_a_line_at_fault_is_rejected_with_every_field(
    tmp_path: Path, line: str, reasons: list[str]
) -> None:
    """All faults of a line are told at once, and the next line is read."""
    events, report = read(tmp_path / "a.jsonl", f"{line}\n{json.dumps(REFUSAL)}\n")
    assert len(events) == 1
    [rejection] = report.rejections
    assert rejection.row_number == 1
    assert all(reason in rejection.reason for reason in reasons)
    assert rejection.reason.isprintable()


def test_a_line_over_one_mebibyte_is_rejected(tmp_path: Path) -> None:
    """A line over one mebibyte is rejected, and the next line is read."""
    events, report = read(tmp_path / "a.jsonl", f"{'x' * 3_000_000}\n{json.dumps(REFUSAL)}")
    assert len(events) == 1
    assert report.rejections[0].reason == "is longer than 1,048,576 bytes"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"- a: [1,\n- b", r"a.yaml:2: is not YAML"),
        (b"a: \x00", "is not YAML: .*special characters are not allowed"),
        (b"a: !!python/name:os.system", "could not determine a constructor"),
        (b"a: *b", "a.yaml:1: is not YAML: found undefined alias"),
        (b"- caf\xe9", "a.yaml:1: is not UTF-8: byte 6 is 0xE9"),
        (b"\xfe\xff\0a", "is UTF-16"),
        (b"[" * 10_000, "is nested too deeply"),
        (b"#" * 4_194_305, "is over 4,194,304 bytes: write JSON lines instead"),
        (b"\x1f\x8b\x08\0", "cannot be read: "),
    ],
)
def test_what_is_not_yaml_ends_the_import(tmp_path: Path, content: bytes, fault: str) -> None:
    """A file that is not YAML ends the import with the line at fault."""
    with pytest.raises(ImportFault, match=fault):
        read(tmp_path / "a.yaml", content)


@pytest.mark.parametrize(
    "unfolds",
    [
        "- &a ["
        + ", ".join(["x"] * 100)
        + "]\n- &b ["
        + ", ".join(["*a"] * 100)
        + "]\n- ["
        + ", ".join(["*b"] * 100)
        + "]",
        "- &a [*a, *a]",
    ],
)
def test_aliases_unfold_to_so_many_values_only(tmp_path: Path, unfolds: str) -> None:
    """YAML aliases that stand for too many values are refused before they are unfolded."""
    _, report = read(tmp_path / "a.yaml", unfolds)
    assert "has more than 20,000 values" in report.rejections[-1].reason


@pytest.mark.parametrize("line", ["{}", '{"position": 1}', "[1]", '"x"'])
@pytest.mark.parametrize("load", [jsonl.load, jsonl.load_recorded])
def test_what_is_neither_is_refused(line: str, load: Callable[[str], object]) -> None:
    """A text that is neither a claim nor an amendment raises ValueError when read back."""
    with pytest.raises(ValueError, match=r"is not|payload"):
        load(line)


def test_amendments_without_an_id_get_one_too(tmp_path: Path) -> None:
    """A retraction without an id gets the same id each time the file is read."""
    row = {"payload": {"type": "EventRetracted", "amends": str(UUID(int=1)), "reason": "wrong"}}
    first, second = read(tmp_path / "a.jsonl", f"{json.dumps(row)}\n{json.dumps(row)}")[0]
    assert first == second


JSON_VALUES: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(
    st.dictionaries(
        st.sampled_from([*REFUSAL, "event_id", "labels", "known", "event", "position"]),
        JSON_VALUES,
        max_size=3,
    ),
    st.dictionaries(
        st.sampled_from(["type", "amends", "content", "scheduled", "between"]), JSON_VALUES
    ),
)
def test_any_value_in_any_field_is_read_or_rejected(
    tmp_path_factory: pytest.TempPathFactory, fields: dict[str, Any], payload: dict[str, Any]
) -> None:
    """No value in any field ends an import, and each reason can be printed."""
    directory = tmp_path_factory.mktemp("json")
    rows = [REFUSAL | fields, REFUSAL | {"payload": {**REFUSAL["payload"], **payload}}, REFUSAL]
    events, report = read(directory / "a.jsonl", "\n".join(map(json.dumps, rows)))
    assert REFUSAL["certainty"] in {event.certainty for event in events if isinstance(event, Claim)}
    assert len(events) + report.rows_rejected == 3
    assert all(rejection.reason.isprintable() for rejection in report.rejections)
