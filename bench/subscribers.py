"""How long a new event is under way to many live subscribers, from its commit on.

A server in a process of its own, and in another one asyncio client with all subscribers, over
several connections, and one writer that submits single events at a steady pace. Two figures: from
the beginning of the call that submits to the delivery to each subscriber, and the same less the
time that the call took, which is from the acknowledged commit on (0 where a subscriber had the
event before the writer had its receipt). `python -m bench.subscribers [SUBSCRIBERS [EVENTS]]`

Both processes share the machine: with 1,000 subscribers most of the time is the client's own.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import uuid4

import grpc.aio

from bench.figures import latencies
from bench.server import elsewhere
from bench.subjects import Communique
from communique.v1 import event_pb2, time_pb2, values_pb2
from communique.v1.record_service_pb2 import EventFilter, SubmitRequest, SubscribeRequest
from communique.v1.record_service_pb2_grpc import RecordServiceStub

if TYPE_CHECKING:
    from communique.v1.record_service_pb2_grpc import RecordServiceAsyncStub

SUBSCRIBERS: Final = 1_000
EVENTS: Final = 100
_CONNECTIONS: Final = 8
_PAUSE_SECONDS: Final = 0.1
_FILTERS: Final = (EventFilter(), EventFilter(parties=["JPN"]), EventFilter(issues=["trade"]))
"""Subscribers take one or the other; each selects every event of this benchmark."""


class Delivered(NamedTuple):
    """What one run gives, in seconds: one of each for every event and subscriber."""

    from_call: list[float]
    from_commit: list[float]


def meeting() -> event_pb2.Event:
    """One event that all filters select."""
    event = event_pb2.Event(
        event_id=str(uuid4()),
        occurred=time_pb2.ValidTime(edtf="2019-08-21", zone="Asia/Seoul"),
        participants=[
            values_pb2.Participant(party=values_pb2.Party(code=code)) for code in ("KOR", "JPN")
        ],
        issues=["trade"],
        certainty=values_pb2.CERTAINTY_CERTAIN,
        source=values_pb2.Source(outlet="Yonhap"),
    )
    event.meeting_held.SetInParent()
    return event


async def delivered(address: str, subscribers: int, events: int) -> Delivered:
    """Subscribe, submit, and note when each event arrives at each subscriber."""
    channels = [
        grpc.aio.insecure_channel(address, [("grpc.use_local_subchannel_pool", 1)])
        for _ in range(_CONNECTIONS)
    ]
    arrivals: list[list[float]] = [[] for _ in range(subscribers)]
    ready = asyncio.Semaphore(0)

    async def follow(number: int) -> None:
        stub: RecordServiceAsyncStub = RecordServiceStub(channels[number % _CONNECTIONS])
        request = SubscribeRequest(filter=_FILTERS[number % len(_FILTERS)])
        async for frame in stub.Subscribe(request):
            if frame.HasField("caught_up"):
                ready.release()
            arrivals[number] += [time.perf_counter()] * len(frame.events.events)
            if len(arrivals[number]) == events:
                return

    following = [asyncio.create_task(follow(number)) for number in range(subscribers)]
    for _ in range(subscribers):
        await ready.acquire()
    calls = await submitted(RecordServiceStub(channels[0]), events)
    await asyncio.wait_for(asyncio.gather(*following), 120)
    for channel in channels:
        await channel.close()
    pairs = [
        (arrival - began, max(0.0, arrival - ended))
        for each in arrivals
        for arrival, (began, ended) in zip(each, calls, strict=True)
    ]
    return Delivered([one for one, _ in pairs], [other for _, other in pairs])


async def submitted(stub: "RecordServiceAsyncStub", events: int) -> Sequence[tuple[float, float]]:
    """Submit single events at a steady pace; return when each call began and ended."""
    calls = []
    for _ in range(events):
        began = time.perf_counter()
        await stub.Submit(SubmitRequest(events=[meeting()]))
        calls.append((began, time.perf_counter()))
        await asyncio.sleep(_PAUSE_SECONDS)
    return calls


def run(address: str, subscribers: int, events: int) -> Delivered:
    """Measure a server, in the process that this is called in."""
    return asyncio.run(delivered(address, subscribers, events))


def main() -> None:
    """Measure with few subscribers and with many, and print what comes out."""
    given = [int(one) for one in sys.argv[1:]]
    many, events = (*given, *(SUBSCRIBERS, EVENTS)[len(given) :])
    service = Communique()
    with TemporaryDirectory() as folder:
        server = service.start(Path(folder))
        try:
            for subscribers in (1, many):
                before = server.mebibytes()
                found = elsewhere(run, service.address, subscribers, events)
                print(f"{subscribers:,} subscribers, {events:,} events:")
                for name, seconds in zip(("from the call", "from its answer"), found, strict=True):
                    told = "  ".join(f"{k} {v:,.1f}" for k, v in latencies(seconds).items())
                    print(f"  {name:<18}{told}")
                print(f"  the server took {server.mebibytes() - before:,.0f} MiB more")
        finally:
            server.kill()


if __name__ == "__main__":
    main()
