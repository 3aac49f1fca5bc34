"""The golden logs: what a release stored and answered, kept to be replayed by all later ones.

`tests/golden/NAME.log.jsonl` has a line for each stored event: its bytes (base64), where and when
they were recorded, by whom. `NAME.answers.json` has questions and what was answered to them.
`tools/make_golden_log.py` makes both, once for each release.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple
from uuid import UUID

from google.protobuf.json_format import MessageToDict

from communique import codec
from communique.domain.parties.party import Dyad
from communique.domain.state.event_filter import Filter
from communique.domain.time.clocks import parse_point
from communique.server.application.queries.event_pages import event_as_of_message
from communique.server.application.queries.read_models import ReadModels
from communique.server.log.entries import AmendmentEntry, ClaimEntry, Entry
from communique.server.log.sqlite_store.sqlite_log import SQLiteEventLog
from communique.server.projections.snapshot import RequestedAsOf
from communique.server.views.paging import PageRequest
from tests.support.read_models import read_models_of
from tests.support.real_log import Clock

FOLDER: Final = Path(__file__).parents[1] / "golden"
_PAGE: Final = PageRequest(1_000)
_WAIT_SECONDS: Final = 30

Json = Any


class Stored(NamedTuple):
    """A line of a golden log; `target` is the event that an amendment amends."""

    position: int
    record_micros: int
    submitter: str
    event_id: UUID
    target: UUID | None
    retracts: bool
    topic: str
    state: bytes

    @property
    def entry(self) -> Entry:
        """What the log is given."""
        if self.target is None:
            return ClaimEntry(self.event_id, self.topic, self.state)
        return AmendmentEntry(self.event_id, self.target, self.topic, self.state, self.retracts)

    @property
    def line(self) -> str:
        """The line."""
        plain = self._asdict() | {
            "event_id": str(self.event_id),
            "target": str(self.target) if self.target else None,
            "state": b64encode(self.state).decode(),
        }
        return json.dumps(plain, separators=(",", ":"))

    @classmethod
    def of(cls, line: str) -> "Stored":
        """Read a line."""
        plain = json.loads(line)
        target = UUID(plain["target"]) if plain["target"] else None
        event_id, state = UUID(plain["event_id"]), b64decode(plain["state"])
        return cls(**{**plain, "event_id": event_id, "target": target, "state": state})


class Replayed(NamedTuple):
    """A log with a golden log in it, and its read models."""

    log: SQLiteEventLog
    read_models: ReadModels


def names() -> list[str]:
    """The names of all golden logs, such as `communique-0.1`."""
    return sorted(path.name.removesuffix(".log.jsonl") for path in FOLDER.glob("*.log.jsonl"))


def log_of(name: str) -> list[Stored]:
    """A golden log, in the order of its positions."""
    text = (FOLDER / f"{name}.log.jsonl").read_text("utf-8")
    return [Stored.of(line) for line in text.splitlines()]


def answers_of(name: str) -> list[Json]:
    """The questions to a golden log, each with its answer."""
    answers: list[Json] = json.loads((FOLDER / f"{name}.answers.json").read_text("utf-8"))
    return answers


@contextmanager
def replayed(stored: list[Stored]) -> Iterator[Replayed]:
    """Lend a real log in which each event has the place and record time that it had."""
    with TemporaryDirectory() as folder:
        clock = Clock()
        log = SQLiteEventLog.open(Path(folder) / "log.db", clock)
        read_models = read_models_of(log, Path(folder) / "read-models")
        try:
            for line in stored:
                clock.micros = line.record_micros
                [receipt] = log.append([line.entry], submitter=line.submitter).result()
                assert (receipt.position, receipt.record_micros) == (
                    line.position,
                    line.record_micros,
                )
            read_models.start()
            read_models.wait_for(len(stored), _WAIT_SECONDS)
            yield Replayed(log, read_models)
        finally:
            read_models.close()
            log.close()


def answer(read_models: ReadModels, question: Json) -> Json:
    """Answer a question: the status of its dyad, or the timeline where it names none."""
    asked = RequestedAsOf(
        parse_point(question["valid"]), parse_point(question["known"]), question["position"]
    )
    if question["dyad"]:
        status = read_models.bilateral_status(Dyad.parse(question["dyad"]), asked)
        return _plain(codec.status_message(status))
    listed = read_models.list_timeline(Filter(), asked, _PAGE).events
    return [_plain(event_as_of_message(event)) for event in listed]


def _plain(message: Any) -> Json:  # noqa: ANN401  any message
    return MessageToDict(message, preserving_proto_field_name=True)
