"""Events in the domain's own form: JSON lines to exchange, YAML to write by hand.

An event is an object with the fields of `Claim` or `Amendment`; `payload.type` is the type word:

    {"occurred": "2019-08-21", "payload": {"type": "TalksRefused"}, ...}

A line may also be an event as the log keeps it, `{"position": 1, "event": {...}, ...}`, as
`communique.export.json_lines` writes it. An event without an `event_id` gets one that follows from
its content, so that importing a file twice does no harm.

In YAML every scalar but `~` and an empty one is text: `010` stays `010`, and `NO` is not false. A
file holds a list of events, or documents of one event or one list each.
"""

import json
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID

import yaml

from communique.domain.claims.event import Event, Recorded, event_from
from communique.export.json_lines import JsonObject, event_object
from communique.importers.lines import expect, lines, opened
from communique.importers.merging import event_id, faults_of, printable
from communique.importers.report import ImportFault, Report

LINE_BYTES_MAX: Final = 1_048_576
YAML_BYTES_MAX: Final = 4_194_304
YAML_VALUES_MAX: Final = 20_000  # of one event: aliases could otherwise unfold to any number


class _Item(NamedTuple):
    """An event, with the file and the line where it begins."""

    file: str
    number: int
    event: Event


def events(path: Path, report: Report) -> Iterator[Event]:
    """Yield the events of a file, YAML by its suffix `.yaml` or `.yml`, else JSON lines.

    Each line, or item of a list, that is not an event is rejected with all its faults. A JSON line
    may have 1 MiB; a YAML file is read whole and may have 4 MiB.

    Raises:
        ImportFault: the file cannot be opened or read on, or is not YAML.
    """
    expect([path], report)
    items = _yaml_items if path.suffix.lower() in {".yaml", ".yml"} else _json_items
    for item in items(path, report):
        report.merge(item.file, item.number)
        yield item.event


def load(text: str) -> Event:
    """Read what `event_line` or `recorded_line` wrote.

    Raises:
        ValueError: not JSON, or not an event; `pydantic.ValidationError` names the fields at fault.
    """
    return event_of(_read(text))


def load_recorded(text: str) -> Recorded:
    """Read what `recorded_line` wrote; it raises what `load` raises."""
    match _read(text):
        case {
            "position": int(position),
            "record_time": str(record_time),
            "revision": int(revision),
            "submitter": str(submitter),
            "event": content,
        }:
            event = event_of(content) if content else None
            recorded_at = datetime.fromisoformat(record_time).astimezone(UTC)
            return Recorded(position, recorded_at, revision, event, submitter)
        case _:
            raise ValueError("is not an event as the log keeps it")


def event_of(content: object) -> Event:
    """Return the event that plain data is, or holds as the log keeps it.

    Raises:
        ValueError: not an event; `pydantic.ValidationError` names the fields at fault.
    """
    if isinstance(content, dict) and "position" in content and "event" in content:
        content = content["event"]
        if content is None:
            raise ValueError("holds no event: its type is newer than the release that wrote it")
    if not isinstance(content, dict):
        raise ValueError("is not an object with the fields of an event")  # noqa: TRY004  bad input
    _check_type(content.get("payload"))
    if content.get("event_id"):
        return event_from(content)
    event = event_from({**content, "event_id": UUID(int=0)})
    fields = event_object(event)
    del fields["event_id"]
    derived_id = event_id("event", json.dumps(fields, sort_keys=True))
    return event.model_copy(update={"event_id": derived_id})


def _check_type(payload: object) -> None:
    word = payload.get("type") if isinstance(payload, dict) else ""
    if not isinstance(word, str | None):
        raise ValueError("payload.type: give a word such as MeetingHeld")  # noqa: TRY004  bad input


def _read(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_without_repeats)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON: {error.msg} at character {error.colno}") from None
    except RecursionError:
        raise ValueError("is nested too deeply") from None


def _without_repeats(pairs: list[tuple[str, object]]) -> JsonObject:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"gives {twice!r} twice")
    return fields


def _json_items(path: Path, report: Report) -> Iterator[_Item]:
    for line in lines(path, report, LINE_BYTES_MAX):
        try:
            yield _Item(line.file, line.number, load(line.text))
        except ValueError as error:
            report.reject(line.file, line.number, faults_of(error))


def _yaml_items(path: Path, report: Report) -> Iterator[_Item]:
    text = _yaml_text(path, report)
    try:
        for node in _nodes(text):
            yield from _yaml_item(node, path, report)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = printable(f"is not YAML: {getattr(error, 'problem', None) or error}")
        raise ImportFault(str(path), reason, mark.line + 1 if mark else None) from None
    except RecursionError:
        raise ImportFault(str(path), "is nested too deeply") from None


def _nodes(text: str) -> Iterator[yaml.Node]:
    """Yield the nodes of the events, one document after the other."""
    for document in yaml.compose_all(text, _Loader):
        match document:
            case yaml.SequenceNode(value=nodes):
                yield from nodes
            case yaml.ScalarNode(value=""):
                pass
            case yaml.Node():
                yield document


def _yaml_item(node: yaml.Node, path: Path, report: Report) -> Iterator[_Item]:
    number = node.start_mark.line + 1
    report.rows_read += 1
    try:
        _check_size(node)
        yield _Item(str(path), number, event_of(_Loader("").construct_document(node)))
    except ValueError as error:
        report.reject(str(path), number, faults_of(error))


def _yaml_text(path: Path, report: Report) -> str:
    try:
        with opened(path, report) as stream:
            raw = stream.read(YAML_BYTES_MAX + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise ImportFault(str(path), f"cannot be read: {error}") from error
    if len(raw) > YAML_BYTES_MAX:
        raise ImportFault(str(path), f"is over {YAML_BYTES_MAX:,} bytes: write JSON lines instead")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = raw.count(b"\n", 0, error.start) + 1
        fault = f"is not UTF-8: byte {error.start + 1} is 0x{raw[error.start]:02X}"
        raise ImportFault(str(path), fault, number) from None


def _check_size(node: yaml.Node) -> None:
    waiting, count = [node], 0
    while waiting:
        count += 1
        if count > YAML_VALUES_MAX:
            raise ValueError(f"has more than {YAML_VALUES_MAX:,} values")
        match waiting.pop():
            case yaml.SequenceNode(value=values):
                waiting += values
            case yaml.MappingNode(value=pairs):
                waiting += [child for pair in pairs for child in pair]


_NULL: Final = "tag:yaml.org,2002:null"
_KNOWN_TAGS: Final = frozenset(
    {_NULL, None} | {f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map")}
)


class _Loader(yaml.SafeLoader):
    """YAML of text, lists, mappings and null, and nothing else."""

    yaml_implicit_resolvers = {  # noqa: RUF012  PyYAML reads it from the class
        first: [(tag, pattern) for tag, pattern in resolvers if tag == _NULL]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    yaml_constructors = {  # noqa: RUF012  as above
        tag: construct
        for tag, construct in yaml.SafeLoader.yaml_constructors.items()
        if tag in _KNOWN_TAGS
    }
