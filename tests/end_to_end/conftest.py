"""A real server on a free port, and a real channel to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from communique.client import Client
from communique.server.app import running_server
from communique.server.runtime.settings import Settings
from tests.support.calls import Stubs, connected
from tests.support.servers import settings_in


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A server of its own for each test: an empty data folder and a free port."""
    return settings_in(tmp_path)


@pytest.fixture
def address(settings: Settings) -> Iterator[str]:
    """The address of a running server."""
    with running_server(settings) as address:
        yield address


@pytest.fixture
def stubs(address: str) -> Iterator[Stubs]:
    """The services of that server, over a channel."""
    with connected(address) as stubs:
        yield stubs


@pytest.fixture
def client(address: str) -> Iterator[Client]:
    """A client of that server."""
    with Client(address) as client:
        yield client


@pytest.fixture(scope="module")
def shared_stubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stubs]:
    """The services of a server that all tests of a module share: for tests that leave no trace."""
    settings = settings_in(tmp_path_factory.mktemp("shared"))
    with running_server(settings) as address, connected(address) as stubs:
        yield stubs
