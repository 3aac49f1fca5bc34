"""What claims assert, as plain rows: for rivals that keep rows where the service keeps events.

A fact is one facet of one dyad in one region of points, just as the domain gives it. So what a
rival is asked is what the service is asked, and what it leaves out is its own affair.
"""

import csv
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench.history import History
from bench.subject import Question
from communique.codec import stored
from communique.domain.claims.event import Recorded
from communique.domain.claims.history import Content, contents
from communique.domain.state.assertions import Assertion, assertions
from communique.domain.state.element import Rank
from communique.domain.state.facets import State
from communique.domain.state.status import UPCOMING_MAX
from communique.domain.time.clocks import from_micros, micros, window_of
from communique.v1 import event_pb2

OPEN_POSITION: Final = 2**62
"""Stands for no end of positions, as `OPEN_MICROS` for none of times."""
OPEN_MICROS: Final = 253_402_300_799_999_999
"""The last microsecond of the year 9999, the last that every database knows."""

_TIMES: Final = frozenset({"earliest", "known", "known_from", "known_to", "until"})
_PLANNED: Final = frozenset({State.PLANNED, State.POSTPONED})
_RECORD_TIME: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""Later than everything in a history was known, so that it decides nothing."""


class Fact(NamedTuple):
    """What one content of a claim fills a facet with, where it decides; times in microseconds.

    Attributes:
        dyad: such as `JPN-KOR`.
        facet: such as `talks/export-controls`.
        earliest: from when on it is asserted. All claims here are dated by the day and known at the
            end of a day, so what is asserted later also began later.
        stage, certainty, known: what decides between claims of one moment, in this order.
        event_id: the last thing that does.
        position_from, position_to: the positions at which it decides; the end is excluded.
        known_from, known_to: the same of known times.
        until: the end of what is planned, after which it is no part of the answer; else None.
    """

    dyad: str
    facet: str
    earliest: int
    stage: int
    certainty: int
    known: int
    event_id: str
    position_from: int
    position_to: int
    known_from: int
    known_to: int
    until: int | None


class Said(NamedTuple):
    """What is shown of the claim that fills a facet."""

    state: str
    statement: str
    gist: str
    outlet: str


class Point(NamedTuple):
    """Where a question asks from, with nothing left open; times in microseconds."""

    valid: int
    known: int
    position: int

    @classmethod
    def of(cls, question: Question) -> "Point":
        """Return it with now, or the latest, for what was not given."""
        valid, known, position = question[1:4]
        return cls(
            OPEN_MICROS - 1 if valid is None else valid,
            OPEN_MICROS - 1 if known is None else known,
            OPEN_POSITION - 1 if position is None else position,
        )


def answer_of(winners: Iterable[tuple[Any, ...]]) -> bytes:
    """Return an answer: the winner of each facet, as the facet, the id of the event and more."""
    return json.dumps(sorted(winners)).encode()


def winners_in(answer: bytes) -> dict[str, str]:
    """Return the id of the event that fills each facet."""
    return {facet: event_id for facet, event_id, *_ in json.loads(answer)}


def facts_of(stream: Sequence[Recorded]) -> Iterator[tuple[Fact, Said]]:
    """Yield the facts of one event, from its claim and amendments, with what they say."""
    for content in contents(stream):
        claim = content.claim
        for assertion in assertions(claim):
            state, outlet = assertion.state.value, claim.source.outlet
            said = Said(state, assertion.statement, claim.gist, outlet)
            yield _fact(content, assertion), said


def _fact(content: Content, assertion: Assertion) -> Fact:
    claim, region = content.claim, content.region
    window = window_of(claim.occurred, claim.known, content.known)
    rank = Rank.of(claim, assertion.stage, micros(content.known), window)
    return Fact(
        str(assertion.dyad),
        str(assertion.facet),
        micros(window.settled),
        int(rank.stage),
        rank.surety,
        rank.known,
        str(content.claim.event_id),
        region.position_from,
        OPEN_POSITION if region.position_to is None else region.position_to,
        micros(region.known_from),
        OPEN_MICROS if region.known_to is None else micros(region.known_to),
        _until(assertion),
    )


def _until(assertion: Assertion) -> int | None:
    if assertion.state not in _PLANNED:
        return None
    end = assertion.scheduled.latest if assertion.scheduled else None
    return OPEN_MICROS if end is None else micros(end + UPCOMING_MAX)


def written(history: History) -> Path:
    """Return a CSV file of all facts of a history, and what they say, made the first time.

    Times are written as `2019-08-21 00:00:00.000000`, without a zone; nothing stands for None.
    """
    path = history.path.with_suffix(".facts.csv")
    if not path.exists():
        made = path.with_suffix(".making")
        with made.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(map(_written, _all(history)))
        made.rename(path)
    return path


def _all(history: History) -> Iterator[tuple[Fact, Said]]:
    """Yield the facts of all events, those of an amended one with its last amendment."""
    amended = dict(amendments(history))
    amendments_left = Counter(amended.values())
    streams: dict[str, list[Recorded]] = {}
    for index in range(len(history)):
        message = event_pb2.Event.FromString(history[index])
        claim_id = amended.get(index, message.event_id)
        amendments_left[claim_id] -= index in amended
        stream = streams.setdefault(claim_id, [])
        stream.append(recorded_at(index + 1, message, len(stream) + 1))
        if amendments_left[claim_id] == 0:
            yield from facts_of(streams.pop(claim_id))


def recorded_at(position: int, message: event_pb2.Event, revision: int) -> Recorded:
    """Return an event as the log has it."""
    return Recorded(position, _RECORD_TIME, revision, stored(message), "")


def amendments(history: History) -> Iterator[tuple[int, str]]:
    """Yield where the amendments are, and what they amend."""
    for index in range(len(history)):
        if amends := amended_by(event_pb2.Event.FromString(history[index])):
            yield index, amends


def amended_by(message: event_pb2.Event) -> str:
    """Return the id of the claim that an event amends; empty where it is a claim itself."""
    field = message.WhichOneof("payload")
    amends: str = getattr(getattr(message, field), "amends", "") if field else ""
    return amends


def _written(row: tuple[Fact, Said]) -> Iterable[object]:
    fact, said = row
    for name, value in zip(Fact._fields, fact, strict=True):
        yield text_of(value) if name in _TIMES and value is not None else value
    yield from said


@lru_cache(maxsize=1 << 16)
def text_of(value: int) -> str:
    """Return a time in microseconds as databases read it; it is in UTC and does not say so."""
    return f"{from_micros(value):%Y-%m-%d %H:%M:%S.%f}"


def dyad_of(question: Question) -> str:
    """Return the dyad that a question is about, as facts name it."""
    return "-".join(sorted(question.pair))
