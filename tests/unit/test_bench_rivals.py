"""Rivals of the benchmark answer what is asked of them; one that is not installed is skipped."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from csv import reader
from datetime import UTC, datetime
from pathlib import Path

import pytest

pytest.importorskip("bench", reason="the benchmark is not here")


from bench import facts, history
from bench.bed import serving
from bench.facts import Fact, Point, Said
from bench.load import WrongResult
from bench.questions import KINDS, asked
from bench.rivals import check_agree
from bench.server import Server
from bench.subject import Missing, Question, Subject, installed, ready
from bench.subjects import RIVALS, BitemporalTable, DuckDb, Library, MariaDb, PostgreSql, UmaDb
from communique.codec import stored_bytes
from communique.domain.claims.event import Recorded
from communique.domain.parties.party import Dyad
from communique.domain.time.clocks import AsOf, from_micros
from tests.support import oracle

EVENTS = 1_200
LATEST = Question(("KOR", "JPN"))

Log = list[Recorded]
Answer = list[list[str]]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> history.History:
    """A history with amendments."""
    return history.written(tmp_path_factory.mktemp("history"), EVENTS)


@pytest.fixture(scope="module")
def log(drawn: history.History) -> Log:
    """The same as the service would have recorded it."""
    record_time = datetime(2026, 1, 1, tzinfo=UTC)
    states = [drawn[index] for index in range(len(drawn))]
    return [
        Recorded(position, record_time, 1, stored_bytes(state), "")
        for position, state in enumerate(states, 1)
    ]


@pytest.fixture(scope="module")
def questions(drawn: history.History) -> list[Question]:
    """Questions of each kind, about the busiest dyad and a quiet one."""
    return [
        question
        for kind in KINDS
        for pair in (drawn.busiest, drawn.quiet)
        for question in asked(kind, pair, drawn, 5, seed=7)
    ]


@pytest.fixture(scope="module")
def expected(log: Log, questions: list[Question]) -> list[Answer]:
    """What the oracle answers: the event that fills each facet, and what it says."""
    return [_answer(log, question) for question in questions]


def _answer(log: Log, question: Question) -> Answer:
    point = Point.of(question)
    as_of = AsOf(from_micros(point.valid), from_micros(point.known), point.position)
    status = oracle.status(log, Dyad.parse(facts.dyad_of(question)), as_of)
    return sorted(
        [row.facet, str(row.event_ids[0]), row.state.value, row.statement, row.gist, row.outlet]
        for row in status.elements
    )


@pytest.mark.parametrize("rival", [BitemporalTable, DuckDb, PostgreSql, MariaDb])
def test_a_database_answers_as_the_oracle(
    rival: type[Subject],
    folder: Path,
    drawn: history.History,
    questions: list[Question],
    expected: list[Answer],
) -> None:
    """A rival database names the oracle's winner of each facet at random points."""
    subject = rival()
    with _started(subject, folder):
        subject.fill(drawn)
        answers = _asked(subject, questions)
        assert [_parsed(answer) for answer in answers] == expected
        assert [subject.winners(answer) for answer in answers] == _winners(expected)


def test_the_library_answers_as_the_oracle(
    tmp_path: Path, drawn: history.History, questions: list[Question], expected: list[Answer]
) -> None:
    """The library's projection comes to the oracle's state, live and when run anew."""
    subject = Library()
    subject.start(tmp_path)
    _append(subject, drawn)
    fresh = [question._replace(min_position=len(drawn)) for question in questions]
    assert [subject.winners(answer) for answer in _asked(subject, fresh)] == _winners(expected)
    asyncio.run(_rebuilt(subject))
    assert [subject.winners(answer) for answer in _asked(subject, questions)] == _winners(expected)


@pytest.mark.parametrize("rival", [UmaDb, Library])
def test_a_store_gives_back_what_was_appended(
    rival: type[Subject], folder: Path, drawn: history.History
) -> None:
    """A rival store gives back what was written, byte for byte, at positions 1, 2, 3, ..."""
    subject = rival()
    with _started(subject, folder):
        assert _append(subject, drawn) == len(drawn)
        assert asyncio.run(_read(subject)) == [drawn[index] for index in range(len(drawn))]


