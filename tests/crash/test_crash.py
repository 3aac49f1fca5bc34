"""The server is killed at random moments while clients submit, again and again: nothing is lost."""

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Final
from uuid import UUID, uuid4

import pytest

from communique.client import Client, CommuniqueError, Receipt
from communique.client.transport import Retry
from communique.domain.claims.event import Claim, Event, EventRetracted, Recorded
from communique.domain.claims.payloads import (
    ClaimPayload,
    MeasureLifted,
    MeasureTookEffect,
    StanceStated,
    TalksAgreed,
    TalksRefused,
)
from communique.domain.claims.values import Certainty
from communique.domain.time.clocks import AsOf
from tests.support import oracle
from tests.support.dumps import dump
from tests.support.given import claim, corrected, disputed, retracted
from tests.support.histories import LATE
from tests.support.servers import free_port
from tests.support.strategies import DYADS

QUICK_ROUNDS: Final = 3
CAMPAIGN_ROUNDS: Final = 20
CLIENTS: Final = 2
UP_SECONDS_MAX: Final = 1.5
STUBBORN: Final = Retry(attempts_max=1_000, delay_seconds_max=0.2)
PAYLOADS: Final[tuple[ClaimPayload, ...]] = (
    TalksRefused(),
    TalksAgreed(),
    StanceStated(position="unfair"),
    MeasureTookEffect(),
    MeasureLifted(),
)


class Server:
    """The server in a process of its own, on one port and one folder for all its lives."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = f"127.0.0.1:{free_port()}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [sys.executable, "-m", "communique.cli", "serve", "--log-level", "error"]
        place = ["--data-dir", str(self.folder), "--listen", self.address]
        path = os.pathsep.join(filter(None, sys.path))
        self._process = subprocess.Popen(command + place, env={**os.environ, "PYTHONPATH": path})
        with self.client() as client:
            client.head()

    def kill(self) -> None:
        """Kill it on the spot."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Ask it to stop, and see that it does."""
        assert self._process is not None
        self._process.terminate()
        assert self._process.wait(timeout=30) == 0

    def client(self) -> Client:
        """Return a client that does not give up."""
        return Client(self.address, timeout_seconds=60, retry=STUBBORN)

    def files(self) -> list[Path]:
        """Return the read models' files that serve."""
        return sorted((self.folder / "read-models").glob("*.g*.db"))


class Submitter(Thread):
    """A client that submits claims and amendments one after the other, and keeps the receipts."""

    def __init__(self, server: Server, seed: int) -> None:
        super().__init__(daemon=True)
        self._server, self._random = server, random.Random(seed)
        self.stopping = threading.Event()
        self.sent: dict[UUID, Event] = {}
        self.receipts: dict[UUID, Receipt] = {}
        self.fault: CommuniqueError | None = None

    def run(self) -> None:
        """Submit until told to stop."""
        amendable: list[Claim] = []
        with self._server.client() as client:
            while not self.stopping.is_set():
                batch = [self._next(amendable) for _ in range(self._random.choice((1, 1, 3, 20)))]
                self.sent |= {event.event_id: event for event in batch}
                try:
                    receipts = client.submit(batch)
                except CommuniqueError as fault:
                    self.fault = fault
                    return
                self.receipts |= {receipt.event_id: receipt for receipt in receipts}

    def _next(self, amendable: list[Claim]) -> Event:
        if amendable and self._random.random() < 0.3:
            target = self._random.choice(amendable[-20:])
            amend = self._random.choice((corrected, disputed, retracted))
            event = amend(target).model_copy(update={"event_id": uuid4()})
            if isinstance(event.payload, EventRetracted):
                amendable.remove(target)
            return event
        day = f"2019-08-{self._random.randrange(1, 29):02}"
        payload, certainty = self._random.choice(PAYLOADS), self._random.choice(list(Certainty))
        who = self._random.choice(("JPN>KOR", "KOR>JPN", "CHN>KOR"))
        said = claim(payload, day, who, certainty=certainty, event_id=uuid4(), known="2019-09-01")
        amendable.append(said)
        return said


