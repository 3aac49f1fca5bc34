"""What a client that follows does when the connection breaks, at a server that fails on purpose."""

from collections.abc import Iterator
from itertools import count, islice

import grpc
import pytest

from communique.client import Client, OutOfRange, Unavailable
from communique.client.following import StreamCall, Subscription
from communique.domain.claims.event import Recorded
from communique.v1 import record_service_pb2_grpc
from communique.v1.record_service_pb2 import (
    Checkpoint,
    RecordedEvents,
    SubscribeRequest,
    SubscribeResponse,
)
from tests.support.fragile_server import CLAIMS, POSITIONS, QUICK, Fragile, client_of


class Followed(Fragile):
    """A log in memory to subscribe to; every second event is passed over by a filter."""

    def Subscribe(  # noqa: N802  gRPC's name
        self, request: SubscribeRequest, context: grpc.ServicerContext
    ) -> Iterator[SubscribeResponse]:
        """Give frames of two events, then say that all was given, then beat."""
        if request.after_position > len(self.recorded):
            context.abort(grpc.StatusCode.OUT_OF_RANGE, "beyond the head")
        has_start = request.HasField("after_position")
        after = request.after_position if has_start else len(self.recorded)
        log = list(self.recorded.values())
        for start in range(after, len(log), 2):
            self.may_break(context)
            selected = [
                entry for entry in log[start : start + 2] if _is_selected(entry.position, request)
            ]
            end = Checkpoint(position=min(start + 2, len(log)))
            if selected:
                yield SubscribeResponse(events=RecordedEvents(events=selected))
            else:
                yield SubscribeResponse(checkpoint=end)
        self.may_break(context)
        end = Checkpoint(position=len(log))
        yield SubscribeResponse(caught_up=end)
        while True:
            self.may_break(context)
            yield SubscribeResponse(heartbeat=end)


def _stub_of(client: Client) -> record_service_pb2_grpc.RecordServiceStub:
    return client._records  # noqa: SLF001  of which the client gives out no other subscription


def _is_selected(position: int, request: SubscribeRequest) -> bool:
    return not request.filter.issues or position % 4 == 1


@pytest.fixture
def followed() -> Followed:
    """A server that breaks nothing until a test says so."""
    return Followed(set())


@pytest.fixture
def client(followed: Followed) -> Iterator[Client]:
    """A client of that server."""
    with client_of(followed) as client:
        yield client


@pytest.mark.parametrize("broken", range(7))
def test_a_broken_subscription_is_complete(followed: Followed, client: Client, broken: int) -> None:
    """A subscription that breaks anywhere gives every event once, with resume positions."""
    client.submit(CLAIMS)
    followed.breaks, followed.frames = {broken, broken + 1}, count()
    with client.subscribe(0) as subscription:
        seen = [(next(subscription).position, subscription.position) for _ in CLAIMS]
    assert seen == [(position, position) for position in POSITIONS]


class ClosedWhenLive(Subscription):
    """A subscription that ends as soon as it is live over some later call of its own."""

    CALLS = 4
    calls = 0

    def _call(self) -> StreamCall[SubscribeResponse]:
        self.calls += 1
        return super()._call()

    def _items_of(self, frame: SubscribeResponse) -> Iterator[Recorded]:
        yield from super()._items_of(frame)
        if self.is_live and self.calls == self.CALLS:
            self.close()


def test_it_begins_at_the_end_and_stays_there(followed: Followed, client: Client) -> None:
    """A subscription without a position gives only events after its beginning."""
    client.submit(CLAIMS[:5])
    followed.breaks, followed.frames = set(range(3, 1_000, 3)), count()
    subscription = ClosedWhenLive(_stub_of(client), QUICK, None, None)
    assert list(subscription) == []
    assert subscription.calls == ClosedWhenLive.CALLS
    assert (subscription.position, subscription.is_live) == (5, True)
    client.submit(CLAIMS[5:])
    with client.subscribe(subscription.position) as resumed:
        assert [event.position for event in islice(resumed, 6)] == [6, 7, 8, 9, 10, 11]


class ClosedMeanwhile(Subscription):
    """A subscription that another thread closes while it makes its call."""

    def _call(self) -> StreamCall[SubscribeResponse]:
        self.close()
        return super()._call()


def test_one_that_is_closed_while_it_connects_ends(client: Client) -> None:
    """A subscription that is closed while connecting cancels its call and ends."""
    assert list(ClosedMeanwhile(_stub_of(client), QUICK, 0, None)) == []


def test_a_server_that_stays_away_is_told(followed: Followed, client: Client) -> None:
    """A subscription whose server stays away fails after some attempts in a row."""
    followed.breaks = set(range(1_000))
    with pytest.raises(Unavailable, match="the connection broke"):
        next(client.subscribe(0))
    assert next(followed.frames) == QUICK.attempts_max


def test_a_position_beyond_the_head_is_told(client: Client) -> None:
    """A subscription from beyond the head is refused and not tried again."""
    with pytest.raises(OutOfRange):
        next(client.subscribe(1))
