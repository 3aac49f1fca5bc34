"""Subscribing to the log: what is recorded so far, and then each event as it is recorded."""

import time
from collections.abc import Iterator
from itertools import takewhile
from threading import Event, Thread

import grpc
import pytest

from communique.server.app import running_server
from communique.server.log.tail import Tail
from communique.server.runtime.settings import Settings
from communique.v1.record_service_pb2 import (
    Checkpoint,
    EventFilter,
    SubmitRequest,
    SubscribeRequest,
    SubscribeResponse,
)
from communique.v1.timeline_service_pb2 import WatchBilateralStatusRequest
from tests.support.calls import (
    Refused,
    Stubs,
    connected,
    eventually,
    head,
    meeting,
    meetings,
    positions,
    refused,
    submit,
    taken_apart,
)

Frames = Iterator[SubscribeResponse]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A server whose heart beats quickly, and that would give calls under way a long grace."""
    return settings.model_copy(update={"heartbeat_seconds": 0.2, "grace_seconds": 30})


def subscribe(stubs: Stubs, after: int | None = None, **selection: object) -> Frames:
    """Subscribe; the call ends with the channel."""
    chosen = EventFilter(**selection)  # type: ignore[arg-type]
    return stubs.records.Subscribe(SubscribeRequest(after_position=after, filter=chosen))


def kind(frame: SubscribeResponse) -> str:
    """What a frame is."""
    return frame.WhichOneof("frame") or ""


def until_caught_up(frames: Frames) -> list[SubscribeResponse]:
    """The frames up to the one that says that all was given, which is passed over."""
    return list(takewhile(lambda frame: kind(frame) != "caught_up", frames))


def next_events(frames: Frames) -> list[int]:
    """The positions of the next frame that holds events."""
    return next(events for frame in frames if (events := positions([frame])))


def test_what_is_recorded_comes_first_and_then_what_is_new(stubs: Stubs) -> None:
    """A subscription gives recorded events in batches up to `caught_up`, and then new ones."""
    submit(stubs, *meetings(1_000))
    submit(stubs, *meetings(200))
    frames = subscribe(stubs, 0)
    caught_up = until_caught_up(frames)
    assert positions(caught_up) == list(range(1, 1_201))
    assert sum(map(kind_is_events, caught_up)) == 2
    event = meeting()
    submit(stubs, event)
    frame = next(frame for frame in frames if kind_is_events(frame))
    assert [(event.position, event.event.event_id) for event in frame.events.events] == [
        (1_201, event.event_id)
    ]


def kind_is_events(frame: SubscribeResponse) -> bool:
    """Whether a frame holds events."""
    return kind(frame) == "events"


def test_without_a_position_it_begins_at_the_head(stubs: Stubs) -> None:
    """A subscription without a position begins at the head and gives nothing older."""
    submit(stubs, *meetings(5))
    frames = subscribe(stubs)
    assert next(frames) == SubscribeResponse(caught_up=Checkpoint(position=5))
    submit(stubs, *meetings(3))
    assert next_events(frames) == [6, 7, 8]


def test_it_resumes_from_any_position(stubs: Stubs) -> None:
    """A subscription resumes from any position, in memory or not, and gives each event once."""
    for count in (1, 3, 5):
        submit(stubs, *meetings(count))
    for after in range(10):
        assert positions(until_caught_up(subscribe(stubs, after))) == list(range(after + 1, 10))


@pytest.mark.parametrize(("after", "reason"), [(1, "POSITION_BEYOND_HEAD"), (-1, "INVALID_FIELD")])
def test_a_position_that_is_not_recorded_is_refused(stubs: Stubs, after: int, reason: str) -> None:
    """A subscription from beyond the head is out of range, and one from below zero invalid."""
    assert refused(lambda: subscribe(stubs, after)).reason == reason


def test_a_filter_that_finds_nothing_makes_progress(stubs: Stubs) -> None:
    """A subscription whose filter selects nothing gets checkpoints, fewer than events."""
    submit(stubs, *meetings(300))
    frames = subscribe(stubs, 0, types=["TalksRefused"])
    assert until_caught_up(frames)[-1].checkpoint.position == 300
    begun = time.monotonic()
    for _ in range(20):
        submit(stubs, meeting())
    checkpoints = list(takewhile(lambda frame: frame.checkpoint.position < 320, frames))
    assert all(kind(frame) != "events" for frame in checkpoints)
    assert sum(kind(frame) == "checkpoint" for frame in checkpoints) <= time.monotonic() - begun


def test_each_filter_selects_for_its_own_subscribers(stubs: Stubs) -> None:
    """Subscribers with different filters see their own events of one log, live as from the log."""
    streams = {code: subscribe(stubs, 0, parties=[code]) for code in ("JPN", "CHN", "FRA")}
    for frames in streams.values():
        until_caught_up(frames)
    for first, second in (("KOR", "JPN"), ("KOR", "CHN"), ("CHN", "JPN"), ("FRA", "DEU")):
        submit(stubs, meeting(first, second))
    seen = {code: next_events(frames) for code, frames in streams.items()}
    assert (seen["JPN"][0], seen["CHN"][0], seen["FRA"]) == (1, 2, [4])
    for code, expected in {"JPN": [1, 3], "CHN": [2, 3]}.items():
        assert positions(until_caught_up(subscribe(stubs, 0, parties=[code]))) == expected


def test_a_quiet_log_beats(stubs: Stubs) -> None:
    """A subscription to a quiet log gets heartbeats that say up to where all was given."""
    submit(stubs, *meetings(2))
    frames = subscribe(stubs)
    next(frames)
    begun = time.monotonic()
    assert [next(frames).heartbeat.position for _ in range(3)] == [2, 2, 2]
    assert 0.5 < time.monotonic() - begun < 5


def test_a_commit_that_is_not_announced_yet_can_be_subscribed_from(
    stubs: Stubs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A subscription from a head that the writer has not announced yet is accepted."""
    announced, advance = Event(), Tail.advance

    def advance_later(tail: Tail, position: int) -> None:
        announced.wait(30)
        advance(tail, position)

    monkeypatch.setattr(Tail, "advance", advance_later)
    submitted = stubs.records.Submit.future(SubmitRequest(events=[meeting()]))
    eventually(lambda: head(stubs) == 1)
    frames = subscribe(stubs, 1)
    assert next(frames).caught_up.position == 1
    announced.set()
    assert submitted.result().receipts[0].position == 1
    submit(stubs, meeting())
    assert next_events(frames) == [2]


