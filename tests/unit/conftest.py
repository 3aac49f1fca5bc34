"""Fixtures that unit tests share."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder like the benchmark's: those of pytest let no server in that gives up being root."""
    with TemporaryDirectory() as name:
        made = Path(name) / "run"
        made.mkdir()
        yield made
