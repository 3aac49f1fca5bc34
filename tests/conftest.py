"""What all tests share: how long Hypothesis looks for a counterexample, and where from."""

import os
import signal
from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, settings

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "suite")
SECONDS_MAX = {"suite": 300, "soak": 0}
"""How long one property may take; 0 is as long as it wants."""

EXAMPLES = int(os.environ.get("SOAK_EXAMPLES") or 5_000)
"""How many random histories each property of a soak is tried on."""

# The same examples every time: a run that fails can be run again. `make soak` looks for new ones.
settings.register_profile(
    "suite", max_examples=100, derandomize=True, database=None, deadline=None, print_blob=True
)
settings.register_profile(
    "soak",
    max_examples=EXAMPLES,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(PROFILE)


def pytest_configure() -> None:
    """Heed Ctrl-C, which a script's background jobs ignore, and with them what they start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Give a property more time than a single example gets."""
    for item in items:
        if item.path.parent.name == "property":
            item.add_marker(pytest.mark.timeout(SECONDS_MAX.get(PROFILE, 0)))
