"""The command as people and scripts start it: pipes, terminals, signals."""

import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from communique.cli import sample
from communique.client import Client
from communique.export import json_lines
from tests.support import nineteen_claims
from tests.support.servers import COMMUNIQUE, ENVIRONMENT, desk_with, run, serving

ANSI = re.compile(rb"\x1b\[")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with the sample."""
    with desk_with(tmp_path_factory.mktemp("desk"), nineteen_claims.claims()) as desk:
        yield desk.address


def on_a_terminal(*words: str, **environment: str) -> bytes:
    """Run a command with a terminal for its output, and return all that it wrote there."""
    ours, theirs = pty.openpty()
    settings = ENVIRONMENT | {"TERM": "xterm-256color"} | environment
    with subprocess.Popen([*COMMUNIQUE, *words], stdout=theirs, stderr=theirs, env=settings):
        os.close(theirs)
        written = b"".join(_chunks(ours))
    os.close(ours)
    return written


def _chunks(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            chunk = os.read(terminal, 65_536)
        except OSError:  # a terminal ends like this on Linux
            return
        if not chunk:
            return
        yield chunk


def test_there_are_no_colours_in_a_pipe(desk: str) -> None:
    """Output and errors that go into a pipe or a file are plain text."""
    shown = run("status", "KOR", "JPN", "--server", desk)
    wrong = run("status", "KOR", "Japn", "--server", desk)
    assert shown.stdout
    assert wrong.stderr
    assert not ANSI.search(shown.stdout + wrong.stderr)


def test_there_are_colours_on_a_terminal(desk: str) -> None:
    """The posture has its colour on a terminal, unless NO_COLOR asks for plain text."""
    words = ("status", "KOR", "JPN", "--valid-at", "2019-08-22", "--server", desk)
    assert ANSI.search(on_a_terminal(*words))
    plain = on_a_terminal(*words, NO_COLOR="1")
    assert b"CONFRONTATIONAL" in plain
    assert not ANSI.search(plain)


def test_a_reader_that_has_seen_enough_is_no_error(desk: str) -> None:
    """`communique replay | head` ends without a message, and without a failure."""
    command = [*COMMUNIQUE, "replay", "--server", desk]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(20) == 0


def test_an_interrupted_command_exits_with_130(address: str) -> None:
    """Ctrl-C ends an import that waits for more, with the usual code and without a traceback."""
    command = [*COMMUNIQUE, "import", "jsonl", "-", "--batch-size", "1", "--server", address]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(
            "".join(
                f"{json_lines.event_line(claim)}\n" for claim in nineteen_claims.claims()
            ).encode()
        )
        process.stdin.flush()
        with Client(address) as client:
            while client.head().position < 10:
                time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
        assert b"Traceback" not in process.stderr.read()


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_server_stops_when_it_is_told_to(tmp_path: Path, sent: signal.Signals) -> None:
    """A server that gets SIGTERM or Ctrl-C exits with 0 and frees its port."""
    with serving(tmp_path) as (process, address):
        process.send_signal(sent)
        assert process.wait(20) == 0
        assert run("head", "--server", address).returncode == 3


def test_what_a_server_has_recorded_survives_its_death(tmp_path: Path) -> None:
    """A server that is killed and started again has the events and answers that it had."""
    with serving(tmp_path) as (process, address):
        with Client(address) as client:
            client.submit(nineteen_claims.claims())
        process.kill()
        process.wait(20)
    with serving(tmp_path) as (_, address):
        shown = run("status", "KOR", "JPN", "--min-position", "19", "--server", address)
    assert shown.returncode == 0
    assert b"talks-refused" in shown.stdout


def test_two_servers_do_not_share_a_log_or_a_port(tmp_path: Path) -> None:
    """A server whose data folder or port is in use says so in a line and exits with 1."""
    with serving(tmp_path / "one") as (_, address):
        same_log = run("serve", "--data-dir", str(tmp_path / "one"), "--listen", "127.0.0.1:0")
        same_port = run("serve", "--data-dir", str(tmp_path / "two"), "--listen", address)
    assert (same_log.returncode, same_port.returncode) == (1, 1)
    assert b"Traceback" not in same_log.stderr + same_port.stderr
    assert address.encode() in same_port.stderr
    assert str(tmp_path / "one").encode() in same_log.stderr


def test_a_file_that_is_no_log_is_left_alone(tmp_path: Path) -> None:
    """A server refuses to start over a file that is not a log of this program."""
    (tmp_path / "log.db").write_text("my diary " * 1_000)
    result = run("serve", "--data-dir", str(tmp_path), "--listen", "127.0.0.1:0")
    assert result.returncode == 1
    assert b"Traceback" not in result.stderr
    assert (tmp_path / "log.db").read_text().startswith("my diary")


def test_the_demo_tells_the_story() -> None:
    """The demo runs a real server, shows what was known when, and says how to go on."""
    result = run("demo")
    text = result.stdout.decode()
    assert (result.returncode, result.stderr) == (0, b"")
    assert text.index("STRAINED") < text.index("--explain") < text.index("CONFRONTATIONAL")
    assert "unconfirmed" in text[text.index("1 December") :]
    for words in ("STRAINED", "talks-refused", "probable", "communique serve", sample.NAME):
        assert words in text
    for words in ("corrected", "retracted", "contested", "15:00–15:35"):
        assert words in text


def test_without_the_server_extra_the_command_says_what_to_install() -> None:
    """The `serve` command without the server extra says in one line what to install."""
    blocking = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":
            raise ModuleNotFoundError("No module named 'typer'", name="typer")

sys.meta_path.insert(0, Blocked())
from communique.cli import main
main()
"""
    result = subprocess.run([sys.executable, "-c", blocking], capture_output=True, check=False)
    assert result.returncode == 1
    assert b"pip install 'communique[server]'" in result.stderr
    assert len(result.stderr.splitlines()) == 1