@pytest.mark.parametrize("rival", RIVALS)
def test_a_rival_says_what_it_is(rival: type[Subject]) -> None:
    """A rival states its name, its settings, what it leaves out and its version."""
    assert rival.name
    assert rival.about.endswith(".")
    try:
        assert rival().version()[0].isdigit()
    except Missing as missing:
        pytest.skip(str(missing))


def test_what_is_not_installed_is_missing() -> None:
    """A rival that is not installed is missing, with the reason."""
    with pytest.raises(Missing, match=r"^the package no-such-rival is not installed$"):
        installed("psutil", "no-such-rival")


def test_a_server_that_does_not_start_is_missing(tmp_path: Path) -> None:
    """A rival server that does not start is missing, with the last line of its output."""
    server = Server("bench.servers.no_such_one", [], {}, tmp_path / "log")
    with pytest.raises(Missing, match=r"^its server does not start: .*no_such_one"):
        ready(server, lambda: False)


def test_a_rival_that_answers_otherwise_is_not_compared(
    tmp_path: Path, drawn: history.History, questions: list[Question]
) -> None:
    """A rival that holds less of the history is found to give wrong results."""
    whole, again = (_holding(tmp_path / name, drawn, EVENTS) for name in ("one", "other"))
    cut = _holding(tmp_path / "cut", drawn, EVENTS * 2 // 3)
    check_agree(whole, again, questions)
    with pytest.raises(WrongResult, match="eventsourcing differs about"):
        check_agree(whole, cut, questions)


def test_facts_are_written_once(drawn: history.History) -> None:
    """All databases copy one file of facts, with times in UTC and nothing for None."""
    path = facts.written(drawn)
    changed = path.stat().st_mtime_ns
    assert facts.written(drawn).stat().st_mtime_ns == changed
    with path.open(newline="", encoding="utf-8") as file:
        rows = [dict(zip((*Fact._fields, *Said._fields), row, strict=True)) for row in reader(file)]
    assert {bool(row["until"]) for row in rows} == {True, False}
    assert "9999-12-31 23:59:59.999999" in {row["known_to"] for row in rows}


def test_a_point_left_open_is_the_latest() -> None:
    """A question without a point is about all that is recorded, known and begun."""
    point = Point.of(LATEST)
    assert point.valid < facts.OPEN_MICROS
    assert point.known < facts.OPEN_MICROS
    assert point.position < facts.OPEN_POSITION
    assert facts.text_of(facts.OPEN_MICROS) == "9999-12-31 23:59:59.999999"


def test_a_dyad_is_named_in_order() -> None:
    """Facts and questions name a dyad alike, whichever party comes first."""
    assert facts.dyad_of(LATEST) == "JPN-KOR"


def _started(subject: Subject, folder: Path) -> AbstractContextManager[object]:
    try:
        subject.version()
    except Missing as missing:
        pytest.skip(str(missing))
    return serving(subject, folder)


def _holding(folder: Path, drawn: history.History, count: int) -> Library:
    """Return the library with the beginning of a history, projected, for another process to use."""
    folder.mkdir()
    before, after = Library(), Library()
    before.start(folder)
    _append(before, drawn, count)
    _asked(before, [LATEST._replace(min_position=count)])
    after.start(folder)
    return after


def _asked(subject: Subject, questions: Sequence[Question]) -> list[bytes]:
    async def ask() -> list[bytes]:
        async with subject.connected():
            return [await subject.as_of(question) for question in questions]

    return asyncio.run(ask())


def _parsed(answer: bytes) -> Answer:
    """Return an answer with empty words for those that a database has none for."""
    return [[word or "" for word in row] for row in json.loads(answer)]


def _winners(answers: Sequence[Answer]) -> list[dict[str, str]]:
    return [{facet: event_id for facet, event_id, *_ in answer} for answer in answers]


def _append(subject: Subject, drawn: history.History, count: int = EVENTS) -> int:
    async def append() -> int:
        async with subject.connected():
            first = await subject.append_one(drawn[0])
            assert first == 1
            rest = [drawn[index] for index in range(1, count)]
            return await subject.append_all((rest[:500], rest[500:]))

    return asyncio.run(append())


async def _read(subject: Subject) -> list[bytes]:
    async with subject.connected():
        frames = [frame async for frame in subject.read_all()]
        return [event for frame in frames for event in subject.events_in(frame)]


async def _rebuilt(subject: Subject) -> None:
    async with subject.connected():
        await subject.rebuild()
