"""Clients that go away in the middle of a call."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import grpc

from communique.codec import message_of
from communique.v1 import record_service_pb2
from communique.v1.record_service_pb2_grpc import RecordServiceStub
from tests.support import nineteen_claims
from tests.support.calls import connected, head

BROKEN_IMPORTS = 40


def test_a_server_outlives_clients_that_break_off_imports(tmp_path: Path) -> None:
    """Imports cancelled or cut at any frame leave the process serving, and log no fault."""
    command = [sys.executable, "-m", "communique.cli", "serve", "--log-format", "json"]
    where = ["--data-dir", str(tmp_path), "--listen", "127.0.0.1:0"]
    with subprocess.Popen([*command, *where], stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        address = next(_address(line) for line in server.stderr if "address" in line)
        for number in range(BROKEN_IMPORTS):
            _break_off(address, after_frames=number % 5, cancels=number % 2 == 0)
        with connected(address) as stubs:
            assert head(stubs) >= 1
        server.terminate()
        logged = server.stderr.read()
        assert server.wait() == 0
    assert '"level": "error"' not in logged
    assert "Traceback" not in logged


def _address(line: str) -> str:
    return line.split('"address": "')[1].split('"', maxsplit=1)[0]


def _break_off(address: str, *, after_frames: int, cancels: bool) -> None:
    stop = Event()

    def requests() -> Iterator[record_service_pb2.ImportRequest]:
        for claim in nineteen_claims.claims()[:8]:
            yield record_service_pb2.ImportRequest(events=[message_of(claim)])
        stop.wait()

    with grpc.insecure_channel(address) as channel:
        call = RecordServiceStub(channel).Import(requests())
        for _ in range(after_frames):
            next(call)
        if cancels:
            call.cancel()
    stop.set()
