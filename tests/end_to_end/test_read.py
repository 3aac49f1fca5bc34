"""Reading the log: everything, in order, as it was accepted."""

from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from communique.v1 import event_pb2, time_pb2, values_pb2
from communique.v1.record_service_pb2 import (
    DIRECTION_BACKWARDS,
    DIRECTION_FORWARDS,
    Direction,
    EventFilter,
    GetEventRequest,
    ReadRequest,
    ReadResponse,
)
from tests.support.calls import (
    Stubs,
    correction,
    dispute,
    head,
    meeting,
    meetings,
    participant,
    positions,
    retraction,
    submit,
)

COUNT = 1_250


def read(
    stubs: Stubs,
    after: int | None = None,
    limit: int = 0,
    direction: Direction.ValueType = Direction.DIRECTION_UNSPECIFIED,
    **selection: object,
) -> list[ReadResponse]:
    """Read the log to the end and return the frames."""
    chosen = EventFilter(**selection)  # type: ignore[arg-type]
    request = ReadRequest(after_position=after, limit=limit, direction=direction, filter=chosen)
    return list(stubs.records.Read(request, timeout=30))


def events(frames: Iterable[ReadResponse]) -> list[event_pb2.RecordedEvent]:
    """The events of all frames."""
    return [event for frame in frames for event in frame.events.events]


@pytest.fixture(scope="module")
def full(shared_stubs: Stubs) -> Stubs:
    """A log of 1,250 meetings: every hundredth with China, the others with Japan."""
    batch = meetings(COUNT)
    for index, event in enumerate(batch, 1):
        event.source.outlet = f"outlet {index % 7}"
        if index % 100 == 0:
            event.participants[1].party.code = "CHN"
    for start in range(0, COUNT, 1_000):
        submit(shared_stubs, *batch[start : start + 1_000])
    return shared_stubs


def test_nothing_to_read_is_one_checkpoint(full: Stubs) -> None:
    """Reading on behind the last event gives a checkpoint there and nothing else."""
    (frame,) = read(full, COUNT)
    assert frame.checkpoint.position == COUNT


@pytest.mark.parametrize("direction", [DIRECTION_FORWARDS, DIRECTION_BACKWARDS])
def test_an_empty_log_is_read(stubs: Stubs, direction: Direction.ValueType) -> None:
    """Reading an empty log gives one checkpoint at 0 in either direction."""
    (frame,) = read(stubs, direction=direction)
    assert frame.WhichOneof("frame") == "checkpoint"
    assert frame.checkpoint.position == 0


def test_everything_is_read_in_frames_of_1000(full: Stubs) -> None:
    """A read gives all positions once, in order, in batches, and a checkpoint at the end."""
    frames = read(full)
    assert [len(frame.events.events) for frame in frames] == [1_000, 250, 0]
    assert positions(frames) == list(range(1, COUNT + 1))
    assert frames[-1].checkpoint.position == COUNT


def test_a_frame_is_what_the_single_events_are(full: Stubs) -> None:
    """Events in a frame, copied from stored bytes, equal those that are read one by one."""
    for event in events(read(full, limit=20)):
        request = GetEventRequest(event_id=event.event.event_id)
        assert full.records.GetEvent(request).claim == event


@given(
    after=st.none() | st.integers(0, COUNT),
    limit=st.integers(0, 2 * COUNT),
    direction=st.sampled_from(Direction.values()),
    codes=st.sampled_from([(), ("CHN",), ("JPN",)]),
)
@settings(max_examples=60)
def test_any_read_gives_what_its_request_says(
    full: Stubs,
    after: int | None,
    limit: int,
    direction: Direction.ValueType,
    codes: Sequence[str],
) -> None:
    """Any read gives the right positions in the right order, ended by a checkpoint."""
    backwards = direction == DIRECTION_BACKWARDS
    if backwards:
        expected = list(range(COUNT if after is None else after - 1, 0, -1))
    else:
        expected = list(range((after or 0) + 1, COUNT + 1))
    if codes:
        expected = [place for place in expected if (place % 100 == 0) == (codes == ("CHN",))]
    frames = read(full, after, limit, direction, parties=codes)
    assert positions(frames) == (expected[:limit] if limit else expected)
    assert frames[-1].WhichOneof("frame") == "checkpoint"
    resumed = read(full, frames[-1].checkpoint.position, 0, direction, parties=codes)
    assert positions(frames) + positions(resumed) == expected


def test_filters_select_by_what_was_accepted(full: Stubs) -> None:
    """A read selects by each part of its filter, and by all parts together."""
    day = time_pb2.PointInTime(text="2000-01-05")
    assert positions(read(full, dyad="CHN-KOR")) == list(range(100, COUNT + 1, 100))
    assert positions(read(full, outlets=["outlet 3"], limit=2)) == [3, 10]
    assert positions(read(full, types=["TalksRefused"])) == []
    assert positions(read(full, issues=["export-controls"], limit=1)) == [1]
    assert positions(read(full, subjects=["no/such"])) == []
    certain, probable = values_pb2.CERTAINTY_CERTAIN, values_pb2.CERTAINTY_PROBABLE
    assert positions(read(full, certainties=[certain, probable], limit=1)) == [1]
    assert positions(read(full, certainties=[probable])) == []
    assert positions(read(full, occurred_to=day)) == [1, 2, 3, 4, 5, 6]
    assert positions(read(full, occurred_from=day, occurred_to=day)) == [5, 6]


def test_amendments_are_selected_by_what_they_say_themselves(stubs: Stubs) -> None:
    """A read selects a correction by its new content, a dispute by its denier, and by type."""
    event = meeting("FRA", "DEU")
    remark = dispute(event.event_id)
    remark.event_disputed.disputed_by.code = "ITA"
    changed = correction(event)
    changed.event_corrected.content.participants[1].CopyFrom(participant("ESP"))
    submit(stubs, event, changed, remark, retraction(event.event_id))

    def selected(**selection: object) -> list[int]:
        return positions(read(stubs, **selection))  # type: ignore[arg-type]

    assert selected(parties=["FRA"]) == [1, 2]
    assert selected(parties=["DEU"]) == [1]
    assert selected(parties=["ESP"], types=["EventCorrected"]) == [2]
    assert selected(parties=["ITA"]) == [3]
    assert selected(types=["EventRetracted"]) == [4]
    assert selected(types=["EventRetracted"], parties=["FRA"]) == []
    assert selected(types=["MeetingHeld"]) == [1]


def test_a_read_ends_at_the_head_that_it_saw(stubs: Stubs) -> None:
    """A read does not give what is recorded while the read goes on."""
    submit(stubs, *meetings(900))
    frames = stubs.records.Read(ReadRequest())
    first = next(frames)
    submit(stubs, *meetings(100))
    rest = list(frames)
    assert rest[-1].checkpoint.position == 900
    assert positions([first, *rest]) == list(range(1, 901))
    assert head(stubs) == 1_000


def test_large_events_make_smaller_frames(stubs: Stubs) -> None:
    """A frame of large events holds about a mebibyte, below the limit of any client."""
    large = [
        meeting(gist="x" * 2_000, attributions=[values_pb2.Attribution(speaker="y" * 200)] * 10)
        for _ in range(1_000)
    ]
    submit(stubs, *large)
    sizes = [frame.ByteSize() for frame in read(stubs)]
    assert len(sizes) > 4
    assert max(sizes) < 1_300_000