@contextmanager
def submitters(server: Server, seed: int) -> Iterator[list[Submitter]]:
    """Have clients submit for the length of the block; they must all have come through."""
    working = [Submitter(server, seed + number) for number in range(CLIENTS)]
    for submitter in working:
        submitter.start()
    try:
        yield working
    finally:
        for submitter in working:
            submitter.stopping.set()
        for submitter in working:
            submitter.join(timeout=60)
    assert [submitter.fault for submitter in working] == [None] * CLIENTS


def rebuild_in_passing(server: Server) -> None:
    """Begin to rebuild the read models; whether it comes to an end is the next kill's to say."""

    def rebuild() -> None:
        once = Retry(attempts_max=1)
        with Client(server.address, retry=once) as client, suppress(CommuniqueError):
            list(client.rebuild("read-models"))

    Thread(target=rebuild, daemon=True).start()


def survive(server: Server, rounds: int, seed: int) -> list[Submitter]:
    """Start and kill the server again and again under load, and leave it running without."""
    moments = random.Random(seed)
    server.start()
    with submitters(server, seed) as working:
        for number in range(rounds):
            if number % 2:
                rebuild_in_passing(server)
            time.sleep(moments.uniform(0.05, UP_SECONDS_MAX))
            server.kill()
            server.start()
    return working


def check_log(log: list[Recorded], working: list[Submitter]) -> None:
    """Every receipt's event is where it says, once; nothing is there that was not sent."""
    sent = {event_id: event for submitter in working for event_id, event in submitter.sent.items()}
    receipts = {
        event_id: receipt
        for submitter in working
        for event_id, receipt in submitter.receipts.items()
    }
    recorded = {entry.event.event_id: entry for entry in log if entry.event}

    assert [entry.position for entry in log] == list(range(1, len(log) + 1))
    assert len(recorded) == len(log)
    assert [entry.record_time for entry in log] == sorted(entry.record_time for entry in log)
    assert {event_id: entry.event for event_id, entry in recorded.items()}.items() <= sent.items()
    for event_id, receipt in receipts.items():
        entry = recorded[event_id]
        assert (entry.position, entry.record_time, entry.revision) == (
            receipt.position,
            receipt.record_time,
            receipt.revision,
        )


def check_answers(server: Server, log: list[Recorded], working: list[Submitter]) -> None:
    """All that was sent is known to the server by its id, and every answer is the oracle's."""
    events = [event for submitter in working for event in submitter.sent.values()]
    with server.client() as client:
        head = client.head().position
        for first in range(0, len(events), 500):
            assert all(receipt.duplicate for receipt in client.submit(events[first : first + 500]))
        assert client.head().position == head == len(log)
        for dyad in DYADS[:4]:
            status = client.status(
                dyad.first, dyad.second, valid_at=LATE, known_at=LATE, min_position=head
            )
            as_of = AsOf(LATE, LATE, head)
            assert status == oracle.status(log, dyad, as_of)


def check_rebuilt(server: Server) -> None:
    """Built anew from the log, the read models say in every row what they said before."""
    server.stop()
    live = [dump(path) for path in server.files()]
    server.start()
    with server.client() as client:
        for projection in client.projections():
            assert projection.error == ""
            *_, last = client.rebuild(projection.name)
            assert last.done
    server.stop()
    assert [dump(path) for path in server.files()] == live


def campaign(folder: Path, rounds: int, seed: int) -> None:
    """Kill the server for some rounds, then look at everything that it kept."""
    print(f"seed {seed}, {rounds} rounds")  # noqa: T201 -- shown where the test fails
    server = Server(folder)
    try:
        working = survive(server, rounds, seed)
        with server.client() as client:
            log = list(client.read())
        check_log(log, working)
        check_answers(server, log, working)
        check_rebuilt(server)
    finally:
        server.kill()


@pytest.mark.timeout(180)
def test_the_server_loses_nothing_when_it_is_killed(tmp_path: Path) -> None:
    """After three kills under load every receipt holds, and the read models agree with the log."""
    campaign(tmp_path, QUICK_ROUNDS, seed=20_190_821)


@pytest.mark.crash
def test_the_server_loses_nothing_however_often_it_is_killed(tmp_path: Path) -> None:
    """Twenty kills at random moments lose nothing; COMMUNIQUE_CRASH_SEED repeats a run."""
    seed = int(os.environ.get("COMMUNIQUE_CRASH_SEED", "0")) or random.SystemRandom().getrandbits(
        32
    )
    campaign(tmp_path, CAMPAIGN_ROUNDS, seed)
