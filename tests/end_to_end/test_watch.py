"""Watching two parties: how things stand, and then each change as it happens."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from communique import codec
from communique.client import Client
from communique.domain.state.comparison import BilateralComparison, ChangeKind
from communique.domain.state.status import BilateralStatus
from communique.server.runtime.settings import Settings
from communique.v1 import payloads_pb2
from communique.v1.timeline_service_pb2 import (
    WatchBilateralStatusRequest,
    WatchBilateralStatusResponse,
)
from tests.support.calls import Stubs, meeting, refusal, refused, retraction, submit

Frames = Iterator[WatchBilateralStatusResponse]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A server whose heart beats quickly."""
    return settings.model_copy(update={"heartbeat_seconds": 0.3})


def watch(stubs: Stubs, *parties: str) -> Frames:
    """Watch; the call ends with the channel."""
    request = WatchBilateralStatusRequest(parties=parties or ("KOR", "JPN"))
    return stubs.timelines.WatchBilateralStatus(request)


def next_change(frames: Frames) -> BilateralComparison:
    """The next comparison."""
    return next(
        codec.model_of(BilateralComparison, frame.comparison)
        for frame in frames
        if frame.HasField("comparison")
    )


def test_the_first_frame_is_the_status(stubs: Stubs) -> None:
    """A watch begins with the status, whether or not anything is recorded."""
    assert next(watch(stubs)).status.dyad == "JPN-KOR"
    event = meeting()
    [receipt] = submit(stubs, event)
    for frame in iter(lambda: next(watch(stubs)), None):
        if frame.status.as_of.position >= receipt.position:
            [element] = frame.status.last_meetings
            assert [*element.event_ids] == [event.event_id]
            return


def test_each_change_comes_with_its_causes(stubs: Stubs) -> None:
    """A watch tells what appears, changes and ends with the events that cause the change."""
    frames = watch(stubs)
    before = next(frames).status
    held, refused_talks = meeting(), refusal()
    updates = []
    for event in (held, refused_talks, withdrawn := retraction(held.event_id)):
        submit(stubs, event)
        updates.append(next_change(frames))
    kinds = [[(change.facet, change.kind) for change in update.changes] for update in updates]
    assert kinds == [
        [("meeting/minister", ChangeKind.APPEARED)],
        [("talks/export-controls", ChangeKind.APPEARED)],
        [("meeting/minister", ChangeKind.ENDED)],
    ]
    causes = [[str(cause) for cause in update.changes[0].cause_event_ids] for update in updates]
    assert causes[:2] == [[held.event_id], [refused_talks.event_id]]
    assert withdrawn.event_id in causes[2]
    assert updates[0].before.position == before.as_of.position
    assert [(update.before, update.after) for update in updates[1:]] == [
        (updates[0].after, updates[1].after),
        (updates[1].after, updates[2].after),
    ]


def test_what_concerns_others_is_no_change(stubs: Stubs) -> None:
    """A watch gets heartbeats with a moving point while only others' affairs are recorded."""
    frames = watch(stubs)
    next(frames)
    [receipt] = submit(stubs, meeting("FRA", "DEU"))
    beats = [next(frames) for _ in range(3)]
    assert {beat.WhichOneof("frame") for beat in beats} == {"heartbeat"}
    assert beats[-1].heartbeat.position == receipt.position
    assert codec.instant(beats[0].heartbeat.valid) < codec.instant(beats[2].heartbeat.valid)


def test_time_alone_makes_changes(stubs: Stubs) -> None:
    """A watch tells of a planned meeting whose time has come without a new record."""
    now = codec.instant(next(watch(stubs)).status.as_of.valid)
    begins = (now + timedelta(seconds=2)).isoformat()
    ends = (now + timedelta(seconds=3)).isoformat()
    planned = meeting(occurred="2019-08-21")
    planned.meeting_planned.level = payloads_pb2.MEETING_LEVEL_MINISTER
    planned.meeting_planned.scheduled.edtf = f"{begins[:19]}Z/{ends[:19]}Z"
    submit(stubs, planned)
    frames = watch(stubs)
    appeared = next(frames).status
    while not appeared.upcoming_meetings:
        appeared = next(watch(stubs)).status
    comparison = next_change(frames)
    while comparison.changes[0].kind is ChangeKind.APPEARED:
        comparison = next_change(frames)
    assert [str(cause) for cause in comparison.changes[0].cause_event_ids] == [planned.event_id]
    assert comparison.before.position == comparison.after.position


@pytest.mark.parametrize("parties", [["KOR"], ["KOR", "KOR"], ["KOR", "XXX"]])
def test_parties_at_fault_are_named(stubs: Stubs, parties: list[str]) -> None:
    """A watch of anything but two different known codes is refused with the field."""
    request = WatchBilateralStatusRequest(parties=parties)
    assert refused(lambda: stubs.timelines.WatchBilateralStatus(request)).violations


def test_the_client_watches(address: str, stubs: Stubs) -> None:
    """The client's watch gives a status and then comparisons, and ends when it is closed."""
    with Client(address) as client, client.watch("KOR", "JPN") as watching:
        status = next(watching)
        assert isinstance(status, BilateralStatus)
        submit(stubs, meeting())
        change = next(watching)
        assert isinstance(change, BilateralComparison)
        assert change.before == status.as_of
        after = client.status("KOR", "JPN", as_of=change.after)
        assert after.posture is change.posture_after
        watching.close()
        assert list(watching) == []
