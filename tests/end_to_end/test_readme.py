"""What the README shows is what happens."""

import contextlib
import io
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"

pytestmark = pytest.mark.skipif(not README.exists(), reason="the README is not here")


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language, in order; of the empty one, those that name none."""
    parts = README.read_text("utf-8").split("```")[1::2]
    named = (part.partition("\n") for part in parts)
    return [body for name, _, body in named if name == language]


def test_the_python_session_prints_what_the_readme_says(address: str) -> None:
    """The README's Python session prints the block below it when run on a new server."""
    session = blocks("python")[0].replace("127.0.0.1:50551", address)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(session, {})  # noqa: S102  our own README
    (shown,) = [block for block in blocks("") if "refusal in the log" in block]
    assert printed.getvalue() == shown


def commands() -> list[str]:
    """The commands that the README shows against a server of one's own, in order."""
    lines = [
        line.split("  #")[0].strip() for block in blocks("sh")[1:3] for line in block.splitlines()
    ]
    return [line for line in lines if line.startswith("communique")]


def test_the_commands_of_the_readme_run(address: str, tmp_path: Path) -> None:
    """Each command that the README shows against a server succeeds and prints something."""
    assert len(commands()) == 15
    for command in commands():
        words = shlex.split(command.split(" > ")[0])[1:]
        if words[0] == "doctor":
            words += ["--data-dir", str(tmp_path)]
        ran = subprocess.run(
            [sys.executable, "-m", "communique.cli", *words],
            cwd=ROOT,
            env={"COMMUNIQUE_SERVER": address, "PATH": "/usr/bin:/bin", "COLUMNS": "80"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, f"{command}: {ran.stderr}"
        assert ran.stdout


def test_the_demo_prints_what_the_readme_says() -> None:
    """Every line of the README's excerpt stands in what `communique demo` prints, in that order."""
    (shown,) = [block for block in blocks("") if "How did the two stand" in block]
    ran = subprocess.run(
        [sys.executable, "-m", "communique.cli", "demo"],
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=True,
    )
    printed = iter([line.rstrip() for line in ran.stdout.splitlines()])
    assert [line for line in shown.splitlines() if line != "..." and line not in printed] == []