def test_the_hand_over_has_no_gap(stubs: Stubs) -> None:
    """Subscribers that begin while others write see every position, once and in order."""
    done = Event()

    def write() -> None:
        for number in range(150):
            submit(stubs, *meetings(1 + number % 7))
        done.set()

    writer = Thread(target=write)
    writer.start()
    begun: list[tuple[int, Frames, SubscribeResponse]] = []
    while not done.is_set():
        after = head(stubs) * (len(begun) % 3) // 2
        frames = subscribe(stubs, after)
        begun.append((after, frames, next(frames)))
        time.sleep(0.02)
    writer.join()
    end = head(stubs)
    assert len(begun) > 3
    for after, frames, first in begun:
        expected = list(range(after + 1, end + 1))
        seen = positions([first])
        while len(seen) < len(expected):
            seen += next_events(frames)
        assert seen == expected


def test_streams_end_when_the_server_does(settings: Settings) -> None:
    """A stopping server ends subscriptions and watches at once, even unread ones."""
    running = running_server(settings)
    with connected(running.__enter__()) as stubs:
        submit(stubs, *[meeting(gist="x" * 2_000) for _ in range(1_000)])
        stalled = subscribe(stubs, 0)
        next(stalled)
        live = subscribe(stubs)
        next(live)
        parties = WatchBilateralStatusRequest(parties=["KOR", "JPN"])
        watch = stubs.timelines.WatchBilateralStatus(parties)
        next(watch)
        begun = time.monotonic()
        running.__exit__(None, None, None)
        assert time.monotonic() - begun < 10
        for frames in (live, watch):
            ending = how_it_ends(frames)
            assert (ending.code, ending.reason) == (grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN")
        with pytest.raises(grpc.RpcError) as raised:
            list(stalled)
        assert raised.value.code() is grpc.StatusCode.UNAVAILABLE


def how_it_ends(frames: Iterator[object]) -> Refused:
    """Read a stream to its end, which is an error."""
    try:
        for _ in frames:
            pass
    except grpc.RpcError as error:
        return taken_apart(error)
    raise AssertionError("the stream ended well")
