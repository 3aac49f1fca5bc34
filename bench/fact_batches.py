"""The facts of a history in transactions: what each batch of its events adds, and what it ends.

Made beforehand, and written to a file: what is measured is then the database that takes them in,
and not our Python, which finds out what claims assert.
"""

import csv
import io
import pickle
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from bench.facts import (
    OPEN_MICROS,
    OPEN_POSITION,
    Fact,
    Said,
    amendments,
    facts_of,
    recorded_at,
    text_of,
)
from bench.history import History
from communique.domain.claims.event import Recorded
from communique.v1 import event_pb2

COLUMNS: Final = (
    *("event_id", "dyad", "facet", "recorded", "knowable", "valid"),
    *("stage", "certainty", "known", "state", "statement", "gist", "outlet"),
)
"""Those of the lines that a batch adds."""

_Key = tuple[str, str, int, int]
_Facts = dict[_Key, tuple[Fact, Said]]


class Ended(NamedTuple):
    """A row that an amendment ends: which one it is, and the ranges that it has from now on."""

    event_id: str
    dyad: str
    facet: str
    recorded: str
    knowable: str
    now_recorded: str
    now_knowable: str


class Batch(NamedTuple):
    """What one transaction does: `position` is that of its last event, `added` are CSV lines."""

    position: int
    ended: Sequence[Ended]
    added: bytes


def written(history: History, size: int) -> Path:
    """Return a file of the batches of so many events, made the first time."""
    path = history.path.with_suffix(f".batches-of-{size}")
    if not path.exists():
        making = path.with_suffix(".making")
        with making.open("wb") as file:
            for batch in _batches(history, size):
                pickle.dump(batch, file)
        making.rename(path)
    return path


def batches_in(path: Path) -> Iterator[Batch]:
    """Yield the batches of a file, read one by one."""
    with path.open("rb") as file:
        while file.peek(1):
            yield pickle.load(file)  # noqa: S301  our own bytes


def _batches(history: History, size: int) -> Iterator[Batch]:
    amended = dict(amendments(history))
    amendments_left = Counter(amended.values())
    streams: dict[str, list[Recorded]] = {}
    for start in range(0, len(history), size):
        end = min(start + size, len(history))
        lengths_before: dict[str, int] = {}
        for index in range(start, end):
            message = event_pb2.Event.FromString(history[index])
            claim_id = amended.get(index, message.event_id)
            amendments_left[claim_id] -= index in amended
            stream = streams.setdefault(claim_id, [])
            lengths_before.setdefault(claim_id, len(stream))
            stream.append(recorded_at(index + 1, message, len(stream) + 1))
        changes = [_changes(streams[name], count) for name, count in lengths_before.items()]
        ended = [row for rows, _ in changes for row in rows]
        added = [row for _, rows in changes for row in rows]
        yield Batch(end, ended, _lines(added))
        for claim_id in lengths_before:
            if amendments_left[claim_id] == 0:
                del streams[claim_id]


def _changes(
    stream: Sequence[Recorded], before: int
) -> tuple[list[Ended], list[tuple[Fact, Said]]]:
    """Return which facts of an event's first so many records end, and which ones are new."""
    old, new = _facts(stream[:before]), _facts(stream)
    if not old.keys() <= new.keys():
        raise ValueError(f"an amendment removes facts of {next(iter(new.values()), None)}")
    ended = [
        Ended(*_name(fact), *_region(fact), *_region(new[key][0]))
        for key, (fact, _) in old.items()
        if _region(fact) != _region(new[key][0])
    ]
    return ended, [row for key, row in new.items() if key not in old]


def _facts(stream: Sequence[Recorded]) -> _Facts:
    """Return the facts of an event by what stays of them; not those that hold at no time."""
    if not stream:
        return {}
    rows = [
        (fact, said)
        for fact, said in facts_of(stream)
        if fact.until is None or fact.earliest < fact.until
    ]
    facts = {
        (fact.dyad, fact.facet, fact.position_from, fact.known_from): (fact, said)
        for fact, said in rows
    }
    if len(facts) != len(rows):
        raise ValueError(f"an event says something twice of a facet: {rows}")
    return facts


def _name(fact: Fact) -> tuple[str, str, str]:
    return fact.event_id, fact.dyad, fact.facet


def _region(fact: Fact) -> tuple[str, str]:
    """Return where a fact decides, as ranges of PostgreSQL."""
    position_to = "" if fact.position_to == OPEN_POSITION else fact.position_to
    known = _period(fact.known_from, None if fact.known_to == OPEN_MICROS else fact.known_to)
    return f"[{fact.position_from},{position_to})", known


def _period(begin: int, end: int | None) -> str:
    return f"[{text_of(begin)},{'' if end is None else text_of(end)})"


def _lines(rows: Sequence[tuple[Fact, Said]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(
        (
            *_name(fact),
            *_region(fact),
            _period(fact.earliest, fact.until),
            fact.stage,
            fact.certainty,
            text_of(fact.known),
            *said,
        )
        for fact, said in rows
    )
    return text.getvalue().encode()
