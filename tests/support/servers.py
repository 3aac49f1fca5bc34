"""Servers for end-to-end tests: in this process or in one of their own, and commands for them."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub
from typer.testing import CliRunner, Result

from communique.cli.commands import app
from communique.client import Client, Retry
from communique.domain.claims.event import Event
from communique.server.app import LOG_FILE, running_server
from communique.server.log.entries import ClaimEntry
from communique.server.log.sqlite_store.sqlite_log import SQLiteEventLog
from communique.server.runtime.settings import LogLevel, Settings
from tests.support import nineteen_claims
from tests.support.calls import Stubs

Run = Callable[..., Result]
COMMUNIQUE = [sys.executable, "-m", "communique.cli"]
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith("COMMUNIQUE_") and name not in {"NO_COLOR", "FORCE_COLOR", "COLUMNS"}
}


def settings_in(folder: Path) -> Settings:
    """Settings for a quick and quiet server with its data in `folder`."""
    return Settings(
        data_dir=folder / "data",
        listen="127.0.0.1:0",
        grace_seconds=1,
        wait_seconds_max=30,
        health_seconds=0.05,
        log_level=LogLevel.ERROR,
    )


class Desk(NamedTuple):
    """A server that has taken in some events, a client of the server and commands for it."""

    address: str
    client: Client
    run: Run


@contextmanager
def desk_with(folder: Path, events: Sequence[Event], columns: int = 120) -> Iterator[Desk]:
    """Lend a server whose read models have taken in these events."""
    with running_server(settings_in(folder)) as address, Client(address) as client:
        position = client.submit(events)[-1].position
        client.status(*nineteen_claims.DYAD, min_position=position)
        next(client.events(min_position=position))
        client.series(*nineteen_claims.DYAD, "2019-01-01", "2019-12-31", min_position=position)
        yield Desk(address, client, runner(address, columns))


def runner(address: str, columns: int = 120) -> Run:
    """Return what runs commands in this process, for the server at an address."""

    def run(*words: object, given: str | None = None, **environment: str) -> Result:
        settings = {"COMMUNIQUE_SERVER": address, "COLUMNS": str(columns), **environment}
        return CliRunner(env=settings).invoke(app, [str(word) for word in words], input=given)

    return run


def run(*words: str, **environment: str) -> "subprocess.CompletedProcess[bytes]":
    """Run a command to its end, with pipes for its output."""
    return subprocess.run(
        [*COMMUNIQUE, *words], capture_output=True, env=ENVIRONMENT | environment, check=False
    )


@contextmanager
def serving(folder: Path, *words: str) -> "Iterator[tuple[subprocess.Popen[bytes], str]]":
    """A server as a process of its own, and its address."""
    address = f"127.0.0.1:{free_port()}"
    command = [*COMMUNIQUE, "serve", "--data-dir", str(folder), "--listen", address, *words]
    with subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.PIPE) as process:
        try:
            wait_for(address)
            yield process, address
        finally:
            process.kill()


def wait_for(address: str) -> None:
    """Wait until a server answers."""
    with Client(address, retry=Retry(attempts_max=100, delay_seconds_max=0.1)) as client:
        client.head()


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def append(settings: Settings, topic: str, state: bytes) -> None:
    """Put a claim into the log past all validation, as another release might."""
    settings.data_dir.mkdir(exist_ok=True)
    with SQLiteEventLog.open(settings.data_dir / LOG_FILE, lambda: 1) as log:
        log.append([ClaimEntry(uuid4(), topic, state)]).result()


def is_serving(stubs: Stubs, service: str = "") -> bool:
    """What the health check says."""
    answer = HealthStub(stubs.channel).Check(HealthCheckRequest(service=service), timeout=5)  # type: ignore[attr-defined]
    return bool(answer.status == HealthCheckResponse.SERVING)
