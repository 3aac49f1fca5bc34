"""What the benchmark says of options that it cannot use, before it measures anything."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("bench", reason="the benchmark is not here")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--sizes", "10000,many"], "argument --sizes: 'many' is no whole number"),
        (["--size", "999"], "argument --size: at least 1,000 is needed, not 999"),
        (["--runs", "101"], "argument --runs: at most 100 is allowed, not 101"),
        (["--folder", "nowhere/at/all"], "argument --folder: nowhere/at/all is no folder"),
    ],
)
def test_an_option_that_cannot_be_used_is_named(options: list[str], said: str) -> None:
    """An option that cannot be used is named with its fault in one line, under the usage."""
    done = subprocess.run(
        [sys.executable, "-m", "bench", *options], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == f"python -m bench: error: {said}"


def test_a_package_that_is_missing_is_named(tmp_path: Path) -> None:
    """A missing package is named in one line with the command that installs it."""
    missing = "raise ModuleNotFoundError(name='matplotlib')"
    (tmp_path / "matplotlib.py").write_text(missing, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "bench"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "matplotlib is not installed: `make bench` installs what is needed\n"
