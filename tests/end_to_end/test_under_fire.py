"""Subscriptions while others write, and the server is killed and started again in between."""

import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import cycle, islice
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

import pytest

from communique.client import Client, EventFilter, Retry, Subscription
from communique.domain.claims.event import Claim, Event, Recorded
from communique.domain.claims.payloads import TalksAgreed, TalksRefused
from tests.support.given import claim
from tests.support.servers import COMMUNIQUE, ENVIRONMENT, free_port, wait_for

CATCH_UP_SECONDS_MAX: Final = 40
PATIENT: Final = Retry(attempts_max=1_000, first_delay_seconds=0.02, delay_seconds_max=0.2)
CODES: Final = ("JPN", "CHN", "FRA", "DEU")
FILTERS: Final = (
    None,
    EventFilter(parties=["JPN"]),
    EventFilter(parties=["FRA", "DEU"]),
    EventFilter(types=["TalksRefused"], parties=["CHN"]),
    EventFilter(types=["AgreementSigned"]),
)


class Killable:
    """A server as a process of its own, that is killed and started again at one address."""

    def __init__(self, folder: Path) -> None:
        self.address = f"127.0.0.1:{free_port()}"
        self._folder = folder
        self._process = self._started()

    def killed(self) -> None:
        """Kill it and start it again."""
        self.end()
        self._process = self._started()

    def end(self) -> None:
        """Kill it."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def _started(self) -> "subprocess.Popen[bytes]":
        where = ["--data-dir", str(self._folder), "--listen", self.address]
        command = [*COMMUNIQUE, "serve", *where, "--heartbeat-seconds", "0.2"]
        return subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.DEVNULL)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Killable]:
    """A server with an empty log."""
    server = Killable(tmp_path / "data")
    yield server
    server.end()


class Follower:
    """A subscriber that stalls, goes away and comes back at random, and remembers what it saw."""

    def __init__(self, address: str, wanted: EventFilter | None, seed: int) -> None:
        self.wanted = wanted
        self.seen: list[tuple[int, UUID]] = []
        self.position = 0
        self._address = address
        self._dice = random.Random(seed)
        self._done = threading.Event()
        self._subscription: Subscription | None = None

    def follow(self) -> None:
        """Follow the log until `end`."""
        with Client(self._address, retry=PATIENT) as client:
            while not self._done.is_set():
                with client.subscribe(self.position, filter=self.wanted) as subscription:
                    self._subscription = subscription
                    if not self._done.is_set():
                        self._take(subscription)

    def _take(self, subscription: Subscription) -> None:
        for recorded in subscription:
            assert recorded.event is not None
            self.seen.append((recorded.position, recorded.event.event_id))
            self.position = recorded.position
            if self._dice.random() < 0.01:
                time.sleep(self._dice.random() / 5)
            if self._dice.random() < 0.005:
                return

    def reached(self) -> int:
        """Up to where it was given everything."""
        subscription = self._subscription
        return max(self.position, (subscription.position or 0) if subscription else 0)

    def end(self) -> None:
        """Have it stop."""
        self._done.set()
        if self._subscription:
            self._subscription.close()


def write(address: str, seed: int, done: threading.Event) -> None:
    """Record claims in batches until told to stop."""
    dice = random.Random(seed)
    with Client(address, retry=PATIENT, timeout_seconds=120) as client:
        while not done.is_set():
            client.submit([some_claim(dice) for _ in range(dice.randint(1, 20))])
            time.sleep(dice.random() / 5)


def some_claim(dice: random.Random) -> Claim:
    """A claim of Korea and somebody else."""
    code = dice.choice(CODES)
    payload = dice.choice([TalksRefused(), TalksAgreed()])
    return claim(payload, "2019-08-20", f"{code}>KOR", event_id=uuid4())


def under_fire(server: Killable, kills: int, seed: int, *, writers: int, subscribers: int) -> None:
    """Write, follow and kill again and again; then all have seen the filtered log, once."""
    done, dice = threading.Event(), random.Random(seed)
    filters = islice(cycle(FILTERS), subscribers)
    followers = [Follower(server.address, wanted, seed + n) for n, wanted in enumerate(filters)]
    with ThreadPoolExecutor(subscribers + writers) as pool, ExitStack() as stack:
        stack.callback(done.set)
        for follower in followers:
            stack.callback(follower.end)
        working = [pool.submit(write, server.address, seed - n, done) for n in range(writers)]
        following = [pool.submit(follower.follow) for follower in followers]
        for _ in range(kills):
            wait_for(server.address)
            time.sleep(dice.uniform(0.5, 2))
            server.killed()
        done.set()
        for work in working:
            work.result()
        with Client(server.address, retry=PATIENT) as client:
            await_all(followers, client.head().position)
            for work in following:
                work.result()
            log = list(client.read())
    assert len(log) > kills
    for follower in followers:
        assert follower.seen == filtered(log, follower.wanted)


def await_all(followers: Sequence[Follower], end: int) -> None:
    """Wait until each has come to the end of the log, and stop it there."""
    deadline = time.monotonic() + CATCH_UP_SECONDS_MAX
    for follower in followers:
        while follower.reached() < end and time.monotonic() < deadline:
            time.sleep(0.01)
        follower.end()


def filtered(log: Sequence[Recorded], wanted: EventFilter | None) -> list[tuple[int, UUID]]:
    """What a filter selects of the whole log, told naively."""
    return [
        (recorded.position, recorded.event.event_id)
        for recorded in log
        if recorded.event is not None and is_wanted(recorded.event, wanted)
    ]


def is_wanted(event: Event, wanted: EventFilter | None) -> bool:
    """Whether a filter selects a claim of this test."""
    if wanted is None:
        return True
    assert isinstance(event, Claim)
    codes = {party.code for party in (*event.actors, *event.recipients)}
    by_type = not wanted.types or event.payload.type in wanted.types
    return by_type and (not wanted.parties or not codes.isdisjoint(wanted.parties))


def test_subscribers_under_fire(server: Killable) -> None:
    """Subscribers that come and go while writers write and a server dies miss nothing."""
    under_fire(server, 2, seed=1, writers=2, subscribers=10)


@pytest.mark.soak
def test_subscribers_under_fire_for_minutes(server: Killable) -> None:
    """Subscribers under fire for minutes, differently each time, miss nothing."""
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # noqa: T201  shown if it fails
    under_fire(server, 60, seed, writers=8, subscribers=16)
