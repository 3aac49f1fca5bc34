"""Use cases run through the rooms below them, from the application down, and without a face."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
SUBMISSION: Final = (
    "server.application.use_case_runner",
    "server.application.record_service",
    "server.application.recording.validation",
    "codec.from_contract",
    "domain.claims.event",
    "codec.canonical",
    "server.log.sqlite_store.sqlite_log",
    "server.log.sqlite_store.append_queue",
    "server.log.sqlite_store.write_transaction",
    "server.log.rules",
    "server.projections.batch",
    "server.views.read_model.shape_cache",
    "domain.state.assertions",
    "server.views.read_model.numbered_shapes",
)
QUESTION: Final = (
    "server.application.use_case_runner",
    "server.application.timeline_service",
    "server.application.queries.query_runner",
    "server.application.queries.requested_as_of",
    "server.application.queries.read_models",
    "server.projections.snapshot",
    "server.views.bilateral_status.current_elements",
    "server.views.bilateral_status.facet_search",
    "domain.state.status",
    "domain.state.posture",
    "codec.to_contract",
)


@pytest.fixture(scope="module")
def walks() -> dict[str, list[str]]:
    """Return the modules that a submission and a question entered, and those that are loaded."""
    command = [sys.executable, "-m", "tests.support.layer_walk"]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    walked: dict[str, list[str]] = json.loads(process.stdout)
    return walked


def in_order(modules: Sequence[str], expected: Sequence[str]) -> list[str]:
    """Return those of `modules` that are expected, as they come."""
    return [module for module in modules if module in expected]


def test_a_submission_walks_down_from_the_application_to_the_views(
    walks: dict[str, list[str]],
) -> None:
    """A submission enters application, codec, domain, log, projections and views in this order."""
    assert in_order(walks["submission"], SUBMISSION) == [*SUBMISSION]


def test_a_question_walks_down_from_the_application_to_the_domain(
    walks: dict[str, list[str]],
) -> None:
    """A question enters application, projections, views, domain and codec in this order."""
    assert in_order(walks["question"], QUESTION) == [*QUESTION]


def test_no_use_case_imports_a_face(walks: dict[str, list[str]]) -> None:
    """A submission and a question are answered in a process that has loaded no face and no app."""
    faces = ("communique.server.faces", "communique.server.app.")
    assert [name for name in walks["loaded"] if f"{name}.".startswith(faces)] == []
