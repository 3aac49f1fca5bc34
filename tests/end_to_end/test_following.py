"""The commands that stay: `watch` and `follow`, in pipes and on a terminal."""

import json
import os
import pty
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from communique.client import Client
from communique.domain.claims.event import Event
from communique.domain.claims.payloads import TalksAgreed, TalksRefused
from tests.support.given import claim, retracted
from tests.support.servers import COMMUNIQUE, ENVIRONMENT, run

REFUSED = claim(
    TalksRefused(grounds="security reasons"), "2019-08-20", "JPN>KOR", issues=["wartime-labour"]
)
AGREED = claim(TalksAgreed(), "2019-08-21", "JPN>KOR", issues=["wartime-labour"])
TOLD: tuple[Event, ...] = (REFUSED, AGREED, retracted(AGREED))


@contextmanager
def started(address: str, *words: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A command under way, with pipes for its output."""
    command = [*COMMUNIQUE, *words, "--server", address]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, env=ENVIRONMENT) as process:
        try:
            yield process
        finally:
            process.kill()


def watched(address: str, *words: str) -> list[str]:
    """The lines of a watch over two changes: Japan refuses talks, and then agrees to them."""
    with (
        started(address, "watch", "KOR", "JPN", "-n", "2", *words) as process,
        Client(address) as client,
    ):
        assert process.stderr is not None
        assert process.stdout is not None
        assert b"watching JPN-KOR: unknown at position 0" in process.stderr.readline()
        client.submit([REFUSED])
        lines = [process.stdout.readline().decode()]
        client.submit([AGREED])
        lines += process.stdout.read().decode().splitlines()
        assert process.wait() == 0
    return lines


def test_a_watch_in_a_pipe_is_a_line_for_each_change(address: str) -> None:
    """`watch` in a pipe writes the posture, and then a line for each change."""
    lines = watched(address)
    text = "\n".join(lines)
    assert "posture UNKNOWN → STRAINED" in lines[0]
    assert "appeared talks/wartime-labour: refused" in text
    assert "changed talks/wartime-labour: refused → agreed" in text
    assert "\x1b" not in text


def test_a_watch_for_programs_is_json_lines(address: str) -> None:
    """`watch -o jsonl` writes each change with its causes on a line, as soon as it happens."""
    appeared, changed = map(json.loads, watched(address, "-o", "jsonl"))
    assert (appeared["kind"], changed["kind"]) == ("APPEARED", "CHANGED")
    assert (appeared["posture"], changed["posture"]) == ("STRAINED", "COOPERATIVE")
    assert appeared["cause_event_ids"] == [str(REFUSED.event_id)]
    assert changed["as_of"]["position"] == 2


def test_a_watch_as_csv_has_a_head(address: str) -> None:
    """`watch -o csv` writes the names of the columns, and then a row for each change."""
    head, *rows = watched(address, "-o", "csv")
    assert head.startswith("valid,position,kind,facet")
    assert len(rows) == 2


def test_a_watch_on_a_terminal_is_drawn_anew(address: str) -> None:
    """`watch` on a terminal shows the status above the last changes, and leaves both standing."""
    ours, theirs = pty.openpty()
    command = [*COMMUNIQUE, "watch", "KOR", "JPN", "-n", "1", "--server", address]
    settings = ENVIRONMENT | {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"}
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, env=settings) as process:
        os.close(theirs)
        before = read_until(ours, b"nothing has changed yet")
        with Client(address) as client:
            client.submit([REFUSED])
        after = read_until(ours, b"appeared talks/wartime-labour")
        assert process.wait() == 0
    os.close(ours)
    assert b"UNKNOWN" in before
    assert b"STRAINED" in after
    assert b"security reasons" in after


def read_until(terminal: int, words: bytes) -> bytes:
    """What a terminal shows until it shows some words."""
    written, deadline = b"", time.monotonic() + 20
    while words not in written and time.monotonic() < deadline:
        written += os.read(terminal, 65_536)
    return written


def test_follow_gives_what_is_recorded_and_then_what_is_new(address: str) -> None:
    """`follow` writes events as `replay` does, amendments included, without delay."""
    with Client(address) as client:
        client.submit(TOLD[:2])
        words = ("follow", "--after", "0", "-n", "3", "-o", "jsonl")
        with started(address, *words) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(2)]
            client.submit(TOLD[2:])
            lines.append(process.stdout.readline())
            assert process.wait() == 0
    assert b"".join(lines) == run("replay", "--server", address).stdout


@pytest.mark.parametrize(
    ("words", "check"),
    [
        ((), lambda text: "talks agreed" in text and "unfounded" in text),
        (("-o", "csv"), lambda text: text.startswith("position,") and "EventRetracted" in text),
        (("--type", "EventRetracted", "-n", "1"), lambda text: "agreed" not in text),
    ],
)
def test_follow_is_for_people_and_sheets_too(
    address: str, words: tuple[str, ...], check: Callable[[str], bool]
) -> None:
    """`follow` shows claims and amendments in the forms and with the filters of other lists."""
    with Client(address) as client:
        client.submit(TOLD)
    result = run("follow", "--after", "0", "-n", "3", *words, "--server", address)
    assert (result.returncode, result.stderr) == (0, b"")
    assert check(result.stdout.decode())


def test_mistakes_are_told(address: str) -> None:
    """`watch` and `follow` refuse a position ahead, a party named twice and a missing server."""
    beyond = run("follow", "--after", "9", "--server", address)
    assert (beyond.returncode, b"beyond the head" in beyond.stderr) == (1, True)
    assert run("watch", "KOR", "KOR", "--server", address).returncode == 2
    begun = time.monotonic()
    assert run("watch", "KOR", "JPN", "--server", "127.0.0.1:1").returncode == 3
    assert time.monotonic() - begun < 30
