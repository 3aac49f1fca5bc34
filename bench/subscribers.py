"""How long a new event is under way to many live subscribers.

In one process an asyncio client has all subscribers, over several connections, and one writer that
submits at a steady pace. It shares the machine with the server: where there are many deliveries a
second, most of the time is the client's own.
"""

import asyncio
from collections.abc import Iterator
from itertools import combinations, islice
from time import perf_counter
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import uuid4

import grpc.aio

from bench.history import Pair
from bench.load import check
from communique.domain.parties.data.codes import STATES
from communique.v1 import event_pb2, time_pb2, values_pb2
from communique.v1.record_service_pb2 import EventFilter, SubmitRequest, SubscribeRequest
from communique.v1.record_service_pb2_grpc import RecordServiceStub

if TYPE_CHECKING:
    from communique.v1.record_service_pb2_grpc import RecordServiceAsyncStub

_CONNECTIONS: Final = 8
_SECONDS_MAX: Final = 120


class Pace(NamedTuple):
    """What one run does: so many calls a second, with so many events each.

    Subscribers follow a pair of countries each, all another one or all the same one; events are
    about all pairs in turn. So each event goes to one subscriber, or to all of them.
    """

    subscribers: int
    pairs: int
    events_per_call: int
    calls_per_second: int
    seconds: int

    @property
    def deliveries(self) -> int:
        """How many events are delivered in all."""
        return self.events * self.subscribers // self.pairs

    @property
    def events(self) -> int:
        """How many events are submitted."""
        return self.events_per_call * self.calls_per_second * self.seconds


class Delivered(NamedTuple):
    """The seconds that each delivery took, and how many events were really submitted a second.

    From the beginning of the call that submits, and from its answer: 0 where a subscriber had the
    event before the writer had its receipt.
    """

    from_call: list[float]
    from_commit: list[float]
    events_per_second: float


def delivered(address: str, pace: Pace) -> Delivered:
    """Subscribe, submit, and note when each event arrives; in the process that this is called in.

    Raises `WrongResult` unless every subscriber gets its events, in their order, once.
    """
    return asyncio.run(_Run(pace).delivered(address))


class _Run:
    """One run, while it is made."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._pairs = list(islice(combinations(sorted(STATES), 2), pace.pairs))
        self._arrivals: list[tuple[str, float]] = []
        self._calls: dict[str, tuple[float, float]] = {}
        self._expected: list[list[str]] = [[] for _ in self._pairs]
        self._ready = asyncio.Semaphore(0)

    async def delivered(self, address: str) -> Delivered:
        local = [("grpc.use_local_subchannel_pool", 1)]
        channels = [grpc.aio.insecure_channel(address, local) for _ in range(_CONNECTIONS)]
        following = [
            asyncio.create_task(self._follow(channels[number % _CONNECTIONS], number))
            for number in range(self._pace.subscribers)
        ]
        for _ in following:
            await self._ready.acquire()
        seconds = await self._submit(RecordServiceStub(channels[0]))
        got = await asyncio.wait_for(asyncio.gather(*following), _SECONDS_MAX)
        for number, ids in enumerate(got):
            right = self._expected[number % len(self._pairs)]
            check(ids == right, f"subscriber {number} did not get its events in order, once")
        for channel in channels:
            await channel.close()
        calls = [(arrival, *self._calls[event_id]) for event_id, arrival in self._arrivals]
        return Delivered(
            [arrival - began for arrival, began, _ in calls],
            [max(0.0, arrival - ended) for arrival, _, ended in calls],
            self._pace.events / seconds,
        )

    async def _follow(self, channel: grpc.aio.Channel, number: int) -> list[str]:
        """Return the ids of the events, once all of them have come."""
        stub: RecordServiceAsyncStub = RecordServiceStub(channel)
        dyad = "-".join(self._pairs[number % len(self._pairs)])
        ids: list[str] = []
        async for frame in stub.Subscribe(SubscribeRequest(filter=EventFilter(dyad=dyad))):
            now = perf_counter()
            if frame.HasField("caught_up"):
                self._ready.release()
            new = [recorded.event.event_id for recorded in frame.events.events]
            self._arrivals += [(event_id, now) for event_id in new]
            ids += new
            if len(ids) == self._pace.events // self._pace.pairs:
                break
        return ids

    async def _submit(self, stub: "RecordServiceAsyncStub") -> float:
        """Submit at a steady pace; return the seconds that all of it took."""
        started, meetings = perf_counter(), self._meetings()
        count = self._pace.calls_per_second * self._pace.seconds
        for number in range(count):
            due = started + number / self._pace.calls_per_second
            await asyncio.sleep(max(0.0, due - perf_counter()))
            events = list(islice(meetings, self._pace.events_per_call))
            began = perf_counter()
            await stub.Submit(SubmitRequest(events=events))
            ended = perf_counter()
            self._calls.update((event.event_id, (began, ended)) for event in events)
        return perf_counter() - started

    def _meetings(self) -> Iterator[event_pb2.Event]:
        """Yield events about all pairs in turn."""
        while True:
            for pair, expected in zip(self._pairs, self._expected, strict=True):
                event = _meeting(pair)
                expected.append(event.event_id)
                yield event


def _meeting(pair: Pair) -> event_pb2.Event:
    event = event_pb2.Event(
        event_id=str(uuid4()),
        occurred=time_pb2.ValidTime(edtf="2019-08-21", zone="Asia/Seoul"),
        participants=[values_pb2.Participant(party=values_pb2.Party(code=code)) for code in pair],
        issues=["trade"],
        certainty=values_pb2.CERTAINTY_CERTAIN,
        source=values_pb2.Source(outlet="Yonhap"),
    )
    event.meeting_held.SetInParent()
    return event
